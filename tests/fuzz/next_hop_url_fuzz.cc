// Needs: mail/smtp/next_hop_url.cc
#include "mail/smtp/next_hop_url.h"

#include <stdexcept>

#include "tests/fuzz/fuzz.h"

/// A URL is read to a place one can connect to, or refused with a reason.
void fuzz(std::string_view input) {
  try {
    const mail::NextHopUrl url = mail::parse_next_hop_url(input);
    must(url.host.empty() != url.path.empty());
    must(url.host.empty() == (url.port == 0));
  } catch (const std::invalid_argument& error) {
    must(std::string_view(error.what()).find("expected smtp://") != std::string_view::npos);
  }
}
