"""Each refusal of formmail(1): its status, its page, its line in the log, its figure; and the figures of what goes on later."""
import re
import time
import urllib.error
import urllib.request

from harness import *
from harness.fastcgi import FastCgi
from harness.web_form import *
from harness.webhook import Hook, add_webhook

VISITOR, PROXY = "198.51.100.7", "10.0.0.1"


def documented():
    """reason -> status, as the manual page has them."""
    section = re.search(r"\.SH REFUSALS\n(.*?)\.SH ", (ROOT / "doc" / "formmail.1").read_text(), re.S)[1]
    return {reason: int(status) for reason, status in re.findall(r"^\.B (\w+) \((\d+)\)$", section, re.M)}


class Figures(WebFormTest):
    """formmail serve with a monitor, asked without a web server."""

    def setUp(self):
        super().setUp()
        self.monitor = free_port()
        self.formmail.config.write_text(self.formmail.config.read_text() + f'[metrics]\nlisten = "127.0.0.1:{self.monitor}"\n')
        self.own = self.visitor()

    def visitor(self, host="www.customer.example", env=None):
        return FastCgi(self.formmail, host, client=PROXY, env={"HTTP_X_FORWARDED_FOR": VISITOR, **(env or {})})

    def ask(self, path, method="GET"):
        request = urllib.request.Request(f"http://127.0.0.1:{self.monitor}{path}", method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def figures(self):
        """name{labels} -> value"""
        status, text = self.ask("/metrics")
        self.assertEqual(status, 200)
        return {name: float(value) for name, value in re.findall(r"^([a-z_]+(?:\{[^}]*\})?) (\S+)$", text, re.M)}

    def refusals(self):
        return {name.split('"')[1]: value for name, value in self.figures().items() if name.startswith("formmail_refusals_total")}


class Refusals(Figures):
    settings = {"limits": {"trusted_proxies": ["10.0.0.0/8"], "max_request_bytes": 200000, "max_fields": 50, "max_text_bytes": 1000},
                "confirm": {"minimum_seconds": 3600}}

    def setUp(self):
        super().setUp()
        profiles = {**PROFILES, "Once": {"to": ["once@customer.example"], "per_hour": 1}, "Guarded": {"to": ["g@customer.example"]}}
        file = write_site(self.formmail.sites, profiles=profiles)
        file.write_text(file.read_text() + '\n[refuse]\nwords = ["viagra"]\n[profile.Guarded.challenge]\nfield = "token"\n'
                        'url = "https://captcha.example/"\nsecret = "0123456789abcdef"\n')
        (self.formmail.sites / "www.broken.example.toml").write_text('from = 1\n')
        self.start(self.formmail)

    def events(self):
        """Each refusal, by what brings it about."""
        confirmed = lambda: self.post(confirm=True)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        yield "method", lambda: self.own.request("GET", OWN)
        yield "no_site", lambda: self.post(browser=self.visitor("www.unknown.example"))
        yield "no_profile", lambda: self.post(profile="")
        yield "unknown_profile", lambda: self.post(profile="Nobody")
        yield "no_labels", lambda: self.post(labels=())
        yield "bad_request", lambda: self.own.request("POST", OWN, b"{}", {"Content-Type": "application/json"})
        yield "length", lambda: self.post(browser=self.visitor(env={"CONTENT_LENGTH": ""}))
        yield "too_large", lambda: self.post(browser=self.visitor(env={"CONTENT_LENGTH": "200001"}))
        yield "too_many", lambda: self.own.post(OWN, self.form() + [(f"f{i}", "1") for i in range(50)])
        yield "too_much_text", lambda: self.post(name="x", text="x" * 20000)
        yield "charset", lambda: self.own.request("POST", OWN, b"_profile_=Contact&_label_=name:N&name=%FF%FE%81", kind)
        yield "cross_site", lambda: self.post(headers={"Origin": "https://evil.example"})
        yield "cross_site", lambda: self.own.request("OPTIONS", OWN, headers={"Origin": "https://evil.example",
                                                                               "Access-Control-Request-Method": "POST"})
        yield "honeypot", lambda: self.post(("_honeypot_", "trap"), ("trap", "x"), name="x")
        yield "challenge", lambda: self.post(profile="Guarded")
        yield "input_errors", lambda: self.post(name="")
        yield "refused_words", lambda: self.post(name="viagra")
        yield "tampered", lambda: self.own.submit(confirmed(), change={"_profile_": "Order"})
        page = confirmed()
        yield "expired", lambda: self.own.submit(page, change=self.reseal(page, expires_at=time.time() - 5))
        yield "too_fast", lambda: self.own.submit(confirmed())
        self.assertEqual(self.post(profile="Once").status, 200)
        yield "too_often", lambda: self.post(profile="Once")
        yield "broken_site", lambda: self.post(browser=self.visitor("www.broken.example"))
        self.sink.stop()
        (self.formmail.outbox / "queue").write_text("no folder")
        yield "unavailable", lambda: self.post()

    def test_each_has_its_status_its_page_its_line_and_its_figure(self):
        table = documented()
        self.assertEqual(set(self.refusals()), set(table), "the figures that are there from the start, and the manual page")
        seen = set()
        for reason, event in self.events():
            with self.subTest(reason=reason):
                before, logged = self.refusals(), len(self.formmail.log())
                answer = event()
                self.assertEqual(answer.status, table[reason], answer.text)
                if answer.text:  # a script's question before it posts has no page
                    self.assertEqual(answer.text.count("<h1"), 1)
                line = wait_until(lambda: re.search(r"^.* formmail: (not-taken|honeypot) .*$", self.formmail.log()[logged:], re.M), 60)[0]
                self.assertRegex(line, rf"\bclient={re.escape(VISITOR)}$")
                if reason != "honeypot":
                    self.assertRegex(line, rf" status={table[reason]} reason={reason} ")
                    self.assertEqual(" warning " in line, table[reason] == 503, line)
                self.assertEqual({name: value - before[name] for name, value in self.refusals().items() if value != before[name]},
                                 {reason: 1})
                seen.add(reason)
        self.assertEqual(seen, set(table))
        self.assertEqual(len(self.mails()), 1)


class Later(Figures):
    settings = {"webhook": {"allowed_networks": ["127.0.0.0/8"]}}

    def reaches(self, name, value):
        wait_until(lambda: self.figures()[name] == value, 60, f"{name} {value}")

    def test_mails_that_wait_and_are_sent_later(self):
        self.start(self.formmail)
        self.assertEqual(self.figures()["formmail_outbox_oldest_seconds"], 0)
        self.sink.stop()
        self.assertEqual(self.post().status, 200)
        figures = self.figures()
        self.assertEqual((figures['formmail_submissions_total{outcome="queued"}'], figures['formmail_outbox_mails{folder="queue"}']), (1, 1))
        wait_until(lambda: self.figures()["formmail_outbox_oldest_seconds"] >= 2, 60, "an age")
        done = run([self.formmail.binary, "metrics", "--config", self.formmail.config])
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertRegex(done.stdout.decode(), r"(?m)^formmail_outbox_oldest_seconds [1-9]\d*$")
        self.assertIn('\nformmail_outbox_mails{folder="queue"} 1\nformmail_outbox_mails{folder="failed"} 0\n', done.stdout.decode())
        self.sink.start()
        self.reaches('formmail_retried_mails_total{outcome="sent"}', 1)
        figures = self.figures()
        self.assertEqual((figures['formmail_outbox_mails{folder="queue"}'], figures["formmail_outbox_oldest_seconds"]), (0, 0))

    def test_calls_of_webhooks(self):
        hook = self.start(Hook())
        write_site(self.formmail.sites, profiles={"Contact": PROFILES["Contact"]})
        add_webhook(self.formmail, f"http://127.0.0.1:{hook.port}/")
        self.start(self.formmail)
        for status, result in ((204, "taken"), (500, "waits"), (410, "given_up")):
            hook.answers = [(status, {})]
            self.assertEqual(self.post().status, 200)
            self.reaches(f'formmail_webhook_calls_total{{result="{result}"}}', 1)
        self.assertEqual(self.figures()["formmail_waiting_webhooks"], 1)

    def test_uploads_that_wait(self):
        self.start(self.formmail)
        page = self.post(("f", File("a.bin", b"x" * 5000)), labels=("f:F:file",), confirm=True, name="x")
        self.assertEqual(page.status, 200, page.text)
        self.assertGreaterEqual(self.figures()["formmail_waiting_upload_bytes"], 5000)
        self.assertEqual(self.own.submit(page).status, 200)
        self.assertEqual(self.figures()["formmail_waiting_upload_bytes"], 0)

    def test_health_looks_at_what_the_outbox_holds(self):
        self.start(self.formmail)
        self.assertEqual(self.ask("/health?from=balancer"), (200, "ok\n"))
        self.assertEqual(self.ask("/health", "HEAD"), (200, ""))
        self.assertEqual(self.ask("/health", "POST")[0], 405)
        (self.formmail.outbox / "state.db").mkdir()  # a damaged file would be replaced
        status, text = self.ask("/health")
        self.assertEqual(status, 503)
        self.assertIn("state.db", text)
        self.assertEqual(self.figures()["formmail_healthy"], 0)
        done = run([self.formmail.binary, "metrics", "--config", self.formmail.config])
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"state.db", done.stderr)
        self.assertIn(b"\nformmail_healthy 0\n", done.stdout)


if __name__ == "__main__":
    main()
