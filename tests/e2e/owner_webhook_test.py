"""Webhooks: each submission is told to a program, signed, to no address that isn't allowed, and again until it is taken."""
import hashlib
import hmac
import json
import os
import shutil
import time

from harness import *
from harness.webhook import *

FIELDS = [("_profile_", "Contact"), ("_label_", "name:お名前:required"), ("_label_", "cv:履歴書:file"), ("name", "髙橋\r\n太郎"),
          ("cv", File("履歴書.txt", b"text", "text/plain"))]


class Webhook(ServerTest):
    def setUp(self):
        super().setUp()
        self.sink = self.start(SmtpSink())

    def set_up(self, url, allowed=("127.0.0.0/8",), more=None, mode="cgi"):
        settings = {"webhook": {"allowed_networks": list(allowed), "timeout_seconds": 2, **(more or {})}}
        self.formmail = FormMail(self.folder, self.sink.port, self.folder, settings=settings)
        add_webhook(self.formmail, url)
        if mode == "serve":
            self.start(self.formmail)
            return Browser(self.start(Nginx(self.folder, self.folder, self.formmail)).port)
        return Browser(self.start(Lighttpd(self.folder, self.folder, self.formmail, mode="cgi")).port)

    def send(self, browser):
        before = len(self.sink.accepted)
        answer = browser.post("/freecgi/FormMail/index.cgi", FIELDS, multipart=True)
        self.assertEqual((answer.status, len(self.sink.accepted)), (200, before + 1), answer.text)
        return answer

    def post(self, browser):
        """Sends a submission, and waits until its webhook was tried, as that comes after the answer."""
        answer = self.send(browser)
        wait_until(lambda: all(hook["attempts"] > 0 for hook in self.listed()), 60, "the first try")
        return answer

    def webhooks(self, *arguments):
        return run([self.formmail.binary, "webhooks", *arguments], env=self.formmail.environment)

    def listed(self):
        return waiting_calls(self.formmail)

    def waiting(self):
        folder = self.formmail.outbox / "webhooks"
        return sorted(p.name for p in folder.iterdir()) if folder.exists() else []

    def flush(self):
        return run([self.formmail.binary, "flush"], env=self.formmail.environment)

    def test_a_submission_is_told_and_signed(self):
        hook = self.start(Hook())
        answer = self.post(self.set_up(f"http://127.0.0.1:{hook.port}/in?a=b"))
        (path, headers, body), = hook.requests
        self.assertEqual((path, headers["Content-Type"]), ("/in?a=b", "application/json"))
        seconds, digest = headers["X-Formmail-Signature"].removeprefix("t=").split(",v1=")
        self.assertLess(abs(time.time() - int(seconds)), 60)
        self.assertEqual(digest, hmac.new(SECRET.encode(), f"{seconds}.".encode() + body, hashlib.sha256).hexdigest())
        told = json.loads(body)
        self.assertIn(told["id"], answer.text)
        self.assertEqual(headers["X-Formmail-Id"], told["id"])
        self.assertEqual((told["site"], told["profile"]), ("www.customer.example", "Contact"))
        self.assertEqual(told["fields"], [{"name": "name", "label": "お名前", "value": "髙橋\n太郎"}])
        self.assertEqual(told["files"], [{"field": "cv", "label": "履歴書", "name": "履歴書.txt", "type": told["files"][0]["type"],
                                          "size": 4}])
        self.assertEqual(self.waiting(), [])

    def test_the_manual_tells_how_to_verify(self):
        """The script of formmail.toml(5), as it stands there."""
        hook = self.start(Hook())
        self.post(self.set_up(f"http://127.0.0.1:{hook.port}/"))
        (_, headers, body), = hook.requests
        source = (ROOT / "doc/formmail.toml.5").read_text().partition("X\\-Formmail\\-Signature: t=SECONDS")[2]
        script = source.partition(".EX\n")[2].partition(".EE\n")[0].replace("\\-", "-")
        self.assertIn("openssl", script)
        seconds = int(headers["X-Formmail-Signature"][2:].partition(",")[0])
        old = f"t={seconds - 400},v1=" + hmac.new(SECRET.encode(), f"{seconds - 400}.".encode() + body, hashlib.sha256).hexdigest()
        for signature, secret, content, status in [(headers["X-Formmail-Signature"], SECRET, body, 0),
                                                   (headers["X-Formmail-Signature"], SECRET, body + b" ", 1),
                                                   (headers["X-Formmail-Signature"], SECRET[1:], body, 1), (old, SECRET, body, 1),
                                                   (f"t={seconds + 1},v1=" + headers["X-Formmail-Signature"][-64:], SECRET, body, 1)]:
            done = run(["sh", "-c", script], input=content, env={"signature": signature, "secret": secret})
            self.assertEqual(done.returncode, status, (script, done.stderr))

    def test_a_long_answer_is_one(self):
        hook = self.start(Hook())
        hook.answer = lambda *request: (hook.requests.append(request), (200, {}, b"x" * 1_000_000))[1]
        self.post(self.set_up(f"http://127.0.0.1:{hook.port}/"))
        self.assertEqual((len(hook.requests), self.waiting()), (1, []))

    def test_over_tls_with_a_trusted_certificate_only(self):
        certificate = make_certificate(self.folder, ["localhost"])
        hook = self.start(Hook(certificate=certificate))
        browser = self.set_up(f"https://localhost:{hook.port}/", ("127.0.0.0/8", "::1"))
        self.post(browser)
        self.assertEqual((hook.requests, len(self.waiting())), ([], 1))
        config = self.formmail.config.read_text()
        self.formmail.config.write_text(config.replace("[webhook]", f'[webhook]\ncertificates = "{certificate[0]}"'))
        self.assertEqual(self.flush().returncode, 0)
        self.assertEqual((len(hook.requests), self.waiting()), (1, []))

    def test_addresses_that_are_not_allowed_are_not_called(self):
        hook = self.start(Hook())
        browser = self.set_up(f"https://localhost:{hook.port}/", ())
        self.post(browser)
        self.assertEqual(self.flush().returncode, 75)
        self.assertIn("is not a public address", self.flush().stderr.decode())
        self.assertEqual((hook.requests, len(self.waiting())), ([], 1))

    def test_redirects_are_not_followed(self):
        other = self.start(Hook())
        hook = self.start(Hook([(302, {"Location": f"http://127.0.0.1:{other.port}/"}),
                                (307, {"Location": f"http://127.0.0.1:{other.port}/"})]))
        self.post(self.set_up(f"http://127.0.0.1:{hook.port}/"))
        self.assertEqual(self.flush().returncode, 75)
        self.assertEqual((len(hook.requests), other.requests, len(self.waiting())), (2, [], 1))

    def test_what_is_not_taken_is_told_again_with_its_id(self):
        hook = self.start(Hook([(500, {}), (404, {})]))
        self.post(self.set_up(f"http://127.0.0.1:{hook.port}/"))
        self.assertEqual([self.flush().returncode for _ in range(2)], [75, 0])
        self.assertEqual(len({headers["X-Formmail-Id"] for _, headers, _ in hook.requests}), 1)
        self.assertEqual(len({body for *_, body in hook.requests}), 1)
        self.assertEqual((len(hook.requests), self.waiting()), (3, []))

    def test_gone_ends_it(self):
        hook = self.start(Hook([(410, {})]))
        self.post(self.set_up(f"http://127.0.0.1:{hook.port}/"))
        self.assertEqual((self.flush().returncode, len(hook.requests), self.waiting()), (0, 1, []))

    def test_no_visitor_waits_for_a_webhook(self):
        for mode in ("cgi", "serve"):
            with self.subTest(mode=mode):
                shutil.rmtree(self.folder / "lighttpd", ignore_errors=True)
                hook = self.start(Hook())
                browser = self.set_up(f"http://127.0.0.1:{hook.port}/", mode=mode, more={"timeout_seconds": 60})
                hook.may_answer.clear()  # until the visitor has the answer
                self.send(browser)
                wait_until(lambda: len(hook.requests) == 1, 60, "the call")
                self.assertEqual([h["attempts"] for h in self.listed()], [0])
                hook.may_answer.set()
                if mode == "serve":
                    wait_until(lambda: not self.waiting(), 60, "the call to be taken")
                shutil.rmtree(self.formmail.outbox / "webhooks")

    def test_a_hook_that_is_down_costs_no_submission(self):
        self.post(self.set_up(f"http://127.0.0.1:{free_port()}/"))
        self.assertEqual([h["reason"] for h in self.listed()], ["can't connect"])

    def test_a_silent_hook_holds_up_no_other(self):
        silent, other = self.start(Hook()), self.start(Hook([(500, {})]))
        browser = self.set_up(f"http://127.0.0.1:{silent.port}/", more={"timeout_seconds": 1})
        silent.may_answer.clear()
        file = self.formmail.sites / "www.customer.example.toml"
        text = file.read_text()
        file.write_text(text.replace(str(silent.port), str(other.port)))
        self.post(browser)
        file.write_text(text.replace(str(silent.port), str(free_port())))
        for _ in range(4):
            self.post(browser)
        mine = self.listed()
        others = [h["id"] for h in mine if h["reason"] == "status 500"]
        # As if the first one were another profile's, and the eldest.
        entry = self.formmail.outbox / "webhooks" / others[0]
        entry.write_text(entry.read_text().replace('"Contact"', '"Other"'))
        os.utime(entry, (1, 1))
        file.write_text(text + text.partition("\n[profile.Contact]\n")[1].replace("Contact", "Other")
                        + text.partition("\n[profile.Contact]\n")[2].replace("Contact", "Other").replace(str(silent.port), str(other.port)))
        self.assertEqual(self.flush().returncode, 75)
        self.assertEqual(len(other.requests), 2)
        wait_until(lambda: len(silent.requests) == 1, 60, "one call of the silent hook")
        self.assertEqual(len(self.listed()), 4)

    def test_the_commands(self):
        hook = self.start(Hook([(500, {}), (500, {})]))
        self.post(self.set_up(f"http://127.0.0.1:{hook.port}/"))
        (listed,) = self.listed()
        self.assertEqual((listed["site"], listed["profile"], listed["attempts"], listed["reason"]),
                         ("www.customer.example", "Contact", 1, "status 500"))
        self.assertIn(f"{listed['id']} site=www.customer.example profile=Contact".encode(), self.webhooks("list").stdout)
        shown = self.webhooks("show", listed["id"]).stdout
        self.assertTrue(shown.isascii())
        self.assertEqual(json.loads(shown.partition(b"\n")[2])["fields"][0]["value"], "髙橋\n太郎")
        self.assertEqual([self.webhooks("retry", listed["id"]).returncode for _ in range(3)], [75, 0, 1])
        self.assertEqual(len(hook.requests), 3)
        for command in ("show", "retry", "delete"):
            for id in ("AAAA", "../secret", ""):
                self.assertEqual(self.webhooks(command, id).returncode, 1, (command, id))
        hook.answers = [(500, {})]
        self.sink.messages.clear()
        self.post(Cgi(self.formmail))
        (listed,) = self.listed()
        self.assertEqual([self.webhooks("delete", listed["id"]).returncode for _ in range(2)], [0, 1])
        self.assertEqual(self.waiting(), [])

    def test_serve_tells_again_by_itself(self):
        hook = self.start(Hook([(503, {})]))
        browser = self.set_up(f"http://127.0.0.1:{hook.port}/", mode="serve")
        self.post(browser)
        waiting, = (self.formmail.outbox / "webhooks").iterdir()
        os.utime(waiting, (1, 1))  # its time has come
        wait_until(lambda: len(hook.requests) == 2 and not self.waiting(), 15, "told again")

    def test_a_hook_that_was_taken_out_is_dropped(self):
        self.post(self.set_up(f"http://127.0.0.1:{free_port()}/"))
        file = self.formmail.sites / "www.customer.example.toml"
        file.write_text(file.read_text().partition("[profile.Contact.webhook]")[0])
        self.assertEqual((self.flush().returncode, self.waiting()), (0, []))

    def test_a_damaged_file_stops_nothing(self):
        hook = self.start(Hook([(500, {})]))
        self.post(self.set_up(f"http://127.0.0.1:{hook.port}/"))
        (self.formmail.outbox / "webhooks" / "AAA").write_text("{")
        self.assertEqual(self.flush().returncode, 75)
        self.assertEqual((len(hook.requests), self.waiting()), (2, ["AAA"]))

    def test_a_broken_site_file_is_told_now_and_then_only(self):
        self.post(self.set_up(f"http://127.0.0.1:{free_port()}/"))
        (self.formmail.sites / "www.customer.example.toml").write_text("hosts = 1\n")
        waiting = self.formmail.outbox / "webhooks" / self.waiting()[0]
        os.utime(waiting, (0, 0))  # due
        before = time.time()
        done = self.flush()
        self.assertIn(b"hosts must be", done.stderr)
        self.assertGreater(waiting.stat().st_mtime, before + 30)

    def test_mistakes_in_the_configuration_are_told(self):
        self.set_up("https://hooks.example/")
        file = self.formmail.sites / "www.customer.example.toml"
        good = file.read_text()
        for before, after, words in (("https://hooks.example/", "https://u@hooks.example/", "webhook.url must be"),
                                     ("https://hooks.example/", "ftp://hooks.example/", "webhook.url must be"),
                                     (SECRET, "short", "webhook.secret must have")):
            file.write_text(good.replace(before, after))
            done = run([self.formmail.binary, "check-config", self.formmail.config])
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr.decode(), rf"www.customer.example.toml:\d+: profile.Contact.{words}")


if __name__ == "__main__":
    main()
