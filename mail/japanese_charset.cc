#include "mail/japanese_charset.h"

#include "mail/iconv_converter.h"

namespace mail {

namespace {

unsigned byte_at(std::string_view bytes, std::size_t i) { return static_cast<unsigned char>(bytes[i]); }

bool in_94(unsigned byte) { return byte >= 0x21 && byte <= 0x7E; }

/// Text collected in pieces of two charsets: CP932 for JIS X 0208 with Microsoft's rows and half-width kana,
/// EUC-JP-MS for JIS X 0212, which CP932 lacks. ASCII is the same in both and goes to whichever is open.
class Pieces {
 public:
  void ascii(char byte) { piece_ += byte; }

  /// `row` and `cell` as in JIS, both 0x21..0x7E; shifted as Shift_JIS wants them.
  void jis_x_0208(unsigned row, unsigned cell) {
    use("CP932");
    const unsigned lead = (row - 0x21) / 2 + (row < 0x5F ? 0x81 : 0xC1);
    const bool odd = (row & 1) != 0;
    const unsigned trail = odd ? cell + (cell < 0x60 ? 0x1F : 0x20) : cell + 0x7E;
    piece_ += static_cast<char>(lead);
    piece_ += static_cast<char>(trail);
  }

  void half_width_kana(unsigned code) {
    use("CP932");
    piece_ += static_cast<char>(code | 0x80);
  }

  void jis_x_0212(unsigned row, unsigned cell) {
    use("EUC-JP-MS");
    piece_ += '\x8F';
    piece_ += static_cast<char>(row | 0x80);
    piece_ += static_cast<char>(cell | 0x80);
  }

  void euc(std::string_view bytes) {
    use("EUC-JP-MS");
    piece_ += bytes;
  }

  void utf8(std::string_view text) {
    close();
    text_ += text;
  }

  std::optional<std::string> finish() {
    close();
    if (!fits_) return std::nullopt;
    return std::move(text_);
  }

 private:
  void use(const char* charset) {
    if (charset_ == charset) return;
    close();
    charset_ = charset;
  }

  void close() {
    if (piece_.empty() || !fits_) return;
    const auto text = iconv_convert(piece_, charset_, "UTF-8");
    piece_.clear();
    fits_ = text.has_value();
    if (fits_) text_ += *text;
  }

  std::string charset_ = "CP932";
  std::string piece_;
  std::string text_;
  bool fits_ = true;
};

enum class CodeSet { ascii, jis_roman, kana, jis_x_0208, jis_x_0212 };

struct Escape {
  std::string_view bytes;
  CodeSet set;
};

constexpr Escape kEscapes[] = {{"\x1b(B", CodeSet::ascii},       {"\x1b(J", CodeSet::jis_roman},
                               {"\x1b(I", CodeSet::kana},        {"\x1b$@", CodeSet::jis_x_0208},
                               {"\x1b$B", CodeSet::jis_x_0208},  {"\x1b$(@", CodeSet::jis_x_0208},
                               {"\x1b$(B", CodeSet::jis_x_0208}, {"\x1b$(D", CodeSet::jis_x_0212}};

const Escape* escape_at(std::string_view bytes) {
  for (const Escape& escape : kEscapes)
    if (bytes.starts_with(escape.bytes)) return &escape;
  return nullptr;
}

void append_roman(Pieces& pieces, char byte) {
  if (byte == '\\') return pieces.utf8("\u00A5");
  if (byte == '~') return pieces.utf8("\u203E");
  pieces.ascii(byte);
}

/// Takes one character of a code set; the bytes taken, 0 if they don't fit.
std::size_t take_character(Pieces& pieces, CodeSet set, std::string_view bytes) {
  const unsigned first = byte_at(bytes, 0);
  if (first >= 0x80 || first == 0x1B || first == 0x0E || first == 0x0F) return 0;
  if (set == CodeSet::ascii || !in_94(first)) {
    pieces.ascii(bytes[0]);
    return 1;
  }
  if (set == CodeSet::jis_roman) {
    append_roman(pieces, bytes[0]);
    return 1;
  }
  if (set == CodeSet::kana) {
    if (first > 0x5F) return 0;
    pieces.half_width_kana(first);
    return 1;
  }
  if (bytes.size() < 2 || !in_94(byte_at(bytes, 1))) return 0;
  if (set == CodeSet::jis_x_0208)
    pieces.jis_x_0208(first, byte_at(bytes, 1));
  else
    pieces.jis_x_0212(first, byte_at(bytes, 1));
  return 2;
}

/// Bytes of the EUC-JP character that `lead` opens.
std::size_t euc_length(unsigned lead) {
  if (lead == 0x8F) return 3;
  return lead == 0x8E || lead >= 0xA1 ? 2 : 1;
}

bool is_euc_double(std::string_view character) {
  return character.size() == 2 && byte_at(character, 1) >= 0xA1 && byte_at(character, 1) <= 0xFE;
}

}  // namespace

std::optional<std::string> iso_2022_jp_to_utf8(std::string_view bytes) {
  Pieces pieces;
  CodeSet set = CodeSet::ascii;
  while (!bytes.empty()) {
    std::size_t taken = 0;
    if (const Escape* escape = escape_at(bytes); escape != nullptr) {
      set = escape->set;
      taken = escape->bytes.size();
    } else {
      taken = take_character(pieces, set, bytes);
      if (taken == 0) return std::nullopt;
    }
    bytes.remove_prefix(taken);
  }
  return pieces.finish();
}

std::optional<std::string> euc_jp_to_utf8(std::string_view bytes) {
  Pieces pieces;
  while (!bytes.empty()) {
    const unsigned lead = byte_at(bytes, 0);
    if (lead >= 0x80 && lead < 0xA1 && lead != 0x8E && lead != 0x8F) return std::nullopt;
    const std::string_view character = bytes.substr(0, euc_length(lead));
    if (character.size() == 1) {
      if (lead >= 0x80) return std::nullopt;
      pieces.ascii(bytes[0]);
    } else if (lead >= 0xF9 && lead <= 0xFC) {
      if (!is_euc_double(character)) return std::nullopt;
      pieces.jis_x_0208(lead & 0x7F, byte_at(character, 1) & 0x7F);
    } else {
      pieces.euc(character);
    }
    bytes.remove_prefix(character.size());
  }
  return pieces.finish();
}

}  // namespace mail
