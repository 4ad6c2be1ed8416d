"""Nothing hides in bent MIME: every mail of bent_mails.py, through `scanrelay scan`, loses its zip, and what comes out is clean."""
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import bent_mails
from harness.process import BUILD
from harness.samples import eicar_signature, eicar_zip
from harness.testcase import main


class BentMimeTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sekisho-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.signature = eicar_signature(self.folder)

    def scan(self, source, target=None):
        """{file name: its report}"""
        output = [] if target is None else ["--output", target]
        run = subprocess.run([BUILD / "scanrelay", "scan", "--database", self.signature, "--batch", source, *output], capture_output=True, timeout=300)
        self.assertEqual(run.returncode, 0, run.stderr.decode())
        reports = [json.loads(line) for line in run.stdout.splitlines()]
        return {pathlib.Path(report["file"]).name: report for report in reports}

    def check_seed(self, seed):
        mails, results = self.folder / f"in{seed}", self.folder / f"out{seed}"
        mails.mkdir()
        results.mkdir()
        names = {}
        for number, (name, valid, message) in enumerate(bent_mails.mails(eicar_zip(), seed)):
            names[f"{number:04}"] = f"{name}{' (valid)' if valid else ''}"
            (mails / f"{number:04}").write_bytes(message)
        reports = self.scan(mails, results)
        self.assertEqual(len(reports), len(names))
        self.assertEqual({names[key]: report["verdict"] for key, report in reports.items() if report["verdict"] != "removed"}, {})
        # Of mail that follows the rules nothing but the file may go, and the file is named once.
        for key, report in reports.items():
            if names[key].endswith("(valid)"):
                self.assertEqual(len(report["findings"]), 1, names[key])
                self.assertNotEqual(report["findings"][0]["file"], "(message body)", names[key])
        again = self.scan(results)
        self.assertEqual({names[key]: report["verdict"] for key, report in again.items() if report["verdict"] not in ("clean", "unscannable")}, {})

    def test_no_class_hides_the_zip(self):
        self.check_seed(1)

    def test_nor_with_another_seed(self):
        self.check_seed(2)


if __name__ == "__main__":
    main()
