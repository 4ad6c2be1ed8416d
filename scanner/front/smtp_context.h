#pragma once

#include <asio/io_context.hpp>
#include <asio/ssl/context.hpp>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "mail/log.h"
#include "scanner/front/address_list.h"
#include "scanner/front/deadlines.h"
#include "scanner/front/next_hop/next_hop.h"
#include "scanner/front/observer.h"
#include "scanner/front/worker_pool.h"
#include "scanner/settings.h"

namespace scanner {

class SmtpSession;

/// What all sessions share. Lives as long as the last of them.
struct SmtpContext {
  asio::io_context& io;
  Settings settings;
  WorkerPool& workers;
  mail::Log log;
  FrontObserver& observer;
  std::string hostname;
  AddressList trusted;
  AddressList xforward;
  std::shared_ptr<Deadlines> deadlines;
  std::shared_ptr<NextHop> next_hop;
  std::shared_ptr<asio::ssl::context> tls;  ///< none: no STARTTLS

  std::set<SmtpSession*> sessions;
  std::map<std::string, int> connections_of;  ///< by client address
  bool draining = false;
  std::function<void()> drained;
};

}  // namespace scanner
