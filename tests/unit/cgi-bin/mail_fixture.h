#pragma once

#include <string>

#include "cgi-bin/mailing/delivery.h"
#include "tests/unit/cgi-bin/test_folder.h"

inline formmail::Profile contact_profile() {
  formmail::Profile profile;
  profile.name = "Contact";
  profile.to = {"info@customer.example"};
  profile.subject = "お問い合わせ: {{name}}";
  profile.reply_field = "email";
  return profile;
}

inline formmail::Site customer_site() {
  formmail::Site site;
  site.name = "www.customer.example";
  site.from = "formmail@customer.example";
  site.profiles.emplace("Contact", contact_profile());
  return site;
}

inline formmail::Submission contact_submission(const std::string& name, const std::string& email) {
  formmail::Submission submission;
  submission.id = "20261121-1";
  submission.language = "ja";
  submission.client_address = "192.0.2.1";
  submission.page_url = "https://www.customer.example/contact.html";
  submission.time = std::chrono::system_clock::from_time_t(1795289445);
  submission.fields = {
      {"name", "お名前", name}, {"email", "メール", email}, {"text", "内容", "一行目\n二行目"}};
  return submission;
}
