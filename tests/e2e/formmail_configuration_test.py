"""check-config: each key of formmail.toml and of a site's file, wrong in each way, is told with its line."""
import json
import re

from harness import *

FORMMAIL = BUILD / "formmail"

# Every key with a good value; the test below makes one line at a time wrong.
HOSTER = """\
[relay]
server = "127.0.0.1:10025"
[outbox]
directory = "outbox"
[shared_ssl]
hosts = ["ssl.hoster.example"]
[sites]
directory = "sites"
[pages]
templates = ""
[mails]
templates = ""
time_zone = "Asia/Tokyo"
[confirm]
expires_minutes = 30
minimum_seconds = 3
[limits]
max_request_bytes = 10485760
max_text_bytes = 1048576
max_fields = 1000
max_files = 20
per_client_per_hour = 60
per_profile_per_hour = 0
per_recipient_per_hour = 0
max_waiting_upload_bytes = 1073741824
max_waiting_upload_bytes_per_client = 104857600
trusted_proxies = ["192.0.2.0/24"]
[metrics]
listen = "127.0.0.1:9100"
[webhook]
allowed_networks = ["10.1.0.0/16"]
certificates = ""
timeout_seconds = 10
"""
SITE = """\
hosts = ["www.customer.example", "customer.example"]
document_root = "htdocs"
from = "formmail@customer.example"
from_name = "山のお茶"
[pages]
templates = ""
[mails]
templates = ""
[refuse]
words = ["casino"]
urls = 5
[profile.Contact]
to = ["info@customer.example"]
cc = ["boss@customer.example"]
subject = "{{name}}"
charset = "utf-8"
reply_field = "email"
template = ""
html = true
html_template = ""
csv = false
keep_days = 30
keep_files = false
form_charset = "euc-jp"
per_hour = 100
[profile.Contact.autoreply]
subject = ""
template = ""
fields = ["name"]
per_address_per_day = 3
per_client_per_day = 20
[profile.Contact.webhook]
url = "https://hooks.customer.example/"
secret = "0123456789abcdef"
[profile.Contact.challenge]
field = "token"
url = "https://captcha.example/verify"
secret = "0123456789abcdef"
timeout_seconds = 3
unverified = "accept"
"""

# Values that have the right type and no meaning. Of the files and folders: none that is there.
MEANINGLESS = {
    "relay.server": ["127.0.0.1", ":25", "a:99999"], "shared_ssl.hosts": [["a b"]], "sites.directory": ["none"],
    "pages.templates": ["none"], "mails.templates": ["none"], "mails.time_zone": ["Tokyo"],
    "limits.trusted_proxies": [["192.0.2.0/33"], ["proxy"]], "metrics.listen": ["9100"],
    "webhook.allowed_networks": [["10.1/16"]], "webhook.certificates": ["none.pem"],
    "hosts": [["a b"], [""], ["ssl.hoster.example"], ["www.a.example"]],
    "from": ["", "customer.example", "a@b@c"], "profile.Contact.to": [[], ["info"]], "profile.Contact.cc": [["boss"]],
    "profile.Contact.subject": ["{{#name}}"], "profile.Contact.charset": ["utf8", "shift_jis"],
    "profile.Contact.form_charset": ["eucjp"], "profile.Contact.template": ["none.txt"],
    "profile.Contact.html_template": ["none.html"], "profile.Contact.autoreply.subject": ["{{name"],
    "profile.Contact.autoreply.template": ["none.txt"],
    "profile.Contact.webhook.url": ["", "ftp://hooks.customer.example/", "https://a@b.example/"],
    "profile.Contact.webhook.secret": ["", "short"], "profile.Contact.challenge.field": [""],
    "profile.Contact.challenge.url": ["ftp://captcha.example/"], "profile.Contact.challenge.secret": [""],
    "profile.Contact.challenge.unverified": ["maybe"],
}
UNLIMITED = {"limits.per_client_per_hour", "limits.per_profile_per_hour", "limits.per_recipient_per_hour",
             "limits.max_waiting_upload_bytes", "limits.max_waiting_upload_bytes_per_client"}


def keys(text):
    """Each key of the file with its table: (line from 1, full name, key, value as it is written)."""
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("["):
            table = line.strip("[]") + "."
        else:
            key, value = line.split(" = ", 1)
            yield number, table + key, key, value


def of_another_type(value):
    return ["1", '["x"]'] if value.startswith('"') else ['"x"', "[1]"] if value.startswith("[") else ['"x"', "1.5"]


def out_of_range(name, value):
    most = 2 ** 63 - 1
    return [] if not value.isdigit() else ["-2"] if name in UNLIMITED else ["-2", str(most)]


def wrong_lines(name, key, value):
    for wrong in of_another_type(value) + out_of_range(name, value) + [json.dumps(wrong) for wrong in MEANINGLESS.get(name, [])]:
        yield f"{key} = {wrong}", key
    for misspelt in (key[:-1], key + key[-1], key.capitalize()):
        yield f"{misspelt} = {value}", f'unknown key "{misspelt}"'
    for garbage in ("", "yes", '"x', "99999999999999999999"):
        yield f"{key} = {garbage}", ""  # what the TOML parser says


class Configuration(ServerTest):
    def setUp(self):
        super().setUp()
        self.config = self.folder / "formmail.toml"
        self.sites = self.folder / "sites"
        self.site = self.sites / "www.customer.example.toml"
        (self.sites / "htdocs").mkdir(parents=True)
        self.config.write_text(HOSTER)
        self.site.write_text(SITE)
        self.add_site("www.a.example")

    def add_site(self, name, sender="formmail@other.example"):
        file = self.sites / f"{name}.toml"
        file.write_text(f'from = "{sender}"\n[profile.Contact]\nto = ["info@other.example"]\n')
        return file

    def check(self):
        done = run([FORMMAIL, "check-config", self.config])
        return done.returncode, done.stderr.decode().splitlines()

    def test_no_key_is_left_out_here(self):
        manual = re.findall(r"^\.B ([a-z_]+) = ", (ROOT / "doc" / "formmail.toml.5").read_text(), re.M)
        self.assertEqual(sorted(key for text in (HOSTER, SITE) for _, _, key, _ in keys(text)), sorted(manual))

    def test_every_key_wrong_in_every_way_is_told_with_its_line(self):
        self.assertEqual(self.check(), (0, []))
        for file, text in ((self.config, HOSTER), (self.site, SITE)):
            lines = text.splitlines()
            for number, name, key, value in keys(text):
                for wrong, words in wrong_lines(name, key, value):
                    with self.subTest(name=name, wrong=wrong):
                        file.write_text("\n".join([*lines[:number - 1], wrong, *lines[number:]]) + "\n")
                        status, told = self.check()
                        self.assertEqual((status, len(told)), (2, 1), told)
                        self.assertTrue(told[0].startswith(f"{file}:{number}: "), told[0])
                        self.assertIn(words, told[0])
            file.write_text(text)

    def test_a_key_that_stands_twice_and_one_that_is_missing(self):
        for line, table in ((3, 1), (13, 12), (33, 32), (34, 32), (36, 35), (38, 35)):
            lines = SITE.splitlines()
            key = lines[line - 1].split(" ")[0]
            with self.subTest(key=key):
                self.site.write_text("\n".join([*lines[:line], *lines[line - 1:]]))
                status, told = self.check()
                self.assertEqual((status, len(told), told[0].startswith(f"{self.site}:{line + 1}: ")), (2, 1, True), told)
                self.site.write_text("\n".join([*lines[:line - 1], *lines[line:]]))
                status, told = self.check()
                self.assertEqual((status, len(told), told[0].startswith(f"{self.site}:{table}: ")), (2, 1, True), told)
                self.assertRegex(told[0], rf"\b{key} must ")

    def test_what_document_root_names_may_be_missing(self):
        self.site.write_text(SITE.replace('"htdocs"', '"none"'))
        status, told = self.check()
        self.assertEqual((status, len(told)), (0, 1), told)
        self.assertTrue(told[0].startswith(f"{self.site}:2: document_root names {self.sites}/none: No such file"), told)

    def test_one_broken_site_hides_no_other(self):
        """Whatever is wrong with a file: each of the others is read, and told of in the order of their names."""
        self.site.write_bytes(b'from = "\xff"')
        (self.sites / "www.b.example.toml").mkdir()
        (self.sites / "www.c.example.toml").symlink_to("none")
        (self.sites / "www.d.example.toml").write_text("")
        (self.sites / "WWW.E.EXAMPLE.toml").write_text("")
        self.add_site("www.f.example", "nobody")
        (self.sites / "www.g.example.toml").write_text('from = "a@g.example"\n')
        with self.add_site("www.h.example").open("a") as file:
            file.write('[pages]\ntemplates = "/dev/null"\n')
        status, told = self.check()
        self.assertEqual(status, 2)
        self.assertEqual([line.removeprefix(f"{self.sites}/").split(".toml")[0] for line in told],
                         ["WWW.E.EXAMPLE", *(f"www.{name}.example" for name in ("b", "c", "customer", "d", "f", "g", "h"))])


if __name__ == "__main__":
    main()
