#include "scanner/treatment/report_fields.h"

#include <algorithm>
#include <array>

#include "mail/mime/ascii.h"
#include "mail/version.h"
#include "scanner/treatment/file_parameter.h"

namespace scanner {

namespace {

constexpr std::array<std::string_view, 4> kNames = {"X-Virus-Scanned", "X-Virus-Status", "X-Virus-Report",
                                                    "X-Virus-Unscannable"};

// "Name: a; b; c" with the pieces on as few lines as fit.
std::string folded(std::string_view name, const std::vector<std::string>& pieces, std::string_view line_end) {
  constexpr std::size_t kLongest = 78;
  std::string text = std::string(name) + ":";
  std::size_t column = text.size();
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const std::string piece = pieces[i] + (i + 1 < pieces.size() ? ";" : "");
    if (i > 0 && column + 1 + piece.size() > kLongest) {
      text += line_end;
      column = 0;
    }
    text += ' ';
    text += piece;
    column += 1 + piece.size();
  }
  return text + std::string(line_end);
}

// As libclamav gives it, but for what can't stand in a header.
std::string header_safe(std::string_view virus) {
  std::string safe;
  for (const char c : virus) safe += c > ' ' && c < 0x7f && c != ';' ? c : '_';
  return safe;
}

}  // namespace

std::string report_fields(const Treatment& treatment, std::string_view engine_version,
                          std::string_view line_end) {
  std::string lines =
      folded("X-Virus-Scanned",
             {"scanrelay " + std::string(mail::kVersion) + " (ClamAV " + std::string(engine_version) + ")"},
             line_end);
  lines += folded("X-Virus-Status", {std::string(name(treatment.verdict))}, line_end);
  for (const Finding& finding : treatment.findings) {
    std::vector<std::string> pieces = {header_safe(finding.virus)};
    for (std::string& piece : file_parameter("file", finding.file)) pieces.push_back(std::move(piece));
    pieces.push_back("action=" + std::string(name(finding.action)));
    lines += folded("X-Virus-Report", pieces, line_end);
  }
  for (const std::string& reason : treatment.unscannable) {
    lines += folded("X-Virus-Unscannable", {header_safe(reason)}, line_end);
  }
  return lines;
}

std::vector<mail::ByteRange> foreign_report_fields(const mail::MimeMap& map) {
  std::vector<mail::ByteRange> ranges;
  const std::string_view message = map.source(0);
  for (const mail::HeaderField& field : map.part(0).header.fields) {
    const std::string_view name = field.name.of(message);
    if (std::any_of(kNames.begin(), kNames.end(),
                    [&](std::string_view ours) { return mail::same_word(name, ours); })) {
      ranges.push_back(field.whole);
    }
  }
  return ranges;
}

}  // namespace scanner
