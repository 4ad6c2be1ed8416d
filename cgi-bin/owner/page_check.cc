#include "cgi-bin/owner/page_check.h"

#include <algorithm>
#include <string>
#include <unordered_set>

namespace formmail {

namespace {

/// A form that means to be formmail's, but whose action leads elsewhere.
bool has_formmail_fields(const PageForm& form) {
  return form.find("_profile_") != nullptr || form.find("_label_") != nullptr;
}

/// A form whose every quote is a wrong one.
bool is_meant_for_formmail(const PageForm& form) {
  return form.tag.value("action").find(kFormPath) != std::string_view::npos;
}

bool has_formmail_inside(const PageForm& form) {
  return std::ranges::any_of(form.inner, [](const Tag& tag) { return is_formmail_url(tag.value("action")); });
}

void check_forms_inside(const PageForm& form, const CheckedPage& checked, MistakeList& found) {
  for (const Tag& inner : form.inner) {
    found.mistake(inner.begin, "form-inside",
                  {{"outer", std::to_string(checked.text.line(form.tag.begin))},
                   {"action", std::string(form.tag.value("action"))}});
  }
}

/// Fields that formmail awaits, but that stand outside every form.
void check_stray_fields(const CheckedPage& checked, MistakeList& found) {
  std::unordered_set<std::string> labelled;
  for (const PageForm& form : checked.page.forms) {
    for (const WrittenLabel& label : labels_of(form)) labelled.insert(label.label.field);
  }
  for (const Control& control : checked.page.stray) {
    if (control.is_own() || labelled.contains(control.name)) {
      found.mistake(control.tag.begin, "field-outside", {{"field", control.name}});
    }
  }
}

}  // namespace

std::vector<Mistake> check_page(const CheckedPage& checked) {
  MistakeList found(checked.text);
  check_charset(checked, found);
  check_markup(checked.page, found);
  bool any = false;
  for (const PageForm& form : checked.page.forms) {
    if (!form.is_formmail() && !has_formmail_fields(form)) {
      any = (is_meant_for_formmail(form) && check_quotes(form.tag, found)) || any;
      continue;
    }
    any = true;
    check_forms_inside(form, checked, found);
    if (!form.is_formmail() && has_formmail_inside(form)) continue;  // all else would follow from this
    if (form.controls.size() > kMostControls) {
      found.mistake(form.tag.begin, "too-many-fields", {{"most", std::to_string(kMostControls)}});
      continue;
    }
    check_form_tag(form, found);
    check_profile(form, checked, found);
    check_own_fields(form, found);
    check_fields(form, found);
    check_labels(form, checked, found);
    check_urls(form, checked, found);
    check_page_urls(form, checked, found);
  }
  if (any) check_stray_fields(checked, found);
  const bool explained = !checked.page.odd_names.empty() || checked.page.unclosed.has_value();
  if (!any && !explained) {
    found.of_page(checked.page.has_frames ? "no-form-in-frames" : "no-form",
                  {{"path", std::string(kFormPath)}});
  }
  return found.take();
}

std::vector<WrittenLabel> labels_of(const PageForm& form) {
  std::vector<WrittenLabel> labels;
  for (const Control& control : form.controls) {
    if (control.name != "_label_") continue;
    std::optional<Label> label = parse_label(control.value);
    if (label) labels.push_back({std::move(*label), control.tag.begin});
  }
  return labels;
}

}  // namespace formmail
