#include "scanner/treatment/treatment.h"

#include <algorithm>
#include <map>

#include "mail/mime/ascii.h"
#include "mail/mime/mime_map.h"
#include "scanner/treatment/canonical_form.h"
#include "scanner/treatment/examination.h"
#include "scanner/treatment/message_editor.h"
#include "scanner/treatment/notice.h"
#include "scanner/treatment/report_fields.h"

namespace scanner {

namespace {

using mail::MimeMap;
using mail::MimePart;

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

// What each message/rfc822 holds.
std::vector<std::size_t> mails_inside(const MimeMap& map) {
  std::vector<std::size_t> mails;
  for (std::size_t i = 0; i < map.parts().size(); ++i) {
    const std::size_t parent = map.part(i).parent;
    if (parent != MimePart::kNone && map.part(parent).is_message()) mails.push_back(i);
  }
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
    treatment_.verdict = examination.infected()            ? Verdict::removed
                         : examination.unscannable.empty() ? Verdict::clean
                                                           : Verdict::unscannable;
    if (must_go(examination)) examination = take_out(std::move(examination));
    if (!examination.unscannable.empty() && settings_.unscannable == UnscannablePolicy::reject) {
      return rejected("not to be scanned: " + examination.unscannable.front());
    }
    if (examination.ambiguous() && settings_.ambiguous == AmbiguousPolicy::reject) {
      return rejected("MIME that can be read in different ways: " + examination.ambiguities.front());
    }
    if (examination.ambiguous() && settings_.ambiguous == AmbiguousPolicy::canonicalize) canonicalize();
    if (!treatment_.changed) treatment_.cut = foreign_report_fields(map_);
    treatment_.top = report_fields(treatment_, virus_scanner_.version(), mail::line_end_of(message_));
    if (!treatment_.changed && without_header()) treatment_.top += mail::line_end_of(message_);
    return std::move(treatment_);
  }

 private:
  // Text alone: our lines must not become part of it.
  bool without_header() const {
    const mail::HeaderBlock& header = map_.part(0).header;
    return header.fields.empty() && header.range.empty() && !header.empty_line;
  }

  Treatment rejected(std::string why) {
    treatment_.verdict = Verdict::rejected;
    treatment_.reason = std::move(why);
    treatment_.changed.reset();
    return std::move(treatment_);
  }

  // Written anew, the message is scanned anew: it must be as clean as what it was made from.
  void canonicalize() {
    const MimeMap map(treatment_.changed ? std::string_view(*treatment_.changed) : message_);
    const std::string plain = canonical_form(map, mail::line_end_of(message_));
    const MimeMap plain_map(plain);
    MessageEditor editor(plain_map);
    for (const mail::ByteRange& range : foreign_report_fields(plain_map)) editor.replace({range, ""});
    std::string changed = editor.finish();
    if (must_go(examine(MimeMap(changed), virus_scanner_)))
      throw ScanError("the rewritten message is infected");
    treatment_.changed = std::move(changed);
  }

  // Takes out what was found, looks again at what is left, and so on until it is clean. The notice comes
  // last, into the mail as it then is. Returns what can be said of what is left.
  Examination take_out(Examination examination) {
    constexpr int kMostRounds = 4;
    std::string left(message_);
    std::string virus;  // found in the message as a whole
    for (int round = 0; must_go(examination); ++round) {
      if (examination.infected()) treatment_.verdict = Verdict::removed;
      if (!examination.whole.viruses.empty()) virus = examination.whole.viruses.front();
      const MimeMap map(left);
      const bool body_goes = round == kMostRounds || !has_part_to_go(examination);
      std::string next = body_goes ? without_body(map, examination) : without_detections(map, examination);
      if (round > kMostRounds) throw ScanError("what is left of the message is still infected");
      left = std::move(next);
      examination = examine(MimeMap(left), virus_scanner_);
      for (const std::string& reason : examination.unscannable) {
        auto& reasons = treatment_.unscannable;
        if (std::find(reasons.begin(), reasons.end(), reason) == reasons.end()) reasons.push_back(reason);
      }
    }
    // It went with something that could not be scanned.
    if (treatment_.verdict == Verdict::removed && treatment_.findings.empty())
      treatment_.findings.push_back({virus, "(message body)", Action::remove});
    std::string changed = with_notice(left);
    // Nothing leaves that was not found clean as it leaves. The notice may bring a reading to light that was
    // none before: then the body goes.
    if (const Examination last = examine(MimeMap(changed), virus_scanner_); must_go(last)) {
      changed = with_notice(without_body(MimeMap(left), last));
      if (must_go(examine(MimeMap(changed), virus_scanner_)))
        throw ScanError("the edited message is infected");
    }
    treatment_.changed = std::move(changed);
    return examination;
  }

  bool unscannable_goes() const { return settings_.unscannable == UnscannablePolicy::remove; }
  bool must_go(const Examination& examination) const {
    return examination.infected() || (unscannable_goes() && !examination.unscannable.empty());
  }
  bool must_go(const Detection& detection) const {
    return detection.infected() || (unscannable_goes() && !detection.unscannable.empty());
  }
  bool has_part_to_go(const Examination& examination) const {
    return std::any_of(examination.detections.begin(), examination.detections.end(),
                       [this](const Detection& detection) { return must_go(detection); });
  }

  // What the notices in one mail tell.
  struct Told {
    std::vector<Finding> findings;
    std::vector<UnscannableFile> unscannable;
  };

  static void tell(Told& told, const Detection& detection) {
    if (!detection.infected()) {
      told.unscannable.push_back({detection.unscannable.front(), detection.file});
    } else {
      told.findings.push_back({detection.viruses.front(), detection.file, Action::remove});
    }
  }

  void tell_all(const Detection& detection) {
    Told told;
    tell(told, detection);
    for (Finding& finding : told.findings) treatment_.findings.push_back(std::move(finding));
    for (UnscannableFile& file : told.unscannable) unscannable_files_.push_back(std::move(file));
  }

  std::string without_detections(const MimeMap& map, const Examination& examination) {
    MessageEditor editor(map);
    // Each mail inside the message tells of what was found in it; the message itself tells of all, at the
    // end. Many files deep in mails would make a message many times its size: then it alone tells.
    constexpr std::size_t kMostToldInside = 2000;
    std::size_t told_inside = 0;
    std::map<std::size_t, Told> inner_mails;
    bool by_bytes = false;
    for (const Detection& detection : examination.detections) {
      if (!must_go(detection)) continue;
      tell_all(detection);
      switch (detection.place) {
        case Detection::Place::part:
          editor.remove_part(detection.part);
          break;
        case Detection::Place::bytes:
          editor.remove_bytes(map.part(detection.part).source, detection.range);
          break;
        case Detection::Place::decoded_bytes:
          editor.remove_decoded_bytes(detection.part, detection.range);
          break;
      }
      by_bytes = by_bytes || detection.place != Detection::Place::part;
      for (const std::size_t mail : mails_around(map, detection.part)) {
        if (mail != 0 && ++told_inside <= kMostToldInside) tell(inner_mails[mail], detection);
      }
    }
    if (told_inside > kMostToldInside) inner_mails.clear();
    if (!by_bytes) {
      put_inner_notices(editor, inner_mails);
      return editor.finish();
    }
    // A notice may write a text anew; it must be the text as it is without these bytes. Where their going has
    // changed which mails there are, the outer notice alone tells.
    const std::vector<std::size_t> before = mails_inside(map);
    std::string left = editor.finish();
    const MimeMap left_map(left);
    const std::vector<std::size_t> after = mails_inside(left_map);
    if (inner_mails.empty() || before.size() != after.size()) return left;
    std::map<std::size_t, Told> left_mails;
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (const auto told = inner_mails.find(before[i]); told != inner_mails.end())
        left_mails.emplace(after[i], std::move(told->second));
    }
    MessageEditor left_editor(left_map);
    put_inner_notices(left_editor, left_mails);
    return left_editor.finish();
  }

  void put_inner_notices(MessageEditor& editor, const std::map<std::size_t, Told>& mails) {
    for (const auto& [mail, told] : mails)
      editor.put_notice(mail, notice_text(told.findings, told.unscannable, settings_.notice));
  }

  // Fields that are infected by themselves; all, if it takes several of them together.
  std::vector<mail::ByteRange> infected_fields(const MimeMap& map) {
    const mail::HeaderBlock& header = map.part(0).header;
    const auto infected = [&](mail::ByteRange range) {
      return virus_scanner_.scan(range.of(map.source(0)), ScanAs::file, "").infected();
    };
    std::vector<mail::ByteRange> ranges;
    if (header.range.empty() || !infected(header.range)) return ranges;
    constexpr std::size_t kMostFields = 1000;
    for (const mail::HeaderField& field : header.fields) {
      if (header.fields.size() <= kMostFields && infected(field.whole)) ranges.push_back(field.whole);
    }
    if (ranges.empty()) ranges.push_back(header.range);
    return ranges;
  }

  // Found only in the message as a whole, or again and again: the headers are what can be kept, but for those
  // that it is found in; then it is them that go, and the body stays.
  std::string without_body(const MimeMap& map, const Examination& examination) {
    Detection body;
    body.file = "(message body)";
    body.viruses = examination.whole.viruses;
    body.unscannable = examination.unscannable;
    for (const Detection& detection : examination.detections) {
      if (detection.infected()) body.viruses = detection.viruses;
    }
    tell_all(body);
    MessageEditor editor(map);
    const std::vector<mail::ByteRange> fields = infected_fields(map);
    for (const mail::ByteRange& field : fields) editor.replace({field, ""});
    if (fields.empty()) editor.remove_part(0);
    return editor.finish();
  }

  std::string with_notice(const std::string& left) {
    const MimeMap map(left);
    MessageEditor editor(map);
    for (const mail::ByteRange& range : foreign_report_fields(map)) editor.replace({range, ""});
    editor.put_notice(0, notice_text(treatment_.findings, unscannable_files_, settings_.notice));
    return editor.finish();
  }

  std::string_view message_;
  MimeMap map_;
  VirusScanner& virus_scanner_;
  const TreatmentSettings& settings_;
  std::vector<UnscannableFile> unscannable_files_;  // that were removed
  Treatment treatment_;
};

}  // namespace

Treatment treat(std::string_view message, VirusScanner& virus_scanner, const TreatmentSettings& settings) {
  return Patient(message, virus_scanner, settings).treat();
}

}  // namespace scanner
