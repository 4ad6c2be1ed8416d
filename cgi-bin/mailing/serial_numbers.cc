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

std::int64_t read_number(int fd) {
  std::array<char, kDigits> digits{};
  const ssize_t count = ::pread(fd, digits.data(), digits.size(), 0);
  std::int64_t number = 0;
  if (count > 0) std::from_chars(digits.data(), digits.data() + count, number);
  return number;
}

void write_number(int fd, std::int64_t number, const std::filesystem::path& file) {
  const std::string digits = digits_of(number);
  if (::pwrite(fd, digits.data(), digits.size(), 0) != static_cast<ssize_t>(digits.size()))
    throw std::system_error(errno, std::generic_category(), "write " + file.string());
}

}  // namespace

std::filesystem::path SerialNumbers::file_of(const std::string& site, const std::string& profile) const {
  return directory_ / site / profile;
}

std::int64_t SerialNumbers::next(const std::string& site, const std::string& profile) const {
  const std::filesystem::path file = file_of(site, profile);
  mail::make_private_folder(directory_);
  mail::make_private_folder(file.parent_path());
  const mail::FileDescriptor fd = open_locked(file);
  const std::int64_t number = read_number(fd.get()) + 1;
  write_number(fd.get(), number, file);
  return number;
}

void SerialNumbers::give_back(const std::string& site, const std::string& profile,
                              std::int64_t number) const {
  const std::filesystem::path file = file_of(site, profile);
  const mail::FileDescriptor fd = open_locked(file);
  if (read_number(fd.get()) == number) write_number(fd.get(), number - 1, file);
}

}  // namespace formmail
