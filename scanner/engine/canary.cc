#include "scanner/engine/canary.h"

namespace scanner {

namespace {

constexpr std::string_view kName = "Sekisho.Canary";

}  // namespace

std::string_view canary_text() { return "sekisho canary: this text is found or nothing is scanned 5f1d9c07"; }

std::string canary_signature() {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string line = std::string(kName) + ":0:*:";
  for (const char c : canary_text()) {
    const auto byte = static_cast<unsigned char>(c);
    line += {kDigits[byte >> 4], kDigits[byte & 15]};
  }
  return line;
}

bool is_canary(std::string_view virus) { return virus.starts_with(kName); }

}  // namespace scanner
