#include <stdexcept>

#include "mail/endpoint.h"
#include "mail/smtp/next_hop_url.h"
#include "scanner/command/command.h"
#include "scanner/command/exit_status.h"

namespace scanner {

Settings settings_of(const CommonOptions& options) {
  Settings settings = options.config.empty() ? Settings() : read_settings(options.config);
  if (!options.databases.empty()) settings.scanner.databases = options.databases;
  if (!options.listen.empty()) {
    for (const std::string& text : options.listen) {
      if (!mail::parse_endpoint(text)) throw UsageError("--listen " + text + ": expected HOST:PORT");
    }
    settings.smtp.listen = options.listen;
    settings.smtp.listen_tls.clear();
  }
  if (!options.next_hop.empty()) {
    try {
      mail::parse_next_hop_url(options.next_hop);
    } catch (const std::invalid_argument& error) {
      throw UsageError(std::string("--next-hop: ") + error.what());
    }
    settings.next_hop.deliver = options.next_hop;
  }
  if (options.workers) settings.scanner.workers = *options.workers;
  return settings;
}

}  // namespace scanner
