#include "cgi-bin/form/field_check.h"

#include <algorithm>
#include <optional>

#include "cgi-bin/form/blanks.h"
#include "cgi-bin/form/character_count.h"
#include "cgi-bin/form/pattern_check.h"
#include "cgi-bin/form/upload_type.h"

namespace formmail {

namespace {

const Label* label_of(const Form& form, std::string_view field) {
  const auto found = std::find_if(form.labels.begin(), form.labels.end(),
                                  [&](const Label& label) { return label.field == field; });
  return found == form.labels.end() ? nullptr : &*found;
}

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

/// The sentence for the first rule that the field breaks; nothing where it breaks none.
class FieldCheck {
 public:
  FieldCheck(const Form& form, const Label& label, const Messages& messages)
      : form_(form), label_(label), messages_(messages), values_(form.values(label.field)) {}

  std::optional<std::string> broken_rule() const {
    const std::vector<const FormFile*> files = form_.files_of(label_.field);
    if (!files.empty()) return broken_file_rule(files);
    if (label_.file && !values_.empty()) return text("not_a_file");
    if (!label_.match.empty()) return broken_match();
    if (is_blank()) return label_.required ? text(label_.file ? "required_file" : "required") : std::nullopt;
    for (const std::string_view value : values_) {
      if (label_.pattern != Pattern::any && !fits_pattern(value, label_.pattern, form_.language)) {
        return text(rule_of(label_.pattern));
      }
      const std::size_t length = count_characters(value);
      if (label_.min && length < *label_.min) return text("min", {{"n", std::to_string(*label_.min)}});
      if (label_.max && length > *label_.max) return text("max", {{"n", std::to_string(*label_.max)}});
    }
    return std::nullopt;
  }

 private:
  using Values = std::vector<std::pair<std::string, std::string>>;

  std::optional<std::string> text(std::string_view key, const Values& more = {}) const {
    std::vector<std::pair<std::string_view, std::string_view>> values = {{"label", label_.text}};
    for (const auto& [name, value] : more) values.emplace_back(name, value);
    return messages_.text(key, values);
  }

  bool is_blank() const {
    return std::all_of(values_.begin(), values_.end(),
                       [](std::string_view value) { return without_blanks(value).empty(); });
  }

  std::optional<std::string> broken_match() const {
    if (values_ == form_.values(label_.match)) {
      return label_.required && is_blank() ? text("required") : std::nullopt;
    }
    const Label* other = label_of(form_, label_.match);
    return text("match", {{"other", other == nullptr ? label_.match : other->text}});
  }

  std::optional<std::string> broken_file_rule(const std::vector<const FormFile*>& files) const {
    for (const FormFile* file : files) {
      if (file->bytes.empty()) return text("file_empty");
      if (!label_.file_types.empty() && !is_of_type(file->name, file->bytes, label_.file_types)) {
        return text("file_type", {{"types", join(label_.file_types)}});
      }
    }
    return std::nullopt;
  }

  const Form& form_;
  const Label& label_;
  const Messages& messages_;
  std::vector<std::string_view> values_;
};

}  // namespace

std::vector<FieldError> check_fields(const Form& form, const Messages& messages) {
  std::vector<FieldError> errors;
  for (const Label& label : form.labels) {
    if (std::optional<std::string> broken = FieldCheck(form, label, messages).broken_rule()) {
      errors.push_back({label.field, std::move(*broken)});
    }
  }
  return errors;
}

}  // namespace formmail
