"""A Maildir as next hop: whatever its disk does, nothing with a 250 is missing in new/, and nothing half-written stands
there."""
import os
import pathlib
import random
import shutil
import threading

from harness import *


class Maildir(ServerTest):
    def relay(self, **arguments):
        return self.start(Scanrelay(self.folder, **arguments))

    def send(self, relay, data):
        with SmtpClient(relay.port, timeout=60) as client:
            client.hello()
            return client.send_mail(data)

    def files(self, maildir):
        return {part: os.listdir(pathlib.Path(maildir, part)) for part in ("tmp", "new")}

    def test_a_full_disk_is_452_and_leaves_nothing_behind(self):
        relay = Scanrelay(self.folder)
        relay.maildir.mkdir()
        relay.arguments = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=64k none "$0" && exec "$@"',
                           str(relay.maildir), *relay.arguments]
        try:
            self.start(relay)
        except ServerFailed as failure:
            if "unshare" in str(failure) or "mount:" in str(failure):
                self.skipTest("no right to mount")
            raise
        inside = pathlib.Path(f"/proc/{relay.pid}/root{relay.maildir}")
        large = mail_with({"noise.bin": random.Random(1).randbytes(200_000)})
        for _ in range(3):
            self.assertEqual(self.send(relay, large)[0][:9], "452 4.3.1")
            self.assertEqual(self.files(inside), {"tmp": [], "new": []})
        self.assertEqual(code(self.send(relay, mail_with())), 250)
        sent = 1
        while code(reply := self.send(relay, mail_with(text=f"{sent}" + "x" * 900 + "\n"))) == 250:
            sent += 1
            self.assertLess(sent, 200)
        self.assertEqual(reply[0][:9], "452 4.3.1")
        mails = [file.read_bytes() for file in (inside / "new").iterdir()]
        self.assertEqual(len(mails), sent)
        self.assertEqual([mail for mail in mails if not mail.endswith(("こんにちは。\n".encode(), b"x\n"))], [])
        self.assertEqual(self.files(inside)["tmp"], [])

    def test_a_missing_folder_is_451_until_it_is_back(self):
        relay = self.relay()
        for part in ("new", "tmp"):
            (relay.maildir / part).rename(relay.maildir / "away")
            self.assertEqual(self.send(relay, mail_with())[0][:9], "451 4.4.1")
            (relay.maildir / "away").rename(relay.maildir / part)
            self.assertEqual(self.files(relay.maildir)["tmp"], [])
            before = len(self.files(relay.maildir)["new"])
            self.assertEqual(code(self.send(relay, mail_with())), 250)
            self.assertEqual(len(self.files(relay.maildir)["new"]), before + 1)

    def test_no_right_to_write_is_451(self):
        settings = {}
        if os.geteuid() == 0:
            settings = {"process": {"user": "nobody"}}
            self.folder.chmod(0o755)
            maildir = self.folder / "Maildir"
            for part in (maildir, *(maildir / part for part in ("tmp", "new", "cur"))):
                part.mkdir()
                shutil.chown(part, "nobody")
        relay = self.relay(settings=settings)
        for part in ("new", "tmp"):
            (relay.maildir / part).chmod(0o500)
            self.assertEqual(self.send(relay, mail_with())[0][:9], "451 4.4.1")
            (relay.maildir / part).chmod(0o700)
            self.assertEqual(self.files(relay.maildir), {"tmp": [], "new": self.files(relay.maildir)["new"]})
        self.assertEqual(code(self.send(relay, mail_with())), 250)
        self.assertEqual(len(self.files(relay.maildir)["new"]), 1)

    def test_killed_at_any_time_no_mail_in_new_is_cut(self):
        relay = self.relay(workers=2)
        stopping, sent, accepted, lock = threading.Event(), {}, [], threading.Lock()

        def send_all(client):
            for number in range(10_000):
                if stopping.is_set():
                    return
                name = f"{client}-{number}"
                sent[name] = mail_with({"noise.bin": random.Random(name).randbytes(100_000)}, subject=f"mail {name}.")
                try:
                    reply = self.send(relay, sent[name])
                except (OSError, EOFError):
                    continue
                if code(reply) == 250:
                    with lock:
                        accepted.append(name)
        threads = [threading.Thread(target=send_all, args=(client,), daemon=True) for client in range(3)]
        for thread in threads:
            thread.start()
        for _ in range(5):
            goal = len(accepted) + 5
            wait_until(lambda: len(accepted) >= goal, 120, "mails accepted")
            kill(child(relay.pid, "sr-front"))
        stopping.set()
        for thread in threads:
            thread.join(120)
        mails = {}
        for file in (relay.maildir / "new").iterdir():
            mail = file.read_bytes()
            name = mail.partition(b"Subject: mail ")[2].partition(b".")[0].decode()
            # Below the lines on top, what was sent, whole.
            self.assertTrue(mail.endswith(sent[name].replace(b"\r\n", b"\n")), file)
            mails.setdefault(name, []).append(file)
        self.assertEqual([name for name in accepted if name not in mails], [])


if __name__ == "__main__":
    main()
