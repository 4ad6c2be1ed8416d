#include "cgi-bin/html/page_form.h"

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
    while (std::optional<TagPlace> place = scanner_.next()) {
      take_text(place->begin);
      take(*place);
      text_from_ = place->end;
    }
    end_label();
    give_controls_to_forms();
    page_.unclosed = scanner_.unclosed();
    return std::move(page_);
  }

 private:
  struct Owned {
    Control control;
    std::optional<std::size_t> form;
  };
  enum class OpenOption { none, with_value, without_value };
  struct OpenLabel {
    std::string for_id;
    std::string text;
    std::size_t first_control;
  };
  static constexpr std::size_t kLongestCaption = 1000;

  void take(const TagPlace& place) {
    if (place.closing) {
      if (place.name == "label") end_label();
      if (place.name == "form") current_.reset();
      if (place.name == "select") select_.reset();
      if (place.name == "fieldset" && !fieldsets_.empty()) fieldsets_.pop_back();
      if (place.name == "template") end_template();
      return;
    }
    static constexpr std::array<std::string_view, 14> kOfInterest = {
        "form", "input", "select",   "option",   "label", "textarea", "button",
        "link", "base",  "fieldset", "template", "frame", "iframe",   "style"};
    const std::string_view name = std::string_view(place.name).substr(0, place.name.find(PageText::kOther));
    if (std::find(kOfInterest.begin(), kOfInterest.end(), name) == kOfInterest.end()) return;
    if (name != place.name) {
      page_.odd_names.push_back(place);
      return;
    }
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
    } else if (tag.name == "label") {
      end_label();
      label_ = OpenLabel{std::string(tag.value("for")), "", controls_.size()};
    } else if (tag.name == "base") {
      page_.bases.push_back(std::move(tag));
    } else if (tag.name == "fieldset") {
      const bool around = !fieldsets_.empty() && fieldsets_.back();
      fieldsets_.push_back(around || tag.find("disabled") != nullptr);
    } else if (tag.name == "template") {
      around_templates_.push_back(current_);
      current_.reset();
    } else if (tag.name == "style") {
      in_style_ = true;
    } else if (tag.name.ends_with("frame")) {
      page_.has_frames = true;
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

  void end_template() {
    if (around_templates_.empty()) return;
    current_ = around_templates_.back();
    around_templates_.pop_back();
  }

  void take_control(Tag tag) {
    Control control;
    control.name = tag.value("name");
    control.value = tag.value("value");
    control.type = tag.name == "input" ? tag.keyword("type") : tag.name;
    if (control.type.empty()) control.type = "text";
    control.disabled = tag.find("disabled") != nullptr || (!fieldsets_.empty() && fieldsets_.back());
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
    choices.push_back({value == nullptr ? "" : value->value, tag.find("selected") != nullptr, ""});
    option_ = value == nullptr ? OpenOption::without_value : OpenOption::with_value;
  }

  /// What stands between the last tag and the next one, for what wants it.
  void take_text(std::size_t end) {
    if (option_ != OpenOption::none && select_) {
      Choice& choice = controls_[*select_].control.choices.back();
      choice.text = visible_text(text_.utf8(text_from_, end));
      if (option_ == OpenOption::without_value) choice.value = choice.text;
    }
    option_ = OpenOption::none;
    if (in_style_) take_imports(end);
    in_style_ = false;
    if (textarea_) {
      controls_[*textarea_].control.value = trimmed(text_.utf8(text_from_, end));
      textarea_.reset();
    } else if (label_ && !select_ && label_->text.size() < kLongestCaption) {
      label_->text += text_.utf8(text_from_, std::min(end, text_from_ + kLongestCaption));
    }
  }

  void take_imports(std::size_t end) {
    constexpr std::string_view kImport = "@import";
    constexpr std::size_t kLongestUrl = 2000;
    const std::string_view style = std::string_view(text_.markup()).substr(0, end);
    std::size_t at = style.find(kImport, text_from_);
    while (at != std::string_view::npos) {
      std::string_view url = style.substr(at + kImport.size(), kLongestUrl);
      url.remove_prefix(std::min(url.find_first_not_of(" \t\r\n"), url.size()));
      if (url.starts_with("url(")) url.remove_prefix(4);
      url.remove_prefix(std::min(url.find_first_not_of(" \"'"), url.size()));
      url = url.substr(0, url.find_first_of(" \"');@\r\n"));
      page_.imports.push_back({at, std::string(url)});
      at = style.find(kImport, at + kImport.size());
    }
  }

  /// A label around one control, or with `for`, is that control's caption.
  void end_label() {
    if (!label_) return;
    std::string caption = visible_text(label_->text);
    if (!label_->for_id.empty()) {
      captions_.emplace(label_->for_id, std::move(caption));
    } else if (controls_.size() == label_->first_control + 1) {
      controls_.back().control.caption = std::move(caption);
    }
    label_.reset();
  }

  void give_controls_to_forms() {
    for (Owned& owned : controls_) {
      const auto caption = captions_.find(std::string(owned.control.tag.value("id")));
      if (caption != captions_.end()) owned.control.caption = caption->second;
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
  std::optional<std::size_t> current_;                        ///< the form that is open
  std::vector<std::optional<std::size_t>> around_templates_;  ///< the form that was open before each
  std::vector<bool> fieldsets_;                               ///< those that are open: whether they disable
  std::optional<std::size_t> select_;                         ///< the <select> that is open
  std::optional<std::size_t> textarea_;                       ///< the <textarea> whose text is awaited
  OpenOption option_ = OpenOption::none;                      ///< the <option> whose text is awaited
  bool in_style_ = false;                                     ///< the text of a <style> is awaited
  std::optional<OpenLabel> label_;
  std::map<std::string, std::string> captions_;  ///< by the ids of the controls
  std::size_t text_from_ = 0;                    ///< behind the last tag
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
