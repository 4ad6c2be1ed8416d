#pragma once

#include <ostream>
#include <string_view>

namespace formmail {

/// The two lines before the values of a figure in Prometheus' text format 0.0.4. Written out by hand and not
/// by prometheus-cpp: Debian has that as a shared library only, which every CGI process would load.
inline void describe(std::ostream& out, std::string_view name, std::string_view type, std::string_view help) {
  out << "# HELP " << name << " " << help << "\n# TYPE " << name << " " << type << "\n";
}

}  // namespace formmail
