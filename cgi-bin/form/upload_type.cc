#include "cgi-bin/form/upload_type.h"

#include <algorithm>
#include <array>

#include "cgi-bin/form/office_type.h"
#include "mail/utf8.h"

namespace formmail {

namespace {

struct Signature {
  std::size_t offset;
  std::string_view bytes;
  std::string_view media_type;
};

using std::string_view_literals::operator""sv;

constexpr std::string_view kZip = "application/zip";

/// Only kinds that show themselves by their first bytes. In the order of looking: the longer first.
constexpr std::array kSignatures{
    Signature{0, "%PDF-"sv, "application/pdf"},
    Signature{0, "\x89PNG\r\n\x1a\n"sv, "image/png"},
    Signature{0, "\xff\xd8\xff"sv, "image/jpeg"},
    Signature{0, "GIF87a"sv, "image/gif"},
    Signature{0, "GIF89a"sv, "image/gif"},
    Signature{8, "WEBP"sv, "image/webp"},
    Signature{0, "II*\0"sv, "image/tiff"},
    Signature{0, "MM\0*"sv, "image/tiff"},
    Signature{4, "ftypheic"sv, "image/heic"},
    Signature{4, "ftypheix"sv, "image/heic"},
    Signature{4, "ftypmif1"sv, "image/heic"},
    Signature{4, "ftypavif"sv, "image/avif"},
    Signature{4, "ftypqt"sv, "video/quicktime"},
    Signature{4, "ftyp"sv, "video/mp4"},
    Signature{0, "PK\x03\x04"sv, kZip},
    Signature{0, "PK\x05\x06"sv, kZip},
    Signature{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "application/x-ole-storage"},
    Signature{0, "{\\rtf"sv, "application/rtf"},
    Signature{0, "ID3"sv, "audio/mpeg"},
    Signature{0, "\x1f\x8b"sv, "application/gzip"},
    Signature{0, "7z\xbc\xaf\x27\x1c"sv, "application/x-7z-compressed"},
    Signature{0, "Rar!\x1a\x07"sv, "application/vnd.rar"},
    Signature{0, "MZ"sv, "application/vnd.microsoft.portable-executable"},
    Signature{0,
              "\x7f"
              "ELF"sv,
              "application/x-executable"},
    Signature{0, "BM"sv, "image/bmp"},
};

struct Kind {
  std::string_view extension;
  std::string_view media_type;  ///< that the content must show; text/plain: no signature at all
};

constexpr std::array kKinds{
    Kind{"pdf", "application/pdf"},
    Kind{"png", "image/png"},
    Kind{"jpg", "image/jpeg"},
    Kind{"jpeg", "image/jpeg"},
    Kind{"gif", "image/gif"},
    Kind{"webp", "image/webp"},
    Kind{"tif", "image/tiff"},
    Kind{"tiff", "image/tiff"},
    Kind{"heic", "image/heic"},
    Kind{"avif", "image/avif"},
    Kind{"bmp", "image/bmp"},
    Kind{"mov", "video/quicktime"},
    Kind{"mp4", "video/mp4"},
    Kind{"m4a", "video/mp4"},
    Kind{"zip", kZip},
    Kind{"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    Kind{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    Kind{"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    Kind{"odt", "application/vnd.oasis.opendocument.text"},
    Kind{"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    Kind{"odp", "application/vnd.oasis.opendocument.presentation"},
    Kind{"doc", "application/x-ole-storage"},
    Kind{"xls", "application/x-ole-storage"},
    Kind{"ppt", "application/x-ole-storage"},
    Kind{"rtf", "application/rtf"},
    Kind{"gz", "application/gzip"},
    Kind{"7z", "application/x-7z-compressed"},
    Kind{"rar", "application/vnd.rar"},
    Kind{"txt", "text/plain"},
    Kind{"csv", "text/plain"},
};

constexpr std::string_view kOpenXml = "application/vnd.openxmlformats-officedocument.";

std::string extension_of(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return "";
  std::string extension;
  for (const char c : name.substr(dot + 1)) {
    extension += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return extension;
}

const Kind* kind_of(std::string_view extension) {
  const auto* kind = std::find_if(kKinds.begin(), kKinds.end(),
                                  [&](const Kind& entry) { return entry.extension == extension; });
  return kind == kKinds.end() ? nullptr : kind;
}

/// Whether both are endings of the same picture: who asks for jpg takes jpeg.
bool is_same_ending(std::string_view a, std::string_view b) {
  const Kind* kind = kind_of(a);
  const Kind* other = kind_of(b);
  return a == b || (kind != nullptr && other != nullptr && kind->media_type == other->media_type &&
                    kind->media_type.starts_with("image/"));
}

}  // namespace

std::string safe_file_name(std::string_view name) {
  constexpr std::size_t kLongest = 120;
  const std::size_t separator = name.find_last_of("/\\");
  if (separator != std::string_view::npos) name.remove_prefix(separator + 1);
  std::string safe;
  for (std::size_t count = 0; !name.empty() && count < kLongest;) {
    const mail::Utf8Char c = mail::first_utf8_char(name);
    if (c.valid && !mail::is_control_or_bidi(c.code_point)) {
      // Windows takes what follows a colon for the name of a stream.
      safe += c.code_point == ':' ? "_" : name.substr(0, c.length);
      ++count;
    }
    name.remove_prefix(c.length);
  }
  // Windows leaves them out: "a.exe." would be a.exe to it, and to nobody who looks at the name before.
  safe.erase(safe.find_last_not_of(". ") + 1);
  return safe.empty() ? "file" : safe;
}

std::string media_type_of(std::string_view bytes) {
  for (const Signature& signature : kSignatures) {
    if (bytes.size() < signature.offset + signature.bytes.size()) continue;
    if (bytes.substr(signature.offset, signature.bytes.size()) != signature.bytes) continue;
    const std::string_view office = signature.media_type == kZip ? office_type_of(bytes) : "";
    return std::string(office.empty() ? signature.media_type : office);
  }
  // Text in any charset has no NUL in it; what it says is shown by no program as anything but text.
  const bool text = !bytes.empty() && bytes.find('\0') == std::string_view::npos;
  return text ? "text/plain" : "application/octet-stream";
}

bool is_of_type(std::string_view name, std::string_view bytes, const std::vector<std::string>& extensions) {
  const std::string extension = extension_of(name);
  const bool listed = std::any_of(extensions.begin(), extensions.end(),
                                  [&](const std::string& taken) { return is_same_ending(taken, extension); });
  if (!listed) return false;
  const Kind* kind = kind_of(extension);
  if (kind == nullptr) return true;
  if (kind->media_type == media_type_of(bytes)) return true;
  if (kind->media_type == kZip) return bytes.starts_with("PK\x03\x04");
  return kind->media_type.starts_with(kOpenXml) && is_locked_office_file(bytes);
}

}  // namespace formmail
