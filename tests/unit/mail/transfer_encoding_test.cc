#include "mail/mime/transfer_encoding.h"
#include "mail/mime/uuencode.h"

#include "mail/mime/encoded_word.h"
#include "mail/mime/readings/lenient_decoding.h"

using namespace mail;

TEST_CASE("base64 there and back, whatever the length") {
  for (int length = 0; length < 200; ++length) {
    std::string bytes;
    for (int i = 0; i < length; ++i) bytes += static_cast<char>(i * 37 + length);
    const std::string encoded = encode_base64(bytes, "\r\n");
    CHECK(decode_base64(encoded) == bytes);
    CHECK(is_plain_base64(encoded));
  }
}

TEST_CASE("base64 as it comes") {
  CHECK(decode_base64("QUJD\r\nREVG") == "ABCDEF");
  CHECK(decode_base64("QQ==QQ==") == "AA");
  CHECK(decode_base64("Q!U*J D") == "ABC");
  CHECK(decode_base64("QUI") == "AB");
  CHECK(decode_base64("====QUJD") == "ABC");
  for (const std::string odd : {"QQ==QQ==", "QU JD", "QUI", "QUJDR\nEVG", "QQ=", "QUJD!", "QU=D"}) {
    CAPTURE(odd);
    CHECK_FALSE(is_plain_base64(odd));
  }
}

TEST_CASE("damaged base64 is read in each way that readers have") {
  std::vector<std::string> ways;
  const auto take = [&](const std::string& bytes, std::string_view) { ways.push_back(bytes); };
  decode_base64_each_way("QQ==QUJD", take);
  CHECK(std::find(ways.begin(), ways.end(), "A") != ways.end());
  ways.clear();
  decode_base64_each_way("QU=JD", take);
  CHECK(std::find(ways.begin(), ways.end(), "ABC") != ways.end());
  ways.clear();
  decode_base64_each_way("QUJD\r\nabc !\r\nQUJD\r\n", take);
  CHECK(std::find(ways.begin(), ways.end(), "ABCABC") != ways.end());
  ways.clear();
  decode_base64_each_way("QUJDQUJD\r\n", take);
  CHECK(ways.empty());
}

TEST_CASE("quoted-printable as it comes") {
  CHECK(decode_quoted_printable("a=3Db=\r\nc \t\r\nd") == "a=bc\r\nd");
  CHECK(decode_quoted_printable("=e3=81=82") == "あ");
  CHECK(decode_quoted_printable("a= \t\nb") == "ab");
  CHECK(decode_quoted_printable("=ZZ=4") == "=ZZ=4");
  CHECK(decode_quoted_printable("a=") == "a");
  CHECK(is_plain_quoted_printable("a=3D=\r\nb"));
  CHECK_FALSE(is_plain_quoted_printable("=3d"));
  CHECK_FALSE(is_plain_quoted_printable("=4"));
}

TEST_CASE("quoted-printable there and back, no line over 76, no character cut") {
  {
    std::string text;
    for (int i = 0; i < 200; ++i) text += (i % 7 ? "日本語ソ" : " = .\r\n.F\r\nFrom x\tなか \r\n");
    const std::string encoded = encode_quoted_printable(text, "\r\n", "utf-8");
    CHECK(decode_quoted_printable(encoded) == text);
    CHECK(is_plain_quoted_printable(encoded));
    std::size_t begin = 0;
    while (begin < encoded.size()) {
      const auto end = std::min(encoded.find("\r\n", begin), encoded.size());
      CHECK(end - begin <= 76);
      const std::string line = encoded.substr(begin, end - begin);
      // A character of three bytes begins with =E3 or =E6 .. =E8; none of them ends a line.
      if (line.ends_with("=") && line.size() >= 4) CHECK(line.substr(line.size() - 4, 2) != "=E");
      CHECK_FALSE(line.starts_with("."));
      begin = end + 2;
    }
  }
  CHECK(decode_quoted_printable(encode_quoted_printable("a\nb\rc\r\n", "\r\n", "")) == "a\nb\rc\r\n");
}

TEST_CASE("uuencode, with blanks cut off and without begin") {
  CHECK(mail::decode_uuencode("begin 644 x\n#0V%T\n`\nend\nmore") == "Cat");
  CHECK(mail::decode_uuencode("#0V%T\r\n") == "Cat");
  CHECK(mail::decode_uuencode("$0V%T\n") == std::string("Cat\0", 4));
  CHECK(mail::decode_uuencode("#0V%T\r#0V%T\n\r#0V%T\r") == "CatCatCat");
}

TEST_CASE("names of transfer encodings") {
  CHECK(transfer_encoding_of(" BASE64 ").encoding == TransferEncoding::base64);
  CHECK(transfer_encoding_of("base64").known);
  CHECK(transfer_encoding_of("x-base64").encoding == TransferEncoding::base64);
  CHECK_FALSE(transfer_encoding_of("x-base64").known);
  CHECK(transfer_encoding_of("x-uuencode").encoding == TransferEncoding::uuencode);
  CHECK(transfer_encoding_of("8bit").known);
  CHECK_FALSE(transfer_encoding_of("8 bit").known);
}

TEST_CASE("encoded words: joined, cut in a character, inside other text") {
  CHECK(decode_encoded_words("=?utf-8?B?44GC?= =?utf-8?Q?b_c?=") == "あb c");
  CHECK(decode_encoded_words("=?utf-8?B?44E=?=\r\n =?utf-8?B?gg==?=") == "あ");
  CHECK(decode_encoded_words("a =?iso-2022-jp?B?GyRCJCIbKEI=?= b") == "a あ b");
  CHECK(decode_encoded_words("=?utf-8*ja?Q?x?=") == "x");
  CHECK(decode_encoded_words("=?x-unheard?Q?x?=") == "=?x-unheard?Q?x?=");
  CHECK(decode_encoded_words("=?utf-8?Q?never") == "=?utf-8?Q?never");
  CHECK(decode_encoded_words("=?utf-8?Q?=E3?=") == "=?utf-8?Q?=E3?=");
}
