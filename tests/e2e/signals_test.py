"""Signals at any time: in the first moment of a start, many at once, during a reload, of children that did not end."""
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time

from harness import *


class Fifo:
    """A configuration file that a process waits for, until write(): a moment of its start that can be held."""

    def __init__(self, path):
        self.path, self.text = path, path.read_text()
        path.unlink()
        os.mkfifo(path)

    def wait_for_reader(self):
        self.writer = open(self.path, "w")

    def write(self):
        """Who reads it a second time finds a file."""
        os.unlink(self.path)
        self.path.write_text(self.text)
        self.writer.write(self.text)
        self.writer.close()


class RelaySignals(ServerTest):
    def relay(self, **arguments):
        self.sink = self.start(SmtpSink())
        self.scanrelay = Scanrelay(self.folder, next_hop=self.sink.url(), **arguments)
        return self.scanrelay

    def begin(self, relay):
        """Starts it without waiting for it."""
        log = open(relay.log_file, "ab")
        relay.process = subprocess.Popen(relay.arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                         env={**os.environ, **relay.env}, start_new_session=True)
        self._servers.append(relay)
        log.close()

    def is_ready(self):
        return "ready" in self.scanrelay.log_file.read_text().splitlines()

    def engines(self):
        return [pid for pid, comm in children(self.scanrelay.pid).items() if comm == "sr-engine"]

    def send(self, data=None):
        with SmtpClient(self.scanrelay.port) as client:
            client.hello()
            return code(client.send_mail(data or mail_with()))

    def test_a_hangup_before_the_configuration_was_read(self):
        relay = self.relay()
        config = Fifo(relay.config)
        self.begin(relay)
        config.wait_for_reader()
        relay.signal(signal.SIGHUP)
        config.write()
        wait_until(lambda: self.is_ready() or not relay.running(), what="ready")
        self.assertTrue(relay.running(), relay.log())
        self.assertEqual(self.send(), 250)
        wait_until(lambda: " reload " in relay.log(), what="the reload")

    def test_an_end_before_the_configuration_was_read(self):
        relay = self.relay()
        config = Fifo(relay.config)
        self.begin(relay)
        config.wait_for_reader()
        relay.signal(signal.SIGTERM)
        config.write()
        self.assertEqual(relay.process.wait(60), 0)
        self.assertEqual(os.listdir(relay.temporary), [])

    def test_ended_at_any_time_of_its_start_it_leaves_nothing(self):
        relay = self.relay(workers=2)
        chance = random.Random(1)
        for _ in range(10):
            self.begin(relay)
            wait_until(lambda: not relay.running() or os.listdir(relay.temporary), what="its folder")
            time.sleep(chance.uniform(0, 0.3))
            relay.signal(chance.choice([signal.SIGTERM, signal.SIGINT]))
            self.assertEqual(relay.process.wait(60), 0)
            self.assertEqual(os.listdir(relay.temporary), [])

    def test_many_hangups_are_one_reload_at_a_time(self):
        signatures = self.folder / "many.ndb"
        chance = random.Random(1)
        signatures.write_text("".join(f"Many-{n}:0:*:{chance.randbytes(20).hex()}\n" for n in range(30_000)))
        relay = self.start(self.relay(workers=2, databases=[signatures]))
        stopping, refused = threading.Event(), []

        def send_all():
            while not stopping.is_set():
                if self.send() != 250:
                    refused.append(time.time())
        sender = threading.Thread(target=send_all, daemon=True)
        sender.start()
        most = 0
        for _ in range(100):
            relay.signal(signal.SIGHUP)
            most = max(most, len(self.engines()))
            time.sleep(0.01)
        wait_until(lambda: len(self.engines()) == 1 and relay.log().count("engine serves") > 1, what="the last reload")
        stopping.set()
        sender.join(60)
        self.assertEqual(refused, [])
        # One serves, one loads, and those before may need a moment to end; in memory they are a gigabyte each.
        self.assertLess(most, 10)

    def test_a_hangup_during_a_reload_has_the_last_word(self):
        relay = self.start(self.relay())
        text = relay.config.read_text()
        fresh = self.folder / "fresh.toml"
        for size in range(1001, 1011):
            fresh.write_text(text.replace("[smtp]", f"[smtp]\nmax_message_bytes = {size}"))
            fresh.replace(relay.config)
            relay.signal(signal.SIGHUP)

        def offered():
            try:
                with SmtpClient(relay.port) as client:
                    return client.hello()
            except (OSError, EOFError):  # a front that drains lets go of who waits
                return []
        wait_until(lambda: "250-SIZE 1010" in offered(), what="the last configuration")

    def test_an_end_during_a_reload(self):
        relay = self.start(self.relay())
        for end in (signal.SIGTERM, signal.SIGINT):
            for _ in range(5):
                relay.signal(signal.SIGHUP)
            relay.signal(end)
            relay.signal(signal.SIGHUP)
            self.assertEqual(relay.process.wait(60), 0, relay.log())
            self.assertEqual(os.listdir(relay.temporary), [])
            relay.start()

    def test_children_that_did_not_end(self):
        relay = self.start(self.relay(workers=2))
        everyone = {**children(relay.pid), **children(child(relay.pid, "sr-engine"))}
        for _ in range(500):
            for pid in (relay.pid, *everyone):
                os.kill(pid, signal.SIGCHLD)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # a terminal sends them to the whole group
            for pid in everyone:
                os.kill(pid, number)
        self.assertEqual(self.send(mail_with({"x.com": eicar()})), 250)
        self.assertEqual({**children(relay.pid), **children(child(relay.pid, "sr-engine"))}, everyone)


class FormMailSignals(ServerTest):
    def formmail(self, *listen):
        formmail = FormMail(self.folder, 1)
        if listen:
            formmail.arguments[formmail.arguments.index("--listen") + 1] = listen[0]
            formmail.ready_path, formmail.ready_line = None, None
        return formmail

    def test_a_signal_before_the_configuration_was_read(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            formmail = self.formmail()
            config = Fifo(formmail.config)
            formmail.process = subprocess.Popen(formmail.arguments, stderr=subprocess.PIPE)
            config.wait_for_reader()
            formmail.signal(number)
            config.write()
            _, errors = formmail.process.communicate(timeout=60)
            self.assertEqual((formmail.process.returncode, b"error" in errors), (0, False), errors)

    def test_it_tells_where_it_listens_on_every_address_of_a_name(self):
        formmail = self.start(self.formmail("localhost:0"))
        expected = {found[4][0] for found in socket.getaddrinfo("localhost", 0, type=socket.SOCK_STREAM)}

        def told():
            return re.findall(r" listens address=\[?([\d.:a-f]+?)\]?:(\d+)\n", formmail.log())
        wait_until(lambda: {host for host, _ in told()} == expected, what="its addresses in the log")
        for host, port in told():
            request = {"REQUEST_METHOD": "GET", "SERVER_NAME": "www.customer.example", "HTTP_HOST": "www.customer.example",
                       "SCRIPT_NAME": "/freecgi/FormMail/index.cgi", "REQUEST_URI": "/freecgi/FormMail/index.cgi"}
            address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            if ":" in host:
                socket.create_connection((host, int(port)), 60).close()  # cgi-fcgi knows no IPv6
                continue
            answer = run(["cgi-fcgi", "-bind", "-connect", address], env=request)
            self.assertIn(b"Status: 405", answer.stdout)
        self.assertEqual(formmail.stop(), 0)


if __name__ == "__main__":
    main()
