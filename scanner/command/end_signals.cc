#include "scanner/command/end_signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace scanner {

EndSignals::EndSignals() {
  sigset_t ending;
  ::sigemptyset(&ending);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&ending, signal);
  ::sigprocmask(SIG_BLOCK, &ending, &before_);
  signals_.reset(::signalfd(-1, &ending, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) throw std::system_error(errno, std::generic_category(), "signalfd");
}

EndSignals::~EndSignals() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }

void EndSignals::wait(std::vector<pollfd>& descriptors) const {
  descriptors.push_back({signals_.get(), POLLIN, 0});
  ::poll(descriptors.data(), descriptors.size(), -1);
  descriptors.pop_back();
  signalfd_siginfo came{};
  if (::read(signals_.get(), &came, sizeof came) == sizeof came) {
    throw Interrupted{static_cast<int>(came.ssi_signo)};  // NOLINT: not an error
  }
}

}  // namespace scanner
