"""scanrelay's commands without a server: scan, check-config, --version; exit statuses and what they print."""
import json

from harness import *

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
        self.assertIn(b"No space left", done.stderr)

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

    def test_the_installed_templates_may_be_named_where_they_are_not_installed(self):
        config = self.folder / "x.toml"
        config.write_text('[notice]\ntemplates = "/usr/share/sekisho/templates/notice"\n')
        self.assertEqual(run([SCANRELAY, "check-config", config]).returncode, 0)

    def test_a_configuration_that_is_not_there(self):
        self.assertEqual(self.fails("check-config", "none.toml"), "none.toml: No such file or directory\n")

    def test_usage(self):
        for arguments in ([], ["frobnicate"], ["scan"], ["scan", "--frob", "-"], ["serve", "--workers", "many"],
                          ["serve", "--listen", "25"], ["serve", "--next-hop", "ftp://x"]):
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
