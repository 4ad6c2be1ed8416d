#include "scanner/verdict.h"

#include <array>

namespace scanner {

std::string_view name(Verdict verdict) {
  constexpr std::array<std::string_view, kVerdicts> names = {"clean",       "cleaned",  "removed",
                                                             "unscannable", "rejected", "error"};
  return names.at(static_cast<std::size_t>(verdict));
}

std::string_view name(Action action) { return action == Action::clean ? "clean" : "remove"; }

}  // namespace scanner
