// formmail: a web page's form posts to it; it shows a confirmation page, mails the submission to the owner of
// the site, shows a completion page.
//
//     web server ── CGI: a process a request ──────────────────┐
//                ── FastCGI: its child; descriptor 0 listens ──┼── FormMailer ── Delivery ── relay | outbox
//                ── FastCGI: `serve`, alone or of systemd's ───┘
//
// SECURITY: runs as the web server's or as a user of its own, needs to read the configuration and to write
// the outbox directory. All that it reads comes from strangers; what it parses has limits and fuzzers.

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <vector>

#include "cgi-bin/command_line.h"
#include "cgi-bin/form_mailer.h"
#include "cgi-bin/gateway/gateway.h"
#include "cgi-bin/mailing/local_time.h"
#include "cgi-bin/mailing/make_delivery.h"
#include "cgi-bin/mailing/outbox_keeper.h"
#include "cgi-bin/mailing/submission_records.h"
#include "cgi-bin/monitor/disk_figures.h"
#include "cgi-bin/monitor/health.h"
#include "cgi-bin/monitor/metrics.h"
#include "cgi-bin/monitor/monitor_server.h"
#include "cgi-bin/webhook/webhook.h"
#include "mail/config.h"
#include "mail/listen.h"
#include "mail/log.h"
#include "mail/standard_descriptors.h"

namespace {

constexpr int kUsageError = 2;

/// After the answer of a CGI process: what no visitor waits for, and what on a host without `serve` nobody
/// else does.
void clean_up(const formmail::Settings& settings, const mail::Log& log) {
  formmail::Webhooks(settings, log).retry_briefly();
  try {
    formmail::SubmissionRecords(settings.outbox_directory, log).shorten_journal();
  } catch (const std::exception& error) {
    log.error("record", {{"error", error.what()}});
  }
}

/// Where FastCGI requests come in: as the command line says, else at descriptor 0, from a web server or
/// systemd.
std::vector<mail::FileDescriptor> listeners(const formmail::CommandLine& command, const mail::Log& log) {
  std::vector<mail::FileDescriptor> sockets;
  if (command.listen.empty()) {
    sockets.emplace_back(STDIN_FILENO);
    log.info("listens", {{"descriptor", STDIN_FILENO}});
    return sockets;
  }
  sockets = formmail::listen_on(command.listen);
  for (const mail::FileDescriptor& socket : sockets) {
    const std::string address = mail::bound_address(socket.get());
    log.info("listens", {{"address", address.empty() ? command.listen : address}});
  }
  return sockets;
}

/// The parts of formmail, put together.
int answer(const formmail::CommandLine& command, const mail::Log& log) {
  using namespace formmail;
  const bool stays = command.serve || is_fastcgi();
  if (stays) block_ending_signals();
  const Settings settings = Settings::read(command.config);
  set_time_zone(settings.time_zone);
  SiteDirectory sites(settings.sites_directory, settings.outbox_directory / "hosts.index", log);
  const std::unique_ptr<StateStore> state = make_sqlite_store(settings.outbox_directory, log);
  const std::unique_ptr<Delivery> delivery = make_delivery(settings, *state, log);
  Metrics metrics;
  FormMailer mailer(settings, sites, *state, *delivery, metrics, log);
  const Responder respond = [&](const Environment& environment, BodySource& body) {
    return mailer.respond(environment, body);
  };
  if (!stays) {
    const int status = run_cgi(respond);
    clean_up(settings, log);
    std::_Exit(status);  // what one request needed goes with the process, and need not be taken apart
  }

  const OutboxKeeper keeper(settings, metrics, log);
  const auto trouble = [&] { return trouble_with(settings.outbox_directory, *state); };
  std::optional<MonitorServer> monitor;
  if (command.serve && !settings.metrics_listen.empty()) {
    monitor.emplace(
        settings.metrics_listen,
        [&] { return disk_figures(settings.outbox_directory, trouble()) + metrics.exposition(); }, trouble);
  }
  return run_fastcgi(listeners(command, log), command.threads, respond);
}

}  // namespace

int main(int argc, char** argv) {
  mail::occupy_standard_descriptors();
  ::umask(077);
  // A write that nobody reads, or past a limit, is an error to its writer, not the end of the process.
  for (const int ignored : {SIGPIPE, SIGXFSZ}) ::signal(ignored, SIG_IGN);
  const mail::Log log("formmail");
  try {
    const formmail::CommandLine command = formmail::read_command_line(argc, argv, log);
    if (command.done && !std::cout.flush()) throw std::runtime_error("standard output can't be written");
    if (command.done) return command.exit_status;
    return answer(command, log);
  } catch (const mail::ConfigError& error) {
    std::cerr << error.what() << "\n";
  } catch (const std::exception& error) {
    std::cerr << "formmail: " << error.what() << "\n";
  }
  return kUsageError;
}
