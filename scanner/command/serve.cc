#include "scanner/command/command.h"
#include "scanner/supervisor/supervisor.h"

namespace scanner {

int run_serve(const CommonOptions& options) {
  return run_supervisor([&] { return settings_of(options); });
}

}  // namespace scanner
