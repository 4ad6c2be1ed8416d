#include "scanner/treatment/examination.h"

#include <algorithm>

#include "mail/mime/file_name.h"

namespace scanner {

namespace {

using mail::MimeMap;
using mail::MimePart;

void add_each_once(std::vector<std::string>& list, const std::vector<std::string>& more) {
  for (const std::string& text : more) {
    if (std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
  }
}

// The order in which a reader comes upon the parts; decoded containers stand at the end of the map.
void append_in_order(const MimeMap& map, std::size_t part, std::vector<std::size_t>& order) {
  order.push_back(part);
  for (const std::size_t child : map.part(part).children) append_in_order(map, child, order);
}

std::string text_charset_of(const MimeMap& map) {
  for (const MimePart& part : map.parts()) {
    const auto charset = part.content_type.parameter("charset");
    if (charset && part.content_type.word.starts_with("text/")) return charset->bytes;
  }
  return {};
}

class Examiner {
 public:
  Examiner(const MimeMap& map, VirusScanner& virus_scanner)
      : map_(map), virus_scanner_(virus_scanner), charset_hint_(text_charset_of(map)) {}

  Examination examine() {
    std::vector<std::size_t> order;
    append_in_order(map_, 0, order);
    for (const std::size_t part : order) examine_part(part);
    scan_whole();
    return std::move(result_);
  }

 private:
  void examine_part(std::size_t index) {
    const MimePart& part = map_.part(index);
    const std::string name = mail::file_name(part, charset_hint_);
    if (!part.is_leaf()) {
      // The multipart inside a message/rfc822 has no number of its own.
      const bool inner = part.parent != MimePart::kNone && map_.part(part.parent).is_message();
      if (!inner) report(part, name, part.body.size());
      return;
    }
    // Bytes that stand in the message as they are need no copy.
    std::string decoded;
    std::string_view bytes = map_.body(part);
    if (part.encoding != mail::TransferEncoding::identity) {
      decoded = map_.decoded_body(part);
      bytes = decoded;
    }
    report(part, name, bytes.size());
    if (bytes.empty()) return;
    ScanOutcome outcome = virus_scanner_.scan(bytes, ScanAs::file, name);
    add_each_once(result_.unscannable, outcome.unscannable);
    if (!outcome.infected() && outcome.unscannable.empty()) return;
    Detection detection;
    detection.part = index;
    detection.range = part.body;
    detection.viruses = std::move(outcome.viruses);
    detection.unscannable = std::move(outcome.unscannable);
    detection.file = shown_name(part, name);
    result_.detections.push_back(std::move(detection));
  }

  static std::string shown_name(const MimePart& part, const std::string& name) {
    std::string shown = mail::shown_file_name(name);
    if (!shown.empty()) return shown;
    return part.content_type.word.starts_with("text/") && !part.is_attachment() ? "(message body)"
                                                                                : "(no name)";
  }

  void report(const MimePart& part, const std::string& name, std::size_t size) {
    result_.parts.push_back({part.path, part.content_type.word, mail::shown_file_name(name), size, ""});
  }

  void scan_whole() {
    result_.whole = virus_scanner_.scan(map_.source(0), ScanAs::message, "");
    add_each_once(result_.unscannable, result_.whole.unscannable);
  }

  const MimeMap& map_;
  VirusScanner& virus_scanner_;
  std::string charset_hint_;
  Examination result_;
};

}  // namespace

bool Examination::infected() const {
  return whole.infected() || std::any_of(detections.begin(), detections.end(),
                                         [](const Detection& d) { return !d.viruses.empty(); });
}

Examination examine(const MimeMap& map, VirusScanner& virus_scanner) {
  return Examiner(map, virus_scanner).examine();
}

}  // namespace scanner
