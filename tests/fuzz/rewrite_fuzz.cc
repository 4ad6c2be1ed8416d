// Needs: cgi-bin/html/page_text.cc cgi-bin/html/page_charset.cc cgi-bin/html/page_form.cc
// Needs: cgi-bin/html/tag.cc cgi-bin/html/tag_scanner.cc cgi-bin/owner/rewrite.cc cgi-bin/owner/mistake.cc
// Needs: cgi-bin/owner/page_check.cc cgi-bin/owner/check_charset.cc cgi-bin/owner/check_form_tag.cc
// Needs: cgi-bin/owner/check_labels.cc cgi-bin/owner/check_urls.cc cgi-bin/form cgi-bin/page/html.cc
// Needs: cgi-bin/owner/check_markup.cc cgi-bin/owner/check_own_fields.cc cgi-bin/owner/meant_rule.cc
// Needs: cgi-bin/http/multipart.cc cgi-bin/http/urlencoded.cc
// Needs: cgi-bin/page/messages.cc cgi-bin/site/host_name.cc cgi-bin/site/site.cc
// Needs: mail/charset.cc mail/iconv_converter.cc mail/japanese_charset.cc mail/utf8.cc mail/address.cc
// Needs: mail/config.cc cgi-bin/guard/client_address.cc cgi-bin/webhook/hook_url.cc
// Needs: cgi-bin/webhook/resolver.cc cgi-bin/webhook/child.cc cgi-bin/owner/check_fields.cc
// Needs: cgi-bin/guard/refused_text.cc
#include <string>
#include <vector>

#include "cgi-bin/html/page_charset.h"
#include "cgi-bin/owner/page_check.h"
#include "cgi-bin/owner/rewrite.h"
#include "tests/fuzz/fuzz.h"

using namespace formmail;  // NOLINT: the test's vocabulary

/// Whatever a page holds: between the places that were changed every byte stays, doing it again changes
/// nothing, offsets lie in the page, and no mistake's text can reach a terminal's controls.
void fuzz(std::string_view input) {
  if (input.size() > 16384) return;
  const std::string page(input);
  const PageCharset charset = charset_of_page(page);
  const PageText text(page, charset.label);
  must(text.markup().size() == page.size());

  const std::vector<std::string> hosts{"www.customer.example", "customer.example"};
  const std::vector<std::string> shared_hosts{"ssl.hoster.example"};
  const auto is_site = [](std::string_view name) { return name == "www.customer.example"; };
  UrlScope shared{"www.customer.example", hosts, shared_hosts, true, "", is_site};
  const RewrittenPage rewritten = rewrite_page(text, shared);
  const RewrittenPage again = rewrite_page(PageText(rewritten.bytes, charset.label), shared);
  must(again.bytes == rewritten.bytes);
  must(rewritten.has_form == again.has_form);
  std::size_t changed = 0;
  for (const RewrittenPlace& place : rewritten.places) {
    must(place.offset <= page.size());
    changed += place.becomes.empty() ? 0 : 1;
  }
  if (changed == 0) must(rewritten.bytes == page);

  const UrlScope own{
      "www.customer.example", hosts, shared_hosts, false, "http://www.customer.example/a/page.html", is_site};
  shared.page_url = own.page_url;
  const Page read = read_page(text);
  const std::vector<Mistake> mistakes = check_page({text, charset, read, nullptr, own, shared});
  for (const Mistake& mistake : mistakes) {
    const Messages messages("");
    for (const auto& [name, value] : mistake.values) {
      for (const char c : terminal_text(value)) must(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
    }
    must(!mistake.text(messages).empty());
  }
}
