"""The notice in every structure, charset and transfer encoding: made here, passed through `scanrelay scan`, read by Python's email."""
import base64
import email
import email.policy
import quopri
import re
import unittest

from harness.samples import eicar, eicar_zip
from harness.testcase import main
from notice_mails import (CALENDAR, ENCODINGS, HEAD, IMAGE, JAPANESE, JAPANESE_TEXT, LATIN, OTHER, VIRUS, decoded, encode, evil, multi, notice, notice_html, scan_all, text_for,
                          text_part)


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

    def test_labels_with_a_comment_or_in_pieces(self):
        labels = ("shift_jis (Japanese)", "Shift_JIS(x)", "\"shift_jis\" (Japanese)", "SHIFT_JIS\t")
        fields = {f"charset={label}" for label in labels} | {"charset*=us-ascii'en'shift_jis", "charset*0=shift_;\r\n\tcharset*1=jis"}
        text = JAPANESE_TEXT.replace("\n", "\r\n").encode("cp932")
        mails = {field: HEAD + multi("mixed", f"Content-Type: text/plain; {field}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n".encode() + text, evil()) for field in fields}
        for field, result in self.each(mails):
            with self.subTest(field):
                self.assertEqual(len(result.leaves()), 1)
                self.assertIn(f"Content-Type: text/plain; {field}\r\n".encode(), result.changed)
                self.assertEqual(result.leaves()[0].get_payload(decode=True).decode("cp932").replace("\r\n", "\n"), notice("evil.zip") + JAPANESE_TEXT)

    def test_a_text_that_is_converted_loses_its_old_label_and_the_comment_with_it(self):
        mail = HEAD + multi("mixed", b"Content-Type: text/plain; charset=us-ascii (Plain text); x=y\r\n\r\nhello\r\n", evil())
        for key, result in self.each({"us-ascii": mail}):
            with self.subTest(key):
                self.check_common(result)
                self.assertEqual(result.leaves()[0]["Content-Type"], 'text/plain; charset="utf-8"; x="y"')
                self.assertEqual(result.text(), notice("evil.zip") + "hello\n")

    def test_utf_16_in_either_order_without_a_mark(self):
        for text in (JAPANESE_TEXT, LATIN, "かな", "x"):
            parts = {order: b"Content-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encode(text.encode(order), "base64")
                     for order in ("utf-16-be", "utf-16-le")}
            for order, result in self.each({order: HEAD + multi("mixed", part, evil()) for order, part in parts.items()}):
                with self.subTest((order, text)):
                    self.check_common(result)
                    self.assertEqual(result.text(), notice("evil.zip") + text)

    def test_what_is_labelled_8bit_stays_8bit(self):
        for encoding in ("8bit", "8BIT", "binary"):
            text = f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\nall ASCII  \r\n".encode()
            for key, result in self.each({encoding: HEAD + multi("mixed", text, evil())}):
                with self.subTest(key):
                    self.check_common(result)
                    head, body = text.split(b"\r\n\r\n")
                    self.assertIn(head + b"\r\n\r\n" + notice("evil.zip").replace("\n", "\r\n").encode() + body, result.changed)

    def test_the_root_of_a_related_is_the_part_that_start_names(self):
        root = b"Content-ID: <root@x>\r\n" + text_part("utf-8", "8bit", "html")
        other = b"Content-ID: <other@x>\r\n" + text_part("utf-8", "8bit")
        mails = {more: HEAD + multi("related", other, root, evil(), more=f'; type="text/html"; start={more}') for more in ('"<root@x>"', "<root@x>", "<nobody@x>")}
        for more, result in self.each(mails):
            with self.subTest(more):
                self.check_common(result)
                read, untouched = ("html", other) if "root" in more else ("plain", root)
                self.assertIn(notice_html(notice("evil.zip")) if read == "html" else notice("evil.zip"), result.text(read))
                self.assertIn(untouched, result.changed)

    def test_a_signed_text_is_known_in_its_encoding(self):
        text = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\ntext\n-----BEGIN PGP SIGNATURE-----\nx\n-----END PGP SIGNATURE-----\n"
        parts = {encoding: text_part("utf-8", encoding, text=text) for encoding in ("8bit", "quoted-printable", "base64")}
        parts["quoted"] = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=2D----BEGIN PGP SIGNED=\r\n MESSAGE-----=0D=0A\r\n"
        for key, result in self.each({key: HEAD + multi("mixed", part, evil()) for key, part in parts.items()}):
            with self.subTest(key):
                self.check_common(result)
                self.assertIn(parts[key], result.changed)
                self.assertEqual(decoded(result.leaves()[0]), notice("evil.zip"))

    def test_bytes_that_only_html_as_it_stands_shows_take_their_part_alone(self):
        """libclamav reads HTML in lower case: EICAR shows only in the bytes as they are."""
        page = b"<html><body>" + eicar() + b"</body></html>\r\n"
        attached = b"Content-Type: text/html; name=b.html\r\nContent-Disposition: attachment; filename=b.html\r\n\r\n" + page
        body = b"Content-Type: text/html; charset=us-ascii\r\n\r\n" + page
        mails = {"attached": (["b.html"], multi("mixed", text_part("utf-8", "8bit"), IMAGE, attached)),
                 "between others": (["a.zip", "b.html", "c.zip"], multi("mixed", text_part("utf-8", "8bit"), evil("a.zip"), attached, IMAGE, evil("c.zip"))),
                 "in an alternative": (["(message body)"], multi("mixed", multi("alternative", text_part("utf-8", "8bit"), body), IMAGE)),
                 "in a mail": (["b.html"], multi("mixed", text_part("utf-8", "8bit"), b"Content-Type: message/rfc822\r\n\r\n" + HEAD + multi("mixed", IMAGE, attached, boundary="x")))}
        for key, result in self.each({key: HEAD + mail for key, (_, mail) in mails.items()}):
            with self.subTest(key):
                self.check_common(result)
                files = mails[key][0]
                self.assertEqual([f["file"] for f in result.report["findings"]], files)
                self.assertEqual(result.text(), "".join(map(notice, files)) + JAPANESE_TEXT)
                self.assertIn(IMAGE, result.changed)

    def test_uuencode_in_a_text(self):
        import binascii
        data = eicar_zip()
        lines = b"".join(binascii.b2a_uu(data[i:i + 45], backtick=True).replace(b"\n", b"\r\n") for i in range(0, len(data), 45))
        text = b"text before\r\n\r\nbegin 644 old.zip\r\n" + lines + b"`\r\nend\r\ntext behind\r\n"
        mails = {"plain": b"From: a@b.example\r\nSubject: x\r\n\r\n" + text}
        for encoding in ("base64", "quoted-printable"):
            encoded = base64.encodebytes(text) if encoding == "base64" else quopri.encodestring(text.replace(b"\r\n", b"\n"))
            mails[encoding] = HEAD + f"Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n".encode() + encoded.replace(b"\n", b"\r\n")
        for key, result in self.each(mails):
            with self.subTest(key):
                self.assertEqual([f["file"] for f in result.report["findings"]], ["old.zip"])
                self.assertEqual(result.text(), notice("old.zip") + "text before\n\ntext behind\n")

    def test_line_ends_are_the_message_s_own(self):
        for key, result in self.each({"lf": (HEAD + multi("mixed", text_part("utf-8", "8bit"), evil())).replace(b"\r\n", b"\n")}):
            with self.subTest(key):
                self.assertNotIn(b"\r", result.changed)
                self.assertEqual(result.text(), notice("evil.zip") + JAPANESE_TEXT)


if __name__ == "__main__":
    main()
