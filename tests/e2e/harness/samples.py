"""Sample messages. EICAR's test file stands nowhere as a whole: a virus scanner would take the source away."""
import email.message
import email.policy
import io
import pathlib
import zipfile


def eicar() -> bytes:
    """The 68 bytes of the EICAR test file."""
    return b"X5O!P%@AP[4\\PZX54(P^)7CC)7}" + b"$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"


def eicar_signature(folder) -> pathlib.Path:
    """Writes a signature file (.ndb) that finds eicar() as Eicar-Signature, and nothing else."""
    file = pathlib.Path(folder, "eicar.ndb")
    file.write_text(f"Eicar-Signature:0:*:{eicar().hex()}\n")
    return file


def zip_of(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def eicar_zip(name="eicar.com") -> bytes:
    return zip_of({name: eicar()})


def mail_with(attachments: dict[str, bytes] | None = None, text="こんにちは。\n", subject="Test",
              sender="sender@sender.example", recipient="info@customer.example", html=None, charset="utf-8") -> bytes:
    """A well-formed message with CRLF line ends."""
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = sender, recipient, subject
    message["Date"] = "Sat, 21 Nov 2026 12:00:00 +0900"
    message["Message-ID"] = "<1@sender.example>"
    message.set_content(text, charset=charset)
    if html is not None:
        message.add_alternative(html, subtype="html", charset=charset)
    for name, content in (attachments or {}).items():
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()
