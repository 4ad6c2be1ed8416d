"""Every character of every charset that a form can come in, and what is none, against Python's codecs.

Where Microsoft's tables and JIS's differ, forms are written in Microsoft's, as browsers do (WHATWG Encoding): the rows of
JIS X 0208 are therefore read from Python's cp932 by the arithmetic of Shift_JIS.
"""
import random
import unicodedata

from harness import *
from harness.readable import attachments_of, parse, text_of

ACTION = "/freecgi/FormMail/index.cgi"
IN_94 = range(0x21, 0x7F)


def decoded(charset, code):
    try:
        return code.decode(charset)
    except UnicodeDecodeError:
        return None


def shift_jis(row, cell):
    lead = (row - 0x21) // 2 + (0x81 if row < 0x5F else 0xC1)
    return bytes([lead, cell + (0x1F if cell < 0x60 else 0x20) if row % 2 else cell + 0x7E])


def cp932_table():
    """Bytes -> character. Without the single bytes that Python adds, which browsers refuse."""
    singles = [bytes([code]) for code in range(0xA1, 0xE0)]
    doubles = [bytes([lead, trail]) for lead in range(0x81, 0xFD) if not 0xA0 <= lead < 0xE0 for trail in range(0x40, 0xFD)]
    return {code: text for code in singles + doubles if (text := decoded("cp932", code)) and len(text) == 1}


def row_table(write):
    """JIS X 0208 with NEC's and IBM's rows."""
    return {write(row, cell): text for row in [*range(0x21, 0x75), *range(0x79, 0x7D)] for cell in IN_94
            if (text := decoded("cp932", shift_jis(row, cell)))}


def euc_jp_table():
    table = row_table(lambda row, cell: bytes([row | 0x80, cell | 0x80]))
    table |= {bytes([0x8E, code]): decoded("cp932", bytes([code])) for code in range(0xA1, 0xE0)}
    jis_x_0212 = {bytes([0x8F, row | 0x80, cell | 0x80]) for row in range(0x22, 0x6E) for cell in IN_94}
    table |= {code: text for code in jis_x_0212 if (text := decoded("euc_jp", code))}
    # The two that Microsoft reads otherwise.
    return table | {b"\x8f\xa2\xb7": "～", b"\x8f\xa2\xc3": "￤"}


def iso_2022_jp_table():
    def within(escape):
        return lambda *code: escape + bytes(code) + b"\x1b(B"
    table = row_table(within(b"\x1b$B")) | row_table(within(b"\x1b$@"))
    table |= {within(b"\x1b(I")(code): decoded("cp932", bytes([code | 0x80])) for code in range(0x21, 0x60)}
    table |= {within(b"\x1b$(D")(row, cell): text for row in range(0x22, 0x6E) for cell in IN_94
              if (text := decoded("iso2022_jp_1", within(b"\x1b$(D")(row, cell)))}
    return table | {within(b"\x1b$(D")(0x22, 0x37): "～", within(b"\x1b$(D")(0x22, 0x43): "￤"}


class CharsetTest(ServerTest):
    def setUp(self):
        super().setUp()
        self.sink = self.start(SmtpSink())
        self.formmail = FormMail(self.folder, self.sink.port, profiles={
            "Contact": {"to": ["info@customer.example"], "subject": "{{s}}"},
            "Old": {"to": ["info@customer.example"], "subject": "{{s}}", "charset": "iso-2022-jp"}})

    def post(self, charset, fields, profile="Contact"):
        pairs = [("_profile_", profile), ("_charset_", charset), *(("_label_", f"{name}:{name}") for name in fields)]
        return Cgi(self.formmail).post(ACTION, pairs + list(fields.items()))

    def mail(self, charset, fields, profile="Contact"):
        before = len(self.sink.accepted)
        answer = self.post(charset, fields, profile)
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(len(self.sink.accepted), before + 1)
        return self.sink.accepted[-1].data


class Form(CharsetTest):
    """What comes in."""

    def check_table(self, charset, table, least):
        self.assertGreater(len(table), least)
        codes = sorted(table)
        rows = [codes[start:start + 100] for start in range(0, len(codes), 100)]
        text = text_of(self.mail(charset, {f"f{i}": b"-".join(row) for i, row in enumerate(rows)}))
        lines = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
        for i, row in enumerate(rows):
            self.assertEqual(lines[f"f{i}"], "-".join(table[code] for code in row))

    def test_every_character_of_shift_jis(self):
        self.check_table("Shift_JIS", cp932_table(), 9400)

    def test_every_character_of_euc_jp(self):
        self.check_table("EUC-JP", euc_jp_table(), 13200)

    def test_every_character_of_iso_2022_jp(self):
        self.check_table("ISO-2022-JP", iso_2022_jp_table(), 20500)

    def check_refused(self, charset, only, codes):
        """only: text that no other charset takes, so that none is guessed."""
        self.mail(charset, {"s": only})
        for code in codes:
            with self.subTest(code=code):
                self.assertEqual(self.post(charset, {"s": only, "t": b"a" + code}).status, 422)

    def test_what_is_no_shift_jis_is_told_to_the_visitor(self):
        table, chance = cp932_table(), random.Random(1)
        singles = [bytes([lead]) for lead in [0x80, 0xA0, 0xFD, 0xFE, 0xFF, 0x81, 0x9F, 0xE0, 0xFC]]
        doubles = [bytes([lead, trail]) for lead in range(0x81, 0xFD) if not 0xA0 <= lead < 0xE0
                   for trail in range(0x20, 0x100) if bytes([lead, trail]) not in table and not 0xF0 <= lead < 0xFA]
        self.check_refused("Shift_JIS", b"\x83\x5c\x95\x5c", singles + chance.sample(doubles, 60))

    def test_what_is_no_euc_jp_is_told_to_the_visitor(self):
        chance = random.Random(2)
        singles = [bytes([lead]) for lead in [0x80, 0x8D, 0x8E, 0x8F, 0x90, 0xA0, 0xA1, 0xFE, 0xFF]]
        doubles = [bytes([lead, trail]) for lead in [0x8E, *range(0xA1, 0xFF)] for trail in (0x20, 0x7F, 0x80, 0xA0, 0xFF)]
        triples = [bytes([0x8F, lead, trail]) for lead in (0x20, 0xA0, 0xA1, 0xB0) for trail in (0x20, 0x80, 0xA0, 0xFF)]
        self.check_refused("EUC-JP", b"\xb0\xfd", singles + chance.sample(doubles, 40) + triples)

    def test_what_is_no_utf_8_is_told_to_the_visitor(self):
        codes = [b"\xc0\x8a", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf0\x8f\xbf\xbf",
                 b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xf8\x88\x80\x80\x80", b"\xff", b"\x80", b"\xe3\x81", b"\xf0\x9f\x98"]
        self.check_refused("UTF-8", "ĀあĀ\U00020089", codes)

    def test_other_languages_are_read_from_a_page_that_says_no_charset(self):
        for text in ("résumé", "Müller", "Łódź", "Škoda", "ñ", "Привет", "Γειά σου", "שלום", "مرحبا", "£5", "20 °C", "한국", "😀"):
            with self.subTest(text=text):
                self.assertIn(f"t: {text}\n", text_of(self.mail("", {"t": text})))
        for charset in ("euc_jp", "cp932", "iso2022_jp", "utf-8"):
            for text in ("促束", "達", "辿", "都道", "ｱｲｳ", "é"):  # in EUC-JP also UTF-8, as other letters
                try:
                    fields = {"お名前".encode(charset): text.encode(charset)}
                except UnicodeEncodeError:
                    continue
                with self.subTest(charset=charset, text=text):
                    pairs = [("_profile_", b"Contact"), ("_label_", b"t:" + next(iter(fields))), ("t", next(iter(fields.values())))]
                    self.assertEqual(Cgi(self.formmail).post(ACTION, pairs).status, 200)
                    self.assertIn(f"お名前: {text}\n", text_of(self.sink.accepted[-1].data))

    def test_noncharacters_and_the_ends_of_unicode_are_text(self):
        text = "\ufdd0\ufffe\uffff\U0001fffe\U0010ffff\u0080\ud7ff\ue000"
        self.assertIn(f"t: {text}\n", text_of(self.mail("UTF-8", {"t": text})))

    def test_what_browsers_write_for_characters_that_the_charset_lacks(self):
        # Chromium on an EUC-JP page: nothing of JIS X 0212, which it reads.
        for charset, texts in (("Shift_JIS", "😀é한−〜\u3094"), ("EUC-JP", "😀é한丂ü−"), ("ISO-2022-JP", "😀é한丂髙①¦"),
                               ("iso-8859-1", "太郎😀"), ("windows-1252", "太郎")):
            for text in texts:
                with self.subTest(charset=charset, text=text):
                    self.assertIn(f"t: <{text}>\n", text_of(self.mail(charset, {"t": f"<&#{ord(text)};>"})))
        # What a person typed.
        for charset, text in (("Shift_JIS", "&#12354;"), ("EUC-JP", "&#39640;"), ("UTF-8", "&#128512;"), ("EUC-JP", "&#38;&#60;"),
                              ("Shift_JIS", "&#55357;&#1114112;&#;&#x3042;&amp;")):
            with self.subTest(charset=charset, text=text):
                self.assertIn(f"t: {text}\n", text_of(self.mail(charset, {"t": text})))

    def test_kana_whose_marks_stand_apart_are_composed(self):
        # As Unicode's NFC has it, for the kana alone: the 神 of a name stays.
        marked = [chr(kana) + mark for kana in range(0x3041, 0x3100) for mark in "\u3099\u309a"]
        text = text_of(self.mail("UTF-8", {"t": "-".join(marked), "u": "\ufa19e\u0301\u3099"}))
        lines = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
        self.assertEqual(lines["t"], "-".join(unicodedata.normalize("NFC", pair) for pair in marked))
        self.assertEqual(lines["u"], "\ufa19e\u0301\u3099")

    def test_a_file_name_of_macos_is_composed(self):
        name = unicodedata.normalize("NFD", "ガイドブック「ぱぴぷ」.pdf")
        pairs = [("_profile_", "Contact"), ("_label_", "cv:CV:file"), ("cv", File(name, b"%PDF-1.4\n", "application/pdf"))]
        self.assertEqual(Cgi(self.formmail).post(ACTION, pairs).status, 200)
        self.assertEqual(list(attachments_of(self.sink.accepted[-1].data)), ["ガイドブック「ぱぴぷ」.pdf"])


class Iso2022Jp(CharsetTest):
    """Mail in ISO-2022-JP: only what all readers read alike."""

    def is_iso_2022_jp(self, text):
        mail = self.mail("UTF-8", {"s": f"件名{text}名", "t": f"本文{text}文"}, "Old")
        parsed = parse(mail)
        self.assertEqual(parsed["Subject"], f"件名{text}名")
        self.assertIn(f"t: 本文{text}文\n", text_of(mail))
        return parsed.get_content_charset() == "iso-2022-jp"

    def test_all_that_jis_and_microsoft_read_alike(self):
        codes = [(row, cell) for row in range(0x21, 0x75) for cell in IN_94]
        of_jis = {code: decoded("iso2022_jp", b"\x1b$B" + bytes(code) + b"\x1b(B") for code in codes}
        alike = [text for code, text in of_jis.items() if text and text == decoded("cp932", shift_jis(*code))]
        self.assertEqual(len(alike), 6873)
        rows = ["".join(alike[start:start + 100]) for start in range(0, len(alike), 100)]
        mail = self.mail("UTF-8", {f"f{i}": row for i, row in enumerate(rows)}, "Old")
        self.assertEqual(parse(mail).get_content_charset(), "iso-2022-jp")
        for i, row in enumerate(rows):
            self.assertIn(f"f{i}: {row}\n", text_of(mail))
        for row in alike[:700:5]:
            self.assertTrue(self.is_iso_2022_jp(row), row)

    def test_ascii_whole(self):
        self.assertTrue(self.is_iso_2022_jp("".join(map(chr, range(0x20, 0x7F)))))

    def test_one_other_character_and_the_mail_is_utf_8(self):
        for text in [*"〜−‖¢£¬～－∥￠￡￢①㈱Ⅱⅱ髙﨑纊ｶﾞ｡¥‾éĀ한简😀\u00a0\u00ad\u2014\u2022\u3099\u309a\ue000\ufe0f",
                     "葛\U000e0100", "👨\u200d👩\u200d👧", "☎\ufe0f", "か\u309a"]:
            with self.subTest(text=text):
                self.assertFalse(self.is_iso_2022_jp(text))


if __name__ == "__main__":
    main()
