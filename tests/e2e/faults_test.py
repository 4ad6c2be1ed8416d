"""Faults inside scanrelay, with a next hop that counts: nothing with a 250 is missing there, nothing infected and
nothing cut arrives."""
import base64
import hashlib
import random
import re
import signal
import threading
import time

from harness import *


class Load:
    """Clients that send messages, each until it has its 250, as a mail server would, or is set aside in a quarantine."""

    def __init__(self, port, clients=4, quarantine=None):
        self.port, self.stopping, self.lock = port, threading.Event(), threading.Lock()
        self.quarantine = quarantine
        self.accepted: dict[str, bool] = {}  # id -> infected
        self.refused, self.slowest = [], 0.0
        self.threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(clients)]
        for thread in self.threads:
            thread.start()

    def _run(self, client):
        chance, number = random.Random(client), 0
        while not self.stopping.is_set():
            number += 1
            name, infected = f"{client}-{number}", chance.random() < 0.2
            noise = chance.randbytes(chance.randrange(1, 30_000))
            files = {"noise.bin": noise, **({"x.com": eicar()} if infected else {})}
            message = mail_with(files, subject=f"load {name} {hashlib.sha256(noise).hexdigest()}")
            while not (accepted := self._send(message)) and not self._is_set_aside(message):
                time.sleep(0.05)
            if accepted:
                with self.lock:
                    self.accepted[name] = infected

    def _send(self, message):
        start = time.monotonic()
        try:
            with SmtpClient(self.port) as connection:
                connection.hello()
                reply = connection.send_mail(message)
        except (OSError, EOFError):
            return False
        with self.lock:
            self.slowest = max(self.slowest, time.monotonic() - start)
            if code(reply) != 250:
                self.refused.append(reply[-1])
        return code(reply) == 250

    def _is_set_aside(self, message):
        return self.quarantine is not None and any(
            file.read_bytes().endswith(message) for file in (self.quarantine / "new").iterdir())

    def wait_for(self, count, seconds=60):
        """Until so many more are accepted."""
        goal = len(self.accepted) + count
        wait_until(lambda: len(self.accepted) >= goal, seconds, f"{count} more mails accepted")

    def stop(self):
        self.stopping.set()
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive()


class Faults(ServerTest):
    def relay(self, **arguments):
        self.sink = self.start(SmtpSink())
        self.signatures = self.folder / "signatures"
        self.signatures.mkdir()
        eicar_signature(self.signatures)
        self.scanrelay = Scanrelay(self.folder, next_hop=self.sink.url(), databases=[self.signatures], **arguments)
        return self.scanrelay

    def send(self, data, **arguments):
        with SmtpClient(self.scanrelay.port, timeout=60) as client:
            client.hello()
            return client.send_mail(data, **arguments)

    def send_beside(self, data):
        """In a thread of its own; the result's [0] is the reply, once it is there."""
        result = []
        thread = threading.Thread(target=lambda: result.append(self.send(data)), daemon=True)
        thread.start()
        self.addCleanup(thread.join, 60)
        return result

    def check_what_arrived(self, load):
        """Every accepted message is there, whole, and without what was infected in it."""
        self.assertGreater(len(load.accepted), 0)
        arrived = {}
        for message in self.sink.accepted:
            name, digest = re.search(rb"^Subject: load (\S+) +(\S+)", message.data.replace(b"\r\n ", b" "), re.M).groups()
            arrived[name.decode()] = message.data
            self.assertNotIn(eicar(), message.data)
            part = re.search(rb'filename="noise\.bin".*?\r\n\r\n(.*?)\r\n--', message.data, re.S).group(1)
            self.assertEqual(hashlib.sha256(base64.b64decode(part)).hexdigest().encode(), digest, "cut or altered")
        for name, infected in load.accepted.items():
            self.assertIn(name, arrived, "accepted and not there")
            status = re.search(rb"^X-Virus-Status: (\w+)", arrived[name], re.M).group(1)
            self.assertEqual(status, b"removed" if infected else b"clean")

    def test_worker_killed_in_a_scan(self):
        relay = self.start(self.relay(workers=2))
        message = mail_with({"slow.zip": slow_zip(), "x.com": eicar()})
        result = self.send_beside(message)
        kill(busy_worker(relay.pid))
        wait_until(lambda: result, what="reply")
        self.assertEqual(code(result[0]), 451)
        self.assertEqual(self.sink.accepted, [])
        self.assertEqual(code(self.send(message)), 250)
        self.assertIn(b"X-Virus-Status: removed", self.sink.accepted[0].data)

    def test_message_that_ends_its_worker_twice_is_set_aside(self):
        relay = self.start(self.relay(workers=1, settings={"quarantine": {"directory": str(self.folder / "q")}}))
        message = mail_with({"slow.zip": slow_zip()})
        for attempt in range(2):
            result = self.send_beside(b"Received: attempt %d\r\n" % attempt + message)
            kill(busy_worker(relay.pid), signal.SIGSEGV)
            wait_until(lambda: result, what="reply")
            self.assertEqual(code(result[0]), 451)
        wait_until(lambda: workers(relay.pid), what="a new worker")
        before = workers(relay.pid)
        self.assertEqual(code(self.send(message)), 451)
        self.assertEqual(workers(relay.pid), before)
        self.assertEqual(code(self.send(mail_with())), 250)
        self.assertEqual(len(self.sink.accepted), 1)
        kept = [file.read_bytes() for file in (self.folder / "q" / "new").iterdir()]
        self.assertTrue(any(mail.endswith(message) for mail in kept))

    def test_engine_killed_in_a_scan(self):
        relay = self.start(self.relay(workers=2))
        for number in range(3):  # an engine's end says nothing of the message: it never counts against it
            result = self.send_beside(mail_with({"slow.zip": slow_zip(), "x.com": eicar()}))
            busy_worker(relay.pid)
            kill(child(relay.pid, "sr-engine"))
            wait_until(lambda: result, 30, "reply")
            self.assertEqual(code(result[0]), 250)
            self.assertEqual(len(self.sink.accepted), number + 1)
        for message in self.sink.accepted:
            self.assertIn(b"X-Virus-Status: removed", message.data)

    def test_worker_that_hangs_is_ended_from_outside(self):
        relay = self.start(self.relay(workers=1, settings={"scanner": {"timeout_seconds": 1}}))
        victim = workers(relay.pid)[0]
        kill(victim, signal.SIGSTOP)
        self.assertEqual(code(self.send(mail_with())), 451)
        wait_until(lambda: victim not in workers(relay.pid), what="worker gone")
        self.assertEqual(code(self.send(mail_with(text="another\n"))), 250)

    def test_scan_past_its_time(self):
        relay = self.start(self.relay(workers=1, settings={"scanner": {"timeout_seconds": 1}}))
        victim = workers(relay.pid)[0]
        self.assertEqual(code(self.send(mail_with({**slow_attachments(), "x.com": eicar()}))), 451)
        self.assertEqual(self.sink.accepted, [])
        self.assertEqual(code(self.send(mail_with())), 250)
        self.assertNotIn(victim, workers(relay.pid))

    def test_memory_limit(self):
        relay = self.relay(workers=1, settings={"scanner": {"worker_memory_bytes": 64 << 20}})
        self.start(relay)
        bomb = zip_of({"big.txt": b"x" * 90_000_000})
        self.assertEqual(code(self.send(mail_with({"bomb.zip": bomb, "x.com": eicar()}))), 451)
        self.assertEqual(self.sink.accepted, [])
        self.assertEqual(code(self.send(mail_with({"x.com": eicar()}))), 250)
        self.assertIn(b"X-Virus-Status: removed", self.sink.accepted[0].data)

    def test_temporary_folder_full(self):
        relay = self.relay(workers=1)
        relay.arguments = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs -o size=200k none "$TMPDIR" && exec "$@"',
                           "sh", *relay.arguments]
        try:
            self.start(relay)
        except ServerFailed as failure:
            if "unshare" in str(failure) or "mount:" in str(failure):
                self.skipTest("no right to mount")
            raise
        packed = mail_with({"x.zip": zip_of({"pad": bytes(2_000_000), "x.com": eicar()})})
        self.assertEqual(code(self.send(packed)), 451)
        self.assertEqual(self.sink.accepted, [])
        self.assertEqual(code(self.send(mail_with({"x.com": eicar()}))), 250)

    def test_front_killed_under_load(self):
        relay = self.start(self.relay(workers=2))
        load = Load(relay.port)
        for _ in range(4):
            load.wait_for(15)
            kill(child(relay.pid, "sr-front"))
        load.wait_for(15)
        load.stop()
        self.check_what_arrived(load)

    def test_workers_and_engines_killed_under_load(self):
        kept = self.folder / "q"
        relay = self.start(self.relay(workers=2, settings={"quarantine": {"directory": str(kept)}}))
        load = Load(relay.port, quarantine=kept)
        for number in range(10):
            load.wait_for(8)
            victims = workers(relay.pid) if number % 3 else [child(relay.pid, "sr-engine")]
            if victims:
                try:
                    kill(victims[0])
                except ProcessLookupError:
                    pass
        load.wait_for(15)
        load.stop()
        self.check_what_arrived(load)

    def test_signatures_replaced_under_load(self):
        relay = self.start(self.relay(workers=2))
        load = Load(relay.port)
        file = self.signatures / "more.ndb"
        for number in range(1, 3):
            load.wait_for(15)
            file.write_text("broken\n")
            relay.signal(signal.SIGHUP)
            wait_until(lambda: relay.log().count("engine refused") == number, what="refusal in the log")
            load.wait_for(15)
            file.write_text(f"Other:0:*:{b'never seen text'.hex()}{number:02x}\n")
            relay.signal(signal.SIGHUP)
            wait_until(lambda: relay.log().count("engine serves") == number + 1, what="new engine in the log")
        load.wait_for(60)
        load.stop()
        self.assertEqual(load.refused, [])
        self.check_what_arrived(load)


if __name__ == "__main__":
    main()
