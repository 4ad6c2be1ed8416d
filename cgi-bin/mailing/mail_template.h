#pragma once

#include <filesystem>
#include <initializer_list>
#include <kainjow/mustache.hpp>
#include <string>
#include <string_view>

namespace formmail {

using TemplateData = kainjow::mustache::data;

/// Renders Mustache as plain text: nothing is escaped, line ends inside values stay.
/// Throws std::runtime_error if the template is broken.
std::string render_text(const std::string& source, const TemplateData& data);

/// Renders Mustache as HTML: values are escaped. Throws std::runtime_error if the template is broken.
std::string render_html(const std::string& source, const TemplateData& data);

/// The text of templates/mails/`name`: from `file` if that isn't empty and can be read, else the built-in
/// one. Throws std::runtime_error where there is neither.
std::string mail_template(const std::filesystem::path& file, std::string_view name);

/// The file that stands in for templates/mails/`name`: the profile's own (`file`), else the first of the
/// folders that has one of that name; "" none.
std::filesystem::path find_mail_template(const std::filesystem::path& file,
                                         std::initializer_list<std::filesystem::path> folders,
                                         std::string_view name);

}  // namespace formmail
