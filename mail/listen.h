#pragma once

#include <string>
#include <vector>

#include "mail/endpoint.h"
#include "mail/file_descriptor.h"

namespace mail {

/// Listening sockets, one for each address of the endpoint's host that this machine has; where the host is
/// left open, one that takes all. Throws std::runtime_error with the reason.
std::vector<FileDescriptor> listen_on(const Endpoint& endpoint);

/// "HOST:PORT" that a socket is bound to: with port 0, the port that was found. "" where it is no such
/// socket.
std::string bound_address(int socket);

}  // namespace mail
