#include "mail/mime/encoded_word.h"

#include <optional>
#include <vector>

#include "mail/charset.h"
#include "mail/mime/ascii.h"
#include "mail/mime/transfer_encoding.h"

namespace mail {

namespace {

struct EncodedWord {
  std::string charset;
  std::string bytes;
  std::string_view whole;
};

std::string decode_q(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '_') {
      bytes += ' ';
    } else if (text[at] == '=' && at + 2 < text.size() && hex_value(text[at + 1]) >= 0 &&
               hex_value(text[at + 2]) >= 0) {
      bytes += static_cast<char>(hex_value(text[at + 1]) * 16 + hex_value(text[at + 2]));
      at += 2;
    } else {
      bytes += text[at];
    }
  }
  return bytes;
}

// =?charset*language?encoding?text?= at the start of `text`.
std::optional<EncodedWord> read_word(std::string_view text) {
  constexpr std::size_t kLongest = 4096;
  if (!text.starts_with("=?")) return {};
  text = text.substr(0, kLongest);
  const auto charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 3 >= text.size()) return {};
  const char encoding = to_lower(text[charset_end + 1]);
  if ((encoding != 'b' && encoding != 'q') || text[charset_end + 2] != '?') return {};
  const auto content = charset_end + 3;
  const auto end = text.find("?=", content);
  if (end == std::string_view::npos) return {};
  EncodedWord word;
  word.charset = std::string(text.substr(2, charset_end - 2));
  word.charset = word.charset.substr(0, word.charset.find('*'));
  const std::string_view encoded = text.substr(content, end - content);
  word.bytes = encoding == 'b' ? decode_base64(encoded) : decode_q(encoded);
  word.whole = text.substr(0, end + 2);
  return word;
}

// Words of one charset are joined before they are converted: a character may be cut between two of them.
void append_words(std::string& text, const std::vector<EncodedWord>& words) {
  for (std::size_t at = 0; at < words.size();) {
    std::string bytes;
    std::size_t end = at;
    while (end < words.size() && same_word(words[end].charset, words[at].charset))
      bytes += words[end++].bytes;
    if (const auto utf8 = to_utf8(bytes, words[at].charset)) {
      text += *utf8;
    } else {
      for (; at < end; ++at) {
        const auto single = to_utf8(words[at].bytes, words[at].charset);
        text += single ? *single : std::string(words[at].whole);
      }
    }
    at = end;
  }
}

}  // namespace

std::string decode_encoded_words(std::string_view text) {
  std::string decoded;
  std::vector<EncodedWord> words;
  std::size_t at = 0;
  while (at < text.size()) {
    auto word = read_word(text.substr(at));
    if (!word) {
      append_words(decoded, words);
      words.clear();
      const auto next = text.find("=?", at + 1);
      decoded += text.substr(at, next == std::string_view::npos ? next : next - at);
      at = next == std::string_view::npos ? text.size() : next;
      continue;
    }
    at += word->whole.size();
    words.push_back(std::move(*word));
    // Blanks between two words belong to neither (RFC 2047, 6.2).
    std::size_t after = at;
    while (after < text.size() && is_line_space(text[after])) ++after;
    if (text.substr(after).starts_with("=?") && read_word(text.substr(after))) at = after;
  }
  append_words(decoded, words);
  return decoded;
}

}  // namespace mail
