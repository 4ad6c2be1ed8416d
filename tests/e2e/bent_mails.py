"""Mails that hide a zip by bent MIME, made from a seed.

Each function of CLASSES yields (name, message) pairs; `valid` tells those that RFC 2045 to 2047 and 2231 allow, so that every
correct reader shows the file. All others some reader in use shows.
"""
import base64
import binascii
import bz2
import quopri
import random
import struct
import zlib

CLASSES = []


def bent(valid=False):
    def register(function):
        CLASSES.append((function, valid))
        return function
    return register


class Mail:
    """A multipart of a text and the zip, each piece of which a class may bend."""

    def __init__(self, payload: bytes, rng: random.Random):
        self.payload, self.rng = payload, rng
        self.boundary = "b" + "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=rng.randint(6, 30)))
        self.other = "o" + "".join(rng.choices("abcdefghijklmnopqrstuvwxyz0123456789", k=rng.randint(6, 30)))
        self.name = "".join(rng.choices("abcdefghij", k=8)) + ".zip"
        self.type = rng.choice(["application/zip", "application/octet-stream", "application/x-zip-compressed"])

    def base64(self, width=76) -> bytes:
        encoded = base64.b64encode(self.payload)
        return b"\r\n".join(encoded[i:i + width] for i in range(0, len(encoded), width)) + b"\r\n"

    def head(self) -> bytes:
        return b"From: a@sender.example\r\nTo: b@customer.example\r\nSubject: bent\r\nMIME-Version: 1.0\r\n"

    def content_type(self) -> bytes:
        return f'Content-Type: multipart/mixed; boundary="{self.boundary}"\r\n'.encode()

    def text(self) -> bytes:
        return b"Content-Type: text/plain; charset=us-ascii\r\n\r\nhello\r\n"

    def file_type(self) -> bytes:
        return f'Content-Type: {self.type}; name="{self.name}"\r\n'.encode()

    def file_fields(self, encoding=b"Content-Transfer-Encoding: base64\r\n") -> bytes:
        return self.file_type() + encoding + f'Content-Disposition: attachment; filename="{self.name}"\r\n'.encode()

    def file(self, encoding=b"Content-Transfer-Encoding: base64\r\n", body=None) -> bytes:
        return self.file_fields(encoding) + b"\r\n" + (self.base64() if body is None else body)

    def parts(self, boundary=None, parts=None, close=True) -> bytes:
        boundary = (self.boundary if boundary is None else boundary)
        boundary = boundary if isinstance(boundary, bytes) else boundary.encode()
        body = b"".join(b"--" + boundary + b"\r\n" + part for part in (parts or [self.text(), self.file()]))
        return body + (b"--" + boundary + b"--\r\n" if close else b"")

    def whole(self, content_type=None, body=None, head=None) -> bytes:
        return ((self.head() if head is None else head) + (self.content_type() if content_type is None else content_type) + b"\r\n"
                + (self.parts() if body is None else body))


@bent(valid=True)
def plain(mail):
    m = mail()
    yield "base64", m.whole()
    yield "lf only in base64 with long lines", m.whole(body=m.parts(parts=[m.text(), m.file(body=m.base64(10000))]))
    yield "short lines", m.whole(body=m.parts(parts=[m.text(), m.file(body=m.base64(4))]))
    yield "blanks in base64", m.whole(body=m.parts(parts=[m.text(), m.file(body=b" ".join(m.base64().split()) + b"\r\n")]))
    yield "lines not of groups", m.whole(body=m.parts(parts=[m.text(), m.file(body=m.base64(m.rng.choice([1, 3, 7, 61, 75])))]))
    yield "quoted-printable", m.whole(body=m.parts(parts=[m.text(), m.file(
        b"Content-Transfer-Encoding: quoted-printable\r\n", quopri_all(m.payload))]))
    yield "no text part", m.whole(body=m.parts(parts=[m.file()]))
    yield "whole message", m.head() + m.file()
    yield "upper case", m.whole(content_type=m.content_type().upper().replace(m.boundary.upper().encode(), m.boundary.encode()))
    yield "encoding in capitals", m.whole(body=m.parts(parts=[m.text(), m.file(b"CONTENT-TRANSFER-ENCODING: BASE64\r\n")]))
    yield "folded", m.whole(content_type=f"Content-Type:\r\n multipart/mixed\r\n\t;\r\n boundary=\r\n \"{m.boundary}\"\r\n".encode())
    yield "folded encoding", m.whole(body=m.parts(parts=[m.text(), m.file(b"Content-Transfer-Encoding:\r\n base64\r\n")]))
    yield "comment behind the encoding", m.whole(body=m.parts(parts=[m.text(), m.file(b"Content-Transfer-Encoding: base64 (really)\r\n")]))
    yield "comment before the encoding", m.whole(body=m.parts(parts=[m.text(), m.file(b"Content-Transfer-Encoding: (a (b) c) base64\r\n")]))
    yield "preamble and epilogue", m.whole(body=b"preamble\r\n\r\n" + m.parts() + b"epilogue\r\n")
    yield "blanks behind the boundary", m.whole(body=m.parts().replace(b"\r\n--" + m.boundary.encode() + b"\r\n", b"\r\n--" + m.boundary.encode() + b" \t \r\n"))
    yield "unknown subtype", m.whole(content_type=m.content_type().replace(b"mixed", b"x-unheard-of"))
    yield "alternative", m.whole(content_type=m.content_type().replace(b"mixed", b"alternative"))
    yield "signed", m.whole(content_type=m.content_type().replace(b"mixed", b"signed"))
    yield "attached mail", m.whole(body=m.parts(parts=[m.text(), b"Content-Type: message/rfc822\r\n\r\n" + m.head() + m.file()]))
    inner = Mail(m.payload, m.rng)
    yield "attached multipart mail", m.whole(body=m.parts(parts=[m.text(), b"Content-Type: message/rfc822\r\n\r\n" + inner.whole()]))
    yield "digest", m.whole(content_type=m.content_type().replace(b"mixed", b"digest"), body=m.parts(parts=[b"\r\n" + m.head() + m.file()]))


@bent(valid=True)
def boundaries_by_the_book(mail):
    m = mail()
    half = len(m.boundary) // 2
    a, b = m.boundary[:half], m.boundary[half:]
    for name, parameter in {
        "unquoted": f"boundary={m.boundary}",
        "in pieces": f'boundary*0="{a}"; boundary*1="{b}"',
        "in pieces out of order": f'boundary*1="{b}"; boundary*0="{a}"',
        "in pieces with encoding": f"boundary*0*=us-ascii''{a}; boundary*1=\"{b}\"",
        "extended": f"boundary*=us-ascii'en'%{ord(m.boundary[0]):02x}{m.boundary[1:]}",
        "comment before": f"(boundary=x) boundary={m.boundary}",
        "comment behind": f"boundary={m.boundary} (x; boundary=y)",
        "comment after the equals sign": f"boundary=(x){m.boundary}",
        "escaped": f'boundary="\\{m.boundary[0]}{a[1:]}\\{b}"',
        "many parameters": "; ".join(f"x{i}=y" for i in range(50)) + f"; boundary={m.boundary}",
        "boundary in another value": f'x="; boundary={m.other}; "; boundary={m.boundary}',
        "capital name": f"BOUNDARY={m.boundary}",
        "blanks": f"boundary  =  \"{m.boundary}\"",
        "no blank": f"boundary={m.boundary};x=y",
    }.items():
        yield name, m.whole(content_type=f"Content-Type: multipart/mixed; {parameter}\r\n".encode())
    for odd in ["a b", "'()+_,-./:=?", "=?x?=", "--", "-", "a--", ":", "x" * 70, "a=b", "a'b", "a/b(c)"]:
        yield f"characters {odd}", m.whole(content_type=f'Content-Type: multipart/mixed; boundary="{odd}"\r\n'.encode(), body=m.parts(odd))
    yield "comment in the type", m.whole(content_type=m.content_type().replace(b"multipart/mixed", b"(a) multipart (b) / (c) mixed (d)"))
    yield "comment nested", m.whole(content_type=m.content_type().replace(b"; ", b"; (a \\( ; boundary=\"x\" (b)) "))
    inner = Mail(m.payload, m.rng)
    inner.boundary = m.boundary + "x"
    yield "inner boundary extends", m.whole(body=m.parts(parts=[m.text(), inner.content_type() + b"\r\n" + inner.parts()]))
    inner.boundary = m.boundary[:-1]
    yield "inner boundary is shorter", m.whole(body=m.parts(parts=[m.text(), inner.content_type() + b"\r\n" + inner.parts()]))
    inner = Mail(m.payload, m.rng)
    yield "inner never ends", m.whole(body=m.parts(parts=[m.text(), inner.content_type() + b"\r\n" + inner.parts(close=False)]))
    yield "empty inner", m.whole(body=m.parts(parts=[inner.content_type() + b"\r\n\r\n", m.file()]))
    yield "no closing line", m.whole(body=m.parts(close=False))
    yield "boundary in the preamble as text", m.whole(body=f"text --{m.boundary}\r\n -- {m.boundary}\r\n\r\n".encode() + m.parts())


@bent()
def content_type_twice(mail):
    for true_first in (True, False):
        for other in (b"text/plain", b"application/octet-stream", b'multipart/mixed; boundary="%o"', b"multipart/alternative; boundary=%o", b"message/rfc822"):
            m = mail()
            other = b"Content-Type: " + other.replace(b"%o", m.other.encode()) + b"\r\n"
            both = [m.content_type(), other] if true_first else [other, m.content_type()]
            yield f"{other!r} {true_first}", m.whole(content_type=b"".join(both))
            yield f"{other!r} {true_first} apart", m.whole(content_type=both[0] + b"X-Between: 1\r\n" + both[1])
            if b"%" not in other and m.other.encode() in other:
                decoy = m.parts(m.other, parts=[m.text()])
                yield f"{true_first} decoy in front", m.whole(content_type=b"".join(both), body=decoy + m.parts())
                yield f"{true_first} decoy around", m.whole(content_type=b"".join(both), body=b"--" + m.other.encode() + b"\r\n" + m.text() + m.parts() + b"--" + m.other.encode() + b"--\r\n")
    m = mail()
    yield "in the part", m.whole(body=m.parts(parts=[m.text(), b"Content-Type: text/plain\r\n" + m.file()]))
    # As a mail in the mail, the text of which holds the file: it is written anew for its notice.
    twice = b"Content-Type: message/rfc822\r\n" + m.content_type()
    yield "a mail of base64 in quoted-printable", m.whole(content_type=twice, body=m.parts(parts=[m.text(), m.file(body=quopri_all(m.base64()))]))
    yield "a mail without a boundary line", m.whole(content_type=twice, body=b"x" + m.parts().replace(b"\r\n--" + m.boundary.encode() + b"\r\n", b"\r\n- -" + m.boundary.encode() + b"\r\n"))


@bent()
def boundary_twice(mail):
    for parameters in ("boundary={o}; boundary={b}", "boundary={b}; boundary={o}", "boundary={o}; boundary*0={b}", "boundary*0={b}; boundary={o}",
                       "boundary={o}; boundary*=us-ascii''{b}", 'boundary="{o}" boundary="{b}"', "boundary={o}, boundary={b}",
                       "boundary={o}\r\n boundary={b}", "xboundary={o}; boundary={b}", "boundary = {b}; boundary={o}",
                       'boundary="{o}; boundary={b}', "boundary={o};;; boundary={b}", "boundary*1={b}; boundary*0={o}; boundary={b}", "boundary={b}\0; boundary={o}"):
        for decoy in (False, True):
            m = mail()
            field = "Content-Type: multipart/mixed; " + parameters.format(o=m.other, b=m.boundary) + "\r\n"
            body = (m.parts(m.other, parts=[m.text()]) if decoy else b"") + m.parts()
            yield f"{parameters} {decoy}", m.whole(content_type=field.encode(), body=body)


@bent()
def boundary_written_oddly(mail):
    m = mail()
    b = m.boundary
    for parameter, line in [
        (f"boundary='{b}'", b), (f"boundary='{b}'", f"'{b}'"), (f'boundary="{b} "', b), (f'boundary="{b} "', b + " "),
        (f'boundary=" {b}"', b), (f'boundary=" {b}"', " " + b), (f"boundary={b};foo", b), (f"boundary={b};foo", b + ";foo"),
        (f'boundary="{b}\\x"', b + "x"), (f'boundary="{b}\\x"', b + "\\x"), (f'boundary="{b}', b), (f'boundary={b}"', b), (f'boundary={b}"', b + '"'),
        (f"boundary={b}(x)", b), (f"boundary={b}(x)", b + "(x)"), (f"boundary={b} x", b), (f"boundary={b} x", b + " x"),
        (f'boundary="{b}"x', b), (f'boundary="{b}"x', b + "x"), (f'boundary={b[:3]}"{b[3:]}"', b), (f"boundary==?us-ascii?Q?{b}?=", b),
        (f'boundary="=?us-ascii?Q?{b}?="', b), (f'boundary="=?us-ascii?Q?{b}?="', f"=?us-ascii?Q?{b}?="), (f"boundary:{b}", b), (f"boundary {b}", b),
        (f"boundary=\r\n\t{b}", b), (f'boundary="{b[:4]}\r\n {b[4:]}"', b), (f'boundary="{b[:4]}\r\n {b[4:]}"', b[:4] + " " + b[4:]),
        (f"boundary={b}\x0b", b), (f"boundary={b}\x0c; x=y", b), (f"boundary=\x0b{b}", b), (f"boundary={b}\0x", b), (f"boundary={b}\rx", b),
        (f"boundary={b}\xff", b), ('boundary=""', ""), ("boundary=", ""), ("x=y", b), (f"boundary*0*={b}", b), (f"boundary*0={b[:3]}; boundary*2={b[3:]}", b[:3]),
        (f"boundary*00={b}", b), (f"boundary*1={b}", b), (f"boundary={b.upper()}", b), (f"boundary={'x' * 200}", "x" * 200), (f"boundary={b}/x?=y:z@w", f"{b}/x?=y:z@w"),
        (f"boundary=<{b}>", f"<{b}>"), (f"boundary=<{b}>", b), (f"boundary={b},x", b), (f"boundary={b}\t", b), (f"boundary=--{b}", "--" + b), (f"boundary=--{b}", b),
        (f"boundary*=\"us-ascii''{b}\"", b), (f"boundary*=''{b}", b), (f"boundary*=x{b}", "x" + b),
    ]:
        field = f"Content-Type: multipart/mixed; {parameter}\r\n".encode("latin-1")
        yield f"{parameter!r} as {line!r}", m.whole(content_type=field, body=m.parts(line.encode("latin-1")))


@bent()
def type_written_oddly(mail):
    m = mail()
    b = m.boundary
    for field in [f"Content-Type: multipart; boundary={b}", f"Content-Type: multipart/; boundary={b}", f"Content-Type: multipart/mixed boundary={b}",
                  f"Content-Type: multipart/mixed, boundary={b}", f"Content-Type : multipart/mixed; boundary={b}", f"Content-Type\t: multipart/mixed; boundary={b}",
                  f"Content-Type:multipart/mixed;boundary={b}", f"Content-Type: \x0bmultipart/mixed; boundary={b}", f"Content-Type: multipart/mixed\x0c; boundary={b}",
                  f"Content-Type: multipart\0/mixed; boundary={b}", f"Content-Type: \"multipart/mixed\"; boundary={b}", f"Content-Type: multipart / mixed; boundary={b}",
                  f"Content-Type: =?us-ascii?Q?multipart/mixed?=; boundary={b}", f"Content-Type: /mixed; boundary={b}", f"Content-Type: mixed; boundary={b}",
                  f"Content-Type: ; boundary={b}", f"Content-Type: multipart/mixed/x; boundary={b}", f"Content-Type: multipart/mixed;\r\n \r\n boundary={b}",
                  f"Content-Type: multipart/mixed;\r\nboundary={b}", f"Content-Type: text/plain; boundary={b}", f"Content-Type: multipart/mixed\r\nContent-Disposition: inline; boundary={b}",
                  f"Content-Disposition: inline; boundary={b}\r\nContent-Type: multipart/mixed", f"X-Boundary: boundary={b}\r\nContent-Type: multipart/mixed",
                  f"Content-Type: multipart/mixed\r\nX: boundary={b}", f"Content-Type= multipart/mixed; boundary={b}", f"Content Type: multipart/mixed; boundary={b}",
                  f"Content_Type: multipart/mixed; boundary={b}", f"Content-Type:: multipart/mixed; boundary={b}", f"Content-Type\0: multipart/mixed; boundary={b}",
                  f"X: y\rContent-Type: multipart/mixed; boundary={b}", f"junk without a colon\r\nContent-Type: multipart/mixed; boundary={b}", f"\x80\xff: x\r\nContent-Type: multipart/mixed; boundary={b}",
                  f": x\r\nContent-Type: multipart/mixed; boundary={b}", f"Content-Type: multipart/mixed; boundary={b}; =x; ;;", f"Content-Type: x multipart/mixed; boundary={b}",
                  f"\xa0Content-Type: multipart/mixed; boundary={b}", f"Content-Type: multipart/mixed; x=\"; boundary={b}", f"Content-type: multipart/mixed; boundary={b}\r\n\x0b"]:
        yield repr(field), m.whole(content_type=field.encode("latin-1") + b"\r\n")
    yield "first line folded", b" Content-Type: multipart/mixed; boundary=" + b.encode() + b"\r\n" + m.head() + b"\r\n" + m.parts()
    yield "byte order mark", b"\xef\xbb\xbf" + m.content_type() + m.head() + b"\r\n" + m.parts()
    yield "mbox line", b"From a@sender.example Mon Jan  1 00:00:00 2024\r\n" + m.whole()
    yield "empty line in front", b"\r\n" + m.whole()
    yield "no MIME-Version", m.whole(head=m.head().replace(b"MIME-Version: 1.0\r\n", b""))
    yield "MIME-Version 2", m.whole(head=m.head().replace(b"1.0", b"2.0"))
    yield "header ends with a line of blanks", m.head() + m.content_type() + b" \t \r\n" + m.parts()
    yield "header ends with CRCRLF", m.head() + m.content_type() + b"\r\r\n" + m.parts()
    yield "no empty line at all", m.head() + m.content_type() + m.parts()
    yield "huge field in front", m.whole(head=b"X: " + b"y" * 300000 + b"\r\n" + m.head())
    yield "huge fields folded", m.whole(head=m.head() + b"X: y\r\n" + b" y\r\n" * 20000)


@bent()
def boundary_lines(mail):
    m = mail()
    b = m.boundary.encode()
    line = b"--" + b + b"\r\n"
    for name, odd in {"blank in front": b" --" + b + b"\r\n", "tail": b"--" + b + b"tail\r\n", "tail after a blank": b"--" + b + b" tail\r\n", "closing dashes": b"--" + b + b"--\r\n",
                      "NUL behind": b"--" + b + b"\0\r\n", "VT behind": b"--" + b + b"\x0b\r\n", "8-bit behind": b"--" + b + b"\xff\r\n", "LF only": b"--" + b + b"\n",
                      "CRCRLF": b"--" + b + b"\r\r\n", "CR only": b"--" + b + b"\r", "capitals": b"--" + b.upper() + b"\r\n", "quote mark": b"> --" + b + b"\r\n", "three dashes": b"---" + b + b"\r\n"}.items():
        yield name, m.whole(body=line + m.text() + odd + m.file() + b"--" + b + b"--\r\n")
    yield "after the closing line", m.whole(body=m.parts(parts=[m.text()]) + b"\r\n" + line + m.file() + b"--" + b + b"--\r\n")
    yield "epilogue", m.whole(body=m.parts(parts=[m.text()]) + b"\r\n" + m.file())
    yield "preamble", m.whole(body=m.file() + b"\r\n" + m.parts(parts=[m.text()]))
    yield "no boundary line", m.whole(body=m.file())
    inner = Mail(m.payload, m.rng)
    inner.boundary = m.boundary
    yield "the same boundary inside", m.whole(body=m.parts(parts=[m.text(), inner.content_type() + b"\r\n" + inner.parts()]))
    nested = m.file()
    for depth in range(60):
        deep = f"d{depth}x".encode()
        nested = b"Content-Type: multipart/mixed; boundary=" + deep + b"\r\n\r\n--" + deep + b"\r\n" + nested + b"\r\n--" + deep + b"--\r\n"
    yield "depth 60", m.head() + nested
    for depth in range(60, 300):
        deep = f"d{depth}x".encode()
        nested = b"Content-Type: multipart/mixed; boundary=" + deep + b"\r\n\r\n--" + deep + b"\r\n" + nested + b"\r\n--" + deep + b"--\r\n"
    yield "depth 300", m.head() + nested
    yield "many parts", m.whole(body=m.parts(parts=[m.text()] * 1500 + [m.file()]))
    for name, change in {"LF": (b"\r\n", b"\n"), "CRCRLF": (b"\r\n", b"\r\r\n"), "CR": (b"\r\n", b"\r")}.items():
        yield f"{name} in the body", m.whole(body=m.parts().replace(*change))
        yield f"{name} in all", m.whole().replace(*change)


@bent()
def encoding_written_oddly(mail):
    m = mail()
    for field in ["Content-Transfer-Encoding : base64", "Content-Transfer-Encoding: x-base64", 'Content-Transfer-Encoding: "base64"', "Content-Transfer-Encoding: base64;", "Content-Transfer-Encoding: base64; x=y",
                  "Content-Transfer-Encoding: base64 7bit", "Content-Transfer-Encoding: 7bit base64", "Content-Transfer-Encoding: base 64", "Content-Transfer-Encoding: base64\0", "Content-Transfer-Encoding: base64\x0b",
                  "Content-Transfer-Encoding: \x0bbase64", "Content-Transfer-Encoding: =?us-ascii?Q?base64?=", "Content-Transfer-Encoding:base64", "Content-Transfer-Encoding base64", "Content-Transfer-Encoding= base64",
                  "Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64", "Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: 7bit",
                  "Content-Transfer-Encoding: quoted-printable\r\nContent-Transfer-Encoding: base64", "Content-Transfer-Encoding: base64\r\nContent-Transfer-Encoding: quoted-printable",
                  "junk line\r\nContent-Transfer-Encoding: base64", "X: y\r\n \r\nContent-Transfer-Encoding: base64", "X: y\rContent-Transfer-Encoding: base64", "Content-Transfer-Encoding: ba\r\n se64", "Content-Transfer-Encoding: b\0ase64",
                  "Content-Transfer-Encoding: 8bit base64", "Content-Transfer-Encoding: bas\xe9 base64", "Content-Transfer-Encoding: base64,", "Content-Transfer-Encoding: [base64]", "Content-Encoding: base64", "Transfer-Encoding: base64",
                  "\x80junk: x\r\nContent-Transfer-Encoding: base64", " Content-Transfer-Encoding: base64"]:
        field = field.encode("latin-1") + b"\r\n"
        yield repr(field), m.whole(body=m.parts(parts=[m.text(), m.file(field)]))
        yield "top " + repr(field), m.head() + m.file(field)
    yield "quoted and base64", m.whole(body=m.parts(parts=[m.text(), m.file(b"Content-Transfer-Encoding: quoted-printable\r\nContent-Transfer-Encoding: base64\r\n", quopri_all(m.base64()))]))
    yield "base64 twice", m.whole(body=m.parts(parts=[m.text(), m.file(b"Content-Transfer-Encoding: base64\r\n" * 2, base64.encodebytes(m.base64()).replace(b"\n", b"\r\n"))]))
    yield "field of the whole", m.whole(content_type=m.content_type() + b"Content-Transfer-Encoding: base64\r\n", body=m.parts(parts=[m.text(), m.file(b"")]))
    yield "encoded multipart", m.whole(content_type=m.content_type() + b"Content-Transfer-Encoding: base64\r\n", body=base64.encodebytes(m.parts()).replace(b"\n", b"\r\n"))
    yield "quoted multipart", m.whole(content_type=m.content_type() + b"Content-Transfer-Encoding: quoted-printable\r\n", body=quopri_all(m.parts()))


@bent()
def base64_damaged(mail):
    m = mail()
    encoded = base64.b64encode(m.payload)
    groups = [encoded[i:i + 4] for i in range(0, len(encoded), 4)]
    rng = m.rng

    def wrapped(data, width=76):
        return b"\r\n".join(data[i:i + width] for i in range(0, len(data), width)) + b"\r\n"

    junk = b"!#$%&()*,.:;<>?@[]^`{|}~"
    third = len(groups) // 3
    bodies = {
        "padding in each group": b"\r\n".join(base64.b64encode(m.payload[i:i + 1]) for i in range(len(m.payload))) + b"\r\n",
        "padded chunks": b"\r\n".join(base64.b64encode(m.payload[i:i + 50]) for i in range(0, len(m.payload), 50)) + b"\r\n",
        "padded chunks on one line": wrapped(b"".join(base64.b64encode(m.payload[i:i + 10]) for i in range(0, len(m.payload), 10))),
        "equals signs between": wrapped(b"=".join(groups)),
        "equals signs inside groups": wrapped(b"".join(g[:2] + b"=" + g[2:] for g in groups)),
        "equals in front": b"====\r\n" + wrapped(encoded), "one equals in front": b"=" + wrapped(encoded),
        "junk characters": wrapped(b"".join(bytes([c, rng.choice(junk)]) for c in encoded)),
        "junk in places": wrapped(b"".join(g + (bytes([rng.choice(junk)]) if rng.random() < .2 else b"") for g in groups)),
        "8-bit junk": wrapped(b"\xff".join(groups)), "NUL": wrapped(b"\0".join(groups)), "dashes": wrapped(b"-".join(groups)), "underscores": wrapped(b"_".join(groups)), "backslashes": wrapped(b"\\".join(groups)),
        "junk line": wrapped(b"".join(groups[:19 * 2])) + b"!!!! ???\r\n" + wrapped(b"".join(groups[19 * 2:])),
        "text line left out by some": wrapped(b"".join(groups[:19 * 2])) + b"*** this is a line ***\r\n" + wrapped(b"".join(groups[19 * 2:])),
        "dash line": wrapped(b"".join(groups[:third])) + b"--!!--\r\n" + wrapped(b"".join(groups[third:])),
        "empty lines": wrapped(encoded).replace(b"\r\n", b"\r\n\r\n"), "empty lines in front": b"\r\n" * 5 + wrapped(encoded), "blank lines": wrapped(encoded).replace(b"\r\n", b"\r\n \t\r\n"),
        "no padding": wrapped(encoded.rstrip(b"=")), "too much padding": wrapped(encoded + b"===="), "text behind": wrapped(encoded) + b"some text behind\r\n", "equals and text behind": wrapped(encoded + b"=") + b"some text\r\n",
        "character by character": b"\r\n".join(bytes([c]) for c in encoded) + b"\r\n", "CR only": wrapped(encoded).replace(b"\r\n", b"\r"), "LF only": wrapped(encoded).replace(b"\r\n", b"\n"), "indented": b"  " + wrapped(encoded).replace(b"\r\n", b"\r\n  "),
        "odd lines": b"\r\n".join(encoded[i:i + 1 + i % 7] for i in odd_steps(encoded)) + b"\r\n", "one line": encoded + b"\r\n", "URL alphabet": wrapped(encoded.replace(b"+", b"-").replace(b"/", b"_")),
        "text in front": b"some text!\r\n\r\n" + wrapped(encoded), "glued behind a full stop": b"." + wrapped(encoded),
        "soft line ends": wrapped(encoded).replace(b"\r\n", b"=\r\n"), "quote marks": b"> " + wrapped(encoded).replace(b"\r\n", b"\r\n> "), "blanks at line ends": wrapped(encoded).replace(b"\r\n", b"  \r\n"),
        "line by line padding": b"\r\n".join(base64.b64encode(m.payload[i:i + 20]) for i in range(0, len(m.payload), 20)) + b"\r\n", "VT and FF": wrapped(b"\x0b\x0c".join(groups)), "end of text": wrapped(encoded[:40]) + b"\x1a" + wrapped(encoded[40:]),
    }
    for name, body in bodies.items():
        yield name, m.whole(body=m.parts(parts=[m.text(), m.file(body=body)]))
        yield "whole message: " + name, m.head() + m.file(body=body)
    yield "glued to the header", m.whole(body=m.parts(parts=[m.text(), m.file_fields() + m.base64()]))
    yield "on the header's line", m.whole(body=m.parts(parts=[m.text(), m.file_fields(b"")[:-2] + b"\r\nContent-Transfer-Encoding: base64 " + m.base64()]))
    yield "header ends with blanks", m.whole(body=m.parts(parts=[m.text(), m.file_fields() + b" \r\n" + m.base64()]))
    yield "header ends with a tab", m.whole(body=m.parts(parts=[m.text(), m.file_fields() + b"\t\r\n" + m.base64()]))
    yield "empty line first", m.whole(body=m.parts(parts=[m.text(), b"\r\n" + m.file()]))
    yield "two empty lines first", m.whole(body=m.parts(parts=[m.text(), b"\r\n\r\n" + m.file()]))
    yield "text in front of the header", m.whole(body=m.parts(parts=[m.text(), b"hello\r\n" + m.file()]))
    yield "no encoding named", m.whole(body=m.parts(parts=[m.text(), m.file(b"")]))
    yield "7bit named", m.whole(body=m.parts(parts=[m.text(), m.file(b"Content-Transfer-Encoding: 7bit\r\n")]))


def odd_steps(encoded):
    i = 0
    while i < len(encoded):
        yield i
        i += 1 + i % 7


def quopri_all(data: bytes, code="={:02X}", soft=b"=\r\n") -> bytes:
    lines, line = [], b""
    for byte in data:
        line += code.format(byte).encode()
        if len(line) > 70:
            lines.append(line)
            line = b""
    return soft.join(lines + [line]) + b"\r\n"


@bent()
def quoted_printable_damaged(mail):
    m = mail()
    field = b"Content-Transfer-Encoding: quoted-printable\r\n"
    half = quopri_all(m.payload)
    for name, body in {"lower case": quopri_all(m.payload, "={:02x}"), "mixed case": half.replace(b"=0A", b"=0a").replace(b"=FF", b"=Ff").replace(b"=4B", b"=4b"), "cut at the end": half.rstrip() + b"=", "cut in a code": half.rstrip() + b"=4",
                       "blanks behind soft ends": quopri_all(m.payload, soft=b"= \t\r\n"), "LF soft ends": quopri_all(m.payload, soft=b"=\n"), "CR soft ends": quopri_all(m.payload, soft=b"=\r"), "odd codes between": quopri_all(m.payload, soft=b"==\r\n"),
                       "odd code in front": b"=ZZ" + half, "raw where it can be": bytes_where_possible(m.payload), "double equals": half.replace(b"=50", b"==50", 1),
                       "long lines": quopri_all(m.payload, soft=b""), "CRCRLF soft ends": quopri_all(m.payload, soft=b"=\r\r\n"), "blanks and CR behind soft ends": quopri_all(m.payload, soft=b"= \t\r\r\n")}.items():
        yield name, m.whole(body=m.parts(parts=[m.text(), m.file(field, body)]))
    for odd in (b"Content-Transfer-Encoding : quoted-printable\r\n", b"Content-Transfer-Encoding: quoted_printable\r\n", b"Content-Transfer-Encoding: x-quoted-printable\r\n", b"Content-Transfer-Encoding: quoted-printable; x\r\n", b"Content-Transfer-Encoding: quotedprintable\r\n",
                b"Content-Transfer-Encoding: 7bit\r\n" + field, field + b"Content-Transfer-Encoding: 7bit\r\n"):
        yield repr(odd), m.whole(body=m.parts(parts=[m.text(), m.file(odd, half)]))


def bytes_where_possible(data):
    body = b""
    for byte in data:
        body += bytes([byte]) if byte not in b"\r\n= \t" else b"=%02X" % byte
    return body + b"\r\n"


def uuencoded(data: bytes, backtick=True, extra=b"", cut=False) -> bytes:
    lines = []
    for i in range(0, len(data), 45):
        line = binascii.b2a_uu(data[i:i + 45], backtick=backtick).rstrip(b"\n")
        lines.append((line.rstrip(b" ") if cut else line) + extra)
    return b"\r\n".join(lines) + b"\r\n"


@bent()
def older_than_mime(mail):
    m = mail()
    name = m.name.encode()
    full = b"begin 644 " + name + b"\r\n" + uuencoded(m.payload) + b"`\r\nend\r\n"
    variants = {"plain": full, "blanks": b"begin 644 " + name + b"\r\n" + uuencoded(m.payload, False) + b" \r\nend\r\n", "blanks cut": b"begin 644 " + name + b"\r\n" + uuencoded(m.payload, False, cut=True) + b"\r\nend\r\n",
                "mode of four": full.replace(b"644", b"0644"), "no end": full[:-8], "check character": b"begin 644 " + name + b"\r\n" + uuencoded(m.payload, extra=b"x") + b"`\r\nend\r\n", "blank in the name": full.replace(name, b"a b.zip"),
                "begin-base64": b"begin-base64 644 " + name + b"\r\n" + m.base64() + b"====\r\n", "two blanks": full.replace(b"begin 644 ", b"begin  644  "),
                "CR": full.replace(b"\r\n", b"\r"), "LFCR": full.replace(b"\r\n", b"\n\r"), "empty lines": full.replace(b"\r\n", b"\r\n\r\n"), "capital": full.replace(b"begin", b"Begin"), "mode of one": full.replace(b"644", b"0"), "no mode": full.replace(b"644 ", b""),
                "behind a false begin": b"begin 644 x\r\n" + full, "behind a false yEnc": b"=ybegin line=1 size=1 name=x\r\n" + full, "behind a false begin-base64": b"begin-base64 644 x\r\n" + full, "behind a false BinHex": b":" + b"!" * 30 + b"\r\n" + full}
    variants |= {"quoted": quoted(full, b"> "), "quoted tightly": quoted(full, b">"), "quoted twice": quoted(full, b"> > "), "indented": quoted(full, b"    "), "all capitals": full.replace(b"begin", b"BEGIN"), "no begin": full.split(b"\r\n", 1)[1],
                 "begin-base64 quoted": quoted(b"begin-base64 644 " + name + b"\r\n" + m.base64() + b"====\r\n", b"> "), "BinHex quoted": quoted(binhex(m.payload), b"> "), "xxencode": xxencoded(m.payload, name), "text between": full.replace(b"\r\nM", b"\r\n-- cut --\r\nM", 1),
                 "entities": full.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;"), "armor": b"-----BEGIN PGP MESSAGE-----\r\n\r\n" + base64.encodebytes(literal(m.payload)).replace(b"\n", b"\r\n") + b"=abcd\r\n-----END PGP MESSAGE-----\r\n"}
    for kind, body in variants.items():
        yield f"in the text: {kind}", m.whole(body=m.parts(parts=[m.text() + body + b"more text\r\n"]))
        yield f"no MIME: {kind}", b"From: a@sender.example\r\nSubject: old\r\n\r\nsome text\r\n" + body
        yield f"in a file: {kind}", m.whole(body=m.parts(parts=[m.text(), m.file(body=base64.encodebytes(body).replace(b"\n", b"\r\n"))]))
    for field in (b"x-uuencode", b"uuencode", b"x-uue", b"UUENCODE", b"x-uuencoded"):
        yield f"encoding {field!r}", m.whole(body=m.parts(parts=[m.text(), m.file(b"Content-Transfer-Encoding: " + field + b"\r\n", full)]))
    yield "encoding without begin", m.whole(body=m.parts(parts=[m.text(), m.file(b"Content-Transfer-Encoding: x-uuencode\r\n", uuencoded(m.payload))]))
    yield "in quoted-printable", m.whole(body=m.parts(parts=[b"Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + quopri.encodestring(full.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")]))
    yield "in base64 text", m.whole(body=m.parts(parts=[b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(b"text\r\n" + full).replace(b"\n", b"\r\n")]))
    yield "in the preamble", m.whole(body=full + b"\r\n" + m.parts(parts=[m.text()]))
    yield "in the epilogue", m.whole(body=m.parts(parts=[m.text()]) + full)
    yenc, half = yencoded(m.payload), len(m.payload) // 2
    yield "yEnc in parts", b"From: a@sender.example\r\nSubject: yEnc\r\n\r\n" + b"".join(b"=ybegin part=%d total=2 line=9999 size=%d name=%s\r\n=ypart begin=1 end=2\r\n%s\r\n=yend size=%d part=1\r\n" % (number, len(m.payload), name, yencoded(part), len(part))
                                                                                          for number, part in ((1, m.payload[:half]), (2, m.payload[half:])))
    yield "yEnc", b"From: a@sender.example\r\nSubject: yEnc\r\n\r\ntext\r\n=ybegin line=9999 size=%d name=%s\r\n%s\r\n=yend size=%d\r\n" % (len(m.payload), name, yenc, len(m.payload))
    yield "yEnc behind a false begin", b"From: a@sender.example\r\nSubject: yEnc\r\n\r\nbegin 644 x\r\n=ybegin line=9999 size=%d name=%s\r\n%s\r\n=yend size=%d\r\n" % (len(m.payload), name, yenc, len(m.payload))
    for encoding in (b"8bit", b"binary", b"7bit"):
        yield f"raw, {encoding!r}", m.whole(body=m.parts(parts=[m.text(), m.file(b"Content-Transfer-Encoding: " + encoding + b"\r\n", m.payload + b"\r\n")]))
    yield "BinHex", m.whole(body=m.parts(parts=[m.text(), b"Content-Type: application/mac-binhex40; name=\"x.hqx\"\r\n\r\n" + binhex(m.payload)]))
    yield "BinHex in text", b"From: a@sender.example\r\nSubject: x\r\n\r\ntext\r\n" + binhex(m.payload)
    yield "BinHex without its banner", m.whole(body=m.parts(parts=[m.text(), b"Content-Type: application/octet-stream; name=\"x.hqx\"\r\n\r\n" + binhex(m.payload).split(b"\r\n\r\n")[1]]))
    yield "TNEF", m.whole(body=m.parts(parts=[m.text(), b"Content-Type: application/ms-tnef; name=\"winmail.dat\"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(tnef(m.payload, name)).replace(b"\n", b"\r\n")]))


def quoted(text: bytes, quotation: bytes) -> bytes:
    return b"".join(quotation + line + b"\r\n" for line in text.splitlines())


def yencoded(data: bytes) -> bytes:
    return b"".join(b"=" + bytes([(c + 42 + 64) & 255]) if (c + 42) & 255 in (0, 10, 13, 61) else bytes([(c + 42) & 255]) for c in data)


def xxencoded(data: bytes, name: bytes) -> bytes:
    alphabet = b"+-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    text = uuencoded(data).replace(b"\r\n", b"\n")
    return b"begin 644 " + name + b"\r\n" + b"".join(bytes(alphabet[(c - 32) & 63] for c in line) + b"\r\n" for line in text.splitlines()) + b"+\r\nend\r\n"


def binhex(data: bytes) -> bytes:
    """BinHex 4.0 (RFC 1741)."""
    def crc(block):
        return struct.pack(">H", binascii.crc_hqx(block, 0))
    header = bytes([8]) + b"evil.zip" + b"\0ZIP ZIP " + struct.pack(">HII", 0, len(data), 0)
    raw = header + crc(header) + data + crc(data) + crc(b"")
    raw = raw.replace(b"\x90", b"\x90\0")
    table = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
    bits = "".join(f"{byte:08b}" for byte in raw)
    bits += "0" * (-len(bits) % 6)
    text = bytes(table[int(bits[i:i + 6], 2)] for i in range(0, len(bits), 6))
    text = b":" + text + b":"
    return b"(This file must be converted with BinHex 4.0)\r\n\r\n" + b"\r\n".join(text[i:i + 64] for i in range(0, len(text), 64)) + b"\r\n"


def tnef(data: bytes, name: bytes) -> bytes:
    """A winmail.dat with one attachment (MS-OXTNEF)."""
    def attribute(level, identity, value):
        return bytes([level]) + struct.pack("<II", identity, len(value)) + value + struct.pack("<H", sum(value) & 0xffff)
    return (struct.pack("<IH", 0x223e9f78, 1) + attribute(1, 0x00089006, struct.pack("<I", 0x10000)) + attribute(2, 0x00069002, b"\x01\0" + b"\xff" * 4 + b"\0" * 8)
            + attribute(2, 0x00018010, name + b"\0") + attribute(2, 0x0006800f, data))


def der(tag: int, content: bytes) -> bytes:
    size = len(content)
    return bytes([tag]) + (bytes([size]) if size < 128 else b"\x82" + struct.pack(">H", size)) + content


def signed_data(content: bytes, in_pieces=False) -> bytes:
    """CMS around the content (RFC 5652), without signers."""
    def content_type(number):
        return der(6, b"\x2a\x86\x48\x86\xf7\x0d\x01\x07" + bytes([number]))
    if in_pieces:
        octets = b"".join(der(4, content[i:i + 50]) for i in range(0, len(content), 50))
        octets = b"\xa0\x80\x24\x80" + octets + b"\0\0\0\0"
    else:
        octets = der(0xa0, der(4, content))
    return der(0x30, content_type(2) + der(0xa0, der(0x30, der(2, b"\1") + der(0x31, b"") + der(0x30, content_type(1) + octets) + der(0x31, b""))))


def literal(data: bytes) -> bytes:
    """A packet of OpenPGP (RFC 9580)."""
    body = b"b\x08evil.zip\0\0\0\0" + data
    return b"\xcb\xff" + struct.pack(">I", len(body)) + body


@bent(valid=True)
def signed_around(mail):
    m = mail()
    inner = Mail(m.payload, m.rng)
    entity = inner.content_type() + b"\r\n" + inner.parts()

    def sealed(content, head=b"", kind=b"application/pkcs7-mime; smime-type=signed-data; name=smime.p7m"):
        return head + b"Content-Type: " + kind + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(content).replace(b"\n", b"\r\n")

    yield "S/MIME", sealed(signed_data(entity), m.head())
    yield "in pieces", sealed(signed_data(entity, True), m.head())
    yield "of one part", sealed(signed_data(m.file()), m.head())
    yield "old name", sealed(signed_data(entity), m.head(), b"application/x-pkcs7-mime; name=smime.p7m")
    yield "a part", m.whole(body=m.parts(parts=[m.text(), sealed(signed_data(entity)) + b"\r\n"]))
    yield "twice", sealed(signed_data(sealed(signed_data(entity))), m.head())
    yield "compressed", sealed(signed_data(zlib.compress(entity)), m.head(), b"application/pkcs7-mime; smime-type=compressed-data; name=smime.p7z")
    for kind, packets in {"plain": literal(entity), "deflate": b"\xa3\1" + zlib.compress(literal(entity))[2:-4], "zlib": b"\xa3\2" + zlib.compress(literal(entity)), "bzip2": b"\xa3\3" + bz2.compress(literal(entity))}.items():
        yield f"OpenPGP, {kind}", m.whole(content_type=m.content_type().replace(b"mixed", b"encrypted"), body=m.parts(parts=[b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n", sealed(packets, b"", b"application/octet-stream; name=x.pgp") + b"\r\n"]))


@bent(valid=True)
def inside_texts(mail):
    m = mail()
    encoded = base64.b64encode(m.payload)
    folded = b"\r\n ".join(encoded[i:i + 60] for i in range(0, len(encoded), 60))
    for kind, text in {"text/html": b"<html><meta http-equiv=refresh content=\"0; url=data:application/zip;base64," + encoded + b"\"></html>", "text/html; charset=utf-8": b"<html><script>save(atob('" + encoded + b"'))</script></html>",
                       "text/calendar": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTACH;ENCODING=BASE64;VALUE=BINARY;X-FILENAME=evil.zip:" + folded + b"\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
                       "text/vcard": b"BEGIN:VCARD\r\nVERSION:3.0\r\nPHOTO;ENCODING=b:" + folded + b"\r\nEND:VCARD\r\n", "text/xml": b"<?xml version='1.0'?><a><b>" + encoded + b"</b></a>"}.items():
        yield kind, m.whole(body=m.parts(parts=[m.text(), f"Content-Type: {kind}; name=x\r\n\r\n".encode() + text + b"\r\n"]))
        yield f"{kind} in base64", m.whole(body=m.parts(parts=[m.text(), f"Content-Type: {kind}; name=x\r\nContent-Transfer-Encoding: base64\r\n\r\n".encode() + base64.encodebytes(text).replace(b"\n", b"\r\n")]))


@bent()
def messages(mail):
    m = mail()
    inner = m.head() + m.file()
    for name, (field, body) in {"base64": (b"base64", base64.encodebytes(inner).replace(b"\n", b"\r\n")), "quoted-printable": (b"quoted-printable", quopri_all(inner)), "x-uuencode": (b"x-uuencode", b"begin 644 x.eml\r\n" + uuencoded(inner) + b"`\r\nend\r\n")}.items():
        part = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: " + field + b"\r\n\r\n" + body
        yield f"encoded {name}", m.whole(body=m.parts(parts=[m.text(), part]))
        yield f"encoded top {name}", m.head() + part
        yield f"as a file {name}", m.whole(body=m.parts(parts=[m.text(), part.replace(b"message/rfc822", b"application/octet-stream; name=\"x.eml\"")]))
    yield "partial", m.whole(body=m.parts(parts=[m.text(), b"Content-Type: message/partial; id=x; number=1; total=1\r\n\r\n" + inner]))
    yield "partial top", m.head() + b"Content-Type: message/partial; id=x; number=1; total=2\r\n\r\n" + inner
    yield "external", m.whole(body=m.parts(parts=[m.text(), b"Content-Type: message/external-body; access-type=x\r\n\r\n" + m.file()]))
    yield "delivery status", m.whole(body=m.parts(parts=[m.text(), b"Content-Type: message/delivery-status\r\n\r\n" + m.file()]))
    yield "global", m.whole(body=m.parts(parts=[m.text(), b"Content-Type: message/global\r\n\r\n" + inner]))
    yield "news", m.whole(body=m.parts(parts=[m.text(), b"Content-Type: message/news\r\n\r\n" + inner]))
    yield "as text", m.whole(body=m.parts(parts=[b"Content-Type: text/plain\r\n\r\n" + inner]))
    yield "text/rfc822-headers", m.whole(body=m.parts(parts=[m.text(), b"Content-Type: text/rfc822-headers\r\n\r\n" + inner]))
    deep = inner
    for _ in range(12):
        deep = m.head() + b"Content-Type: message/rfc822\r\n\r\n" + deep
    yield "twelve deep", deep
    yield "bounce", m.head() + b"\r\nThis mail could not be delivered:\r\n\r\n------ This is a copy of the message. ------\r\n\r\n" + inner
    bent_inner = Mail(m.payload, m.rng)
    bent_inner_message = bent_inner.whole(content_type=f"Content-Type: multipart/mixed; boundary={bent_inner.other}; boundary={bent_inner.boundary}\r\n".encode())
    yield "bent inside base64", m.whole(body=m.parts(parts=[m.text(), b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(bent_inner_message).replace(b"\n", b"\r\n")]))
    yield "bent inside", m.whole(body=m.parts(parts=[m.text(), b"Content-Type: message/rfc822\r\n\r\n" + bent_inner_message]))


def mails(payload: bytes, seed: int):
    """All mails of one seed: (name, valid, message)."""
    for function, valid in CLASSES:
        rng = random.Random(f"{seed}/{function.__name__}")
        for name, message in function(lambda: Mail(payload, rng)):
            yield f"{function.__name__}: {name}", valid, message
