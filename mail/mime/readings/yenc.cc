#include "mail/mime/readings/yenc.h"

#include <algorithm>
#include <iterator>

#include "mail/mime/ascii.h"

namespace mail {

namespace {

constexpr std::string_view kFirst = "=ybegin ";
constexpr std::string_view kLast = "=yend ";
constexpr std::string_view kKeyword = "=y";

void append_line(std::string& bytes, std::string_view line) {
  constexpr int kShift = 42;
  constexpr int kEscaped = 64;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool escaped = line[i] == '=' && i + 1 < line.size();
    if (escaped) ++i;
    bytes += static_cast<char>(static_cast<unsigned char>(line[i]) - kShift - (escaped ? kEscaped : 0));
  }
}

bool is_part(std::string_view text, const InlineFile& file) {
  const std::string_view lines = file.range.of(text);
  return file.encoding == "yEnc" &&
         lines.substr(0, lines.find_first_of("\r\n")).find(" part=") != std::string_view::npos;
}

}  // namespace

bool begins_yenc(std::string_view line) { return line.starts_with(kFirst); }

std::string yenc_name(std::string_view first_line) {
  constexpr std::string_view kName = "name=";
  const auto name = first_line.find(kName);
  return name == std::string_view::npos ? "" : std::string(trim(first_line.substr(name + kName.size())));
}

YencData read_yenc(QuotedLines lines) {
  YencData data{{}, lines.begin()};
  for (; !lines.at_end(); lines.advance()) {
    const std::string_view line = lines.content();
    data.end = lines.next();
    if (line.starts_with(kLast)) break;
    if (!line.starts_with(kKeyword)) append_line(data.bytes, line);
  }
  return data;
}

void join_yenc_parts(std::string_view text, std::vector<InlineFile>& files) {
  std::vector<InlineFile> joined;
  for (std::size_t i = 0; i + 1 < files.size();) {
    std::size_t next = i + 1;
    const auto goes_on = [&] {
      return next < files.size() && files[next].name == files[i].name && is_part(text, files[next]) &&
             files[next].range.begin >= files[next - 1].range.end;
    };
    if (!is_part(text, files[i]) || !goes_on()) {
      ++i;
      continue;
    }
    InlineFile whole = files[i];
    for (; goes_on(); ++next) {
      whole.bytes += files[next].bytes;
      whole.range.end = files[next].range.end;
    }
    joined.push_back(std::move(whole));
    i = next;
  }
  std::move(joined.begin(), joined.end(), std::back_inserter(files));
}

}  // namespace mail
