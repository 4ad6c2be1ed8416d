#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cgi-bin/owner/mistake.h"
#include "cgi-bin/owner/page_check.h"
#include "cgi-bin/owner/rehearsal.h"
#include "cgi-bin/owner/surroundings.h"

namespace formmail {

/// The texts of templates/owner/`language`/`name`. Throws std::logic_error if the program lacks them.
std::string_view owner_text(std::string_view language, std::string_view name);

/// What `formmail check` prints of `file`: for each form of formmail where it goes and a sample of its mail,
/// then the mistakes. Nothing in it that a stranger wrote can move a terminal's cursor.
std::string report(const std::filesystem::path& file, const CheckedPage& checked, const Surroundings& around,
                   const std::vector<Mistake>& mistakes, std::string_view language);

}  // namespace formmail
