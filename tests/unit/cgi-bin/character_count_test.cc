#include "cgi-bin/form/character_count.h"

using formmail::count_characters;

TEST_CASE("characters are counted as people count them") {
  const std::vector<std::pair<std::string, std::size_t>> rows = {
      {"", 0},
      {"abc", 3},
      {"太郎", 2},
      {"a\nb", 3},
      {"ｶﾞｷﾞ", 4},
      {"が", 1},
      {"か\u3099", 1},
      {"e\u0301", 1},
      {"葛\U000E0100城", 2},
      {"☎\uFE0F", 1},
      {"1\uFE0F\u20E3", 1},
      {"😀😀", 2},
      {"👍🏽", 1},
      {"👨\u200D👩\u200D👧", 1},
      {"👨\u200D👩\u200D👧👨", 2},
      {"🇯🇵", 1},
      {"🇯🇵🇺🇸", 2},
      {"🇯🇵🇺", 2},
      {"\u1112\u1161\u11AB한", 2},
      {"\u0301", 1},
  };
  for (const auto& [text, count] : rows) {
    INFO(text);
    CHECK(count_characters(text) == count);
  }
}
