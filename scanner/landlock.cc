#include "scanner/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace scanner {

namespace {

// Newer than Debian 12's header.
constexpr std::uint64_t kTruncate = 1ULL << 14;
constexpr std::uint64_t kIoctlDevice = 1ULL << 15;
constexpr std::uint64_t kBindTcp = 1ULL << 0;
constexpr std::uint64_t kConnectTcp = 1ULL << 1;
constexpr std::uint64_t kAbstractSockets = 1ULL << 0;
constexpr std::uint64_t kSignals = 1ULL << 1;
constexpr int kRulePort = 2;
struct RulesetAttributes {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;
  std::uint64_t scoped = 0;
};
struct PortAttributes {
  std::uint64_t allowed_access = 0;
  std::uint64_t port = 0;
};

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWrite = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REFER | kTruncate;
constexpr std::uint64_t kOther = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                 LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM | kIoctlDevice;
// What of it a single file can be given.
constexpr std::uint64_t kOfFile = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;

/// The rights that version `abi` of Landlock knows.
std::uint64_t known_to(long abi) {
  std::uint64_t rights = kRead | kWrite | kOther;
  if (abi < 5) rights &= ~kIoctlDevice;
  if (abi < 3) rights &= ~kTruncate;
  if (abi < 2) rights &= ~static_cast<std::uint64_t>(LANDLOCK_ACCESS_FS_REFER);
  return rights;
}

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

Landlock::Landlock() {
  const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 1) return;
  handled_ = known_to(abi);
  handles_tcp_ = abi >= 4;
  RulesetAttributes attributes;
  attributes.handled_access_fs = handled_;
  if (handles_tcp_) attributes.handled_access_net = kBindTcp | kConnectTcp;
  if (abi >= 6) attributes.scoped = kAbstractSockets | kSignals;
  // What a kernel does not know is zero, which it takes.
  ruleset_.reset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  if (!ruleset_) throw_errno("landlock_create_ruleset");
}

void Landlock::allow_reading(const std::filesystem::path& path) { allow(path, kRead); }
void Landlock::allow_writing(const std::filesystem::path& path) { allow(path, kRead | kWrite); }

void Landlock::allow_connecting(std::uint16_t port) {
  if (!handles_tcp_) return;
  const PortAttributes rule{kConnectTcp, port};
  if (::syscall(SYS_landlock_add_rule, ruleset_.get(), kRulePort, &rule, 0) != 0) {
    throw_errno("landlock_add_rule port " + std::to_string(port));
  }
}

void Landlock::allow(const std::filesystem::path& path, std::uint64_t access) {
  if (!available()) return;
  const mail::FileDescriptor parent(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!parent) return;
  struct stat status {};
  if (::fstat(parent.get(), &status) != 0) throw_errno(path.string());
  if (!S_ISDIR(status.st_mode)) access &= kOfFile;
  landlock_path_beneath_attr rule{};
  rule.allowed_access = access & handled_;
  rule.parent_fd = parent.get();
  if (::syscall(SYS_landlock_add_rule, ruleset_.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
    throw_errno("landlock_add_rule " + path.string());
  }
}

void Landlock::enforce() {
  if (!available()) return;
  if (::syscall(SYS_landlock_restrict_self, ruleset_.get(), 0) != 0) throw_errno("landlock_restrict_self");
  ruleset_.reset();
}

}  // namespace scanner
