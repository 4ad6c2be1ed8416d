#include "scanner/treatment/canonical_form.h"

#include <algorithm>
#include <set>
#include <vector>

#include "mail/digest.h"
#include "mail/mime/ascii.h"
#include "mail/mime/file_name.h"
#include "mail/mime/readings/readings.h"
#include "scanner/treatment/file_parameter.h"

namespace scanner {

namespace {

using mail::MimeMap;
using mail::MimePart;

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return mail::is_letter(c) || mail::is_digit(c) ||
           std::string_view("-_.+:").find(c) != std::string_view::npos;
  });
}

// In a field of another kind some reader may take it for the message's own.
void drop_boundary_parameters(std::string& value) {
  for (auto at = mail::find_word(value, "boundary"); at != std::string::npos;
       at = mail::find_word(value, "boundary", at + 1)) {
    const std::size_t end = std::min(at + mail::kBoundaryParameterName, value.size());
    std::replace(value.begin() + static_cast<std::ptrdiff_t>(at),
                 value.begin() + static_cast<std::ptrdiff_t>(end), '=', ' ');
  }
}

struct File {
  std::string name;
  std::string bytes;
};

class Writer {
 public:
  Writer(const MimeMap& map, std::string_view line_end) : map_(map), line_end_(line_end) {}

  std::string write() {
    const std::vector<File> files = further_files();
    write_fields(map_.part(0));
    line("MIME-Version: 1.0");
    if (files.empty()) {
      write_entity(0);
    } else {
      const std::string boundary = open("mixed", {});
      between(boundary);
      write_entity(0);
      for (const File& file : files) {
        between(boundary);
        write_leaf("application/octet-stream", {}, file.name, true, "", file.bytes);
      }
      close(boundary);
    }
    return std::move(text_);
  }

 private:
  void line(std::string_view text) {
    text_ += text;
    text_ += line_end_;
  }

  // All but what describes the body, with nothing in it that readers could differ about.
  void write_fields(const MimePart& part) {
    const std::string_view source = map_.source(part.source);
    for (const mail::HeaderField& field : part.header.fields) {
      const std::string name = mail::to_lower(field.name.of(source));
      if (name.starts_with("content") || name == "mime-version") continue;
      std::string value = mail::unfold(field.value.of(source));
      std::replace_if(
          value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; },
          ' ');
      drop_boundary_parameters(value);
      line(folded(std::string(field.name.of(source)) + ": " + value));
    }
  }

  // At blanks, so that no line is longer than 998 bytes where there are any.
  std::string folded(std::string_view field) const {
    constexpr std::size_t kWanted = 78;
    std::string lines;
    std::size_t column = 0;
    for (std::size_t at = 0; at < field.size();) {
      const std::size_t end = std::min(field.find(' ', at + 1), field.size());
      const std::string_view word = field.substr(at, end - at);
      if (column != 0 && column + word.size() > kWanted && word.size() > 1 && at > field.find(':') + 1) {
        lines += line_end_;
        column = 0;
      }
      lines += word;
      column += word.size();
      at = end;
    }
    return lines;
  }

  std::string open(std::string_view subtype, const std::string& parameters) {
    // Every leaf is encoded, and neither encoding has "=_": no text can hold it.
    // None begins like another.
    const std::string boundary = "=_plain_" + std::to_string(++boundaries_) + "_=";
    line("Content-Type: multipart/" + std::string(subtype) + ";");
    line(" boundary=\"" + boundary + "\"" + parameters);
    line("");
    return boundary;
  }
  void between(const std::string& boundary) { line("--" + boundary); }
  void close(const std::string& boundary) { line("--" + boundary + "--"); }

  // The fields that describe the body, an empty line, the body, ended by a line end.
  void write_entity(std::size_t index) {
    const MimePart& part = map_.part(index);
    // Readers follow nesting only so far. What has one child is that child.
    constexpr std::size_t kDeepest = 15;
    if (part.is_multipart() && part.children.size() == 1 && depth_ >= kDeepest) {
      write_entity(part.children.front());
    } else if (part.is_multipart() && !part.children.empty()) {
      std::string subtype = part.content_type.word.substr(part.content_type.word.find('/') + 1);
      if (!is_token(subtype)) subtype = "mixed";
      const std::string boundary =
          open(subtype, kept_parameters(part, {"type", "start", "report-type", "protocol", "micalg"}));
      ++depth_;
      for (const std::size_t child : part.children) {
        between(boundary);
        write_entity(child);
      }
      --depth_;
      close(boundary);
    } else if (part.is_message() && !part.children.empty()) {
      line("Content-Type: message/rfc822");
      line("");
      const MimePart& inner = map_.part(part.children.front());
      write_fields(inner);
      line("MIME-Version: 1.0");
      write_entity(part.children.front());
    } else {
      write_plain_leaf(part);
    }
  }

  void write_plain_leaf(const MimePart& part) {
    std::string type = part.content_type.word;
    const auto slash = type.find('/');
    const bool known =
        slash != std::string::npos && is_token(type.substr(0, slash)) && is_token(type.substr(slash + 1));
    if (!known || part.is_multipart() || type.starts_with("message/")) type = "application/octet-stream";
    write_leaf(type, kept_parameters(part, {"charset", "format", "delsp", "method"}),
               mail::file_name(part, ""), part.is_attachment(), content_id(part), map_.decoded_body(part));
  }

  void write_leaf(const std::string& type, const std::string& parameters, const std::string& name,
                  bool attached, const std::string& id, const std::string& bytes) {
    const bool text = type == "text/plain" || type == "text/html";
    line("Content-Type: " + type + parameters);
    line(text && !is_wide(parameters) ? "Content-Transfer-Encoding: quoted-printable"
                                      : "Content-Transfer-Encoding: base64");
    if (!id.empty()) line("Content-ID: " + id);
    if (attached || !name.empty()) {
      std::string field = attached ? "Content-Disposition: attachment" : "Content-Disposition: inline";
      if (!name.empty()) {
        for (const std::string& piece : file_parameter("filename", mail::shown_file_name(name))) {
          field += ";" + line_end_ + " " + piece;
        }
      }
      line(field);
    }
    line("");
    if (text && !is_wide(parameters)) {
      text_ += mail::encode_quoted_printable(bytes, line_end_, "");
      line("");
    } else {
      text_ += mail::encode_base64(bytes, line_end_);
    }
  }

  static bool is_wide(std::string_view parameters) {
    return mail::find_word(parameters, "utf-16") != std::string_view::npos ||
           mail::find_word(parameters, "utf-32") != std::string_view::npos;
  }

  static std::string kept_parameters(const MimePart& part, const std::vector<std::string_view>& names) {
    std::string kept;
    for (const std::string_view name : names) {
      const auto value = part.content_type.parameter(name);
      if (!value || value->bytes.size() > 70) continue;
      const bool plain = std::all_of(value->bytes.begin(), value->bytes.end(), [](char c) {
        return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != ';' && c != '(' && c != ')';
      });
      if (plain) kept += "; " + std::string(name) + "=\"" + value->bytes + "\"";
    }
    return kept;
  }

  std::string content_id(const MimePart& part) const {
    const std::string_view source = map_.source(part.source);
    const auto fields = part.header.named(source, "content-id");
    if (fields.empty()) return {};
    const std::string id(mail::trim(fields.front()->value.of(source)));
    const bool plain = std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < 0x7f; });
    return plain && id.size() < 200 ? id : "";
  }

  // Named files that only a further reading shows, each once.
  std::vector<File> further_files() const {
    std::set<std::string> seen;
    for (const MimePart& part : map_.parts()) {
      if (part.is_leaf()) seen.insert(mail::sha256(map_.decoded_body(part)));
    }
    std::vector<File> files;
    std::set<std::pair<std::size_t, std::size_t>> places;
    auto budget = mail::ReadingBudget::for_message(map_.source(0).size());
    mail::for_each_reading(map_, false, budget, [&](const mail::Reading& reading) {
      const bool may_be_file = !reading.name.empty() && reading.why.find(',') != std::string::npos;
      if (may_be_file && seen.insert(mail::sha256(reading.bytes)).second &&
          places.insert({reading.source, reading.body.begin}).second && !inside_known_part(reading)) {
        files.push_back({reading.name, std::string(reading.bytes)});
      }
      return false;
    });
    return files;
  }

  bool inside_known_part(const mail::Reading& reading) const {
    return std::any_of(map_.parts().begin(), map_.parts().end(), [&](const MimePart& part) {
      return part.is_leaf() && part.source == reading.source && part.body.begin == reading.body.begin;
    });
  }

  const MimeMap& map_;
  std::string line_end_;
  int boundaries_ = 0;
  std::size_t depth_ = 0;
  std::string text_;
};

}  // namespace

std::string canonical_form(const MimeMap& map, std::string_view line_end) {
  return Writer(map, line_end).write();
}

}  // namespace scanner
