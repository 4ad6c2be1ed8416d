#!/usr/bin/env python3
"""`make demo`: the whole of Sekisho on loopback, with the example customer's site before it.

Starts lighttpd (http, and https as the shared-SSL host), formmail under it, scanrelay and a Maildir; sends the
sample forms; shows the mails that arrive; stays for a browser until Ctrl-C. With --once it ends after the sample
forms, with status 0 only if every one arrived as it should.
"""
import argparse
import os
import pathlib
import shutil
import signal
import socket
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

OWN_HOSTS = ("www.customer.example", "www.customer.localhost")
SHARED_HOSTS = ("ssl.hoster.example", "ssl.hoster.localhost")
PORTS = {"RELAY_PORT": 10025, "HTTP_PORT": 8080, "HTTPS_PORT": 8443}  # each can be set in the environment


class DemoFailed(Exception):
    """One line that says what is wrong."""


def resume_pdf() -> bytes:
    """A small PDF of one empty page."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
               b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"]
    pdf, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(pdf))
        pdf += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(pdf)
    return pdf + b"xref\n0 4\n0000000000 65535 f \n" + table + \
        b"trailer\n<</Size 4/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start


def check_prerequisites(build, ports):
    for program in (build / "formmail", build / "scanrelay"):
        if not program.exists():
            raise DemoFailed(f"{program} is missing: run `make` first")
    for program, package in (("lighttpd", "lighttpd"), ("openssl", "openssl")):
        if not shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin"):
            raise DemoFailed(f"{program} is missing: install the Debian package {package}")
    if not pathlib.Path("/usr/lib/lighttpd/mod_openssl.so").exists():
        raise DemoFailed("lighttpd's TLS module is missing: install the Debian package lighttpd-mod-openssl")
    for name, port in ports.items():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise DemoFailed(f"port {port} of 127.0.0.1 can't be used ({error.strerror}); "
                                 f"choose another: make demo {name}=PORT") from None


def send_form(browser, page, changes, file=None):
    """Opens `page`, fills the form, confirms, sends; the completion page."""
    answer = browser.get(page)
    if answer.status != 200:
        raise DemoFailed(f"{answer.url}: HTTP status {answer.status}")
    form = answer.forms[0]
    fields = [(name, changes.get(name, value)) for name, value in form.fields]
    fields += [(name, value) for name, value in changes.items() if name not in dict(fields)]
    if file:
        fields.append(("resume", file))
    confirmation = browser.post(form.action, fields, multipart=form.enctype.startswith("multipart/"),
                                page=page)
    if confirmation.status != 200 or not confirmation.forms:
        raise DemoFailed(f"{form.action}: no confirmation page, but status {confirmation.status}")
    completion = browser.submit(confirmation)
    if completion.status != 200:
        raise DemoFailed(f"{form.action}: no completion page, but status {completion.status}")
    return completion


def send_samples(own, shared):
    """Yields (what was sent, how the mail that arrives is to be) after each sample form is sent."""
    from harness import File, eicar_zip
    from harness.readable import attachments_of, parse, text_of

    def is_clean(mail, **attached):
        return parse(mail)["X-Virus-Status"] == "clean" and "山田 太郎" in text_of(mail) and \
            attachments_of(mail) == {name.replace("_", "."): content for name, content in attached.items()}

    def has_notice(mail):
        status, text = parse(mail)["X-Virus-Status"], text_of(mail)
        done, japanese = {"cleaned": ("clean", "駆除"), "removed": ("remove", "削除")}.get(status, ("", ""))
        lines = text.split("\n")
        return lines[0] == "[English]" and lines[1].startswith("The virus ") and "eicar" in lines[1].lower() and \
            " had been detected from resume.zip" in lines[1] and \
            lines[2] == f"Executed processing : {done}" and lines[4] == "[Japanese]" and \
            lines[6] == f"実行された処理:{japanese}" and "山田 太郎" in text and \
            not any(b"PK\3\4" in content for content in attachments_of(mail).values())

    person = {"name": "山田 太郎", "email": "taro@visitor.example"}
    for browser, suffix in ((own, ""), (shared, "-ssl")):
        prefix = "/www.customer.example" if suffix else ""
        where = f"{browser.scheme}, {'shared SSL' if suffix else 'own host'}"
        send_form(browser, f"{prefix}/contact{suffix}.html", {**person, "comment": "新茶はいつ出ますか。\r\n楽しみにしています。"})
        yield f"the contact form ({where})", is_clean
        pdf = resume_pdf()
        applicant = {**person, "kana": "ヤマダ タロウ", "tel": "000-0000-0000", "work": "茶摘み", "comment": "茶畑で働きたいです。"}
        send_form(browser, f"{prefix}/recruit{suffix}.html", applicant, File("resume.pdf", pdf, "application/pdf"))
        yield f"the application form with a clean PDF ({where})", lambda mail: is_clean(mail, resume_pdf=pdf)
        send_form(browser, f"{prefix}/recruit{suffix}.html", applicant, File("resume.zip", eicar_zip(), "application/zip"))
        yield f"the application form with the EICAR test virus in a ZIP ({where})", has_notice


def run_demo(build, once, ports, folder, start):
    from harness import Browser, ExampleSite, ServerFailed, wait_for_mail
    from harness.readable import readable
    try:
        site = ExampleSite(start, folder, databases=[], relay_port=ports["RELAY_PORT"], own_hosts=OWN_HOSTS, shared_hosts=SHARED_HOSTS,
                           port=ports["HTTP_PORT"], tls_port=ports["HTTPS_PORT"])
    except ServerFailed as error:
        raise DemoFailed(f"a server did not start: {error}") from None
    own = Browser(site.web.port, OWN_HOSTS[0])
    shared = Browser(site.web.tls_port, SHARED_HOSTS[0], tls=True)
    shown, wrong = 0, []
    for sent, as_it_should in send_samples(own, shared):
        mails = wait_for_mail(site.maildir, shown + 1, 30)
        print(f"\nSent: {sent}. What arrived:\n{readable(mails[shown])}", flush=True)
        if len(mails) != shown + 1 or not as_it_should(mails[shown]):
            wrong.append(sent)
        shown = len(mails)
    if wrong:
        raise DemoFailed("not as it should be: " + "; ".join(wrong))
    print(f"\nAll {shown} mails arrived as they should.")
    if once:
        return
    http, https = ports["HTTP_PORT"], ports["HTTPS_PORT"]
    print(f"""
Open in a browser:
  http://{OWN_HOSTS[1]}:{http}/                                    the customer's site
  https://{SHARED_HOSTS[1]}:{https}/{OWN_HOSTS[0]}/contact-ssl.html     the same form on the shared-SSL host
                                                                       (accept its certificate)
SMTP: 127.0.0.1:{ports['RELAY_PORT']}    Maildir: {site.maildir}
What you send is shown here. Ctrl-C ends all.""", flush=True)
    from harness import read_maildir
    while True:
        time.sleep(0.5)
        for mail in read_maildir(site.maildir)[shown:]:
            shown += 1
            print(f"\n{readable(mail)}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--once", action="store_true")
    options = parser.parse_args()
    build = options.build.resolve()
    os.environ["SEKISHO_BUILD"] = str(build)
    ports = {name: int(os.environ.get(name, port)) for name, port in PORTS.items()}
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started this may have had it ignored
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    servers, folder = [], pathlib.Path(tempfile.mkdtemp(prefix="sekisho-demo-"))

    def start(server):
        servers.append(server)
        return server.start()

    try:
        check_prerequisites(build, ports)
        folder.chmod(0o755)
        run_demo(build, options.once, ports, folder, start)
        return 0
    except KeyboardInterrupt:
        print()
        return 0
    except (DemoFailed, AssertionError) as error:
        for server in servers:
            print(server.log(), file=sys.stderr)
        print(f"demo: {error}", file=sys.stderr)
        return 1
    finally:
        for server in reversed(servers):
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
