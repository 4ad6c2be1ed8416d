#include "cgi-bin/mailing/outbox_keeper.h"

#include <pthread.h>
#include <signal.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include "cgi-bin/mailing/post_office.h"
#include "cgi-bin/mailing/submission_records.h"
#include "cgi-bin/uploads/waiting_uploads.h"
#include "cgi-bin/webhook/webhook.h"

namespace formmail {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kMailLook{5};
/// A call that a submission has just left is made at the next look.
constexpr std::chrono::seconds kWebhookLook{1};
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

struct OutboxKeeper::Threads {
  Threads(const Settings& settings_, Metrics& metrics_, const mail::Log& log_)
      : settings(settings_),
        metrics(metrics_),
        log(log_),
        records(settings_.outbox_directory, log_),
        mails(kMailLook, [this] { keep_mails(); }),
        webhooks(kWebhookLook, [this] { Webhooks(settings, log, &metrics).retry(false); }) {}

  /// Does `work` again and again.
  class Thread {
   public:
    Thread(std::chrono::seconds pause, std::function<void()> work) : pause_(pause), work_(std::move(work)) {
      const SignalsBlocked blocked;
      thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }

   private:
    void run(const std::stop_token& stop) {
      std::unique_lock lock(mutex_);
      do {
        work_();
      } while (!wake_.wait_for(lock, stop, pause_, [&] { return stop.stop_requested(); }));
    }

    std::chrono::seconds pause_;
    std::function<void()> work_;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread thread_;  // last: ends before what it uses
  };

  void keep_mails() {
    try {
      // Anew each time: a connection kept for the next mail would stay open for hours.
      PostOffice(settings, log).retry(false, [this](const std::string& id, Outcome outcome) {
        metrics.retried_mail(outcome == Outcome::sent ? "sent" : "refused");
        records.set_outcome(id, outcome);
      });
      records.shorten_journal();
      if (Clock::now() < next_purge) return;
      records.purge(std::chrono::system_clock::now());
      WaitingUploads(settings).sweep();
      next_purge = Clock::now() + kPurge;
    } catch (const std::exception& error) {
      log.error("outbox", {{"error", error.what()}});
    }
  }

  Settings settings;
  Metrics& metrics;
  mail::Log log;
  SubmissionRecords records;
  Clock::time_point next_purge{};
  Thread mails;  // behind what they use
  Thread webhooks;
};

OutboxKeeper::OutboxKeeper(const Settings& settings, Metrics& metrics, const mail::Log& log)
    : threads_(std::make_unique<Threads>(settings, metrics, log)) {}

OutboxKeeper::~OutboxKeeper() = default;

}  // namespace formmail
