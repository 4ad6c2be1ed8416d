#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace formmail {

/// What a program said.
struct ChildOutput {
  int status = -1;   ///< its exit status; 127 it is not installed, -1 it was ended
  std::string text;  ///< its standard output
};

/// Runs a program with `input` as its standard input until it ends, `deadline` passes or it has written some
/// `most` bytes; then it is ended. It gets no other descriptor, no environment but a path, and all signals as
/// usual.
ChildOutput run_child(const std::vector<std::string>& arguments, int input,
                      std::chrono::steady_clock::time_point deadline, std::size_t most);

}  // namespace formmail
