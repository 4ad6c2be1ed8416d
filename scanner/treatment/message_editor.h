#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mail/mime/mime_map.h"
#include "mail/mime/splice.h"

namespace scanner {

/// Takes parts out of a message and puts the notice in, all as splices: every byte that is not named stays.
/// Edits inside an encoded container (a message/rfc822 in base64) are encoded again with it.
class MessageEditor {
 public:
  explicit MessageEditor(const mail::MimeMap& map);

  /// Takes a part out of its multipart, with its boundary line. Where nothing else is left there, or it is a
  /// message itself, an empty text/plain part stands in its place.
  void remove_part(std::size_t part);

  /// Takes bytes out of a source: a file inside a text, or what only another reading shows as one.
  void remove_bytes(std::size_t source, mail::ByteRange range);

  /// Takes bytes out of the decoded body of an encoded part; the rest is encoded again in the same way.
  void remove_decoded_bytes(std::size_t part, mail::ByteRange range) {
    decoded_splices_[part].push_back({range, ""});
  }

  /// Replaces bytes of the message itself.
  void replace(mail::Splice splice) { splices_[0].push_back(std::move(splice)); }

  /// Puts the notice (UTF-8, LF) at the head of the text of the mail whose top part is `top`: 0, or the one
  /// child of a message/rfc822. Call it after all removals.
  void put_notice(std::size_t top, const std::string& notice);

  /// The message as edited.
  std::string finish();

 private:
  struct Text {
    std::size_t part;
    bool is_html;
    bool is_sealed;  ///< in a signed or encrypted entity: it must not be touched
  };

  bool is_removed(std::size_t part) const;
  void find_texts(std::size_t part, bool sealed, std::vector<Text>& texts) const;
  std::size_t root_of_related(const mail::MimePart& related) const;
  bool write_into_texts(const std::vector<Text>& texts, const std::string& notice);
  void add_part_in_front(std::size_t top, const std::string& notice);
  void wrap(std::size_t top, const std::string& notice);
  void take_out_removed();
  void replace_with_text(std::size_t part, const std::string& text);
  void replace_body(std::size_t part, const std::string& decoded);
  std::string text_part(const std::string& text) const;
  std::string new_boundary() const;

  const mail::MimeMap& map_;
  std::string line_end_;
  std::map<std::size_t, std::size_t> removed_children_;  // how many, of each multipart
  std::set<std::size_t> removed_;
  std::set<std::size_t> placeholders_;              ///< removed, but an empty text stands in their place
  std::vector<std::vector<mail::Splice>> splices_;  ///< one list a source
  std::map<std::size_t, std::vector<mail::Splice>> decoded_splices_;  ///< of parts, in their decoded bodies
  std::vector<std::pair<std::size_t, std::string>> placeholder_texts_;
};

}  // namespace scanner
