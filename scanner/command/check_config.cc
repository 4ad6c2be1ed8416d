#include <iostream>

#include "scanner/command/command.h"
#include "scanner/command/exit_status.h"

namespace scanner {

int run_check_config(const std::filesystem::path& file) {
  read_settings(file);
  std::cout << file.string() << ": ok\n";
  return kExitOk;
}

}  // namespace scanner
