#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"

namespace mail {

struct Attachment {
  std::string file_name;  ///< UTF-8, any script
  std::string
      media_type;  ///< "application/pdf"; what is no plain media type goes as application/octet-stream
  std::string_view bytes;    ///< not owned: must outlive the composing
  std::string charset = {};  ///< of a text that we made; "" none
};

/// Why a program and not a person sends it (RFC 3834).
enum class AutoSubmitted { generated, replied };

/// A mail to be composed. All text is UTF-8, lines end in LF.
struct Draft {
  explicit Draft(Address sender) : from(std::move(sender)) {}

  Address from;
  std::string from_name;
  std::vector<Address> to;
  std::vector<Address> cc;
  std::optional<Address> reply_to;
  std::string subject;
  std::string text;
  std::string html;  ///< the same as HTML; "" none
  std::vector<Attachment> attachments;
  std::string charset = "UTF-8";  ///< for subject, name and text, if it holds all; else UTF-8
  std::string message_id;         ///< without angle brackets, from message_id()
  std::chrono::system_clock::time_point date;
  AutoSubmitted auto_submitted = AutoSubmitted::generated;
};

/// "UNIQUE@DOMAIN". `unique` is letters, digits and hyphens, and never the same for two mails: so a mail that
/// is composed a second time, because nobody knows what became of it, is the same to a mailbox.
std::string message_id(std::string_view unique, const Address& from);

/// The mail as it goes over the wire, before dot-stuffing: CRLF line ends, 7-bit (RFC 5322, RFC 2045) but for
/// a UTF-8 local part. No value of the draft, whatever it holds, adds a header field or ends a MIME part.
std::string compose(const Draft& draft);

}  // namespace mail
