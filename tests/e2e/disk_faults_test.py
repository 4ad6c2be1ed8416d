"""Disks and memory that fail: the kernel itself refuses the call, by a seccomp filter or a real device. Whoever hears 250 has
it on the disk; all else is 4xx, and nothing half-written stands in new/."""
import ctypes
import errno
import os
import random
import resource
import shutil
import subprocess

from harness import *

INFECTED = mail_with({"x.zip": eicar_zip()})
ALLOW, ERRNO = 0x7fff0000, 0x00050000


def refuse(calls, error):
    """To be called in the child: these system calls fail from now on."""
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(ALLOW))
    for call in calls:
        number = seccomp.seccomp_syscall_resolve_name(call.encode())
        if seccomp.seccomp_rule_add(context, ERRNO | error, number, 0) != 0:
            os._exit(98)
    if seccomp.seccomp_load(context) != 0:
        os._exit(99)


class RefusedCalls(ServerTest):
    def send(self, relay, data=None):
        with SmtpClient(relay.port, timeout=60) as client:
            client.hello()
            return client.send_mail(data or mail_with())

    def files(self, maildir):
        return {part: os.listdir(maildir / part) for part in ("tmp", "new")}

    def relay_refused(self, calls, error, **arguments):
        relay = Scanrelay(self.folder, **arguments)
        inside = self.folder / "inside.py"
        inside.write_text("import os, sys\n"
                          f"sys.path.insert(0, {str(ROOT / 'tests' / 'e2e')!r})\n"
                          "from disk_faults_test import refuse\n"
                          f"refuse({calls!r}, {error})\n"
                          "os.execvp(sys.argv[1], sys.argv[1:])\n")
        relay.arguments = ["setpriv", "--no-new-privs", "python3", str(inside), *relay.arguments]
        return self.start(relay)

    def test_a_maildir_whose_disk_fails_is_4xx_and_holds_nothing(self):
        sync, link = ["fsync", "fdatasync"], ["linkat", "link"]
        for calls, error, expected in [(sync, errno.EIO, "451 4.4.1"), (sync, errno.ENOSPC, "452 4.3.1"),
                                       (sync, errno.EDQUOT, "452 4.3.1"), (link, errno.EDQUOT, "452 4.3.1"),
                                       (link, errno.EIO, "451 4.4.1"), (link, errno.EROFS, "451 4.4.1")]:
            with self.subTest(calls=calls, error=errno.errorcode[error]):
                relay = self.relay_refused(calls, error)
                for data in (mail_with(), INFECTED, mail_with({"noise.bin": random.Random(1).randbytes(300_000)})):
                    self.assertEqual(self.send(relay, data)[0][:9], expected)
                    self.assertEqual(self.files(relay.maildir), {"tmp": [], "new": []})
                self.assertEqual(relay.stop(), 0)
        relay = self.start(Scanrelay(self.folder))
        self.assertEqual(code(self.send(relay)), 250)

    def test_a_quarantine_whose_disk_fails_holds_no_mail_up_and_nothing_half_written(self):
        sink = self.start(SmtpSink())
        quarantine = self.folder / "quarantine"
        settings = {"quarantine": {"directory": str(quarantine)}}
        for calls, error in [(["fsync"], errno.EIO), (["fsync"], errno.EDQUOT),
                             (["rename", "renameat", "renameat2"], errno.EDQUOT)]:
            with self.subTest(calls=calls, error=errno.errorcode[error]):
                relay = self.relay_refused(calls, error, next_hop=sink.url(), settings=settings)
                self.assertEqual(code(self.send(relay, INFECTED)), 250)
                self.assertIn(b"X-Virus-Status: removed", sink.accepted[-1].data)
                self.assertIn("quarantine failed", relay.log())
                self.assertEqual(self.files(quarantine), {"tmp": [], "new": []})
                relay.stop()

    def test_no_memory_file_is_452_and_the_session_goes_on(self):
        relay = self.relay_refused(["memfd_create"], errno.ENOMEM)
        with SmtpClient(relay.port, timeout=60) as client:
            client.hello()
            for _ in range(2):
                self.assertEqual(client.send_mail(mail_with())[0][:9], "452 4.3.1")
                self.assertEqual(code(client.command("RSET")), 250)
        self.assertEqual(os.listdir(relay.maildir / "new"), [])

    def test_a_limit_on_the_size_of_files_ends_no_process(self):
        relay = self.start(Scanrelay(self.folder))
        front = child(relay.pid, "sr-front")
        resource.prlimit(front, resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
        large = mail_with({"noise.bin": random.Random(1).randbytes(200_000)})
        with SmtpClient(relay.port, timeout=60) as client:
            client.hello()
            self.assertEqual(client.send_mail(large)[0][:9], "452 4.3.1")
            self.assertEqual(code(client.send_mail(mail_with())), 250)
        self.assertEqual(child(relay.pid, "sr-front"), front)
        self.assertEqual(len(os.listdir(relay.maildir / "new")), 1)


class FailingDevice(ServerTest):
    """ext4 on a file that has less room behind it than it seems: writing fails when it is written back, as on a thin volume."""

    def mount(self, *arguments):
        done = subprocess.run(["mount", *map(str, arguments)], capture_output=True)
        if done.returncode != 0:
            self.skipTest(f"can't mount here: {done.stderr.decode()}")
        self.addCleanup(subprocess.run, ["umount", "--lazy", arguments[-1]], capture_output=True)

    def test_what_was_accepted_is_on_the_disk_and_all_else_is_4xx(self):
        if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
            self.skipTest("needs root and mkfs.ext4")
        thin, maildir, after = (self.folder / name for name in ("thin", "Maildir", "after"))
        for folder in (thin, maildir, after):
            folder.mkdir()
        self.mount("-t", "tmpfs", "-o", "size=12m", "none", thin)
        image = thin / "image"
        with open(image, "wb") as file:
            file.truncate(64 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-J", "size=4", image], check=True, capture_output=True)
        self.mount("-o", "loop,errors=continue", image, maildir)
        relay = self.start(Scanrelay(self.folder))
        accepted, replies = [], []
        for number in range(60):
            data = mail_with({"noise.bin": random.Random(number).randbytes(200_000)}, subject=f"mail {number}.")
            with SmtpClient(relay.port, timeout=60) as client:
                client.hello()
                replies.append(client.send_mail(data))
            if code(replies[-1]) == 250:
                accepted.append(data.replace(b"\r\n", b"\n"))
        self.assertGreater(len(accepted), 3)
        self.assertLess(len(accepted), 60)
        self.assertEqual({code(reply) // 100 for reply in replies}, {2, 4})
        relay.stop()
        # As after a power failure: what the device has, whatever the kernel still remembers.
        crashed = self.folder / "crashed"
        subprocess.run(["cp", "--sparse=always", image, crashed], check=True)
        self.mount("-o", "loop", crashed, after)
        mails = [file.read_bytes() for file in (after / "new").iterdir()]
        missing = [data[:300] for data in accepted if not any(mail.endswith(data) for mail in mails)]
        self.assertEqual(missing, [])
        self.assertEqual([mail[:300] for mail in mails if not any(mail.endswith(data) for data in accepted)], [])


if __name__ == "__main__":
    main()
