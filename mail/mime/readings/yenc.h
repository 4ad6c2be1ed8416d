#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/mime/quoted_lines.h"
#include "mail/mime/readings/inline_files.h"

namespace mail {

bool begins_yenc(std::string_view line);

/// As its first line gives it.
std::string yenc_name(std::string_view first_line);

struct YencData {
  std::string bytes;
  std::size_t end;  ///< in the text
};

/// `lines` stand behind the first one.
YencData read_yenc(QuotedLines lines);

/// A file may come in parts, each with a first line of its own. Of those of one name in `files`, found in
/// `text`, that come one after the other a whole one is added, behind all others.
void join_yenc_parts(std::string_view text, std::vector<InlineFile>& files);

}  // namespace mail
