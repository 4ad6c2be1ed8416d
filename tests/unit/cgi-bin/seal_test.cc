#include "cgi-bin/seal/seal.h"

#include "cgi-bin/reference_number.h"
#include "cgi-bin/seal/base64url.h"

using formmail::open_seal;
using formmail::SealState;

namespace {

using Clock = std::chrono::system_clock;
const Clock::time_point kNow(std::chrono::seconds(1800000000));
const formmail::Secret kSecret{1, 2, 3};

formmail::SealedSubmission submission() {
  formmail::SealedSubmission s;
  s.site = "www.customer.example";
  s.profile = "Contact";
  s.number = std::string("\0\1\2\3\4\5\6\7\x08\x09\x0a\x0b\x0c\x0d\x0e\xff", 16);
  s.sealed_at = kNow;
  s.expires_at = kNow + std::chrono::minutes(30);
  s.fields.emplace_back();
  s.fields.back().name = "name";
  s.fields.back().value = std::string("太郎\0\n", 8);
  s.files.push_back({"cv", "履歴書.pdf", "key"});
  return s;
}

}  // namespace

TEST_CASE("what is sealed comes back whole") {
  const auto opened = open_seal(seal(submission(), kSecret), "www.customer.example", kSecret, kNow);
  REQUIRE(opened.state == SealState::intact);
  CHECK(opened.submission.profile == "Contact");
  CHECK(opened.submission.number == submission().number);
  CHECK(opened.submission.sealed_at == kNow);
  REQUIRE(opened.submission.fields.size() == 1);
  CHECK(opened.submission.fields[0].value == submission().fields[0].value);
  REQUIRE(opened.submission.files.size() == 1);
  CHECK(opened.submission.files[0].name == "履歴書.pdf");
}

TEST_CASE("a seal expires, and is worth nothing elsewhere") {
  const std::string text = seal(submission(), kSecret);
  const auto state = [&](const std::string& site, const formmail::Secret& secret, Clock::time_point now) {
    return open_seal(text, site, secret, now).state;
  };
  CHECK(state("www.customer.example", kSecret, kNow + std::chrono::minutes(30)) == SealState::intact);
  CHECK(state("www.customer.example", kSecret, kNow + std::chrono::seconds(1801)) == SealState::expired);
  CHECK(state("www.other.example", kSecret, kNow) == SealState::tampered);
  CHECK(state("www.customer.example", formmail::Secret{9}, kNow) == SealState::tampered);
}

TEST_CASE("every change of one character is noticed") {
  const std::string text = seal(submission(), kSecret);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string altered = text;
    altered[i] = altered[i] == 'A' ? 'B' : 'A';
    INFO(i);
    CHECK(open_seal(altered, "www.customer.example", kSecret, kNow).state != SealState::intact);
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    CHECK(open_seal(text.substr(0, i), "www.customer.example", kSecret, kNow).state != SealState::intact);
  }
}

TEST_CASE("packed fields come back, damaged ones as far as they go") {
  const std::string text = formmail::pack_fields(submission().fields);
  REQUIRE(formmail::unpack_fields(text).size() == 1);
  CHECK(formmail::unpack_fields(text)[0].value == submission().fields[0].value);
  CHECK(formmail::unpack_fields(text.substr(0, 20)).empty());
  CHECK(formmail::unpack_fields("_____________________").empty());
}

TEST_CASE("base64url is RFC 4648's without padding") {
  for (const auto& [bytes, text] : std::vector<std::pair<std::string, std::string>>{
           {"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foob", "Zm9vYg"}, {"\xfb\xff", "-_8"}}) {
    CHECK(formmail::to_base64url(bytes) == text);
    CHECK(formmail::from_base64url(text) == bytes);
  }
  CHECK(formmail::from_base64url("Zm9v!Zm9v") == "foo");
}

TEST_CASE("a reference number is Crockford's base 32 of eight bytes") {
  CHECK(formmail::reference_number(std::string(16, '\0')) == "0000-0000-00000");
  CHECK(formmail::reference_number(std::string(16, '\xff')) == "FZZZ-ZZZZ-ZZZZZ");
}
