#include "scanner/treatment/treatment.h"

#include <algorithm>

#include "mail/mime/ascii.h"
#include "mail/mime/mime_map.h"
#include "scanner/treatment/examination.h"
#include "scanner/treatment/message_editor.h"
#include "scanner/treatment/notice.h"
#include "scanner/treatment/report_fields.h"

namespace scanner {

namespace {

using mail::MimeMap;
using mail::MimePart;

std::string_view line_end_of(std::string_view message) {
  const auto newline = message.find('\n');
  return newline != std::string_view::npos && (newline == 0 || message[newline - 1] != '\r') ? "\n" : "\r\n";
}

// The mails that `part` lies in, from the outermost in: the message, and what each message/rfc822 holds.
std::vector<std::size_t> mails_around(const MimeMap& map, std::size_t part) {
  std::vector<std::size_t> mails;
  for (std::size_t at = part; at != MimePart::kNone; at = map.part(at).parent) {
    const std::size_t parent = map.part(at).parent;
    if (parent == MimePart::kNone || map.part(parent).is_message()) mails.push_back(at);
  }
  std::reverse(mails.begin(), mails.end());
  return mails;
}

class Patient {
 public:
  Patient(std::string_view message, VirusScanner& virus_scanner, const TreatmentSettings& settings)
      : message_(message), map_(message), virus_scanner_(virus_scanner), settings_(settings) {}

  Treatment treat() {
    const Examination examination = examine(map_, virus_scanner_);
    treatment_.parts = examination.parts;
    treatment_.unscannable = examination.unscannable;
    if (examination.infected()) {
      take_out(examination);
    } else if (!examination.unscannable.empty()) {
      treatment_.verdict = Verdict::unscannable;
    } else {
      treatment_.verdict = Verdict::clean;
    }
    if (!treatment_.changed) treatment_.cut = foreign_report_fields(map_);
    treatment_.top = report_fields(treatment_, virus_scanner_.version(), line_end_of(message_));
    if (!treatment_.changed && without_header()) treatment_.top += line_end_of(message_);
    return std::move(treatment_);
  }

 private:
  // Text alone: our lines must not become part of it.
  bool without_header() const {
    const mail::HeaderBlock& header = map_.part(0).header;
    return header.fields.empty() && header.range.empty() && !header.empty_line;
  }

  void take_out(const Examination& examination) {
    treatment_.verdict = Verdict::removed;
    for (const Detection& detection : examination.detections) {
      if (detection.viruses.empty()) continue;
      treatment_.findings.push_back({detection.viruses.front(), detection.file, Action::remove});
    }
    if (!treatment_.findings.empty()) {
      treatment_.changed = without_detections(examination);
      if (const auto left = what_is_left(*treatment_.changed); left.empty())
        return;
      else
        treatment_.findings.push_back({left.front(), "(message body)", Action::remove});
    } else {
      treatment_.findings.push_back({examination.whole.viruses.front(), "(message body)", Action::remove});
    }
    treatment_.changed = without_body();
    if (!what_is_left(*treatment_.changed).empty()) throw ScanError("the header itself is infected");
  }

  // Nothing leaves that was not found clean as it leaves.
  std::vector<std::string> what_is_left(std::string_view changed) {
    const Examination again = examine(MimeMap(changed), virus_scanner_);
    for (const Detection& detection : again.detections) {
      if (!detection.viruses.empty()) return detection.viruses;
    }
    return again.whole.viruses;
  }

  std::string without_detections(const Examination& examination) {
    MessageEditor editor(map_);
    for (const mail::ByteRange& range : foreign_report_fields(map_)) editor.replace({range, ""});
    // Each mail, the message and those in it, tells of what was found in it.
    std::vector<std::pair<std::size_t, std::vector<Finding>>> mails;
    std::size_t number = 0;
    for (const Detection& detection : examination.detections) {
      if (detection.viruses.empty()) continue;
      const Finding& finding = treatment_.findings[number++];
      if (detection.whole_part) {
        editor.remove_part(detection.part);
      } else {
        editor.remove_bytes(map_.part(detection.part).source, detection.range);
      }
      for (const std::size_t mail : mails_around(map_, detection.part)) {
        auto entry = std::find_if(mails.begin(), mails.end(), [&](const auto& m) { return m.first == mail; });
        if (entry == mails.end()) entry = mails.insert(mails.end(), {mail, {}});
        entry->second.push_back(finding);
      }
    }
    for (const auto& [mail, findings] : mails)
      editor.put_notice(mail, notice_text(findings, settings_.notice));
    return editor.finish();
  }

  std::string without_body() {
    MessageEditor editor(map_);
    for (const mail::ByteRange& range : foreign_report_fields(map_)) editor.replace({range, ""});
    editor.remove_part(0);
    editor.put_notice(0, notice_text(treatment_.findings, settings_.notice));
    return editor.finish();
  }

  std::string_view message_;
  MimeMap map_;
  VirusScanner& virus_scanner_;
  const TreatmentSettings& settings_;
  Treatment treatment_;
};

}  // namespace

Treatment treat(std::string_view message, VirusScanner& virus_scanner, const TreatmentSettings& settings) {
  return Patient(message, virus_scanner, settings).treat();
}

}  // namespace scanner
