"""What the tests of formmail's web side share: one site, its form, and a browser that needs no web server."""
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
