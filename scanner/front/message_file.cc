#include "scanner/front/message_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

namespace scanner {

namespace {

constexpr std::size_t kMostPieces = 512;  // of one writev; IOV_MAX is 1024

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

/// Writes all of it, whatever a single writev takes; false if there is no memory for it.
bool write_all(int fd, std::vector<iovec>& pieces) {
  for (std::size_t first = 0; first < pieces.size();) {
    const ssize_t written =
        ::writev(fd, &pieces[first], static_cast<int>(std::min(kMostPieces, pieces.size() - first)));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    auto left = static_cast<std::size_t>(written);
    while (first < pieces.size() && left >= pieces[first].iov_len) left -= pieces[first++].iov_len;
    if (left > 0) {
      pieces[first].iov_base = static_cast<char*>(pieces[first].iov_base) + left;
      pieces[first].iov_len -= left;
    }
  }
  return true;
}

}  // namespace

MessageFile::MessageFile(std::uint64_t limit)
    : memfd_(::memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING)), limit_(limit) {
  if (!memfd_) fail("memfd_create");
}

void MessageFile::append(const mail::Pieces& pieces) {
  if (over_limit_ || out_of_memory_) return;
  std::uint64_t more = 0;
  std::vector<iovec> vectors;
  vectors.reserve(pieces.size());
  for (const std::string_view piece : pieces) {
    more += piece.size();
    if (!piece.empty()) vectors.push_back({const_cast<char*>(piece.data()), piece.size()});
  }
  if (more > limit_ - size_) {
    over_limit_ = true;
    release_memory();
  } else if (!write_all(memfd_.get(), vectors)) {
    out_of_memory_ = true;
    release_memory();
  } else {
    size_ += more;
  }
}

/// What was kept is of no use any more, but others can use its memory while the rest is read.
void MessageFile::release_memory() {
  if (::ftruncate(memfd_.get(), 0) != 0) fail("ftruncate");
}

mail::FileDescriptor MessageFile::seal() {
  if (::fcntl(memfd_.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0) {
    fail("sealing a message");
  }
  return std::move(memfd_);
}

}  // namespace scanner
