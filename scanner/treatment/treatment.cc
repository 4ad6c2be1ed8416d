#include "scanner/treatment/treatment.h"

#include <algorithm>
#include <map>

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
    Examination examination = examine(map_, virus_scanner_);
    treatment_.parts = std::move(examination.parts);
    treatment_.unscannable = examination.unscannable;
    if (examination.infected()) {
      take_out(std::move(examination));
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

  // Takes out what was found, looks again at what is left, and so on until it is clean. The notice comes
  // last, into the mail as it then is.
  void take_out(Examination examination) {
    constexpr int kMostRounds = 4;
    treatment_.verdict = Verdict::removed;
    std::string left(message_);
    for (int round = 0; examination.infected(); ++round) {
      const MimeMap map(left);
      const bool body_goes = round == kMostRounds || !has_infected_part(examination);
      std::string next = body_goes ? without_body(map, examination) : without_detections(map, examination);
      if (round > kMostRounds) throw ScanError("what is left of the message is still infected");
      left = std::move(next);
      examination = examine(MimeMap(left), virus_scanner_);
    }
    std::string changed = with_notice(left);
    // Nothing leaves that was not found clean as it leaves.
    if (examine(MimeMap(changed), virus_scanner_).infected())
      throw ScanError("the edited message is infected");
    treatment_.changed = std::move(changed);
  }

  static bool has_infected_part(const Examination& examination) {
    return std::any_of(examination.detections.begin(), examination.detections.end(),
                       [](const Detection& detection) { return !detection.viruses.empty(); });
  }

  std::string without_detections(const MimeMap& map, const Examination& examination) {
    MessageEditor editor(map);
    // Each mail inside the message tells of what was found in it; the message itself tells of all, at the
    // end.
    std::map<std::size_t, std::vector<Finding>> inner_mails;
    for (const Detection& detection : examination.detections) {
      if (detection.viruses.empty()) continue;
      treatment_.findings.push_back({detection.viruses.front(), detection.file, Action::remove});
      if (detection.whole_part) {
        editor.remove_part(detection.part);
      } else {
        editor.remove_bytes(map.part(detection.part).source, detection.range);
      }
      for (const std::size_t mail : mails_around(map, detection.part)) {
        if (mail != 0) inner_mails[mail].push_back(treatment_.findings.back());
      }
    }
    for (const auto& [mail, findings] : inner_mails)
      editor.put_notice(mail, notice_text(findings, settings_.notice));
    return editor.finish();
  }

  // Found only in the message as a whole, or again and again: the headers are what can be kept.
  std::string without_body(const MimeMap& map, const Examination& examination) {
    std::string virus = "unknown";
    if (!examination.whole.viruses.empty()) virus = examination.whole.viruses.front();
    for (const Detection& detection : examination.detections) {
      if (!detection.viruses.empty()) virus = detection.viruses.front();
    }
    treatment_.findings.push_back({virus, "(message body)", Action::remove});
    MessageEditor editor(map);
    editor.remove_part(0);
    return editor.finish();
  }

  std::string with_notice(const std::string& left) {
    const MimeMap map(left);
    MessageEditor editor(map);
    for (const mail::ByteRange& range : foreign_report_fields(map)) editor.replace({range, ""});
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
