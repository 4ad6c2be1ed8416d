#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "cgi-bin/form/form.h"
#include "cgi-bin/http/environment.h"

namespace formmail {

// A post without a confirmation page brings no one-time number. Whoever reloads its completion page, presses
// the button twice, or goes back and presses it again, posts the same once more. So does whoever goes back to
// a confirmation page: it is stored nowhere, so browsers post the form again. Therefore the number is made of
// the post itself: what it says, and who says it. It holds for a while only, because people may mean to say
// the same again later.

/// Whether a browser shows the answer as a page: only such a post is repeated by accident. A program posts
/// as often as it means to. Browsers of the last ten years say so, older ones are known by name; any other is
/// taken for a program.
bool is_page_visit(const Environment& environment);

/// How long the same post keeps its number: from once to twice this time.
constexpr std::chrono::minutes kSamePost{15};

/// The one-time numbers of a post: the same for the same labelled values and files of one browser at one
/// client during one period (time / kSamePost). All that is to be read is read once.
class PostNumbers {
 public:
  PostNumbers(std::string_view site, const Form& form, std::string_view client, std::string_view user_agent);
  std::string at(std::chrono::system_clock::time_point time) const;

 private:
  std::string content_;
};

}  // namespace formmail
