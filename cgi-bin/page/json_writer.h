#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cgi-bin/page/answer_writer.h"

namespace formmail {

/// Answers for scripts: `{"ok":true,"id":"..."}`, or a problem (RFC 9457) whose `type` names the reason and
/// whose `errors` name each field:
///
///     {"type":"urn:sekisho:formmail:input_errors","title":"Unprocessable Content","status":422,
///      "detail":"...","errors":[{"field":"email","detail":"..."}]}
class JsonWriter : public AnswerWriter {
 public:
  explicit JsonWriter(const Messages& messages) : messages_(messages) {}

  const Messages& messages() const override { return messages_; }
  Response complete(const Form& form, const std::string& reference) const override;
  Response input(int status, const Form& form, const std::string& reason,
                 const std::vector<FieldError>& errors, const std::vector<KeptFile>& kept,
                 const std::string& kept_seal) const override;
  Response error(int status, const std::string& reason, const std::string& message,
                 const std::string& reference) const override;

 private:
  const Messages& messages_;
};

}  // namespace formmail
