#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace formmail {

/// A template that can't be used. what() is "FILE:LINE: what is wrong", without a line where none is at
/// fault.
struct TemplateError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The text of a template, a style sheet or a file of messages: UTF-8, without byte order mark. Throws
/// TemplateError if it can't be read, is empty, in another charset or longer than anybody's template.
std::string read_template(const std::filesystem::path& file);

/// Throws TemplateError if `text`, the content of `file`, is no Mustache.
void check_template(const std::filesystem::path& file, const std::string& text);

}  // namespace formmail
