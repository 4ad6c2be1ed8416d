#include "cgi-bin/mailing/submission_records.h"

#include <sys/stat.h>

#include <fstream>
#include <set>
#include <thread>

#include "tests/unit/cgi-bin/mail_fixture.h"

using formmail::Outcome;
using formmail::SubmissionRecord;
using formmail::SubmissionRecords;

namespace {

std::vector<SubmissionRecord> all(SubmissionRecords& records, const SubmissionRecords::Filter& filter = {}) {
  std::vector<SubmissionRecord> found;
  records.visit(filter, [&](const SubmissionRecord& record) { found.push_back(record); });
  return found;
}

formmail::Submission numbered(int number) {
  auto submission = contact_submission("太郎", "taro@visitor.example");
  submission.id = "id-" + std::to_string(number);
  submission.files = {{"cv", "履歴書", "見積.pdf", "application/pdf", "12345"}};
  return submission;
}

const mail::Log kLog("test");

std::int64_t add(SubmissionRecords& records, const formmail::Site& site, const formmail::Profile& profile,
                 const formmail::Submission& submission) {
  const std::int64_t serial = records.next_serial(site, profile);
  records.add(site, profile, submission, serial);
  return serial;
}

}  // namespace

TEST_CASE("submissions are recorded with a serial number for each profile") {
  const TestFolder folder;
  SubmissionRecords records(folder.path, kLog);
  CHECK(all(records).empty());
  formmail::Profile other = contact_profile();
  other.name = "Other";
  CHECK(add(records, customer_site(), contact_profile(), numbered(1)) == 1);
  CHECK(add(records, customer_site(), contact_profile(), numbered(2)) == 2);
  CHECK(add(records, customer_site(), other, numbered(3)) == 1);
  CHECK(add(records, customer_site(), contact_profile(), numbered(2)) == 3);  // the same one again
  records.set_outcome("id-1", Outcome::queued);

  const auto found = all(records);
  REQUIRE(found.size() == 3);
  CHECK(found[0].outcome == "queued");
  CHECK(found[1].outcome.empty());
  CHECK(found[1].serial == 3);
  CHECK(found[0].submission.time == numbered(1).time);
  REQUIRE(found[0].submission.fields.size() == 3);
  CHECK(found[0].submission.fields[0].value == "太郎");
  CHECK(found[0].submission.fields[2].label == "内容");
  REQUIRE(found[0].file_sizes.size() == 1);
  CHECK(found[0].submission.files[0].file_name == "見積.pdf");
  CHECK(found[0].file_sizes[0] == 5);
  CHECK(all(records, {"www.customer.example", "Other", ""}).size() == 1);
  CHECK(all(records, {"", "", "id-2"}).size() == 1);
  CHECK(all(records, {"www.other.example", "", ""}).empty());
}

TEST_CASE("records are forgotten after their days, and not made where the profile wants none") {
  const TestFolder folder;
  SubmissionRecords records(folder.path, kLog);
  formmail::Profile secret = contact_profile();
  secret.keep_days = 0;
  CHECK(add(records, customer_site(), secret, numbered(1)) == 1);
  CHECK(all(records).empty());
  add(records, customer_site(), contact_profile(), numbered(2));
  records.purge(numbered(2).time + std::chrono::hours(24 * 30 - 1));
  CHECK(all(records).size() == 1);
  records.purge(numbered(2).time + std::chrono::hours(24 * 30));
  CHECK(all(records).empty());
}

TEST_CASE("nobody else can read the records") {
  const TestFolder folder;
  SubmissionRecords records(folder.path, kLog);
  add(records, customer_site(), contact_profile(), numbered(1));
  const auto mode_of = [&](const char* name) {
    struct stat status {};
    REQUIRE(stat((folder.path / name).c_str(), &status) == 0);
    return status.st_mode & 0777;
  };
  CHECK(mode_of("submissions.journal") == 0600);
  CHECK(mode_of("serials") == 0700);
  CHECK(all(records).size() == 1);
  CHECK(mode_of("submissions.db") == 0600);
}

TEST_CASE("a record that can't be written is an error") {
  SubmissionRecords records("/proc/no-such-folder", kLog);
  CHECK_THROWS_AS(add(records, customer_site(), contact_profile(), numbered(1)), std::runtime_error);
}

TEST_CASE("a record of which a crash left a part costs no other") {
  const TestFolder folder;
  SubmissionRecords records(folder.path, kLog);
  add(records, customer_site(), contact_profile(), numbered(1));
  std::ofstream(folder.path / "submissions.journal", std::ios::app) << "{\"id\":\"id-2\",\"si\n";
  add(records, customer_site(), contact_profile(), numbered(3));
  CHECK(all(records).size() == 2);
}

TEST_CASE("a record that was cut off costs not the next one") {
  const TestFolder folder;
  SubmissionRecords records(folder.path, kLog);
  add(records, customer_site(), contact_profile(), numbered(1));
  std::ofstream(folder.path / "submissions.journal", std::ios::app) << "{\"id\":\"id-2\",\"si";
  add(records, customer_site(), contact_profile(), numbered(3));
  CHECK(all(records).size() == 2);
}

TEST_CASE("a number that no mail has is the next one's") {
  const TestFolder folder;
  SubmissionRecords records(folder.path, kLog);
  CHECK(records.next_serial(customer_site(), contact_profile()) == 1);
  records.give_back(customer_site(), contact_profile(), 1);
  CHECK(records.next_serial(customer_site(), contact_profile()) == 1);
  CHECK(records.next_serial(customer_site(), contact_profile()) == 2);
  records.give_back(customer_site(), contact_profile(), 1);
  CHECK(records.next_serial(customer_site(), contact_profile()) == 3);
}

TEST_CASE("a damaged database is set aside, and what was in the journal is in the new one") {
  const TestFolder folder;
  {
    SubmissionRecords before(folder.path, kLog);
    add(before, customer_site(), contact_profile(), numbered(1));
    CHECK(all(before).size() == 1);
  }
  std::filesystem::remove(folder.path / "submissions.db-wal");
  std::ofstream(folder.path / "submissions.db") << std::string(100000, 'x');
  SubmissionRecords records(folder.path, kLog);
  add(records, customer_site(), contact_profile(), numbered(2));
  const auto found = all(records);
  REQUIRE(found.size() == 1);
  CHECK(found[0].id == "id-2");
  CHECK(std::filesystem::exists(folder.path / "submissions.db.damaged"));
  formmail::Profile with_files = contact_profile();
  with_files.keep_files = true;
  add(records, customer_site(), with_files, numbered(3));
  CHECK(all(records).size() == 2);
}

TEST_CASE("records that were being taken over when the process died come again, once") {
  const TestFolder folder;
  SubmissionRecords records(folder.path, kLog);
  add(records, customer_site(), contact_profile(), numbered(1));
  std::filesystem::copy_file(folder.path / "submissions.journal", folder.path / "submissions.journal.taken");
  records.set_outcome("id-1", Outcome::sent);
  add(records, customer_site(), contact_profile(), numbered(2));
  const auto found = all(records);
  REQUIRE(found.size() == 2);
  CHECK(found[0].outcome == "sent");
  CHECK_FALSE(std::filesystem::exists(folder.path / "submissions.journal"));
}

TEST_CASE("many threads record at once, while another takes over") {
  constexpr int kThreads = 4;
  constexpr int kEach = 50;
  const TestFolder folder;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([&, thread] {
      SubmissionRecords records(folder.path, kLog);
      for (int i = 0; i < kEach; ++i)
        add(records, customer_site(), contact_profile(), numbered(thread * kEach + i));
    });
  SubmissionRecords reader(folder.path, kLog);
  for (int i = 0; i < 20; ++i) all(reader);
  for (std::thread& thread : threads) thread.join();
  std::set<std::int64_t> serials;
  for (const SubmissionRecord& record : all(reader)) serials.insert(record.serial);
  REQUIRE(serials.size() == kThreads * kEach);
  CHECK(*serials.rbegin() == kThreads * kEach);
}

TEST_CASE("a site's name may fill a file name") {
  const TestFolder folder;
  formmail::Site site = customer_site();
  site.name = std::string(240, 'a') + ".example";
  formmail::Profile profile = contact_profile();
  profile.name = std::string(64, 'P');
  SubmissionRecords records(folder.path, kLog);
  CHECK(add(records, site, profile, numbered(1)) == 1);
  CHECK(add(records, site, profile, numbered(2)) == 2);
}

TEST_CASE("a long journal is taken over, a short one waits") {
  const TestFolder folder;
  SubmissionRecords records(folder.path, kLog);
  formmail::Submission large = numbered(1);
  add(records, customer_site(), contact_profile(), large);
  records.shorten_journal();
  CHECK(std::filesystem::exists(folder.path / "submissions.journal"));
  large = numbered(2);
  large.fields[2].value.assign(5 << 20, 'x');
  add(records, customer_site(), contact_profile(), large);
  records.shorten_journal();
  CHECK_FALSE(std::filesystem::exists(folder.path / "submissions.journal"));
  CHECK(all(records).size() == 2);
}
