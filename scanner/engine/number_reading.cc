// libclamav reads the numbers of a logical signature's expression, "(0&1)|2", anew whenever it judges one
// (those that logical_signatures.cc leaves to it), with sscanf. glibc's sscanf makes a stream of the text for
// that and takes the length of all that is left of it: when every signature was read so, that was 38 % of the
// processor time of a worker on small mails, and the time of a long expression grows with the square of its
// length. Nothing in libclamav's settings leaves it out. So the program has a sscanf of its own, which the
// dynamic linker gives to libclamav: a plain number is read here, and everything else by glibc.
#include <cstdarg>
#include <string_view>

namespace {

constexpr int kMostDigits = 9;  // any number of so many fits

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

extern "C" {

int glibc_vsscanf(const char* text, const char* format, std::va_list values) asm("vsscanf");
int sscanf_of_this_program(const char* text, const char* format, ...) asm("sscanf");

int sscanf_of_this_program(const char* text, const char* format, ...) {
  std::va_list values;
  va_start(values, format);
  unsigned number = 0;
  int digits = 0;
  while (digits < kMostDigits && is_digit(text[digits])) {
    number = 10 * number + static_cast<unsigned>(text[digits++] - '0');
  }
  int read = 1;
  if (digits > 0 && !is_digit(text[digits]) && std::string_view(format) == "%u") {
    *va_arg(values, unsigned*) = number;
  } else {
    read = glibc_vsscanf(text, format, values);
  }
  va_end(values);
  return read;
}
}
