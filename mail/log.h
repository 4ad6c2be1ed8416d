#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace mail {

enum class LogLevel { debug, info, warning, error };

/// One `key=value` of a log line.
struct LogField {
  LogField(std::string_view field_key, std::string_view text) : key(field_key), value(text) {}
  LogField(std::string_view field_key, const char* text) : key(field_key), value(text) {}
  LogField(std::string_view field_key, const std::string& text) : key(field_key), value(text) {}
  LogField(std::string_view field_key, long long number) : key(field_key), value(std::to_string(number)) {}
  LogField(std::string_view field_key, unsigned long number)
      : key(field_key), value(std::to_string(number)) {}
  LogField(std::string_view field_key, long number) : key(field_key), value(std::to_string(number)) {}
  LogField(std::string_view field_key, int number) : key(field_key), value(std::to_string(number)) {}
  LogField(std::string_view field_key, unsigned number) : key(field_key), value(std::to_string(number)) {}
  std::string key;
  std::string value;
};

/// Structured lines on standard error, for journald or a terminal:
///
///     2026-11-21T19:00:00.123+09:00 info scanrelay: message id=4f2a verdict=clean size=4096
///
/// A value with blanks, quotes, `=` or control characters is quoted; control characters and bytes that are no
/// UTF-8 are written as \xNN, so a stranger's text can neither forge a line nor reach a terminal. Under
/// journald a line begins with its priority, <4>, so that `journalctl -p warning` finds the warnings.
/// Copies share the sink. Safe from several threads.
class Log {
 public:
  explicit Log(std::string program, LogLevel least = LogLevel::info);

  void debug(std::string_view event, std::initializer_list<LogField> fields = {}) const;
  void info(std::string_view event, std::initializer_list<LogField> fields = {}) const;
  void warning(std::string_view event, std::initializer_list<LogField> fields = {}) const;
  void error(std::string_view event, std::initializer_list<LogField> fields = {}) const;

 private:
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) const;
  struct Sink;
  std::shared_ptr<Sink> sink_;
};

/// `value` as it stands behind `key=` in a log line.
std::string log_value(std::string_view value);

}  // namespace mail
