#include "cgi-bin/guard/refused_text.h"

namespace {

bool is_refused(const std::string& value, const std::vector<std::string>& words, int most_urls = -1) {
  formmail::Form form;
  form.entries.emplace_back();
  form.entries.back().name = "text";
  form.entries.back().value = value;
  return formmail::has_refused_text(form, words, most_urls);
}

}  // namespace

TEST_CASE("a refused word is found in every spelling that reads the same") {
  const std::vector<std::string> words = {"Viagra", "カジノ", "Straße", "КАЗИНО"};
  for (const std::string value :
       {"buy VIAGRA", "ｖｉａｇｒａ", "Ⓥiagra", "𝐯𝐢𝐚𝐠𝐫𝐚", "vi\u200Bagra", "v\u00ADi\u2060a\uFEFFgra",
        "vi\uFE0Fagra", "ｶｼﾞﾉ", "カシ\u3099ノ", "㋕ジノ", "STRASSE", "казино"}) {
    CAPTURE(value);
    CHECK(is_refused(value, words));
  }
  for (const std::string value : {"", "via", "v i a g r a", "カシノ", "かじの", "\u200B"}) {
    CAPTURE(value);
    CHECK_FALSE(is_refused(value, words));
  }
  CHECK_FALSE(is_refused("anything", {"", "\u200B"}));
}

TEST_CASE("URLs are counted with and without a scheme") {
  const std::vector<std::pair<std::string, int>> values = {
      {"", 0},
      {"http://a.example https://b.example", 2},
      {"HTTP：／／a.example", 1},
      {"www.a.example, WWW.b.example （ｗｗｗ．ｃ．example）", 3},
      {"http://www.a.example", 1},
      {"mail@www.a.example and awww.b ok", 0},
      {"[url=http://a.example]x[/url] <a href=\"//www.a.example\">", 1}};
  for (const auto& [value, urls] : values) {
    CAPTURE(value);
    CHECK_FALSE(is_refused(value, {}, urls));
    if (urls > 0) CHECK(is_refused(value, {}, urls - 1));
  }
}
