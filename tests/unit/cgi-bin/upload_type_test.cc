#include "cgi-bin/form/upload_type.h"

#include "cgi-bin/form/office_type.h"

using formmail::is_of_type;
using formmail::media_type_of;
using formmail::safe_file_name;
using std::string_literals::operator""s;

namespace {

std::string little_endian(std::size_t number, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(number >> (8 * i) & 0xFF);
  return bytes;
}

/// A zip of empty members, each with an extra field of two bytes in the directory (APPNOTE 4.3).
std::string zip_of(const std::vector<std::string>& names) {
  std::string local;
  std::string directory;
  for (const std::string& name : names) {
    directory += "PK\x01\x02"s + std::string(24, '\0') + little_endian(name.size(), 2) + little_endian(2, 2) +
                 std::string(14, '\0') + name + "xx";
    local += "PK\x03\x04"s + std::string(22, '\0') + little_endian(name.size(), 2) + "\0\0"s + name;
  }
  return local + directory + "PK\x05\x06"s + std::string(8, '\0') + little_endian(directory.size(), 4) +
         little_endian(local.size(), 4) + "\0\0"s;
}

const std::string kOle = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
const std::string kOpenXml = "application/vnd.openxmlformats-officedocument.";

}  // namespace

TEST_CASE("the first bytes tell the kind, or that it is text") {
  CHECK(media_type_of("%PDF-1.4") == "application/pdf");
  CHECK(media_type_of("\xff\xd8\xff\xe0") == "image/jpeg");
  CHECK(media_type_of("RIFF\1\2\3\4WEBP") == "image/webp");
  CHECK(media_type_of("\0\0\0\x18"s + "ftypheic") == "image/heic");
  CHECK(media_type_of("\0\0\0\x18"s + "ftypisom") == "video/mp4");
  CHECK(media_type_of("%PDF") == "text/plain");
  CHECK(media_type_of("\x82\xa0") == "text/plain");
  CHECK(media_type_of("a\0b"s) == "application/octet-stream");
  CHECK(media_type_of("") == "application/octet-stream");
}

TEST_CASE("an Office document is a zip with certain members") {
  CHECK(media_type_of(zip_of({"a.txt", "word/x"})) == "application/zip");
  CHECK(media_type_of(zip_of({"[Content_Types].xml", "a"})) == "application/zip");
  CHECK(media_type_of(zip_of({"[Content_Types].xml", "_rels/.rels", "word/document.xml"})) ==
        kOpenXml + "wordprocessingml.document");
  CHECK(media_type_of(zip_of({"xl/workbook.xml", "[Content_Types].xml"})) ==
        kOpenXml + "spreadsheetml.sheet");
  CHECK(media_type_of(zip_of({"[Content_Types].xml", "ppt/p.xml"})) ==
        kOpenXml + "presentationml.presentation");
  const std::string cut = zip_of({"[Content_Types].xml", "word/document.xml"});
  for (std::size_t size = 4; size < cut.size(); ++size) {
    CHECK(media_type_of(cut.substr(0, size)) == "application/zip");
  }
}

TEST_CASE("a name and its content must be of one kind that the form takes") {
  const std::vector<std::string> kinds = {"pdf", "docx", "zip", "txt", "dwg"};
  CHECK(is_of_type("a.pdf", "%PDF-1", kinds));
  CHECK(is_of_type("a.b.PDF", "%PDF-1", kinds));
  CHECK_FALSE(is_of_type("a.pdf", "MZ", kinds));
  CHECK_FALSE(is_of_type("a.pdf", "text", kinds));
  CHECK_FALSE(is_of_type("a.exe", "MZ", kinds));
  CHECK_FALSE(is_of_type("pdf", "%PDF-1", kinds));
  CHECK_FALSE(is_of_type("a.txt", "%PDF-1", kinds));
  CHECK(is_of_type("a.txt", "text", kinds));
  CHECK(is_of_type("plan.dwg", "AC1032\0"s, kinds));  // a kind that is not known by its bytes
  const std::string document = zip_of({"[Content_Types].xml", "word/document.xml"});
  CHECK(is_of_type("a.docx", document, kinds));
  CHECK(is_of_type("a.zip", document, kinds));
  CHECK_FALSE(is_of_type("a.docx", zip_of({"a.txt"}), kinds));
}

TEST_CASE("a locked Office document is of its kind, another compound file is not") {
  const std::string locked = kOle + "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"s;
  CHECK(is_of_type("a.docx", locked, {"docx"}));
  CHECK_FALSE(is_of_type("a.docx", kOle, {"docx"}));
  CHECK(is_of_type("a.doc", kOle, {"doc"}));
  CHECK_FALSE(is_of_type("a.odt", locked, {"odt"}));
  CHECK_FALSE(is_of_type("a.docx", locked.substr(1), {"docx"}));
}

TEST_CASE("a file's name is safe to show") {
  CHECK(safe_file_name("C:\\My Documents\\履歴書.doc") == "履歴書.doc");
  CHECK(safe_file_name("../../etc/passwd") == "passwd");
  CHECK(safe_file_name("a\r\n\x1b\u202E.txt") == "a.txt");
  CHECK(safe_file_name("a\xFF.txt") == "a.txt");
  for (const std::string nothing : {"", "/", ".", ". .", "folder\\", "\x01"})
    CHECK(safe_file_name(nothing) == "file");
  std::string longest;
  for (int i = 0; i < 120; ++i) longest += "字";
  CHECK(safe_file_name(longest) == longest);
  CHECK(safe_file_name(longest + "字") == longest);
}
