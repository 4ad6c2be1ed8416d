"""A mail as a person reads it."""
import email
import email.policy
import unicodedata


def parse(mail: bytes):
    return email.message_from_bytes(mail, policy=email.policy.default)


def text_of(mail: bytes) -> str:
    """The text a reader shows first, with LF line ends; "" if there is none."""
    body = parse(mail).get_body(preferencelist=("plain", "html"))
    return body.get_content().replace("\r\n", "\n") if body else ""


def attachments_of(mail: bytes) -> dict[str, bytes]:
    return {part.get_filename() or "": part.get_payload(decode=True) or b"" for part in parse(mail).iter_attachments()}


def readable(mail: bytes, headers=("From", "To", "Reply-To", "Subject", "X-Virus-Status", "X-Virus-Report")) -> str:
    """The named headers decoded, the text, and a line per attachment, in a frame."""
    message = parse(mail)
    lines = [f"{name}: {value}" for name in headers for value in message.get_all(name, [])]
    lines += ["", *text_of(mail).rstrip("\n").split("\n")]
    lines += [f"[{name}, {len(content):,} bytes]" for name, content in attachments_of(mail).items()]
    edge = "─" * min(max(map(_width, lines)) + 2, 100)
    shown = "\n".join("│ " + "".join(c for c in line if c == "\t" or not unicodedata.category(c).startswith("C"))
                      for line in lines)
    return f"┌{edge}\n{shown}\n└{edge}"


def _width(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
