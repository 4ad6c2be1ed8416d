"""Reading a Maildir."""
import pathlib

from harness.process import wait_until


def read_maildir(folder) -> list[bytes]:
    """The messages in new/ and cur/, oldest first, as they lie there."""
    files = [file for part in ("new", "cur") for file in pathlib.Path(folder, part).glob("*")]
    return [file.read_bytes() for file in sorted(files, key=lambda file: (file.stat().st_mtime_ns, file.name))]


def wait_for_mail(folder, count=1, seconds=60.0) -> list[bytes]:
    """As read_maildir(), once there are at least `count`."""
    return wait_until(lambda: len(mails := read_maildir(folder)) >= count and mails, seconds,
                      f"{count} mails in {folder}")
