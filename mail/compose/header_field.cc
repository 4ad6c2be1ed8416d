#include "mail/compose/header_field.h"

#include <algorithm>
#include <array>
#include <ctime>

#include "mail/compose/encoded_word.h"

namespace mail {

namespace {

constexpr std::size_t kLineLength = 78;  // RFC 5322, 2.1.1

/// Folds at blanks; no word is longer than a line.
std::string folded(std::string_view text, std::size_t column) {
  std::string out;
  while (!text.empty()) {
    const std::size_t blank = text.find(' ');
    const std::string_view word = text.substr(0, blank);
    const bool first = out.empty();
    if (!first && column + 1 + word.size() > kLineLength) {
      out += "\r\n";
      column = 0;
    }
    if (!first) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    text.remove_prefix(blank == std::string_view::npos ? text.size() : blank + 1);
  }
  return out;
}

std::string quoted_string(std::string_view ascii) {
  std::string out = "\"";
  for (const char c : ascii) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

bool is_attribute_char(char c) {
  const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return alphanumeric || (c != '\0' && std::string_view("!#$&+-.^_`{|}~").find(c) != std::string_view::npos);
}

/// One character of UTF-8 in RFC 2231's percent encoding.
std::string percent_encoded(std::string_view character) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : character) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_attribute_char(c))
      out += c;
    else
      out += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return out;
}

std::string_view take_character(std::string_view& utf8) {
  std::size_t length = 1;
  while (length < utf8.size() && (static_cast<unsigned char>(utf8[length]) & 0xC0) == 0x80) ++length;
  const std::string_view character = utf8.substr(0, length);
  utf8.remove_prefix(length);
  return character;
}

/// `; name*0*=utf-8''...` and so on, each on its own line; `; name*=` where one line holds it.
std::string extended_parameter(std::string_view parameter, std::string_view utf8) {
  constexpr std::string_view kCharset = "utf-8''";
  std::vector<std::string> sections = {std::string(kCharset)};
  const std::size_t room = kLineLength - parameter.size() - std::string_view(" *000*=;").size();
  while (!utf8.empty()) {
    const std::string encoded = percent_encoded(take_character(utf8));
    if (sections.back().size() + encoded.size() > room) sections.emplace_back();
    sections.back() += encoded;
  }
  std::string out;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    const std::string number = sections.size() == 1 ? "" : "*" + std::to_string(i);
    out.append(";\r\n ").append(parameter).append(number).append("*=").append(sections[i]);
  }
  return out;
}

}  // namespace

std::string text_field(std::string_view name, std::string_view utf8, std::string_view charset) {
  std::string field = std::string(name) + ": ";
  const std::string text = one_line(utf8);
  field += stands_unencoded(text) ? folded(text, field.size()) : encoded_words(text, charset, field.size());
  return field + "\r\n";
}

std::string address_field(std::string_view name, const std::vector<Address>& addresses) {
  std::string field = std::string(name) + ":";
  for (const Address& address : addresses) {
    const std::string spec = address.spec();
    const bool first = &address == &addresses.front();
    const bool longer_than_the_line = field.size() + 1 + spec.size() > kLineLength;
    if (!first) field += ",";
    if (!first || longer_than_the_line) field += "\r\n";
    field += " " + spec;
  }
  return field + "\r\n";
}

std::string mailbox_field(std::string_view name, std::string_view display_name, const Address& address,
                          std::string_view charset) {
  const std::string text = one_line(display_name);
  if (text.empty()) return address_field(name, {address});
  std::string field = std::string(name) + ": ";
  const std::string quoted = quoted_string(text);
  field += stands_unencoded(text) && field.size() + quoted.size() <= kLineLength
               ? quoted
               : encoded_words(text, charset, field.size());
  return field + "\r\n <" + address.spec() + ">\r\n";
}

std::string rfc5322_date(std::chrono::system_clock::time_point time) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm local{};
  localtime_r(&seconds, &local);
  std::array<char, 64> rest{};
  // Not %a and %b: they follow the locale.
  std::strftime(rest.data(), rest.size(), " %Y %H:%M:%S %z", &local);
  return std::string(kDays.at(static_cast<std::size_t>(local.tm_wday))) + ", " +
         std::to_string(local.tm_mday) + ' ' + kMonths.at(static_cast<std::size_t>(local.tm_mon)) +
         rest.data();
}

std::string date_field(std::chrono::system_clock::time_point time) {
  return "Date: " + rfc5322_date(time) + "\r\n";
}

std::string field_with_parameter(std::string_view name, std::string_view value, std::string_view parameter,
                                 std::string_view utf8) {
  std::string field = std::string(name).append(": ").append(value);
  const std::string text = one_line(utf8);
  // Quoting may double its length.
  const std::string line = std::string(" ").append(parameter).append("=").append(quoted_string(text));
  if (stands_unencoded(text) && line.size() <= kLineLength)
    field.append(";\r\n").append(line);
  else
    field += extended_parameter(parameter, text);
  return field + "\r\n";
}

}  // namespace mail
