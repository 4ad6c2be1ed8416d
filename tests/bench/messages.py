"""The messages: fixed seed, CRLF line ends, sizes as real mail has them. The load puts another number behind each
"UNIQ", so that no two are alike."""
import base64
import io
import pathlib
import random
import zipfile

MARK = "UNIQ" + "0" * 20
SENTENCES = ("お問い合わせフォームより次の内容が送信されました。ご確認をお願いいたします。", "カタログの送付を希望します。",
             "商品の在庫と納期について教えてください。", "電話番号は平日の昼のみつながります。", "よろしくお願いします。")


class Writer:
    def __init__(self):
        self.random = random.Random(20261121)
        self.vocabulary = ["".join(self.random.choice("aeioukstnhmyrwgzdbp") for _ in range(self.random.randint(2, 9)))
                           for _ in range(3000)]

    def word(self):
        return self.random.choice(self.vocabulary)

    def text(self, size) -> str:
        lines, line, written = [], "", 0
        while written < size:
            word = self.word()
            if len(line) + len(word) > 72:
                lines.append(line)
                written += len(line) + 2
                line = ""
            line = f"{line} {word}".strip()
        return "\r\n".join(lines) + "\r\n"

    def form(self) -> bytes:
        """A contact form's mail, 4 KB, ISO-2022-JP."""
        body = f"番号: {MARK}\r\n"
        while len(body.encode("iso-2022-jp")) < 3500:
            body += f"[{self.random.choice(['お名前', '住所', 'ご用件'])}] {self.random.choice(SENTENCES)}\r\n"
        return header("Form", "text/plain; charset=ISO-2022-JP") + body.encode("iso-2022-jp")

    def newsletter(self) -> bytes:
        """multipart/alternative, 58 KB."""
        rows = ""
        while len(rows) < 48000:
            rows += (f'<tr><td class="c{self.random.randrange(7)}"><a href="http://shop.example/p?id='
                     f'{self.random.randrange(10 ** 6)}">{self.word()}</a></td>\r\n<td>{self.text(180)}</td></tr>\r\n')
        html = (f"<!DOCTYPE html>\r\n<html><head><title>News</title></head><body>\r\n<!-- {MARK} -->\r\n"
                f"<table>\r\n{rows}</table></body></html>\r\n")
        return multipart("alternative", [("text/plain; charset=us-ascii", "", (MARK + "\r\n" + self.text(8500)).encode()),
                                         ("text/html; charset=us-ascii", "", html.encode())])

    def binary(self) -> bytes:
        """1 MB: random bytes in base64."""
        return self.with_attachment("data.bin", self.random.randbytes(760000))

    def archive(self) -> bytes:
        """8 MB: a zip of 200 texts in base64."""
        packed = io.BytesIO()
        paragraphs = [self.text(2000) for _ in range(400)]
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for number in range(200):
                text = "".join(f"{self.word()} {self.word()}\r\n"
                               + self.random.choice(paragraphs)[self.random.randrange(700):] for _ in range(40))
                archive.writestr(zipfile.ZipInfo(f"docs/part{number:03}.txt", (2026, 11, 21, 12, 0, 0)), text,
                                 zipfile.ZIP_DEFLATED)
        return self.with_attachment("docs.zip", packed.getvalue())

    def with_attachment(self, name, content) -> bytes:
        encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
        return multipart("mixed", [
            ("text/plain; charset=us-ascii", "", (MARK + "\r\n" + self.text(600)).encode()),
            (f'application/octet-stream; name="{name}"',
             f'Content-Disposition: attachment; filename="{name}"\r\nContent-Transfer-Encoding: base64\r\n', encoded)])


def header(subject, content_type) -> bytes:
    return (f'From: "Form" <form@sender.example>\r\nTo: <info@customer.example>\r\nSubject: {subject}\r\n'
            f"Date: Sat, 21 Nov 2026 12:00:00 +0900\r\nMessage-ID: <{MARK}@sender.example>\r\nMIME-Version: 1.0\r\n"
            f"Content-Type: {content_type}\r\n\r\n").encode()


def multipart(kind, parts) -> bytes:
    boundary = "=_bench_5f3759df"
    message = header("Message", f'multipart/{kind}; boundary="{boundary}"')
    for content_type, more, body in parts:
        message += f"--{boundary}\r\nContent-Type: {content_type}\r\n{more}\r\n".encode() + body
    return message + f"--{boundary}--\r\n".encode()


def write_messages(folder) -> dict[str, pathlib.Path]:
    """name -> file, from the smallest to the largest."""
    writer = Writer()
    files = {}
    for name, content in (("4 KB form", writer.form()), ("58 KB html", writer.newsletter()),
                          ("1 MB binary", writer.binary()), ("8 MB zip", writer.archive())):
        files[name] = pathlib.Path(folder, name.replace(" ", "-") + ".eml")
        files[name].write_bytes(content)
    return files
