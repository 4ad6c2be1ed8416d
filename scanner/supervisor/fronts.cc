#include "scanner/supervisor/fronts.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

#include "mail/smtp/next_hop_url.h"
#include "scanner/command/exit_status.h"
#include "scanner/front/front_process.h"
#include "scanner/process.h"

namespace scanner {

namespace {

/// The front may not be allowed to make a folder where state is kept. Where this fails, the front says why.
void make_folders(const Settings& settings) {
  const mail::NextHopUrl next_hop = mail::parse_next_hop_url(settings.next_hop.deliver);
  std::vector<std::filesystem::path> folders = {settings.quarantine.directory};
  if (next_hop.scheme == mail::NextHopUrl::Scheme::maildir) folders.emplace_back(next_hop.path);
  for (const std::filesystem::path& folder : folders) {
    if (!folder.empty() && ::mkdir(folder.c_str(), 0700) == 0) give_to_user(folder, settings.process.user);
  }
}

}  // namespace

bool Fronts::can_start(const Settings& settings) {
  make_folders(settings);
  const pid_t pid = fork_process("sr-front", {}, [&] { return try_front(settings); });
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) continue;
  return WIFEXITED(status) && WEXITSTATUS(status) == kExitOk;
}

void Fronts::start(const Settings& settings, const std::vector<Listener>& listeners) {
  auto [mine, its] = Channel::pair();
  FrontSetup setup;
  setup.settings = settings;
  setup.restarts = restarts_;
  make_folders(settings);
  std::vector<int> keep = {its.fd()};
  for (const Listener& listener : listeners) {
    setup.listeners.push_back({listener.socket.get(), listener.kind});
    keep.push_back(listener.socket.get());
  }
  const Channel& kept = its;
  serving_.pid = fork_process("sr-front", keep, [&] { return run_front(kept, setup); });
  serving_.channel = std::move(mine);
  serving_.channel.set_non_blocking();
  serving_.pulse = {};
  restart_.note_start();
}

void Fronts::retire() {
  if (!running()) return;
  drain();
  draining_.push_back(std::move(serving_));
  serving_ = {};
}

void Fronts::tell(ToFront message) const {
  if (running()) send<ToFront>(serving_.channel, message);
}

std::optional<FromFront> Fronts::hear() {
  if (!running()) return std::nullopt;
  try {
    const Arrival<FromFront> arrival = receive<FromFront>(serving_.channel);
    // It ends, or it only closed the channel: then it must end.
    if (arrival.what == Channel::Received::end) ::kill(serving_.pid, SIGKILL);
    if (arrival.message) serving_.pulse.answered();
    return arrival.message;
  } catch (const ChannelError& error) {
    log_.error("front sent garbage", {{"error", error.what()}});
    ::kill(serving_.pid, SIGKILL);
    return std::nullopt;
  }
}

void Fronts::check_pulse() {
  if (!running()) return;
  if (serving_.pulse.due(Pulse::Clock::now())) tell(Ping{});
  if (!serving_.pulse.lost()) return;
  log_.error("front hangs");
  serving_.pulse = {};
  ::kill(serving_.pid, SIGKILL);
}

bool Fronts::note_end(pid_t pid) {
  std::erase_if(draining_, [&](const Child& front) { return front.pid == pid; });
  if (pid != serving_.pid) return false;
  serving_ = {};
  return true;
}

void Fronts::note_failure() {
  restart_.note_end();
  ++restarts_;
}

}  // namespace scanner
