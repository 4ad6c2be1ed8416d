#include "scanner/front/next_hop/next_hop.h"

#include <asio/ssl/context.hpp>

#include "mail/smtp/next_hop_url.h"
#include "scanner/front/next_hop/maildir_next_hop.h"
#include "scanner/front/next_hop/smtp_next_hop.h"

namespace scanner {

namespace {

std::shared_ptr<asio::ssl::context> client_tls(const Settings::NextHop& settings) {
  auto context = std::make_shared<asio::ssl::context>(asio::ssl::context::tls_client);
  context->set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                       asio::ssl::context::no_tlsv1_1);
  if (settings.tls_ca_file.empty()) {
    context->set_default_verify_paths();
  } else {
    context->load_verify_file(settings.tls_ca_file.string());
  }
  return context;
}

}  // namespace

std::shared_ptr<NextHop> make_next_hop(asio::io_context& io, const Settings& settings,
                                       const std::string& hostname, std::shared_ptr<Deadlines> deadlines,
                                       const mail::Log& log) {
  mail::NextHopUrl url = mail::parse_next_hop_url(settings.next_hop.deliver);
  if (url.scheme == mail::NextHopUrl::Scheme::maildir) {
    return std::make_shared<MaildirNextHop>(url.path, hostname);
  }
  NextHopTarget target{std::move(url), settings.next_hop, hostname, std::move(deadlines),
                       client_tls(settings.next_hop)};
  return std::make_shared<SmtpNextHop>(io, std::move(target), log);
}

}  // namespace scanner
