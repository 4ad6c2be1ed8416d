"""htdocs-example as one would have it: web server, formmail, scanrelay, Maildir."""
from harness.certificate import make_certificate
from harness.formmail import FormMail
from harness.process import ROOT
from harness.scanrelay import Scanrelay
from harness.web import Lighttpd

HTDOCS = ROOT / "htdocs-example"
OWN_HOST = "www.customer.example"
SHARED_HOST = "ssl.hoster.example"
PROFILES = {
    "Contact": {"to": ["info@customer.example"], "subject": "お問い合わせ", "reply_field": "email"},
    "Catalog": {"to": ["catalog@customer.example"], "subject": "資料請求", "reply_field": "email"},
    "Order": {"to": ["order@customer.example"], "subject": "ご注文", "charset": "iso-2022-jp"},
    "Recruit": {"to": ["saiyo@customer.example"], "subject": "採用への応募", "reply_field": "email"},
}


class ExampleSite:
    """All parts, started with `start` (ServerTest.start, or what does the same)."""

    def __init__(self, start, folder, web_server=Lighttpd, mode="fastcgi", relay_port=None, next_hop=None,
                 own_hosts=(OWN_HOST,), shared_hosts=(SHARED_HOST,), databases=None, settings=None,
                 formmail_settings=None, **ports):
        names = [*shared_hosts, *own_hosts]
        self.tls = make_certificate(folder, names)
        self.scanrelay = start(Scanrelay(folder, next_hop=next_hop, port=relay_port, databases=databases,
                                         settings=settings))
        self.maildir = self.scanrelay.maildir
        self.formmail = FormMail(folder, self.scanrelay.port, HTDOCS, shared_hosts=list(shared_hosts),
                                 profiles=PROFILES, own_hosts=own_hosts, settings=formmail_settings)
        if mode == "fastcgi" and web_server is not Lighttpd:  # lighttpd starts the program itself
            start(self.formmail)
        self.web = start(web_server(folder, HTDOCS, self.formmail, mode=mode, tls=self.tls, **ports))
