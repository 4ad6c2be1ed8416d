#include "scanner/notice_templates.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <kainjow/mustache.hpp>
#include <optional>

#include "mail/builtin_template.h"
#include "mail/mime/ascii.h"
#include "mail/utf8.h"
#include "scanner/command/exit_status.h"

namespace scanner {

namespace {

namespace fs = std::filesystem;

constexpr const char* kInstalled = "/usr/share/sekisho/templates/notice";

/// The installed folder is the default, also where it is written out.
bool is_configured(const Settings::Notice& settings) {
  return !settings.templates.empty() && settings.templates != kInstalled;
}

fs::path folder_of(const Settings::Notice& settings) {
  if (is_configured(settings)) return settings.templates;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  const fs::path build_tree = program.parent_path().parent_path() / "templates/notice";
  return fs::is_directory(build_tree, error) ? build_tree : fs::path(kInstalled);
}

std::optional<std::string> read(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

/// As the notice needs it, whatever the editor: lines that end with LF, no byte order mark.
std::string plain_lines(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\uFEFF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::string lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find_first_of("\r\n", at), text.size());
    lines += text.substr(at, end - at);
    if (end < text.size()) lines += '\n';
    at = end + (text.substr(end).starts_with("\r\n") ? 2 : 1);
  }
  return lines;
}

/// What would go into each infected mail as it is: so it is refused before the first.
void check(const std::string& text, const fs::path& file) {
  const auto refuse = [&](const std::string& why) {
    throw UsageError("notice.templates: " + file.string() + " " + why);
  };
  if (!mail::is_utf8(text)) refuse("is not UTF-8");
  const auto is_control = [](char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t') || c == 0x7f;
  };
  if (std::any_of(text.begin(), text.end(), is_control)) refuse("holds a control character");
  const kainjow::mustache::mustache view(text);
  if (!view.is_valid()) refuse("is no template: " + view.error_message());
  if (mail::trim(text).empty()) refuse("is empty");
}

std::string text(const fs::path& folder, const std::string& name, bool configured) {
  if (const std::optional<std::string> found = read(folder / name)) {
    std::string lines = plain_lines(*found);
    check(lines, folder / name);
    return lines;
  }
  if (configured) throw UsageError("notice.templates: can't read " + (folder / name).string());
  return std::string(mail::builtin_template("notice/" + name).value());
}

}  // namespace

NoticeTemplates notice_templates(const Settings::Notice& settings) {
  const fs::path folder = folder_of(settings);
  const bool configured = is_configured(settings);
  return {text(folder, "clean.txt", configured), text(folder, "remove.txt", configured),
          text(folder, "unscannable.txt", false)};
}

}  // namespace scanner
