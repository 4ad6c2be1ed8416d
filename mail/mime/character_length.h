#pragma once

#include <string_view>

namespace mail {

/// Walks over encoded text character by character without converting it, so that a line can be ended between
/// two characters. Knows UTF-8, Shift_JIS, the EUC and Big5/GB18030 families and ISO-2022; any other charset
/// is taken for one of single bytes.
class CharacterWalk {
 public:
  explicit CharacterWalk(std::string_view charset);

  /// The length of the character (or ISO-2022 escape sequence) at the head of `text`, which is not empty.
  std::size_t next(std::string_view text);

  /// Inside a two-byte set of ISO-2022: bytes that look like ASCII are not.
  bool shifted() const { return shifted_; }

 private:
  enum class Family { single, utf8, shift_jis, euc_jp, double_byte, gb18030, iso2022 };
  std::size_t next_iso2022(std::string_view text);

  Family family_ = Family::single;
  bool shifted_ = false;
};

}  // namespace mail
