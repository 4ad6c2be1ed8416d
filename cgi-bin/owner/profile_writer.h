#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace formmail {

/// A profile to be written into a site's file.
struct NewProfile {
  std::string name;
  std::vector<std::string> to;
  std::string subject;      ///< "" the program's own
  std::string reply_field;  ///< "" none
};

/// `text` as a TOML basic string, with its quotes. `text` is UTF-8.
std::string toml_string(std::string_view text);

/// `toml`, a site's file, with the profile at its end. What stands in the file stays as it is, its line ends
/// are used.
std::string with_profile(std::string_view toml, const NewProfile& profile);

/// A new site's file, without a profile.
std::string new_site(std::string_view name, std::string_view from);

}  // namespace formmail
