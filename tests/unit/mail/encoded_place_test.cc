#include "mail/mime/encoded_place.h"

namespace {

std::optional<std::size_t> place(std::string_view body, std::size_t offset) {
  return mail::quoted_printable_place(body, mail::decode_quoted_printable(body), offset);
}

}  // namespace

TEST_CASE("a place in the text is found in quoted-printable, also behind escapes and soft line ends") {
  CHECK(place("abc", 0) == 0);
  CHECK(place("a=3Db", 2) == 4);
  CHECK(place("<body>=\r\n<p>=E5=95=8F", 6) == 6);
  CHECK(place("x=\r\n<body class=3D\"y\"><p>", 17) == 22);
  CHECK(place("abc", 3) == 3);
}

TEST_CASE("a place always splits the text in the two halves asked for, damaged text too") {
  for (const std::string body :
       {"ab \r\ncd", "a==3D", "a=\r\n=\r\nb", "=E3=81=", "x =\r\ny", "=3", "a=0D=0A b"}) {
    const std::string text = mail::decode_quoted_printable(body);
    for (std::size_t offset = 0; offset <= text.size(); ++offset) {
      const auto found = place(body, offset);
      if (!found) continue;
      CHECK(mail::decode_quoted_printable(body.substr(0, *found)) == text.substr(0, offset));
      CHECK(mail::decode_quoted_printable(body.substr(*found)) == text.substr(offset));
    }
  }
}
