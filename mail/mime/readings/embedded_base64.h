#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mail {

/// Files in base64 within a text that is something of its own: data: URIs and strings of scripts in HTML,
/// attachments of iCalendar and vCard, elements of XML. Known by their first bytes alone, as each of these
/// has its own way to announce them. Linear, and most of a text is passed over.
std::vector<std::string> find_embedded_base64(std::string_view text);

}  // namespace mail
