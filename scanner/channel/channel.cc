#include "scanner/channel/channel.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace scanner {

namespace {

// First byte of every packet: where its bytes are.
constexpr char kInline = 'i';
constexpr char kInMemfd = 'm';

constexpr int kImmutable = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

bool send_raw(int socket, std::string_view bytes, const std::vector<int>& fds) {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * (Channel::kMostFds + 1))> control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (!fds.empty()) {
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
    std::memcpy(CMSG_DATA(rights), fds.data(), sizeof(int) * fds.size());
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return true;
  if (errno == EPIPE || errno == ECONNRESET || errno == EAGAIN || errno == ENOTCONN) return false;
  throw_errno("sendmsg");
}

std::vector<mail::FileDescriptor> take_fds(msghdr& header) {
  std::vector<mail::FileDescriptor> fds;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      fds.emplace_back(fd);
    }
  }
  return fds;
}

}  // namespace

std::pair<Channel, Channel> Channel::pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) throw_errno("socketpair");
  return {Channel(mail::FileDescriptor(ends[0])), Channel(mail::FileDescriptor(ends[1]))};
}

void Channel::set_non_blocking() const {
  const int flags = ::fcntl(socket_.get(), F_GETFL);
  if (flags < 0 || ::fcntl(socket_.get(), F_SETFL, flags | O_NONBLOCK) != 0) throw_errno("fcntl");
}

bool Channel::send(const Packet& packet) const {
  std::vector<int> fds;
  fds.reserve(packet.fds.size());
  for (const mail::FileDescriptor& fd : packet.fds) fds.push_back(fd.get());
  if (packet.bytes.size() < kInlineBytes) {
    std::string bytes(1, kInline);
    bytes += packet.bytes;
    return send_raw(socket_.get(), bytes, fds);
  }
  const mail::FileDescriptor body = sealed_memfd("packet", packet.bytes);
  fds.push_back(body.get());
  return send_raw(socket_.get(), std::string_view(&kInMemfd, 1), fds);
}

Channel::Received Channel::receive(Packet& packet) const {
  std::string bytes(kInlineBytes + 1, '\0');
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * (kMostFds + 1))> control{};
  iovec part{bytes.data(), bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  ssize_t got = 0;
  do {
    got = ::recvmsg(socket_.get(), &header, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EAGAIN) return Received::nothing;
  if (got < 0 && errno == ECONNRESET) return Received::end;
  if (got < 0) throw_errno("recvmsg");
  if (got == 0) return Received::end;

  packet.fds = take_fds(header);
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) throw ChannelError("packet too long");
  bytes.resize(static_cast<std::size_t>(got));
  const char where = bytes.front();
  bytes.erase(0, 1);
  if (where == kInMemfd) {
    if (!bytes.empty() || packet.fds.empty()) throw ChannelError("packet without its body");
    bytes = SealedMapping(packet.fds.back().get(), kMostBytes).bytes();
    packet.fds.pop_back();
  } else if (where != kInline) {
    throw ChannelError("packet of no known form");
  }
  if (packet.fds.size() > kMostFds) throw ChannelError("packet with too many descriptors");
  packet.bytes = std::move(bytes);
  return Received::packet;
}

mail::FileDescriptor sealed_memfd(const char* name, std::string_view bytes) {
  mail::FileDescriptor fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) throw_errno("memfd_create");
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw_errno("write to memfd");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  if (!seal(fd.get())) throw_errno("seal memfd");
  return fd;
}

bool seal(int memfd) {
  return ::fcntl(memfd, F_ADD_SEALS, kImmutable | F_SEAL_SEAL) == 0 || sealed_size(memfd);
}

std::optional<std::uint64_t> sealed_size(int fd) {
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & kImmutable) != kImmutable) return std::nullopt;
  struct stat status {};
  if (::fstat(fd, &status) != 0) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

SealedMapping::SealedMapping(int fd, std::uint64_t most) {
  const std::optional<std::uint64_t> size = sealed_size(fd);
  if (!size) throw ChannelError("file is not sealed");
  if (*size > most) throw ChannelError("file too large");
  size_ = static_cast<std::size_t>(*size);
  if (size_ == 0) return;
  void* data = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd, 0);
  if (data == MAP_FAILED) throw_errno("mmap");
  data_ = static_cast<const char*>(data);
}

SealedMapping::~SealedMapping() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
}

}  // namespace scanner
