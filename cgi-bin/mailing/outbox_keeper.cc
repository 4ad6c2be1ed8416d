#include "cgi-bin/mailing/outbox_keeper.h"

#include <pthread.h>
#include <signal.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "cgi-bin/mailing/post_office.h"
#include "cgi-bin/mailing/submission_records.h"
#include "cgi-bin/webhook/webhook.h"

namespace formmail {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLook{5};
constexpr std::chrono::hours kPurge{1};

/// Signals are for the thread that accepts requests.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

struct OutboxKeeper::Thread {
  Thread(const Settings& settings_, const mail::Log& log_)
      : settings(settings_), log(log_), records(settings_.outbox_directory) {
    const SignalsBlocked blocked;
    thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }

  void run(const std::stop_token& stop) {
    std::unique_lock lock(mutex);
    do {
      work();
    } while (!wake.wait_for(lock, stop, kLook, [&] { return stop.stop_requested(); }));
  }

  void work() {
    try {
      // Anew each time: a connection kept for the next mail would stay open for hours.
      PostOffice(settings, log).retry(false, [this](const std::string& id, Outcome outcome) {
        records.set_outcome(id, outcome);
      });
      Webhooks(settings, log).retry(false);
      if (Clock::now() < next_purge) return;
      records.purge(std::chrono::system_clock::now());
      next_purge = Clock::now() + kPurge;
    } catch (const std::exception& error) {
      log.error("outbox", {{"error", error.what()}});
    }
  }

  Settings settings;
  mail::Log log;
  SubmissionRecords records;
  Clock::time_point next_purge{};
  std::mutex mutex;
  std::condition_variable_any wake;
  std::jthread thread;  // last: ends before what it uses
};

OutboxKeeper::OutboxKeeper(const Settings& settings, const mail::Log& log)
    : thread_(std::make_unique<Thread>(settings, log)) {}

OutboxKeeper::~OutboxKeeper() = default;

}  // namespace formmail
