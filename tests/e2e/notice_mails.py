"""Mails for the tests of the notice: their parts, and what `scanrelay scan` makes of them, read by Python's email."""
import base64
import email
import email.policy
import html
import json
import pathlib
import quopri
import shutil
import subprocess
import tempfile

from harness.process import BUILD
from harness.samples import eicar_signature, eicar_zip

VIRUS = "Eicar-Signature.UNOFFICIAL"
JAPANESE = ["utf-8", "iso-2022-jp", "shift_jis", "cp932", "euc-jp", "gb18030", "gbk", "utf-7", "utf-16", "utf-16le"]
OTHER = ["us-ascii", "iso-8859-1", "iso-8859-15", "windows-1250", "windows-1251", "windows-1252", "koi8-r", "gb2312", "big5", "euc-kr"]
TEXTS = {"us-ascii": "Hello, world = text.\n\n.dot\nFrom here\n-- \nsignature  \n", "koi8-r": "Привет, мир\nстрока два\n", "windows-1251": "Привет, мир\n", "big5": "中文信件\n第二行\n",
         "gb2312": "中文信件\n第二行\n", "gbk": "中文信件\n", "gb18030": "中文信件\n日本語も\n", "euc-kr": "한국어 편지\n"}
JAPANESE_TEXT = "こんにちは。本文です。\n表示ソ能\n\n.点\nFrom the end\n-- \n署名\n"
LATIN = "Grüße aus Köln = schön\nzweite Zeile é\n"
ENCODINGS = ["7bit", "8bit", "quoted-printable", "base64"]


def text_for(charset):
    if charset in TEXTS:
        return TEXTS[charset]
    return JAPANESE_TEXT if charset in JAPANESE else LATIN


def notice(file, virus=VIRUS):
    return (f"[English]\nThe virus {virus} had been detected from {file}.\nExecuted processing : remove\n\n"
            f"[Japanese]\nウイルス {virus} が {file} から検出されました。\n実行された処理:削除\n\n")


def notice_html(text):
    return "".join(html.escape(line) + "<br>\n" for line in text.splitlines())


def encode(data: bytes, encoding: str) -> bytes:
    if encoding == "base64":
        return base64.encodebytes(data).replace(b"\n", b"\r\n")
    if encoding == "quoted-printable":
        return quopri.encodestring(data.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    return data


def text_part(charset, encoding, subtype="plain", text=None, more=""):
    text = text_for(charset) if text is None else text
    if subtype == "html":
        text = f'<html><head><title>x <body></title></head><!-- <body> --><body class="a>b"\n bgcolor=white><p>{html.escape(text)}</p></body></html>\n'
    data = text.replace("\n", "\r\n").encode(charset)
    return f'Content-Type: text/{subtype}; charset="{charset}"{more}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'.encode() + encode(data, encoding)


def evil(name="evil.zip"):
    return f'Content-Type: application/zip; name="{name}"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="{name}"\r\n\r\n'.encode() + encode(eicar_zip(), "base64")


IMAGE = b"Content-Type: image/png; name=\"a.png\"\r\nContent-Transfer-Encoding: base64\r\nContent-ID: <a@b>\r\n\r\n" + encode(bytes(range(256)) * 4, "base64")
CALENDAR = b"Content-Type: text/calendar; charset=utf-8; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
HEAD = b"From: a@sender.example\r\nTo: b@customer.example\r\nSubject: =?utf-8?B?44GT?=\r\nX-Virus-Status: clean\r\nMIME-Version: 1.0\r\n"


def multi(subtype, *parts, boundary=None, more=""):
    boundary = boundary or f"=_{subtype}_b"
    line = b"--" + boundary.encode()
    return (f'Content-Type: multipart/{subtype};\r\n\tboundary="{boundary}"{more}\r\n\r\n'.encode() + b"".join(line + b"\r\n" + part + b"\r\n" for part in parts)
            + line + b"--\r\n")


class Result:
    def __init__(self, original, changed, report):
        self.original, self.changed, self.report = original, changed, report
        self.mail = email.message_from_bytes(changed, policy=email.policy.default)

    def leaves(self):
        return [part for part in self.mail.walk() if not part.is_multipart()]

    def text(self, subtype="plain", number=0):
        part = [p for p in self.mail.walk() if p.get_content_type() == f"text/{subtype}"][number]
        return decoded(part)


def decoded(part):
    charset = part.get_content_charset("us-ascii")
    data = part.get_payload(decode=True)
    if charset == "utf-16":
        # Without a byte order mark, which nobody wrote, it would be the machine's order.
        assert data[:2] in (b"\xff\xfe", b"\xfe\xff"), data[:8]
    return data.decode({"iso-2022-jp": "iso2022_jp", "shift_jis": "cp932"}.get(charset, charset)).replace("\r\n", "\n")


def scan_all(mails: dict) -> dict:
    """{key: message} through `scan --batch`."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sekisho-"))
    try:
        (folder / "in").mkdir()
        (folder / "out").mkdir()
        keys = list(mails)
        for number, key in enumerate(keys):
            (folder / "in" / f"{number:05}").write_bytes(mails[key])
        run = subprocess.run([BUILD / "scanrelay", "scan", "--database", eicar_signature(folder), "--batch", folder / "in", "--output", folder / "out"],
                             capture_output=True, timeout=300)
        if run.returncode not in (0, 1):
            raise AssertionError(f"scan gave {run.returncode}: {run.stderr.decode()}")
        results = {}
        for line in run.stdout.splitlines():
            report = json.loads(line)
            number = int(pathlib.Path(report["file"]).name)
            out = folder / "out" / f"{number:05}"
            results[keys[number]] = Result(mails[keys[number]], out.read_bytes() if out.exists() else None, report)
        return results
    finally:
        shutil.rmtree(folder)
