#include "cgi-bin/http/request_body.h"

#include <algorithm>

#include "tests/unit/cgi-bin/variables.h"

namespace {

/// A text that comes in pieces of at most `piece` bytes.
class PiecewiseSource : public formmail::BodySource {
 public:
  PiecewiseSource(std::string text, std::size_t piece) : text_(std::move(text)), piece_(piece) {}
  std::size_t read(char* buffer, std::size_t size) override {
    const std::size_t got = text_.copy(buffer, std::min(size, piece_), taken);
    taken += got;
    return got;
  }
  std::size_t taken = 0;

 private:
  std::string text_;
  std::size_t piece_;
};

constexpr std::int64_t kMost = 100'000;

std::string body_of(const std::string& length, PiecewiseSource& source) {
  return formmail::read_body(Variables({"CONTENT_LENGTH=" + length}).environment(), source, kMost);
}

int status_of(const std::string& length, const std::string& sent) {
  PiecewiseSource source(sent, 1000);
  try {
    body_of(length, source);
    return 200;
  } catch (const formmail::Refusal& refusal) {
    if (refusal.status != 400) CHECK(source.taken == 0);
    return refusal.status;
  }
}

}  // namespace

TEST_CASE("a body is read whole, in whatever pieces it comes, and no further") {
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += std::to_string(i % 10) + "\r\n";
  for (const std::size_t piece : {1, 1000, 1'000'000}) {
    PiecewiseSource source(text + "GET /next", piece);
    CHECK(body_of("90000", source) == text);
    CHECK(source.taken == text.size());
  }
}

TEST_CASE("a length must be a number within the limit, and the body as long") {
  CHECK(status_of("0", "") == 200);
  CHECK(status_of("100000", std::string(100'000, 'x')) == 200);
  CHECK(status_of("100001", std::string(100'001, 'x')) == 413);
  CHECK(status_of("18446744073709551616", "") == 413);
  CHECK(status_of("", "x") == 411);
  for (const std::string none : {"x", "5x", "-5", "+5", " 5", "5 ", "0x5", "5,5", "99999999999999999999x"}) {
    INFO(none);
    CHECK(status_of(none, "12345") == 400);
  }
  CHECK(status_of("6", "12345") == 400);
}
