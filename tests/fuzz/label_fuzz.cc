// Needs: cgi-bin/form/blanks.cc cgi-bin/form/date_text.cc cgi-bin/form/label.cc cgi-bin/form/narrow_text.cc
// Needs: cgi-bin/form/pattern_check.cc cgi-bin/form/typed_address.cc cgi-bin/form/unseen.cc
// Needs: cgi-bin/site/host_name.cc mail/address.cc mail/utf8.cc
#include "cgi-bin/form/label.h"

#include "cgi-bin/form/pattern_check.h"
#include "mail/utf8.h"
#include "tests/fuzz/fuzz.h"

/// A `_label_` of any text, and any text under each pattern.
void fuzz(std::string_view input) {
  if (const auto label = formmail::parse_label(input)) {
    must(!label->field.empty() && !label->text.empty());
    must(label->written == input);
  }
  if (!mail::is_utf8(input) || input.empty()) return;
  for (int pattern = 0; pattern <= static_cast<int>(formmail::Pattern::hiragana); ++pattern) {
    formmail::fits_pattern(input, static_cast<formmail::Pattern>(pattern), "ja");
    formmail::fits_pattern(input, static_cast<formmail::Pattern>(pattern), "en");
  }
}
