#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "cgi-bin/site/site.h"

namespace formmail {

/// One labelled field as it was checked and confirmed. UTF-8, LF line ends.
struct SubmittedField {
  std::string name;
  std::string label;
  std::string value;  ///< several values already joined
};

struct SubmittedFile {
  std::string field;
  std::string label;
  std::string file_name;   ///< UTF-8, made safe
  std::string media_type;  ///< by content
  std::string bytes;
  bool attached = true;  ///< false: known by its name alone, as in a record
};

/// What a visitor sent, complete and checked: the one thing that passes from the web side to the mail side.
struct Submission {
  std::string id;  ///< reference number the visitor sees; unique; sent twice it is mailed once
  std::vector<SubmittedField> fields;
  std::vector<SubmittedFile> files;
  std::string language;  ///< "ja" or "en"
  std::string page_url;  ///< of the form, "" unknown
  std::string client_address;
  std::chrono::system_clock::time_point time;
};

enum class Outcome {
  sent,         ///< the relay said 250
  queued,       ///< message and envelope are fsynced in the outbox
  refused,      ///< permanently refused; kept in outbox/failed
  unavailable,  ///< neither relay nor outbox would take it: nothing is kept, the visitor may try again
};

/// Sends submissions to their site's owner, and the automatic reply to the visitor.
class Delivery {
 public:
  virtual ~Delivery() = default;
  virtual Outcome deliver(const Site& site, const Profile& profile, const Submission& submission) = 0;
};

}  // namespace formmail
