#include "scanner/front/server_tls.h"

#include <stdexcept>

namespace scanner {

std::shared_ptr<asio::ssl::context> read_server_tls(const Settings::Smtp& settings) {
  if (settings.tls_certificate.empty()) return nullptr;
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_server);
  context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                       asio::ssl::context::no_tlsv1_1);
  try {
    context->use_certificate_chain_file(settings.tls_certificate.string());
    context->use_private_key_file(settings.tls_key.string(), asio::ssl::context::pem);
  } catch (const std::exception& error) {
    throw std::runtime_error("tls_certificate " + settings.tls_certificate.string() + ", tls_key " +
                             settings.tls_key.string() + ": " + error.what());
  }
  return context;
}

}  // namespace scanner
