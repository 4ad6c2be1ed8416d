#include "scanner/front/host_name.h"

#include <unistd.h>

namespace scanner {

std::string host_name(const Settings::Smtp& settings) {
  if (!settings.hostname.empty()) return settings.hostname;
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
  return name;
}

}  // namespace scanner
