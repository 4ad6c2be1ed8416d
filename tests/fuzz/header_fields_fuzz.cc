// Needs: mail/mime mail/charset.cc mail/iconv_converter.cc mail/japanese_charset.cc
// Needs: mail/utf8.cc mail/digest.cc mail/base64.cc
#include "mail/mime/header_fields.h"

#include "mail/mime/encoded_word.h"
#include "mail/mime/file_name.h"
#include "mail/mime/parameters.h"
#include "mail/utf8.h"
#include "tests/fuzz/fuzz.h"

/// Fields stand in the block one after the other, and what is in them reads without a fault.
void fuzz(std::string_view input) {
  const mail::HeaderBlock block = mail::read_header(input, 0, input.size());
  must(block.body <= input.size() && block.range.end <= block.body);
  std::size_t end = 0;
  for (const mail::HeaderField& field : block.fields) {
    must(field.whole.begin >= end && field.whole.end <= block.range.end);
    must(field.name.end < field.value.begin && field.value.end <= field.whole.end);
    end = field.whole.end;
    mail::MimePart part;
    part.disposition = mail::parse_parameters(field.value.of(input));
    for (const mail::RawParameter& parameter : part.disposition.parameters) {
      must(parameter.range.begin <= parameter.range.end && parameter.range.end <= field.value.size());
    }
    const std::string shown = mail::shown_file_name(mail::file_name(part, ""));
    must(mail::is_utf8(shown) && mail::utf8_length(shown) <= 120);
    mail::decode_encoded_words(field.value.of(input));
  }
}
