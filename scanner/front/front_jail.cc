#include "scanner/front/front_jail.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/ip/address.hpp>
#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <vector>

#include "mail/smtp/next_hop_url.h"
#include "scanner/landlock.h"
#include "scanner/privileges.h"
#include "scanner/system_call_filter.h"

namespace scanner {

namespace {

constexpr std::uint16_t kDnsPort = 53;

/// Files, sockets, events, memory, threads. Not: programs, processes, other users, mounts, tracing, keys; nor
/// what Landlock leaves to the owner of a file, its mode, its times and, in Debian 12, truncate().
constexpr int kAllowed[] = {
    // Files
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(readv), SCMP_SYS(writev),
    SCMP_SYS(preadv), SCMP_SYS(pwritev), SCMP_SYS(preadv2), SCMP_SYS(pwritev2), SCMP_SYS(lseek),
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(creat), SCMP_SYS(close),
    SCMP_SYS(close_range), SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(pipe), SCMP_SYS(pipe2),
    SCMP_SYS(stat), SCMP_SYS(fstat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(statfs),
    SCMP_SYS(fstatfs), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
    SCMP_SYS(readlinkat), SCMP_SYS(getcwd), SCMP_SYS(flock), SCMP_SYS(ftruncate), SCMP_SYS(fadvise64),
    SCMP_SYS(fallocate), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(syncfs), SCMP_SYS(sync_file_range),
    SCMP_SYS(getdents), SCMP_SYS(getdents64), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rmdir),
    SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2),
    SCMP_SYS(link), SCMP_SYS(linkat), SCMP_SYS(umask), SCMP_SYS(copy_file_range), SCMP_SYS(sendfile),
    SCMP_SYS(splice), SCMP_SYS(memfd_create),
    // Sockets
    SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(accept), SCMP_SYS(accept4),
    SCMP_SYS(shutdown), SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg),
    SCMP_SYS(sendmmsg), SCMP_SYS(recvmmsg), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
    // Events
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(epoll_create),
    SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
    SCMP_SYS(eventfd), SCMP_SYS(eventfd2), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
    SCMP_SYS(timerfd_gettime),
    // Memory and threads
    SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(brk),
    SCMP_SYS(msync), SCMP_SYS(mincore), SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
    SCMP_SYS(membarrier), SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_getparam), SCMP_SYS(sched_getscheduler), SCMP_SYS(arch_prctl),
    // Who and when
    SCMP_SYS(getpid), SCMP_SYS(getppid), SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid),
    SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getrusage), SCMP_SYS(getrlimit), SCMP_SYS(sysinfo),
    SCMP_SYS(uname), SCMP_SYS(getrandom), SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep), SCMP_SYS(exit),
    SCMP_SYS(exit_group)};

/// Ways out of the process that the settings ask for.
struct Ways {
  bool names = false;      ///< a resolver is asked, which has files of its own and may be behind a socket
  bool local = false;      ///< the next hop is at a path
  std::uint16_t port = 0;  ///< the next hop's, by TCP; 0: none
};

Ways ways_of(const Settings& settings) {
  const mail::NextHopUrl url = mail::parse_next_hop_url(settings.next_hop.deliver);
  Ways ways;
  if (url.scheme == mail::NextHopUrl::Scheme::maildir) return ways;
  ways.local = !url.path.empty();
  if (ways.local) return ways;
  ways.port = url.port;
  asio::error_code no_address;
  asio::ip::make_address(url.host, no_address);
  ways.names = static_cast<bool>(no_address);
  return ways;
}

void filter_system_calls(const Ways& ways) {
  SystemCallFilter filter(SystemCallFilter::Refusal::permission_denied);
  filter.allow(kAllowed);
  std::vector<int> families;
  if (ways.port != 0) families = {AF_INET, AF_INET6};
  if (ways.names || ways.local) families.push_back(AF_UNIX);
  if (ways.names) families.push_back(AF_NETLINK);  // getaddrinfo() looks which addresses this host has
  for (const int family : families) filter.allow_if(SCMP_SYS(socket), 0, static_cast<std::uint64_t>(family));
  // Not those that have signals sent to a process, or characters typed into a terminal.
  for (const int command :
       {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_ADD_SEALS, F_GET_SEALS}) {
    filter.allow_if(SCMP_SYS(fcntl), 1, static_cast<std::uint64_t>(command));
  }
  for (const unsigned long request : {FIONBIO, FIONREAD}) filter.allow_if(SCMP_SYS(ioctl), 1, request);
  // Threads, but no processes. The flags of clone3 can't be seen from a filter; without it glibc uses clone.
  filter.allow_if(SCMP_SYS(clone), 0, CLONE_THREAD, CLONE_THREAD);
  filter.fail_with(SCMP_SYS(clone3), ENOSYS);
  const auto self = static_cast<std::uint64_t>(::getpid());
  filter.allow_if(SCMP_SYS(tgkill), 0, self);
  filter.allow_if(SCMP_SYS(prlimit64), 0, 0);
  filter.enforce();
}

void limit_files_and_ports(const Settings& settings, const Ways& ways) {
  namespace fs = std::filesystem;
  Landlock landlock;
  for (const char* path :
       {"/usr", "/lib", "/etc/ssl/openssl.cnf", "/etc/ssl/certs", "/etc/localtime", "/dev/urandom"}) {
    landlock.allow_reading(path);
  }
  if (ways.names) {
    // The resolver's. All of /etc, because its files are replaced, and a rule holds for the file that was
    // there.
    for (const char* path : {"/etc", "/run/systemd/resolve", "/run/resolvconf"}) landlock.allow_reading(path);
    landlock.allow_connecting(kDnsPort);
  }
  if (ways.port != 0) landlock.allow_connecting(ways.port);
  for (const fs::path& path :
       {settings.smtp.tls_certificate, settings.smtp.tls_key, settings.next_hop.tls_ca_file}) {
    if (!path.empty()) landlock.allow_reading(path);
  }
  const mail::NextHopUrl next_hop = mail::parse_next_hop_url(settings.next_hop.deliver);
  if (next_hop.scheme == mail::NextHopUrl::Scheme::maildir) {
    std::error_code reported_where_it_is_used;
    fs::create_directories(next_hop.path, reported_where_it_is_used);
    landlock.allow_writing(next_hop.path);
  }
  if (!settings.quarantine.directory.empty()) landlock.allow_writing(settings.quarantine.directory);
  landlock.enforce();
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

void enter_front_jail(const Settings& settings) {
  raise_descriptor_limit();
  forbid_new_privileges();
  const Ways ways = ways_of(settings);
  limit_files_and_ports(settings, ways);
  // Without process.user the front is root: it may still deliver into other users' Maildirs.
  keep_capabilities({CAP_DAC_OVERRIDE});
  filter_system_calls(ways);
}

}  // namespace scanner
