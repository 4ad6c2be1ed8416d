"""Scripts of pages: what they may send, and what of the answers they may read, as a browser has it."""
from webdriver import Chromium

from harness import *
from harness.readable import text_of

PATH = "/freecgi/FormMail/index.cgi"
SITE, ALIAS, OTHER, SHARED = "www.customer.example", "customer.example", "www.other.example", "ssl.hoster.example"
PROFILES = {"Contact": {"to": ["info@customer.example"]}}
POST = """const [address, name, options, done] = arguments;
const body = new URLSearchParams([['_profile_', 'Contact'], ['_lang_', 'en'], ['_label_', 'name:Name:required'], ['name', name]]);
fetch(address, {method: 'POST', body, headers: {Accept: 'application/json', ...(options.headers || {})}, ...(options.more || {})})
  .then(async (reply) => done([reply.status, await reply.json()])).catch((error) => done(['no answer', String(error)]));"""
SANDBOXED = """const frame = document.createElement('iframe');
frame.sandbox = 'allow-scripts';
const done = arguments[arguments.length - 1];
window.addEventListener('message', (event) => done(event.data), {once: true});
frame.srcdoc = `<script>const run = (...arguments) => { %s };
  run('${arguments[0]}', '${arguments[1]}', {}, (answer) => parent.postMessage(answer, '*'));</scr` + `ipt>`;
document.body.append(frame);""" % POST.replace("`", "")


class Scripts(ServerTest):
    def setUp(self):
        super().setUp()
        self.sink = self.start(SmtpSink())
        htdocs = self.folder / "htdocs"
        htdocs.mkdir()
        (htdocs / "index.html").write_text("<!DOCTYPE html><title>t</title><p>page")
        self.formmail = FormMail(self.folder, self.sink.port, htdocs, profiles=PROFILES)
        write_site(self.formmail.sites, OTHER, [OTHER], profiles=PROFILES, document_root=htdocs)
        web = self.start(Lighttpd(self.folder, htdocs, self.formmail, tls=make_certificate(self.folder, [SITE, SHARED])))
        hosts = {f"{name}:80": web.port for name in (SITE, ALIAS, OTHER)} | {f"{SHARED}:443": web.tls_port}
        self.browser = self.start(Chromium(self.folder, hosts, languages="en"))

    def fetch(self, page, address, name="Taro", **options):
        self.browser.open(page)
        before = len(self.sink.accepted)
        status, answer = self.browser.run_async(POST, address, name, options)
        return status, answer, len(self.sink.accepted) - before

    def test_a_page_of_the_site(self):
        status, answer, mails = self.fetch(f"http://{SITE}/", PATH)
        self.assertEqual((status, answer["ok"], mails), (200, True, 1))
        self.assertIn(answer["id"], text_of(self.sink.accepted[-1].data))
        status, answer, mails = self.fetch(f"http://{SITE}/", PATH, "")
        self.assertEqual((status, answer["errors"][0]["field"], mails), (422, "name", 0))

    def test_another_host_of_the_site(self):
        for page in (f"http://{ALIAS}/", f"https://{SHARED}/{SITE}/index.html"):
            with self.subTest(page=page):
                address = f"http://{SITE}{PATH}"
                if page.startswith("https"):  # a browser lets no secure page speak to one that isn't
                    page, address = f"http://{SITE}/", f"https://{SHARED}/{SITE}{PATH}"
                status, answer, mails = self.fetch(page, address, page)
                self.assertEqual((status, answer["ok"], mails), (200, True, 1), answer)
                # One that needs leave first: what isn't a form's header.
                status, answer, _ = self.fetch(page, address, f"again {page}", headers={"X-Own": "1"})
                self.assertEqual(status, "no answer", answer)

    def test_other_sites(self):
        for headers in ({}, {"X-Own": "1"}):
            self.assertEqual(self.fetch(f"http://{OTHER}/", f"http://{SITE}{PATH}", headers=headers)[::2], ("no answer", 0))
        # "no-cors" sends it without asking, as a form does.
        self.assertEqual(self.fetch(f"http://{OTHER}/", f"http://{SITE}{PATH}", more={"mode": "no-cors"})[2], 0)

    def test_another_customers_page_on_the_shared_host(self):
        self.assertEqual(self.fetch(f"https://{SHARED}/{SITE}/index.html", f"/{SITE}{PATH}")[::2], (200, 1))
        status, answer, mails = self.fetch(f"https://{SHARED}/{OTHER}/index.html", f"/{SITE}{PATH}", "Jiro")
        self.assertEqual((status, answer["type"], mails), (403, "urn:sekisho:formmail:cross_site", 0))

    def test_a_sandboxed_frame_has_no_origin(self):
        self.browser.open(f"http://{SITE}/")
        status, error = self.browser.run_async(SANDBOXED, f"http://{SITE}{PATH}", "Taro")
        self.assertEqual((status, len(self.sink.accepted)), ("no answer", 0), error)


if __name__ == "__main__":
    main()
