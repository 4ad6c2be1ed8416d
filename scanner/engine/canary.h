#pragma once

#include <string>
#include <string_view>

namespace scanner {

/// A text that nothing else has, and the signature that finds it. An engine that does not find it did not
/// load what it was given, whatever libclamav's return codes said.
std::string_view canary_text();
/// One line of an .ndb file.
std::string canary_signature();
/// Whether a name that libclamav gave ("Sekisho.Canary.UNOFFICIAL") is the canary's.
bool is_canary(std::string_view virus);

}  // namespace scanner
