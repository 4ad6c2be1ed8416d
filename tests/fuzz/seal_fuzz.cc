// Needs: cgi-bin/seal/seal.cc cgi-bin/seal/packed.cc cgi-bin/seal/base64url.cc cgi-bin/seal/hmac.cc
#include "cgi-bin/seal/seal.h"

#include "tests/fuzz/fuzz.h"

/// A seal of any text is never taken for one of ours, and what is read from it can be sealed again.
void fuzz(std::string_view input) {
  const formmail::Secret secret{1, 2, 3};
  const auto now = std::chrono::system_clock::time_point(std::chrono::seconds(1800000000));
  const formmail::OpenedSeal opened = formmail::open_seal(input, "a.example", secret, now);
  must(opened.state == formmail::SealState::tampered || opened.state == formmail::SealState::unreadable);
  formmail::unpack_fields(input);
  formmail::SealedSubmission again = opened.submission;
  again.site = "a.example";
  again.expires_at = now;
  const formmail::OpenedSeal own =
      formmail::open_seal(formmail::seal(again, secret), "a.example", secret, now);
  must(own.state == formmail::SealState::intact && own.submission.fields.size() == again.fields.size());
}
