#include "scanner/notice_templates.h"

#include <fstream>
#include <iterator>
#include <optional>

#include "mail/builtin_template.h"
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

std::string text(const fs::path& folder, const std::string& name, bool configured) {
  if (std::optional<std::string> found = read(folder / name)) return *found;
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
