"""Clean mail passes byte for byte, however it is written: well-formed, legacy, malformed, huge."""
import base64
import bz2
import gzip
import json
import lzma
import pathlib
import random
import shutil
import subprocess
import tempfile
import unittest

import bent_mails
from harness.process import BUILD
from harness.samples import eicar_signature, mail_with, zip_of
from harness.testcase import main


def legacy():
    """(name, message) of what old programs and broken ones write."""
    yield "empty", b""
    yield "one line end", b"\r\n"
    yield "one byte", b"x"
    yield "no header", b"just a text\nof two lines\n"
    yield "no header, CRLF", b"just a text\r\nof two lines\r\n"
    yield "header only", b"Subject: x\r\nFrom: a@b.example\r\n"
    yield "header without a line end", b"Subject: x"
    yield "byte order mark", b"\xef\xbb\xbfReceived: from a\r\n\tby b\r\nSubject: x\r\n\r\nhello\r\n"
    yield "mbox line", b"From a@b.example Sat Jan  1 00:00:00 2000\nSubject: x\n\n>From here\n"
    yield "fold first", b" x\r\nFrom: a@b.example\r\n\r\nhello\r\n"
    yield "CR for line ends", b"Subject: x\rFrom: a@b.example\r\rhello\r"
    yield "empty line first", b"\r\nhello\r\n"
    yield "raw ISO-2022-JP", b"Subject: \x1b$B$\"\x1b(B\r\n\r\n\x1b$B$3$s$K$A$O\x1b(B\r\n"
    yield "raw Shift_JIS", "Subject: テスト\r\n\r\nこんにちは\r\n".encode("cp932")
    yield "raw EUC-JP", "Subject: テスト\r\n\r\nこんにちは\r\n".encode("euc-jp")
    yield "NUL", b"Subject: x\r\n\r\na\0b\r\n"
    yield "CR alone", b"Subject: x\r\n\r\na\rb\r\n"
    yield "mixed line ends", b"Subject: x\r\nTo: y\n\na\r\nb\n"
    yield "huge line", b"Subject: x\r\n\r\n" + b"y" * 3000000
    yield "huge field", b"X: " + b"y" * 1000000 + b"\r\n\r\nhello\r\n"
    yield "thousands of fields", b"X: y\r\n" * 20000 + b"\r\nhello\r\n"
    yield "dots", b"Subject: x\r\n\r\n.\r\n..\r\n...\r\n"
    yield "quoted MIME", b"Subject: x\r\n\r\n> Content-Type: text/plain\r\n> Content-Transfer-Encoding: base64\r\n>\r\n> SGVsbG8=\r\nContent-Type: x/y\r\n"
    yield "PGP", b"Subject: x\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\n" + base64.encodebytes(random.Random(1).randbytes(3000)).replace(b"\n", b"\r\n") + b"=abcd\r\n-----END PGP MESSAGE-----\r\n"
    yield "begins like uuencode", b"Subject: x\r\n\r\nbegin 644 nothing\r\nthis is no data\r\nend\r\nbegin again\r\n"
    yield "mailing list footer", mail_with() + b"\r\n-- \r\nlist footer\r\n"
    yield "large attachment", mail_with({"a.bin": random.Random(2).randbytes(4000000)})
    yield "large attachment, bent", mail_with({"a.bin": random.Random(2).randbytes(4000000)}).replace(b"Encoding: base64\r\nContent-D", b"Encoding : base64\r\nContent-D")
    yield "html and names", mail_with({"表.zip": zip_of({"a": b"b"}), "😀 \"x\".txt": b"hello"}, html="<p>x</p>")
    for seed in range(40):
        rng = random.Random(seed)
        data = bytearray(mail_with({"a.zip": zip_of({"a": b"b" * 100})}, html="<p>こんにちは</p>"))
        for _ in range(rng.randint(1, 40)):
            at = rng.randrange(len(data))
            data[at:at + rng.randint(0, 4)] = rng.randbytes(rng.randint(0, 4))
        yield f"mutated {seed}", bytes(data)


def damaged(seed):
    """A file that no program opens whole."""
    rng = random.Random(seed)
    archive = zip_of({"a.txt": b"a few words\n" * 100, "b.zip": zip_of({"b.bin": rng.randbytes(1000)})})
    data = bytearray([archive, gzip.compress(archive), bz2.compress(archive), lzma.compress(archive), b"%PDF-1.4\n" + archive][seed % 5])
    del data[rng.randrange(len(data) // 2, len(data)):]
    for _ in range(rng.randrange(5)):
        data[rng.randrange(len(data))] = rng.randrange(256)
    return bytes(data)


class CleanMailTest(unittest.TestCase):
    def test_no_byte_changes(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="sekisho-"))
        self.addCleanup(shutil.rmtree, folder)
        (folder / "in").mkdir()
        (folder / "out").mkdir()
        mails = list(legacy()) + [(name, message) for name, _, message in bent_mails.mails(zip_of({"clean.txt": b"nothing here"}), 5)]
        # Files that were cut or damaged on the way are no reason for a doubt.
        for seed in range(5):
            mails += random.Random(seed).sample([(f"damaged file {seed}: {name}", message) for name, _, message in bent_mails.mails(damaged(seed), seed)], 60)
        for number, (_, message) in enumerate(mails):
            (folder / "in" / f"{number:04}").write_bytes(message)
        run = subprocess.run([BUILD / "scanrelay", "scan", "--database", eicar_signature(folder), "--batch", folder / "in", "--output", folder / "out"],
                             capture_output=True, timeout=300)
        self.assertEqual(run.returncode, 0, run.stderr.decode())
        reports = {pathlib.Path(r["file"]).name: r for r in map(json.loads, run.stdout.splitlines())}
        self.assertEqual(len(reports), len(mails))
        for number, (name, message) in enumerate(mails):
            with self.subTest(name):
                report = reports[f"{number:04}"]
                self.assertEqual(report["findings"], [])
                self.assertEqual(report["verdict"], "clean")
                out = (folder / "out" / f"{number:04}").read_bytes()
                line_end = b"\n" if b"\n" in message and b"\r\n" not in message[:message.index(b"\n") + 1] else b"\r\n"
                top = out[:len(out) - len(message)]
                self.assertTrue(out.endswith(message), out[:300])
                self.assertTrue(top.startswith(b"X-Virus-Scanned: scanrelay "), top)
                self.assertTrue(top.endswith(line_end), top)
                self.assertTrue(all(line.startswith(b"X-Virus-") or line == b"" for line in top.split(line_end)), top)


if __name__ == "__main__":
    main()
