#include "cgi-bin/form/label.h"

using formmail::parse_label;
using formmail::Pattern;

TEST_CASE("a label names its field and its text") {
  const auto label = parse_label("comment:応募内容詳細");
  REQUIRE(label);
  CHECK(label->field == "comment");
  CHECK(label->text == "応募内容詳細");
  CHECK_FALSE(label->required);
  CHECK(label->written == "comment:応募内容詳細");
}

TEST_CASE("trailing rules are rules, all else is text") {
  CHECK(parse_label("name:お名前:required")->required);
  CHECK(parse_label("t:時間:10:30")->text == "時間:10:30");
  CHECK(parse_label("t:A:B:required")->text == "A:B");
  CHECK(parse_label("t:A:required:B")->text == "A:required:B");
  CHECK_FALSE(parse_label("t:A:required:B")->required);
  CHECK(parse_label("t:required")->text == "required");
  CHECK_FALSE(parse_label("t:required")->required);
  CHECK(parse_label("t:A:min=x")->text == "A:min=x");
  CHECK(parse_label("t:A:REQUIRED")->text == "A:REQUIRED");
  CHECK(parse_label("t:A: required ")->required);
  CHECK(parse_label("t:　A　:　required　")->text == "A");
  CHECK(parse_label("t:A:max = 5")->max == 5U);
}

TEST_CASE("each rule is read") {
  const auto label = parse_label("mail:メール:required:email:min=5:max=200:match=mail2");
  REQUIRE(label);
  CHECK(label->text == "メール");
  CHECK(label->pattern == Pattern::email);
  CHECK(label->min == 5U);
  CHECK(label->max == 200U);
  CHECK(label->match == "mail2");
  for (const std::string rule : {"tel", "url", "number", "date", "zip", "katakana", "hiragana"}) {
    CHECK(parse_label("x:X:" + rule)->pattern != Pattern::any);
  }
  CHECK(parse_label("x:X:file")->file);
  CHECK(parse_label("x:X:file")->file_types.empty());
  CHECK(parse_label("x:X:file=pdf,.JPG, png")->file_types == std::vector<std::string>{"pdf", "jpg", "png"});
  CHECK(parse_label("x:X:file=,")->text == "X:file=,");
  CHECK(parse_label("x:X:max=99999999999999999999")->text == "X:max=99999999999999999999");
  CHECK(parse_label("x:X:max=-1")->text == "X:max=-1");
}

TEST_CASE("a label without a text has the field's name, one without a field is none") {
  CHECK(parse_label("name")->text == "name");
  CHECK(parse_label("name:")->text == "name");
  CHECK(parse_label("name::required")->text == "name");
  CHECK(parse_label("name::required")->required);
  CHECK_FALSE(parse_label(":お名前").has_value());
  CHECK_FALSE(parse_label("").has_value());
}
