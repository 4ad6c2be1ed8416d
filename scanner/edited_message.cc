#include "scanner/edited_message.h"

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <limits>
#include <system_error>

#include "scanner/channel/channel.h"

namespace scanner {

bool fits(const EditedMessage& message, int original) {
  if (message.changed) return message.cut.empty() && sealed_size(message.changed.get()).has_value();
  const std::uint64_t size = sealed_size(original).value_or(0);
  std::uint64_t at = 0;
  for (const mail::ByteRange& range : message.cut) {
    if (range.begin < at || range.end < range.begin || range.end > size) return false;
    at = range.end;
  }
  return true;
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw std::system_error(errno, std::generic_category(), "write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void write_edited(const EditedMessage& message, int original, int out) {
  write_all(out, message.top);
  constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
  const SealedMapping mapping(message.changed ? message.changed.get() : original, kAny);
  std::size_t at = 0;
  for (const mail::ByteRange& range : message.cut) {
    write_all(out, mapping.bytes().substr(at, range.begin - at));
    at = range.end;
  }
  write_all(out, mapping.bytes().substr(at));
}

}  // namespace scanner
