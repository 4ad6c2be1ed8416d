#include "scanner/system_call_filter.h"

#include <seccomp.h>

#include <cerrno>
#include <system_error>

namespace scanner {

namespace {

void check(int result, const char* what) {
  if (result != 0) throw std::system_error(-result, std::generic_category(), what);
}

std::uint32_t action(SystemCallFilter::Refusal refusal) {
  switch (refusal) {
    case SystemCallFilter::Refusal::kill_process:
      return SCMP_ACT_KILL_PROCESS;
    case SystemCallFilter::Refusal::permission_denied:
      return SCMP_ACT_ERRNO(EPERM);
    case SystemCallFilter::Refusal::none:
      break;
  }
  return SCMP_ACT_ALLOW;
}

}  // namespace

void SystemCallFilter::Release::operator()(void* filter) const { seccomp_release(filter); }

SystemCallFilter::SystemCallFilter(Refusal refusal) : filter_(seccomp_init(action(refusal))) {
  if (!filter_) check(-ENOMEM, "seccomp_init");
}

void SystemCallFilter::allow(std::span<const int> calls) {
  for (const int call : calls) check(seccomp_rule_add(filter_.get(), SCMP_ACT_ALLOW, call, 0), "seccomp");
}

void SystemCallFilter::allow_if(int call, unsigned index, std::uint64_t value, std::uint64_t mask) {
  const scmp_arg_cmp condition{index, SCMP_CMP_MASKED_EQ, mask, value};
  check(seccomp_rule_add_array(filter_.get(), SCMP_ACT_ALLOW, call, 1, &condition), "seccomp");
}

void SystemCallFilter::fail_with(int call, int error) {
  check(seccomp_rule_add(filter_.get(), SCMP_ACT_ERRNO(static_cast<unsigned>(error)), call, 0), "seccomp");
}

void SystemCallFilter::fail_if(int call, int error, unsigned index, std::uint64_t value, std::uint64_t mask) {
  const scmp_arg_cmp condition{index, SCMP_CMP_MASKED_EQ, mask, value};
  check(seccomp_rule_add_array(filter_.get(), SCMP_ACT_ERRNO(static_cast<unsigned>(error)), call, 1,
                               &condition),
        "seccomp");
}

void SystemCallFilter::enforce() { check(seccomp_load(filter_.get()), "seccomp_load"); }

}  // namespace scanner
