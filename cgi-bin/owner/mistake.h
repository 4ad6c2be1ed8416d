#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cgi-bin/html/page_text.h"
#include "cgi-bin/page/messages.h"

namespace formmail {

/// Something in a page that keeps its form from working as its owner means it; as a hint, something that he
/// may want to know.
struct Mistake {
  std::size_t line;  ///< 0: of the whole page
  bool hint;
  std::string key;  ///< of its text in templates/owner/LANGUAGE/mistakes.txt
  std::vector<std::pair<std::string_view, std::string>> values;

  /// The sentence that explains it, and what to do. Fit for a terminal.
  std::string text(const Messages& messages) const;
};

/// Gathers mistakes by their place in a page.
class MistakeList {
 public:
  using Values = std::vector<std::pair<std::string_view, std::string>>;

  explicit MistakeList(const PageText& page) : page_(page) {}

  void mistake(std::size_t offset, std::string key, Values values = {}) {
    add(page_.line(offset), false, std::move(key), std::move(values));
  }
  void hint(std::size_t offset, std::string key, Values values = {}) {
    add(page_.line(offset), true, std::move(key), std::move(values));
  }
  void of_page(std::string key, Values values = {}) { add(0, false, std::move(key), std::move(values)); }

  /// In the order of their lines.
  std::vector<Mistake> take();
  /// Whether no further mistakes are taken: who has so many reads no more of them.
  bool is_full() const { return mistakes_.size() >= kMost; }

 private:
  static constexpr std::size_t kMost = 500;
  void add(std::size_t line, bool hint, std::string key, Values values) {
    if (!is_full()) mistakes_.push_back({line, hint, std::move(key), std::move(values)});
  }

  const PageText& page_;
  std::vector<Mistake> mistakes_;
};

/// `utf8` as it may reach a terminal: controls, line ends and bidi characters as \u{HEX}, at most `most`
/// characters.
std::string terminal_text(std::string_view utf8, std::size_t most = 200);

/// The name among `known` that differs from `name` by a typing error; "" if none.
std::string_view nearest_name(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace formmail
