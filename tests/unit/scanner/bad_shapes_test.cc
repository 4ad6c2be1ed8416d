#include <ctime>

#include "scanner/treatment/treatment.h"
#include "tests/unit/scanner/marker_scanner.h"

namespace {

using Shape = std::function<std::string(std::size_t size)>;

std::string repeat(const std::string& text, std::size_t size) {
  std::string result;
  while (result.size() < size) result += text;
  return result;
}

const std::string kMixed = "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";

std::string nested(std::size_t size) {
  std::string text;
  for (int depth = 0; text.size() < size; ++depth) {
    const std::string boundary = "b" + std::to_string(depth);
    text += "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
  }
  return text;
}

const std::vector<std::pair<std::string, Shape>> kShapes = {
    {"parts", [](std::size_t size) { return kMixed + repeat("--b\r\n\r\nx\r\n", size); }},
    {"boundaries that look like fields",
     [](std::size_t size) {
       return "Content-Type: multipart/mixed; boundary=\"b:\"\r\n\r\n" + repeat("--b:\r\na: b\r\n", size);
     }},
    {"boundaries with tails", [](std::size_t size) { return kMixed + repeat("--bx\n", size); }},
    {"closing boundaries", [](std::size_t size) { return kMixed + repeat("--b--\r\n   \r\n", size); }},
    {"nested multiparts", nested},
    {"nested messages",
     [](std::size_t size) { return repeat("Content-Type: message/rfc822\r\n\r\n", size); }},
    {"folds",
     [](std::size_t size) {
       return "Content-Type: multipart/mixed;\r\n" + repeat(" a*1=b;\r\n", size) + "\r\n";
     }},
    {"fields",
     [](std::size_t size) { return repeat("Content-Type: text/plain; boundary=b\r\n", size) + "\r\n"; }},
    {"comments", [](std::size_t size) { return "Content-Type: " + repeat("(", size) + "\r\n\r\n"; }},
    {"encoded words",
     [](std::size_t size) {
       return "Content-Type: a/b; name=\"" + repeat("=?utf-8?Q?a", size) + "\"\r\n\r\nx";
     }},
    {"shifts to two bytes",
     [](std::size_t size) { return "Content-Type: a/b; name=\"" + repeat("\x1b$", size) + "\"\r\n\r\nx"; }},
    {"damaged base64",
     [](std::size_t size) {
       return "Content-Transfer-Encoding: base64\r\n\r\n" + repeat("AAAAAAA=-\r\n", size);
     }},
    {"damaged quoted-printable",
     [](std::size_t size) {
       return "Content-Transfer-Encoding: quoted-printable\r\n\r\n" + repeat("=4=4A= \r\n", size);
     }},
    {"uuencode that never ends", [](std::size_t size) { return "\r\n" + repeat("begin 644 a\r\n", size); }},
    {"begin-base64", [](std::size_t size) { return "\r\n" + repeat("begin-base64 644 a\r\n", size); }},
    {"yEnc", [](std::size_t size) { return "\r\n" + repeat("=ybegin name=a\r\n", size); }},
    {"BinHex",
     [](std::size_t size) { return "\r\n" + repeat("(This file must be converted with BinHex\r\n", size); }},
    {"data of BinHex",
     [](std::size_t size) { return "\r\n" + repeat(":" + std::string(40, '!') + "\r\n", size); }},
    {"uuencode without a mode", [](std::size_t size) { return "\r\n" + repeat("begin a\r#0V%T\r", size); }},
    {"false beginnings of all kinds",
     [](std::size_t size) {
       return "\r\n" +
              repeat(
                  "begin 644 a\r\n=ybegin name=a\r\nbegin-base64 644 a\r\n:" + std::string(40, '!') + "\r\n",
                  size);
     }},
    {"quoted beginnings",
     [](std::size_t size) { return "\r\n" + repeat("> begin 644 a\r\n>> =ybegin name=a\r\n", size); }},
    {"uuencode without a beginning",
     [](std::size_t size) { return "\r\n" + repeat("M" + std::string(60, '!') + "\r\nend\r\n", size); }},
    {"parts of yEnc",
     [](std::size_t size) {
       return "\r\n" + repeat("=ybegin part=1 name=a\r\n=yend \r\n=ybegin name=a\r\n=yend \r\n", size);
     }},
    {"beginnings of armor",
     [](std::size_t size) { return "\r\n" + repeat("-----BEGIN PGP MESSAGE-----\r\n", size); }},
    {"beginnings of files in base64 in a text",
     [](std::size_t size) {
       return "\r\n" + repeat("\"" + std::string("UEsDB") + std::string(35, 'A'), size);
     }},
    {"nested CMS",
     [](std::size_t size) {
       return "Content-Type: application/pkcs7-mime\r\n\r\n" +
              std::string("0\x80\x06\x09*\x86H\x86\xf7\r\x01\7\2") + repeat("\xa0\x80", size);
     }},
    {"packets of OpenPGP",
     [](std::size_t size) {
       return "Content-Type: application/octet-stream\r\n\r\n" + repeat("\xcb\x08x\1yEVILX", size);
     }},
    {"names of boundaries",
     [](std::size_t size) { return "X: boundary\r\n\r\n" + repeat("--boundary='\r\n", size); }},
    {"beginnings of zips",
     [](std::size_t size) { return "X: boundary\r\n\r\n" + repeat("PK\x03\x04", size); }},
    {"beginnings of zips in quoted-printable",
     [](std::size_t size) { return "X: boundary\r\n\r\n" + repeat("=50=4B=03=04", size); }},
    {"beginnings of zips in base64",
     [](std::size_t size) { return "X: boundary\r\n\r\n" + repeat("UEsDBAAA", size); }},
    {"mails in mails in pieces",
     [](std::size_t size) {
       return kMixed + repeat("--c\r\nX: y\r\nContent-Type: message/rfc822\r\n\r\n", size);
     }},
    {"lone CR", [](std::size_t size) { return "\r\n" + repeat("--a\r", size); }},
    {"HTML comments",
     [](std::size_t size) {
       return "Content-Type: text/html\r\n\r\nEVIL-MARKER" + repeat("<!--<script><", size);
     }},
};

struct Cost {
  double seconds;
  std::size_t scanned;
};

Cost cost_of(const std::string& message) {
  MarkerScanner scanner;
  scanner::TreatmentSettings settings;
  settings.notice = {"{{virus}}", "{{virus}}", "{{reason}}"};
  const std::clock_t begin = std::clock();
  scanner::treat(message, scanner, settings);
  return {static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, scanner.scanned_bytes};
}

}  // namespace

TEST_CASE("four times the size is no more than about four times the work, whatever the shape") {
  constexpr std::size_t kSize = 1 << 17;
  // Quadratic would be sixteen times. What is too short to be measured is no trouble.
  constexpr double kMost = 10;
  constexpr double kShort = 0.1;
  for (const auto& [name, shape] : kShapes) {
    CAPTURE(name);
    const Cost once = cost_of(shape(kSize));
    const Cost fourfold = cost_of(shape(4 * kSize));
    CHECK(fourfold.seconds < std::max(kShort, kMost * once.seconds));
    CHECK(fourfold.scanned <= (64 << 20) + 16 * 4 * kSize);
  }
}
