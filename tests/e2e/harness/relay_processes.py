"""The processes of a running scanrelay, for tests that look at them or end them."""
import io
import os
import pathlib
import re
import signal
import zipfile

from harness.process import wait_until
from harness.samples import zip_of


def status_of(pid) -> dict[str, str]:
    """/proc/PID/status."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def children(pid) -> dict[int, str]:
    """pid -> comm of the processes below."""
    found = {}
    for entry in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            text = entry.read_text()
        except OSError:
            continue
        comm, rest = text[text.index("(") + 1:text.rindex(")")], text[text.rindex(")") + 2:].split()
        if int(rest[1]) == pid and rest[0] != "Z":
            found[int(entry.parent.name)] = comm
    return found


def child(pid, name) -> int:
    """The one with that comm; the newest if there are more."""
    return wait_until(lambda: max((each for each, comm in children(pid).items() if comm == name), default=0), what=name)


def proportional_kilobytes(pid):
    """Shared pages divided by those who share them; 0 for a process that has just ended."""
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1))


def workers(pid) -> list[int]:
    """Those of the newest engine."""
    engines = [each for each, comm in children(pid).items() if comm == "sr-engine"]
    return sorted(children(max(engines))) if engines else []


def busy_worker(pid) -> int:
    """One that is scanning: it uses up time of the processor."""
    def ticks(worker):
        try:
            return sum(map(int, pathlib.Path(f"/proc/{worker}/stat").read_text().rsplit(")", 1)[1].split()[11:13]))
        except OSError:
            return 0
    before = {worker: ticks(worker) for worker in workers(pid)}
    return wait_until(lambda: next((worker for worker in workers(pid) if ticks(worker) > before.get(worker, 0) + 10), 0),
                      60, "a worker at work")


def kill(pid, number=signal.SIGKILL):
    os.kill(pid, number)


def slow_zip(files=4) -> bytes:
    """Small to send; takes libclamav a fifth to half a second a file."""
    return zip_of({f"{number}.txt": b"some text that takes its time " * 3_000_000 for number in range(files)})


def slow_attachments(count=6) -> dict[str, bytes]:
    """Takes libclamav many seconds on any machine: each file anew, where one alone stops at its limit of bytes."""
    attachments = {}
    for number in range(count):
        archive = io.BytesIO(attachments["slow0.zip"] if number else slow_zip())
        with zipfile.ZipFile(archive, "a") as opened:
            opened.comment = str(number).encode()
        attachments[f"slow{number}.zip"] = archive.getvalue()
    return attachments
