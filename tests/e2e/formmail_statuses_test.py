"""The HTTP behaviour that is fixed, status by status."""
import json
import re

from harness import *
from harness.web_form import *


class Statuses(WebFormTest):
    settings = {"limits": {"max_request_bytes": 20000, "max_fields": 50, "max_files": 2}}

    def refused(self, answer, status):
        self.assertEqual(answer.status, status, answer.text)
        self.assertEqual(answer.text.count("<h1"), 1)
        self.assertEqual(len(self.mails()), 0)
        self.check_headers(answer)

    def check_headers(self, answer):
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertEqual(answer.headers["Referrer-Policy"], "same-origin")
        self.assertEqual(answer.headers["Content-Type"], "text/html; charset=utf-8")
        policy = answer.headers["Content-Security-Policy"]
        self.assertIn("default-src 'none'", policy)
        self.assertIn("frame-ancestors 'self'", policy)
        self.assertNotIn("unsafe-inline", policy)
        self.assertNotIn("script-src", policy)

    def test_200_completion(self):
        answer = self.post(("_comp_title_", "終わり"))
        self.assertEqual(answer.status, 200, answer.text)
        self.assertIn('<h1 class="title">終わり</h1>', answer.text)
        self.check_headers(answer)
        self.assertEqual(len(self.mails()), 1)

    def test_200_confirmation_mails_nothing(self):
        answer = self.post(("_conf_title_", "確認"), confirm=True)
        self.assertEqual(answer.status, 200, answer.text)
        self.assertIn('<h1 class="title">確認</h1>', answer.text)
        self.check_headers(answer)
        self.assertEqual(len(self.mails()), 0)

    def test_200_filled_honeypot(self):
        answer = self.post(("_honeypot_", "trap"), ("_comp_title_", "終わり"), ("trap", "x"), name="a")
        self.assertEqual(answer.status, 200)
        self.assertIn("終わり", answer.text)
        self.assertEqual(len(self.mails()), 0)
        number = re.search(r"honeypot .* id=([-0-9A-Z]+)", self.own.errors)[1]
        self.assertIn(number, answer.text)
        # Nothing that a robot could tell it by.
        sent = self.post(("_honeypot_", "trap"), ("_comp_title_", "終わり"), ("trap", ""), name="a")
        self.assertEqual(re.sub(r"[-0-9A-Z]{15}", "", sent.text), re.sub(r"[-0-9A-Z]{15}", "", answer.text))
        answers = [json.loads(self.post(("_honeypot_", "trap"), ("trap", value), name="a", headers={"Accept": "application/json"}).text)
                   for value in ("", "x")]
        self.assertEqual([(sorted(said), said["ok"]) for said in answers], [(["id", "ok"], True)] * 2)

    def test_an_empty_honeypot_is_none(self):
        self.assertEqual(self.post(("_honeypot_", "trap"), ("trap", ""), name="a").status, 200)
        self.assertEqual(len(self.mails()), 1)

    def test_422_missing_fields(self):
        answer = self.post(("_comp_title_", "終わり"), name="", text="残る値")
        self.refused(answer, 422)
        self.assertIn("お名前", answer.text)
        self.assertIn("残る値", answer.text)
        self.assertNotIn("終わり", answer.text)

    def test_422_bytes_in_no_charset(self):
        self.refused(self.own.post(OWN, self.form(name=b"\xff\xfe\x81")), 422)

    def test_400_bodies_that_cannot_be_parsed(self):
        for kind, body in (("multipart/form-data", b"x"), ("multipart/form-data; boundary=B", b"--B\r\n"),
                           ("application/json", b"{}"), ("multipart/form-data; boundary=" + "b" * 71, b"")):
            with self.subTest(kind=kind):
                self.refused(self.own.request("POST", OWN, body, {"Content-Type": kind}), 400)

    def test_400_no_profile_and_no_labels(self):
        self.refused(self.post(profile=None), 400)
        self.refused(self.post(profile=""), 400)
        self.refused(self.post(labels=()), 400)

    def test_403_cross_site(self):
        for headers in ({"Origin": "https://evil.example"}, {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
                        {"Origin": "", "Referer": "https://evil.example/"},
                        {"Origin": "", "Referer": "", "Sec-Fetch-Site": "cross-site"},
                        {"Origin": "https://www.other.example"}, {"Origin": "http://www.customer.example.evil.example"}):
            with self.subTest(headers=headers):
                answer = self.post(headers=headers)
                self.refused(answer, 403)
                self.assertIn("太郎", answer.text)

    def test_other_customers_page_on_the_shared_host_is_cross_site(self):
        headers = {"Referer": "https://ssl.hoster.example/www.other.example/form.html"}
        self.refused(self.post(browser=self.shared, path=SHARED, headers=headers), 403)

    def test_posts_that_say_nothing_and_posts_from_the_own_page_to_shared_ssl_pass(self):
        self.assertEqual(self.post(headers={"Origin": "", "Referer": "", "Sec-Fetch-Site": ""}).status, 200)
        headers = {"Origin": "http://www.customer.example", "Referer": "http://www.customer.example/form.html",
                   "Sec-Fetch-Site": "cross-site"}
        self.assertEqual(self.post(browser=self.shared, path=SHARED, headers=headers).status, 200)

    def test_404_unknown_sites_and_profiles(self):
        self.refused(self.post(browser=Cgi(self.formmail, "www.unknown.example")), 404)
        self.refused(self.post(browser=self.shared, path="/www.unknown.example" + OWN), 404)
        self.refused(self.post(browser=self.shared, path=OWN), 404)
        for profile in ("Nobody", "../../x", "Contact\0", "/etc/passwd", "Contact/", "x" * 4096, "contact", "Secret", " "):
            with self.subTest(profile=profile):
                self.refused(self.post(profile=profile), 404)

    def test_405_and_what_this_address_is(self):
        for method in ("GET", "HEAD", "PUT", "DELETE"):
            answer = self.own.request(method, OWN)
            self.refused(answer, 405)
            self.assertEqual(answer.headers["Allow"], "POST")
        self.assertEqual(self.own.request("GET", OWN).links, ["/"])
        self.assertEqual(self.shared.request("GET", SHARED).links, [])

    def test_411_and_lengths_that_are_none(self):
        for length, status in (("", 411), ("-1", 400), ("abc", 400), ("1e3", 400), ("+5", 400), ("20001", 413),
                               ("99999999999999999999999", 413), ("18446744073709551615", 413)):
            with self.subTest(length=length):
                browser = Cgi(self.formmail, env={"CONTENT_LENGTH": length})
                self.refused(browser.post(OWN, self.form()), status)

    def test_413_too_much(self):
        self.refused(self.post(text="x" * 30000), 413)
        self.refused(self.own.post(OWN, self.form() + [(f"f{i}", "1") for i in range(50)]), 413)
        files = [("a", File("x", b"1")) for _ in range(3)]
        self.refused(self.own.post(OWN, self.form(labels=("a:A:file",)) + files), 413)

    def test_a_body_that_ends_early_is_400_and_a_longer_one_is_cut(self):
        browser = Cgi(self.formmail, env={"CONTENT_LENGTH": "5000"})
        self.refused(browser.post(OWN, self.form()), 400)
        body = encode_urlencoded(self.form())
        browser = Cgi(self.formmail, env={"CONTENT_LENGTH": str(len(body))})
        answer = browser.request("POST", OWN, body + b"&name=more", {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(answer.status, 200)

    def test_each_refusal_as_json(self):
        def says(answer, status, reason):
            self.assertEqual((answer.status, answer.headers["Content-Type"]), (status, "application/problem+json"), answer.text)
            problem = json.loads(answer.text)
            self.assertEqual((problem["status"], problem["type"]), (status, "urn:sekisho:formmail:" + reason))
            self.assertTrue(problem["title"] and problem["detail"])
            self.assertEqual([answer.headers[name] for name in ("X-Content-Type-Options", "Cache-Control", "Referrer-Policy")],
                             ["nosniff", "no-store", "same-origin"])
            return problem

        asks = {"Accept": "application/json"}
        post = lambda headers=(), env=None, **form: self.post(headers={**asks, **dict(headers)}, browser=Cgi(self.formmail, env=env), **form)
        says(self.own.request("GET", OWN, headers=asks), 405, "method")
        says(post(env={"CONTENT_LENGTH": ""}), 411, "length")
        says(post(env={"CONTENT_LENGTH": "20001"}), 413, "too_large")
        says(post(headers={"Content-Type": "text/plain"}), 400, "bad_request")
        says(post(profile=""), 400, "no_profile")
        says(post(labels=()), 400, "no_labels")
        says(post(profile="Nobody"), 404, "unknown_profile")
        says(self.post(browser=Cgi(self.formmail, "www.unknown.example"), headers=asks), 404, "no_site")
        says(post(headers={"Origin": "https://evil.example"}), 403, "cross_site")
        says(post(name=b"\xff\xfe\x81"), 422, "charset")
        problem = says(post(name="", text="x"), 422, "input_errors")
        self.assertEqual([error["field"] for error in problem["errors"]], ["name"])
        self.assertIn("お名前", problem["errors"][0]["detail"])
        self.sink.stop()
        (self.formmail.outbox / "queue").write_text("no folder")
        answer = post()
        says(answer, 503, "unavailable")
        self.assertTrue(answer.headers["Retry-After"].isdigit())
        self.assertEqual(len(self.mails()), 0)

    def test_503_when_neither_relay_nor_outbox_takes_it(self):
        self.sink.stop()
        (self.formmail.outbox / "queue").write_text("no folder")
        answer = self.post(("_comp_title_", "終わり"))
        self.assertEqual(answer.status, 503)
        self.assertTrue(answer.headers["Retry-After"].isdigit())
        self.assertNotIn("終わり", answer.text)
        self.assertIn("太郎", answer.text)

    def test_a_host_of_the_list_and_a_host_that_is_added_are_known(self):
        self.assertEqual(self.post(browser=Cgi(self.formmail, "customer.example")).status, 200)
        self.assertEqual(self.post(browser=Cgi(self.formmail, "WWW.Customer.Example:8080"),
                                   headers={"Origin": "http://www.customer.example:8080"}).status, 200)
        write_site(self.formmail.sites, hosts=("www.customer.example", "new.example"), profiles=PROFILES)
        wait_until(lambda: self.post(browser=Cgi(self.formmail, "new.example")).status == 200, 10)
        self.assertEqual(self.post(browser=Cgi(self.formmail, "customer.example")).status, 404)

    def test_a_broken_site_is_told_to_the_log_with_its_line(self):
        (self.formmail.sites / "www.customer.example.toml").write_text('from = "a@b.example"\nhots = ["x"]\n')
        self.refused(self.post(), 503)
        self.assertIn("www.customer.example.toml:2:", self.own.errors)

    def test_arguments_from_a_visitor_are_no_options(self):
        done = run([self.formmail.binary, "serve", "--listen", "unix:/tmp/never"],
                   env={**self.formmail.environment, "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET"}, seconds=10)
        self.assertIn(b"Status: 405", done.stdout)


if __name__ == "__main__":
    main()
