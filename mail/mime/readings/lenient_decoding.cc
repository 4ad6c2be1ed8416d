#include "mail/mime/readings/lenient_decoding.h"

#include <algorithm>
#include <cstdint>

#include "mail/mime/ascii.h"
#include "mail/mime/header_fields.h"
#include "mail/mime/transfer_encoding.h"

namespace mail {

namespace {

bool is_base64_char(char c) { return is_letter(c) || is_digit(c) || c == '+' || c == '/'; }

// What there is in the text that readers take in different ways.
struct Damage {
  bool inner_padding = false;   ///< "=" before the end
  bool junk = false;            ///< characters outside the alphabet
  bool odd_lines = false;       ///< lines that are no whole groups
  bool other_alphabet = false;  ///< "-" and "_" (RFC 4648, 5), "," (RFC 3501, 5.1.3)
};

Damage damage_of(std::string_view encoded) {
  Damage damage;
  bool padded = false;
  std::size_t column = 0;
  for (const char c : encoded) {
    if (c == '\r' || c == '\n') {
      if (column % 4 != 0) damage.odd_lines = true;
      column = 0;
    } else if (c == '=') {
      padded = true;
      ++column;
    } else if (is_base64_char(c)) {
      if (padded) damage.inner_padding = true;
      ++column;
    } else {
      damage.junk = true;
      if (c == '-' || c == '_' || c == ',') damage.other_alphabet = true;
    }
  }
  return damage;
}

std::string only(std::string_view text, const std::function<bool(char)>& keep) {
  std::string kept;
  kept.reserve(text.size());
  std::copy_if(text.begin(), text.end(), std::back_inserter(kept), keep);
  return kept;
}

std::string line_by_line(std::string_view encoded, bool drop_odd_lines) {
  std::string bytes;
  for (std::size_t at = 0; at < encoded.size();) {
    const std::size_t next = next_line(encoded, at, encoded.size());
    const std::string_view line = without_line_end(encoded.substr(at, next - at));
    at = next;
    if (drop_odd_lines) {
      const bool odd =
          std::any_of(line.begin(), line.end(), [](char c) { return !is_base64_char(c) && c != '='; });
      if (odd) continue;
      bytes += line;
    } else {
      bytes += decode_base64(line);
    }
  }
  return drop_odd_lines ? decode_base64(bytes) : bytes;
}

std::string_view up_to_padding(std::string_view encoded) {
  const auto padding = encoded.find('=');
  return encoded.substr(0, padding == std::string_view::npos ? padding : padding + 2);
}

std::string_view up_to_junk(std::string_view encoded) {
  const auto junk = std::find_if(encoded.begin(), encoded.end(),
                                 [](char c) { return !is_base64_char(c) && c != '=' && !is_line_space(c); });
  return encoded.substr(0, static_cast<std::size_t>(junk - encoded.begin()));
}

// "=" stands for six bits of zero, as in a decoder that does not know it.
std::string padding_as_zero(std::string_view encoded) {
  std::string text(encoded);
  std::replace(text.begin(), text.end(), '=', 'A');
  return decode_base64(text);
}

std::string other_alphabet(std::string_view encoded) {
  std::string text(encoded);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  std::replace(text.begin(), text.end(), ',', '/');
  return decode_base64(text);
}

}  // namespace

void decode_base64_each_way(std::string_view encoded, const TakeDecoded& take) {
  const Damage damage = damage_of(encoded);
  if (damage.inner_padding) {
    take(decode_base64(up_to_padding(encoded)), "base64 up to the first padding");
    take(decode_base64(only(encoded, [](char c) { return c != '='; })), "base64, padding ignored");
    take(padding_as_zero(encoded), "base64, padding as zero");
  }
  if (damage.junk) {
    take(decode_base64(up_to_junk(encoded)), "base64 up to the first odd character");
    take(line_by_line(encoded, true), "base64, odd lines left out");
  }
  if (damage.odd_lines) take(line_by_line(encoded, false), "base64 line by line");
  if (damage.other_alphabet) take(other_alphabet(encoded), "base64 of another alphabet");
}

namespace {

// How a reader takes what is no plain quoted-printable.
struct Leniency {
  enum class OddCode { stays, loses_equals, goes };
  OddCode odd_code = OddCode::stays;  // "=" that begins no code, or with what follows it
  bool lower_case = true;             // is "=4b" a code?
  bool join_blanks = true;            // do blanks before a line end make it a soft one all the same?
  bool cr_joins = false;              // after "=" and CR, is everything up to LF passed over?
};

std::string decode_quoted_printable_as(std::string_view encoded, const Leniency& way) {
  std::string bytes;
  for (std::size_t at = 0; at < encoded.size(); ++at) {
    if (encoded[at] != '=') {
      bytes += encoded[at];
      continue;
    }
    std::size_t after = at + 1;
    if (way.join_blanks) {
      while (after < encoded.size() && is_blank(encoded[after])) ++after;
    }
    const std::size_t line_end = after;
    if (way.cr_joins && encoded.substr(after, 1) == "\r")
      after = std::min(encoded.find('\n', after), encoded.size());
    // CRLF, also with more CRs; LFCR.
    while (after < encoded.size() && encoded[after] == '\r') ++after;
    if (after < encoded.size() && encoded[after] == '\n') {
      ++after;
      if (after == line_end + 1 && encoded.substr(after, 1) == "\r" && encoded.substr(after, 2) != "\r\n")
        ++after;
    }
    if (after != line_end) {
      at = after - 1;
      continue;
    }
    const std::string_view code = encoded.substr(at + 1, 2);
    const auto is_digit_of = [&](char c) { return hex_value(c) >= 0 && (way.lower_case || c < 'a'); };
    if (code.size() == 2 && is_digit_of(code[0]) && is_digit_of(code[1])) {
      bytes += static_cast<char>(hex_value(code[0]) * 16 + hex_value(code[1]));
      at += 2;
    } else if (way.odd_code == Leniency::OddCode::stays) {
      bytes += '=';
    } else if (way.odd_code == Leniency::OddCode::goes) {
      at += code.size();
    } else if (code == "==") {
      // One of them is data (so Python reads it).
      bytes += '=';
      ++at;
    }
  }
  return bytes;
}

// Soft line ends go first, so that a code may stand on both sides of one.
std::string joined_lines(std::string_view encoded) {
  std::string text;
  text.reserve(encoded.size());
  for (std::size_t at = 0; at < encoded.size();) {
    const std::size_t equals = std::min(encoded.find('=', at), encoded.size());
    text += encoded.substr(at, equals - at);
    if (equals == encoded.size()) break;
    const std::string_view after = encoded.substr(equals + 1, 2);
    const std::size_t line_end = after == "\r\n" ? 2 : after.starts_with('\n') ? 1 : 0;
    if (line_end == 0) text += '=';
    at = equals + 1 + line_end;
  }
  return text;
}

}  // namespace

void decode_quoted_printable_each_way(std::string_view encoded, const TakeDecoded& take) {
  if (is_plain_quoted_printable(encoded)) return;
  using OddCode = Leniency::OddCode;
  take(decode_quoted_printable_as(encoded, {}), "quoted-printable, trailing blanks kept");
  take(decode_quoted_printable_as(encoded, {.odd_code = OddCode::loses_equals}),
       "quoted-printable, odd codes dropped");
  take(decode_quoted_printable_as(encoded, {.odd_code = OddCode::goes}),
       "quoted-printable, odd codes dropped with their characters");
  take(decode_quoted_printable_as(encoded, {.lower_case = false, .join_blanks = false}),
       "quoted-printable, upper case only");
  if (encoded.find("=\r") != std::string_view::npos) {
    take(decode_quoted_printable_as(encoded, {.odd_code = OddCode::loses_equals, .cr_joins = true}),
         "quoted-printable, lines joined from CR to LF");
  }
  take(decode_quoted_printable(joined_lines(encoded)), "quoted-printable, codes over line ends");
}

std::string decode_base64_shifted(std::string_view encoded, int skip, bool padding_counts) {
  std::size_t at = 0;
  while (skip > 0 && at < encoded.size()) {
    if (is_base64_char(encoded[at++])) --skip;
  }
  if (!padding_counts) return decode_base64(only(encoded.substr(at), [](char c) { return c != '='; }));
  return decode_base64(encoded.substr(at));
}

std::size_t place_in_base64(std::string_view encoded, int skip, bool padding_counts, std::size_t decoded) {
  std::size_t bytes = 0;
  std::size_t in_group = 0;
  std::size_t group = 0;
  for (std::size_t at = 0; at < encoded.size(); ++at) {
    const char c = encoded[at];
    if (is_base64_char(c)) {
      if (skip > 0) {
        --skip;
        continue;
      }
      if (in_group++ == 0) group = at;
      if (in_group < 4) continue;
      bytes += 3;
    } else if (c == '=' && padding_counts && skip == 0) {
      if (in_group > 1) bytes += in_group - 1;
    } else {
      continue;
    }
    if (bytes > decoded) return group;
    in_group = 0;
  }
  return in_group == 0 ? encoded.size() : group;
}

}  // namespace mail
