"""scanrelay's commands without a server: scan, check-config, --version; exit statuses and what they print."""
import email
import json
import os
import pathlib
import signal
import subprocess

from harness import *
from harness.relay_processes import child

SCANRELAY = BUILD / "scanrelay"


class Scan(ServerTest):
    def scan(self, message, *arguments):
        """(exit status, standard output, last line of standard error as JSON)"""
        done = run([SCANRELAY, "scan", "--database", eicar_signature(self.folder), "--json", *arguments, "-"],
                   input=message)
        report = done.stderr.decode().strip().splitlines()[-1:]
        return done.returncode, done.stdout, json.loads(report[0]) if report else None

    def test_clean_mail_keeps_every_byte(self):
        message = mail_with({"a.bin": bytes(range(256))})
        status, out, report = self.scan(message)
        self.assertEqual(status, 0)
        self.assertTrue(out.endswith(message))
        head = out[:-len(message)].split(b"\r\n")
        self.assertRegex(head[0].decode(), r"^X-Virus-Scanned: scanrelay \S+ \(ClamAV \d+\.\d+\.\d+/\d+\)$")
        self.assertEqual(head[1:], [b"X-Virus-Status: clean", b""])
        self.assertEqual((report["status"], report["verdict"], report["findings"]), (0, "clean", []))
        self.assertRegex(report["engine"], r"^\d+\.\d+\.\d+/\d+$")
        self.assertIn({"path": "2", "type": "application/octet-stream", "name": "a.bin", "size": 256}, report["parts"])

    def test_default_folder_of_templates_need_not_be_installed(self):
        config = self.folder / "scanrelay.toml"
        config.write_text('[notice]\ntemplates = "/usr/share/sekisho/templates/notice"\n')
        status, out, _ = self.scan(mail_with({"x.com": eicar()}, text="hello\n"), "--config", config)
        self.assertEqual(status, 1)
        self.assertIn(b"had been detected from x.com.", out)
        config.write_text('[notice]\ntemplates = "none"\n')
        self.assertEqual(run([SCANRELAY, "scan", "--config", config, "-"], input=mail_with()).returncode, 2)

    def test_line_ends_of_the_input_stay(self):
        message = mail_with({"x.zip": eicar_zip()}).replace(b"\r\n", b"\n")
        status, out, _ = self.scan(message)
        self.assertEqual(status, 1)
        self.assertNotIn(b"\r", out)

    def test_infected_file_is_reported_and_gone(self):
        status, out, report = self.scan(mail_with({"x.zip": eicar_zip(), "y.txt": b"kept"}))
        self.assertEqual(status, 1)
        self.assertNotIn(b'filename="x.zip"', out)
        self.assertIn(b'filename="y.txt"', out)
        self.assertEqual(report["findings"], [{"virus": "Eicar-Signature.UNOFFICIAL", "file": "x.zip", "action": "remove"}])

    def test_without_json_a_line_for_each_finding(self):
        file = self.folder / "m.eml"
        file.write_bytes(mail_with({"a b.com": eicar(), "c.com": eicar()}))
        done = run([SCANRELAY, "scan", "--database", eicar_signature(self.folder), file])
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr.decode().splitlines(),
                         ['virus=Eicar-Signature.UNOFFICIAL file="a b.com" action=remove',
                          "virus=Eicar-Signature.UNOFFICIAL file=c.com action=remove"])

    def test_folder_of_messages(self):
        mails, results = self.folder / "in", self.folder / "out"
        (mails / "deep").mkdir(parents=True)
        for number in range(20):
            attachments = {"e.com": eicar()} if number % 4 == 0 else {"t.bin": bytes([number]) * 1000}
            (mails / f"{number}.eml").write_bytes(mail_with(attachments))
        (mails / "deep" / "x.eml").write_bytes(mail_with())
        done = run([SCANRELAY, "scan", "--database", eicar_signature(self.folder), "--batch", mails, "--output", results])
        self.assertEqual(done.returncode, 0)
        reports = {report["file"]: report["verdict"] for report in map(json.loads, done.stdout.splitlines())}
        self.assertEqual(reports, {"deep/x.eml": "clean",
                                   **{f"{n}.eml": "removed" if n % 4 == 0 else "clean" for n in range(20)}})
        for name in reports:
            self.assertTrue((results / name).read_bytes().startswith(b"X-Virus-Scanned: "), name)

    def batch(self, *arguments, **redirected):
        done = subprocess.run([SCANRELAY, "scan", "--database", eicar_signature(self.folder), "--batch", *arguments],
                              stderr=subprocess.PIPE, timeout=60, **{"stdout": subprocess.PIPE, **redirected})
        lines = [json.loads(line) for line in (done.stdout or b"").splitlines()]
        return done, {line["file"]: line for line in lines}

    def test_file_of_a_folder_that_fails_holds_up_no_other(self):
        mails, results = self.folder / "in", self.folder / "out"
        mails.mkdir()
        (results / "taken.eml" / "by a folder").mkdir(parents=True)
        for name in ("a.eml", "taken.eml", "z.eml"):
            (mails / name).write_bytes(mail_with())
        (mails / "unreadable.eml").symlink_to("/proc/self/mem")
        done, lines = self.batch(mails, "--output", results)
        self.assertEqual(done.returncode, 75, done.stderr)
        self.assertEqual({name: line["status"] for name, line in lines.items()},
                         {"a.eml": 0, "taken.eml": 75, "unreadable.eml": 75, "z.eml": 0})
        self.assertIn("Is a directory", lines["taken.eml"]["reason"])
        self.assertEqual(sorted(each.name for each in results.iterdir()), ["a.eml", "taken.eml", "z.eml"])

    def test_folders_of_a_folder_of_messages(self):
        mails, results = self.folder / "in", self.folder / "out" / "deep"
        mails.mkdir()
        self.assertEqual(self.batch(mails, "--output", results)[0].returncode, 0)
        self.assertTrue(results.is_dir(), "also where there was no message")
        (mails / "a.eml").write_bytes(mail_with())
        (self.folder / "file").touch()
        for output in (mails, mails / ".", self.folder / "file"):
            self.assertEqual(self.batch(mails, "--output", output)[0].returncode, 2, output)
        self.assertEqual((mails / "a.eml").read_bytes(), mail_with())

    def test_report_that_nobody_gets_is_a_temporary_failure(self):
        mails = self.folder / "in"
        mails.mkdir()
        (mails / "a.eml").write_bytes(mail_with())
        with open("/dev/full", "wb") as full:
            self.assertEqual(self.batch(mails, stdout=full)[0].returncode, 75)
            self.assertEqual(subprocess.run([SCANRELAY, "--version"], stdout=full, stderr=subprocess.DEVNULL).returncode, 75)

    def test_standard_output_that_takes_nothing_is_a_temporary_failure(self):
        for redirection, reason in ((">/dev/full", "No space left"), (">&-", "Bad file descriptor"),
                                    ("| sleep 0; exit ${PIPESTATUS[0]}", "Broken pipe")):
            with self.subTest(redirection):
                done = run(["bash", "-c", f'"$@" {redirection}', "-", SCANRELAY, "scan", "--database",
                            eicar_signature(self.folder), "--json", "-"], input=mail_with({"big": os.urandom(1 << 20)}))
                report = json.loads(done.stderr)
                self.assertEqual((done.returncode, report["status"], report["verdict"]), (75, 75, "error"))
                self.assertIn(reason, report["reason"])

    def test_standard_input_that_is_closed_is_no_empty_message(self):
        done = run(["bash", "-c", '"$@" <&-', "-", SCANRELAY, "scan", "--database", eicar_signature(self.folder), "-"])
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertIn(b"standard input: Bad file descriptor", done.stderr)

    def test_a_signal_ends_it_and_leaves_nothing(self):
        temporary = self.folder / "tmp"
        temporary.mkdir()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            scan = subprocess.Popen([SCANRELAY, "scan", "--database", eicar_signature(self.folder), "-"],
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                    env={**os.environ, "TMPDIR": str(temporary)},
                                    # who runs the tests may have it ignored
                                    preexec_fn=lambda number=number: signal.signal(number, signal.SIG_DFL))
            scan.stdin.write(mail_with(slow_attachments()))
            scan.stdin.close()
            engine = child(scan.pid, "sr-engine")
            scan.send_signal(number)
            with scan:
                self.assertEqual((scan.wait(60), scan.stdout.read(), scan.stderr.read()), (-number, b"", b""))
            self.assertEqual(list(temporary.iterdir()), [])
            self.assertFalse(pathlib.Path(f"/proc/{engine}").exists())

    def test_signatures_that_nobody_named_are_told(self):
        plain = run([SCANRELAY, "scan", "-"], input=mail_with())
        told = json.loads(run([SCANRELAY, "scan", "--json", "-"], input=mail_with()).stderr)["signatures"]
        self.assertEqual(len(told), 1)
        self.assertRegex(plain.stderr.decode(), rf'^signatures=(system|"built-in test set") path={told[0]}\n$')

    def test_no_temporary_files_are_left(self):
        temporary = self.folder / "tmp"
        temporary.mkdir()
        run([SCANRELAY, "scan", "--database", eicar_signature(self.folder), "-"], input=mail_with({"x.zip": eicar_zip()}),
            env={"TMPDIR": str(temporary)})
        self.assertEqual(list(temporary.iterdir()), [])

    def test_scan_past_its_time_is_a_temporary_failure(self):
        config = self.folder / "scanrelay.toml"
        config.write_text("[scanner]\ntimeout_seconds = 1\n")
        status, out, report = self.scan(mail_with(slow_attachments()), "--config", config)
        self.assertEqual((status, out), (75, b""))
        self.assertEqual((report["verdict"], report["reason"]), ("error", "worker: time-out"))

    def test_no_room_to_begin_with_is_a_temporary_failure(self):
        done = run(["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=4k,nr_inodes=1 none "$0" && '
                    'exec env TMPDIR="$0" "$@"', self.folder, SCANRELAY, "scan", "--json", "-"], input=mail_with())
        if b"unshare" in done.stderr or b"mount:" in done.stderr:
            self.skipTest("no right to mount")
        self.assertEqual((done.returncode, done.stdout), (75, b""), done.stderr)
        report = json.loads(done.stderr)
        self.assertEqual((report["status"], report["verdict"]), (75, "error"))
        self.assertIn("No space left", report["reason"])

    def test_read_only_temporary_folder_is_a_temporary_failure(self):
        done = run(["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o ro none "$0" && exec env TMPDIR="$0" "$@"',
                    self.folder, SCANRELAY, "scan", "-"], input=mail_with())
        if b"unshare" in done.stderr or b"mount:" in done.stderr:
            self.skipTest("no right to mount")
        self.assertEqual((done.returncode, done.stdout), (75, b""), done.stderr)

    def test_temporary_folder_that_is_none_is_a_mistake(self):
        done = run([SCANRELAY, "scan", "-"], input=mail_with(), env={"TMPDIR": str(self.folder / "none")})
        self.assertEqual((done.returncode, done.stdout), (2, b""), done.stderr)

    def test_full_temporary_folder_is_a_temporary_failure(self):
        done = run(["unshare", "--mount", "sh", "-c",
                    'mount -t tmpfs -o size=64k none "$0" && exec env TMPDIR="$0" "$@"', self.folder, SCANRELAY, "scan",
                    "--json", "-"], input=mail_with({"x.zip": zip_of({"big": b"0123456789" * 100_000})}))
        if b"unshare" in done.stderr or b"mount:" in done.stderr:
            self.skipTest("no right to mount")
        self.assertEqual((done.returncode, done.stdout), (75, b""), done.stderr)
        self.assertRegex(json.loads(done.stderr)["reason"], "^libclamav: ")


class Mistakes(ServerTest):
    def fails(self, *arguments, input=b""):
        done = run([SCANRELAY, *arguments], input=input, cwd=self.folder)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        return done.stderr.decode()

    def test_configuration(self):
        config = self.folder / "x.toml"
        self.assertEqual(self.fails("check-config", self.folder), f"{self.folder}: Is a directory\n")
        config.write_text("[smtp]\n\nlisen = []\n")
        for command in (["check-config", config], ["serve", "--config", config], ["scan", "--config", config, "-"]):
            error = self.fails(*command)
            self.assertEqual(error, f'{config}:3: unknown key "lisen" in [smtp]; did you mean "listen"?\n')

    def test_good_configuration(self):
        config = self.folder / "x.toml"
        config.write_text("[scanner]\nworkers = 3\n")
        self.assertEqual(run([SCANRELAY, "check-config", config]).returncode, 0)

    def test_what_a_configuration_names_has_to_be_there(self):
        config = self.folder / "x.toml"
        for text, message in (
                ('[smtp]\ntls_certificate = "none.pem"\ntls_key = "none.key"\n', "No such file or directory"),
                ('[notice]\ntemplates = "none"\n', f"notice.templates: can't read {self.folder}/none/clean.txt"),
                ('[scanner]\ndatabases = ["none"]\n', f"signatures: {self.folder}/none does not exist"),
                ('[process]\nuser = "nobody-of-that-name"\n', "process.user: there is no user nobody-of-that-name"),
                ('[quarantine]\ndirectory = "none/below"\n', f"quarantine.directory: there is no folder {self.folder}/none")):
            config.write_text(text)
            error = self.fails("check-config", config)
            self.assertTrue(error.startswith(f"scanrelay: {config}: "), error)
            self.assertIn(message, error)
        self.assertEqual(list(self.folder.iterdir()), [config])

    def test_a_template_that_would_make_no_readable_notice_is_refused(self):
        config, folder = self.folder / "x.toml", self.folder / "notice"
        folder.mkdir()
        config.write_text('[notice]\ntemplates = "notice"\n')
        (folder / "clean.txt").write_text("{{virus}} {{file}}\n")
        for text, message in (("ウイルス {{virus}}\n".encode("cp932"), "is not UTF-8"), (b"a\0b", "holds a control character"), (b"\x1b[1m", "holds a control character"),
                              (b"{{#file}}", "is no template: Unclosed section"), (b"\r\n", "is empty")):
            (folder / "remove.txt").write_bytes(text)
            for command in (["check-config", config], ["scan", "--config", config, config]):
                self.assertIn(f"notice.templates: {folder}/remove.txt {message}", self.fails(*command))

    def test_a_template_as_an_editor_on_windows_saves_it(self):
        folder = self.folder / "notice"
        folder.mkdir()
        for name in ("clean.txt", "remove.txt"):
            (folder / name).write_bytes("\ufeff<{{virus}}>\r\nウイルス {{file}}\r\n\r\n".encode())
        config = self.folder / "x.toml"
        config.write_text('[notice]\ntemplates = "notice"\n')
        message = mail_with({"a.zip": eicar_zip()})
        for line_end in (b"\r\n", b"\n"):
            result = run([SCANRELAY, "scan", "--config", config, "--database", eicar_signature(self.folder), "-"], input=message.replace(b"\r\n", line_end))
            self.assertEqual(result.returncode, 1)
            part = next(p for p in email.message_from_bytes(result.stdout).walk() if p.get_content_type() == "text/plain")
            lines = part.get_payload(decode=True).split(line_end)
            self.assertEqual(lines[:3], [b"<Eicar-Signature.UNOFFICIAL>", "ウイルス a.zip".encode(), b""])
            self.assertNotIn(b"\r", result.stdout.replace(line_end, b""))

    def test_the_installed_templates_may_be_named_where_they_are_not_installed(self):
        config = self.folder / "x.toml"
        config.write_text('[notice]\ntemplates = "/usr/share/sekisho/templates/notice"\n')
        self.assertEqual(run([SCANRELAY, "check-config", config]).returncode, 0)

    def test_a_configuration_that_is_not_there(self):
        self.assertEqual(self.fails("check-config", "none.toml"), "none.toml: No such file or directory\n")

    def test_usage(self):
        for arguments in ([], ["frobnicate"], ["scan"], ["scan", "--frob", "-"], ["serve", "--workers", "many"],
                          ["serve", "--listen", "25"], ["serve", "--next-hop", "ftp://x"],
                          ["serve", "--next-hop", ""], ["serve", "--config", ""], ["scan", "--database", "", "-"],
                          ["scan", "--config", "", "-"], ["scan", "--batch", ""], ["scan", "--batch", ".", "--output", ""],
                          ["scan", "--batch", ".", "-"], ["scan", "--output", ".", "-"]):
            self.assertTrue(self.fails(*arguments), arguments)

    def test_unreadable_message(self):
        self.assertIn("/nonexistent: No such file", self.fails("scan", "/nonexistent"))
        self.assertIn("Is a directory", self.fails("scan", self.folder))

    def test_signatures(self):
        empty = self.folder / "empty"
        empty.mkdir()
        self.assertIn(f"no signature file in {empty}", self.fails("scan", "--database", empty, "-"))
        self.assertIn("does not exist", self.fails("scan", "--database", self.folder / "no", "-"))
        broken = self.folder / "broken.ndb"
        broken.write_text("not a signature\n")
        self.assertIn("Malformed database", self.fails("scan", "--database", broken, "-"))

    def test_version(self):
        done = run([SCANRELAY, "--version"])
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout.decode(), r"^scanrelay \d+\.\d+\.\d+\n$")


if __name__ == "__main__":
    main()
