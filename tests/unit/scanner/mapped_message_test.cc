// What libclamav finds in a whole mail by its own parser must be found as well where that parser is left out.
#include <openssl/evp.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "mail/mime/mime_map.h"
#include "mail/mime/transfer_encoding.h"
#include "scanner/engine/clam_engine.h"
#include "scanner/engine/mail_signatures.h"
#include "scanner/treatment/examination.h"

namespace {

namespace fs = std::filesystem;

std::string hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

std::string md5(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_md5(), nullptr);
  return hex({reinterpret_cast<const char*>(digest), size});
}

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "signatures-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
    fs::create_directory(temporary());
    fs::create_directory(signatures());
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  fs::path temporary() const { return path_ / "tmp"; }
  fs::path signatures() const { return path_ / "sets"; }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(signatures() / name, std::ios::binary) << text;
  }
  scanner::SignatureSets sets() const { return {{signatures()}, "test"}; }

 private:
  fs::path path_;
};

/// A text of its own for each kind of signature, in capitals and small letters, over two lines.
const std::string kLines = "Marker of Lines one\nMarker of Lines two";
const std::string kFile = "A file of this very text.\nAnd a second line, Ending in LF.\n";

std::string marker(const std::string& kind) { return "marker for kind " + kind + " in small letters"; }

void write_signatures(const Folder& folder) {
  folder.write("body.ndb", "T.Any:0:*:" + hex(marker("any")) + "\nT.Html:3:*:" + hex(marker("html")) +
                               "\nT.Mail:4:*:" + hex(marker("mail")) + "\nT.Text:7:*:" + hex(marker("text")) +
                               "\nT.Start:0:0:" + hex(marker("start")) + "\nT.Lines:0:*:" + hex(kLines) +
                               "\n");
  folder.write("logic.ldb", "T.Logic;Engine:51-255,Target:0;(0&1);" + hex(marker("logic")) + ";" +
                                hex(marker("second")) + "\nT.LogicMail;Engine:51-255,Target:4;0;" +
                                hex(marker("logicmail")) + "\n");
  folder.write("file.hdb", md5(kFile) + ":" + std::to_string(kFile.size()) + ":T.File\n");
}

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

std::string encoded(const std::string& encoding, const std::string& content) {
  if (encoding == "base64") return mail::encode_base64(content, "\r\n");
  if (encoding == "quoted-printable")
    return mail::encode_quoted_printable(with_crlf(content), "\r\n", "us-ascii");
  return with_crlf(content);
}

struct Sample {
  std::string what;
  std::string message;
};

std::string part(const std::string& type, const std::string& encoding, const std::string& content) {
  return "Content-Type: " + type + "\r\nContent-Transfer-Encoding: " + encoding + "\r\n\r\n" +
         encoded(encoding, content);
}

std::string mail_of(const std::string& entity) {
  return "From: a@a.example\r\nTo: b@b.example\r\nSubject: test\r\nMIME-Version: 1.0\r\n" + entity;
}

std::string multipart(const std::string& kind, const std::vector<std::string>& parts) {
  std::string out = "Content-Type: multipart/" + kind + "; boundary=\"=_b" + kind + "\"\r\n\r\n";
  for (const std::string& each : parts) out += "--=_b" + kind + "\r\n" + each + "\r\n";
  return out + "--=_b" + kind + "--\r\n";
}

/// `content` in all the places of a mail.
std::vector<Sample> samples(const std::string& what, const std::string& content) {
  std::vector<Sample> all;
  const std::string html = "<html><body><p>" + content + "</p></body></html>\n";
  const std::string text = "text/plain; charset=us-ascii";
  for (const std::string encoding : {"7bit", "quoted-printable", "base64"}) {
    const std::string name = what + ", " + encoding + ", ";
    all.push_back({name + "text", mail_of(part(text, encoding, content))});
    all.push_back({name + "html", mail_of(part("text/html", encoding, html))});
    all.push_back({name + "both", mail_of(multipart("alternative", {part(text, encoding, content),
                                                                    part("text/html", encoding, html)}))});
    const std::string attached = "application/octet-stream; name=\"a.bin\"";
    const std::string file =
        mail_of(multipart("mixed", {part(text, "7bit", "hello\n"), part(attached, encoding, content)}));
    all.push_back({name + "attached", file});
    all.push_back({name + "attached text",
                   mail_of(multipart("mixed", {part(text, "7bit", "hello\n"),
                                               part("text/plain; name=a.txt", encoding, content)}))});
    all.push_back({name + "attached html",
                   mail_of(multipart("mixed", {part(text, "7bit", "hello\n"),
                                               part("text/html; name=a.html", encoding, html)}))});
    all.push_back(
        {name + "in a mail", mail_of(multipart("mixed", {part(text, "7bit", "hello\n"),
                                                         "Content-Type: message/rfc822\r\n\r\n" + file}))});
    all.push_back(
        {name + "deep",
         mail_of(multipart("mixed", {multipart("related", {part("text/html", "7bit", "<p>x</p>\n"),
                                                           part("image/png", encoding, content)})}))});
  }
  all.push_back({what + ", header", "Subject: " + content.substr(0, content.find('\n')) + "\r\n" +
                                        mail_of(part(text, "7bit", "hello\n"))});
  all.push_back({what + ", without MIME", "From: a@a.example\r\n\r\n" + with_crlf(content)});
  all.push_back({what + ", forwarded in the text",
                 "From: a@a.example\r\n\r\nSee:\r\n\r\n" +
                     mail_of(part("application/octet-stream; name=x", "base64", content))});
  return all;
}

std::vector<Sample> corpus() {
  std::vector<Sample> all;
  const auto add = [&](const std::string& what, const std::string& content) {
    for (Sample& sample : samples(what, content)) all.push_back(std::move(sample));
  };
  for (const std::string kind : {"any", "html", "mail", "text", "start", "logicmail"})
    add(kind, marker(kind) + "\n");
  add("logic", marker("logic") + "\nbetween\n" + marker("second") + "\n");
  add("lines", kLines + "\n");
  add("file", kFile);
  add("nothing", "nothing to be found\n");
  return all;
}

}  // namespace

TEST_CASE("without libclamav's mail parser nothing is missed that it finds") {
  const Folder folder;
  write_signatures(folder);
  CHECK_FALSE(scanner::have_mail_bound_signatures(folder.sets()));
  const scanner::ClamEngine engine(folder.sets(), folder.temporary());
  const auto virus_scanner = engine.scanner();
  int whole_found = 0;
  int mapped = 0;
  for (const Sample& sample : corpus()) {
    INFO(sample.what);
    const bool by_whole = virus_scanner->scan(sample.message, scanner::ScanAs::message, "").infected();
    const scanner::Examination ours = scanner::examine(mail::MimeMap(sample.message), *virus_scanner);
    whole_found += by_whole ? 1 : 0;
    mapped += ours.certain ? 1 : 0;
    CHECK((ours.infected() || !by_whole));
    if (sample.what.starts_with("nothing")) CHECK_FALSE(ours.infected());
  }
  // The comparison is worth something only if both sides have something to say.
  CHECK(whole_found > 100);
  CHECK(mapped > 200);
}

TEST_CASE("a signature that is bound to mail keeps libclamav's mail parser in use") {
  const Folder folder;
  folder.write("bound.ldb",
               "T.Bound;Engine:51-255,Target:0,Container:CL_TYPE_MAIL;0;" + hex(marker("bound")) + "\n");
  CHECK(scanner::have_mail_bound_signatures(folder.sets()));
  const scanner::ClamEngine engine(folder.sets(), folder.temporary());
  const auto virus_scanner = engine.scanner();
  const std::string message = mail_of(multipart(
      "mixed",
      {part("text/plain", "7bit", "hello\n"),
       "Content-Disposition: attachment; filename=\"bad-name.bin\"\r\n" +
           part("application/octet-stream; name=\"bad-name.bin\"", "base64", marker("bound") + "\n")}));
  CHECK(virus_scanner->scan(message, scanner::ScanAs::message, "").infected());
  CHECK(scanner::examine(mail::MimeMap(message), *virus_scanner).infected());
}

TEST_CASE("names of members of any container may be names in a mail") {
  const Folder folder;
  const auto [line, bound] = GENERATE(table<std::string, bool>({
      {"T.Name:*:*:x:*:*:*:*:*:*\n", true},
      {"T.Name:CL_TYPE_ZIP:*:x:*:*:*:*:*:*\nT.Name:CL_TYPE_MAIL:*:x:*:*:*:*:*:*", true},
      {"T.Name:CL_TYPE_ZIP:*:CL_TYPE_MAIL:*:*:*:*:*:*\n", false},
  }));
  folder.write("names.cdb", line);
  CHECK(scanner::have_mail_bound_signatures(folder.sets()) == bound);
}
