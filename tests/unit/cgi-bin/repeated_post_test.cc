#include "cgi-bin/guard/repeated_post.h"

#include <set>

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
