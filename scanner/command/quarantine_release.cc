#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>
#include <cerrno>
#include <chrono>
#include <memory>
#include <ostream>
#include <system_error>

#include "scanner/command/quarantine.h"
#include "scanner/front/host_name.h"
#include "scanner/front/message_file.h"
#include "scanner/front/next_hop/next_hop.h"

namespace scanner {

namespace {

/// The original in memory, sealed, as the next hop's code wants a message.
ReceivedMessage load(const QuarantineStore& store, const std::string& id) {
  const mail::FileDescriptor file = store.open_message(id);
  MessageFile message(~std::uint64_t{0});
  std::array<char, 65536> buffer{};
  ssize_t got = 0;
  while ((got = ::read(file.get(), buffer.data(), buffer.size())) > 0) {
    message.append({{buffer.data(), static_cast<std::size_t>(got)}});
  }
  if (got < 0) throw std::system_error(errno, std::generic_category(), "reading message " + id);
  const std::uint64_t size = message.size();
  return {id, message.seal(), size};
}

/// What one attempt came to.
struct Delivery {
  std::vector<std::string> delivered;
  std::string reply;  ///< to the message, or what refused it
  std::string fault;  ///< "" all were
};

std::string said(const mail::SmtpReply& reply) { return std::to_string(reply.code) + " " + reply.text(); }

asio::awaitable<Delivery> deliver(NextHop& next_hop, const QuarantineEntry& entry,
                                  const ReceivedMessage& message) {
  const ScanAnswer as_it_came;
  const OutgoingMessage outgoing(message, as_it_came);
  const std::unique_ptr<NextHopTransaction> transaction = next_hop.begin();
  Delivery delivery;
  mail::SmtpReply reply = co_await transaction->mail(entry.envelope.mail_command, {});
  if (!reply.positive()) {
    delivery.fault = delivery.reply = said(reply);
    co_await transaction->abandon();
    co_return delivery;
  }
  for (std::size_t i = 0; i < entry.envelope.recipients.size(); ++i) {
    const std::string& recipient = entry.envelope.recipients[i];
    if (entry.released.contains(recipient)) continue;
    reply = co_await transaction->recipient(entry.envelope.recipient_commands[i]);
    if (reply.positive()) {
      delivery.delivered.push_back(recipient);
    } else {
      delivery.reply = said(reply);
      delivery.fault = recipient + ": " + delivery.reply;
    }
  }
  if (delivery.delivered.empty()) {
    co_await transaction->abandon();
    co_return delivery;
  }
  reply = co_await transaction->data(outgoing);
  delivery.reply = said(reply);
  if (!reply.positive()) {
    delivery.fault = delivery.reply;
    delivery.delivered.clear();
  }
  co_return delivery;
}

/// Runs `deliver` to its end on this thread.
Delivery deliver_now(const Settings& settings, const QuarantineEntry& entry, const ReceivedMessage& message) {
  asio::io_context io;
  const std::shared_ptr<NextHop> next_hop = make_next_hop(
      io, settings, host_name(settings.smtp), std::make_shared<Deadlines>(io), mail::Log("scanrelay"));
  std::future<Delivery> outcome = asio::co_spawn(io, deliver(*next_hop, entry, message), asio::use_future);
  while (outcome.wait_for(std::chrono::seconds(0)) != std::future_status::ready && io.run_one() > 0) {
  }
  try {
    return outcome.get();
  } catch (const NextHopFault& fault) {
    return {{}, fault.what(), fault.what()};
  }
}

/// Who got a virus by whose hand is asked later: a line like that of a message that passes.
void log_release(const QuarantineEntry& entry, const Delivery& delivery) {
  std::string recipients;
  for (const std::string& recipient : delivery.delivered)
    recipients += (recipients.empty() ? "" : " ") + recipient;
  std::string viruses;
  for (const Finding& finding : entry.findings) viruses += (viruses.empty() ? "" : " ") + finding.virus;
  const mail::Log log("scanrelay");
  const std::initializer_list<mail::LogField> fields = {
      {"id", entry.log_id}, {"as", entry.id},   {"from", entry.envelope.sender}, {"to", recipients},
      {"size", entry.size}, {"virus", viruses}, {"reply", delivery.reply}};
  if (delivery.fault.empty()) return log.info("released", fields);
  log.warning(delivery.delivered.empty() ? "not released" : "not released to all", fields);
}

/// Two releases at a time of one message would deliver it twice: the second one fails.
mail::FileDescriptor lock(const QuarantineStore& store, const std::string& id) {
  mail::FileDescriptor fd = store.open_message(id);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    throw std::system_error(errno, std::generic_category(), "releasing " + id + ", which another does");
  }
  return fd;
}

}  // namespace

bool release_from_quarantine(const QuarantineStore& store, const Settings& settings,
                             const std::vector<std::string>& ids, std::ostream& out) {
  bool all = true;
  for (const std::string& id : ids) {
    const mail::FileDescriptor locked = lock(store, id);
    QuarantineEntry entry = store.read(id);
    if (entry.fully_released()) {
      out << id << " was released before\n";
      continue;
    }
    const Delivery delivery = deliver_now(settings, entry, load(store, id));
    // From here on the next hop has it: the note comes first, so that it is not delivered twice.
    entry.released.insert(delivery.delivered.begin(), delivery.delivered.end());
    if (!delivery.delivered.empty()) store.update(entry);
    log_release(entry, delivery);
    if (delivery.fault.empty()) {
      out << id << " released\n";
    } else {
      all = false;
      out << id << " not released" << (delivery.delivered.empty() ? "" : " to all")
          << ", still kept: " << mail::log_value(delivery.fault) << '\n';
    }
  }
  return all;
}

}  // namespace scanner
