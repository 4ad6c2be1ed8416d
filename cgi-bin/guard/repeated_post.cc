#include "cgi-bin/guard/repeated_post.h"

#include <nettle/sha2.h>

#include <algorithm>
#include <array>

#include "cgi-bin/seal/packed.h"
#include "cgi-bin/seal/seal.h"

namespace formmail {

namespace {

/// SHA-256 over texts, each behind its length; files are not copied for it.
class Digest {
 public:
  Digest() { sha256_init(&context_); }

  void add(std::string_view text) {
    Packer length;
    length.number(text.size());
    update(length.bytes());
    update(text);
  }

  std::string result() {
    std::string digest(SHA256_DIGEST_SIZE, '\0');
    sha256_digest(&context_, digest.size(), reinterpret_cast<std::uint8_t*>(digest.data()));
    return digest;
  }

 private:
  void update(std::string_view bytes) {
    sha256_update(&context_, bytes.size(), reinterpret_cast<const std::uint8_t*>(bytes.data()));
  }
  sha256_ctx context_{};
};

/// Browsers from before those two headers that are still met: the Japanese carriers' phones, and Internet
/// Explorer, whose name programs borrow, but not its visitor's language.
bool is_old_browser(const Environment& environment) {
  constexpr std::array<std::string_view, 10> kPhones = {"DoCoMo/",
                                                        "KDDI-",
                                                        "UP.Browser/",
                                                        "J-PHONE/",
                                                        "Vodafone/",
                                                        "SoftBank/",
                                                        "MOT-",
                                                        "emobile/",
                                                        "Mozilla/3.0(WILLCOM;",
                                                        "Mozilla/3.0(DDIPOCKET;"};
  constexpr std::array<std::string_view, 2> kInternetExplorer = {"; MSIE ", "; Trident/"};
  const std::string_view name = environment.get("HTTP_USER_AGENT");
  const bool phone =
      std::ranges::any_of(kPhones, [&](std::string_view begin) { return name.starts_with(begin); });
  const bool explorer = std::ranges::any_of(
      kInternetExplorer, [&](std::string_view part) { return name.find(part) != std::string_view::npos; });
  return phone || (explorer && !environment.get("HTTP_ACCEPT_LANGUAGE").empty());
}

}  // namespace

bool is_page_visit(const Environment& environment) {
  return environment.get("HTTP_UPGRADE_INSECURE_REQUESTS") == "1" ||
         environment.get("HTTP_SEC_FETCH_MODE") == "navigate" || is_old_browser(environment);
}

PostNumbers::PostNumbers(std::string_view site, const Form& form, std::string_view client,
                         std::string_view user_agent) {
  Digest digest;
  for (const std::string_view text : {site, std::string_view(form.profile), client, user_agent}) {
    digest.add(text);
  }
  // What is mailed: from the form again come no other fields.
  for (const Label& label : form.labels) {
    const std::vector<std::string_view> values = form.values(label.field);
    digest.add(label.written);
    digest.add(std::to_string(values.size()));
    for (const std::string_view value : values) digest.add(value);
  }
  for (const FormFile& file : form.files) {
    digest.add(file.field);
    digest.add(file.name);
    digest.add(file.bytes);
  }
  content_ = digest.result();
}

std::string PostNumbers::at(std::chrono::system_clock::time_point time) const {
  Digest digest;
  digest.add(content_);
  digest.add(std::to_string(time.time_since_epoch() / kSamePost));
  return digest.result().substr(0, kOneTimeNumberSize);
}

}  // namespace formmail
