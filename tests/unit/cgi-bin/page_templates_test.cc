#include "cgi-bin/page/page_templates.h"

#include <fstream>

#include "cgi-bin/page/messages.h"
#include "mail/builtin_template.h"
#include "tests/unit/cgi-bin/test_folder.h"

using formmail::Messages;
using formmail::PageTemplates;

TEST_CASE("A style sheet in a folder has the digest of the same one built in") {
  const TestFolder folder;
  const mail::Log log("test");
  const std::string text(mail::builtin_template("pages/style.css").value());
  std::ofstream(folder.path / "style.css", std::ios::binary) << text;
  const std::string from_folder(PageTemplates({folder.path}, log).style_sheet().csp_source);
  CHECK(from_folder.starts_with("'sha256-"));
  CHECK(PageTemplates({}, log).style_sheet().csp_source == from_folder);

  std::ofstream(folder.path / "style.css", std::ios::binary) << text << " ";
  CHECK(PageTemplates({folder.path}, log).style_sheet().csp_source != from_folder);
}

TEST_CASE("A message is found by its whole key, at the beginning of a line") {
  const Messages messages(
      "# key: a comment\nother_key: not this\nkey_2: nor this\nkey: {{n}} of {{m}}\nkey: a second\nlast: "
      "end");
  CHECK(messages.text("key", {{"n", "1"}, {"m", "2"}}) == "1 of 2");
  CHECK(messages.text("last") == "end");
  CHECK(messages.has("key_2"));
  CHECK_FALSE(messages.has("ke"));
  CHECK(messages.text("missing") == "missing");
}
