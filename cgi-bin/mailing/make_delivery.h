#pragma once

#include <memory>

#include "cgi-bin/mailing/delivery.h"
#include "cgi-bin/settings.h"
#include "cgi-bin/state/state_store.h"
#include "mail/log.h"

namespace formmail {

/// The real Delivery: over SMTP to the relay, else into the outbox. Nothing is opened before the first mail.
/// Safe from several threads; each that sends has its own connection, kept for the next mail.
/// `state` counts the automatic replies, and must outlive it.
/// `settings` and `state` must outlive it.
/// Throws std::invalid_argument if settings.relay_server is no HOST:PORT.
std::unique_ptr<Delivery> make_delivery(const Settings& settings, StateStore& state, const mail::Log& log);

}  // namespace formmail
