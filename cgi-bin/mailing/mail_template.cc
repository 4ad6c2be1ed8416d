#include "cgi-bin/mailing/mail_template.h"

#include <algorithm>
#include <stdexcept>

#include "cgi-bin/page/template_file.h"
#include "mail/builtin_template.h"

namespace formmail {

namespace {

using kainjow::mustache::mustache;

// A line with nothing but a section's tag is no line of the result (Mustache, "standalone"). The library
// keeps it where the section isn't shown. So such lines are marked, and go after rendering.
constexpr char kMark = '\x01';

/// `line` without the blanks around it, if it is the tag of a section or a comment; else "".
std::string_view standalone_tag(std::string_view line) {
  while (line.starts_with(' ') || line.starts_with('\t')) line.remove_prefix(1);
  while (line.ends_with(' ') || line.ends_with('\t') || line.ends_with('\r')) line.remove_suffix(1);
  const bool tag = line.size() > 5 && line.starts_with("{{") && line.find("}}") == line.size() - 2 &&
                   std::string_view("#^/!").find(line[2]) != std::string_view::npos;
  return tag ? line : std::string_view();
}

std::string with_marks(std::string_view source) {
  std::string marked;
  while (!source.empty()) {
    const std::size_t end = std::min(source.find('\n'), source.size() - 1) + 1;
    const std::string_view line = source.substr(0, end);
    source.remove_prefix(end);
    const std::string_view tag = standalone_tag(line.substr(0, line.ends_with('\n') ? end - 1 : end));
    if (tag.empty()) {
      marked += line;
    } else {
      marked.append(tag).append({kMark, '\n'});
    }
  }
  return marked;
}

std::string without_marks(std::string_view rendered) {
  std::string text;
  text.reserve(rendered.size());
  while (!rendered.empty()) {
    const std::size_t mark = std::min(rendered.find(kMark), rendered.size());
    text += rendered.substr(0, mark);
    rendered.remove_prefix(std::min(mark + 1, rendered.size()));
    if (rendered.starts_with('\n')) rendered.remove_prefix(1);
  }
  return text;
}

std::string rendered(mustache& compiled, const TemplateData& data) {
  if (!compiled.is_valid()) throw std::runtime_error(compiled.error_message());
  return without_marks(compiled.render(data));
}

}  // namespace

std::string render_text(const std::string& source, const TemplateData& data) {
  mustache compiled(with_marks(source));
  compiled.set_custom_escape([](const std::string& text) { return text; });
  return rendered(compiled, data);
}

std::string render_html(const std::string& source, const TemplateData& data) {
  mustache compiled(with_marks(source));
  return rendered(compiled, data);
}

std::string mail_template(const std::filesystem::path& file, std::string_view name) {
  if (!file.empty()) {
    std::string text = read_template(file);
    check_template(file, text);
    return text;
  }
  const auto builtin = mail::builtin_template("mails/" + std::string(name));
  if (!builtin) throw std::runtime_error("no template of that name: " + std::string(name));
  return std::string(*builtin);
}

std::filesystem::path find_mail_template(const std::filesystem::path& file,
                                         std::initializer_list<std::filesystem::path> folders,
                                         std::string_view name) {
  if (!file.empty()) return file;
  for (const std::filesystem::path& folder : folders) {
    std::error_code error;
    if (!folder.empty() && std::filesystem::exists(folder / name, error)) return folder / name;
  }
  return {};
}

}  // namespace formmail
