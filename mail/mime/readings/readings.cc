#include "mail/mime/readings/readings.h"

#include <algorithm>
#include <set>
#include <vector>

#include "mail/digest.h"
#include "mail/mime/ascii.h"
#include "mail/mime/encoded_word.h"
#include "mail/mime/file_name.h"
#include "mail/mime/readings/cuts.h"
#include "mail/mime/readings/file_heads.h"
#include "mail/mime/readings/inline_files.h"
#include "mail/mime/readings/lenient_decoding.h"
#include "mail/mime/transfer_encoding.h"
#include "mail/mime/uuencode.h"

namespace mail {

namespace {

// Is most of it base64? Prose has too many blanks and stops.
bool resembles_base64(std::string_view text) {
  constexpr std::size_t kLooked = 65536;
  std::size_t alphabet = 0;
  std::size_t other = 0;
  for (const char c : text.substr(0, kLooked)) {
    if (is_letter(c) || is_digit(c) || c == '+' || c == '/' || c == '=') {
      ++alphabet;
    } else if (c != '\r' && c != '\n') {
      ++other;
    }
  }
  return alphabet >= 16 && alphabet >= other * 4;
}

// Codes such as "=4B".
std::size_t count_codes(std::string_view text) {
  std::size_t codes = 0;
  for (auto at = text.find('='); at != std::string_view::npos; at = text.find('=', at + 1)) {
    const std::string_view code = text.substr(at + 1, 2);
    if (code.size() == 2 && hex_value(code[0]) >= 0 && hex_value(code[1]) >= 0) ++codes;
  }
  return codes;
}

// More codes than prose with a few encoded words has.
bool resembles_quoted_printable(std::string_view text) {
  constexpr std::size_t kLooked = 65536;
  constexpr std::size_t kFewest = 3;
  constexpr std::size_t kOneIn = 300;
  text = text.substr(0, kLooked);
  const std::size_t codes = count_codes(text);
  return codes >= kFewest && codes >= text.size() / kOneIn;
}

// A line of 45 bytes: "M" and 60 characters.
bool resembles_uuencode(std::string_view text) {
  constexpr std::size_t kFullLine = 61;
  for (auto at = text.find('M'); at != std::string_view::npos; at = text.find("\nM", at)) {
    if (text[at] == '\n') ++at;
    if (at != 0 && text[at - 1] != '\n') continue;
    const std::string_view line = text.substr(at, kFullLine);
    if (line.size() == kFullLine &&
        std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '`'; }))
      return true;
  }
  return false;
}

// What the fields of a piece say, in whatever way, of its encoding.
struct Announced {
  bool base64 = false;
  bool quoted_printable = false;
  bool uuencode = false;
};
Announced announced_in(std::string_view header) {
  const auto has = [&](std::string_view word) { return find_word(header, word) != std::string_view::npos; };
  return {has("64"), has("quoted") || has("printable"), has("uu")};
}

class ReadingFinder {
 public:
  ReadingFinder(const MimeMap& map, ReadingBudget& budget, const TakeReading& take)
      : map_(map), take_(take), budget_(budget) {}

  bool run(bool certain) {
    for (std::size_t source = 0; source < map_.source_count(); ++source) {
      source_ = source;
      text_ = map_.source(source);
      take_inline_files();
      if (certain) continue;
      const std::vector<Cut> cuts = cuts_of(text_);
      const std::size_t keep = (budget_.bytes - budget_.kept) / 2;
      budget_.kept += keep;
      for (const Cut& cut : cuts) {
        if (!cut.whole) take_pieces(cut);
      }
      budget_.kept -= keep;
      for (const Cut& cut : cuts) {
        if (cut.whole) take_pieces(cut);
      }
      take_file_heads();
    }
    return complete_;
  }

 private:
  void hand_out(Reading& reading, std::string_view bytes, std::string why) {
    // Each costs something, however small.
    constexpr std::size_t kLeast = 8192;
    if (bytes.empty() || !afford_decoding(bytes)) return;
    const std::string digest = sha256(bytes);
    if (budget_.seen.contains(digest) || !afford(std::max(bytes.size(), kLeast))) return;
    reading.why = std::move(why);
    reading.bytes = bytes;
    if (!take_(reading)) budget_.seen.insert(digest);
  }

  bool afford(std::size_t cost) {
    if (cost + budget_.kept > budget_.bytes) {
      complete_ = false;
      return false;
    }
    budget_.bytes -= cost;
    return true;
  }

  // Decoding and comparing cost as handing out does, though less.
  bool afford_decoding(std::string_view encoded) { return afford(encoded.size() / 4); }

  void take_inline_files() {
    for (const InlineFile& file : find_inline_files(text_)) {
      Reading reading{source_, file.range, file.range, guess_utf8(file.name, ""), {}, {}};
      hand_out(reading, file.bytes, file.encoding);
    }
  }

  void take_pieces(const Cut& cut) {
    for (const Piece& piece : cut.pieces) take_piece(piece, cut.why, cut.whole);
  }

  void take_piece(const Piece& piece, const std::string& why, bool whole) {
    const Announced announced = announced_in(piece.header.of(text_));
    for (const std::size_t body : piece.bodies) {
      Reading reading{source_, piece.range, {body, piece.end}, {}, {}, {}};
      reading.name = name_in(piece.header);
      const std::string_view encoded = reading.body.of(text_);
      if (!resembles_base64(encoded)) hand_out(reading, encoded, why);
      if (whole) {
        decode_plainly(reading, encoded, why);
      } else {
        decode_again(reading, encoded, announced, why, 0);
      }
    }
  }

  // Of what is not even cut, only what well-formed data would give: it is as large as the message.
  void decode_plainly(Reading& reading, std::string_view encoded, const std::string& why) {
    if (resembles_base64(encoded) && afford_decoding(encoded))
      hand_out(reading, decode_base64(encoded), why + ", base64");
    if (resembles_quoted_printable(encoded) && afford_decoding(encoded))
      hand_out(reading, decode_quoted_printable(encoded), why + ", quoted-printable");
  }

  // Every decoding that the bytes call for; one that yields text may be an encoding of its own (two fields,
  // both believed).
  void decode_again(Reading& reading, std::string_view encoded, const Announced& announced,
                    const std::string& why, int depth) {
    constexpr int kDeepest = 2;
    if (depth == kDeepest || encoded.size() < 16) return;
    const auto further = [&](std::string_view bytes, std::string_view way) {
      const std::string words = why + (why.empty() ? "" : ", ") + std::string(way);
      hand_out(reading, bytes, words);
      if (std::none_of(bytes.begin(), bytes.begin() + std::min<std::size_t>(bytes.size(), 256), is_8bit)) {
        decode_again(reading, bytes, {}, words, depth + 1);
      }
    };
    const auto each_way = [&](const std::string& bytes, std::string_view way) {
      if (afford_decoding(encoded)) further(bytes, way);
    };
    if ((announced.base64 || resembles_base64(encoded)) && afford_decoding(encoded)) {
      further(decode_base64(encoded), "base64");
      decode_base64_each_way(encoded, each_way);
    }
    if ((announced.quoted_printable || resembles_quoted_printable(encoded)) && afford_decoding(encoded)) {
      further(decode_quoted_printable(encoded), "quoted-printable");
      decode_quoted_printable_each_way(encoded, each_way);
    }
    if (announced.uuencode || (depth == 0 && resembles_uuencode(encoded)))
      further(decode_uuencode(encoded), "uuencode");
  }

  // Whatever the lines are: a file's first bytes anywhere in the bytes as they are, in quoted-printable, or
  // in base64 from any character on (glued to a header, after text without a line of its own).
  void take_file_heads() {
    take_heads_in(text_, "file inside", [](std::size_t at) { return at; });
    if (count_codes(text_) > 0 && afford_decoding(text_)) {
      take_heads_in(decode_quoted_printable(text_), "quoted-printable without a header", {});
    }
    for (const bool padding_counts : {true, false}) {
      for (int skip = 0; skip < 4; ++skip) {
        if (!afford_decoding(text_)) return;
        take_heads_in(decode_base64_shifted(text_, skip, padding_counts), "base64 without a header",
                      [&](std::size_t at) { return place_in_base64(text_, skip, padding_counts, at); });
      }
    }
  }

  ByteRange up_to_boundary(std::size_t begin) const {
    return {begin, std::min(text_.find("\n--", begin), text_.size())};
  }
  ByteRange whole_body() const { return {source_ == 0 ? map_.part(0).body.begin : 0, text_.size()}; }

  // `place_of`: where in the text the byte comes from, if that can be told.
  void take_heads_in(std::string_view bytes, const std::string& why,
                     const std::function<std::size_t(std::size_t)>& place_of) {
    constexpr int kMost = 8;
    int placed = 0;
    for (const std::string_view head : kFileHeads) {
      int found = 0;
      for (auto at = bytes.find(head); at != std::string_view::npos && found < kMost;
           at = bytes.find(head, at + 1)) {
        // gzip's flags have five bits; by chance its three bytes stand in every few megabytes.
        if (head == "\x1f\x8b\x08" &&
            static_cast<unsigned char>(bytes.substr(at + 3, 1).empty() ? 0xff : bytes[at + 3]) > 0x1f)
          continue;
        ++found;
        const ByteRange range = place_of && ++placed <= kMost ? up_to_boundary(place_of(at)) : whole_body();
        Reading reading{source_, range, range, {}, {}, {}};
        hand_out(reading, bytes.substr(at), why);
      }
    }
  }

  std::string name_in(ByteRange header) const {
    MimePart part;
    part.header = read_header(text_, header.begin, header.end);
    for (const HeaderField& field : part.header.fields) {
      const std::string_view name = field.name.of(text_);
      if (same_word(name, "content-type")) part.content_type = parse_parameters(field.value.of(text_));
      if (same_word(name, "content-disposition")) part.disposition = parse_parameters(field.value.of(text_));
    }
    return file_name(part, "");
  }

  const MimeMap& map_;
  const TakeReading& take_;
  std::size_t source_ = 0;
  std::string_view text_;
  ReadingBudget& budget_;
  bool complete_ = true;
};

}  // namespace

bool for_each_reading(const MimeMap& map, bool certain, ReadingBudget& budget, const TakeReading& take) {
  return ReadingFinder(map, budget, take).run(certain);
}

}  // namespace mail
