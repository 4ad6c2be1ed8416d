#include "cgi-bin/template_names.h"

#include <algorithm>
#include <set>

#include "mail/builtin_template.h"

namespace formmail {

namespace {

struct Name {
  std::string text;
  char sigil;  ///< '#', '^', '/', '>', '&', '{' or 0
  std::size_t position;
};

/// What stands in the tags of a Mustache, comments left out.
std::vector<Name> names_in(std::string_view text) {
  constexpr std::string_view kSigils = "#^/>&{!=";
  std::vector<Name> names;
  for (std::size_t open = text.find("{{"); open != text.npos; open = text.find("{{", open + 2)) {
    const std::size_t close = text.find("}}", open);
    if (close == text.npos) break;
    std::string_view inside = text.substr(open + 2, close - open - 2);
    const bool signed_tag = !inside.empty() && kSigils.find(inside.front()) != kSigils.npos;
    const char sigil = signed_tag ? inside.front() : '\0';
    if (signed_tag) inside.remove_prefix(1);
    inside.remove_prefix(std::min(inside.find_first_not_of(" \t"), inside.size()));
    inside = inside.substr(0, inside.find_last_not_of(" \t") + 1);
    if (sigil != '!' && sigil != '=') names.push_back({std::string(inside), sigil, open});
    open = close;
  }
  return names;
}

/// All that the built-in templates name: together they use whatever is filled in.
std::set<std::string> known_names(std::string_view kind) {
  std::set<std::string> known = {".", "name"};  // of a field, in mails
  for (const char* page : {"en/complete.html", "en/confirm.html", "en/error.html", "en/input.html",
                           "submission.en.txt", "submission.en.html"}) {
    const auto text = mail::builtin_template(std::string(kind) + page);
    for (const Name& name : names_in(text.value_or(""))) known.insert(name.text);
  }
  return known;
}

std::string at_line(const std::filesystem::path& file, std::string_view text, std::size_t position) {
  const std::string_view before = text.substr(0, position);
  return file.string() + ":" + std::to_string(1 + std::count(before.begin(), before.end(), '\n')) + ": ";
}

}  // namespace

std::vector<std::string> odd_names(const std::filesystem::path& file, std::string_view text,
                                   std::string_view kind) {
  const std::string name = file.filename().string();
  const std::set<std::string> known = known_names(kind);
  const bool names_fields = kind == "mails/" && !name.starts_with("submission.");
  const std::vector<Name> names = names_in(text);
  std::vector<std::string> odd;
  for (const Name& each : names) {
    if (each.sigil == '>') {
      odd.push_back(at_line(file, text, each.position) + "{{> " + each.text + "}}: there are no partials");
    } else if (!names_fields && each.sigil != '/' && !known.contains(each.text)) {
      odd.push_back(at_line(file, text, each.position) + "unknown name \"" + each.text +
                    "\"; nothing will stand there");
    }
  }
  // Without it the page can't be sent.
  const std::string needed = kind != "pages/"         ? ""
                             : name == "confirm.html" ? "sealed"
                             : name == "input.html"   ? "fields"
                                                      : "";
  if (!needed.empty() && std::ranges::none_of(names, [&](const Name& each) { return each.text == needed; })) {
    odd.push_back(file.string() + ": lacks {{" + needed + "}}: the page can't be sent");
  }
  return odd;
}

}  // namespace formmail
