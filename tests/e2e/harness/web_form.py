"""What the tests of formmail's web side share: one site, its form, and a browser that needs no web server."""
import base64
import hmac
import struct

from harness.cgi import Cgi
from harness.formmail import FormMail, write_site
from harness.smtp_sink import SmtpSink
from harness.testcase import ServerTest

OWN = "/freecgi/FormMail/index.cgi"
SHARED_HOST = "ssl.hoster.example"
SHARED = "/www.customer.example" + OWN
OTHER_SHARED = "/www.other.example" + OWN

PROFILES = {"Contact": {"to": ["info@customer.example"], "subject": "Contact", "reply_field": "email"},
            "Order": {"to": ["order@customer.example"], "subject": "Order"}}


def sealed_of(page):
    return dict(page.forms[0].fields)["_sealed_"]


class WebFormTest(ServerTest):
    """www.customer.example and www.other.example on one machine, with a relay that counts."""
    settings = {}
    site = {}

    def setUp(self):
        super().setUp()
        self.sink = self.start(SmtpSink())
        self.formmail = FormMail(self.folder, self.sink.port, settings=self.settings, profiles=PROFILES)
        write_site(self.formmail.sites, profiles=PROFILES, more=self.site)
        write_site(self.formmail.sites, "www.other.example", ["www.other.example"], sender="f@other.example",
                   profiles={"Secret": {"to": ["boss@other.example"]}, "Contact": {"to": ["info@other.example"]}})
        self.own = Cgi(self.formmail)
        self.shared = Cgi(self.formmail, SHARED_HOST, tls=True)

    def mails(self):
        return self.sink.accepted

    def form(self, *more, labels=("name:お名前:required", "text:内容"), confirm=False, profile="Contact", **fields):
        pairs = [("_profile_", profile)] if profile is not None else []
        pairs += [("_label_", label) for label in labels]
        pairs += [("_conf_enable_", "1")] if confirm else []
        return pairs + list(more) + list((fields or {"name": "太郎", "text": "本文"}).items())

    def post(self, *more, browser=None, path=OWN, headers=None, charset="utf-8", multipart=False, **form):
        return (browser or self.own).post(path, self.form(*more, **form), charset, multipart, headers)

    def reseal(self, page, **times):
        """The page's seal with other times, as this machine itself would have made it."""
        secret = (self.formmail.outbox / "secret").read_bytes()
        payload = sealed_of(page).split(".")[0]
        data = bytearray(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        at = 0
        for _ in range(4):  # version, site, profile, number
            at += 8 + struct.unpack_from("<Q", data, at)[0]
        for offset, key in ((0, "sealed_at"), (8, "expires_at")):
            if key in times:
                struct.pack_into("<Q", data, at + offset, int(times[key]))
        key = hmac.digest(secret, b"sekisho-1 www.customer.example", "sha256")
        payload = base64.urlsafe_b64encode(bytes(data)).rstrip(b"=")
        mac = base64.urlsafe_b64encode(hmac.digest(key, payload, "sha256")).rstrip(b"=")
        return {"_sealed_": (payload + b"." + mac).decode()}
