#include "cgi-bin/webhook/resolver.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <sstream>

#include "cgi-bin/webhook/child.h"
#include "mail/file_descriptor.h"

namespace formmail {

namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

/// "127.0.0.1" of "127.0.0.1" and of "0x7f.1": no server is asked. "" for a name.
std::string literal_address(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICHOST;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return "";
  const std::unique_ptr<addrinfo, FreeAddresses> list(found);
  std::array<char, NI_MAXHOST> text{};
  const int error =
      ::getnameinfo(list->ai_addr, list->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
  return error == 0 ? text.data() : "";
}

}  // namespace

std::vector<std::string> addresses_of(const std::string& host, std::chrono::steady_clock::time_point deadline,
                                      std::string& why) {
  constexpr std::size_t kMostOutput = 65536;
  constexpr int kNotFound = 2;
  if (std::string address = literal_address(host); !address.empty()) return {std::move(address)};
  const mail::FileDescriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const auto [status, text] =
      run_child({"getent", "ahosts", "--", host}, nothing.get(), deadline, kMostOutput);
  std::vector<std::string> addresses;
  std::istringstream lines(text);
  for (std::string line; status == 0 && std::getline(lines, line);) {
    std::istringstream words(line);
    std::string address;
    std::string kind;
    if (words >> address >> kind && kind == "STREAM") addresses.push_back(std::move(address));
  }
  if (addresses.empty()) {
    why = status == kNotFound ? "its name is not known" : "its name was not found in time";
  }
  return addresses;
}

}  // namespace formmail
