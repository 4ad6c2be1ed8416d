#include "scanner/privileges.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

namespace scanner {

namespace {

[[noreturn]] void throw_errno(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

void forbid_new_privileges() {
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) throw_errno("no_new_privs");
}

void keep_capabilities(std::initializer_list<int> kept) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
  if (::syscall(SYS_capget, &header, sets) != 0) throw_errno("capget");
  std::uint32_t wanted[_LINUX_CAPABILITY_U32S_3] = {};
  for (const int capability : kept) wanted[CAP_TO_INDEX(capability)] |= CAP_TO_MASK(capability);
  for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; ++i) {
    sets[i].effective = sets[i].permitted = sets[i].permitted & wanted[i];
    sets[i].inheritable = 0;
  }
  if (::syscall(SYS_capset, &header, sets) != 0) throw_errno("capset");
}

}  // namespace scanner
