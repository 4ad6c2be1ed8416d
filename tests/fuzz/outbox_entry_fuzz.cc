// Needs: cgi-bin/mailing/outbox_format.cc mail/compose mail/address.cc mail/utf8.cc
// Needs: mail/base64.cc mail/charset.cc mail/iconv_converter.cc mail/japanese_charset.cc
#include <stdexcept>

#include "cgi-bin/mailing/outbox_format.h"
#include "tests/fuzz/fuzz.h"

/// What is taken for an entry is written and read again as the same one.
void fuzz(std::string_view input) {
  try {
    const formmail::OutboxEntry entry = formmail::parse_entry(input);
    const std::string written = formmail::envelope_lines(entry) + entry.message;
    const formmail::OutboxEntry again = formmail::parse_entry(written);
    must(again.message == entry.message);
    must(again.envelope.recipients.size() == entry.envelope.recipients.size());
    must(formmail::envelope_lines(again) == formmail::envelope_lines(entry));
  } catch (const std::runtime_error&) {
  }
}
