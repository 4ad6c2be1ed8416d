#include "cgi-bin/form/form.h"

#include <algorithm>
#include <array>
#include <utility>

#include "cgi-bin/form/upload_type.h"

namespace formmail {

namespace {

/// The texts that a page may set: one table for reading them and for passing them on.
constexpr std::array<std::pair<std::string_view, std::string Form::*>, 15> kTexts{
    {{"_profile_", &Form::profile},
     {"_lang_", &Form::language},
     {"_css_url_", &Form::css_url},
     {"_conf_title_", &Form::conf_title},
     {"_conf_msg_head_", &Form::conf_head},
     {"_conf_msg_foot_", &Form::conf_foot},
     {"_conf_submit_", &Form::conf_submit},
     {"_conf_back_", &Form::conf_back},
     {"_comp_title_", &Form::comp_title},
     {"_comp_msg_head_", &Form::comp_head},
     {"_comp_msg_foot_", &Form::comp_foot},
     {"_comp_return_text_", &Form::comp_return_text},
     {"_comp_return_url_", &Form::comp_return_url},
     {"_honeypot_", &Form::honeypot},
     {"_page_", &Form::page_url}}};

bool is_own_name(std::string_view name) {
  return name.size() >= 2 && name.starts_with('_') && name.ends_with('_');
}

bool read_own_field(Form& form, const FormEntry& entry) {
  if (entry.name == "_label_") {
    std::optional<Label> label = parse_label(entry.value);
    if (!label) return true;
    const bool known = std::any_of(form.labels.begin(), form.labels.end(),
                                   [&](const Label& l) { return l.field == label->field; });
    if (!known) form.labels.push_back(std::move(*label));
    return true;
  }
  if (entry.name == "_conf_enable_") {
    form.confirm = !entry.value.empty() && entry.value != "0";
    return true;
  }
  for (const auto& [name, member] : kTexts) {
    if (entry.name != name) continue;
    if ((form.*member).empty()) form.*member = entry.value;
    return true;
  }
  return is_own_name(entry.name);
}

}  // namespace

Form Form::read(FormData data) {
  Form form;
  FormData files;
  for (FormEntry& entry : data) {
    if (entry.file_name) {
      files.push_back(std::move(entry));
    } else if (!read_own_field(form, entry)) {
      form.entries.push_back(std::move(entry));
    }
  }
  if (form.language != "ja" && form.language != "en") form.language.clear();
  for (const FormEntry& entry : files) {
    const bool labelled = std::any_of(form.labels.begin(), form.labels.end(),
                                      [&](const Label& l) { return l.field == entry.name; });
    if (!labelled) continue;
    form.files.push_back({entry.name, safe_file_name(*entry.file_name), media_type_of(entry.file_bytes),
                          entry.file_bytes, ""});
  }
  return form;
}

std::vector<std::string_view> Form::values(std::string_view field) const {
  std::vector<std::string_view> list;
  for (const FormEntry& entry : entries) {
    if (entry.name == field && !entry.value.empty()) list.emplace_back(entry.value);
  }
  return list;
}

std::string Form::joined_value(std::string_view field, std::string_view lang) const {
  std::string joined;
  for (const std::string_view value : values(field)) {
    if (!joined.empty()) joined += lang == "en" ? ", " : "、";
    joined += value;
  }
  return joined;
}

std::vector<const FormFile*> Form::files_of(std::string_view field) const {
  std::vector<const FormFile*> found;
  for (const FormFile& file : files) {
    if (file.field == field) found.push_back(&file);
  }
  return found;
}

bool Form::is_repetition(const Label& label) const {
  return !label.match.empty() && std::any_of(labels.begin(), labels.end(), [&](const Label& other) {
    return other.field == label.match && other.match.empty();
  });
}

bool Form::is_honeypot_filled() const { return !honeypot.empty() && !values(honeypot).empty(); }

FormData Form::page_fields() const {
  FormData fields;
  const auto add = [&](std::string_view name, std::string value) {
    FormEntry& entry = fields.emplace_back();
    entry.name = name;
    entry.value = std::move(value);
  };
  for (const auto& [name, member] : kTexts) {
    if (!(this->*member).empty()) add(name, this->*member);
  }
  if (confirm) add("_conf_enable_", "1");
  for (const Label& label : labels) add("_label_", label.written);
  return fields;
}

std::vector<std::string_view> page_field_names() {
  std::vector<std::string_view> names{"_label_", "_conf_enable_", "_charset_"};
  for (const auto& [name, member] : kTexts) {
    if (name != "_page_") names.push_back(name);  // ours, between two pages
  }
  return names;
}

}  // namespace formmail
