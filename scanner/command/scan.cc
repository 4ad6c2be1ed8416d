#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <nlohmann/json.hpp>
#include <system_error>

#include "mail/log.h"
#include "scanner/command/command.h"
#include "scanner/command/exit_status.h"
#include "scanner/command/scan_run.h"
#include "scanner/edited_message.h"

namespace scanner {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::uint64_t kMostMessageBytes = std::uint64_t{1} << 30;

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// The whole of `fd` as a sealed memfd. Throws UsageError if it can't be read.
mail::FileDescriptor read_message(int fd, const std::string& name) {
  mail::FileDescriptor memfd(::memfd_create("message", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memfd) throw_errno("memfd_create");
  std::string buffer(std::size_t{256} * 1024, '\0');
  while (true) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw UsageError(name + ": " + std::generic_category().message(errno));
    if (got == 0) break;
    write_all(memfd.get(), std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
  }
  seal(memfd.get());
  return memfd;
}

mail::FileDescriptor read_message(const fs::path& file) {
  if (file == "-") return read_message(STDIN_FILENO, "standard input");
  const mail::FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw UsageError(file.string() + ": " + std::generic_category().message(errno));
  return read_message(fd.get(), file.string());
}

int status_of(Verdict verdict) {
  if (verdict == Verdict::error) return kExitTempFail;
  return verdict == Verdict::clean ? kExitOk : kExitChanged;
}

json json_of(const ScanResult& result, const std::string& engine) {
  json parts = json::array();
  for (const PartReport& part : result.parts) {
    json entry = {{"path", part.path}, {"type", part.type}, {"name", part.name}, {"size", part.size}};
    if (!part.reading.empty()) entry["reading"] = part.reading;
    parts.push_back(std::move(entry));
  }
  json findings = json::array();
  for (const Finding& finding : result.findings) {
    findings.push_back({{"virus", finding.virus}, {"file", finding.file}, {"action", name(finding.action)}});
  }
  json all = {{"status", status_of(result.verdict)},
              {"verdict", name(result.verdict)},
              {"engine", engine},
              {"parts", std::move(parts)},
              {"findings", std::move(findings)}};
  if (!result.unscannable.empty()) all["unscannable"] = result.unscannable;
  if (!result.reason.empty()) all["reason"] = result.reason;
  return all;
}

std::string line_of(const json& object) {
  return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

void print_findings(const ScanResult& result) {
  for (const Finding& finding : result.findings) {
    std::cerr << "virus=" << mail::log_value(finding.virus) << " file=" << mail::log_value(finding.file)
              << " action=" << name(finding.action) << '\n';
  }
  for (const std::string& reason : result.unscannable) {
    std::cerr << "unscannable=" << mail::log_value(reason) << '\n';
  }
  if (!result.reason.empty()) std::cerr << "reason=" << mail::log_value(result.reason) << '\n';
}

/// A worker's answer is believed only so far as it can be: what does not fit the message is an error.
EditedMessage edited(const mail::FileDescriptor& original, ScanResult& result) {
  EditedMessage message{result.top, std::move(result.cut), std::move(result.changed)};
  if (fits(message, original.get())) return message;
  result = ScanResult();
  result.reason = "worker: answer does not fit the message";
  return {};
}

int scan_one(const ScanOptions& options, ScanRun& run, mail::FileDescriptor memfd) {
  int status = kExitTempFail;
  std::optional<ScanRun::Message> only{{options.file.string(), std::move(memfd)}};
  run.run([&] { return std::exchange(only, std::nullopt); },
          [&](const ScanRun::Message& message, ScanResult result) {
            const EditedMessage after = edited(message.memfd, result);
            status = status_of(result.verdict);
            if (status != kExitTempFail && result.verdict != Verdict::rejected) {
              write_edited(after, message.memfd.get(), STDOUT_FILENO);
            }
            if (options.as_json) {
              std::cerr << line_of(json_of(result, run.version())) << '\n';
            } else {
              print_findings(result);
            }
          });
  return status;
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_regular_file()) files.push_back(entry->path().lexically_relative(folder));
  }
  if (error) throw UsageError(folder.string() + ": " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

void write_result(const fs::path& file, const EditedMessage& after, int original) {
  fs::create_directories(file.parent_path());
  const mail::FileDescriptor out(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!out) throw UsageError(file.string() + ": " + std::generic_category().message(errno));
  write_edited(after, original, out.get());
}

int scan_batch(const ScanOptions& options, ScanRun& run) {
  const std::vector<fs::path> files = files_below(options.batch);
  auto file = files.begin();
  int status = kExitOk;
  run.run(
      [&]() -> std::optional<ScanRun::Message> {
        if (file == files.end()) return std::nullopt;
        const fs::path name = *file++;
        return ScanRun::Message{name.string(), read_message(options.batch / name)};
      },
      [&](const ScanRun::Message& message, ScanResult result) {
        const EditedMessage after = edited(message.memfd, result);
        if (status_of(result.verdict) == kExitTempFail) {
          status = kExitTempFail;
        } else if (!options.output.empty() && result.verdict != Verdict::rejected) {
          write_result(options.output / message.key, after, message.memfd.get());
        }
        json object = json_of(result, run.version());
        object["file"] = message.key;
        std::cout << line_of(object) << std::endl;
      });
  return status;
}

}  // namespace

int run_scan(const ScanOptions& options) {
  const Settings settings = settings_of(options.common);
  if (!options.batch.empty()) {
    if (!fs::is_directory(options.batch)) throw UsageError(options.batch.string() + ": no folder");
    ScanRun run(settings, worker_count(settings.scanner));
    return scan_batch(options, run);
  }
  mail::FileDescriptor memfd = read_message(options.file);
  if (sealed_size(memfd.get()).value_or(0) > kMostMessageBytes) throw UsageError("message over 1 GB");
  ScanRun run(settings, 1);
  return scan_one(options, run, std::move(memfd));
}

}  // namespace scanner
