"""`ambiguous = "canonicalize"`: what comes out of bent mail is read alike by all, and holds what was scanned."""
import email
import email.policy
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import bent_mails
from harness.process import BUILD
from harness.samples import eicar_signature, zip_of
from harness.testcase import main


class CanonicalMailTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sekisho-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.signature = eicar_signature(self.folder)

    def scan(self, policy, source, target):
        """{file name: its report}"""
        config = self.folder / f"{policy}.toml"
        config.write_text(f'[scanner]\nambiguous = "{policy}"\ndatabases = ["{self.signature}"]\n')
        target.mkdir()
        run = subprocess.run([BUILD / "scanrelay", "scan", "--config", config, "--batch", source, "--output", target],
                             capture_output=True, timeout=300)
        self.assertEqual(run.returncode, 0, run.stdout.decode() + run.stderr.decode())
        return {pathlib.Path(report["file"]).name: report for report in map(json.loads, run.stdout.splitlines())}

    def test_no_reader_is_in_doubt_about_what_comes_out(self):
        source, plain, again = self.folder / "in", self.folder / "plain", self.folder / "again"
        source.mkdir()
        archive = zip_of({"clean.txt": b"nothing here"})
        mails = {f"{number:04}": mail for number, mail in enumerate(bent_mails.mails(archive, 3))}
        for key, (_, _, message) in mails.items():
            (source / key).write_bytes(message)
        self.scan("canonicalize", source, plain)
        for key, report in self.scan("reject", plain, again).items():
            name, valid, message = mails[key]
            with self.subTest(name):
                self.assertEqual(report["verdict"], "clean", report)
                result = (plain / key).read_bytes()
                if result.endswith(message):
                    continue  # nothing about it was ambiguous
                parsed = email.message_from_bytes(result, policy=email.policy.default)
                self.assertEqual([part.defects for part in parsed.walk() if part.defects], [])
                if valid:
                    self.assertIn(archive, [part.get_payload(decode=True) for part in parsed.walk() if not part.is_multipart()])


if __name__ == "__main__":
    main()
