"""Against abuse: sliding limits, words, URLs; answers for scripts; what is counted."""
import concurrent.futures
import json
import socket
import urllib.error
import urllib.request

from harness import *
from harness.readable import text_of
from harness.web_form import *


class PerClient(WebFormTest):
    settings = {"limits": {"per_client_per_hour": 2, "trusted_proxies": ["10.0.0.0/8"]}}

    def send(self, client, **more):
        return self.post(browser=Cgi(self.formmail, client=client), **more)

    def test_the_third_submission_of_a_client_is_429_and_keeps_the_entries(self):
        self.assertEqual([self.send("192.0.2.1").status for _ in range(2)], [200, 200])
        answer = self.send("192.0.2.1")
        self.assertEqual(answer.status, 429)
        self.assertTrue(answer.headers["Retry-After"].isdigit())
        self.assertIn("太郎", answer.text)
        self.assertEqual(self.send("192.0.2.1", confirm=True).status, 429)
        self.assertEqual(self.send("192.0.2.2").status, 200)
        self.assertEqual(len(self.mails()), 3)

    def test_an_ipv6_household_is_one_client(self):
        statuses = [self.send(f"2001:db8:0:1::{i}").status for i in range(3)]
        self.assertEqual(statuses, [200, 200, 429])
        self.assertEqual(self.send("2001:db8:0:2::1").status, 200)

    def test_a_forged_forwarded_address_helps_nobody_but_a_proxy(self):
        for i in range(3):
            answer = self.send("192.0.2.1", headers={"X-Forwarded-For": f"198.51.100.{i}"})
        self.assertEqual(answer.status, 429)
        statuses = [self.send("10.0.0.1", headers={"X-Forwarded-For": f"198.51.100.{i}"}).status for i in range(4)]
        self.assertEqual(statuses, [200] * 4)

    def test_refused_and_repeated_posts_are_not_counted(self):
        for _ in range(5):
            self.send("192.0.2.1", name="")
        page = self.send("192.0.2.1", confirm=True)
        browser = Cgi(self.formmail, client="192.0.2.1")
        self.assertEqual([browser.submit(page).status for _ in range(5)], [200] * 5)
        self.assertEqual(self.send("192.0.2.1").status, 200)
        self.assertEqual(len(self.mails()), 2)


    def test_a_flood_at_once_gets_through_exactly_as_often_as_allowed(self):
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            statuses = list(pool.map(lambda _: self.send("192.0.2.1").status, range(24)))
        self.assertEqual(sorted(statuses), [200] * 2 + [429] * 22)
        self.assertEqual(len(self.mails()), 2)


class BehindTwoProxies(WebFormTest):
    settings = {"limits": {"per_client_per_hour": 2, "trusted_proxies": ["127.0.0.1"]}}

    def test_a_proxy_that_adds_its_own_line_is_heard_through_nginx(self):
        self.start(self.formmail)
        (self.folder / "web").mkdir()
        web = self.start(Nginx(self.folder / "web", self.folder, self.formmail))
        body = encode_urlencoded(self.form())
        statuses = []
        for number in range(3):
            request = (f"POST {OWN} HTTP/1.0\r\nHost: www.customer.example\r\nContent-Length: {len(body)}\r\n"
                       f"Content-Type: application/x-www-form-urlencoded\r\nX-Forwarded-For: 203.0.113.{number}\r\n"
                       "X-Forwarded-For: 198.51.100.7\r\n\r\n").encode() + body
            with socket.create_connection(("127.0.0.1", web.port), timeout=60) as connection:
                connection.sendall(request)
                statuses.append(int(connection.makefile("rb").readline().split()[1]))
        self.assertEqual(statuses, [200, 200, 429])
        self.assertIn("client=198.51.100.7", self.formmail.log())
        self.assertNotIn("203.0.113", self.formmail.log())


class PerProfileAndRecipient(WebFormTest):
    settings = {"limits": {"per_profile_per_hour": 2}}

    def test_what_one_limit_refuses_counts_towards_no_other(self):
        text = self.formmail.config.read_text()
        self.formmail.config.write_text(text.replace("per_profile_per_hour = 2", "per_profile_per_hour = 2\nper_client_per_hour = 3"))
        client = Cgi(self.formmail, client="192.0.2.7")
        statuses = [self.post(browser=client, name=str(n)).status for n in range(6)]
        statuses += [self.post(browser=client, profile="Order").status for _ in range(2)]
        self.assertEqual(statuses, [200, 200] + [429] * 4 + [200, 429])

    def test_a_profile_has_a_limit_over_all_clients(self):
        statuses = [self.post(browser=Cgi(self.formmail, client=f"192.0.2.{i}")).status for i in range(3)]
        self.assertEqual(statuses, [200, 200, 429])
        self.assertEqual(self.post(profile="Order").status, 200)

    def test_a_recipient_has_a_limit_over_all_profiles(self):
        text = self.formmail.config.read_text().replace("per_profile_per_hour = 2", "per_recipient_per_hour = 2")
        self.formmail.config.write_text(text)
        write_site(self.formmail.sites, profiles={
            "Contact": {"to": ["info@customer.example"]}, "Order": {"to": ["info@customer.example"]},
            "Copy": {"to": ["other@customer.example"], "cc": ["info@customer.example"]}})
        statuses = [self.post(profile=profile).status for profile in ("Contact", "Order", "Contact", "Copy")]
        self.assertEqual(statuses, [200, 200, 429, 429])


class Refused(WebFormTest):
    def setUp(self):
        super().setUp()
        file = self.formmail.sites / "www.customer.example.toml"
        file.write_text(file.read_text() + '[refuse]\nwords = ["未承諾広告", "Viagra"]\nurls = 2\n')

    def test_words_and_too_many_urls(self):
        for text in ("これは未承諾広告です", "buy VIAGRA", "ｖｉａｇｒａ", "http://a http://b https://c"):
            with self.subTest(text=text):
                answer = self.post(name="太郎", text=text)
                self.assertEqual(answer.status, 422)
                self.assertIn("refused_words", self.own.errors)
                self.assertIn(text, answer.text)
        self.assertEqual(len(self.mails()), 0)
        self.assertEqual(self.post(name="太郎", text="http://a http://b").status, 200)


class Scripts(WebFormTest):
    JSON = {"Accept": "application/json"}

    def test_sent(self):
        answer = self.post(headers=self.JSON)
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (200, "application/json"))
        body = json.loads(answer.text)
        self.assertTrue(body["ok"])
        self.assertIn(body["id"], text_of(self.mails()[0].data))
        self.assertEqual(answer.headers["Access-Control-Allow-Origin"], "http://www.customer.example")

    def test_a_form_with_confirmation_is_sent_at_once(self):
        self.assertTrue(json.loads(self.post(headers=self.JSON, confirm=True).text)["ok"])
        self.assertEqual(len(self.mails()), 1)

    def test_problems_name_each_field(self):
        answer = self.post(headers=self.JSON, labels=("a:A:required", "b:B:email"), a="", b="x")
        self.assertEqual((answer.status, answer.headers["Content-Type"]), (422, "application/problem+json"))
        problem = json.loads(answer.text)
        self.assertEqual(problem["status"], 422)
        self.assertEqual([error["field"] for error in problem["errors"]], ["a", "b"])
        for key in ("type", "title", "detail"):
            self.assertTrue(problem[key])

    def test_the_statuses_are_the_pages(self):
        for form, status in ((dict(profile="x"), 404), (dict(profile=""), 400), (dict(labels=()), 400)):
            answer = self.post(headers=self.JSON, **form)
            self.assertEqual((answer.status, json.loads(answer.text)["status"]), (status, status))
            self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        answer = self.post(headers={**self.JSON, "Origin": "https://evil.example"})
        self.assertEqual(answer.status, 403)
        self.assertIsNone(answer.headers["Access-Control-Allow-Origin"])
        self.assertEqual(self.own.request("GET", OWN, headers=self.JSON).status, 405)

    def test_preflight(self):
        ask = {"Access-Control-Request-Method": "POST"}
        own = self.own.request("OPTIONS", OWN, headers={**ask, "Origin": "https://customer.example"})
        self.assertEqual((own.status, own.headers["Access-Control-Allow-Origin"]), (204, "https://customer.example"))
        self.assertEqual((own.headers["Content-Length"], own.headers["Content-Type"], own.body), (None, None, b""))  # RFC 9110 8.6
        for origin in ("https://evil.example", "null", "https://www.other.example"):
            foreign = self.own.request("OPTIONS", OWN, headers={**ask, "Origin": origin})
            self.assertEqual((foreign.status, foreign.headers["Access-Control-Allow-Origin"]), (403, None))
        plain = self.own.request("OPTIONS", OWN)
        self.assertEqual((plain.status, plain.headers["Allow"]), (405, "POST"))

    def test_who_gets_json(self):
        for accept, json_is_sent in (("application/json", True), ("APPLICATION/JSON", True), ("application/problem+json", True),
                                     ("application/json, text/plain, */*", True), ("text/html;q=0.5, application/json", True),
                                     ("text/html;q=0,application/json;q=0.1", True), ("application/json; charset=utf-8", True),
                                     ("text/html,application/json;q=0.5", False), ("text/html, application/json", False),
                                     ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", False), ("*/*", False), ("", False),
                                     ("application/json;q=0", False), ("application/json;q=0.0, */*", False), ("application/jsonp", False)):
            with self.subTest(accept=accept):
                for name, kind in (("太郎", "application/json"), ("", "application/problem+json")):
                    answer = self.post(headers={"Accept": accept}, name=name, text="x")
                    self.assertEqual(answer.headers["Content-Type"], kind if json_is_sent else "text/html; charset=utf-8")
                    self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])


class Counted(WebFormTest):
    def setUp(self):
        super().setUp()
        self.monitor = free_port()
        self.formmail.config.write_text(self.formmail.config.read_text() + f'[metrics]\nlisten = "127.0.0.1:{self.monitor}"\n')
        self.start(self.formmail)
        (self.folder / "web").mkdir()
        self.web = self.start(Nginx(self.folder / "web", self.folder, self.formmail))

    def read(self, path):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor}{path}", timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def test_submissions_refusals_and_requests_are_counted(self):
        browser = Browser(self.web.port)
        self.post(browser=browser)
        self.post(("_honeypot_", "trap"), ("trap", "x"), browser=browser, name="x")
        self.post(browser=browser, name="")
        self.post(browser=browser, profile="Nobody")
        _, text = self.read("/metrics")
        for line in ('formmail_submissions_total{outcome="sent"} 1', 'formmail_refusals_total{reason="honeypot"} 1',
                     'formmail_refusals_total{reason="input_errors"} 1', 'formmail_refusals_total{reason="unknown_profile"} 1',
                     'formmail_requests_total{status="200"} 2', 'formmail_requests_total{status="404"} 1',
                     "formmail_request_seconds_count 4", 'formmail_outbox_mails{folder="queue"} 0'):
            self.assertIn(line + "\n", text)
        for line in text.splitlines():
            self.assertRegex(line, r'^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]+"\})? [0-9.e+-]+)$')

    def test_health(self):
        self.assertEqual(self.read("/health"), (200, "ok\n"))
        self.formmail.outbox.rename(self.folder / "gone")
        status, text = self.read("/health")
        self.assertEqual(status, 503)
        self.assertIn("outbox", text)
        self.assertEqual(self.read("/other")[0], 404)

    def test_sigterm_lets_the_request_at_hand_end(self):
        import threading
        self.sink.on(".", Reply("250 2.0.0 Ok", delay=1))
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.post(browser=Browser(self.web.port))))
        thread.start()
        wait_until(lambda: any(line.startswith("DATA") for _, line in self.sink.commands))
        self.formmail.process.terminate()
        thread.join(15)
        self.assertEqual([answer.status for answer in answers], [200])
        self.assertEqual(len(self.mails()), 1)
        self.assertEqual(self.formmail.process.wait(15), 0)


if __name__ == "__main__":
    main()
