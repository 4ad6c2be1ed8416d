#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "cgi-bin/http/body_source.h"
#include "cgi-bin/http/environment.h"
#include "cgi-bin/http/response.h"

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

/// Keeps SIGTERM and SIGINT for run_fastcgi(): to be called before any thread is made.
void block_ending_signals();

/// Answers FastCGI requests on the listening socket `fd`, `threads` at a time, until SIGTERM or SIGINT, then
/// finishes the requests at hand. `respond` is called from all threads. The exit status.
int run_fastcgi(int fd, int threads, const Responder& respond);

/// A listening socket on "HOST:PORT", "[IPv6]:PORT" or "unix:PATH" (mode 0660; a leftover of a dead process
/// is replaced). Throws std::runtime_error, with a text for the person who started the program.
int listen_on(const std::string& address);

}  // namespace formmail
