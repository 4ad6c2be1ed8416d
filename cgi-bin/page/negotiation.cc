#include "cgi-bin/page/negotiation.h"

#include <algorithm>

#include "cgi-bin/http/preferences.h"

namespace formmail {

std::string language_of(std::string_view accept_language) {
  std::string best = "ja";
  int best_quality = 0;
  for (const Preference& preference : preferences(accept_language)) {
    const std::string language = preference.range.substr(0, preference.range.find('-'));
    if ((language == "ja" || language == "en") && preference.quality > best_quality) {
      best = language;
      best_quality = preference.quality;
    }
  }
  return best;
}

bool wants_json(std::string_view accept) {
  int json = 0;
  int page = 0;
  for (const auto& [range, quality] : preferences(accept)) {
    if (range == "application/json" || range == "application/problem+json") json = std::max(json, quality);
    if (range == "text/html") page = std::max(page, quality);
  }
  return json > page;
}

}  // namespace formmail
