#include "cgi-bin/webhook/webhook.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <system_error>

#include "cgi-bin/mailing/outbox.h"
#include "mail/config.h"
#include "mail/file_descriptor.h"

namespace formmail {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using std::chrono::system_clock;

/// A visitor waits for this one.
constexpr std::chrono::seconds kFirstTry{3};
constexpr std::chrono::hours kGiveUpAfter{5 * 24};
constexpr int kGone = 410;

std::string as_text(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

std::string utc(system_clock::time_point time) {
  const std::time_t seconds = system_clock::to_time_t(time);
  std::tm fields{};
  ::gmtime_r(&seconds, &fields);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &fields);
  return text.data();
}

/// A minute, then twice as long each time, up to two hours.
std::chrono::minutes pause_after(int attempts) {
  return std::min(std::chrono::minutes(1 << std::min(attempts - 1, 7)), std::chrono::minutes(120));
}

void fail(const fs::path& path) { throw std::system_error(errno, std::generic_category(), path.string()); }

}  // namespace

struct Webhooks::Waiting {
  std::string id;
  std::string site;
  std::string profile;
  std::string body;
  system_clock::time_point submitted;
  int attempts = 0;
};

std::string hook_body(const Site& site, const Profile& profile, const Submission& submission) {
  json fields = json::array();
  for (const SubmittedField& field : submission.fields) {
    fields.push_back({{"name", field.name}, {"label", field.label}, {"value", field.value}});
  }
  json files = json::array();
  for (const SubmittedFile& file : submission.files) {
    files.push_back({{"field", file.field},
                     {"label", file.label},
                     {"name", file.file_name},
                     {"type", file.media_type},
                     {"size", file.bytes.size()}});
  }
  return as_text({{"id", submission.id},
                  {"site", site.name},
                  {"profile", profile.name},
                  {"time", utc(submission.time)},
                  {"language", submission.language},
                  {"page", submission.page_url},
                  {"client", submission.client_address},
                  {"fields", fields},
                  {"files", files}});
}

Webhooks::Webhooks(const Settings& settings, const mail::Log& log) : settings_(settings), log_(log) {}

void Webhooks::deliver(const Site& site, const Profile& profile, const Submission& submission) const {
  if (!profile.webhook) return;
  try {
    const Waiting waiting{submission.id,   site.name, profile.name, hook_body(site, profile, submission),
                          submission.time, 0};
    store(waiting);
    const mail::FileDescriptor lock(::open((folder() / waiting.id).c_str(), O_RDONLY | O_CLOEXEC));
    if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) return;  // a retry is at it
    attempt(waiting, std::min(kFirstTry, std::chrono::seconds(settings_.webhook_timeout_seconds)));
  } catch (const std::exception& error) {
    log_.error("webhook", {{"id", submission.id}, {"site", site.name}, {"error", error.what()}});
  }
}

/// Calls the hook. What is done with is removed, the rest is stored for its next time. True where done.
bool Webhooks::attempt(const Waiting& waiting, std::chrono::seconds timeout) const {
  const fs::path file = folder() / waiting.id;
  const Site site = Site::read(settings_.sites_directory / (waiting.site + ".toml"));
  const auto profile = site.profiles.find(waiting.profile);
  if (profile == site.profiles.end() || !profile->second.webhook) {
    log_.warning("webhook", {{"id", waiting.id}, {"site", waiting.site}, {"dropped", "no longer set up"}});
    fs::remove(file);
    return true;
  }
  const Webhook& hook = *profile->second.webhook;
  const HookPolicy policy{settings_.webhook_allowed_networks, settings_.webhook_certificates, timeout};
  const HookAnswer answer =
      call_hook(HookUrl::parse(hook.url).value(), waiting.id, hook.secret, waiting.body, policy);
  const bool too_old = system_clock::now() - waiting.submitted > kGiveUpAfter;
  if (answer.accepted() || answer.status == kGone || too_old) {
    const auto fields = {mail::LogField("id", waiting.id), mail::LogField("site", waiting.site),
                         mail::LogField("profile", waiting.profile), mail::LogField("status", answer.status)};
    if (answer.accepted()) log_.info("webhook", fields);
    if (!answer.accepted()) log_.error("webhook-given-up", fields);
    fs::remove(file);
    return true;
  }
  log_.warning("webhook-waits", {{"id", waiting.id},
                                 {"site", waiting.site},
                                 {"profile", waiting.profile},
                                 {"status", answer.status},
                                 {"reason", answer.reason}});
  Waiting later = waiting;
  ++later.attempts;
  store(later);
  return false;
}

void Webhooks::store(const Waiting& waiting) const {
  fs::create_directories(folder());
  const fs::path file = folder() / waiting.id;
  const fs::path fresh = folder() / ("." + waiting.id + "." + std::to_string(::getpid()));
  const std::string bytes = as_text({{"site", waiting.site},
                                     {"profile", waiting.profile},
                                     {"submitted", system_clock::to_time_t(waiting.submitted)},
                                     {"attempts", waiting.attempts},
                                     {"body", waiting.body}});
  const mail::FileDescriptor descriptor(
      ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!descriptor) fail(fresh);
  const auto next = system_clock::now() + pause_after(std::max(waiting.attempts, 1));
  const std::array<timespec, 2> times{timespec{system_clock::to_time_t(next), 0},
                                      timespec{system_clock::to_time_t(next), 0}};
  const bool written =
      ::write(descriptor.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size());
  if (!written || ::futimens(descriptor.get(), times.data()) != 0 || ::fsync(descriptor.get()) != 0 ||
      ::rename(fresh.c_str(), file.c_str()) != 0) {
    const int error = written ? errno : ENOSPC;
    ::unlink(fresh.c_str());
    errno = error;
    fail(file);
  }
  const mail::FileDescriptor directory(::open(folder().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory || ::fsync(directory.get()) != 0) fail(folder());
}

std::size_t Webhooks::retry(bool all) const {
  std::size_t waiting_count = 0;
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder(), error)) files.push_back(entry.path());
  for (const fs::path& file : files) {
    const std::string id = file.filename().string();
    struct stat status {};
    if (!is_outbox_id(id) || ::stat(file.c_str(), &status) != 0) continue;
    ++waiting_count;
    if (!all && system_clock::from_time_t(status.st_mtime) > system_clock::now()) continue;
    const mail::FileDescriptor lock(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!lock || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) continue;  // another process is at it
    struct stat locked {};
    const bool settled = ::fstat(lock.get(), &locked) != 0 || ::stat(file.c_str(), &status) != 0 ||
                         locked.st_ino != status.st_ino;
    if (settled) continue;  // another process was at it
    try {
      std::ifstream stream(file, std::ios::binary);
      const json read = json::parse(std::string{std::istreambuf_iterator<char>(stream), {}});
      const Waiting waiting{id,
                            read.at("site"),
                            read.at("profile"),
                            read.at("body"),
                            system_clock::from_time_t(read.at("submitted").get<std::time_t>()),
                            read.at("attempts")};
      if (attempt(waiting, std::chrono::seconds(settings_.webhook_timeout_seconds))) --waiting_count;
    } catch (const std::exception& mistake) {
      log_.error("webhook", {{"id", id}, {"error", mistake.what()}});
    }
  }
  return waiting_count;
}

}  // namespace formmail
