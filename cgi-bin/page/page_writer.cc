#include "cgi-bin/page/page_writer.h"

#include <algorithm>

#include "cgi-bin/page/field_view.h"
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

void set_lines(data& page, const char* name, const std::string& text) {
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

data PageWriter::page(const std::string& title) const {
  data page;
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
    data row;
    row["label"] = data(label.text);
    row["value_html"] = data(html_lines(value));
    rows.emplace_back(std::move(row));
  }
  return data(rows);
}

Response PageWriter::finished(int status, std::string_view name, const data& page) const {
  Response response;
  response.status = status;
  response.headers.emplace_back("Content-Security-Policy", content_security_policy());
  response.headers.emplace_back("Content-Language", place_.language);
  response.body = templates_.render(place_.language, name, page);
  return response;
}

Response PageWriter::confirm(const Form& form, const std::string& sealed) const {
  data page = this->page(or_default(form.conf_title, messages_, "conf_title"));
  set_lines(page, "head_html", or_default(form.conf_head, messages_, "conf_head"));
  set_lines(page, "foot_html", form.conf_foot);
  page["rows"] = rows(form);
  page["profile"] = data(form.profile);
  page["sealed"] = data(sealed);
  page["submit"] = data(or_default(form.conf_submit, messages_, "conf_submit"));
  page["back"] = data(or_default(form.conf_back, messages_, "conf_back"));
  return finished(200, "confirm", page);
}

Response PageWriter::input(int status, const Form& form, const std::string& reason,
                           const std::vector<FieldError>& errors, const std::vector<KeptFile>& kept,
                           const std::string& kept_seal) const {
  data page = this->page(messages_.text("input_title"));
  set_lines(page, "message_html", messages_.text(reason));
  // Whom the edit button led here has done nothing wrong.
  page["refused"] = data(status != 200 || !errors.empty());
  page["submit"] = data(form.confirm ? messages_.text("input_submit")
                                     : or_default(form.conf_submit, messages_, "conf_submit"));

  data hidden(data::type::list);
  hidden << data(hidden_field("_charset_", "utf-8"));
  hidden << data(hidden_field("_profile_", form.profile));
  hidden << data(hidden_field("_lang_", place_.language));
  hidden << data(hidden_field("_form_", pack_fields(form.page_fields())));
  if (!kept_seal.empty()) hidden << data(hidden_field("_kept_", kept_seal));
  page["hidden"] = std::move(hidden);

  data fields(data::type::list);
  data list(data::type::list);
  for (const Label& label : form.labels) {
    FieldView view{form, label, "field" + std::to_string(fields.list_value().size() + 1), nullptr, {}};
    if (const auto found = std::ranges::find(errors, label.field, &FieldError::field);
        found != errors.end()) {
      view.error = &*found;
      object link;
      link["id"] = data(view.id);
      link["text"] = data(found->text);
      list << data(link);
    }
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (kept[i].field == label.field) view.kept.push_back({std::to_string(i + 1), kept[i].name});
    }
    object field = field_data(view);
    if (field.contains("is_file")) page["multipart"] = data(true);
    fields << data(field);
  }
  page["fields"] = std::move(fields);
  page["has_errors"] = data(!errors.empty());
  page["errors"] = std::move(list);
  return finished(status, "input", page);
}

data PageWriter::completion(const Form& form, const std::string& reference) const {
  data page = this->page(or_default(form.comp_title, messages_, "comp_title"));
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
  data page = completion(form, reference);
  page["profile"] = data(form.profile);
  page["sealed"] = data(sealed);
  return finished(200, "complete", page);
}

Response PageWriter::error(int status, const std::string&, const std::string& message,
                           const std::string& reference) const {
  data page = this->page(messages_.text("error_title"));
  set_lines(page, "message_html", message);
  if (!reference.empty()) page["reference"] = data(reference);
  if (!place_.return_url.empty()) {
    page["return_url"] = data(place_.return_url);
    page["return_text"] = data(messages_.text("error_return"));
  }
  return finished(status, "error", page);
}

}  // namespace formmail
