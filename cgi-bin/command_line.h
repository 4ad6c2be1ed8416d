#pragma once

#include <filesystem>
#include <string>

#include "mail/log.h"

namespace formmail {

/// What the program was started for.
struct CommandLine {
  std::filesystem::path config;  ///< formmail.toml
  bool serve = false;            ///< else answer what a web server started this process for
  std::string listen;            ///< of `serve`; "" on the listening socket at descriptor 0
  int threads = 8;               ///< of FastCGI
  bool done = false;             ///< a command was carried out, or help shown: exit with exit_status
  int exit_status = 0;

  /// For a command's callback: it is carried out.
  void finish(int status) {
    done = true;
    exit_status = status;
  }
};

/// Reads the command line and carries out the commands that answer no requests. A process that a web server
/// started (GATEWAY_INTERFACE is set) has no arguments, whatever argv says: web servers pass a query string
/// without `=` there (RFC 3875 4.4), which a visitor writes. Throws what the commands throw.
CommandLine read_command_line(int argc, char** argv, const mail::Log& log);

}  // namespace formmail
