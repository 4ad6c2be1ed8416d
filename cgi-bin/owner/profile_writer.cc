#include "cgi-bin/owner/profile_writer.h"

#include <array>
#include <cstdio>

namespace formmail {

namespace {

std::string with_line_ends(const std::string& text, bool crlf) {
  if (!crlf) return text;
  std::string lines;
  for (const char c : text) {
    if (c == '\n') lines += '\r';
    lines += c;
  }
  return lines;
}

std::string list_of(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + toml_string(text);
  return "[" + list + "]";
}

}  // namespace

std::string toml_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7F) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04X", static_cast<unsigned>(byte));
      quoted += escape.data();
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

std::string with_profile(std::string_view toml, const NewProfile& profile) {
  std::string added = "\n[profile." + profile.name + "]\nto = " + list_of(profile.to) + "\n";
  if (!profile.subject.empty()) added += "subject = " + toml_string(profile.subject) + "\n";
  if (!profile.reply_field.empty()) added += "reply_field = " + toml_string(profile.reply_field) + "\n";
  if (!toml.empty() && !toml.ends_with('\n')) added.insert(0, 1, '\n');
  return std::string(toml) + with_line_ends(added, toml.find("\r\n") != std::string_view::npos);
}

std::string new_site(std::string_view name, std::string_view from) {
  std::vector<std::string> hosts{std::string(name)};
  if (name.starts_with("www.")) hosts.emplace_back(name.substr(4));
  return "hosts = " + list_of(hosts) + "\nfrom = " + toml_string(from) + "\n";
}

}  // namespace formmail
