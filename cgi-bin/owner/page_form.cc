#include "cgi-bin/owner/page_form.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace formmail {

namespace {

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1));
}

class PageReader {
 public:
  explicit PageReader(const PageText& text) : text_(text), scanner_(text.markup()) {}

  Page read() {
    while (std::optional<TagPlace> place = scanner_.next()) take(*place);
    give_controls_to_forms();
    return std::move(page_);
  }

 private:
  struct Owned {
    Control control;
    std::optional<std::size_t> form;
  };

  void take(const TagPlace& place) {
    finish_text(place.begin);
    if (place.closing) {
      if (place.name == "form") current_.reset();
      if (place.name == "select") select_.reset();
      return;
    }
    static constexpr std::array<std::string_view, 8> kOfInterest = {"form",     "input",  "select", "option",
                                                                    "textarea", "button", "link",   "base"};
    if (std::find(kOfInterest.begin(), kOfInterest.end(), place.name) == kOfInterest.end()) return;
    if (!is_readable(place)) {
      page_.unreadable.push_back(place);
      return;
    }
    Tag tag = read_tag(text_, place);
    if (tag.name == "form") {
      take_form(std::move(tag));
    } else if (tag.name == "option") {
      take_option(tag);
    } else if (tag.name == "link") {
      if (tag.keyword("rel").find("stylesheet") != std::string::npos) {
        page_.style_sheets.push_back(std::move(tag));
      }
    } else if (tag.name == "base") {
      page_.bases.push_back(std::move(tag));
    } else {
      take_control(std::move(tag));
    }
  }

  void take_form(Tag tag) {
    if (current_) {
      page_.forms[*current_].inner.push_back(std::move(tag));
      return;
    }
    current_ = page_.forms.size();
    const std::string id(tag.value("id"));
    if (!id.empty()) by_id_.emplace(id, *current_);
    page_.forms.emplace_back().tag = std::move(tag);
  }

  void take_control(Tag tag) {
    Control control;
    control.name = tag.value("name");
    control.value = tag.value("value");
    control.type = tag.name == "input" ? tag.keyword("type") : tag.name;
    if (control.type.empty()) control.type = "text";
    control.tag = std::move(tag);
    controls_.push_back({std::move(control), current_});
    const std::string& name = controls_.back().control.tag.name;
    if (name == "select") select_ = controls_.size() - 1;
    if (name == "textarea") textarea_ = controls_.size() - 1;
  }

  void take_option(const Tag& tag) {
    if (!select_) return;
    const Attribute* value = tag.find("value");
    std::vector<Choice>& choices = controls_[*select_].control.choices;
    choices.push_back({value == nullptr ? "" : value->value, tag.find("selected") != nullptr});
    if (value == nullptr) option_text_ = tag.end;
  }

  /// What stands between a tag that wants its text and the next tag.
  void finish_text(std::size_t end) {
    if (option_text_) {
      controls_[*select_].control.choices.back().value = trimmed(text_.utf8(*option_text_, end));
      option_text_.reset();
    }
    if (textarea_) {
      Control& control = controls_[*textarea_].control;
      control.value = trimmed(text_.utf8(control.tag.end, end));
      textarea_.reset();
    }
  }

  void give_controls_to_forms() {
    for (Owned& owned : controls_) {
      const Attribute* named = owned.control.tag.find("form");
      if (named != nullptr) {
        const auto found = by_id_.find(named->value);
        owned.form = found == by_id_.end() ? std::nullopt : std::optional<std::size_t>(found->second);
      }
      if (owned.form) {
        page_.forms[*owned.form].add(std::move(owned.control));
      } else if (!owned.control.name.empty()) {
        page_.stray.push_back(std::move(owned.control));
      }
    }
  }

  const PageText& text_;
  TagScanner scanner_;
  Page page_;
  std::vector<Owned> controls_;
  std::map<std::string, std::size_t> by_id_;
  std::optional<std::size_t> current_;      ///< the form that is open
  std::optional<std::size_t> select_;       ///< the <select> that is open
  std::optional<std::size_t> textarea_;     ///< the <textarea> whose text is awaited
  std::optional<std::size_t> option_text_;  ///< where the text of an <option> without a value begins
};

}  // namespace

bool Control::is_for_visitors() const {
  static constexpr std::array<std::string_view, 5> kOthers = {"hidden", "submit", "reset", "button", "image"};
  return std::find(kOthers.begin(), kOthers.end(), type) == kOthers.end();
}

bool Control::is_own() const { return name.size() > 2 && name.starts_with('_') && name.ends_with('_'); }

const Control* PageForm::find(const std::string& name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &controls[found->second];
}

std::string_view PageForm::first_value(const std::string& name) const {
  const Control* control = find(name);
  return control == nullptr ? std::string_view() : control->value;
}

void PageForm::add(Control control) {
  by_name_.emplace(control.name, controls.size());
  controls.push_back(std::move(control));
}

bool PageForm::is_formmail() const { return is_formmail_url(tag.value("action")); }

bool is_formmail_url(std::string_view action) {
  const std::string url = trimmed(action.substr(0, action.find_first_of("?#")));
  return url.ends_with(kFormPath) || url == kFormPath.substr(1);
}

Page read_page(const PageText& text) { return PageReader(text).read(); }

}  // namespace formmail
