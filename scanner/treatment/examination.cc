#include "scanner/treatment/examination.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "mail/digest.h"
#include "mail/mime/ascii.h"
#include "mail/mime/file_name.h"
#include "mail/mime/readings/embedded_base64.h"
#include "mail/mime/readings/inline_files.h"
#include "mail/mime/readings/readings.h"
#include "scanner/engine/limits.h"
#include "scanner/treatment/envelope.h"
#include "scanner/treatment/text_signs.h"

namespace scanner {

namespace {

using mail::MimeMap;
using mail::MimePart;
using mail::Reading;
using Place = Detection::Place;

// The order in which a reader comes upon the parts; decoded containers stand at the end of the map.
void append_in_order(const MimeMap& map, std::size_t part, std::vector<std::size_t>& order) {
  order.push_back(part);
  for (const std::size_t child : map.part(part).children) append_in_order(map, child, order);
}

std::string text_charset_of(const MimeMap& map) {
  for (const MimePart& part : map.parts()) {
    std::string charset = part.content_type.charset();
    if (!charset.empty() && part.content_type.word.starts_with("text/")) return charset;
  }
  return {};
}

std::string with_lf(std::string_view text) {
  std::string lines;
  lines.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find("\r\n", at), text.size());
    lines += text.substr(at, end - at);
    if (end < text.size()) lines += '\n';
    at = end + 2;
  }
  return lines;
}

// libclamav's mail parser follows mails and parts only so deep, and so many. What they hold is scanned part
// by part as well, so that leaves nothing unseen.
void drop_mail_limits(ScanOutcome& outcome) {
  std::erase_if(outcome.unscannable, [](const std::string& reason) {
    return reason == "Heuristics.Limits.Exceeded.MaxRecursion" ||
           reason == "Heuristics.Limits.Exceeded.MaxFiles";
  });
}

constexpr const char* kEnvelopeLimit = "MIME.Limits.envelopes";

// What the examination of a message, and of the mails found in it, may cost in all.
struct Budget {
  mail::ReadingBudget readings;
  std::uint64_t unpacked = limits::kFileBytes;  // of envelopes
};

class Examiner {
 public:
  Examiner(const MimeMap& map, VirusScanner& virus_scanner, Budget& budget, int depth)
      : map_(map),
        virus_scanner_(virus_scanner),
        budget_(budget),
        depth_(depth),
        charset_hint_(text_charset_of(map)),
        detections_(map) {
    result_.certain = map.certain();
    for (const std::string& oddity : map.oddities()) {
      if (oddity != "text after the last part" && oddity != "no header")
        result_.ambiguities.push_back(oddity);
    }
    if (has_lone_cr_or_nul(map.source(0))) doubt("CR alone or NUL");
  }

  Examination examine() {
    std::vector<std::size_t> order;
    append_in_order(map_, 0, order);
    for (const std::size_t part : order) examine_part(part);
    if (detections_.any_infected()) {
      // It goes first; further readings are looked for in what is left.
      examine_bare_bytes(order);
    } else {
      // Of the map's limits only this one leaves bytes unseen.
      if (reached("containers")) add_each_once(result_.unscannable, {"MIME.Limits.containers"});
      examine_readings();
      if (depth_ == 0) scan_whole();
      if (result_.whole.infected()) examine_bare_bytes(order);
    }
    result_.detections = detections_.take(order);
    return std::move(result_);
  }

 private:
  void examine_part(std::size_t index) {
    const MimePart& part = map_.part(index);
    const std::string name = mail::file_name(part, charset_hint_);
    const std::string_view body = map_.body(part);
    if (!part.is_leaf()) {
      // The multipart inside a message/rfc822 has no number of its own.
      const bool inner = part.parent != MimePart::kNone && map_.part(part.parent).is_message();
      if (!inner) report(part.path, part.content_type.word, name, body.size(), "");
      if (part.is_multipart()) check_between_parts(part);
      return;
    }
    bool file_in_text = false;
    // Bytes that stand in the message as they are need no copy.
    std::string decoded;
    std::string_view bytes = body;
    if (part.encoding != mail::TransferEncoding::identity) {
      if (!mail::is_plain(part.encoding, body)) doubt("damaged " + std::string(mail::name(part.encoding)));
      decoded = map_.decoded_body(part);
      bytes = decoded;
      file_in_text = examine_inline_files(index, decoded) && is_text(part);
      // Named one encoding, written in another; or in it twice.
      if (begins_like_base64(decoded)) result_.certain = false;
    } else if (holds_mime_field(body) || begins_like_base64(body)) {
      // Also what a forwarded header in a text looks like: more is read, but no reader is led astray.
      result_.certain = false;
    }
    report(part.path, part.content_type.word, name, bytes.size(), "");
    // A text without the file in it is looked at when that is gone.
    if (file_in_text) return;
    // The same bytes once more, under any name, are as clean as they were.
    if (bytes.empty() || !seen_.insert(mail::sha256(bytes)).second) return;
    ScanOutcome outcome = scan_leaf(part, bytes, name, in_clear(part) ? ScanAs::file_in_clear : ScanAs::file);
    if (stands_in_message(bytes) && is_mere_text(bytes)) drop_mail_limits(outcome);
    look_into(bytes, outcome);
    look_for_embedded_files(bytes, outcome);
    // Bytes in which something was found are looked at again wherever they stand.
    if (outcome.infected() || !outcome.unscannable.empty()) seen_.erase(mail::sha256(bytes));
    record(index, Place::part, part.body, std::move(outcome), shown_name(part, name));
  }

  static bool in_clear(const MimePart& part) {
    return part.encoding == mail::TransferEncoding::identity && part.source == 0;
  }

  // What a signature finds in bare bytes is left to the scan of the whole message, for parts that stand in it
  // as they are. But it is the part that has to go, in its place among the others.
  void examine_bare_bytes(const std::vector<std::size_t>& order) {
    for (const std::size_t index : order) {
      const MimePart& part = map_.part(index);
      if (!part.is_leaf() || !in_clear(part) || part.body.empty() || detections_.infected(index)) continue;
      const std::string name = mail::file_name(part, charset_hint_);
      ScanOutcome outcome = scan_leaf(part, map_.body(part), name, ScanAs::file);
      if (outcome.infected())
        record(index, Place::part, part.body, std::move(outcome), shown_name(part, name));
    }
  }

  // Bytes of the message as they are: its further readings are theirs.
  bool stands_in_message(std::string_view bytes) const {
    const std::string_view message = map_.source(0);
    return bytes.data() >= message.data() && bytes.data() + bytes.size() <= message.data() + message.size();
  }

  // What was text lines on the way is a file with other line ends at its sender, in libclamav's mail parser
  // (LF) and at its reader: signatures may know any of them. A text without a name is nobody's file.
  ScanOutcome scan_leaf(const MimePart& part, std::string_view bytes, const std::string& name, ScanAs how) {
    if (part.encoding == mail::TransferEncoding::base64 || bytes.find("\r\n") == std::string_view::npos) {
      return virus_scanner_.scan(bytes, how, name);
    }
    ScanOutcome outcome = virus_scanner_.scan(with_lf(bytes), how, name);
    if (name.empty() || outcome.infected()) return outcome;
    ScanOutcome unchanged = virus_scanner_.scan(bytes, how, name);
    add_each_once(unchanged.unscannable, outcome.unscannable);
    return unchanged;
  }

  // Preamble and epilogue: no part, but some reader may find one in them.
  void check_between_parts(const MimePart& part) {
    const MimePart& first = map_.part(part.children.front());
    const MimePart& last = map_.part(part.children.back());
    const std::string_view source = map_.source(first.source);
    const std::size_t begin = first.source == part.source ? part.body.begin : 0;
    const std::size_t end = last.source == part.source ? part.body.end : source.size();
    if (holds_mime_field(source.substr(begin, first.slot.begin - begin)) ||
        (last.slot.end < end && holds_mime_field(source.substr(last.slot.end, end - last.slot.end)))) {
      doubt("fields between the parts");
    }
  }

  void doubt(const std::string& ambiguity) {
    result_.certain = false;
    add_each_once(result_.ambiguities, {ambiguity});
  }

  static constexpr int kDeepest = 3;

  // A mail inside: an attached .eml, what an odd reading brought to light, or what a signature is around.
  void look_into(std::string_view bytes, ScanOutcome& outcome) {
    open_envelopes(bytes, outcome, 0);
    if (depth_ == kDeepest || !is_mail(bytes)) return;
    const MimeMap inner(bytes);
    Examination found = Examiner(inner, virus_scanner_, budget_, depth_ + 1).examine();
    for (const Detection& detection : found.detections) add_each_once(outcome.viruses, detection.viruses);
    add_each_once(outcome.unscannable, found.unscannable);
  }

  void open_envelopes(std::string_view bytes, ScanOutcome& outcome, int depth) {
    const EnvelopeContents contents = open_envelope(bytes, budget_.unpacked);
    if (contents.too_large) add_each_once(outcome.unscannable, {kEnvelopeLimit});
    for (const std::string& file : contents.files) {
      // libclamav opens none of them: what it leaves here, nobody looks at.
      if (depth_ == kDeepest || depth == kDeepest) {
        add_each_once(outcome.unscannable, {kEnvelopeLimit});
        return;
      }
      ScanOutcome inner = virus_scanner_.scan(file, ScanAs::file, "");
      if (is_mail(file))
        look_into(file, inner);
      else
        open_envelopes(file, inner, depth + 1);
      add_each_once(outcome.viruses, inner.viruses);
      add_each_once(outcome.unscannable, inner.unscannable);
    }
  }

  static bool is_text(const MimePart& part) { return part.content_type.word.starts_with("text/"); }

  // Of a decoded text only these lines go; of any other file, that is unpacked by hand, all. Whether anything
  // was found.
  bool examine_inline_files(std::size_t index, std::string_view text) {
    const MimePart& part = map_.part(index);
    bool found = false;
    for (const mail::InlineFile& file : mail::find_inline_files(text)) {
      const std::string name = mail::guess_utf8(file.name, charset_hint_);
      report(part.path, "application/octet-stream", name, file.bytes.size(), file.encoding);
      ScanOutcome outcome = virus_scanner_.scan(file.bytes, ScanAs::file, name);
      look_into(file.bytes, outcome);
      found = found || outcome.infected();
      const Place place = is_text(part) ? Place::decoded_bytes : Place::part;
      record(index, place, is_text(part) ? file.range : part.body, std::move(outcome), shown_or_none(name));
    }
    return found;
  }

  // Programs that show the text take them out of it.
  void look_for_embedded_files(std::string_view bytes, ScanOutcome& outcome) {
    if (outcome.infected() || !is_mere_text(bytes)) return;
    for (const std::string& file : mail::find_embedded_base64(bytes)) {
      const ScanOutcome found = virus_scanner_.scan(file, ScanAs::file, "");
      add_each_once(outcome.viruses, found.viruses);
    }
  }

  void examine_readings() {
    const bool complete =
        mail::for_each_reading(map_, result_.certain, budget_.readings,
                               [this](const Reading& reading) { return examine_reading(reading); });
    if (!complete) add_each_once(result_.unscannable, {"MIME.Limits.readings"});
  }

  // Whether a virus was found in it.
  bool examine_reading(const Reading& reading) {
    if (detections_.overlaps_infected(reading)) return true;
    const std::string digest = mail::sha256(reading.bytes);
    if (seen_.contains(digest)) return false;
    ScanOutcome outcome = virus_scanner_.scan(reading.bytes, ScanAs::file, reading.name);
    if (is_mere_text(reading.bytes)) drop_mail_limits(outcome);
    look_into(reading.bytes, outcome);
    // Most readings are wrong, and damaged files come of them: that is no fault of the message's. Its whole
    // files are in the readings that are right.
    std::erase_if(outcome.unscannable, [](const std::string& reason) {
      return !reason.starts_with("Heuristics.Encrypted.") && !reason.starts_with("Heuristics.Limits.") &&
             reason != kEnvelopeLimit;
    });
    const bool found = outcome.infected() || !outcome.unscannable.empty();
    if (!outcome.infected()) seen_.insert(digest);
    if (!found && reported_ == kMostReported) return false;
    const std::size_t part = part_around(reading);
    if (reported_ < kMostReported) {
      ++reported_;
      report(map_.part(part).path, "", reading.name, reading.bytes.size(), reading.why);
    }
    const bool infected = outcome.infected();
    if (found) record_reading(reading, part, std::move(outcome));
    return infected;
  }

  // The innermost part of the plain reading that the bytes begin in.
  std::size_t part_around(const Reading& reading) const {
    std::size_t found = reading.source == 0 ? 0 : map_.owner(reading.source);
    for (std::size_t i = 0; i < map_.parts().size(); ++i) {
      const MimePart& part = map_.part(i);
      if (part.source != reading.source) continue;
      if (part.header.range.begin <= reading.body.begin && reading.body.begin < part.body.end) found = i;
    }
    return found;
  }

  void record_reading(const Reading& reading, std::size_t part, ScanOutcome outcome) {
    const MimePart& around = map_.part(part);
    const bool whole = around.is_leaf() && part != 0 && !around.content_type.word.starts_with("text/") &&
                       reading.body.begin >= around.body.begin;
    std::string file = mail::shown_file_name(reading.name);
    if (file.empty()) file = whole ? shown_name(around, mail::file_name(around, charset_hint_)) : "(no name)";
    record(part, whole ? Place::part : Place::bytes, outside_header(reading), std::move(outcome),
           std::move(file));
  }

  // A reading may take the message's own header for that of the file. The mail must keep it: it says whose it
  // is.
  mail::ByteRange outside_header(const Reading& reading) const {
    const std::size_t body_begin = map_.part(0).body.begin;
    mail::ByteRange range = reading.range;
    if (reading.source == 0) range.begin = std::max(range.begin, std::min(body_begin, reading.body.begin));
    return range;
  }

  void record(std::size_t part, Place place, mail::ByteRange range, ScanOutcome outcome, std::string file) {
    add_each_once(result_.unscannable, outcome.unscannable);
    if (!outcome.infected() && outcome.unscannable.empty()) return;
    Detection detection;
    detection.part = part;
    detection.place = place;
    detection.range = range;
    detection.viruses = std::move(outcome.viruses);
    detection.unscannable = std::move(outcome.unscannable);
    detection.file = std::move(file);
    detections_.add(std::move(detection));
  }

  static std::string shown_or_none(const std::string& name) {
    const std::string shown = mail::shown_file_name(name);
    return shown.empty() ? "(no name)" : shown;
  }

  static std::string shown_name(const MimePart& part, const std::string& name) {
    std::string shown = mail::shown_file_name(name);
    if (!shown.empty()) return shown;
    return part.content_type.word.starts_with("text/") && !part.is_attachment() ? "(message body)"
                                                                                : "(no name)";
  }

  void report(const std::string& path, const std::string& type, const std::string& name, std::size_t size,
              const std::string& reading) {
    result_.parts.push_back({path, type, mail::shown_file_name(name), size, reading});
  }

  void scan_whole() {
    // libclamav takes time with the square of a header's size.
    const bool by_bytes = result_.certain || reached("header");
    const ScanAs how = by_bytes ? ScanAs::mapped_message : ScanAs::message;
    result_.whole = virus_scanner_.scan(map_.source(0), how, "");
    drop_mail_limits(result_.whole);
    add_each_once(result_.unscannable, result_.whole.unscannable);
  }

  bool reached(std::string_view limit) const {
    const auto& limits = map_.limits_reached();
    return std::find(limits.begin(), limits.end(), limit) != limits.end();
  }

  static constexpr int kMostReported = 1000;

  const MimeMap& map_;
  VirusScanner& virus_scanner_;
  Budget& budget_;
  int depth_;
  std::string charset_hint_;
  std::unordered_set<std::string> seen_;  // digests: a stranger must not make two files pass for one
  int reported_ = 0;
  Detections detections_;
  Examination result_;  // its detections come from detections_, in the end
};

}  // namespace

bool Examination::infected() const {
  return whole.infected() ||
         std::any_of(detections.begin(), detections.end(), [](const Detection& d) { return d.infected(); });
}

Examination examine(const MimeMap& map, VirusScanner& virus_scanner) {
  Budget budget{mail::ReadingBudget::for_message(map.source(0).size())};
  return Examiner(map, virus_scanner, budget, 0).examine();
}

}  // namespace scanner
