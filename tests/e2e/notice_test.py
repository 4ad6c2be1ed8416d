"""The notice in every structure, charset and transfer encoding: made here, passed through `scanrelay scan`, read by Python's email."""
import base64
import email
import email.policy
import html
import json
import pathlib
import quopri
import re
import shutil
import subprocess
import tempfile
import unittest

from harness.process import BUILD
from harness.samples import eicar, eicar_signature, eicar_zip
from harness.testcase import main

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


def fits(charset, encoding):
    data = text_for(charset).encode(charset)
    if charset.startswith("utf-16"):
        return encoding == "base64"
    return encoding in ("base64", "quoted-printable") or (encoding == "7bit") == all(byte < 128 for byte in data)


STRUCTURES = {
    "mixed": lambda c, e: multi("mixed", text_part(c, e), evil(), IMAGE),
    "mixed html": lambda c, e: multi("mixed", text_part(c, e, "html"), evil(), IMAGE),
    "alternative in mixed": lambda c, e: multi("mixed", multi("alternative", text_part(c, e), text_part(c, e, "html")), IMAGE, evil()),
    "related in alternative in mixed": lambda c, e: multi("mixed", multi("alternative", text_part(c, e), multi("related", text_part(c, e, "html"), IMAGE)), evil()),
    "attachment in front": lambda c, e: multi("mixed", evil(), text_part(c, e), IMAGE),
    "calendar first": lambda c, e: multi("mixed", CALENDAR, text_part(c, e), evil()),
    "report": lambda c, e: multi("report", text_part(c, e), b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n", evil(), more="; report-type=delivery-status"),
    "text attached too": lambda c, e: multi("mixed", b"Content-Disposition: attachment; filename=readme.txt\r\n" + text_part("us-ascii", "7bit", text="readme\n"), text_part(c, e), evil()),
}


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


class NoticeTest(unittest.TestCase):
    maxDiff = 3000

    def each(self, mails):
        results = scan_all(mails)
        self.assertEqual(set(results), set(mails))
        return results.items()

    def check_common(self, result, verdict="removed"):
        self.assertEqual(result.report["verdict"], verdict)
        self.assertEqual(result.report["status"], 1)
        self.assertEqual(result.mail["X-Virus-Status"], verdict)
        self.assertEqual(len(result.mail.get_all("X-Virus-Status")), 1)
        self.assertTrue(result.changed.startswith(b"X-Virus-Scanned: scanrelay "))
        for part in result.mail.walk():
            self.assertEqual(part.defects, [], part.get_content_type())
        lines = result.changed.split(b"\r\n")
        self.assertNotIn(b"\n", b"".join(lines), "a line end of another kind")
        self.assertLessEqual(max(map(len, lines)), 998)
        for part in result.leaves():
            if part.get("Content-Transfer-Encoding", "") in ("quoted-printable", "base64"):
                self.assertLessEqual(max(map(len, part.get_payload().splitlines()), default=0), 76)
            if part.get("Content-Transfer-Encoding", "7bit") == "7bit":
                self.assertTrue(all(ord(c) < 128 for c in part.get_payload()), "8-bit in a part of 7 bits")
            if part.get_content_charset() == "iso-2022-jp":
                for line in part.get_payload(decode=True).split(b"\n"):
                    self.assertIn(re.findall(rb"\x1b[$(].", line)[-1:], [[], [b"\x1b(B"]], line)

    def test_every_structure_charset_and_encoding(self):
        mails = {}
        for structure, make in STRUCTURES.items():
            for charset in JAPANESE + OTHER:
                for encoding in ENCODINGS:
                    if fits(charset, encoding):
                        mails[structure, charset, encoding] = HEAD + make(charset, encoding)
        for (structure, charset, encoding), result in self.each(mails):
            with self.subTest((structure, charset, encoding)):
                self.check_common(result)
                self.assertNotIn(b"evil.zip\"\r\nContent-Transfer", result.changed)
                self.assertEqual([f["file"] for f in result.report["findings"]], ["evil.zip"])
                original = email.message_from_bytes(result.original, policy=email.policy.default)
                types = [p.get_content_type() for p in original.walk() if p.get_filename() != "evil.zip"]
                self.assertEqual([p.get_content_type() for p in result.mail.walk()], types)
                number = 1 if structure == "text attached too" else 0
                if "text/plain" in types:
                    self.assertEqual(result.text("plain", number), notice("evil.zip") + text_for(charset))
                if "text/html" in types:
                    expected = decoded([p for p in original.walk() if p.get_content_type() == "text/html"][0])
                    at = expected.index("bgcolor=white>") + len("bgcolor=white>")
                    self.assertEqual(result.text("html"), expected[:at] + notice_html(notice("evil.zip")) + expected[at:])
                for part in result.leaves():
                    if structure == "report" and part.get_content_charset() is None:
                        continue  # Python makes texts of the blocks of a delivery status
                    if part.get_content_maintype() == "text" and part.get_filename() is None and part.get_content_subtype() in ("plain", "html"):
                        if charset in JAPANESE:
                            self.assertEqual(part.get_content_charset(), charset)
                            # 7 bits that can't hold the notice become quoted-printable.
                            if not (encoding == "7bit" and charset == "utf-8"):
                                self.assertEqual(part["Content-Transfer-Encoding"], encoding)
                        else:
                            self.assertIn(part.get_content_charset(), ("utf-8", charset))
                    if part.get_content_type() == "image/png":
                        self.assertIn(IMAGE, result.changed)

    def test_single_parts(self):
        mails = {
            "file alone": HEAD + evil(),
            "file alone in mixed": HEAD + multi("mixed", evil()),
            "two files alone": HEAD + multi("mixed", evil("a.zip"), evil("b.zip")),
            "infected text": HEAD + b"Content-Type: text/plain\r\n\r\n" + eicar() + b"\r\n",
            "infected text without MIME": b"From: a@b.example\r\nSubject: x\r\n\r\n" + eicar() + b"\r\n",
            "no header": eicar() + b"\r\nmore\r\n",
            "infected html alone": HEAD + b"Content-Type: text/html; charset=utf-8\r\n\r\n<p>" + eicar() + b"</p>\r\n",
        }
        files = {"file alone": ["evil.zip"], "file alone in mixed": ["evil.zip"], "two files alone": ["a.zip", "b.zip"]}
        for key, result in self.each(mails):
            with self.subTest(key):
                self.check_common(result)
                names = files.get(key, ["(message body)"])
                self.assertEqual([f["file"] for f in result.report["findings"]], names)
                self.assertEqual(result.text(), "".join(map(notice, names)))
                self.assertEqual(len(result.leaves()), 1)

    def test_no_text(self):
        mails = {
            "attachment only": HEAD + multi("mixed", IMAGE, evil()),
            "related": HEAD + multi("related", IMAGE, evil()),
            "calendar": HEAD + multi("mixed", CALENDAR, evil()),
            "calendar alternative": HEAD + multi("alternative", CALENDAR, evil()),
            "text is an attachment": HEAD + multi("mixed", b"Content-Disposition: attachment; filename=a.txt\r\n" + text_part("us-ascii", "7bit"), evil()),
        }
        for key, result in self.each(mails):
            with self.subTest(key):
                self.check_common(result)
                self.assertEqual(result.mail.get_content_type(), "multipart/mixed")
                first = result.leaves()[0]
                self.assertEqual((first.get_content_type(), first.get_content_charset()), ("text/plain", "utf-8"))
                self.assertEqual(decoded(first), notice("evil.zip"))

    def test_empty_body(self):
        mails = {"plain": HEAD + multi("mixed", b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n", evil()),
                 "no header in the part": HEAD + multi("mixed", b"\r\n", evil()),
                 "html": HEAD + multi("mixed", b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n", evil())}
        for key, result in self.each(mails):
            with self.subTest(key):
                self.check_common(result)
                text = result.text("html" if key == "html" else "plain")
                self.assertEqual(text.rstrip("\n"), (notice_html(notice("evil.zip")) if key == "html" else notice("evil.zip")).rstrip("\n"))

    def test_signed_mail_is_told_of_outside_of_what_is_signed(self):
        signed = multi("signed", text_part("utf-8", "8bit"), b"Content-Type: application/pgp-signature\r\n\r\nsignature\r\n", more="; protocol=\"application/pgp-signature\"")
        opaque = b"Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encode(bytes(range(256)), "base64")
        inline = b"Content-Type: text/plain; charset=utf-8\r\n\r\n-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\ntext\r\n-----BEGIN PGP SIGNATURE-----\r\nx\r\n-----END PGP SIGNATURE-----\r\n"
        mails = {"signed": (signed, HEAD + multi("mixed", signed, evil())), "encrypted": (opaque, HEAD + multi("mixed", opaque, evil())), "inline": (inline, HEAD + multi("mixed", inline, evil()))}
        for key, result in self.each({key: mail for key, (_, mail) in mails.items()}):
            with self.subTest(key):
                self.check_common(result)
                self.assertIn(mails[key][0], result.changed)
                self.assertEqual(decoded(result.leaves()[0]), notice("evil.zip"))
                self.assertEqual(result.mail.get_content_type(), "multipart/mixed")
        whole = {"inside": HEAD + multi("signed", multi("mixed", text_part("utf-8", "8bit"), evil()), b"Content-Type: application/pgp-signature\r\n\r\nsignature\r\n")}
        for key, result in self.each(whole):
            with self.subTest(key):
                self.check_common(result)
                self.assertEqual([p.get_content_type() for p in result.mail.walk()],
                                 ["multipart/mixed", "text/plain", "multipart/signed", "multipart/mixed", "text/plain", "application/pgp-signature"])
                self.assertEqual(result.text("plain", 0), notice("evil.zip"))
                self.assertEqual(result.text("plain", 1), JAPANESE_TEXT)

    def test_what_does_not_fit_its_charset_stays_and_the_notice_stands_in_front(self):
        odd = {"unknown": b"Content-Type: text/plain; charset=x-unheard-of\r\n\r\nwhatever\r\n",
               "8-bit under us-ascii": b"Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xe3\x81\x82\r\n",
               "no charset": b"Content-Type: text/plain\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\x82\xa0\r\n",
               "broken utf-8": b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xff\xfe\xfd\r\n"}
        for key, result in self.each({key: HEAD + multi("mixed", part, evil()) for key, part in odd.items()}):
            with self.subTest(key):
                self.assertEqual(result.report["verdict"], "removed")
                self.assertIn(odd[key], result.changed)
                self.assertEqual(decoded(result.leaves()[0]), notice("evil.zip"))
                self.assertEqual(len(result.leaves()), 2)

    def test_names_that_the_charset_lacks(self):
        part = "Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename*=utf-8''%F0%9F%98%80%D0%96.zip\r\n\r\n".encode() + encode(eicar_zip(), "base64")
        for key, result in self.each({c: HEAD + multi("mixed", text_part(c, "base64"), part) for c in ("shift_jis", "iso-2022-jp", "gb18030", "utf-8")}):
            with self.subTest(key):
                self.check_common(result)
                self.assertEqual(result.text(), notice("😀Ж.zip") + text_for(key))

    def test_format_flowed(self):
        text = "A soft \nline, and\n quoted > marks\n-- \nsig\n"
        mails = {}
        for more in ("; format=flowed", "; format=flowed; delsp=yes", '; FORMAT="Flowed"'):
            for charset, encoding in (("us-ascii", "7bit"), ("utf-8", "8bit"), ("iso-2022-jp", "7bit"), ("utf-8", "base64"), ("utf-8", "quoted-printable")):
                mails[more, charset, encoding] = HEAD + multi("mixed", text_part(charset, encoding, text=text, more=more), evil("a .zip"))
        for (more, charset, encoding), result in self.each(mails):
            with self.subTest((more, charset, encoding)):
                self.check_common(result)
                part = result.leaves()[0]
                self.assertEqual(part.get_param("format").lower(), "flowed")
                self.assertEqual(decoded(part), notice("a .zip") + text)
                self.assertTrue(all(not line.endswith(" ") for line in notice("a .zip").splitlines()))

    def test_attached_mail(self):
        inner = HEAD + multi("mixed", text_part("iso-2022-jp", "7bit"), evil("inner.zip"), boundary="inner")
        attached = {
            "as it is": b"Content-Type: message/rfc822\r\n\r\n" + inner,
            "in base64": b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encode(inner, "base64"),
            "in quoted-printable": b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + encode(inner, "quoted-printable"),
        }
        for key, result in self.each({key: HEAD + multi("mixed", text_part("euc-jp", "8bit"), part, IMAGE, boundary="outer") for key, part in attached.items()}):
            with self.subTest(key):
                self.assertEqual(result.report["verdict"], "removed")
                self.assertEqual(result.text("plain", 0), notice("inner.zip") + JAPANESE_TEXT)
                self.assertNotIn(b"inner.zip\"\r\nContent-Transfer", result.changed)
                part = [p for p in result.mail.walk() if p.get_content_type() == "message/rfc822"][0]
                if key != "as it is":
                    data = base64.b64decode(part.get_payload(0).as_string()) if key == "in base64" else quopri.decodestring(part.get_payload(0).as_string())
                    mail = email.message_from_bytes(data, policy=email.policy.default)
                    self.assertEqual(decoded(mail.get_payload(0)), notice("inner.zip") + JAPANESE_TEXT)
                else:
                    self.assertEqual(result.text("plain", 1), notice("inner.zip") + JAPANESE_TEXT)
        for key, result in self.each({"message alone": HEAD + attached["as it is"]}):
            with self.subTest(key):
                self.check_common(result)
                self.assertEqual([p.get_content_type() for p in result.mail.walk()],
                                 ["multipart/mixed", "text/plain", "message/rfc822", "multipart/mixed", "text/plain"])
                self.assertEqual(result.text("plain", 0), notice("inner.zip"))

    def test_several_findings_in_the_order_of_the_parts(self):
        mail = HEAD + multi("mixed", text_part("utf-8", "8bit"), evil("b.zip"), IMAGE, evil("a.zip"), multi("mixed", evil("c.zip"), boundary="x"))
        for key, result in self.each({"three": mail}):
            with self.subTest(key):
                self.check_common(result)
                self.assertEqual(result.text(), notice("b.zip") + notice("a.zip") + notice("c.zip") + JAPANESE_TEXT)
                self.assertEqual(result.mail.get_all("X-Virus-Report"), [f"{VIRUS}; file={name}.zip; action=remove" for name in "bac"])
                self.assertIn(IMAGE, result.changed)

    def test_uuencode_in_a_text(self):
        import binascii
        data = eicar_zip()
        lines = b"".join(binascii.b2a_uu(data[i:i + 45], backtick=True).replace(b"\n", b"\r\n") for i in range(0, len(data), 45))
        text = b"text before\r\n\r\nbegin 644 old.zip\r\n" + lines + b"`\r\nend\r\ntext behind\r\n"
        for key, result in self.each({"plain": b"From: a@b.example\r\nSubject: x\r\n\r\n" + text}):
            with self.subTest(key):
                self.assertEqual([f["file"] for f in result.report["findings"]], ["old.zip"])
                self.assertEqual(result.text(), notice("old.zip") + "text before\n\ntext behind\n")

    def test_line_ends_are_the_message_s_own(self):
        for key, result in self.each({"lf": (HEAD + multi("mixed", text_part("utf-8", "8bit"), evil())).replace(b"\r\n", b"\n")}):
            with self.subTest(key):
                self.assertNotIn(b"\r", result.changed)
                self.assertEqual(result.text(), notice("evil.zip") + JAPANESE_TEXT)


class FileNameTest(unittest.TestCase):
    def test_every_way_to_write_a_name(self):
        name = "表示ソ.zip"
        sjis, euc, jis = name.encode("cp932"), name.encode("euc-jp"), name.encode("iso2022_jp")
        b64 = base64.b64encode(name.encode()).decode()
        long = "あ" * 200 + ".zip"
        percent = "".join(f"%{b:02X}" for b in name.encode())
        cases = {
            f"Content-Disposition: attachment; filename*=utf-8'ja'{percent}".encode(): name,
            f"Content-Disposition: attachment; filename*0*=utf-8''{percent[:9]}; filename*1*={percent[9:]}".encode(): name,
            f"Content-Disposition: attachment; filename*1*={percent[9:]};\r\n filename*0*=utf-8''{percent[:9]}".encode(): name,
            f"Content-Disposition: attachment; filename*=shift_jis''".encode() + "".join(f"%{b:02X}" for b in sjis).encode(): name,
            b"Content-Disposition: attachment; filename*0=\"a b\"; filename*1=c.zip": "a bc.zip",
            f'Content-Disposition: attachment; filename="=?utf-8?B?{b64}?="'.encode(): name,
            f"Content-Disposition: attachment; filename==?utf-8?B?{b64}?=".encode(): name,
            b'Content-Disposition: attachment; filename="=?iso-2022-jp?B?' + base64.b64encode(jis) + b'?="': name,
            b'Content-Disposition: attachment; filename="=?utf-8?Q?=E8=A1=A8_?=\r\n =?utf-8?Q?=E7=A4=BA.zip?="': "表 示.zip",
            b'Content-Disposition: attachment; filename="' + sjis + b'"': name,
            b'Content-Disposition: attachment; filename="\x83\x5c"': "ソ",
            b"Content-Disposition: attachment; filename=" + sjis: name,
            b'Content-Disposition: attachment; filename="' + euc + b'"': name,
            b'Content-Disposition: attachment; filename="' + jis + b'"': name,
            b'Content-Disposition: attachment; filename="' + name.encode() + b'"': name,
            b'Content-Disposition: attachment; filename="a.txt"\r\nContent-Type: application/zip; name="b.zip"': "a.txt",
            b'Content-Type: application/zip; name="b.zip"': "b.zip",
            b"Content-Disposition: attachment; filename=report (1) final.zip": "report (1) final.zip",
            b'Content-Disposition: attachment; filename="a\\"b\\\\c.zip"': 'a"b\\c.zip',
            b'Content-Disposition: attachment; filename="<b>&amp;.zip"': "<b>&amp;.zip",
            b"Content-Disposition: attachment; filename*=utf-8''a%E2%80%AEgpj.exe%0D%0AX:%20y%00%C2%85": "agpj.exeX: y",
            b"Content-Disposition: attachment; filename*=utf-8''" + "".join(f"%{b:02X}" for b in long.encode()).encode(): "あ" * 120,
            b"Content-Disposition: attachment": "(no name)",
            b'Content-Disposition: attachment; filename=""': "(no name)",
        }
        mails = {}
        for number, field in enumerate(cases):
            fields = field + b"\r\n" if b"Content-Type" in field else b"Content-Type: application/zip\r\n" + field + b"\r\n"
            mails[number] = HEAD + multi("mixed", text_part("utf-8", "8bit"), text_part("utf-8", "8bit", "html"), fields + b"Content-Transfer-Encoding: base64\r\n\r\n" + encode(eicar_zip(), "base64"))
        results = scan_all(mails)
        for number, (field, expected) in enumerate(cases.items()):
            with self.subTest(field):
                result = results[number]
                self.assertEqual(result.report["findings"][0]["file"], expected)
                self.assertEqual(result.text(), notice(expected) + JAPANESE_TEXT)
                self.assertIn(notice_html(notice(expected)), result.text("html"))
                header = result.changed.split(b"\r\n\r\n")[0]
                self.assertTrue(all(len(line) <= 78 for line in header.split(b"\r\n") if b"file" in line))
                report = email.message_from_bytes(result.changed)["X-Virus-Report"]
                parsed = email.message_from_string("Content-Disposition: " + report.replace("\r\n", "") + "\n\n")
                self.assertEqual(parsed.get_filename() or parsed.get_param("file", header="content-disposition") and
                                 email.utils.collapse_rfc2231_value(parsed.get_param("file", header="content-disposition")), expected)
                self.assertTrue(report.endswith("action=remove"))


if __name__ == "__main__":
    main()
