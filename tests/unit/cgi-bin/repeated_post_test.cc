#include "cgi-bin/guard/repeated_post.h"

#include <set>

#include "tests/unit/cgi-bin/variables.h"

namespace {

using Time = std::chrono::system_clock::time_point;

const Time kNow = Time(formmail::kSamePost * 1000000);

formmail::Form form_of(const std::vector<std::pair<std::string, std::string>>& entries) {
  formmail::Form form;
  form.profile = "Contact";
  for (const auto& [name, value] : entries) {
    if (const auto label = formmail::parse_label(name)) form.labels.push_back(*label);
    form.entries.emplace_back();
    form.entries.back().name = name;
    form.entries.back().value = value;
  }
  return form;
}

std::string number(const formmail::Form& form, Time time = kNow, std::string_view client = "192.0.2.1",
                   std::string_view browser = "Mozilla/5.0") {
  return formmail::PostNumbers("www.customer.example", form, client, browser).at(time);
}

}  // namespace

TEST_CASE("the same post has the same number for a quarter of an hour") {
  const formmail::Form form = form_of({{"a", "1"}});
  CHECK(number(form) == number(form_of({{"a", "1"}}), kNow + formmail::kSamePost - std::chrono::seconds(1)));
  CHECK(number(form) != number(form, kNow + formmail::kSamePost));
  CHECK(number(form).size() == 16);
}

TEST_CASE("what is not mailed makes no other post") {
  formmail::Form form = form_of({{"a", "1"}});
  form.entries.emplace_back();
  form.entries.back().name = "button";
  form.entries.back().value = "send";
  CHECK(number(form) == number(form_of({{"a", "1"}})));
}

TEST_CASE("posts that differ in anything that is mailed have different numbers") {
  formmail::Form with_file = form_of({{"a", "1"}});
  with_file.files.push_back({"f", "a.txt", "text/plain", "text", ""});
  formmail::Form other_file = with_file;
  other_file.files.front().bytes = "Text";
  formmail::Form other_profile = form_of({{"a", "1"}});
  other_profile.profile = "Order";
  const std::set<std::string> numbers = {number(form_of({{"a", "1"}})),
                                         number(form_of({{"a", "2"}})),
                                         number(form_of({{"a1", ""}})),
                                         number(form_of({{"a", "1"}, {"b", ""}})),
                                         number(form_of({{"a:A", "1"}})),
                                         number(form_of({{"a", "1"}, {"b", "1"}})),
                                         number(form_of({{"b", "1"}, {"a", "1"}})),
                                         number(with_file),
                                         number(other_file),
                                         number(other_profile),
                                         number(form_of({{"a", "1"}}), kNow, "192.0.2.2"),
                                         number(form_of({{"a", "1"}}), kNow, "192.0.2.1", "Mozilla/4.0")};
  CHECK(numbers.size() == 12);
}

TEST_CASE("a browser that shows a page is told from a program") {
  const auto visits = [](const std::vector<std::string>& variables) {
    return formmail::is_page_visit(Variables(variables).environment());
  };
  const std::string explorer =
      "HTTP_USER_AGENT=Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko";
  CHECK(visits({"HTTP_UPGRADE_INSECURE_REQUESTS=1"}));
  CHECK(visits({"HTTP_SEC_FETCH_MODE=navigate"}));
  CHECK(visits({"HTTP_USER_AGENT=DoCoMo/2.0 P903i(c100)"}));
  CHECK(visits({explorer, "HTTP_ACCEPT_LANGUAGE=ja-JP"}));
  CHECK_FALSE(visits({explorer}));
  CHECK_FALSE(visits({"HTTP_USER_AGENT=curl/8.0", "HTTP_ACCEPT_LANGUAGE=ja"}));
  CHECK_FALSE(visits({"HTTP_USER_AGENT=Mozilla/5.0 DoCoMo/2.0", "HTTP_SEC_FETCH_MODE=cors"}));
  CHECK_FALSE(visits({}));
}
