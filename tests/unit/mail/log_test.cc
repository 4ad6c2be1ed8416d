#include "mail/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace {

/// What is written to standard error while it lives.
class StandardError {
 public:
  StandardError() : file_(std::tmpfile()), before_(::dup(STDERR_FILENO)) {
    ::dup2(::fileno(file_), STDERR_FILENO);
  }
  ~StandardError() {
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    std::fclose(file_);
  }
  /// As systemd names it in JOURNAL_STREAM.
  std::string stream() const {
    struct stat status {};
    ::fstat(::fileno(file_), &status);
    return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
  }
  std::string text() const {
    std::string text(10000, '\0');
    text.resize(static_cast<std::size_t>(::pread(::fileno(file_), text.data(), text.size(), 0)));
    return text;
  }

 private:
  std::FILE* file_;
  int before_;
};

std::string logged(const std::function<std::string(const StandardError&)>& journal_stream) {
  const StandardError standard_error;
  const std::string stream = journal_stream(standard_error);
  ::setenv("JOURNAL_STREAM", stream.c_str(), 1);
  const mail::Log log("program", mail::LogLevel::debug);
  ::unsetenv("JOURNAL_STREAM");
  log.debug("d");
  log.info("i");
  log.warning("w", {{"key", "<3>"}});
  log.error("e");
  return standard_error.text();
}

}  // namespace

TEST_CASE("lines for journald begin with their priority, and no others do") {
  const std::string journal = logged([](const StandardError& own) { return own.stream(); });
  CHECK_THAT(journal, Catch::Matchers::Matches(
                          "<7>2[^\n]* debug program: d\n<6>2[^\n]* info program: i\n"
                          "<4>2[^\n]* warning program: w key=<3>\n<3>2[^\n]* error program: e\n"));
  const std::string plain = logged([](const StandardError&) { return "1:1"; });
  CHECK_THAT(plain, Catch::Matchers::Matches("2[^\n]* debug program: d\n2(.|\n)*"));
}

TEST_CASE("a plain value stands bare, all else is quoted and escaped") {
  CHECK(mail::log_value("clean") == "clean");
  CHECK(mail::log_value("") == "\"\"");
  CHECK(mail::log_value("a b=c") == "\"a b=c\"");
  CHECK(mail::log_value("say \"hi\" \\") == "\"say \\\"hi\\\" \\\\\"");
  CHECK(mail::log_value("a\r\nerror forged: x=1\x1b[2J") == "\"a\\x0d\\x0aerror forged: x=1\\x1b[2J\"");
  CHECK(mail::log_value("請求書.zip") == "\"請求書.zip\"");
  CHECK(mail::log_value("\x90\xbf") == "\"\\x90\\xbf\"");
  CHECK(mail::log_value("a\xe2\x80\xae"
                        "b") == "\"a\\xe2\\x80\\xaeb\"");
}
