#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cgi-bin/http/form_data.h"
#include "cgi-bin/seal/secret.h"

namespace formmail {

/// A file that waits on the server for its confirmation.
struct WaitingFile {
  std::string field;
  std::string name;
  std::string key;  ///< under which WaitingUploads has its bytes
};

constexpr std::size_t kOneTimeNumberSize = 16;

/// What a confirmation page carries to its own sending: nothing of it is kept on the server.
struct SealedSubmission {
  std::string site;
  std::string profile;
  std::string number;  ///< one-time number; "" where nothing is to be sent yet
  std::chrono::system_clock::time_point sealed_at;
  std::chrono::system_clock::time_point expires_at;
  FormData fields;  ///< of the page and of the visitor, UTF-8; without files
  std::vector<WaitingFile> files;
};

enum class SealState {
  intact,
  expired,
  tampered,    ///< readable, but not what was sealed here: another text, site, profile or machine
  unreadable,  ///< nothing can be read from it
};

struct OpenedSeal {
  SealState state = SealState::unreadable;
  SealedSubmission submission;  ///< also of a tampered one, so that nothing the visitor wrote is lost
};

/// The submission as text for a hidden field, with its HMAC-SHA-256 under a key of the site's own.
std::string seal(const SealedSubmission& submission, const Secret& secret);

OpenedSeal open_seal(std::string_view text, std::string_view site, const Secret& secret,
                     std::chrono::system_clock::time_point now);

/// Fields in one line of text, not sealed: for what a page passes on and nobody has to vouch for.
std::string pack_fields(const FormData& fields);
/// What of `text` can be read as such.
FormData unpack_fields(std::string_view text);

}  // namespace formmail
