#include "scanner/engine/engine_jail.h"

#include <sched.h>
#include <seccomp.h>

#include <cerrno>

#include "mail/log.h"
#include "scanner/landlock.h"
#include "scanner/privileges.h"
#include "scanner/system_call_filter.h"

namespace scanner {

namespace {

/// The engine reads the hoster's own files alone, and libclamav's loader calls what it likes: so here stands
/// what would lead out of the process, and not, as for workers, what is needed.
constexpr int kForbidden[] = {
    // Network; the socket pairs of workers are made by socketpair().
    SCMP_SYS(socket), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept),
    SCMP_SYS(accept4),
    // Programs and other processes
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_open), SCMP_SYS(pidfd_getfd), SCMP_SYS(kcmp),
    SCMP_SYS(process_madvise),
    // Users, mounts, namespaces
    SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid), SCMP_SYS(setregid), SCMP_SYS(setresuid),
    SCMP_SYS(setresgid), SCMP_SYS(setgroups), SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(move_mount),
    SCMP_SYS(open_tree), SCMP_SYS(fsopen), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(unshare),
    SCMP_SYS(setns), SCMP_SYS(open_by_handle_at),
    // What Landlock leaves to the owner of a file, its mode, owner and times and, in Debian 12, truncate()
    SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(chown), SCMP_SYS(fchown),
    SCMP_SYS(lchown), SCMP_SYS(fchownat), SCMP_SYS(truncate), SCMP_SYS(utime), SCMP_SYS(utimes),
    SCMP_SYS(futimesat), SCMP_SYS(utimensat), SCMP_SYS(setxattr), SCMP_SYS(lsetxattr), SCMP_SYS(fsetxattr),
    SCMP_SYS(removexattr), SCMP_SYS(lremovexattr), SCMP_SYS(fremovexattr),
    // The kernel
    SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),
    SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(init_module), SCMP_SYS(finit_module),
    SCMP_SYS(delete_module), SCMP_SYS(kexec_load), SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff),
    SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(sethostname),
    SCMP_SYS(quotactl), SCMP_SYS(syslog)};

void filter_system_calls() {
  SystemCallFilter filter(SystemCallFilter::Refusal::none);
  for (const int call : kForbidden) filter.fail_with(call, EPERM);
  filter.fail_if(SCMP_SYS(clone), EPERM, 0, CLONE_NEWUSER, CLONE_NEWUSER);
  // Its flags can't be seen from a filter; without it glibc uses clone.
  filter.fail_with(SCMP_SYS(clone3), ENOSYS);
  filter.enforce();
}

void limit_files(const std::vector<std::filesystem::path>& signatures,
                 const std::filesystem::path& temporary_folder) {
  Landlock files;
  for (const char* path :
       {"/usr", "/lib", "/lib64", "/etc/ssl/openssl.cnf", "/etc/localtime", "/proc", "/dev/urandom"})
    files.allow_reading(path);
  files.allow_writing("/dev/null");
  for (const std::filesystem::path& path : signatures) files.allow_reading(path);
  files.allow_writing(temporary_folder);
  if (!files.available()) {
    mail::Log("sr-engine").warning("no Landlock in this kernel: system calls are filtered, files are not");
  }
  files.enforce();
}

}  // namespace

void enter_engine_jail(const std::vector<std::filesystem::path>& signatures,
                       const std::filesystem::path& temporary_folder) {
  forbid_new_privileges();
  keep_capabilities({});
  limit_files(signatures, temporary_folder);
  filter_system_calls();
}

}  // namespace scanner
