#include "cgi-bin/mailing/serial_numbers.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "cgi-bin/state/locked_file.h"
#include "mail/ownership.h"

namespace formmail {

namespace {

constexpr std::size_t kDigits = 20;  // always as many: the file is made once, then only overwritten

std::string digits_of(std::int64_t number) {
  const std::string digits = std::to_string(number);
  return std::string(kDigits - digits.size(), '0') + digits + "\n";
}

}  // namespace

std::int64_t SerialNumbers::next(const std::string& site, const std::string& profile) const {
  const std::filesystem::path file = directory_ / site / profile;
  mail::make_private_folder(directory_);
  mail::make_private_folder(file.parent_path());
  const mail::FileDescriptor fd = open_locked(file);
  std::array<char, kDigits> digits{};
  const ssize_t count = ::pread(fd.get(), digits.data(), digits.size(), 0);
  std::int64_t last = 0;
  if (count > 0) std::from_chars(digits.data(), digits.data() + count, last);
  const std::string next = digits_of(last + 1);
  if (::pwrite(fd.get(), next.data(), next.size(), 0) != static_cast<ssize_t>(next.size()))
    throw std::system_error(errno, std::generic_category(), "write " + file.string());
  return last + 1;
}

}  // namespace formmail
