#include <cstring>

#include "cgi-bin/http/form_data.h"

// multipart/form-data as browsers write it (RFC 7578, HTML "multipart/form-data encoding algorithm"), not as
// mail does: no nesting, no transfer encodings, no comments; names and file names are raw bytes in the form's
// charset. Every byte is looked at once or twice; files are not copied.

namespace formmail {

namespace {

constexpr std::size_t kMaxPartHeader = 16384;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::size_t find(std::string_view text, std::string_view what, std::size_t from) {
  if (from >= text.size()) return std::string_view::npos;
  const void* hit = memmem(text.data() + from, text.size() - from, what.data(), what.size());
  return hit == nullptr ? std::string_view::npos
                        : static_cast<std::size_t>(static_cast<const char*>(hit) - text.data());
}

int hex_digit(char c) {
  const char l = lower(c);
  if (l >= '0' && l <= '9') return l - '0';
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// In a quoted name browsers write `"` as %22 and line breaks as %0D, %0A, and leave every other % alone;
/// older ones wrote \" instead.
std::string unescape_name(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const std::string_view escape = name.substr(i, 3);
    if (escape == "%22" || escape == "%0D" || escape == "%0A" || escape == "%0d" || escape == "%0a") {
      out += static_cast<char>(hex_digit(escape[1]) * 16 + hex_digit(escape[2]));
      i += 2;
    } else if (!(name[i] == '\\' && name.substr(i + 1).starts_with('"'))) {
      out += name[i];
    }
  }
  return out;
}

/// RFC 8187 `UTF-8''%e2%82%ac`: not of a browser, but scripts send it.
std::optional<std::string> extended_value(std::string_view text) {
  const std::size_t second = text.find('\'', text.find('\'') + 1);
  if (second == std::string_view::npos || !equal_ignoring_case(text.substr(0, 6), "utf-8'")) return {};
  std::string out;
  for (std::size_t i = second + 1; i < text.size(); ++i) {
    const bool escape =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    out += escape ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])) : text[i];
    if (escape) i += 2;
  }
  return out;
}

/// Takes the next `key=value` off a header value's parameters. A quoted value ends at the first quote that
/// `;` or the end follows: a Shift_JIS character may end in a backslash, so that `\"` can be its end.
bool take_parameter(std::string_view& rest, std::string_view& key, std::string_view& value, bool& quoted) {
  while (!rest.empty() && (rest.front() == ';' || is_blank(rest.front()))) rest.remove_prefix(1);
  if (rest.empty()) return false;
  const std::size_t equals = rest.find_first_of("=;");
  if (equals == std::string_view::npos || rest[equals] == ';') {
    key = trim(rest.substr(0, equals));
    value = {};
    quoted = false;
    rest.remove_prefix(std::min(equals, rest.size()));
    return true;
  }
  key = trim(rest.substr(0, equals));
  rest.remove_prefix(equals + 1);
  while (!rest.empty() && is_blank(rest.front())) rest.remove_prefix(1);
  quoted = rest.starts_with('"');
  if (!quoted) {
    value = trim(rest.substr(0, rest.find(';')));
    rest.remove_prefix(std::min(rest.find(';'), rest.size()));
    return true;
  }
  rest.remove_prefix(1);
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] != '"') continue;
    const std::size_t next = rest.find_first_not_of(" \t", i + 1);
    if (next == std::string_view::npos || rest[next] == ';') {
      value = rest.substr(0, i);
      rest.remove_prefix(i + 1);
      return true;
    }
  }
  value = rest;
  rest = {};
  return true;
}

struct PartHeader {
  std::optional<std::string> name;
  std::optional<std::string> file_name;
};

void read_disposition(std::string_view value, PartHeader& header) {
  const std::string_view type = trim(value.substr(0, value.find(';')));
  if (!equal_ignoring_case(type, "form-data")) return;
  value.remove_prefix(std::min(value.find(';'), value.size()));
  std::string_view key;
  std::string_view parameter;
  bool quoted = false;
  while (take_parameter(value, key, parameter, quoted)) {
    if (equal_ignoring_case(key, "name") && !header.name) header.name = unescape_name(parameter);
    if (equal_ignoring_case(key, "filename") && !header.file_name)
      header.file_name = unescape_name(parameter);
    if (equal_ignoring_case(key, "filename*")) {
      if (std::optional<std::string> extended = extended_value(parameter)) header.file_name = *extended;
    }
  }
}

PartHeader read_part_header(std::string_view lines) {
  constexpr std::string_view kDisposition = "content-disposition";
  PartHeader header;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find("\r\n"), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 2, lines.size()));
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !equal_ignoring_case(trim(line.substr(0, colon)), kDisposition)) {
      continue;
    }
    read_disposition(trim(line.substr(colon + 1)), header);
  }
  return header;
}

/// Counts what has come and stops at the limits.
class Counter {
 public:
  explicit Counter(const FormDataLimits& limits) : limits_(limits) {}
  void field() {
    if (++fields_ > limits_.max_fields) throw FormDataError(413, "more fields than allowed");
  }
  void file() {
    if (++files_ > limits_.max_files) throw FormDataError(413, "more files than allowed");
  }

 private:
  const FormDataLimits& limits_;
  std::size_t fields_ = 0;
  std::size_t files_ = 0;
};

void add_part(FormData& data, Counter& counter, const PartHeader& header, std::string_view content) {
  if (!header.name) throw FormDataError(400, "a part without a name");
  FormEntry entry;
  entry.name = *header.name;
  if (!header.file_name) {
    counter.field();
    entry.value = std::string(content);
  } else if (header.file_name->empty() && content.empty()) {
    counter.field();  // a file control in which nothing was chosen
  } else {
    counter.file();
    entry.file_name = header.file_name;
    entry.file_bytes = content;
  }
  data.push_back(std::move(entry));
}

}  // namespace

std::optional<std::string> parameter_of(std::string_view content_type, std::string_view name) {
  content_type.remove_prefix(std::min(content_type.find(';'), content_type.size()));
  std::string_view key;
  std::string_view value;
  bool quoted = false;
  while (take_parameter(content_type, key, value, quoted)) {
    if (equal_ignoring_case(key, name)) return std::string(value);
  }
  return std::nullopt;
}

std::optional<std::string> boundary_of(std::string_view content_type) {
  std::optional<std::string> boundary = parameter_of(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > 70 || boundary->ends_with(' '))
    return std::nullopt;
  for (const char c : *boundary) {
    if (c < ' ' || c > '~') return std::nullopt;
  }
  return boundary;
}

FormData parse_multipart(std::string_view boundary, std::string_view body, const FormDataLimits& limits) {
  const std::string delimiter = "\r\n--" + std::string(boundary);
  const std::string_view opening = std::string_view(delimiter).substr(2);
  FormData data;
  Counter counter(limits);

  std::size_t at = 0;
  if (!body.starts_with(opening)) {
    at = find(body, delimiter, 0);
    if (at == std::string_view::npos) throw FormDataError(400, "no boundary line");
    at += 2;
  }
  at += opening.size();
  while (true) {
    if (body.substr(at).starts_with("--")) return data;
    while (at < body.size() && is_blank(body[at])) ++at;
    if (!body.substr(at).starts_with("\r\n")) throw FormDataError(400, "a damaged boundary line");
    const std::size_t header_end = find(body, "\r\n\r\n", at);
    if (header_end == std::string_view::npos || header_end - at > kMaxPartHeader) {
      throw FormDataError(400, "a part without the end of its header");
    }
    const std::size_t content = header_end + 4;
    // An empty part: the blank line's own line break opens the next boundary line.
    const std::size_t end = find(body, delimiter, content - 2);
    if (end == std::string_view::npos) throw FormDataError(400, "the final boundary line is missing");
    const PartHeader header = read_part_header(body.substr(at + 2, header_end - at - 2));
    add_part(data, counter, header, end < content ? "" : body.substr(content, end - content));
    at = end + delimiter.size();
  }
}

FormData parse_form_data(std::string_view content_type, std::string_view body, const FormDataLimits& limits) {
  const std::string_view type = trim(content_type.substr(0, content_type.find(';')));
  if (type.empty() || equal_ignoring_case(type, "application/x-www-form-urlencoded")) {
    return parse_urlencoded(body, limits);
  }
  if (!equal_ignoring_case(type, "multipart/form-data")) {
    throw FormDataError(400, "the form's enctype is neither urlencoded nor multipart/form-data");
  }
  const std::optional<std::string> boundary = boundary_of(content_type);
  if (!boundary) throw FormDataError(400, "multipart/form-data without a usable boundary");
  return parse_multipart(*boundary, body, limits);
}

}  // namespace formmail
