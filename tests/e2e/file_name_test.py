"""The names of files in every way that mail programs write them: in the notice, in HTML, in X-Virus-Report."""
import base64
import email
import email.utils
import unittest

from harness.samples import eicar_zip
from harness.testcase import main
from notice_mails import HEAD, JAPANESE_TEXT, encode, multi, notice, notice_html, scan_all, text_part


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
            # Bytes of JIS that look like '"', '\\' and ';'.
            b'Content-Disposition: attachment; filename="' + "あ日本語の資料山.zip".encode("iso2022_jp") + b'"; size=3': "あ日本語の資料山.zip",
            b'Content-Type: application/zip; name="' + "あ 山本.zip".encode("iso2022_jp") + b'"; x=y': "あ 山本.zip",
            b"Content-Disposition: attachment; filename=" + "あ 山本.zip".encode("iso2022_jp") + b"; size=3": "あ 山本.zip",
            b'Content-Disposition: attachment; filename="\x1b$B$"\x1b$a.zip"': "$B$",
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
