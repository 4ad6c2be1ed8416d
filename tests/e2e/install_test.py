"""INSTALL's own configuration: each file in it is taken from the text, run by the server it is for, and used."""
import functools
import os
import re
import shutil
import smtplib

from harness import *
from harness.example_site import HTDOCS, PROFILES
from harness.readable import attachments_of, parse, text_of

FORM = "/freecgi/FormMail/index.cgi"
FIELDS = [("_profile_", "Contact"), ("_label_", "name:お名前:required"), ("name", "太郎"), ("_comp_title_", "送信しました")]


@functools.cache
def files():
    """Path -> text of each file in INSTALL: indented blocks that begin with "# /path"."""
    found, current = {}, None
    for line in (ROOT / "INSTALL").read_text().splitlines():
        if match := re.fullmatch(r"    # (/\S+)", line):
            current = found.setdefault(match[1], [])
        elif current is not None and (line.startswith("    ") or line == ""):
            if line == "":
                current = None
            else:
                current.append(line[4:])
        else:
            current = None
    return {path: "\n".join(lines) + "\n" for path, lines in found.items()}


class InstallTest(ServerTest):
    def place(self, path, replacements):
        """Writes the file of INSTALL below the test's folder, with this machine's ports and paths in it."""
        text = files()[path]
        for old, new in replacements.items():
            self.assertIn(old, text, f"{path} has no {old}")
            text = text.replace(old, str(new))
        file = self.folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file


class WebServers(InstallTest):
    def setUp(self):
        super().setUp()
        self.sink = self.start(SmtpSink())
        self.tls = make_certificate(self.folder, ["ssl.hoster.example"])
        self.port, self.tls_port = free_port(), free_port()
        # www-data may not see the folder that holds the sources.
        self.htdocs = shutil.copytree(HTDOCS, self.folder / "htdocs")
        self.place("/etc/sekisho/sites/www.customer.example.toml", {"/home/customer/htdocs": self.htdocs})
        outbox = self.folder / "outbox"
        outbox.mkdir()
        outbox.chmod(0o777)
        self.config = self.place("/etc/sekisho/formmail.toml", {
            "127.0.0.1:10025": f"127.0.0.1:{self.sink.port}", "/var/spool/sekisho/formmail": outbox})
        self.socket = self.folder / "socket"
        self.formmail = FormMail(self.folder / "etc", 1)
        self.formmail.arguments = [str(self.formmail.binary), "serve", "--listen", f"unix:{self.socket}", "--config",
                                   str(self.config)]
        self.formmail.ready_path = self.socket

    def serve(self, name, arguments):
        self.start(self.formmail)
        self.socket.chmod(0o666)
        self.start(Server(name, arguments, self.folder / f"{name}.log", ready_port=self.port, cwd=self.folder))

    def both_hosts_answer(self):
        own, shared = Browser(self.port), Browser(self.tls_port, "ssl.hoster.example", tls=True)
        self.assertIn("送信しました", own.post(FORM, FIELDS).text)
        self.assertIn("送信しました", shared.post("/www.customer.example" + FORM, FIELDS).text)
        self.assertEqual(len(self.sink.accepted), 2)
        style = (HTDOCS / "style.css").read_bytes()
        self.assertEqual(own.get("/style.css").body, style)
        self.assertEqual(shared.get("/www.customer.example/style.css").body, style)
        big = own.post(FORM, FIELDS + [("_label_", "f:F:file"), ("f", File("a", b"x" * 10485760))])
        self.assertEqual(big.status, 413)
        self.assertIn('lang="', big.text)  # formmail's own page, not the web server's

    def test_nginx(self):
        snippet = self.place("/etc/nginx/snippets/formmail.conf", {
            "/run/formmail/socket": self.socket, "include fastcgi_params": "include /etc/nginx/fastcgi_params"})
        own = self.place("/etc/nginx/sites-enabled/www.customer.example", {
            "listen 80": f"listen {self.port}", "/home/customer/htdocs": self.htdocs, "snippets/formmail.conf": snippet})
        shared = self.place("/etc/nginx/sites-enabled/ssl.hoster.example", {
            "listen 443": f"listen {self.tls_port}", "/home/customer/htdocs": self.htdocs, "snippets/formmail.conf": snippet,
            "/etc/ssl/certs/ssl.hoster.example.pem": self.tls[0], "/etc/ssl/private/ssl.hoster.example.key": self.tls[1]})
        temporary = "".join(f"{kind}_temp_path {self.folder}/{kind}; "
                            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = self.folder / "nginx.conf"
        config.write_text(f"daemon off; worker_processes 1; user root; pid {self.folder}/pid; error_log stderr;\n"
                          f"events {{}}\nhttp {{ {temporary} access_log off; include {own}; include {shared}; }}\n")
        self.serve("nginx", ["/usr/sbin/nginx", "-p", self.folder, "-c", config, "-e", self.folder / "error.log"])
        self.both_hosts_answer()

    def test_lighttpd(self):
        part = self.place("/etc/lighttpd/conf-enabled/50-formmail.conf", {
            "/run/formmail/socket": self.socket, "/home/customer/htdocs": self.htdocs, ":443": f"127.0.0.1:{self.tls_port}",
            "/etc/ssl/certs/ssl.hoster.example.pem": self.tls[0], "/etc/ssl/private/ssl.hoster.example.key": self.tls[1]})
        config = self.folder / "lighttpd.conf"
        config.write_text(f'server.modules = ()\nserver.document-root = "{self.folder}"\nserver.bind = "127.0.0.1"\n'
                          f'server.port = {self.port}\nserver.upload-dirs = ("{self.folder}")\n'
                          f'mimetype.assign = (".css" => "text/css")\ninclude "{part}"\n')
        self.serve("lighttpd", ["/usr/sbin/lighttpd", "-D", "-f", config])
        self.both_hosts_answer()

    def apache(self, program, modules):
        sites = self.place("/etc/apache2/sites-enabled/customers.conf", {
            "*:80": f"*:{self.port}", "*:443": f"*:{self.tls_port}", "/home/customer/htdocs": self.htdocs,
            "/etc/ssl/certs/ssl.hoster.example.pem": self.tls[0], "/etc/ssl/private/ssl.hoster.example.key": self.tls[1]})
        names = ["mpm_event", "authz_core", "mime", "dir", "alias", "env", "ssl", "socache_shmcb", *modules]
        loads = "\n".join(f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so" for name in names)
        config = self.folder / "apache2.conf"
        config.write_text(f"{loads}\nServerRoot {self.folder}\nServerName localhost\nPidFile {self.folder}/pid\n"
                          f"DefaultRuntimeDir {self.folder}\nErrorLog /dev/stderr\nUser www-data\nGroup www-data\n"
                          f"Listen 127.0.0.1:{self.port}\nListen 127.0.0.1:{self.tls_port}\nStartServers 1\n"
                          f"TypesConfig /etc/mime.types\nInclude {program}\nInclude {sites}\n")
        self.serve("apache2", ["/usr/sbin/apache2", "-D", "FOREGROUND", "-f", config])
        self.both_hosts_answer()

    def test_apache(self):
        self.apache(self.place("/etc/apache2/conf-enabled/formmail.conf", {"/run/formmail/socket": self.socket}),
                    ["proxy", "proxy_fcgi"])

    def own_binary(self):
        """formmail where www-data can reach it."""
        binary = self.folder / "bin" / "formmail"
        binary.parent.mkdir()
        binary.write_bytes(self.formmail.binary.read_bytes())
        binary.chmod(0o755)
        return binary

    def test_apache_fcgid(self):
        binary = self.own_binary()
        self.apache(self.place("/etc/apache2/conf-enabled/formmail-fcgid.conf", {
            "/etc/sekisho/formmail.toml": self.config, "/usr/bin": binary.parent}), ["fcgid"])

    def test_apache_cgi(self):
        binary = self.own_binary()
        self.apache(self.place("/etc/apache2/conf-enabled/formmail-cgi.conf", {
            "/etc/sekisho/formmail.toml": self.config, "/usr/bin": binary.parent}), ["cgid"])
        if os.getuid() != 0:
            return
        # What waits is sent by the timer's unit, as the user that the unit names.
        unit = dict(re.findall(r"^(\w+)=(.*)$", (ROOT / "systemd/formmail-flush.service").read_text(), re.M))
        flush = ["setpriv", "--reuid", unit["User"], "--regid", unit["Group"], "--clear-groups", binary, "flush",
                 "--config", self.config]
        self.sink.stop()
        self.assertIn("送信しました", Browser(self.port).post(FORM, FIELDS).text)
        self.assertEqual(run(flush).returncode, 75)
        self.sink.start()
        done = run(flush)
        self.assertEqual((done.returncode, len(self.sink.accepted)), (0, 3), done.stderr)


class MailServers(InstallTest):
    def setUp(self):
        super().setUp()
        self.outer, self.inner, self.middle = free_port(), free_port(), free_port()
        config = self.place("/etc/sekisho/scanrelay.toml", {
            "127.0.0.1:10025": f"127.0.0.1:{self.middle}", "127.0.0.1:10026": f"127.0.0.1:{self.inner}"})
        self.assertEqual(run([BUILD / "scanrelay", "check-config", config]).returncode, 0)
        relay = Scanrelay(self.folder, port=self.middle)
        relay.arguments = [str(BUILD / "scanrelay"), "serve", "--config", str(config), "--database",
                           str(eicar_signature(self.folder)), "--workers", "1"]
        self.start(relay)

    def postfix(self, change=lambda text: text):
        """Postfix with the two services of INSTALL's master.cf, its front on self.outer."""
        text = change(files()["/etc/postfix/master.cf"])
        for old, new in {"127.0.0.1:10025": f"127.0.0.1:{self.middle}", "127.0.0.1:10026": f"127.0.0.1:{self.inner}",
                         "smtp      inet": f"127.0.0.1:{self.outer} inet"}.items():
            self.assertIn(old, text.replace("[127.0.0.1]:10025", "127.0.0.1:10025"))
            text = text.replace(old, new).replace("[127.0.0.1]:10025", f"[127.0.0.1]:{self.middle}")
        main = dict(re.findall(r"^(\w+) = (.*)$", files()["/etc/postfix/main.cf"], re.M))
        postfix = self.start(Postfix(self.folder, main=main, master=text))
        self.assertEqual(run(["/usr/sbin/postfix", "-c", postfix.config, "check"]).returncode, 0)
        return postfix

    def send(self, mail):
        with smtplib.SMTP("127.0.0.1", self.outer, timeout=60) as client:
            return client.sendmail("a@sender.example", ["info@customer.example"], mail)

    def passes_clean_and_infected_mail(self, postfix):
        self.send(mail_with({"a.bin": b"harmless"}))
        self.send(mail_with({"setup.zip": eicar_zip()}))
        mails = wait_for_mail(postfix.maildir, 2, 30)
        by_status = {parse(mail)["X-Virus-Status"]: mail for mail in mails}
        self.assertEqual(len(by_status), 2, by_status)
        self.assertIn("clean", by_status)
        infected, = [mail for status, mail in by_status.items() if status != "clean"]
        self.assertTrue(text_of(infected).startswith("[English]\nThe virus "), infected)

    def test_before_the_queue(self):
        postfix = self.postfix()
        self.passes_clean_and_infected_mail(postfix)
        self.assertTrue(postfix.queue_is_empty())

    def test_ten_megabytes_from_outside_pass_and_more_are_refused(self):
        postfix = self.postfix()
        mail = mail_with(text="x\n")
        line = b"x" * 76 + b"\r\n"
        mail += line * ((10485760 - len(mail) - 500) // len(line))
        self.send(mail)
        self.assertEqual(len(wait_for_mail(postfix.maildir, 1, 60)), 1)
        with self.assertRaises(smtplib.SMTPException):
            self.send(mail + line * 20)

    def test_a_form_with_all_the_files_that_it_may_have_arrives(self):
        postfix = self.postfix()
        (self.folder / "form").mkdir()
        formmail = FormMail(self.folder / "form", self.middle)
        web = Cgi(formmail)
        fields = [("_profile_", "Contact"), ("_label_", "f:F:file"), ("_label_", "g:G:file")]
        files = [(name, File(f"{name}.bin", os.urandom(5_240_000))) for name in "fg"]
        answer = web.post(FORM, fields + files)
        self.assertEqual(answer.status, 200, answer.text)
        mail, = wait_for_mail(postfix.maildir, 1, 60)
        self.assertEqual(attachments_of(mail), {f"{name}.bin": file.content for name, file in files})

    def test_after_the_queue(self):
        def content_filter(text):
            text = text.replace("  -o smtpd_proxy_filter=127.0.0.1:10025\n",
                                "  -o content_filter=smtp:[127.0.0.1]:10025\n"
                                "  -o receive_override_options=no_address_mappings\n")
            return text + "  -o content_filter=\n"
        self.passes_clean_and_infected_mail(self.postfix(content_filter))


class Installed(InstallTest):
    def test_make_install_puts_everything_where_install_says(self):
        root = self.folder / "root"
        # As make check names it: a dependency file knows its object by the path it was built under.
        make = ["make", "-s", "-C", ROOT, f"BUILD={os.path.relpath(BUILD, ROOT)}", f"DESTDIR={root}"]
        self.assertEqual(run([*make, "-q", "all"]).returncode, 0, "the build is not up to date: run make first")
        made = run([*make, "install"], seconds=300)
        self.assertEqual(made.returncode, 0, made.stderr.decode())
        for path in ("usr/bin/formmail", "usr/sbin/scanrelay", "usr/share/sekisho/templates/notice/clean.txt",
                     "usr/lib/systemd/system/scanrelay.service", "usr/lib/systemd/system/formmail.service",
                     "usr/lib/systemd/system/formmail.socket",
                     "usr/lib/sysusers.d/sekisho.conf", "usr/lib/tmpfiles.d/sekisho.conf", "etc/sekisho/formmail.toml",
                     "etc/sekisho/scanrelay.toml"):
            self.assertTrue((root / path).is_file(), path)
        self.assertEqual(run([root / "usr/sbin/scanrelay", "check-config", root / "etc/sekisho/scanrelay.toml"]).returncode, 0)
        (root / "etc/sekisho/formmail.toml").write_text("# mine\n")
        run([*make, "install"], seconds=300)
        self.assertEqual((root / "etc/sekisho/formmail.toml").read_text(), "# mine\n")

    def test_the_example_sites_ssl_pages_are_what_rewrite_makes_of_the_others(self):
        config = FormMail(self.folder, free_port(), HTDOCS).config
        for page in ("contact", "recruit"):
            made = run([BUILD / "formmail", "rewrite", HTDOCS / f"{page}.html", "--site", "www.customer.example",
                        "--config", config])
            self.assertEqual(made.returncode, 0, made.stderr.decode())
            self.assertEqual(made.stdout, (HTDOCS / f"{page}-ssl.html").read_bytes())

    def test_check_finds_nothing_wrong_with_the_example_site(self):
        config = FormMail(self.folder, free_port(), HTDOCS, profiles=PROFILES).config
        for page in sorted(HTDOCS.glob("*.html")):
            if "-ssl" in page.name or page.name == "index.html":
                continue
            checked = run([BUILD / "formmail", "check", page, "--site", "www.customer.example", "--config", config])
            self.assertEqual(checked.returncode, 0, f"{page.name}: {checked.stdout.decode()}{checked.stderr.decode()}")

    def test_readme_shows_the_notice_as_it_is(self):
        template = (ROOT / "templates/notice/remove.txt").read_text()
        filled = template.replace("{{virus}}", "Win.Test.EICAR_HDB-1").replace("{{file}}", "setup.exe")
        for readme in ("README.md", "README.ja.md"):
            text = re.sub(r"^    ", "", (ROOT / readme).read_text(), flags=re.M)
            self.assertIn(filled, text, readme)


if __name__ == "__main__":
    main()
