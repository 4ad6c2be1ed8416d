"""The page's address in the mail comes from the visitor's browser: it is shown as a plain URL of the site, or not at all."""
import re

from harness import *
from harness.readable import text_of

PATH = "/freecgi/FormMail/index.cgi"


class PageAddress(ServerTest):
    def setUp(self):
        super().setUp()
        self.sink = self.start(SmtpSink())
        self.formmail = FormMail(self.folder, self.sink.port)

    def mailed_page(self, referer, more=""):
        """What the mail says of the page."""
        body = b"_profile_=Contact&_label_=name:N&name=x" + more.encode()
        variables = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST", "HTTP_HOST": "www.customer.example",
                     "REQUEST_URI": PATH, "SCRIPT_NAME": PATH, "CONTENT_LENGTH": str(len(body)), "HTTP_REFERER": referer,
                     "CONTENT_TYPE": "application/x-www-form-urlencoded", **self.formmail.environment}
        done = run([self.formmail.binary], input=body, env=variables)
        self.assertTrue(done.stdout.startswith(b"Status: 200 "), done.stdout[:200])
        mail = self.sink.accepted[-1].data
        text = text_of(mail)
        text.encode("utf-8")
        self.assertNotIn("\ufffd", text)
        found = re.search(r"^ページ: (.*?)\r?$", text, re.M)
        return found and found[1]

    def test_plain(self):
        self.assertEqual(self.mailed_page("http://www.customer.example/a/contact.html?x=1"),
                         "http://www.customer.example/a/contact.html?x=1")
        self.assertIsNone(self.mailed_page(""))

    def test_hostile(self):
        for referer, shown in ((b"http://www.customer.example/\xff\x80", "http://www.customer.example/%FF%80"),
                               ("http://www.customer.example/日本".encode(), "http://www.customer.example/%E6%97%A5%E6%9C%AC"),
                               ("http://www.customer.example/\u202egpj.exe".encode(), None),
                               (b"http://www.customer.example/\xc2\x85Bcc:x", None),
                               (b'http://www.customer.example/a b"<x>', "http://www.customer.example/a%20b%22%3Cx%3E"),
                               (b"http://www.customer.example/" + b"a" * 100000, None),
                               (b"http://www.customer.example/\x1b[31m", None)):
            with self.subTest(referer=referer[:60]):
                self.assertEqual(self.mailed_page(referer.decode("utf-8", "surrogateescape")), shown)
                form = "&_page_=" + "".join(f"%{byte:02X}" for byte in referer)
                if referer.isascii() and b"\x1b" not in referer:  # controls are taken out of what a form holds
                    self.assertEqual(self.mailed_page("", form), shown)


if __name__ == "__main__":
    main()
