#include "cgi-bin/html/offered_controls.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>

#include "cgi-bin/html/page_charset.h"
#include "cgi-bin/html/page_form.h"
#include "mail/file_descriptor.h"

namespace formmail {

namespace {

constexpr off_t kLongestPage = 524288;
constexpr std::size_t kMostChoices = 1000;

/// A segment of a normalised URL path as a file's name; "" for what is none, or not for visitors.
std::string file_name(std::string_view segment) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; };
  std::string name;
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const bool escape = segment[i] == '%' && i + 2 < segment.size();
    name += escape ? static_cast<char>(digit(segment[i + 1]) * 16 + digit(segment[i + 2])) : segment[i];
    if (escape) i += 2;
  }
  const bool strange = name.starts_with('.') || name.find('/') != std::string::npos || name.size() > 255 ||
                       name.find('\0') != std::string::npos;
  return strange ? "" : name;
}

bool is_page_name(std::string_view name) {
  return std::ranges::any_of(std::array{".html", ".htm", ".shtml", ".xhtml"},
                             [&](const char* end) { return name.ends_with(end); });
}

std::optional<std::string> read_page_in(const mail::FileDescriptor& folder, const std::string& name) {
  // Not to wait for the other end of a pipe.
  constexpr int kFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  const mail::FileDescriptor file(::openat(folder.get(), name.c_str(), kFlags));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return std::nullopt;
  if (!S_ISREG(status.st_mode) || status.st_size > kLongestPage) return std::nullopt;
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  const ssize_t count = ::read(file.get(), bytes.data(), bytes.size());
  if (count < 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(count));
  return is_wide(bytes) ? std::nullopt : std::optional<std::string>(std::move(bytes));
}

/// Folder by folder, so that no link leads out of the root, whoever changes it meanwhile.
std::optional<std::string> read_page_below(const std::filesystem::path& root, std::string_view path) {
  mail::FileDescriptor folder(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  while (folder && path.starts_with('/')) {
    path.remove_prefix(1);
    const std::size_t slash = path.find('/');
    const std::string name = file_name(path.substr(0, slash));
    if (slash == std::string_view::npos) {
      if (is_page_name(name)) return read_page_in(folder, name);
      if (!path.empty()) return std::nullopt;
      std::optional<std::string> index = read_page_in(folder, "index.html");
      return index ? index : read_page_in(folder, "index.htm");
    }
    if (name.empty()) return std::nullopt;
    path.remove_prefix(slash);
    folder.reset(::openat(folder.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  }
  return std::nullopt;
}

/// Of the page's forms with this profile the one that has most of the labelled fields; null if none has.
const PageForm* posted_form(const Page& page, const Form& form) {
  const PageForm* best = nullptr;
  std::ptrdiff_t most = 0;
  for (const PageForm& candidate : page.forms) {
    if (!candidate.is_formmail() || candidate.first_value("_profile_") != form.profile) continue;
    const auto count = std::ranges::count_if(
        form.labels, [&](const Label& label) { return candidate.find(label.field) != nullptr; });
    if (count > most) best = &candidate;
    most = std::max(most, count);
  }
  return best;
}

/// Nothing for a control that is offered in another way, or not at all.
std::optional<OfferedControl::Kind> kind_of(const Control& control) {
  using Kind = OfferedControl::Kind;
  if (control.type == "radio") return Kind::radio;
  if (control.type == "checkbox") return Kind::checkboxes;
  if (control.type == "select") return Kind::list;
  if (control.type == "textarea") return Kind::area;
  if (control.type == "hidden") return Kind::hidden;
  if (control.type == "password") return Kind::password;
  if (control.type == "file") return Kind::file;
  return control.is_for_visitors() ? std::optional(Kind::line) : std::nullopt;
}

bool is_set(OfferedControl::Kind kind) {
  return kind == OfferedControl::Kind::radio || kind == OfferedControl::Kind::checkboxes;
}

/// Whether several controls of one name are one field.
bool joins(OfferedControl::Kind kind) { return is_set(kind) || kind == OfferedControl::Kind::file; }

void add_choices(OfferedControl& offered, const Control& control) {
  if (is_set(offered.kind)) {
    const Attribute* value = control.tag.find("value");
    const std::string sent = value == nullptr ? "on" : value->value;
    offered.choices.push_back({sent, control.caption.empty() ? sent : control.caption});
  }
  for (const Choice& choice : control.choices) offered.choices.push_back({choice.value, choice.text});
}

OfferedControl first_of(OfferedControl::Kind kind, const Control& control) {
  OfferedControl offered;
  offered.kind = kind;
  if (kind == OfferedControl::Kind::line) offered.type = control.type;
  if (const Attribute* fill = control.tag.find("autocomplete")) offered.autocomplete = fill->value;
  offered.multiple = control.tag.find("multiple") != nullptr;
  return offered;
}

std::optional<OfferedControl> offered_for(const PageForm& page, std::string_view field) {
  std::optional<OfferedControl> offered;
  for (const Control& control : page.controls) {
    if (control.name != field) continue;
    const auto kind = kind_of(control);
    if (!kind || (offered && !(joins(*kind) && kind == offered->kind))) return std::nullopt;
    // Several places for a file each are shown as one for all.
    if (offered && *kind == OfferedControl::Kind::file) offered->multiple = true;
    if (!offered) offered = first_of(*kind, control);
    add_choices(*offered, control);
    if (offered->choices.size() > kMostChoices) return std::nullopt;
  }
  return offered;
}

}  // namespace

OfferedControls read_offered_controls(const Site& site, const Form& form, std::string_view path) {
  OfferedControls all;
  if (site.document_root.empty()) return all;
  const std::optional<std::string> bytes = read_page_below(site.document_root, path);
  if (!bytes) return all;
  const std::string charset = charset_of_page(*bytes).label;
  const PageText text(*bytes, charset);
  const Page page = read_page(text);
  const PageForm* posted = posted_form(page, form);
  if (posted == nullptr) return all;
  for (const Label& label : form.labels) {
    if (auto offered = offered_for(*posted, label.field)) all.emplace(label.field, *std::move(offered));
  }
  return all;
}

}  // namespace formmail
