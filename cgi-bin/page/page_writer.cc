#include "cgi-bin/page/page_writer.h"

#include <algorithm>

#include "cgi-bin/page/html.h"
#include "cgi-bin/seal/seal.h"

namespace formmail {

namespace {

using kainjow::mustache::data;
using kainjow::mustache::object;

/// `text`, or the language's own where the page doesn't set it.
std::string or_default(const std::string& text, const Messages& messages, std::string_view key) {
  return text.empty() ? messages.text(key) : text;
}

void set_lines(object& page, const char* name, const std::string& text) {
  if (!text.empty()) page[name] = data(html_lines(text));
}

std::string file_names(const Form& form, std::string_view field) {
  std::string names;
  for (const FormFile* file : form.files_of(field)) names += (names.empty() ? "" : "\n") + file->name;
  return names;
}

/// A URL as a host-source with a path (CSP3 2.3.1). An address is no host-source: 'self' stands in.
std::string csp_source(const std::string& url, const std::string& authority) {
  std::string source = url.substr(0, url.find_first_of("?#"));
  if (source.starts_with('/')) {
    const std::string host = authority.substr(0, authority.rfind(':'));
    if (host.empty() || host.ends_with(']') || (host.back() >= '0' && host.back() <= '9')) return "'self'";
    source = authority + source;
  }
  std::string out;
  for (const char c : source) {
    if (c == ';') {
      out += "%3B";
    } else if (c == ',') {
      out += "%2C";
    } else {
      out += c;
    }
  }
  return out;
}

const char* input_mode(Pattern pattern) {
  switch (pattern) {
    case Pattern::email:
      return "email";
    case Pattern::tel:
      return "tel";
    case Pattern::url:
      return "url";
    case Pattern::zip:
    case Pattern::number:
      return "numeric";
    default:
      return "";
  }
}

const char* autocomplete(Pattern pattern) {
  switch (pattern) {
    case Pattern::email:
      return "email";
    case Pattern::tel:
      return "tel";
    case Pattern::zip:
      return "postal-code";
    default:
      return "";
  }
}

/// Whether the field is called what forms call the box for free text, in its name or in its label.
bool is_called_long_text(const Label& label) {
  constexpr std::string_view kNames[] = {"comment",  "message", "inquiry", "content",  "detail",
                                         "question", "remark",  "note",    "opinion",  "request",
                                         "内容",     "詳細",    "本文",    "備考",     "質問",
                                         "要望",     "感想",    "意見",    "コメント", "メッセージ"};
  std::string called = label.field + '\n' + label.text;
  for (char& c : called) c = 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::ranges::any_of(kNames,
                             [&](std::string_view name) { return called.find(name) != std::string::npos; });
}

/// Which control a field had on the owner's page is not known: its value tells, or what it is called. Enter
/// in a field of one line would send the form.
bool needs_area(const Label& label, std::string_view value) {
  constexpr std::size_t kLineLength = 100;
  return value.find('\n') != std::string_view::npos || value.size() > kLineLength ||
         (label.max && *label.max > kLineLength) ||
         (label.pattern == Pattern::any && label.match.empty() && is_called_long_text(label));
}

/// The choices of a field, those that were made among them marked. What was sent and isn't offered is a
/// choice, too: nothing gets lost.
data choices_of(const std::vector<OfferedControl::Choice>& offered,
                const std::vector<std::string_view>& values) {
  data choices(data::type::list);
  const auto add = [&](const std::string& value, const std::string& text, bool chosen) {
    object choice;
    choice["value"] = data(value);
    choice["text"] = data(text);
    choice["chosen"] = data(chosen);
    choices << data(choice);
  };
  for (const OfferedControl::Choice& choice : offered) {
    // Of a list in which nothing was chosen the browser would choose the first.
    const bool chosen =
        values.empty() ? choice.value.empty() : std::ranges::find(values, choice.value) != values.end();
    add(choice.value, choice.text, chosen);
  }
  for (const std::string_view value : values) {
    const std::string text(value);
    const bool known = std::ranges::find(offered, text, &OfferedControl::Choice::value) != offered.end();
    if (!known) add(text, text, true);
  }
  return choices;
}

/// The control of the owner's page, where it could be read and can hold what was sent.
bool offer(object& field, const Form& form, const Label& label, bool broken) {
  using Kind = OfferedControl::Kind;
  const auto found = form.offered.find(label.field);
  if (found == form.offered.end()) return false;
  const OfferedControl& offered = found->second;
  const std::vector<std::string_view> values = form.values(label.field);
  switch (offered.kind) {
    case Kind::line:
    case Kind::password:
    case Kind::hidden:
    case Kind::area: {
      if (values.size() > 1) return false;
      const std::string value(values.empty() ? std::string_view() : values.front());
      const bool area = offered.kind == Kind::area || value.find('\n') != std::string::npos;
      // A hidden field that breaks a rule has to be mended by somebody.
      const bool fixed = offered.kind == Kind::hidden && !broken;
      field[fixed ? "is_fixed" : area ? "is_area" : "is_text"] = data(true);
      if (offered.kind == Kind::password) field["input_type"] = data("password");
      field["value"] = data(value);
      return true;
    }
    case Kind::list:
      if (values.size() > 1 && !offered.multiple) return false;
      field["is_list"] = data(true);
      field["multiple"] = data(offered.multiple);
      break;
    case Kind::radio:
      if (values.size() > 1) return false;
      [[fallthrough]];
    case Kind::checkboxes:
      field["is_group"] = data(true);
      field["is_radio"] = data(offered.kind == Kind::radio);
      field["type"] = data(offered.kind == Kind::radio ? "radio" : "checkbox");
      break;
  }
  field["choices"] = choices_of(offered.choices, values);
  return true;
}

/// Where the page could not be read: what the values and the field's name suggest.
void suggest(object& field, const Form& form, const Label& label) {
  const std::vector<std::string_view> values = form.values(label.field);
  if (values.size() > 1) {
    field["is_group"] = data(true);
    field["type"] = data("checkbox");
    field["choices"] = choices_of({}, values);
    return;
  }
  const std::string value(values.empty() ? std::string_view() : values.front());
  field[needs_area(label, value) ? "is_area" : "is_text"] = data(true);
  field["value"] = data(value);
}

object field_of(const Form& form, const Label& label, const std::string& id, bool broken) {
  object field;
  field["id"] = data(id);
  field["name"] = data(label.field);
  field["label"] = data(label.text);
  // `required` is found in the outer data where a field lacks it: each field has its own.
  field["required"] = data(label.required);
  field["input_type"] = data("text");
  if (label.file || !form.files_of(label.field).empty()) {
    field["is_file"] = data(true);
    std::string accept;
    for (const std::string& type : label.file_types) accept += (accept.empty() ? "." : ",.") + type;
    if (!accept.empty()) field["accept"] = data(accept);
  } else {
    if (!offer(field, form, label, broken)) suggest(field, form, label);
    if (const char* mode = input_mode(label.pattern); *mode != '\0') field["mode"] = data(mode);
    if (const char* fill = autocomplete(label.pattern); *fill != '\0') field["autocomplete"] = data(fill);
  }
  return field;
}

object hidden_field(const std::string& name, const std::string& value) {
  object hidden;
  hidden["name"] = data(name);
  hidden["value"] = data(value);
  return hidden;
}

}  // namespace

std::string PageWriter::content_security_policy() const {
  const std::string style = place_.css_url.empty() ? std::string(templates_.style_sheet().csp_source)
                                                   : csp_source(place_.css_url, place_.authority);
  return "default-src 'none'; style-src " + style +
         "; form-action 'self'; base-uri 'none'; frame-ancestors 'self'";
}

object PageWriter::page(const std::string& title) const {
  object page;
  page["lang"] = data(place_.language);
  page["title"] = data(title);
  page["action"] = data(place_.action);
  if (place_.css_url.empty()) {
    page["style"] = data(std::string(templates_.style_sheet().text));
  } else {
    page["css_url"] = data(place_.css_url);
  }
  return page;
}

data PageWriter::rows(const Form& form) const {
  kainjow::mustache::list rows;
  rows.reserve(form.labels.size());
  for (const Label& label : form.labels) {
    if (form.is_repetition(label)) continue;
    std::string value = form.joined_value(label.field, place_.language);
    const std::string files = file_names(form, label.field);
    if (!files.empty()) value = files;
    object row;
    row["label"] = data(label.text);
    row["value_html"] = data(html_lines(value));
    rows.emplace_back(row);
  }
  return data(rows);
}

Response PageWriter::finished(int status, std::string_view name, object&& page) const {
  Response response;
  response.status = status;
  response.headers.emplace_back("Content-Security-Policy", content_security_policy());
  response.headers.emplace_back("Content-Language", place_.language);
  response.body = templates_.render(place_.language, name, data(page));
  return response;
}

Response PageWriter::confirm(const Form& form, const std::string& sealed) const {
  object page = this->page(or_default(form.conf_title, messages_, "conf_title"));
  set_lines(page, "head_html", or_default(form.conf_head, messages_, "conf_head"));
  set_lines(page, "foot_html", form.conf_foot);
  page["rows"] = rows(form);
  page["profile"] = data(form.profile);
  page["sealed"] = data(sealed);
  page["submit"] = data(or_default(form.conf_submit, messages_, "conf_submit"));
  page["back"] = data(or_default(form.conf_back, messages_, "conf_back"));
  return finished(200, "confirm", std::move(page));
}

Response PageWriter::input(int status, const Form& form, const std::string& reason,
                           const std::vector<FieldError>& errors, const std::vector<KeptFile>& kept,
                           const std::string& kept_seal) const {
  object page = this->page(messages_.text("input_title"));
  set_lines(page, "message_html", messages_.text(reason));
  page["submit"] = data(messages_.text("input_submit"));

  data hidden(data::type::list);
  hidden << data(hidden_field("_charset_", "utf-8"));
  hidden << data(hidden_field("_profile_", form.profile));
  hidden << data(hidden_field("_lang_", place_.language));
  hidden << data(hidden_field("_form_", pack_fields(form.page_fields())));
  if (!kept_seal.empty()) hidden << data(hidden_field("_kept_", kept_seal));
  page["hidden"] = std::move(hidden);

  data fields(data::type::list);
  data list(data::type::list);
  std::size_t count = 0;
  for (const Label& label : form.labels) {
    const std::string id = "field" + std::to_string(++count);
    const auto error = std::ranges::find(errors, label.field, &FieldError::field);
    object field = field_of(form, label, id, error != errors.end());
    if (field.contains("is_file")) page["multipart"] = data(true);
    std::string described;
    if (const auto file = std::ranges::find(kept, label.field, &KeptFile::field); file != kept.end()) {
      field["kept"] = data(file->name);
      described = id + "-kept";
    }
    if (error != errors.end()) {
      field["error"] = data(error->text);
      described += (described.empty() ? "" : " ") + id + "-error";
      object link;
      link["id"] = data(id);
      link["text"] = data(error->text);
      list << data(link);
    }
    if (!described.empty()) field["described_by"] = data(described);
    fields << data(field);
  }
  page["fields"] = std::move(fields);
  page["has_errors"] = data(!errors.empty());
  page["errors"] = std::move(list);
  return finished(status, "input", std::move(page));
}

object PageWriter::completion(const Form& form, const std::string& reference) const {
  object page = this->page(or_default(form.comp_title, messages_, "comp_title"));
  set_lines(page, "head_html", or_default(form.comp_head, messages_, "comp_head"));
  set_lines(page, "foot_html", form.comp_foot);
  page["has_rows"] = data(!form.labels.empty());
  page["rows"] = rows(form);
  if (!reference.empty()) page["reference"] = data(reference);
  if (!place_.return_url.empty()) {
    page["return_url"] = data(place_.return_url);
    page["return_text"] = data(or_default(form.comp_return_text, messages_, "comp_return"));
  }
  return page;
}

Response PageWriter::complete(const Form& form, const std::string& reference) const {
  return finished(200, "complete", completion(form, reference));
}

Response PageWriter::complete_repeated(const Form& form, const std::string& reference,
                                       const std::string& sealed) const {
  object page = completion(form, reference);
  page["profile"] = data(form.profile);
  page["sealed"] = data(sealed);
  return finished(200, "complete", std::move(page));
}

Response PageWriter::error(int status, const std::string&, const std::string& message,
                           const std::string& reference) const {
  object page = this->page(messages_.text("error_title"));
  set_lines(page, "message_html", message);
  if (!reference.empty()) page["reference"] = data(reference);
  return finished(status, "error", std::move(page));
}

}  // namespace formmail
