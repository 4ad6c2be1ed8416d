#include "mail/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "mail/utf8.h"

namespace mail {

namespace {

bool stands_bare(std::string_view value) {
  if (value.empty()) return false;
  for (const unsigned char c : value) {
    if (c <= ' ' || c >= 0x7f || c == '"' || c == '=' || c == '\\') return false;
  }
  return true;
}

void append_escaped(std::string& line, unsigned char byte) {
  constexpr char digits[] = "0123456789abcdef";
  line += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
}

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// Whether standard error is journald's (systemd.exec(5), JOURNAL_STREAM), which takes every line for one of
/// the same priority unless it begins with "<4>" (sd-daemon(3)).
bool is_read_by_journald() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

/// The priority of syslog(3), as journald reads it.
class Priority : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& line) override {
    const char digit = message.level >= spdlog::level::err    ? '3'
                       : message.level == spdlog::level::warn ? '4'
                       : message.level == spdlog::level::info ? '6'
                                                              : '7';
    for (const char c : {'<', digit, '>'}) line.push_back(c);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<Priority>(); }
};

}  // namespace

std::string log_value(std::string_view value) {
  if (stands_bare(value)) return std::string(value);
  std::string out = "\"";
  while (!value.empty()) {
    const Utf8Char c = first_utf8_char(value);
    const std::string_view bytes = value.substr(0, c.length);
    value.remove_prefix(c.length);
    if (!c.valid || is_control_or_bidi(c.code_point)) {
      for (const char byte : bytes) append_escaped(out, static_cast<unsigned char>(byte));
    } else {
      if (bytes == "\"" || bytes == "\\") out += '\\';
      out += bytes;
    }
  }
  return out + "\"";
}

struct Log::Sink {
  explicit Sink(std::string program)
      : logger(std::move(program), std::make_shared<spdlog::sinks::stderr_sink_mt>()) {
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    const std::string priority = is_read_by_journald() ? "%*" : "";
    formatter->add_flag<Priority>('*').set_pattern(priority + "%Y-%m-%dT%H:%M:%S.%e%z %l %n: %v");
    logger.set_formatter(std::move(formatter));
  }
  spdlog::logger logger;
};

Log::Log(std::string program, LogLevel least) : sink_(std::make_shared<Sink>(std::move(program))) {
  sink_->logger.set_level(spdlog_level(least));
}

void Log::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) const {
  if (!sink_->logger.should_log(spdlog_level(level))) return;
  std::string line(event);
  for (const LogField& field : fields)
    line.append(" ").append(field.key).append("=").append(log_value(field.value));
  sink_->logger.log(spdlog_level(level), "{}", line);
}

void Log::debug(std::string_view event, std::initializer_list<LogField> fields) const {
  write(LogLevel::debug, event, fields);
}
void Log::info(std::string_view event, std::initializer_list<LogField> fields) const {
  write(LogLevel::info, event, fields);
}
void Log::warning(std::string_view event, std::initializer_list<LogField> fields) const {
  write(LogLevel::warning, event, fields);
}
void Log::error(std::string_view event, std::initializer_list<LogField> fields) const {
  write(LogLevel::error, event, fields);
}

}  // namespace mail
