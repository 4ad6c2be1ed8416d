#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

namespace formmail {

/// What the owner's commands were given.
struct OwnerOptions {
  std::filesystem::path config;  ///< formmail.toml
  bool config_named = false;     ///< by option or environment: it must be there
  std::filesystem::path page;
  std::string site;      ///< "" not given
  std::string language;  ///< of what is printed: "ja" or "en"; "" the locale's
  std::string profile;
  std::vector<std::string> to;
  std::string subject;
  std::string from;
  bool in_place = false;
  std::filesystem::path output = "formmail-preview";  ///< folder of `preview`
};

/// Exit statuses of the owner's commands.
constexpr int kFine = 0;
constexpr int kMistakes = 1;
constexpr int kOwnerUsage = 2;

/// `formmail check PAGE.html`: what would be mailed to where, and each mistake with its line, on `out`.
/// kMistakes if there are any. Throws OwnerError and mail::ConfigError; so do all.
int check_command(const OwnerOptions& options, std::ostream& out, std::ostream& notes);

/// `formmail rewrite PAGE.html --site NAME`: the page for the shared-SSL host on `out`, or in its file with
/// `in_place`; what was changed on `notes`. kMistakes where a URL can't be rewritten or no form was found.
int rewrite_command(const OwnerOptions& options, std::ostream& out, std::ostream& notes);

/// `formmail new`: adds a profile to the site's file, which stays as it is otherwise, and prints a form for
/// it on `out`. A site that isn't there yet is made if `from` tells the address of its mails.
int new_command(const OwnerOptions& options, std::ostream& out, std::ostream& notes);

/// `formmail preview PAGE.html`: the pages that a visitor sees and the mails, as files in `output`; their
/// names on `out`. kMistakes if a form can't be sent.
int preview_command(const OwnerOptions& options, std::ostream& out, std::ostream& notes);

/// "ja" or "en": the option, else LC_ALL, LC_MESSAGES or LANG, else "en".
std::string language_of_owner(const OwnerOptions& options);

}  // namespace formmail
