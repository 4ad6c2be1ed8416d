"""Nothing lost: the relay down, refusing, hanging up at every point; the outbox and its commands."""
import csv
import io
import json
import os
import pwd
import signal
import subprocess
import time

from harness import *
from harness.readable import attachments_of, parse, text_of

ACTION = "/freecgi/FormMail/index.cgi"
DONE = "THANK YOU"
FIELDS = [("_profile_", "Contact"), ("_comp_title_", DONE), ("_label_", "name:お名前"), ("_label_", "email:メール"),
          ("_label_", "cv:履歴書:file"), ("name", "太郎"), ("email", "taro@visitor.example")]


class Outbox(ServerTest):
    def setUp(self):
        super().setUp()
        self.sink = self.start(SmtpSink())
        self.formmail = FormMail(self.folder, self.sink.port)

    def post(self, more=()):
        return Cgi(self.formmail).post(ACTION, FIELDS + list(more))

    def command(self, *arguments):
        return run([self.formmail.binary, *arguments, "--config", self.formmail.config])

    def files(self, folder):
        path = self.formmail.outbox / folder
        return sorted(path.iterdir()) if path.exists() else []

    def listed(self):
        return [json.loads(line) for line in self.command("outbox", "list", "--json").stdout.splitlines()]

    def test_relay_down_then_flushed(self):
        self.sink.stop()
        answer = self.post()
        self.assertEqual(answer.status, 200)
        self.assertIn(DONE, answer.text)
        self.assertEqual(len(self.files("queue")), 1)
        flushed = self.command("flush")
        self.assertEqual(flushed.returncode, 75, flushed.stderr)
        self.sink.start()
        flushed = self.command("flush")
        self.assertEqual(flushed.returncode, 0, flushed.stderr)
        self.assertEqual(self.files("queue"), [])
        message, = self.sink.accepted
        self.assertIn("お名前: 太郎", text_of(message.data))
        self.assertEqual(message.recipients, ["<info@customer.example>"])
        self.assertEqual(self.command("flush").returncode, 0)
        self.assertEqual(len(self.sink.accepted), 1)

    def test_what_root_does_by_hand_stays_the_services(self):
        if os.getuid() != 0:
            self.skipTest("needs root")
        nobody = pwd.getpwnam("nobody")
        self.sink.stop()
        os.chown(self.formmail.outbox, nobody.pw_uid, nobody.pw_gid)
        self.assertIn(DONE, self.post().text)
        entry, = self.files("queue")
        self.assertEqual(self.command("flush").returncode, 75)
        self.assertEqual(self.command("submissions", "list").returncode, 0)
        self.assertIn(entry, self.files("queue"))
        for path in self.formmail.outbox.rglob("*"):
            self.assertEqual(path.stat().st_uid, nobody.pw_uid, path)

    def test_no_completion_page_for_a_lost_mail(self):
        """The relay fails in every way at every point: the mail is there, or it waits, or it was refused; never nothing."""
        for step in ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "."):
            for reply in (Reply("421 4.3.2 closing", close=True), Reply("451 4.3.0 later"), Reply("250", cut=2),
                          Reply("", cut=0), Reply("garbage"), Reply("250 bare LF\n250 x", close=True)):
                with self.subTest(step=step, reply=reply):
                    self.sink.stop()
                    self.sink = self.start(SmtpSink({step: reply}))
                    self.formmail = FormMail(self.folder, self.sink.port)
                    answer = self.post()
                    self.assertEqual(answer.status, 200)
                    queued = self.files("queue")
                    self.assertEqual(len(queued) + len(self.sink.accepted) >= 1, True)
                    for file in queued:
                        file.unlink()

    def test_unknown_outcome_is_sent_again_under_the_same_message_id(self):
        self.sink.on(".", Reply("250 2.0.0 Ok", cut=0, times=1))
        self.assertEqual(self.post().status, 200)
        self.assertEqual(self.command("flush").returncode, 0)
        ids = [parse(message.data)["Message-ID"] for message in self.sink.messages]
        self.assertEqual(len(ids), 2)
        self.assertEqual(len(set(ids)), 1)

    def test_a_permanent_refusal_is_kept_and_told(self):
        for step in ("MAIL", "RCPT", "DATA", "."):
            with self.subTest(step=step):
                self.sink.on(step, Reply("550 5.7.1 \x1b[31mno", times=1))
                answer = self.post()
                self.assertNotIn(DONE, answer.text)
                self.assertEqual(self.files("queue"), [])
                entry, = self.listed()
                self.assertEqual(entry["state"], "failed")
                self.assertIn("550 5.7.1", entry["reason"])
                self.assertIn(entry["id"], answer.text)
                text = self.command("outbox", "list").stdout
                self.assertNotIn(b"\x1b", text)
                retried = self.command("outbox", "retry", entry["id"])
                self.assertEqual(retried.returncode, 0, retried.stderr)
                self.assertEqual(self.listed(), [])
        self.assertEqual(len(self.sink.accepted), 4)

    def test_one_recipient_refused_the_others_have_it(self):
        self.formmail = FormMail(self.folder, self.sink.port, profiles={"Contact": {
            "to": ["a@customer.example", "b@customer.example", "c@customer.example"], "subject": "x"}})
        self.sink.on("RCPT", [Reply("250 2.1.5 Ok", times=1), Reply("550 5.1.1 no such user", times=1),
                              Reply("451 4.2.1 later", times=1)])
        answer = self.post()
        self.assertIn(DONE, answer.text)
        entries = {entry["state"]: entry for entry in self.listed()}
        self.assertEqual(entries["failed"]["to"], ["b@customer.example"])
        self.assertEqual(entries["queued"]["to"], ["c@customer.example"])
        self.assertEqual(self.command("flush").returncode, 0)
        self.assertEqual([message.recipients for message in self.sink.accepted],
                         [["<a@customer.example>"], ["<c@customer.example>"]])

    def test_show_and_delete(self):
        self.sink.stop()
        self.post()
        entry, = self.listed()
        shown = self.command("outbox", "show", entry["id"])
        self.assertEqual(shown.returncode, 0)
        self.assertIn(b"to: info@customer.example\n", shown.stdout)
        self.assertIn(b"\r\nMessage-ID: <", shown.stdout)
        for bad in ("nothing", "../../etc/passwd", "\x1b[31m"):
            for command in ("show", "delete", "retry"):
                done = self.command("outbox", command, bad)
                self.assertEqual(done.returncode, 1)
                self.assertIn(b"outbox list", done.stderr)
                self.assertNotIn(b"\x1b", done.stderr)
        self.assertEqual(self.command("outbox", "delete", entry["id"]).returncode, 0)
        self.assertEqual(self.listed(), [])
        self.assertEqual(self.command("outbox").returncode, 2)

    def test_serve_retries_by_itself(self):
        web = self.folder / "htdocs"
        web.mkdir()
        self.start(self.formmail)
        nginx = self.start(Nginx(self.folder, web, self.formmail))
        self.sink.stop()
        answer = Browser(nginx.port).post(ACTION, FIELDS)
        self.assertIn(DONE, answer.text)
        self.sink.start()
        queued, = self.files("queue")
        os.utime(queued, (0, 0))  # its time has come
        wait_until(lambda: self.sink.accepted, 20, "mail")
        wait_until(lambda: not self.files("queue"), 5, "empty queue")

    def test_two_at_once_send_a_mail_once(self):
        self.sink.stop()
        for _ in range(5):
            self.post()
        self.sink.on(".", Reply("250 2.0.0 Ok", delay=0.1))
        self.sink.start()
        flushes = [subprocess.Popen([self.formmail.binary, "flush", "--config", self.formmail.config],
                                    stderr=subprocess.DEVNULL) for _ in range(4)]
        for flush in flushes:
            flush.wait(60)
        self.command("flush")
        self.assertEqual(len(self.sink.accepted), 5)

    def test_a_flush_killed_in_between_loses_nothing(self):
        self.sink.stop()
        for _ in range(3):
            self.post()
        self.sink.on(".", Reply("250 2.0.0 Ok", delay=0.5))
        self.sink.start()
        flush = subprocess.Popen([self.formmail.binary, "flush", "--config", self.formmail.config],
                                 stderr=subprocess.DEVNULL)
        wait_until(lambda: self.sink.messages, 10, "first mail")
        flush.send_signal(signal.SIGKILL)
        flush.wait(10)
        self.assertEqual(self.command("flush").returncode, 0)
        ids = {parse(message.data)["Message-ID"] for message in self.sink.accepted}
        self.assertEqual(len(ids), 3)

    def test_a_broken_entry_holds_nobody_up(self):
        self.sink.stop()
        self.post()
        self.sink.start()
        (self.formmail.outbox / "queue" / "broken").write_bytes(b"\x00\xff not an entry")
        done = self.command("flush")
        self.assertEqual(len(self.sink.accepted), 1)
        self.assertEqual(done.returncode, 75)
        self.assertIn(b"broken", done.stderr)

    def test_a_broken_entry_is_listed_put_off_and_deleted(self):
        self.sink.stop()
        self.post()
        whole, = self.files("queue")
        for name, content in (("garbage", b"garbage"), ("empty", b""), ("half", whole.read_bytes()[:60])):
            (whole.parent / name).write_bytes(content)
        listed = {entry["id"]: entry for entry in self.listed()}
        self.assertEqual({name for name, entry in listed.items() if "error" in entry}, {"garbage", "empty", "half"})
        self.assertIn("to", listed[whole.name])
        self.assertIn(b"garbage queued error=", self.command("outbox", "list").stdout)
        self.sink.start()
        self.assertEqual(self.command("flush").returncode, 75)
        self.assertEqual(len(self.sink.accepted), 1)
        # Else each look of serve, every five seconds, would say so in the log.
        self.assertGreater((whole.parent / "garbage").stat().st_mtime, time.time() + 3000)
        for name in ("garbage", "empty", "half"):
            self.assertEqual(self.command("outbox", "delete", name).returncode, 0)
        self.assertEqual((self.command("flush").returncode, self.listed()), (0, []))

    def test_a_mail_that_is_being_sent_is_neither_deleted_nor_retried(self):
        self.sink.stop()
        self.post()
        entry, = self.files("queue")
        self.sink.on("DATA", Reply("451 4.3.0 later", delay=3, times=1))
        self.sink.start()
        sending = subprocess.Popen([self.formmail.binary, "flush", "--config", self.formmail.config], stderr=subprocess.DEVNULL)
        self.addCleanup(sending.wait, 60)
        wait_until(lambda: any(line == "DATA" for _, line in self.sink.commands), 60)
        for command in ("delete", "retry"):
            done = self.command("outbox", command, entry.name)
            self.assertEqual(done.returncode, 75, done)
            self.assertIn(b"being sent", done.stderr)
        sending.wait(60)
        self.assertEqual(self.command("outbox", "delete", entry.name).returncode, 0)
        self.assertEqual(self.listed(), [])

    def test_the_outbox_is_private(self):
        self.sink.stop()
        self.post()
        file, = self.files("queue")
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.assertEqual(file.parent.stat().st_mode & 0o777, 0o700)

    def test_a_full_disk_is_told_and_leaves_nothing_half(self):
        self.sink.stop()
        wrapper = self.folder / "limited"
        wrapper.write_text(f"#!/bin/sh\ntrap '' XFSZ\nulimit -f 600\nexec {self.formmail.binary} \"$@\"\n")
        wrapper.chmod(0o755)
        self.formmail.binary = wrapper
        self.assertIn(DONE, self.post().text)
        answer = self.post([("cv", File("a.pdf", b"%PDF-1.4\n" + b"x" * 1000000, "application/pdf"))])
        self.assertEqual(answer.status, 503)
        self.assertNotIn(DONE, answer.text)
        self.assertTrue(answer.headers["Retry-After"])
        self.assertEqual(len(list((self.formmail.outbox / "queue").iterdir())), 1)

    def test_a_relay_that_hangs_does_not_hold_every_visitor(self):
        sink = self.start(SmtpSink({"EHLO": Reply("250 late", delay=4, close=True)}))
        self.formmail = FormMail(self.folder, sink.port)
        web = self.folder / "htdocs"
        web.mkdir()
        self.start(self.formmail)
        nginx = self.start(Nginx(self.folder, web, self.formmail))
        browser = Browser(nginx.port)
        self.assertIn(DONE, browser.post(ACTION, FIELDS).text)
        start = time.monotonic()
        self.assertIn(DONE, browser.post(ACTION, FIELDS).text)
        self.assertLess(time.monotonic() - start, 3)
        self.assertEqual(len(self.files("queue")), 2)


class Submissions(ServerTest):
    def setUp(self):
        super().setUp()
        self.sink = self.start(SmtpSink())
        self.formmail = FormMail(self.folder, self.sink.port, profiles={
            "Contact": {"to": ["info@customer.example"], "keep_files": True, "reply_field": "reply"},
            "Secret": {"to": ["info@customer.example"], "keep_days": 0}})

    def post(self, name, profile="Contact", more=()):
        fields = [("_profile_", profile)] + FIELDS[1:5] + [("name", name), ("email", "=cmd|' /C calc'!A0"), *more]
        self.assertEqual(Cgi(self.formmail).post(ACTION, fields).status, 200)

    def command(self, *arguments):
        return run([self.formmail.binary, *arguments, "--config", self.formmail.config])

    def test_export(self):
        self.assertEqual(json.loads(self.command("submissions", "export", "--json").stdout), [])
        self.post("太郎\n\"髙﨑\"")
        self.post("二郎", more=[("cv", File("履歴書.pdf", b"%PDF-1.4\n", "application/pdf"))])
        self.post("三郎", profile="Secret")
        done = self.command("submissions", "export", "--csv")
        self.assertTrue(done.stdout.startswith(b"\xef\xbb\xbf"))
        rows = list(csv.reader(io.StringIO(done.stdout.decode("utf-8-sig"), newline="")))
        self.assertEqual(rows[0], ["id", "serial", "site", "profile", "time", "outcome", "お名前", "メール", "履歴書"])
        self.assertEqual(rows[1][6:], ["太郎\n\"髙﨑\"", "'=cmd|' /C calc'!A0", ""])
        self.assertEqual(rows[2][6:], ["二郎", "'=cmd|' /C calc'!A0", "履歴書.pdf"])
        self.assertEqual(rows[1][1:6:2], ["1", "Contact", "sent"])
        self.assertEqual(len(rows), 3)
        exported = json.loads(self.command("submissions", "export", "--json").stdout)
        self.assertEqual([record["fields"][0]["value"] for record in exported], ["太郎\n\"髙﨑\"", "二郎"])
        self.assertEqual(exported[1]["files"][0]["name"], "履歴書.pdf")
        self.assertEqual(json.loads(self.command("submissions", "export", "--json", "--profile", "Other").stdout), [])
        self.assertEqual(len(self.command("submissions", "list").stdout.splitlines()), 2)

    def test_one_name_for_different_things_is_two_columns(self):
        self.post("太郎")
        pairs = [("_profile_", "Contact"), ("_label_", "email:メール"), ("_label_", "name:会社名"), ("name", "山田商店"), ("email", "x")]
        self.assertEqual(Cgi(self.formmail).post(ACTION, pairs).status, 200)
        text = self.command("submissions", "export", "--csv").stdout.decode("utf-8-sig")
        rows = [row[6:] for row in csv.reader(io.StringIO(text, newline=""))]
        self.assertEqual(rows, [["お名前", "メール", "会社名"], ["太郎", "'=cmd|' /C calc'!A0", ""], ["", "x", "山田商店"]])

    def test_a_lost_mail_can_be_sent_again(self):
        self.post("二郎", more=[("cv", File("履歴書.pdf", b"%PDF-1.4\n", "application/pdf")), ("_label_", "reply:返信先"),
                               ("reply", "jiro@visitor.example")])
        record, = json.loads(self.command("submissions", "export", "--json").stdout)
        done = self.command("submissions", "resend", record["id"])
        self.assertEqual(done.returncode, 0, done.stderr)
        first, again = self.sink.accepted
        self.assertEqual(parse(again.data)["Reply-To"], "jiro@visitor.example")
        for name in ("From", "To", "Subject", "Message-ID", "Date"):
            self.assertEqual(parse(first.data)[name], parse(again.data)[name], name)
        self.assertEqual(text_of(first.data), text_of(again.data))
        self.assertEqual(attachments_of(again.data), {"履歴書.pdf": b"%PDF-1.4\n"})
        self.assertEqual(self.command("submissions", "resend", "nothing").returncode, 1)

    def test_a_broken_record_costs_no_mail(self):
        (self.formmail.outbox / "submissions.db").write_bytes(b"no database at all" * 1000)
        self.post("太郎")
        self.assertEqual(len(self.sink.accepted), 1)
        done = self.command("submissions", "list")
        self.assertEqual((done.returncode, done.stdout.count(b"outcome=sent")), (0, 1))
        self.assertIn(b"database-replaced", done.stderr)
        self.assertTrue((self.formmail.outbox / "submissions.db.damaged").exists())

    def test_the_record_follows_the_mail(self):
        self.sink.stop()
        self.post("太郎")
        record, = json.loads(self.command("submissions", "export", "--json").stdout)
        self.assertEqual(record["outcome"], "queued")
        self.sink.start()
        self.command("flush")
        record, = json.loads(self.command("submissions", "export", "--json").stdout)
        self.assertEqual(record["outcome"], "sent")


if __name__ == "__main__":
    main()
