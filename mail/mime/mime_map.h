#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/byte_range.h"
#include "mail/mime/header_fields.h"
#include "mail/mime/parameters.h"
#include "mail/mime/transfer_encoding.h"

namespace mail {

/// One entity of a message: the message itself, a part of a multipart, or the message inside a
/// message/rfc822.
struct MimePart {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  std::string path;            ///< numbered as IMAP does (RFC 3501, 6.4.5); "" the message itself
  std::size_t parent = kNone;  ///< index in MimeMap::parts()
  std::vector<std::size_t> children;
  std::size_t source = 0;  ///< index in MimeMap::sources(): where the ranges below are
  ByteRange slot;          ///< in a multipart: from its boundary line to the next one
  HeaderBlock header;
  ByteRange body;  ///< still encoded; without the line end that belongs to the boundary
  FieldWithParameters
      content_type;  ///< of the first such field; text/plain (message/rfc822 in a digest) without
  FieldWithParameters disposition;
  TransferEncoding encoding = TransferEncoding::identity;
  bool typed = false;  ///< it has a Content-Type field of its own

  bool is_multipart() const { return content_type.word.starts_with("multipart/"); }
  bool is_message() const {
    return content_type.word == "message/rfc822" || content_type.word == "message/global";
  }
  bool is_attachment() const { return disposition.word == "attachment"; }
  bool is_leaf() const { return children.empty(); }
};

struct MimeLimits {
  std::size_t parts = 20000;
  std::size_t depth = 100;
  std::size_t header_bytes = 262144;    ///< of one block
  std::size_t header_folds = 1000;      ///< lines of one field
  std::size_t decoded_containers = 64;  ///< encoded multipart or message/rfc822
};

/// The parts of a message as byte ranges: the plain reading, the one that RFC 2046 gives and most readers
/// take. Nothing is copied but encoded containers (a message/rfc822 in base64), which are decoded to be
/// looked into.
///
/// Where readers could differ it says so in oddities(): a message without any is read alike by all of them,
/// so the parts are all there is. Linear in the size of the message.
class MimeMap {
 public:
  /// `message` must outlive the map.
  explicit MimeMap(std::string_view message, const MimeLimits& limits = {});

  /// In the order of the message; the first is the message itself.
  const std::vector<MimePart>& parts() const { return parts_; }
  const MimePart& part(std::size_t index) const { return parts_[index]; }
  std::string_view source(std::size_t index) const { return sources_[index].text; }
  std::size_t source_count() const { return sources_.size(); }
  /// The part whose decoded body source `index` is; kNone for the message.
  std::size_t owner(std::size_t index) const { return sources_[index].owner; }

  std::string_view body(const MimePart& part) const { return part.body.of(source(part.source)); }
  /// The body without its transfer encoding.
  std::string decoded_body(const MimePart& part) const { return decode(part.encoding, body(part)); }

  /// Is the structure plain: read alike by every reader, with nothing between or around the parts?
  bool certain() const { return oddities_.empty() && limits_reached_.empty(); }
  const std::vector<std::string>& oddities() const { return oddities_; }
  /// "parts", "depth": not all was mapped, though the further readings still see it; "header": a field is too
  /// long for programs that take time with the square of its length; "containers": bytes that were not looked
  /// into.
  const std::vector<std::string>& limits_reached() const { return limits_reached_; }

 private:
  friend class MapBuilder;
  struct Source {
    std::string_view text;
    std::size_t owner = MimePart::kNone;
  };

  std::vector<MimePart> parts_;
  std::vector<Source> sources_;
  std::deque<std::string> decoded_;
  std::vector<std::string> oddities_;
  std::vector<std::string> limits_reached_;
};

}  // namespace mail
