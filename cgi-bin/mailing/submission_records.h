#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cgi-bin/mailing/delivery.h"
#include "cgi-bin/mailing/journal.h"
#include "cgi-bin/mailing/serial_numbers.h"
#include "cgi-bin/state/replaceable_database.h"

namespace formmail {

/// What is kept of a submission. Of uploads the names and sizes, and where the profile asks for it all.
struct SubmissionRecord {
  std::string id;
  std::string site;
  std::string profile;
  std::int64_t serial = 0;
  std::string
      outcome;  ///< "sent", "queued", "refused", "unavailable"; "" not known: the process ended meanwhile
  Submission submission;  ///< files without their bytes
  std::vector<std::int64_t> file_sizes;
};

/// The submissions of the last days. Safe from several threads and processes. Every call throws DatabaseError
/// or std::system_error.
///
///     DIRECTORY/submissions.journal    where requests leave them: a CGI process opens no database
///     DIRECTORY/submissions.db         where the next one that reads or cleans moves them; a damaged one is
///                                      set aside
///     DIRECTORY/serials/               the last serial number of each profile
class SubmissionRecords {
 public:
  /// Opens nothing before the first call that needs it.
  SubmissionRecords(const std::filesystem::path& directory, const mail::Log& log);

  /// The next submission's number in its profile: 1, 2, 3...
  std::int64_t next_serial(const Site& site, const Profile& profile);
  /// No mail has the number: the next submission gets it, unless it has a later one already.
  void give_back(const Site& site, const Profile& profile, std::int64_t serial);

  /// Records a submission until profile.keep_days from its time (not at all if that is 0). One sent again
  /// under the same id after a failure has one record, with the last number.
  void add(const Site& site, const Profile& profile, const Submission& submission, std::int64_t serial);
  void set_outcome(const std::string& id, Outcome outcome);

  struct Filter {
    std::string site;     ///< "" any
    std::string profile;  ///< "" any
    std::string id;       ///< "" any
  };
  /// Calls `visit` for each, oldest first.
  void visit(const Filter& filter, const std::function<void(const SubmissionRecord&)>& visit);

  /// Fills in the bytes of a record's files, if they were kept.
  void load_files(SubmissionRecord& record);

  /// Moves the journal into the database if it has become long. For a moment when nobody waits.
  void shorten_journal();

  /// Forgets what is past its days.
  void purge(std::chrono::system_clock::time_point now);

 private:
  bool has_none() const;
  void take_over_journal(Database& records);

  ReplaceableDatabase database_;
  Journal journal_;
  SerialNumbers serials_;
  std::mutex mutex_;
};

/// "sent" and so on.
const char* outcome_name(Outcome outcome);

}  // namespace formmail
