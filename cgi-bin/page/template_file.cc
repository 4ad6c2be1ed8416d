#include "cgi-bin/page/template_file.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <kainjow/mustache.hpp>
#include <string_view>

#include "mail/utf8.h"

namespace formmail {

namespace {

std::string at_line(const std::filesystem::path& file, std::string_view text, std::size_t position) {
  const std::string_view before = text.substr(0, position);
  return file.string() + ":" + std::to_string(1 + std::count(before.begin(), before.end(), '\n')) + ": ";
}

std::size_t first_misfit(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    const mail::Utf8Char c = mail::first_utf8_char(text.substr(at));
    if (!c.valid) break;
    at += c.length;
  }
  return at;
}

}  // namespace

std::string read_template(const std::filesystem::path& file) {
  constexpr std::size_t kLongest = 1 << 20;
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) throw TemplateError(file.string() + ": is a folder");
  if (std::filesystem::file_size(file, error) > kLongest && !error) {
    throw TemplateError(file.string() + ": is longer than a megabyte");
  }
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw TemplateError(file.string() + ": can't be read: " + std::strerror(errno));
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (text.starts_with(kByteOrderMark)) text.erase(0, kByteOrderMark.size());
  if (!mail::is_utf8(text)) throw TemplateError(at_line(file, text, first_misfit(text)) + "is not UTF-8");
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    throw TemplateError(file.string() + ": is empty");
  return text;
}

void check_template(const std::filesystem::path& file, const std::string& text) {
  const kainjow::mustache::mustache parsed(text);
  if (parsed.is_valid()) return;
  const std::string& message = parsed.error_message();
  std::size_t position = 0;
  const std::size_t at = message.rfind(" at ");
  if (at != std::string::npos) {
    std::from_chars(message.data() + at + 4, message.data() + message.size(), position);
  }
  throw TemplateError(at_line(file, text, position) + message.substr(0, at));
}

}  // namespace formmail
