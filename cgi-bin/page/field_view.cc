#include "cgi-bin/page/field_view.h"

#include <algorithm>
#include <array>
#include <utility>

namespace formmail {

namespace {

using kainjow::mustache::data;
using kainjow::mustache::object;

/// The keys that a phone shows.
const char* input_mode(Pattern pattern, std::string_view type) {
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
      break;
  }
  if (type == "number") return "decimal";
  return type == "email" ? "email" : type == "tel" ? "tel" : type == "url" ? "url" : "";
}

/// What browsers fill in.
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

/// Whether a control of this type shows `value` as it is: browsers empty it of all else. In the shapes 0
/// stands for any digit, h for a hexadecimal one.
bool shows(std::string_view type, std::string_view value) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kShapes{
      {{"date", "0000-00-00"},
       {"time", "00:00"},
       {"time", "00:00:00"},
       {"month", "0000-00"},
       {"week", "0000-W00"},
       {"datetime-local", "0000-00-00T00:00"},
       {"color", "#hhhhhh"}}};
  const auto fits = [](char shape, char c) {
    const bool digit = '0' <= c && c <= '9';
    if (shape == '0') return digit;
    return shape == 'h' ? digit || ('a' <= (c | 32) && (c | 32) <= 'f') : shape == c;
  };
  return std::ranges::any_of(kShapes, [&](const auto& shape) {
    return shape.first == type &&
           ((value.empty() && type != "color") || std::ranges::equal(shape.second, value, fits));
  });
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
bool offer(object& field, const Form& form, const Label& label, const OfferedControl& offered, bool broken) {
  using Kind = OfferedControl::Kind;
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
      if (shows(offered.type, value)) field["input_type"] = data(offered.type);
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
    case Kind::file:
      return false;
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

void set_entry(object& field, const FieldView& view, const OfferedControl* offered) {
  const Label& label = view.label;
  if (offered == nullptr || !offer(field, view.form, label, *offered, view.error != nullptr)) {
    suggest(field, view.form, label);
  }
  const std::string mode = input_mode(label.pattern, offered == nullptr ? "" : offered->type);
  if (!mode.empty()) field["mode"] = data(mode);
  const std::string fill = offered == nullptr || offered->autocomplete.empty() ? autocomplete(label.pattern)
                                                                               : offered->autocomplete;
  if (!fill.empty()) field["autocomplete"] = data(fill);
}

void set_file(object& field, const FieldView& view, const OfferedControl* offered) {
  field["is_file"] = data(true);
  field["multiple"] = data(offered != nullptr && offered->multiple);
  std::string accept;
  for (const std::string& type : view.label.file_types) accept += (accept.empty() ? "." : ",.") + type;
  if (!accept.empty()) field["accept"] = data(accept);
  data kept(data::type::list);
  for (const FieldView::Waiting& file : view.kept) {
    object one;
    one["number"] = data(file.number);
    one["file"] = data(file.name);
    kept << data(one);
  }
  field["has_kept"] = data(!view.kept.empty());
  field["kept"] = std::move(kept);
}

}  // namespace

object field_data(const FieldView& view) {
  const Form& form = view.form;
  const Label& label = view.label;
  object field;
  field["id"] = data(view.id);
  field["name"] = data(label.field);
  field["label"] = data(label.text);
  // `required` is found in the outer data where a field lacks it: each field has its own.
  field["required"] = data(label.required);
  field["input_type"] = data("text");
  const auto found = form.offered.find(label.field);
  const OfferedControl* offered = found == form.offered.end() ? nullptr : &found->second;
  const bool takes_files = label.file || (offered != nullptr && offered->kind == OfferedControl::Kind::file);
  if (takes_files || !form.files_of(label.field).empty()) {
    set_file(field, view, offered);
  } else {
    set_entry(field, view, offered);
  }
  std::string described = view.kept.empty() ? "" : view.id + "-kept";
  if (view.error != nullptr) {
    field["error"] = data(view.error->text);
    described += (described.empty() ? "" : " ") + view.id + "-error";
  }
  if (!described.empty()) field["described_by"] = data(described);
  return field;
}

}  // namespace formmail
