#include "cgi-bin/seal/seal.h"

#include <nettle/memops.h>

#include "cgi-bin/seal/base64url.h"
#include "cgi-bin/seal/hmac.h"
#include "cgi-bin/seal/packed.h"

namespace formmail {

namespace {

constexpr std::string_view kVersion = "sekisho-1";
using Clock = std::chrono::system_clock;

/// A key for each site: what one site's pages sealed is worth nothing on another's.
std::string site_key(const Secret& secret, std::string_view site) {
  const std::string_view root(reinterpret_cast<const char*>(secret.data()), secret.size());
  return hmac_sha256(root, std::string(kVersion) + " " + std::string(site));
}

std::uint64_t seconds(Clock::time_point time) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count());
}

Clock::time_point time_of(std::uint64_t seconds_since_epoch) {
  constexpr std::uint64_t kFar = 1ULL << 33;  // past what the clock can hold lies only a forgery
  return Clock::time_point(std::chrono::seconds(seconds_since_epoch < kFar ? seconds_since_epoch : kFar));
}

void pack(Packer& packer, const FormData& fields) {
  packer.number(fields.size());
  for (const FormEntry& entry : fields) {
    packer.text(entry.name);
    packer.text(entry.value);
  }
}

std::string pack(const SealedSubmission& submission) {
  Packer packer;
  packer.text(kVersion);
  packer.text(submission.site);
  packer.text(submission.profile);
  packer.text(submission.number);
  packer.number(seconds(submission.sealed_at));
  packer.number(seconds(submission.expires_at));
  pack(packer, submission.fields);
  packer.number(submission.files.size());
  for (const WaitingFile& file : submission.files) {
    packer.text(file.field);
    packer.text(file.name);
    packer.text(file.key);
  }
  return packer.bytes();
}

bool take(Unpacker& unpacker, std::string& text) {
  const std::optional<std::string_view> taken = unpacker.text();
  if (taken) text = *taken;
  return taken.has_value();
}

bool take(Unpacker& unpacker, Clock::time_point& time) {
  const std::optional<std::uint64_t> number = unpacker.number();
  if (number) time = time_of(*number);
  return number.has_value();
}

bool take(Unpacker& unpacker, FormData& fields) {
  for (std::uint64_t left = unpacker.number().value_or(0); left > 0; --left) {
    FormEntry entry;
    if (!take(unpacker, entry.name) || !take(unpacker, entry.value)) return false;
    fields.push_back(std::move(entry));
  }
  return true;
}

/// False where the bytes are no submission. What was read until then stays in `submission`.
bool unpack(std::string_view bytes, SealedSubmission& submission) {
  Unpacker unpacker(bytes);
  if (unpacker.text() != kVersion) return false;
  if (!take(unpacker, submission.site) || !take(unpacker, submission.profile) ||
      !take(unpacker, submission.number) || !take(unpacker, submission.sealed_at) ||
      !take(unpacker, submission.expires_at)) {
    return false;
  }
  if (!take(unpacker, submission.fields)) return false;
  for (std::uint64_t left = unpacker.number().value_or(0); left > 0; --left) {
    WaitingFile file;
    if (!take(unpacker, file.field) || !take(unpacker, file.name) || !take(unpacker, file.key)) return false;
    submission.files.push_back(std::move(file));
  }
  return unpacker.at_end();
}

}  // namespace

std::string seal(const SealedSubmission& submission, const Secret& secret) {
  const std::string payload = to_base64url(pack(submission));
  return payload + "." + to_base64url(hmac_sha256(site_key(secret, submission.site), payload));
}

std::string pack_fields(const FormData& fields) {
  Packer packer;
  pack(packer, fields);
  return to_base64url(packer.bytes());
}

FormData unpack_fields(std::string_view text) {
  const std::string bytes = from_base64url(text);
  Unpacker unpacker(bytes);
  FormData fields;
  take(unpacker, fields);
  return fields;
}

OpenedSeal open_seal(std::string_view text, std::string_view site, const Secret& secret,
                     Clock::time_point now) {
  OpenedSeal opened;
  const std::size_t dot = std::min(text.rfind('.'), text.size());
  const std::string_view payload = text.substr(0, dot);
  const std::string_view given_mac = text.substr(std::min(dot + 1, text.size()));
  const bool whole = unpack(from_base64url(payload), opened.submission);
  // The text is sealed, not what it decodes to: base64 has more than one spelling of the same bytes.
  const std::string expected_mac = to_base64url(hmac_sha256(site_key(secret, site), payload));
  const bool genuine = whole && given_mac.size() == expected_mac.size() &&
                       memeql_sec(given_mac.data(), expected_mac.data(), expected_mac.size()) != 0;
  if (genuine && opened.submission.site == site) {
    opened.state = opened.submission.expires_at < now ? SealState::expired : SealState::intact;
  } else if (!opened.submission.fields.empty()) {
    opened.state = SealState::tampered;
  }
  return opened;
}

}  // namespace formmail
