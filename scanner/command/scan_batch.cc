#include "scanner/command/scan_batch.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iostream>
#include <system_error>

#include "scanner/command/exit_status.h"
#include "scanner/command/scan_file.h"
#include "scanner/command/scan_report.h"
#include "scanner/command/scan_run.h"

namespace scanner {

namespace {

namespace fs = std::filesystem;

[[noreturn]] void throw_errno(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code gone;
    if (entry->is_regular_file(gone)) files.push_back(entry->path().lexically_relative(folder));
  }
  if (error) throw UsageError(folder.string() + ": " + error.message());
  std::sort(files.begin(), files.end());
  return files;
}

/// Throws UsageError where such a folder can't be, std::system_error where there is no room.
void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error && fs::is_directory(folder)) return;
  if (!error) error = std::make_error_code(std::errc::not_a_directory);
  if (error.value() == ENOSPC || error.value() == EDQUOT) throw std::system_error(error, folder.string());
  throw UsageError(folder.string() + ": " + error.message());
}

void write_result(const fs::path& file, const EditedMessage& after, int original) {
  make_folder(file.parent_path());
  const mail::FileDescriptor out(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!out) throw_errno(file.string());
  try {
    write_edited(after, original, out.get());
  } catch (const std::system_error&) {
    ::unlink(file.c_str());  // half a message must not pass for one
    throw;
  }
}

/// A folder of messages, scanned by all workers. A file that can't be read, or whose result can't be written,
/// has its own line and holds up no other.
class Batch {
 public:
  Batch(const ScanOptions& options, const Settings& settings)
      : options_(options),
        files_(files_below(options.batch)),
        run_(settings, worker_count(settings.scanner)) {}

  int run() {
    print_choice(run_.signatures());
    run_.run([this] { return next(); }, [this](const ScanRun::Message& message,
                                               ScanResult result) { finish(message, std::move(result)); });
    return status_;
  }

 private:
  std::optional<ScanRun::Message> next() {
    while (file_ < files_.size() && std::cout) {
      const std::string name = files_[file_++].string();
      try {
        return ScanRun::Message{name, read_message(options_.batch / name)};
      } catch (const std::exception& error) {
        fail(name, error);
      }
    }
    return std::nullopt;
  }

  void finish(const ScanRun::Message& message, ScanResult result) {
    try {
      const EditedMessage after = edited(message.memfd, result);
      if (has_message(result) && !options_.output.empty()) {
        write_result(options_.output / message.key, after, message.memfd.get());
      }
      report(message.key, result);
    } catch (const std::exception& error) {
      fail(message.key, error);
    }
  }

  void fail(const std::string& name, const std::exception& error) {
    ScanResult result;
    result.reason = error.what();
    report(name, result);
  }

  void report(const std::string& name, const ScanResult& result) {
    if (status_of(result.verdict) == kExitTempFail) status_ = kExitTempFail;
    std::cout << json_report(result, {run_.version(), run_.signatures()}, name) << '\n' << std::flush;
  }

  const ScanOptions& options_;
  std::vector<fs::path> files_;
  std::size_t file_ = 0;
  int status_ = kExitOk;
  ScanRun run_;
};

}  // namespace

int scan_batch(const ScanOptions& options, const Settings& settings) {
  if (!fs::is_directory(options.batch)) throw UsageError(options.batch.string() + ": no folder");
  if (!options.output.empty()) {
    make_folder(options.output);
    if (fs::equivalent(options.batch, options.output)) {
      throw UsageError("--output: the messages themselves would be overwritten");
    }
  }
  return Batch(options, settings).run();
}

}  // namespace scanner
