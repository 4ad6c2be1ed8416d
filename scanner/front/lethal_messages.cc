#include "scanner/front/lethal_messages.h"

#include <openssl/sha.h>

namespace scanner {

std::string_view LethalMessages::body_of(std::string_view message) {
  const std::size_t header_end = message.find("\r\n\r\n");
  return header_end == std::string_view::npos ? message : message.substr(header_end + 4);
}

LethalMessages::Digest LethalMessages::digest_of(std::string_view body) {
  Digest digest{};
  ::SHA256(reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data());
  return digest;
}

std::list<LethalMessages::Entry>::const_iterator LethalMessages::find(std::string_view body) const {
  std::optional<Digest> digest;  // most messages are told apart by their size
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (entry->body_size != body.size()) continue;
    if (!digest) digest = digest_of(body);
    if (entry->digest == *digest) return entry;
  }
  return entries_.end();
}

bool LethalMessages::is_set_aside(std::string_view message, Time now) const {
  const auto entry = find(body_of(message));
  return entry != entries_.end() && entry->deaths >= kMost && now - entry->last < kRest;
}

bool LethalMessages::add(std::string_view message, Time now) {
  const std::string_view body = body_of(message);
  const auto known = find(body);
  const int deaths = known == entries_.end() ? 1 : known->deaths + 1;
  const Digest digest = known == entries_.end() ? digest_of(body) : known->digest;
  if (known != entries_.end()) entries_.erase(known);
  entries_.push_back({body.size(), digest, deaths, now});
  if (entries_.size() > kRemembered) entries_.pop_front();
  return deaths >= kMost;
}

}  // namespace scanner
