#include "cgi-bin/form/field_check.h"

#include "cgi-bin/form/upload_type.h"

namespace {

using Entries = std::vector<std::pair<std::string, std::string>>;

/// "field: RULE ..." of each field that its rules refuse.
std::vector<std::string> broken(const std::vector<std::string>& labels, const Entries& entries,
                                const std::vector<formmail::FormFile>& files = {}) {
  formmail::Form form;
  for (const std::string& label : labels) form.labels.push_back(*formmail::parse_label(label));
  for (const auto& [name, value] : entries) {
    form.entries.emplace_back();
    form.entries.back().name = name;
    form.entries.back().value = value;
  }
  form.files = files;
  const formmail::Messages messages(
      "required: required {{label}}\nrequired_file: file needed\nemail: email\ntel: tel\nmin: min {{n}}\n"
      "max: max {{n}}\nmatch: match {{other}}\nfile_type: type {{types}}\nfile_empty: empty file\n"
      "not_a_file: no file\n");
  std::vector<std::string> list;
  for (const formmail::FieldError& error : check_fields(form, messages)) {
    list.push_back(error.field + ": " + error.text);
  }
  return list;
}

using Broken = std::vector<std::string>;

formmail::FormFile file(std::string name, std::string_view bytes) {
  return {"cv", std::move(name), formmail::media_type_of(bytes), bytes, ""};
}

}  // namespace

TEST_CASE("a required field needs more than blanks, the ideographic one among them") {
  const std::vector<std::string> labels = {"name:Name:required"};
  for (const std::string blank : {"", " ", "\t\n", "\u3000", " \u3000 "}) {
    CHECK(broken(labels, {{"name", blank}}) == Broken{"name: required Name"});
  }
  CHECK(broken(labels, {}) == Broken{"name: required Name"});
  CHECK(broken(labels, {{"name", ""}, {"name", "x"}}).empty());
  CHECK(broken({"name:Name"}, {{"name", " "}}).empty());
}

TEST_CASE("min and max count characters, and hold for what is filled in") {
  const std::vector<std::string> labels = {"a:A:min=2:max=4"};
  CHECK(broken(labels, {{"a", "髙"}}) == Broken{"a: min 2"});
  CHECK(broken(labels, {{"a", "髙橋"}}).empty());
  CHECK(broken(labels, {{"a", "髙橋太郎"}}).empty());
  CHECK(broken(labels, {{"a", "髙橋太郎君"}}) == Broken{"a: max 4"});
  CHECK(broken(labels, {{"a", ""}}).empty());
  CHECK(broken(labels, {{"a", "ok"}, {"a", "longer"}}) == Broken{"a: max 4"});
}

TEST_CASE("the first broken rule of each field is told, in the order of the labels") {
  CHECK(broken({"tel:T:tel:min=9", "mail:M:required:email"}, {{"mail", "x"}, {"tel", "1"}}) ==
        Broken{"tel: tel", "mail: email"});
  CHECK(broken({"mail:M:email"}, {{"mail", " "}}).empty());
}

TEST_CASE("a field that repeats another must say the same") {
  const std::vector<std::string> labels = {"mail:Mail", "again:Again:required:match=mail"};
  CHECK(broken(labels, {{"mail", "a@b.example"}, {"again", "a@b.example"}}).empty());
  CHECK(broken(labels, {{"mail", "a@b.example"}, {"again", "A@b.example"}}) == Broken{"again: match Mail"});
  CHECK(broken(labels, {{"mail", "a@b.example"}}) == Broken{"again: match Mail"});
  CHECK(broken(labels, {{"mail", " "}, {"again", " "}}) == Broken{"again: required Again"});
  CHECK(broken({"again:Again:match=mail"}, {{"mail", "x"}}) == Broken{"again: match mail"});
}

TEST_CASE("a file has a kind and content, and is no text") {
  const std::vector<std::string> labels = {"cv:CV:required:file=pdf,txt"};
  CHECK(broken(labels, {}) == Broken{"cv: file needed"});
  CHECK(broken(labels, {{"cv", "C:\\cv.pdf"}}) == Broken{"cv: no file"});
  CHECK(broken(labels, {}, {file("cv.pdf", "%PDF-1.7")}).empty());
  CHECK(broken(labels, {}, {file("cv.pdf", "")}) == Broken{"cv: empty file"});
  CHECK(broken(labels, {}, {file("cv.txt", "text"), file("cv.exe", "MZ")}) == Broken{"cv: type pdf, txt"});
  CHECK(broken({"cv:CV:file"}, {}, {file("cv.exe", "MZ")}).empty());
  CHECK(broken({"cv:CV:file"}, {}).empty());
}
