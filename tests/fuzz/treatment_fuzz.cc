// Needs: scanner/treatment scanner/verdict.cc scanner/engine/archive/packed_stream.cc
// Needs: mail/mime mail/charset.cc mail/iconv_converter.cc mail/japanese_charset.cc
// Needs: mail/utf8.cc mail/digest.cc mail/base64.cc
#include "scanner/treatment/treatment.h"

#include "tests/fuzz/fuzz.h"

namespace {

/// Finds one marker, in the bytes as they are.
class Scanner : public scanner::VirusScanner {
 public:
  scanner::ScanOutcome scan(std::string_view bytes, scanner::ScanAs, const std::string&) override {
    scanner::ScanOutcome outcome;
    if (bytes.find("EVIL") != std::string_view::npos) outcome.viruses.emplace_back("Evil");
    if (bytes.find("LOCK") != std::string_view::npos) outcome.unscannable.emplace_back("Locked");
    return outcome;
  }
  std::string version() const override { return "1/1"; }
};

}  // namespace

/// What is clean is not touched, and nothing leaves in which the scanner still finds something.
void fuzz(std::string_view input) {
  const std::size_t choice = take_number(input);
  scanner::TreatmentSettings settings;
  settings.notice = {"{{virus}} {{file}}", "{{virus}} {{file}}\n削除", "{{reason}} {{file}}"};
  settings.unscannable = static_cast<scanner::UnscannablePolicy>(choice % 3);
  settings.ambiguous = static_cast<scanner::AmbiguousPolicy>(choice / 3 % 3);
  Scanner scanner;
  try {
    const scanner::Treatment treatment = scanner::treat(input, scanner, settings);
    if (treatment.verdict == scanner::Verdict::clean && choice / 3 % 3 == 0) must(!treatment.changed);
    if (treatment.verdict == scanner::Verdict::removed) {
      must(treatment.changed && !treatment.findings.empty());
      must(treatment.changed->find("EVIL") == std::string::npos);
    }
    std::size_t end = 0;
    for (const mail::ByteRange& cut : treatment.cut) {
      must(cut.begin >= end && cut.end <= input.size());
      end = cut.end;
    }
  } catch (const scanner::ScanError&) {
    // No verdict: 4xx.
  }
}
