#pragma once

namespace mail {

/// Version of both programs: in `--version`, in X-Virus-Scanned, in the metrics.
inline constexpr const char* kVersion = "0.1.0";

}  // namespace mail
