#include "cgi-bin/form/composed_kana.h"

using formmail::composed_kana;

TEST_CASE("kana and the mark behind them are one character") {
  const std::vector<std::pair<std::string, std::string>> voiced = {
      {"かきくけこさしすせそたちつてと", "がぎぐげござじずぜぞだぢづでど"},
      {"はひふへほうゝ", "ばびぶべぼゔゞ"},
      {"カキクケコサシスセソタチツテト", "ガギグゲゴザジズゼゾダヂヅデド"},
      {"ハヒフヘホウワヰヱヲヽ", "バビブベボヴヷヸヹヺヾ"},
  };
  const std::vector<std::pair<std::string, std::string>> semi_voiced = {{"はひふへほ", "ぱぴぷぺぽ"},
                                                                        {"ハヒフヘホ", "パピプペポ"}};
  const auto check = [](const auto& table, const std::string& mark) {
    constexpr std::size_t kKana = 3;  // bytes
    for (const auto& [plain, composed] : table) {
      REQUIRE(plain.size() == composed.size());
      std::string apart;
      for (std::size_t at = 0; at < plain.size(); at += kKana) apart += plain.substr(at, kKana) + mark;
      CHECK(composed_kana(apart) == composed);
    }
  };
  check(voiced, "\u3099");
  check(semi_voiced, "\u309A");
}

TEST_CASE("what has no such character stays as it is") {
  for (const std::string text : {"", "がガ神", "あ\u3099", "ち\u309A", "っ\u3099", "ー\u3099", "a\u309A",
                                 "\u3099", "\u3099\u3099", "が\u3099"}) {
    CHECK(composed_kana(text) == text);
  }
  CHECK(composed_kana("か\u3099\u3099と") == "が\u3099と");
  CHECK(composed_kana("\u795Eは\u309A\xFF") == "\u795Eぱ\xFF");
  CHECK(composed_kana("\uFA19か\u3099") == "\uFA19が");
}
