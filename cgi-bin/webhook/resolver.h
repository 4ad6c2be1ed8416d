#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace formmail {

/// The addresses of a host name, in the order in which they should be tried; of an address itself. None where
/// it has none, or the resolver says so too late: then `why` tells.
///
/// A name is asked by getent(1), a process of its own: getaddrinfo(3) can't be told when to give up, and a
/// name server that is dead, or its owner's, would hold a thread for as long as it likes.
std::vector<std::string> addresses_of(const std::string& host, std::chrono::steady_clock::time_point deadline,
                                      std::string& why);

}  // namespace formmail
