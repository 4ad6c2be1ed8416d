#include "mail/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

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
    logger.set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %n: %v");
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
