#include "cgi-bin/mailing/mail_template.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "mail/builtin_template.h"

namespace formmail {

std::string render_text(const std::string& source, const TemplateData& data) {
  kainjow::mustache::mustache compiled(source);
  if (!compiled.is_valid()) throw std::runtime_error(compiled.error_message());
  compiled.set_custom_escape([](const std::string& text) { return text; });
  return compiled.render(data);
}

std::string render_html(const std::string& source, const TemplateData& data) {
  kainjow::mustache::mustache compiled(source);
  if (!compiled.is_valid()) throw std::runtime_error(compiled.error_message());
  return compiled.render(data);
}

std::string mail_template(const std::filesystem::path& file, std::string_view name) {
  if (!file.empty()) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw std::runtime_error("can't be read");
    return {std::istreambuf_iterator<char>(in), {}};
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
