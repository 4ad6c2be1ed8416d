#include "scanner/command/scan_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "scanner/command/exit_status.h"
#include "scanner/command/scan_run.h"

namespace scanner {

namespace {

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// The whole of `fd` as a sealed memfd. Throws UsageError if it can't be read.
mail::FileDescriptor read_message(int fd, const std::string& name) {
  mail::FileDescriptor memfd(::memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memfd) throw_errno("memfd_create");
  std::string buffer(std::size_t{256} * 1024, '\0');
  while (true) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw UsageError(name + ": " + std::generic_category().message(errno));
    if (got == 0) break;
    write_all(memfd.get(), std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
  }
  seal(memfd.get());
  if (sealed_size(memfd.get()).value_or(0) > ScanRun::kMostMessageBytes)
    throw UsageError(name + ": over 1 GB");
  return memfd;
}

}  // namespace

mail::FileDescriptor read_message(const std::filesystem::path& file) {
  if (file == "-") return read_message(STDIN_FILENO, "standard input");
  const mail::FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw UsageError(file.string() + ": " + std::generic_category().message(errno));
  return read_message(fd.get(), file.string());
}

EditedMessage edited(const mail::FileDescriptor& original, ScanResult& result) {
  EditedMessage message{result.top, std::move(result.cut), std::move(result.changed)};
  if (fits(message, original.get())) return message;
  result = ScanResult();
  result.reason = "worker: answer does not fit the message";
  return {};
}

bool has_message(const ScanResult& result) {
  return result.verdict != Verdict::error && result.verdict != Verdict::rejected;
}

}  // namespace scanner
