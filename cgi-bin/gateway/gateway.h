#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "cgi-bin/http/body_source.h"
#include "cgi-bin/http/environment.h"
#include "cgi-bin/http/response.h"
#include "mail/file_descriptor.h"

namespace formmail {

/// How long a request's body may take: what has not come by then is not waited for.
inline constexpr std::chrono::seconds kBodyTime{120};

using Responder = std::function<Response(const Environment&, BodySource&)>;

/// Whether descriptor 0 is a listening socket: then a web server started this program as FastCGI.
bool is_fastcgi();

/// Answers the one request of a CGI process: environment and standard input in, standard output out. When it
/// returns, the visitor has the whole answer: standard output is at its end, and the process no longer ends
/// by SIGTERM. The exit status.
int run_cgi(const Responder& respond);

/// Keeps SIGTERM, SIGINT and SIGHUP for run_fastcgi(): to be called first, before any thread is made.
void block_ending_signals();

/// Answers FastCGI requests on the listening sockets, `threads` at a time, until SIGTERM, SIGINT or SIGHUP,
/// then finishes the requests at hand. `respond` is called from many threads. The exit status.
int run_fastcgi(const std::vector<mail::FileDescriptor>& listeners, int threads, const Responder& respond);

/// Listening sockets on "HOST:PORT", "[IPv6]:PORT" (one for each address of a name) or "unix:PATH" (mode
/// 0660; a leftover of a dead process is replaced). Throws std::runtime_error, with a text for the person who
/// started the program.
std::vector<mail::FileDescriptor> listen_on(const std::string& address);

}  // namespace formmail
