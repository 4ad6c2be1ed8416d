#include "scanner/worker/jail.h"

#include <fcntl.h>
#include <seccomp.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>

#include "scanner/landlock.h"
#include "scanner/privileges.h"
#include "scanner/system_call_filter.h"

namespace scanner {

namespace {

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::uint64_t address_space_now() {
  std::ifstream status("/proc/self/statm");
  std::uint64_t pages = 0;
  status >> pages;
  return pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void limit(__rlimit_resource resource, std::uint64_t soft, std::uint64_t hard) {
  const rlimit both{soft, hard};
  if (::setrlimit(resource, &both) != 0) throw_errno("setrlimit");
}

void set_limits(const JailSettings& settings) {
  const std::uint64_t memory = address_space_now() + settings.memory_bytes;
  limit(RLIMIT_AS, memory, memory);
  limit(RLIMIT_FSIZE, settings.file_bytes, settings.file_bytes);
  limit(RLIMIT_CPU, settings.cpu_seconds, settings.cpu_seconds + 1);
  limit(RLIMIT_NPROC, 0, 0);
  limit(RLIMIT_CORE, 0, 0);
  limit(RLIMIT_MEMLOCK, 0, 0);
  limit(RLIMIT_NOFILE, 256, 256);
}

/// Files, memory and time; the two sockets that are open already. No way to open another, to run a program,
/// to start a process or thread, or to reach one.
constexpr int kAllowed[] = {
    // Files
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(readv), SCMP_SYS(writev),
    SCMP_SYS(lseek), SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(creat), SCMP_SYS(close), SCMP_SYS(dup),
    SCMP_SYS(stat), SCMP_SYS(fstat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(statfs),
    SCMP_SYS(fstatfs), SCMP_SYS(access), SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(readlink),
    SCMP_SYS(readlinkat), SCMP_SYS(getcwd), SCMP_SYS(flock), SCMP_SYS(ftruncate), SCMP_SYS(fadvise64),
    SCMP_SYS(fallocate), SCMP_SYS(getdents), SCMP_SYS(getdents64), SCMP_SYS(mkdir), SCMP_SYS(mkdirat),
    SCMP_SYS(rmdir), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat),
    SCMP_SYS(renameat2), SCMP_SYS(umask), SCMP_SYS(copy_file_range), SCMP_SYS(sendfile),
    SCMP_SYS(memfd_create), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
    // Memory
    SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(mprotect), SCMP_SYS(madvise), SCMP_SYS(brk),
    SCMP_SYS(msync), SCMP_SYS(mincore),
    // Messages, and waiting for them
    SCMP_SYS(sendmsg), SCMP_SYS(recvmsg), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(futex),
    // Signals, who and when
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall), SCMP_SYS(rseq), SCMP_SYS(membarrier), SCMP_SYS(getpid), SCMP_SYS(getppid),
    SCMP_SYS(gettid), SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
    SCMP_SYS(getrusage), SCMP_SYS(getrlimit), SCMP_SYS(setrlimit), SCMP_SYS(sysinfo), SCMP_SYS(uname),
    SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(getrandom), SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(times), SCMP_SYS(nanosleep),
    SCMP_SYS(clock_nanosleep), SCMP_SYS(alarm), SCMP_SYS(setitimer), SCMP_SYS(exit), SCMP_SYS(exit_group)};

void filter_system_calls() {
  SystemCallFilter filter(SystemCallFilter::Refusal::kill_process);
  filter.allow(kAllowed);
  // Unpackers give files their modes and times. Landlock would leave that to the owner of any file.
  for (const int call : {SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(utimensat)}) {
    filter.fail_with(call, EPERM);
  }
  // Not those that have signals sent to a process.
  for (const int command : {F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_GETLK, F_SETLK,
                            F_SETLKW, F_ADD_SEALS, F_GET_SEALS}) {
    filter.allow_if(SCMP_SYS(fcntl), 1, static_cast<std::uint64_t>(command));
  }
  const auto self = static_cast<std::uint64_t>(::getpid());
  // abort() and raise(); prlimit of itself, which is what setrlimit() calls.
  filter.allow_if(SCMP_SYS(tgkill), 0, self);
  filter.allow_if(SCMP_SYS(kill), 0, self);
  filter.allow_if(SCMP_SYS(prlimit64), 0, 0);
  filter.enforce();
}

}  // namespace

JailReport enter_jail(const JailSettings& settings) {
  JailReport report;
  forbid_new_privileges();
  keep_capabilities({});
  set_limits(settings);
  Landlock files;
  files.allow_writing(settings.temporary_folder);
  files.enforce();
  report.landlock = files.available();
  // Beyond this point nothing may be opened that lies outside the folder.
  filter_system_calls();
  return report;
}

void allow_cpu_seconds(std::uint64_t seconds) {
  rusage used{};
  rlimit limits{};
  if (::getrusage(RUSAGE_SELF, &used) != 0 || ::getrlimit(RLIMIT_CPU, &limits) != 0) throw_errno("getrlimit");
  const auto so_far = static_cast<std::uint64_t>(used.ru_utime.tv_sec + used.ru_stime.tv_sec);
  limits.rlim_cur = std::min<std::uint64_t>(so_far + seconds + 1, limits.rlim_max);
  if (::setrlimit(RLIMIT_CPU, &limits) != 0) throw_errno("setrlimit");
}

}  // namespace scanner
