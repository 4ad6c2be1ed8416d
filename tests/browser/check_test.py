"""What `formmail check` says will be mailed is what is mailed when the page is used in a browser: the same pages, filled
in with the same values."""
import re

from webdriver import Chromium

from good_pages import GOOD_PAGES, SITE
from harness import *
from harness.readable import attachments_of, parse, text_of

# One for each page: the same values twice in a profile would be one mail.
PROFILES = {f"P{number}": {"to": [f"to{number}@customer.example"], "cc": ["copy@customer.example"],
                           "subject": "{{name}} 様より", "reply_field": "email"} for number in range(60)}
PROFILE = re.compile(rb"""(_profile_["']? value=["']?)[A-Za-z]+""", re.I)
GUIDE_PAGE = '<!DOCTYPE html>\n<html lang="{}"><head><meta charset="UTF-8"><title>t</title></head>\n<body>\n{}</body></html>\n'
# What each mail has of its own, at its end.
OF_ONE_MAIL = re.compile("受付番号|通し番号|送信日時|送信元アドレス|Reference number|Serial number|Sent|Client address")
HEADERS = {"差出人": "From", "宛先": "To", "写し": "Cc", "返信先": "Reply-To", "件名": "Subject"}

# Fills the form in with `values` (by label): all but files, as a visitor could.
FILL = """const [number, values] = arguments;
const form = [...document.forms].filter(f => f.elements._profile_)[number];
const labels = new Map([...form.elements].filter(e => e.name === '_label_').map(l => [l.value.split(':')[0].trim(), l.value]));
const missing = [];
for (const [name, label] of labels) {
  const twin = (label.match(/:match=(\\w+)/) || [])[1] || name;
  const value = values[twin];
  const fields = [...form.elements].filter(e => e.name === name && e.type !== 'hidden');
  if (!fields.length || fields[0].type === 'file') continue;
  const choice = /checkbox|radio/.test(fields[0].type);
  if (choice) for (const field of fields) field.checked = field.value === value;
  else if (fields[0].tagName === 'SELECT') for (const o of fields[0].options) o.selected = o.value === value;
  else fields[0].value = value ?? '';
  if (choice ? !fields.some(f => f.checked) : fields[0].value !== (value ?? '')) missing.push(name + '=' + value);
}
return missing;"""


class Shown(ServerTest):
    def setUp(self):
        super().setUp()
        self.sink = self.start(SmtpSink())
        self.htdocs = self.folder / "htdocs"
        self.htdocs.mkdir()
        self.profiles = iter(range(60))
        tls = make_certificate(self.folder, [SITE, "ssl.hoster.example"])
        self.formmail = FormMail(self.folder, self.sink.port, self.htdocs, profiles=PROFILES)
        web = self.start(Lighttpd(self.folder, self.htdocs, self.formmail, tls=tls))
        self.browser = self.start(Chromium(self.folder, {
            f"{SITE}:80": web.port, "ssl.hoster.example:443": web.tls_port}))

    def shown(self, page):
        """What check shows of each form: (headers, lines of the text, values by field, files)."""
        done = run([self.formmail.binary, "check", page, "--lang", "ja"], env=self.formmail.environment)
        self.assertEqual(done.returncode, 0, done.stdout.decode())
        mails = []
        for form in re.split(r"^(?=\d+ 行目のフォーム)", done.stdout.decode(), flags=re.M)[1:]:
            headers = dict(re.findall(rf"^    ({'|'.join(HEADERS)}): (.*)$", form, re.M))
            lines = re.findall(r"^    \| (.*)$", form, re.M)
            fields = dict(re.findall(r"^  項目: (.*) \((\S+)\)", form, re.M))
            mails.append((headers, lines, self.values(lines, fields), re.findall(r"^    添付: (.*)$", form, re.M)))
        return mails

    @staticmethod
    def values(lines, fields):
        """By field, from the lines of the mail. fields: the field of each label."""
        values, field = {}, None
        for line in lines[:lines.index("----")]:
            label = next((label for label in fields if line.startswith(f"{label}:")), None)
            if label:
                field, line = fields[label], line[len(label) + 1:]
            if field:
                values[field] = f"{values[field]}\n{line}".strip() if field in values else line.strip()
        return values

    def use(self, address, number, values, files):
        browser = self.browser
        browser.open(address)
        self.assertEqual(browser.run(FILL, number, values), [])
        for field, name in zip(browser.find_all("input[type=file]"), files):
            file = self.folder / name
            file.write_bytes({"pdf": b"%PDF-1.4\n", "jpg": b"\xff\xd8\xff\xe0"}[name.rsplit(".")[-1]])
            field.type(str(file))
        count = len(self.sink.accepted)
        browser.run("""const form = [...document.forms].filter(f => f.elements._profile_)[arguments[0]];
            [...document.querySelectorAll('input,button')].find(e => e.form === form && /^(submit|image)$/.test(e.type)).id = 'go';""",
                    number)
        browser.find("#go").follow()
        if browser.find_all("table.confirm"):
            browser.find("[name=_send_]").follow()
        self.assertEqual(len(self.sink.accepted), count + 1, browser.source)
        return self.sink.accepted[-1].data

    def compare(self, name, content):
        page = self.htdocs / f"{len(list(self.htdocs.iterdir()))}.html"  # nothing that the browser has seen before
        content = PROFILE.sub(lambda match: match[1] + f"P{next(self.profiles)}".encode(), content)
        page.write_bytes(content)
        secure = b'action="/' + SITE.encode() in content
        address = f"https://ssl.hoster.example/{SITE}/{page.name}" if secure else f"http://{SITE}/{page.name}"
        forms = self.shown(page)
        for number, (headers, lines, values, files) in enumerate(forms):
            with self.subTest(page=name, form=number):
                mail = self.use(address, number, values, files)
                message = parse(mail)
                self.assertEqual({title: headers.get(title, "") for title in HEADERS},
                                 {title: str(message.get(field, "")) for title, field in HEADERS.items()})
                self.assertEqual([line for line in text_of(mail).rstrip("\n").split("\n") if not OF_ONE_MAIL.match(line)],
                                 [line for line in lines if not OF_ONE_MAIL.match(line)])
                self.assertEqual(sorted(attachments_of(mail)), sorted(files))
        return len(forms)

    def test_pages_of_every_kind(self):
        for name, content in GOOD_PAGES.items():
            if name != "php":  # no PHP here
                self.assertGreater(self.compare(name, content), 0, name)

    def test_the_forms_of_the_guides(self):
        for language in ("ja", "en"):
            guide = (ROOT / "doc" / language / "guide.md").read_text()
            for number, form in enumerate(re.findall(r"^```html\n(.*?)^```$", guide, re.M | re.S)):
                if "<script>" in form:
                    continue  # leads to no other page
                self.compare(f"{language} {number}", GUIDE_PAGE.format(language, form).encode())


if __name__ == "__main__":
    main()
