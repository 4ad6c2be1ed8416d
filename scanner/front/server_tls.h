#pragma once

#include <asio/ssl/context.hpp>
#include <memory>

#include "scanner/settings.h"

namespace scanner {

/// The relay's own certificate and key, for STARTTLS and listen_tls; none if the settings name none. Keys are
/// mostly root's to read: to be called before privileges are dropped. Throws std::runtime_error with the
/// files' names.
std::shared_ptr<asio::ssl::context> read_server_tls(const Settings::Smtp& settings);

}  // namespace scanner
