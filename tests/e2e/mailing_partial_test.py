"""A mail that the relay takes for some of its recipients: the others have it in the outbox, and nobody gets it twice."""
import json
import os

from harness import *

ACTION = "/freecgi/FormMail/index.cgi"
DONE = "THANK YOU"
FIELDS = [("_profile_", "Contact"), ("_comp_title_", DONE), ("_label_", "name:N"), ("name", "太郎")]
A, B, C = (f"<{name}@customer.example>" for name in "abc")


class PartialTest(ServerTest):
    """One profile with three recipients."""

    def setUp(self):
        super().setUp()
        self.sink = self.start(SmtpSink())
        self.formmail = FormMail(self.folder, self.sink.port, profiles={
            "Contact": {"to": [f"{name}@customer.example" for name in "abc"], "subject": "x"}})

    def answer_recipients(self, *replies):
        """What the next recipients are answered; after them all are taken."""
        ok = "250 2.1.5 Ok"
        self.sink.on("RCPT", [Reply(reply or ok, times=1) for reply in replies] + [Reply(ok)])

    def post(self):
        return Cgi(self.formmail).post(ACTION, FIELDS)

    def command(self, *arguments):
        return run([self.formmail.binary, *arguments, "--config", self.formmail.config])

    def waiting(self):
        """State and recipients of each mail in the outbox."""
        entries = [json.loads(line) for line in self.command("outbox", "list", "--json").stdout.splitlines()]
        return sorted((entry["state"], tuple(f"<{address}>" for address in entry["to"])) for entry in entries)

    def an_id(self):
        return json.loads(self.command("outbox", "list", "--json").stdout.splitlines()[0])["id"]

    def got(self, recipient):
        return sum(recipient in message.recipients for message in self.sink.accepted)


class Partial(PartialTest):
    def test_who_is_refused_later_is_kept_beside_who_was_refused_first(self):
        self.answer_recipients("", "550 5.1.1 no such user", "451 4.2.1 later", "550 5.1.1 no such user")
        self.assertIn(DONE, self.post().text)
        self.assertEqual(self.waiting(), [("failed", (B,)), ("queued", (C,))])
        self.command("flush")
        (state, recipients), = self.waiting()
        self.assertEqual((state, set(recipients)), ("failed", {B, C}))
        self.assertEqual(self.command("outbox", "retry", self.an_id()).returncode, 0)
        self.assertEqual([self.got(recipient) for recipient in (A, B, C)], [1, 1, 1])
        self.assertEqual(self.waiting(), [])

    def test_one_that_is_tried_again_takes_nothing_from_who_still_waits(self):
        self.answer_recipients("", "550 5.1.1 no such user", "451 4.2.1 later")
        self.post()
        self.assertEqual(self.waiting(), [("failed", (B,)), ("queued", (C,))])
        self.assertEqual(self.command("outbox", "retry", self.an_id()).returncode, 0)
        self.assertEqual([self.got(recipient) for recipient in (A, B, C)], [1, 1, 1])
        self.assertEqual(self.waiting(), [])

    def test_a_clock_that_was_set_back_keeps_no_mail_waiting(self):
        self.sink.stop()
        self.post()
        queued, = (self.formmail.outbox / "queue").iterdir()
        os.utime(queued, (2**32, 2**32))
        self.sink.start()
        self.start(self.formmail)
        wait_until(lambda: self.got(A), 60, "mail")

    def test_a_mail_that_can_not_be_taken_out_of_the_queue_goes_once(self):
        self.sink.stop()
        self.post()
        self.sink.start()
        queue = self.formmail.outbox / "queue"
        queue.chmod(0o500)
        self.addCleanup(queue.chmod, 0o700)
        for told in (b"Permission denied", b"no recipient", b"no recipient"):
            # As root, but held to the folder's mode.
            done = run(["setpriv", "--bounding-set=-dac_override", self.formmail.binary, "flush"],
                       env=self.formmail.environment)
            self.assertIn(told, done.stderr)
        self.assertEqual([self.got(recipient) for recipient in (A, B, C)], [1, 1, 1])

    def test_what_a_killed_process_left_is_swept(self):
        self.sink.stop()
        self.post()
        left = self.formmail.outbox / "queue" / ".F1234.99"
        left.write_bytes(b"sekisho-outbox 1\n")
        self.command("flush")
        self.assertTrue(left.exists())  # it may be another process's, at work
        os.utime(left, (0, 0))
        self.command("flush")
        self.assertFalse(left.exists())


class DiskFull(PartialTest):
    """The same, where nothing can be written any more."""

    def setUp(self):
        super().setUp()
        mounted = run(["mount", "-t", "tmpfs", "-o", "size=300k,mode=700", "none", self.formmail.outbox])
        if mounted.returncode != 0:
            self.skipTest("can't mount a tmpfs")
        self.addCleanup(run, ["umount", "-l", self.formmail.outbox])
        for folder in ("queue", "failed"):
            (self.formmail.outbox / folder).mkdir(mode=0o700)

    def fill(self):
        with open(self.formmail.outbox / "fill", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 512)
            except OSError:
                pass

    def make_room(self):
        (self.formmail.outbox / "fill").unlink()

    def queue_it(self):
        self.sink.stop()
        self.assertIn(DONE, self.post().text)
        self.sink.start()
        self.fill()

    def test_who_has_the_mail_gets_it_once_however_often_the_others_are_tried(self):
        self.queue_it()
        self.answer_recipients(*["", "451 4.2.1 later", ""], *["451 4.2.1 later"] * 3)
        for _ in range(4):
            self.assertNotEqual(self.command("flush").returncode, 0)
        self.assertEqual(self.waiting(), [("queued", (B,))])
        self.make_room()
        self.sink.on("RCPT", None)
        self.assertEqual(self.command("flush").returncode, 0)
        self.assertEqual([self.got(recipient) for recipient in (A, B, C)], [1, 1, 1])

    def test_a_mail_that_is_refused_while_it_can_not_be_kept_stays_where_it_is(self):
        self.queue_it()
        self.sink.on("DATA", "550 5.7.1 no")
        self.command("flush")
        self.assertEqual(self.waiting(), [("queued", (A, B, C))])
        self.make_room()
        self.command("flush")
        self.assertEqual(self.waiting(), [("failed", (A, B, C))])

    def test_no_completion_page_while_one_recipient_can_not_have_the_mail(self):
        self.fill()
        self.answer_recipients("", "451 4.2.1 later", "")
        answer = self.post()
        self.assertEqual(answer.status, 503)
        self.assertNotIn(DONE, answer.text)
        self.assertTrue(answer.headers["Retry-After"])
        self.make_room()
        self.assertIn(DONE, self.post().text)
        self.assertEqual(self.got(B), 1)

    def test_a_refusal_that_can_not_be_kept_is_not_told_as_kept(self):
        self.fill()
        self.sink.on("DATA", "550 5.7.1 no")
        answer = self.post()
        self.assertEqual(answer.status, 503)
        self.assertNotIn("保存されています", answer.text)


if __name__ == "__main__":
    main()
