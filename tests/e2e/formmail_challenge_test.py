"""A profile's challenge: a token of the form is verified at the service that gave it, in bounded time, and once."""
import json
import urllib.parse

from harness import *
from harness.post_server import PostServer
from harness.web_form import *

SECRET = "service & secret"
VISIT = {"Upgrade-Insecure-Requests": "1", "User-Agent": "Mozilla/5.0 (Test)"}


class Service(PostServer):
    """A siteverify: each token of a person is good once. `reply`: what it says instead, (status, body)."""

    def __init__(self):
        super().__init__()
        self.good, self.asked, self.reply = {"person"}, [], None

    def answer(self, path, headers, body):
        asked = dict(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
        self.asked.append(asked)
        self.may_answer.wait(120)
        passed = asked["response"] in self.good and asked["secret"] == SECRET
        self.good.discard(asked["response"])
        verdict = {"success": True} if passed else {"success": False, "error-codes": ["timeout-or-duplicate"]}
        status, body = self.reply or (200, json.dumps(verdict).encode())
        return status, {}, body

    def log(self):
        return f"service: asked {self.asked}\n"


class ChallengeTest(WebFormTest):
    settings = {"webhook": {"allowed_networks": ["127.0.0.0/8"]}}

    def setUp(self):
        super().setUp()
        self.service = self.start(Service())
        self.set_up(self.service.port)

    def set_up(self, port, more=""):
        file = write_site(self.formmail.sites, profiles=PROFILES)
        file.write_text(file.read_text() + f'\n[profile.Contact.challenge]\nfield = "token"\nurl = "http://127.0.0.1:{port}/v"\n'
                        f'secret = "{SECRET}"\n{more}\n')

    def send(self, token, headers=None, **form):
        return self.post(("token", token), headers=headers, **form)

    def test_a_person_passes_once(self):
        self.assertEqual(self.send("person").status, 200)
        self.assertEqual(self.service.asked, [{"secret": SECRET, "response": "person", "remoteip": "192.0.2.1"}])
        for token in ("person", "robot", "", "x" * 9000):
            self.assertEqual(self.send(token).status, 403)
        self.assertEqual(self.post().status, 403)
        self.assertEqual((len(self.mails()), len(self.service.asked)), (1, 3))
        self.assertNotIn(b"person", self.mails()[0].data)

    def test_other_profiles_ask_nobody(self):
        self.assertEqual(self.post(profile="Order").status, 200)
        self.assertEqual(self.service.asked, [])

    def test_who_passed_goes_on_through_all_pages_to_one_mail(self):
        again = self.send("person", name="", confirm=True)
        self.assertEqual(again.status, 422)
        confirm = self.own.submit(again, change={"name": "太郎"})
        self.assertIn('<table class="confirm">', confirm.text)
        edit = self.own.submit(confirm, "_edit_")
        confirm = self.own.submit(edit, change={"name": "花子"})
        self.assertEqual([self.own.submit(confirm).status for _ in range(2)], [200, 200])
        self.assertEqual((len(self.mails()), len(self.service.asked)), (1, 1))
        for page in (again, edit):
            self.assertEqual(self.own.submit(page, change={"name": "another"}).status, 403)
        self.assertEqual(len(self.mails()), 1)

    def test_without_a_confirmation_page_it_is_one_mail_too(self):
        again = self.send("person", name="")
        fields = [(name, "太郎" if name == "name" else value) for name, value in again.forms[0].fields]
        answers = [self.own.post(OWN, fields, headers=VISIT) for _ in range(3)]
        self.assertEqual([answer.status for answer in answers], [200] * 3)
        self.assertNotIn("もう1件", answers[2].text)
        self.assertEqual(self.own.submit(again, change={"name": "another"}).status, 403)
        self.assertEqual((len(self.mails()), len(self.service.asked)), (1, 1))

    def test_reloading_asks_nobody_again(self):
        self.assertEqual([self.send("person", VISIT).status for _ in range(3)], [200] * 3)
        self.assertEqual((len(self.mails()), len(self.service.asked)), (1, 1))

    def test_a_pass_of_another_profile_is_none(self):
        again = self.post(("cv", File("a", b"x")), labels=("name:N:required", "cv:CV:file"), profile="Order", multipart=True, name="")
        self.assertEqual(self.own.submit(again, change={"name": "x", "_profile_": "Contact"}).status, 403)
        self.assertEqual(len(self.mails()), 0)

    def test_where_the_service_gives_no_answer_the_profile_decides(self):
        broken = [(500, b"{}"), (200, b"<html>"), (200, b"[]"), (200, b'{"success":"yes"}'), (302, b""), (200, b"x" * 200000)]
        for more, status in (("", 200), ('unverified = "refuse"', 503)):
            self.set_up(self.service.port, more)
            for self.service.reply in broken:
                with self.subTest(more=more, answer=self.service.reply[1][:20]):
                    self.assertEqual(self.send("person").status, status)
                    self.assertIn("unverified", self.own.errors)
            self.set_up(free_port(), more)
            self.assertEqual(self.send("person").status, status)

    def test_a_silent_service_holds_nobody_for_long(self):
        self.set_up(self.service.port, "timeout_seconds = 1")
        self.service.may_answer.clear()
        self.assertEqual(self.send("person").status, 200)
        self.assertIn("out of time", self.own.errors)

    def test_addresses_that_are_not_allowed_are_not_asked(self):
        self.formmail.config.write_text(self.formmail.config.read_text().replace("127.0.0.0/8", "192.0.2.0/24"))
        self.set_up(self.service.port, 'unverified = "refuse"')
        self.assertEqual((self.send("person").status, self.service.asked), (503, []))

    def test_scripts_too(self):
        self.assertEqual(self.send("robot", {"Accept": "application/json"}).status, 403)
        answer = self.send("person", {"Accept": "application/json"})
        self.assertTrue(json.loads(answer.text)["ok"])

    def test_a_rehearsal_needs_none(self):
        page = self.folder / "page.html"
        page.write_text('<form method="post" action="/freecgi/FormMail/index.cgi"><input type="hidden" name="_profile_" value="Contact">'
                        '<input type="hidden" name="_label_" value="name:N"><input name="name"><button>ok</button></form>')
        done = run([self.formmail.binary, "check", page, "--site", "www.customer.example"], env=self.formmail.environment)
        self.assertIn(b"To: info@customer.example", done.stdout)
        self.assertEqual(self.service.asked, [])

    def test_mistakes_in_the_configuration_are_told(self):
        file = self.formmail.sites / "www.customer.example.toml"
        good = file.read_text()
        for before, after, words in (("http://127", "ftp://127", "challenge.url must be"), ('"token"', '""', "challenge.field must name"),
                                     (SECRET, "", "challenge.secret must be")):
            file.write_text(good.replace(before, after))
            done = run([self.formmail.binary, "check-config", self.formmail.config])
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr.decode(), rf"www.customer.example.toml:\d+: profile.Contact.{words}")


if __name__ == "__main__":
    main()
