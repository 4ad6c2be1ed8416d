#include "scanner/engine/finding_class.h"

#include <array>

#include "scanner/engine/canary.h"

namespace scanner {

FindingClass class_of(std::string_view name) {
  static constexpr std::array<std::string_view, 2> kNotScanned = {"Heuristics.Encrypted.",
                                                                  "Heuristics.Limits."};
  static constexpr std::array<std::string_view, 4> kNoVirus = {
      "Heuristics.OLE2.ContainsMacros", "Heuristics.Phishing.", "Heuristics.Broken.", "PUA."};
  for (const std::string_view prefix : kNotScanned) {
    if (name.starts_with(prefix)) return FindingClass::not_scanned;
  }
  for (const std::string_view prefix : kNoVirus) {
    if (name.starts_with(prefix)) return FindingClass::no_virus;
  }
  return is_canary(name) ? FindingClass::no_virus : FindingClass::virus;
}

}  // namespace scanner
