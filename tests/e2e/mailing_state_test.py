"""What formmail remembers between requests: damaged, taken back, and used by many at once."""
import collections
import concurrent.futures
import re

from harness import *
from harness.fastcgi import FastCgi
from harness.readable import parse, text_of
from harness.web_form import *

DONE = "終わり"
KEPT = {"Contact": {"to": ["info@customer.example"], "subject": "{{serial}}", "keep_files": True}}


def at_once(count, work):
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


class Damaged(WebFormTest):
    def damage(self):
        for name in ("state.db-wal", "state.db-shm"):
            (self.formmail.outbox / name).unlink(missing_ok=True)
        (self.formmail.outbox / "state.db").write_bytes(b"no database" * 5000)

    def check_a_confirmed_form_is_mailed_once(self, browser, name):
        page = self.post(("_comp_title_", DONE), browser=browser, name=name, confirm=True)
        self.damage()
        self.assertIn(DONE, browser.submit(page).text)
        errors = browser.errors
        self.assertIn(DONE, browser.submit(page).text)
        self.assertEqual(len([mail for mail in self.mails() if name in text_of(mail.data)]), 1)
        return errors

    def test_a_damaged_database_stops_no_visitor(self):
        for name in ("first-end", "second-end"):
            self.assertIn("database-replaced", self.check_a_confirmed_form_is_mailed_once(self.own, name))
        aside = self.formmail.outbox / "state.db.damaged"
        self.assertEqual(oct(aside.stat().st_mode)[-3:], "600")

    def test_nor_one_of_serve_that_has_it_open(self):
        self.start(self.formmail)
        visitor = FastCgi(self.formmail)
        self.check_a_confirmed_form_is_mailed_once(visitor, "first-end")
        self.check_a_confirmed_form_is_mailed_once(visitor, "second-end")

    def test_many_processes_find_it_at_once(self):
        pages = [self.post(("_comp_title_", DONE), name=f"visitor-{number}-end", confirm=True) for number in range(12)]
        self.damage()
        answers = at_once(12, lambda number: Cgi(self.formmail).submit(pages[number]))
        self.assertEqual(collections.Counter(DONE in answer.text for answer in answers), {True: 12})
        self.assertEqual(len(self.mails()), 12)

    def test_a_mail_that_waits_is_not_sent_beside_itself(self):
        """Its number was forgotten, or its process killed before it was marked as used."""
        page = self.post(("_comp_title_", DONE), confirm=True)
        self.sink.stop()
        self.assertIn(DONE, self.own.submit(page).text)
        self.damage()
        self.sink.start()
        self.assertIn(DONE, self.own.submit(page).text)
        self.assertEqual(self.mails(), [])
        self.assertEqual(run([self.formmail.binary, "flush", "--config", self.formmail.config]).returncode, 0)
        self.assertEqual(len(self.mails()), 1)


class NotSent(WebFormTest):
    """Neither relay nor outbox takes it: for the limits and the numbers it never was."""
    settings = {"limits": {"per_client_per_hour": 1, "per_profile_per_hour": 1, "per_recipient_per_hour": 1}}

    def test_who_is_told_to_try_again_can(self):
        self.sink.stop()
        queue = self.formmail.outbox / "queue"
        queue.write_text("no folder")
        for _ in range(3):
            self.assertEqual(self.post().status, 503)
        queue.unlink()
        self.sink.start()
        self.assertEqual(self.post().status, 200)
        self.assertEqual(self.post().status, 429)
        self.assertRegex(text_of(self.mails()[0].data), r"(?m)^\S+: 1$")


class Numbers(WebFormTest):
    def test_a_record_that_can_not_be_written_takes_no_number_from_its_mail(self):
        write_site(self.formmail.sites, profiles=KEPT)
        (self.formmail.outbox / "submissions.db").mkdir()
        for _ in range(3):
            answer = self.post(("f", File("a.txt", b"text")), labels=("f:F:file",), multipart=True)
            self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual([parse(mail.data)["Subject"] for mail in self.mails()], ["1", "2", "3"])


class Twice(WebFormTest):
    def test_who_presses_again_while_it_is_being_sent_is_told_so(self):
        page = self.post(("_comp_title_", DONE), confirm=True)
        self.sink.on("DATA", Reply("354 go on", delay=25, times=1))
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            first = pool.submit(Cgi(self.formmail).submit, page)
            wait_until(lambda: any(line == "DATA" for _, line in self.sink.commands), 60)
            second = self.own.submit(page)
            self.assertIn(DONE, first.result().text)
        if second.status == 503:
            self.assertIn("二重に送信されることはありません", second.text)
        else:
            self.assertIn(DONE, second.text)  # the first was done in time on a slow machine
        self.assertIn(DONE, self.own.submit(page).text)
        self.assertEqual(len(self.mails()), 1)

    def test_fifty_processes_send_one_page(self):
        page = self.post(("_comp_title_", DONE), confirm=True)
        answers = at_once(50, lambda _: Cgi(self.formmail).submit(page))
        self.assertEqual(collections.Counter((answer.status, DONE in answer.text) for answer in answers), {(200, True): 50})
        self.assertEqual(len(self.mails()), 1)


if __name__ == "__main__":
    main()
