// Logical signatures are judged by this program (scanner/engine/logical_signatures.cc): as libclamav judges
// them.
#include <clamav.h>
#include <dlfcn.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace {

using Judge = int (*)(const char*, const char*, std::uint32_t*, unsigned*, std::uint64_t*, unsigned);

/// As libclamav finds it, and libclamav's own.
Judge by_this_program() { return reinterpret_cast<Judge>(::dlsym(RTLD_DEFAULT, "cli_ac_chklsig")); }
Judge by_libclamav() { return reinterpret_cast<Judge>(::dlsym(RTLD_NEXT, "cli_ac_chklsig")); }

struct Judgement {
  int value;
  unsigned count = 0;
  std::uint64_t ids = 0;
  bool operator==(const Judgement&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Judgement& judgement) {
  return out << judgement.value << ", " << judgement.count << ", " << judgement.ids;
}

Judgement ask(Judge judge, const std::string& expression, std::vector<std::uint32_t> counts,
              unsigned parse_only) {
  Judgement judgement{};
  judgement.value = judge(expression.data(), expression.data() + expression.size(), counts.data(),
                          &judgement.count, &judgement.ids, parse_only);
  return judgement;
}

/// Expressions as signatures have them, from a seed.
class Expressions {
 public:
  explicit Expressions(unsigned seed) : random_(seed) {}

  std::string next(int depth) {
    if (depth == 0 || one_of(3) == 0)
      return std::to_string(one_of(2) == 0 ? one_of(4) : one_of(64)) + modifier();
    std::string joined = next(depth - 1);
    for (int more = 1 + one_of(2); more > 0; --more) joined += (one_of(2) == 0 ? "&" : "|") + next(depth - 1);
    return one_of(2) == 0 ? joined : "(" + joined + ")" + modifier();
  }

  std::vector<std::uint32_t> counts() {
    std::vector<std::uint32_t> counts(64);
    if (one_of(2) == 0) return counts;
    for (std::uint32_t& count : counts) count = one_of(4) == 0 ? static_cast<std::uint32_t>(one_of(4)) : 0;
    return counts;
  }

 private:
  int one_of(int choices) { return static_cast<int>(random_() % static_cast<unsigned>(choices)); }
  std::string modifier() {
    if (one_of(3) != 0) return "";
    const std::string compared = std::string(1, "<>="[one_of(3)]) + std::to_string(one_of(3));
    return one_of(3) == 0 ? compared + "," + std::to_string(one_of(3)) : compared;
  }

  std::mt19937 random_;
};

}  // namespace

TEST_CASE("libclamav gets this program's judge of logical signatures") {
  REQUIRE(by_libclamav() != nullptr);
  REQUIRE(by_this_program() != by_libclamav());
  Dl_info found{};
  REQUIRE(::dladdr(reinterpret_cast<void*>(by_libclamav()), &found) != 0);
  CHECK(std::string(found.dli_fname).find("libclamav") != std::string::npos);
}

TEST_CASE("A logical signature is judged as libclamav judges it") {
  Expressions expressions(1);
  int true_ones = 0;
  for (int i = 0; i < 50000; ++i) {
    const std::string expression = expressions.next(3);
    const std::vector<std::uint32_t> counts = expressions.counts();
    for (const unsigned parse_only : {0U, 1U}) {
      const Judgement own = ask(by_this_program(), expression, counts, parse_only);
      const Judgement theirs = ask(by_libclamav(), expression, counts, parse_only);
      if (!(own == theirs)) {
        INFO(expression);
        CHECK(own == theirs);
      }
      if (parse_only == 0 && own.value == 1) ++true_ones;
    }
  }
  CHECK(true_ones > 5000);
}

TEST_CASE("A logical signature that holds without any of its parts is judged by libclamav") {
  for (const char* const expression :
       {"0=0", "0<1", "(0|1)=0", "(0&1)<2", "1=0|5", "(0=0)&(1<3)", "0=0,0", "7=00"}) {
    const Judgement own = ask(by_this_program(), expression, std::vector<std::uint32_t>(64), 0);
    INFO(expression);
    CHECK(own == ask(by_libclamav(), expression, std::vector<std::uint32_t>(64), 0));
  }
  CHECK(ask(by_this_program(), "0=0", std::vector<std::uint32_t>(64), 0).value == 1);
}
