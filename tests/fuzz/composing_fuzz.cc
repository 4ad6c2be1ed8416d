// Needs: mail/compose mail/base64.cc mail/address.cc mail/utf8.cc
// Needs: mail/charset.cc mail/iconv_converter.cc mail/japanese_charset.cc
#include <string>

#include "mail/compose/header_field.h"
#include "mail/compose/message.h"
#include "mail/compose/transfer_encoding.h"
#include "mail/utf8.h"
#include "tests/fuzz/fuzz.h"

namespace {

/// Lines of at most `longest`, each ending in CRLF, without a bare CR or LF.
void must_be_lines(std::string_view text, std::size_t longest) {
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n");
    must(end != text.npos && end <= longest);
    must(text.substr(0, end).find_first_of("\r\n") == text.npos);
    text.remove_prefix(end + 2);
  }
}

/// One header field: its name, folds, nothing else.
void must_be_one_field(const std::string& field, std::string_view name) {
  must(field.starts_with(name));
  must_be_lines(field, 78);
  for (std::size_t end = field.find("\r\n"); end + 2 < field.size(); end = field.find("\r\n", end + 2))
    must(field[end + 2] == ' ' && field.find_first_not_of(' ', end + 2) != field.find("\r\n", end + 2));
}

}  // namespace

/// Whatever a value holds, it makes no second header field and breaks no line rule.
void fuzz(std::string_view input) {
  const char* charset = take_number(input) % 2 == 0 ? "UTF-8" : "ISO-2022-JP";
  const auto sender = *mail::Address::parse("formmail@customer.example");
  must_be_one_field(mail::text_field("Subject", input, charset), "Subject: ");
  must_be_one_field(mail::mailbox_field("From", input, sender, charset), "From: ");
  must_be_one_field(mail::field_with_parameter("Content-Disposition", "attachment", "filename", input),
                    "Content-Disposition: attachment");

  mail::Draft draft(sender);
  draft.to = {sender};
  draft.subject = input;
  draft.charset = charset;
  draft.message_id = "id@customer.example";
  draft.attachments = {{std::string(input), std::string(input), input}};
  if (mail::is_utf8(input)) draft.text = draft.html = input;
  must_be_lines(mail::compose(draft), 998);
}
