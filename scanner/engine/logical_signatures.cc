// libclamav judges each logical signature, "(0&1)|2", at the end of every scan, and a small mail is five
// scans of the general or a special set: reading the expression's text through its recursion, character by
// character, was a quarter of a worker's time on small mail. Nearly always no part of a signature was found.
// So the program has the function that judges one, which the dynamic linker gives to libclamav: one pass
// tells whether an expression can hold without any of its parts; only if it might, libclamav's own judges it.
//
// The function is none of libclamav's published interface. It has had this form since 2010; in a version that
// nobody has looked at, its own is called each time.
#include <clamav.h>
#include <dlfcn.h>

#include <cstdint>
#include <string_view>

namespace {

using Judge = int (*)(const char* expression, const char* end, std::uint32_t* counts, unsigned* count,
                      std::uint64_t* ids, unsigned parse_only);

constexpr std::uint32_t kMostParts = 64;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Whether the expression is false whatever its form: none of the parts that it names was found, and no "<n"
/// or "=0" makes that a condition.
bool is_surely_false(std::string_view expression, const std::uint32_t* counts) {
  for (std::size_t at = 0; at < expression.size();) {
    const char c = expression[at++];
    if (c == '&' || c == '|' || c == '(' || c == ')') continue;
    if (c == '>' || (c == '=' && at < expression.size() && expression[at] != '0')) {
      while (at < expression.size() && (is_digit(expression[at]) || expression[at] == ',')) ++at;
      continue;
    }
    if (!is_digit(c)) return false;
    std::uint32_t part = static_cast<std::uint32_t>(c - '0');
    while (at < expression.size() && is_digit(expression[at]) && part < kMostParts) {
      part = 10 * part + static_cast<std::uint32_t>(expression[at++] - '0');
    }
    if (part >= kMostParts || counts[part] != 0) return false;
  }
  return true;
}

bool is_known_version() { return std::string_view(cl_retver()).starts_with("1.4."); }

}  // namespace

extern "C" {

int judge_of_this_program(const char* expression, const char* end, std::uint32_t* counts, unsigned* count,
                          std::uint64_t* ids, unsigned parse_only) asm("cli_ac_chklsig");

int judge_of_this_program(const char* expression, const char* end, std::uint32_t* counts, unsigned* count,
                          std::uint64_t* ids, unsigned parse_only) {
  static const auto of_libclamav = reinterpret_cast<Judge>(::dlsym(RTLD_NEXT, "cli_ac_chklsig"));
  static const bool known = is_known_version();
  if (known && parse_only == 0 &&
      is_surely_false({expression, static_cast<std::size_t>(end - expression)}, counts)) {
    return 0;
  }
  return of_libclamav(expression, end, counts, count, ids, parse_only);
}
}
