#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

/// One run over one input; what a fuzz target defines. A broken promise aborts.
void fuzz(std::string_view input);

inline void must(bool holds) {
  if (!holds) std::abort();
}

/// The first byte as a number, taken off the input: for a choice that the fuzzer shall make.
inline std::size_t take_number(std::string_view& input) {
  if (input.empty()) return 0;
  const auto number = static_cast<unsigned char>(input[0]);
  input.remove_prefix(1);
  return number;
}

extern "C" inline int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" __attribute__((used)) inline int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                                                   std::size_t size) {
  fuzz(std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
