#include "cgi-bin/form/office_type.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace formmail {

namespace {

using std::string_view_literals::operator""sv;

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kOpenXmlTypes{
    {{"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
     {"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
     {"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"}}};
constexpr std::array<std::string_view, 3> kOpenDocumentTypes{
    "application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.presentation"};

/// Little-endian, as all of a zip; 0 beyond its end.
std::size_t number(std::string_view bytes, std::size_t at, std::size_t size) {
  std::size_t value = 0;
  for (std::size_t i = size; i > 0 && at + size <= bytes.size(); --i)
    value = (value << 8) | static_cast<unsigned char>(bytes[at + i - 1]);
  return value;
}

/// The type that an OpenDocument file names first, unpacked.
std::string_view open_document_type(std::string_view zip) {
  constexpr std::size_t kHeader = 30;
  constexpr std::string_view kName = "mimetype";
  const bool stored = number(zip, 8, 2) == 0;
  if (!stored || number(zip, 26, 2) != kName.size() || number(zip, 28, 2) != 0) return "";
  if (!zip.substr(std::min(kHeader, zip.size())).starts_with(kName)) return "";
  const std::string_view content = zip.substr(kHeader + kName.size());
  const std::string_view type = content.substr(0, number(zip, 18, 4));
  const auto* const found = std::find(kOpenDocumentTypes.begin(), kOpenDocumentTypes.end(), type);
  return found == kOpenDocumentTypes.end() ? "" : *found;
}

/// Calls `visit` with the name of each member, from the central directory (APPNOTE 4.3.12).
template <typename Visit>
void visit_members(std::string_view zip, const Visit& visit) {
  constexpr std::size_t kMostMembers = 20000;
  constexpr std::size_t kEndRecord = 22;
  constexpr std::size_t kEntry = 46;
  const std::size_t end = zip.rfind("PK\x05\x06"sv);
  if (end == std::string_view::npos || zip.size() - end < kEndRecord) return;
  std::size_t at = number(zip, end + 16, 4);
  for (std::size_t count = 0; count < kMostMembers && at < end && end - at >= kEntry; ++count) {
    if (!zip.substr(at).starts_with("PK\x01\x02"sv)) return;
    const std::size_t name = number(zip, at + 28, 2);
    visit(zip.substr(at + kEntry, name));
    at += kEntry + name + number(zip, at + 30, 2) + number(zip, at + 32, 2);
  }
}

}  // namespace

std::string_view office_type_of(std::string_view zip) {
  if (!zip.starts_with("PK\x03\x04"sv)) return "";
  if (const std::string_view type = open_document_type(zip); !type.empty()) return type;
  bool has_types = false;
  std::string_view type;
  visit_members(zip, [&](std::string_view name) {
    if (name == "[Content_Types].xml") has_types = true;
    for (const auto& [folder, kind] : kOpenXmlTypes) {
      if (name.starts_with(folder)) type = kind;
    }
  });
  return has_types ? type : std::string_view();
}

bool is_locked_office_file(std::string_view ole) {
  constexpr std::string_view kStream = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"sv;
  return ole.starts_with("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv) && ole.find(kStream) != std::string_view::npos;
}

}  // namespace formmail
