#include "scanner/front/next_hop/outgoing_message.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "mail/digest.h"
#include "scanner/channel/channel.h"

namespace scanner {

OutgoingMessage::OutgoingMessage(const ReceivedMessage& message, const ScanAnswer& answer)
    : received_(message) {
  if (!answer.top.empty()) segments_.emplace_back(answer.top);
  if (answer.changed) {
    if (!answer.cut.empty()) throw BadAnswer("both a changed message and ranges to cut");
    segments_.push_back(map(answer.changed.get(), answer.changed_size));
    return;
  }
  const std::string_view original = map(message.memfd.get(), message.size);
  std::size_t at = 0;
  for (const mail::ByteRange& range : answer.cut) {
    if (range.begin < at || range.end < range.begin || range.end > original.size()) {
      throw BadAnswer("ranges to cut that are not ascending or not in the message");
    }
    if (range.begin > at) segments_.push_back(original.substr(at, range.begin - at));
    at = range.end;
  }
  if (at < original.size()) segments_.push_back(original.substr(at));
}

OutgoingMessage::~OutgoingMessage() {
  if (!mapped_.empty()) ::munmap(const_cast<char*>(mapped_.data()), mapped_.size());
}

std::string_view OutgoingMessage::map(int memfd, std::uint64_t size) {
  constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_WRITE;
  struct stat file {};
  const int seals = ::fcntl(memfd, F_GET_SEALS);
  if (seals < 0 || (seals & kSeals) != kSeals) throw BadAnswer("a message memfd that is not sealed");
  if (::fstat(memfd, &file) != 0) throw std::system_error(errno, std::generic_category(), "fstat");
  if (static_cast<std::uint64_t>(file.st_size) != size) throw BadAnswer("a message memfd of another size");
  if (size == 0) return {};
  void* const memory = ::mmap(nullptr, size, PROT_READ, MAP_SHARED | MAP_POPULATE, memfd, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mapping a message");
  mapped_ = std::string_view(static_cast<const char*>(memory), size);
  return mapped_;
}

std::uint64_t OutgoingMessage::size() const {
  std::uint64_t size = 0;
  for (const std::string_view segment : segments_) size += segment.size();
  return size;
}

std::string OutgoingMessage::digest() const {
  return mail::sha256(SealedMapping(received_.memfd.get(), received_.size).bytes());
}

}  // namespace scanner
