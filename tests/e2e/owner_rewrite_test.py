"""`formmail rewrite`: the three places of a page for shared SSL, and every other byte as it was."""
import os
import subprocess

from harness import *
from owner_pages import PATH, SITE, old_pages

FORMMAIL = BUILD / "formmail"


class OwnerTest(ServerTest):
    def setUp(self):
        super().setUp()
        self.site = FormMail(self.folder, relay_port=1)

    def formmail(self, *arguments, language="en", **options):
        return run([FORMMAIL, *arguments], env={**self.site.environment, "LC_ALL": language}, **options)

    def write(self, content, name="page.html"):
        page = self.folder / name
        page.write_bytes(content.encode() if isinstance(content, str) else content)
        return page

    def rewrite(self, content, *arguments):
        return self.formmail("rewrite", self.write(content), "--site", SITE, *arguments)


class Rewrite(OwnerTest):
    def test_old_pages_of_every_kind(self):
        count = 0
        for old in old_pages():
            done = self.rewrite(old.page)
            if done.stdout != old.rewritten or done.returncode != 0:
                (self.folder / "expected").write_bytes(old.rewritten)
                (self.folder / "got").write_bytes(done.stdout)
                difference = run(["diff", "-a", self.folder / "expected", self.folder / "got"]).stdout
                self.fail(f"{old.name}: status {done.returncode}\n{difference.decode('utf-8', 'replace')[:2000]}"
                          f"{done.stderr.decode()[:500]}")
            count += 1
        self.assertEqual(count, 5 * 3 * 2 * 2 * 2 * 3)

    def test_a_rewritten_page_stays(self):
        for number, old in enumerate(old_pages()):
            if number % 7:
                continue
            done = self.rewrite(old.rewritten)
            self.assertEqual((done.returncode, done.stdout), (0, old.rewritten), old.name)
            self.assertIn(b"nothing had to be changed", done.stderr)

    def test_tells_each_change_with_its_line(self):
        done = self.rewrite(f'<html>\n<form method=post action={PATH}>\n<input name=_css_url_ value="/a.css"></form>')
        self.assertEqual(done.stderr.decode().splitlines(), [
            f"{self.folder}/page.html:2: action: {PATH} -> /{SITE}{PATH}",
            f"{self.folder}/page.html:3: _css_url_: /a.css -> /{SITE}/a.css"])

    def test_in_place_keeps_mode_and_link_and_leaves_no_file_behind(self):
        page = self.write(f'<form action="{PATH}"></form>', "real.html")
        page.chmod(0o640)
        link = self.folder / "link.html"
        link.symlink_to("real.html")
        before = sorted(os.listdir(self.folder))
        done = self.formmail("rewrite", link, "--site", SITE, "--in-place")
        self.assertEqual((done.returncode, done.stdout), (0, b""), done.stderr)
        self.assertEqual(page.read_text(), f'<form action="/{SITE}{PATH}"></form>')
        self.assertEqual(page.stat().st_mode & 0o777, 0o640)
        self.assertTrue(link.is_symlink())
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_works_where_no_server_is_set_up(self):
        done = run([FORMMAIL, "rewrite", self.write(f'<form action="http://www.customer.example{PATH}">'), "--site",
                    SITE], env={"FORMMAIL_CONFIG": ""})
        self.assertEqual((done.returncode, done.stdout), (0, f'<form action="/{SITE}{PATH}">'.encode()), done.stderr)

    def test_what_is_refused_stays_and_is_told(self):
        page = f'<form action="{PATH}"><input name=_css_url_ value="//evil.example/x"></form>'
        done = self.rewrite(page)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout.decode(), page.replace(PATH, f"/{SITE}{PATH}"))
        self.assertIn(b'_css_url_: "//evil.example/x" stays as it is: a host without a scheme.', done.stderr)

    def test_a_page_without_a_form_comes_back_and_is_told(self):
        done = self.rewrite("<p>Nothing here")
        self.assertEqual((done.returncode, done.stdout), (1, b"<p>Nothing here"))
        self.assertIn(b"no form of formmail", done.stderr)

    def test_usage(self):
        write_site(self.site.sites, "www.other.example", ["www.other.example"])  # two sites: which one?
        page = self.write("<p>")
        wide = self.write("<p>x".encode("utf-16"), "wide.html")
        long = self.write(b"x" * (8 * 1024 * 1024 + 1), "long.html")
        for arguments, words in [(["rewrite"], b"PAGE.html"), (["rewrite", page], b"--site"),
                                 (["rewrite", page, "--site", "www.nobody.example"], b"no such site"),
                                 (["rewrite", page, "--site", "../x"], b"expected a site's name"),
                                 (["rewrite", self.folder / "none.html", "--site", SITE], b"No such file"),
                                 (["rewrite", self.folder, "--site", SITE], b"is a folder"),
                                 (["rewrite", wide, "--site", SITE], b"UTF-16"),
                                 (["rewrite", long, "--site", SITE], b"8 megabytes"),
                                 (["rewrite", page, "--site", SITE, "--nonsense"], b"nonsense")]:
            with self.subTest(arguments=arguments):
                done = self.formmail(*arguments)
                self.assertEqual((done.returncode, done.stdout), (2, b""))
                self.assertIn(words, done.stderr)
                self.assertLessEqual(len(done.stderr.splitlines()), 3)

    def test_a_full_disk_is_told(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([FORMMAIL, "rewrite", self.write(f'<form action="{PATH}">'), "--site", SITE],
                                  stdout=full, stderr=subprocess.PIPE, timeout=20,
                                  env={**os.environ, **self.site.environment})
        self.assertEqual(done.returncode, 2)


class Hostile(OwnerTest):
    """Pages that would make a careless tool hang, crash or speak to the terminal."""

    def both(self, content, seconds=10):
        page = self.write(content)
        for arguments in (["check", page], ["rewrite", page, "--site", SITE]):
            done = self.formmail(*arguments, seconds=seconds)
            self.assertIn(done.returncode, (0, 1), (arguments, done.stderr[:300]))
            shown = done.stderr + (done.stdout if arguments[0] == "check" else b"")
            self.assertNotRegex(shown, rb"[\x00-\x09\x0b-\x1f\x7f]")
            shown.decode("utf-8")
        return done

    def test_shapes_that_cost_time(self):
        million = 1_000_000
        for content in (b"<" * million, b"<a " * million, b"<!--" * million, b"<a a=" * million, b"--" * million,
                        b"<div>" * million, b"<b><p>" * (million // 2), b"<script><!--" * (million // 4),
                        b"<textarea>" * (million // 4), b"</" * million, b"<input" + b" a" * million + b">",
                        b"<input" + b' a="' * million, b"&" * million, b"<input value='" + b"&a" * million + b"'>",
                        b"\x1b$B" * million, b"\x81" * million, b"<form>" * million, b"<select><option>" * 100000,
                        b"<title>" + b"</titl" * million, b"<style>" + b"@import" * million, b"<fieldset>" * (million // 2),
                        b"<template>" * (million // 2)):
            with self.subTest(content=content[:12]):
                self.both(content)

    def test_forms_that_cost_time(self):
        form = f'<form method=post action="{PATH}"><input name=_profile_ value=Contact>'.encode()
        for content in (form + b"<input name=_label_ value=a:b>" * 100000,
                        form + b"".join(b"<input name=_label_ value=a%d:b><input name=b%d>" % (i, i) for i in range(450)),
                        form + b"".join(b"<input name=_x%d_>" % i for i in range(100000)),
                        b"".join(b"<input name=_y%d_>" % i for i in range(100000)) + form,
                        form + b"<input name=a>" * 200000, (form + b"<input name=a></form>") * 3000,
                        form + b"<input name=_label_ value='" + b"a" * 200000 + b":" * 100000 + b"'>",
                        form + (b"<input name=_label_ value='a:" + b"email," * 40000 + b"'>") * 20 + b"<input name=a>",
                        form + (b"<input name=_label_ value='a%d:" + b"max " * 200 + b"'><input name=_x>") * 450):
            with self.subTest(content=content[len(form):][:30]):
                self.both(content, seconds=30)

    def test_nothing_reaches_the_terminal(self):
        evil = "\x1b]0;owned\x07\x1b[31m\u202e\u009b1m\r\x08&#27;[2J&#x9b;"
        page = (f'<form method=post action="{PATH}{evil}"><form method=post action="{PATH}">'
                f'<input type=hidden name=_profile_ value="Contact{evil}"><input name="{evil}"><input type="{evil}">'
                f'<input type=hidden name=_css_url_ value="http://x/{evil}"><input name="_{evil}_">'
                f'<input type=hidden name=_label_ value="a{evil}:b{evil}:c{evil}"><meta charset="{evil}">'
                f'<input type=hidden name=_lang_ value="{evil}"><input type=hidden name=_honeypot_ value="{evil}">')
        self.both(page)
        self.both(page.replace("</form>", "").encode("utf-8", "replace") + b"\xff\xfe\x80")

    def test_a_file_name_reaches_no_terminal(self):
        page = self.write(f'<form method=post action="{PATH}">', "a\x1b[31m\nb.html")
        for arguments in (["check", page], ["rewrite", page, "--site", SITE]):
            done = self.formmail(*arguments)
            self.assertNotIn(b"\x1b", done.stdout.replace(page.read_bytes(), b"") + done.stderr)


if __name__ == "__main__":
    main()
