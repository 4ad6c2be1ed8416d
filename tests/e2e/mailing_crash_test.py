"""formmail killed in the middle, and a full disk under each thing that it writes: what a visitor was told is true."""
import collections
import concurrent.futures
import itertools
import os
import random
import re
import subprocess
import threading
import time

from harness import *
from harness.readable import parse, text_of
from harness.web_form import *

DONE = "終わり"


class Killed(WebFormTest):
    """SIGKILL while a confirmed submission is sent; the visitor presses the button again."""

    def start_sending(self, page):
        """The process that answers the confirmation page's button, its request already read."""
        form, = page.forms
        fields = form.fields + [(b["name"], b.get("value", "")) for b in form.buttons[:1] if b.get("name")]
        body = encode_urlencoded(fields)
        environment = {**os.environ, **self.formmail.environment, "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST",
                       "HTTP_HOST": "www.customer.example", "REQUEST_URI": OWN, "REMOTE_ADDR": "192.0.2.1",
                       "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/x-www-form-urlencoded"}
        process = subprocess.Popen([self.formmail.binary], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, env=environment)
        self.addCleanup(process.wait, 60)
        process.stdin.write(body)
        process.stdin.close()
        return process

    def check_the_button_still_works(self, page):
        answer = self.own.submit(page)
        self.assertEqual(answer.status, 200, answer.text)
        self.assertIn(DONE, answer.text)
        self.assertEqual(run([self.formmail.binary, "flush", "--config", self.formmail.config]).returncode, 0)

    def check_one_mail_or_the_same_twice(self, word):
        # Those whose 250 nobody read count, too.
        mails = [mail for mail in self.sink.messages if word in text_of(mail.data)]
        self.assertIn(len(mails), (1, 2))
        self.assertEqual(len({parse(mail.data)["Message-ID"] for mail in mails}), 1)
        return len(mails)

    def test_at_each_step_of_the_mail(self):
        for step in ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "."):
            with self.subTest(step=step):
                page = self.post(("_comp_title_", DONE), name=f"step-{step}-end", confirm=True)
                seen = len(self.sink.commands)
                connections = self.sink.connections
                taken = len(self.sink.messages)
                self.sink.on(step, Reply("250-later" if step != "greeting" else "220 later", delay=2, times=1))
                process = self.start_sending(page)
                if step == "greeting":
                    wait_until(lambda: self.sink.connections > connections, 60)
                elif step == ".":
                    wait_until(lambda: len(self.sink.messages) > taken or process.poll() is not None, 60)
                else:
                    wait_until(lambda: any(line.startswith(step) for _, line in self.sink.commands[seen:]), 60)
                process.kill()
                process.wait()
                self.sink.on(step, None)
                self.check_the_button_still_works(page)
                count = self.check_one_mail_or_the_same_twice(f"step-{step}-end")
                self.assertEqual(count, 2 if step == "." else 1)

    def test_at_any_moment(self):
        chance = random.Random(5)
        for number in range(40):
            with self.subTest(number=number):
                page = self.post(("_comp_title_", DONE), name=f"moment-{number}-end", confirm=True)
                process = self.start_sending(page)
                time.sleep(chance.uniform(0, 0.012))
                process.kill()
                process.wait()
                self.check_the_button_still_works(page)
                self.check_one_mail_or_the_same_twice(f"moment-{number}-end")
        listed = run([self.formmail.binary, "submissions", "list", "--config", self.formmail.config])
        self.assertEqual(len(listed.stdout.splitlines()), 40)
        self.assertEqual(listed.stdout.count(b"outcome=sent"), 40)


class ServeKilled(ServerTest):
    """SIGKILL to `formmail serve` under load, before a relay that has its moods."""

    def test_each_completion_page_stands_for_a_mail(self):
        sink = self.start(SmtpSink())
        recipients = ["<a@customer.example>", "<b@customer.example>"]
        formmail = FormMail(self.folder, sink.port, threads=4, profiles={
            "Contact": {"to": [recipient.strip("<>") for recipient in recipients], "subject": "{{serial}}"}})
        (self.folder / "web").mkdir()
        formmail.start()
        self.addCleanup(formmail.stop)
        browser = Browser(self.start(Nginx(self.folder, self.folder / "web", formmail)).port, timeout=60)
        completed, over = [], threading.Event()

        def visit(visitor):
            for number in itertools.count():
                if over.is_set():
                    return
                name = f"visitor-{visitor}-{number}-end"
                answer = browser.post(OWN, [("_profile_", "Contact"), ("_comp_title_", DONE), ("_label_", "name:N"), ("name", name)])
                if DONE in answer.text:
                    completed.append(name)

        chance = random.Random(8)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            visitors = [pool.submit(visit, number) for number in range(4)]
            try:
                for _ in range(12):
                    before = len(completed)
                    wait_until(lambda: len(completed) > before + 5, 60, "completion pages")
                    step = chance.choice(["MAIL", "RCPT", "DATA", "."])
                    sink.on(step, Reply(chance.choice(["451 4.3.0 later", "421 4.3.2 bye"]), times=chance.randint(1, 6)))
                    time.sleep(chance.uniform(0, 0.1))
                    formmail.process.kill()
                    formmail.process.wait()
                    formmail.socket.unlink(missing_ok=True)
                    formmail.start()
            finally:
                over.set()
            for visitor in visitors:
                visitor.result()
        formmail.stop()
        for step in ("MAIL", "RCPT", "DATA", "."):
            sink.on(step, None)
        self.assertEqual(run([formmail.binary, "flush", "--config", formmail.config]).returncode, 0)
        mails = collections.defaultdict(list)
        for mail in sink.accepted:
            mails[re.search(r"visitor-\d+-\d+-end", text_of(mail.data))[0]].append(mail)
        for name in completed:
            self.assertEqual({recipient for mail in mails[name] for recipient in mail.recipients}, set(recipients), name)
        serials = {}
        for name, copies in mails.items():
            # One that came twice says so.
            self.assertEqual(len({parse(mail.data)["Message-ID"] for mail in copies}), 1, name)
            serials.setdefault(parse(copies[0].data)["Subject"], set()).add(name)
        self.assertEqual([names for names in serials.values() if len(names) > 1], [])


class DiskFull(WebFormTest):
    """The outbox folder, with all that formmail keeps, on a small disk."""

    def setUp(self):
        super().setUp()
        self.outbox = self.formmail.outbox
        mounted = run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "none", self.outbox])
        if mounted.returncode != 0:
            self.skipTest("can't mount a tmpfs")
        self.addCleanup(run, ["umount", "-l", self.outbox])
        # What exists from the first day on: the secret, and the state's database.
        page = self.post(confirm=True)
        self.assertEqual(self.own.submit(page).status, 200)
        self.before = len(self.mails())

    def serve(self):
        """Such as lives on, when a CGI process would have ended and its claim with it: what a browser sees before it."""
        self.start(self.formmail)
        (self.folder / "web").mkdir()
        return Browser(self.start(Nginx(self.folder, self.folder / "web", self.formmail)).port, timeout=120)

    def fill(self):
        with open(self.outbox / "fill", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 1024)
            except OSError:
                pass

    def make_room(self):
        (self.outbox / "fill").unlink()

    def new_mails(self):
        return len(self.mails()) - self.before

    def check_told_to_try_again(self, answer):
        self.assertEqual(answer.status, 503, answer.text)
        self.assertNotIn(DONE, answer.text)
        self.assertTrue(answer.headers["Retry-After"].isdigit())

    def test_without_the_relay_the_visitor_is_told_and_keeps_the_entries(self):
        self.sink.stop()
        self.fill()
        answer = self.post(("_comp_title_", DONE), name="髙﨑")
        self.check_told_to_try_again(answer)
        self.assertIn("髙﨑", answer.text)
        self.make_room()
        again = self.own.submit(answer)
        self.assertEqual(again.status, 200, again.text)
        self.assertIn(DONE, again.text)
        queue = self.outbox / "queue"
        self.assertEqual(len(list(queue.iterdir())), 1)

    def test_with_the_relay_the_mail_goes_and_only_its_record_is_lost(self):
        self.fill()
        answer = self.post(("_comp_title_", DONE), name="x" * 20000)
        self.assertEqual(answer.status, 200, answer.text)
        self.assertIn(DONE, answer.text)
        self.assertIn(" error formmail: record ", self.own.errors)
        self.assertEqual(self.new_mails(), 1)
        self.make_room()
        listed = run([self.formmail.binary, "submissions", "list", "--config", self.formmail.config])
        self.assertEqual(listed.returncode, 0, listed.stderr)
        self.assertEqual(len(listed.stdout.splitlines()), 1)  # that of the first day

    def test_a_confirmed_page_is_sent_once_there_is_room(self):
        page = self.post(("_comp_title_", DONE), confirm=True)
        self.fill()
        answer = self.own.submit(page)
        if answer.status == 200:  # SQLite had room left in its log
            self.assertEqual(self.new_mails(), 1)
        else:
            self.check_told_to_try_again(answer)
            self.assertEqual(self.new_mails(), 0)
        self.make_room()
        self.assertIn(DONE, self.own.submit(page).text)
        self.assertEqual(self.new_mails(), 1)

    def test_a_number_that_can_not_be_let_go_holds_nobody_up_once_there_is_room(self):
        browser = self.serve()
        page = self.post(("_comp_title_", DONE), confirm=True, browser=browser)
        self.sink.on("DATA", Reply("451 4.3.0 later", delay=60, times=1))
        seen = len(self.sink.commands)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            answer = pool.submit(browser.submit, page)
            wait_until(lambda: any(line == "DATA" for _, line in self.sink.commands[seen:]), 60, "a mail under way")
            self.fill()
            self.sink.stop()
            self.check_told_to_try_again(answer.result())
        self.make_room()
        again = browser.submit(page)
        self.assertEqual(again.status, 200, again.text)
        self.assertIn(DONE, again.text)
        self.sink.start()
        run([self.formmail.binary, "flush", "--config", self.formmail.config])
        self.assertEqual(self.new_mails(), 1)

    def test_a_number_that_can_not_be_finished_is_not_sent_again(self):
        browser = self.serve()
        page = self.post(("_comp_title_", DONE), confirm=True, browser=browser)
        taken = len(self.sink.messages)
        self.sink.on(".", Reply("250 2.0.0 Ok", delay=3, times=1))
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            answer = pool.submit(browser.submit, page)
            wait_until(lambda: len(self.sink.messages) > taken, 60, "a mail under way")
            self.fill()
            self.assertIn(DONE, answer.result().text)
        for room in (False, True):
            if room:
                self.make_room()
            again = browser.submit(page)
            self.assertEqual(again.status, 200, again.text)
            self.assertIn(DONE, again.text)
        self.assertEqual(self.new_mails(), 1)

    def test_an_upload_that_can_not_wait_is_told(self):
        cv = ("cv", File("cv.pdf", b"%PDF-1.4\n" + b"x" * 300000))
        self.fill()
        answer = self.post(cv, ("_comp_title_", DONE), labels=("name:N", "cv:CV:file"), name="太郎", confirm=True)
        self.check_told_to_try_again(answer)
        self.assertIn("太郎", answer.text)
        self.assertRegex(self.own.errors, " error formmail: upload .*No space left")
        self.assertEqual(list((self.outbox / "uploads").iterdir()), [])
        self.make_room()
        page = self.post(cv, ("_comp_title_", DONE), labels=("name:N", "cv:CV:file"), name="太郎", confirm=True)
        self.assertIn(DONE, self.own.submit(page).text)
        self.assertEqual(self.new_mails(), 1)


if __name__ == "__main__":
    main()
