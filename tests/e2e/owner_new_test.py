"""`formmail new` and `formmail preview`: from nothing to a form that mails."""
import concurrent.futures
import email
import email.policy
import os
import re
import tomllib

from harness import *
from owner_pages import PATH, SITE
from owner_rewrite_test import OwnerTest


class New(OwnerTest):
    def new(self, *arguments, **options):
        return self.formmail("new", *arguments, **options)

    def test_writes_the_profile_and_prints_a_form_that_is_fine(self):
        file = self.site.sites / f"{SITE}.toml"
        before = file.read_bytes()
        for language, word in (("ja", "お問い合わせ"), ("en", "Contact form")):
            done = self.new("--site", SITE, "--profile", f"New-{language}", "--to", "a@b.example", "--to", "c@d.example",
                            "--lang", language)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(file.read_bytes().startswith(before))
            self.assertEqual(tomllib.loads(file.read_text())["profile"][f"New-{language}"],
                             {"to": ["a@b.example", "c@d.example"], "subject": word, "reply_field": "email"})
            page = self.write(f'<meta charset="utf-8">{done.stdout.decode()}')
            checked = self.formmail("check", page, "--site", SITE)
            self.assertEqual(checked.returncode, 0, checked.stdout.decode())
            self.assertIn(b"    To: a@b.example, c@d.example\n", checked.stdout)
            self.assertNotIn(b"hint", checked.stdout)
        self.assertEqual(sorted(os.listdir(self.site.sites)), [f"{SITE}.toml"])

    def test_any_file_a_customer_may_have(self):
        file = self.site.sites / f"{SITE}.toml"
        for before in ('from = "a@b.example" # the end', 'from = "a@b.example"\r\n[profile.A]\r\nto = ["a@b.example"]\r\n',
                       '# comment\nfrom = "a@b.example"\n[profile]\nA.to = ["a@b.example"]\n',
                       'profile.A.to = ["a@b.example"]\nfrom = "a@b.example"\n',
                       '\ufefffrom = "a@b.example"\n[refuse]\nwords = ["x"]\n\n\n'):
            with self.subTest(before=before):
                file.write_bytes(before.encode())
                file.chmod(0o600)
                done = self.new("--site", SITE, "--profile", "X", "--to", "x@y.example", "--subject", '"q" \\ {{name}} 題')
                self.assertEqual(done.returncode, 0, done.stderr)
                after = file.read_bytes().decode()
                self.assertTrue(after.startswith(before))
                self.assertEqual(after.count("\r\n"), after.count("\n") if "\r\n" in before else 0)
                profile = tomllib.loads(after.removeprefix("\ufeff"))["profile"]["X"]
                self.assertEqual((profile["to"], profile["subject"]), (["x@y.example"], '"q" \\ {{name}} 題'))
                self.assertEqual(file.stat().st_mode & 0o777, 0o600)

    def test_many_at_once_lose_no_profile(self):
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            done = list(pool.map(lambda i: self.new("--site", SITE, "--profile", f"P{i}", "--to", "a@b.example"), range(16)))
        self.assertEqual([d.returncode for d in done], [0] * 16, done[0].stderr)
        profiles = tomllib.loads((self.site.sites / f"{SITE}.toml").read_text())["profile"]
        self.assertLessEqual({f"P{i}" for i in range(16)}, set(profiles))

    def test_what_cannot_be_extended_stays_as_it_is(self):
        file = self.site.sites / f"{SITE}.toml"
        inline = 'from = "a@b.example"\nprofile = { A = { to = ["a@b.example"] } }\n'
        file.write_text(inline)
        done = self.new("--site", SITE, "--profile", "X", "--to", "x@y.example")
        self.assertEqual((done.returncode, done.stdout, file.read_text()), (2, b"", inline))
        self.assertIn(b"is as it was", done.stderr)
        self.assertEqual(os.listdir(self.site.sites), [f"{SITE}.toml"])

    def test_a_new_site(self):
        for arguments, sender in (([], "formmail@new.example"), (["--from", "f@new.example"], "f@new.example")):
            done = self.new("--site", "www.new.example", "--profile", "X", "--to", "x@y.example", *arguments)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(sender.encode(), done.stderr)
            made = tomllib.loads((self.site.sites / "www.new.example.toml").read_text())
            self.assertEqual((made["hosts"], made["from"]), (["www.new.example", "new.example"], sender))
            if not arguments:
                (self.site.sites / "www.new.example.toml").unlink()
        refused = self.new("--site", "www.x.example", "--profile", "X", "--to", "x@y.example", "--from", "f")
        self.assertEqual(refused.returncode, 2)
        self.assertFalse((self.site.sites / "www.x.example.toml").exists())
        self.assertEqual((self.site.sites / "www.new.example.toml").stat().st_mode & 0o777, 0o644)
        self.assertEqual(self.formmail("check-config", self.site.config).returncode, 0)

    def test_usage(self):
        before = (self.site.sites / f"{SITE}.toml").read_bytes()
        good = {"--site": SITE, "--profile": "X", "--to": "x@y.example"}
        for change, words in [({"--profile": "Contact"}, b"already"), ({"--profile": "../x"}, b"A-Z"),
                              ({"--profile": "x]\n[y"}, b"A-Z"), ({"--to": "x"}, b"no mail address"),
                              ({"--to": "a@b.example\nBcc: x@y.example"}, b"no mail address"),
                              ({"--site": "../../etc/x"}, b"expected a site's name"), ({"--site": ""}, b"expected"),
                              ({"--to": None}, b"--to"), ({"--profile": None}, b"--profile"), ({"--site": None}, b"--site")]:
            with self.subTest(change=change):
                given = [word for pair in {**good, **change}.items() if pair[1] is not None for word in pair]
                done = self.new(*given)
                self.assertEqual((done.returncode, done.stdout), (2, b""))
                self.assertIn(words, done.stderr)
        self.assertEqual((self.site.sites / f"{SITE}.toml").read_bytes(), before)


class Preview(OwnerTest):
    PAGE = f"""<meta charset="utf-8"><form method="post" action="{PATH}">
<input type="hidden" name="_profile_" value="Contact">
<input type="hidden" name="_conf_enable_" value="1"><input type="hidden" name="_conf_title_" value="ご確認">
<input type="hidden" name="_comp_title_" value="完了です">
<input type="hidden" name="_label_" value="name:お名前:required"><input type="hidden" name="_label_" value="email:メール:email">
<input name="name"><input name="email"><input type="submit"></form>"""

    def preview(self, content, *arguments):
        self.output = self.folder / "preview"
        return self.formmail("preview", self.write(content), "--site", SITE, "--output", self.output, *arguments)

    def test_pages_and_mail(self):
        done = self.preview(self.PAGE, "--lang", "ja")
        self.assertEqual(done.returncode, 0, done.stderr)
        files = {path.name: path.read_bytes() for path in self.output.iterdir()}
        self.assertEqual(sorted(files), ["complete.html", "confirm.html", "errors.html", "mail.eml"])
        self.assertEqual(sorted(re.findall(r"/preview/([a-z.]+): ", done.stdout.decode())), sorted(files))
        self.assertIn("<h1 class=\"title\">ご確認</h1>", files["confirm.html"].decode())
        self.assertIn("見本 太郎", files["confirm.html"].decode())
        self.assertIn("完了です", files["complete.html"].decode())
        self.assertIn("「お名前」を入力してください", files["errors.html"].decode())
        mail = email.message_from_bytes(files["mail.eml"], policy=email.policy.default)
        self.assertEqual((mail["To"], mail["Subject"], mail["Reply-To"]),
                         ("info@customer.example", "お問い合わせ", "taro@example.jp"))
        self.assertIn("お名前: 見本 太郎", mail.get_content())

    def test_a_link_that_somebody_laid_is_not_followed(self):
        (self.folder / "preview").mkdir()
        victim = self.write("precious", "victim")
        (self.folder / "preview" / "mail.eml").symlink_to(victim)
        self.assertEqual(self.preview(self.PAGE).returncode, 0)
        self.assertEqual(victim.read_text(), "precious")
        self.assertFalse((self.folder / "preview" / "mail.eml").is_symlink())

    def test_the_automatic_reply_too(self):
        file = self.site.sites / f"{SITE}.toml"
        file.write_text(file.read_text() + '[profile.Contact.autoreply]\nsubject = "受け付けました"\n')
        self.assertEqual(self.preview(self.PAGE).returncode, 0)
        mail = email.message_from_bytes((self.output / "autoreply.eml").read_bytes(), policy=email.policy.default)
        self.assertEqual(mail["Subject"], "受け付けました")

    def test_every_form_of_the_page(self):
        self.assertEqual(self.preview(self.PAGE + self.PAGE.replace("_conf_enable_", "_lang_").replace(
            'value="1"', 'value="en"')).returncode, 0)
        self.assertEqual(sorted(p.name for p in self.output.iterdir()),
                         ["2-complete.html", "2-errors.html", "2-mail.eml", "complete.html", "confirm.html",
                          "errors.html", "mail.eml"])

    def test_what_cannot_be_sent_is_told(self):
        for page, words in ((self.PAGE.replace("Contact", "Nobody"), b"lacks the profile"), ("<p>", b"no form")):
            done = self.preview(page)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)
        done = self.preview(self.PAGE.replace(":required", ":required:max=5:min=9"))
        self.assertEqual(done.returncode, 1)
        self.assertIn("failed.html", os.listdir(self.output))


if __name__ == "__main__":
    main()
