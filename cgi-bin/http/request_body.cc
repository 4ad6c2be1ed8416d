#include "cgi-bin/http/request_body.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace formmail {

std::string read_body(const Environment& environment, BodySource& source, std::int64_t most) {
  const std::string_view announced = environment.get("CONTENT_LENGTH");
  if (announced.empty()) throw Refusal{411, "length"};
  std::uint64_t length = 0;
  const char* end = announced.data() + announced.size();
  const auto [stopped, error] = std::from_chars(announced.data(), end, length);
  if (error == std::errc::result_out_of_range && stopped == end) throw Refusal{413, "too_large"};
  if (error != std::errc() || stopped != end) throw Refusal{400, "bad_request"};
  if (length > static_cast<std::uint64_t>(most)) throw Refusal{413, "too_large"};
  // Its memory grows with what comes: an announcement alone costs none.
  constexpr std::size_t kPiece = 65536;
  std::string body;
  body.reserve(length);
  for (std::size_t done = 0; done < length;) {
    if (done == body.size()) body.resize(std::min<std::size_t>(length, done + kPiece));
    const std::size_t got = source.read(body.data() + done, body.size() - done);
    if (got == 0) throw Refusal{400, "bad_request"};
    done += got;
  }
  return body;
}

}  // namespace formmail
