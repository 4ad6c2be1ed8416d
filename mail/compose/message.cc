#include "mail/compose/message.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "mail/charset.h"
#include "mail/compose/encoded_word.h"
#include "mail/compose/header_field.h"
#include "mail/compose/transfer_encoding.h"

namespace mail {

namespace {

template <std::size_t count>
std::string random_hex() {
  constexpr char kDigits[] = "0123456789abcdef";
  std::array<unsigned char, count> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw std::system_error(errno, std::generic_category(), "getrandom");
  std::string text;
  for (const unsigned char byte : bytes) text += {kDigits[byte >> 4], kDigits[byte & 15]};
  return text;
}

/// LF to CRLF; controls that no text has are dropped.
std::string wire_lines(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool lone_cr = c == '\r' && (i + 1 == text.size() || text[i + 1] != '\n');
    if (c == '\n' || lone_cr)
      out += "\r\n";
    else if (c == '\t' || (c != 0x7F && static_cast<unsigned char>(c) >= 0x20))
      out += c;
  }
  if (!out.ends_with("\r\n")) out += "\r\n";
  return out;
}

/// In `charset`, or in UTF-8 as it is.
std::string text_in(std::string_view utf8, const std::string& charset) {
  return from_utf8(utf8, charset).value_or(std::string(utf8));
}

std::string text_part(std::string_view subtype, const std::string& utf8, const std::string& charset) {
  const EncodedText text = encoded_text(text_in(utf8, charset));
  std::string part = "Content-Type: text/" + std::string(subtype) + "; charset=" + charset + "\r\n";
  part.append("Content-Transfer-Encoding: ").append(text.encoding).append("\r\n\r\n").append(text.bytes);
  return part;
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= 127 && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c < 0x7F && std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
  });
}

/// Composite types can't be base64 (RFC 2045, 6.4).
std::string safe_media_type(std::string_view type) {
  const std::size_t slash = type.find('/');
  const std::string_view main = type.substr(0, slash);
  const bool plain = slash != std::string_view::npos && is_token(main) && is_token(type.substr(slash + 1));
  return plain && main != "message" && main != "multipart" ? std::string(type) : "application/octet-stream";
}

void append_attachment(std::string& out, const Attachment& attachment) {
  out += "Content-Type: " + safe_media_type(attachment.media_type);
  if (!attachment.charset.empty()) out += "; charset=" + attachment.charset;
  out += "\r\n";
  out += field_with_parameter("Content-Disposition", "attachment", "filename", attachment.file_name);
  out += "Content-Transfer-Encoding: base64\r\n\r\n";
  append_base64_lines(out, attachment.bytes);
}

/// Not to be guessed, and "=_" stands in no base64 and no quoted-printable: no part can hold it.
std::string new_boundary() { return "=_" + random_hex<16>(); }

std::string alternatives(const Draft& draft, const std::string& text, const std::string& charset) {
  std::string plain = text_part("plain", text, charset);
  if (draft.html.empty()) return plain;
  const std::string boundary = new_boundary();
  return "Content-Type: multipart/alternative;\r\n boundary=\"" + boundary + "\"\r\n\r\n--" + boundary +
         "\r\n" + plain + "\r\n--" + boundary + "\r\n" + text_part("html", wire_lines(draft.html), "UTF-8") +
         "\r\n--" + boundary + "--\r\n";
}

std::string body(const Draft& draft, const std::string& text, const std::string& charset) {
  std::string first = alternatives(draft, text, charset);
  if (draft.attachments.empty()) return first;
  const std::string boundary = new_boundary();
  std::string out =
      "Content-Type: multipart/mixed;\r\n boundary=\"" + boundary + "\"\r\n\r\n--" + boundary + "\r\n";
  std::size_t size = 0;
  for (const Attachment& attachment : draft.attachments) size += attachment.bytes.size() / 57 * 78 + 1024;
  out.reserve(out.size() + first.size() + size);
  out += first;
  for (const Attachment& attachment : draft.attachments) {
    out += "\r\n--" + boundary + "\r\n";
    append_attachment(out, attachment);
  }
  return out += "\r\n--" + boundary + "--\r\n";
}

/// The charset that the draft asks for, in the spelling of MIME, if it holds all of the text; else UTF-8.
std::string charset_for(const Draft& draft, const std::string& text) {
  const bool fits = from_utf8(one_line(draft.subject), draft.charset) && from_utf8(text, draft.charset) &&
                    from_utf8(one_line(draft.from_name), draft.charset);
  return fits ? draft.charset : "UTF-8";
}

/// Folded only where it must be: some programs look for the id on the field's first line.
std::string message_id_field(const std::string& id) {
  constexpr std::size_t kLineLength = 78;
  const std::string line = "Message-ID: <" + id + ">\r\n";
  return line.size() <= kLineLength + 2 ? line : "Message-ID:\r\n <" + id + ">\r\n";
}

}  // namespace

std::string message_id(std::string_view unique, const Address& from) {
  return std::string(unique) + '@' + from.domain();
}

std::string compose(const Draft& draft) {
  const std::string text = wire_lines(draft.text);
  const std::string charset = charset_for(draft, text);
  std::string message = date_field(draft.date);
  message += mailbox_field("From", draft.from_name, draft.from, charset);
  if (draft.reply_to) message += address_field("Reply-To", {*draft.reply_to});
  if (!draft.to.empty()) message += address_field("To", draft.to);
  if (!draft.cc.empty()) message += address_field("Cc", draft.cc);
  message += text_field("Subject", draft.subject, charset);
  message += message_id_field(draft.message_id);
  message += draft.auto_submitted == AutoSubmitted::replied ? "Auto-Submitted: auto-replied\r\n"
                                                            : "Auto-Submitted: auto-generated\r\n";
  message += "MIME-Version: 1.0\r\n";
  return message + body(draft, text, charset);
}

}  // namespace mail
