"""CGI and FastCGI answer the same bytes, whatever is asked: some hundred requests, ordinary ones and bad ones."""
import random
import re

from harness import *
from harness.fastcgi import FastCgi
from harness.readable import attachments_of, text_of
from harness.web_form import *

TEXTS = ["太郎", "", " ", "0", "髙﨑①㈱〜−ｶﾅ😀", "a\r\nb\rc\n", "\"><script>x</script>&amp;'", "a\nBcc: x@evil.example",
         "v@visitor.example", "user@例え.jp", "x" * 5000, "{{label}}{{{name}}}", "03-1234-5678", "2026-02-30", "100-0001",
         "..\\..\\x", "\u202e\u2028\x85", "&#12354;&#x41;", "%41+%zz", "テスト\x1b[31m", "_a_", "=?utf-8?B?QQ==?="]
RULES = ["", ":required", ":email", ":tel", ":url", ":number", ":date", ":zip", ":katakana", ":hiragana", ":min=3", ":max=4",
         ":match=b", ":required:email:max=20", ":file", ":file=pdf,png", ":nonsense", ":min=x"]
OWN_FIELDS = ["_css_url_", "_comp_return_url_", "_conf_title_", "_conf_msg_head_", "_conf_submit_", "_conf_back_",
              "_comp_title_", "_comp_msg_foot_", "_comp_return_text_", "_lang_", "_honeypot_", "_charset_", "_form_",
              "_kept_", "_page_", "_unknown_", "_sealed_", "_edit_"]
URLS = ["/x.css", "//evil.example/", "http://www.customer.example/a b", "javascript:alert(1)", "../..", "thanks.html", "/%2e%2e/",
        "/www.other.example/x", "en", "ja", "b", "utf-8", "shift_jis", "x"]
HEADERS = [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Origin": "http://www.customer.example"},
           {"Referer": "http://www.customer.example/a/b.html?c#d"}, {"Referer": "x"}, {"Sec-Fetch-Site": "cross-site"},
           {"Accept": "application/json"}, {"Accept": "application/problem+json, */*"}, {"Accept-Language": "en;q=0.9,ja;q=x"},
           {"Accept-Language": "\"\r\nen"}, {"Host": "www.unknown.example"}, {"Host": ""}, {"Host": "www.customer.example:99999999"},
           {"X-Forwarded-For": "1.2.3.4, ::1"}, {"Cookie": "a=b"}, {"Content-Type": "text/plain"}, {"Content-Type": ""},
           {"Content-Type": "multipart/form-data; boundary=\"a b"}, {"Content-Type": "multipart/form-data; boundary=--"},
           {"Upgrade-Insecure-Requests": "1", "User-Agent": "M"}, {"Transfer-Encoding": "chunked"}, {"Expect": "100-continue"}]
METHODS = ["GET", "HEAD", "PUT", "OPTIONS", "", "post", "POST "]
LENGTHS = ["", "0", "-1", "5", "x", "99999999999", "18446744073709551616", " 10", "10 "]
PATHS = [OWN, SHARED, "//evil.example" + OWN, OWN + "/../x", OWN + "?_profile_=Secret", "/%00", "/" + "a" * 3000, "*", ""]


def some_fields(choice):
    names = ["a", "b", "c", "氏名"]
    fields = [("_profile_", choice.choices(["Contact", "Order", "Secret", "", "../x"], [12, 4, 1, 1, 1])[0])]
    fields += [("_label_", f"{name}:{choice.choice(['L', 'お名前', '<b>', 'a:b', ''])}{choice.choice(RULES)}")
               for name in names if choice.random() < 0.8]
    fields += [("_conf_enable_", "1")] * choice.choice([0, 1])
    fields += [(choice.choice(OWN_FIELDS), choice.choice(TEXTS + URLS)) for _ in range(choice.randrange(3))]
    fields += [(name, choice.choice(TEXTS)) for name in names for _ in range(choice.choice([0, 1, 1, 1, 2]))]
    if choice.random() < 0.2:
        kinds = [b"", b"%PDF-1.4\n", b"\x89PNG\r\n\x1a\n", b"MZ" + bytes(300)]
        fields.append((choice.choice(names), File(choice.choice(["x.pdf", "表.png", "", "../x", "a\"b"]), choice.choice(kinds))))
    return fields


def some_request(choice):
    """Method, path, body, headers and variables of a request."""
    fields, charset = some_fields(choice), choice.choice(["utf-8", "utf-8", "cp932", "euc-jp", "iso-2022-jp", "utf-16"])
    fields = [(n, v.encode(charset, "xmlcharrefreplace") if isinstance(v, str) else v) for n, v in fields]
    if choice.random() < 0.3 or any(isinstance(value, File) for _, value in fields):
        body, kind = encode_multipart(fields, boundary="----same")
    else:
        body, kind = encode_urlencoded(fields), "application/x-www-form-urlencoded"
    odd = choice.random()
    if odd < 0.1:
        body = body[:choice.randrange(len(body))]
    elif odd < 0.15:
        body = bytes(choice.randrange(256) for _ in range(choice.randrange(500)))
    variables = {"CONTENT_LENGTH": choice.choice(LENGTHS)} if choice.random() < 0.1 else {}
    method = "POST" if choice.random() < 0.9 else choice.choice(METHODS)
    path = OWN if choice.random() < 0.85 else choice.choice(PATHS)
    return method, path, body, {"Content-Type": kind, **choice.choice(HEADERS)}, variables


NUMBER = r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}"


def masked(output):
    """Without what is another in each answer."""
    output = re.sub(NUMBER.encode(), b"NUMBER", output)
    return re.sub(rb'(name="_(?:sealed|kept)_" value=")[^"]*', rb"\1SEAL", output)


def mailed(message):
    text = re.sub(NUMBER + r"|\d{4}-\d\d-\d\d \d\d:\d\d.*", "", text_of(message.data))
    return message.mail, message.recipients, text, attachments_of(message.data)


class Recorder:
    """Keeps the whole answers, header fields and all."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.outputs = []

    def run(self, environment, body):
        self.outputs.append(super().run(environment, body))
        return self.outputs[-1]


class RecordingCgi(Recorder, Cgi):
    pass


class RecordingFastCgi(Recorder, FastCgi):
    pass


class SameBytes(WebFormTest):
    settings = {"limits": {"max_request_bytes": 20000, "max_fields": 40, "per_profile_per_hour": 12}}

    def setUp(self):
        super().setUp()
        self.browsers = []
        for kind in (RecordingCgi, RecordingFastCgi):
            folder = self.folder / kind.__name__
            folder.mkdir()
            formmail = FormMail(folder, self.sink.port, settings=self.settings, profiles=PROFILES)
            self.browsers.append(kind(formmail))
        self.start(self.browsers[1].formmail)

    def both(self, ask):
        """Asks the same of both; the answers of each request that it took, side by side."""
        mails, asked = [], []
        for browser in self.browsers:
            browser.env, browser.outputs = {}, []
            before = len(self.mails())
            ask(browser)
            asked.append([masked(output) for output in browser.outputs])
            mails.append([mailed(message) for message in self.mails()[before:]])
        self.assertEqual(asked[0], asked[1])
        self.assertEqual(mails[0], mails[1])
        return browser.outputs

    def test_some_hundred_requests(self):
        choice = random.Random(20)
        statuses = set()
        for number in range(400):
            method, path, body, headers, variables = some_request(choice)

            def ask(browser):
                browser.env = variables
                browser.request(method, path, body, headers)
            with self.subTest(number=number, method=method, path=path, headers=headers, variables=variables, body=body[:2000]):
                outputs = self.both(ask)
                statuses.add(outputs[0][8:11])
                self.assertRegex(self.browsers[0].errors, r"\A(\d{4}-\d\d-\d\d[ -~]+\n)*\Z")
        self.assertLessEqual({b"200", b"400", b"403", b"404", b"405", b"411", b"413", b"422", b"429"}, statuses)

    def test_pages_that_follow_each_other(self):
        def to_the_end(browser):
            page = browser.post(OWN, self.form(("f", File("a.txt", b"text")), labels=("name:N:required", "f:F:file"), confirm=True))
            again = browser.submit(browser.submit(page, "_edit_"), change={"name": ""})
            page = browser.submit(again, change={"name": "花子"})
            browser.submit(page)
            browser.submit(page, change={"_sealed_": "altered"})
        outputs = self.both(to_the_end)
        self.assertEqual([output[8:11] for output in outputs], [b"200", b"200", b"422", b"200", b"200", b"403"])

    def test_the_relay_and_the_disk_fail(self):
        self.sink.stop()
        for browser in self.browsers:
            (browser.formmail.outbox / "queue").write_text("no folder")
        for headers in ({}, {"Accept": "application/json"}):
            [output] = self.both(lambda browser: browser.post(OWN, self.form(), headers=headers))
            self.assertTrue(output.startswith(b"Status: 503 "))
            self.assertIn(b"\r\nRetry-After: 60\r\n", output)


if __name__ == "__main__":
    main()
