// No structure is checked: whatever its type, the content of CMS is an octet string under an explicit tag
// [0], and nothing else in it is. So each such string is taken, and a reader that is stricter or laxer than
// RFC 5652 sees no other.
#include "scanner/treatment/cms.h"

#include <algorithm>
#include <optional>

namespace scanner {

namespace {

constexpr unsigned char kOctets = 0x04;
constexpr unsigned char kOctetsInPieces = 0x24;
constexpr unsigned char kSequence = 0x30;
constexpr unsigned char kExplicitContent = 0xa0;
constexpr unsigned char kConstructed = 0x20;
constexpr int kDeepest = 32;

struct Element {
  unsigned char tag;
  std::size_t begin;  // of what is in it
  std::size_t end;    // or of what it stands in, if its length is not told
  bool open_ended;
};

class BerReader {
 public:
  explicit BerReader(std::string_view bytes) : bytes_(bytes) {}

  std::vector<std::string> contents() {
    search(0, bytes_.size(), 0);
    return std::move(contents_);
  }

 private:
  unsigned char byte(std::size_t at) const { return static_cast<unsigned char>(bytes_[at]); }

  std::optional<Element> element(std::size_t at, std::size_t end) const {
    if (end - at < 2 || at > end) return {};
    constexpr unsigned char kLong = 0x80;
    const unsigned char first = byte(at + 1);
    Element found{byte(at), at + 2, end, first == kLong};
    if (found.open_ended) return found;
    std::size_t length = first;
    if (first > kLong) {
      const std::size_t size = first - kLong;
      if (size > 4 || end - found.begin < size) return {};
      length = 0;
      for (std::size_t i = 0; i < size; ++i) length = length << 8 | byte(found.begin++);
    }
    // What was cut off is no longer there, and what is left counts.
    found.end = found.begin + std::min(length, end - found.begin);
    return found;
  }

  // Of the elements from `at` on. Returns where they end.
  std::size_t search(std::size_t at, std::size_t end, int depth) {
    while (const auto found = element(at, end)) {
      if (found->tag == 0) return found->begin;  // the end of those whose length was not told
      if ((found->tag & kConstructed) == 0 || depth == kDeepest) {
        at = found->end;
        continue;
      }
      std::size_t next = 0;
      if (found->tag == kExplicitContent && is_octets(found->begin, found->end)) {
        std::string content;
        next = append_octets(content, found->begin, found->end, depth + 1);
        if (!content.empty()) contents_.push_back(std::move(content));
      } else {
        next = search(found->begin, found->end, depth + 1);
      }
      at = found->open_ended ? next : found->end;
    }
    return end;
  }

  bool is_octets(std::size_t at, std::size_t end) const {
    return at < end && (byte(at) == kOctets || byte(at) == kOctetsInPieces);
  }

  std::size_t append_octets(std::string& content, std::size_t at, std::size_t end, int depth) const {
    while (const auto found = element(at, end)) {
      if (found->tag == 0) return found->begin;
      if (found->tag == kOctets) content += bytes_.substr(found->begin, found->end - found->begin);
      const bool in_pieces = found->tag == kOctetsInPieces && depth < kDeepest;
      const std::size_t next =
          in_pieces ? append_octets(content, found->begin, found->end, depth + 1) : found->end;
      at = found->open_ended ? next : found->end;
    }
    return end;
  }

  std::string_view bytes_;
  std::vector<std::string> contents_;
};

}  // namespace

bool is_cms(std::string_view bytes) {
  // 1.2.840.113549.1, under which all types of content have their numbers.
  constexpr std::string_view kPkcs = "\x2a\x86\x48\x86\xf7\x0d\x01";
  constexpr std::size_t kLooked = 32;
  return !bytes.empty() && static_cast<unsigned char>(bytes.front()) == kSequence &&
         bytes.substr(0, kLooked).find(kPkcs) != std::string_view::npos;
}

std::vector<std::string> cms_contents(std::string_view bytes) { return BerReader(bytes).contents(); }

}  // namespace scanner
