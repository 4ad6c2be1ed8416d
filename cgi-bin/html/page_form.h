#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cgi-bin/html/page_text.h"
#include "cgi-bin/html/tag.h"
#include "cgi-bin/html/tag_scanner.h"

namespace formmail {

/// One choice of a <select>.
struct Choice {
  std::string value;
  bool selected;
  std::string text;  ///< what people read
};

/// An <input>, <select>, <textarea> or <button>.
struct Control {
  Tag tag;
  std::string name;  ///< "" nothing of it is sent
  std::string
      type;  ///< of an input in lower case ("text" if it has none); else "select", "textarea", "button"
  std::string value;  ///< attribute, or the default text of a <textarea>
  std::vector<Choice> choices;
  std::string caption;    ///< text of its <label>, if that belongs to it alone; "" none
  bool disabled = false;  ///< by itself or by a <fieldset> around it: not sent

  /// Whether a visitor fills it in: no hidden field and no button.
  bool is_for_visitors() const;
  /// Whether its name is of formmail's own kind, `_..._`.
  bool is_own() const;
};

/// A <form> with the controls that a browser sends with it.
struct PageForm {
  Tag tag;
  std::vector<Control> controls;
  /// <form> tags inside it, which browsers ignore: their fields are the outer form's.
  std::vector<Tag> inner;

  /// The first field of that name; null if there is none.
  const Control* find(const std::string& name) const;
  /// Its value; "" if there is none.
  std::string_view first_value(const std::string& name) const;
  void add(Control control);
  /// Whether its action is formmail's address, on the own host or behind a prefix, absolute or relative.
  bool is_formmail() const;

 private:
  std::unordered_map<std::string, std::size_t> by_name_;
};

/// A style sheet that another one, in a <style>, names by @import.
struct StyleImport {
  std::size_t begin;
  std::string url;
};

/// What of a page matters to formmail.
struct Page {
  std::vector<PageForm> forms;    ///< in the order of the page
  std::vector<Tag> style_sheets;  ///< <link rel="stylesheet">
  std::vector<StyleImport> imports;
  std::vector<Tag> bases;            ///< <base>
  std::vector<TagPlace> unreadable;  ///< tags beyond is_readable()
  std::vector<Control> stray;        ///< named controls outside every form
  std::vector<TagPlace> odd_names;   ///< tags like <input> with a character outside ASCII in their name
  std::optional<Unclosed> unclosed;
  bool has_frames = false;
};

/// Reads a page as browsers do: a control belongs to the form whose start tag was the last not yet closed
/// before it, wherever table rows and other tags stand between, or to the one that its `form` attribute
/// names. What stands in a <template> is no part of a form around that.
Page read_page(const PageText& text);

/// The path of formmail on every site.
constexpr std::string_view kFormPath = "/freecgi/FormMail/index.cgi";
bool is_formmail_url(std::string_view action);

}  // namespace formmail
