"""scanrelay's processes: who is there, what each may do, and that nothing is lost when one of them ends."""
import errno
import os
import pathlib
import pwd
import random
import re
import signal
import socket
import time

from harness import *


class RelayTest(ServerTest):
    def relay(self, **settings):
        self.sink = self.start(SmtpSink())
        self.scanrelay = self.start(Scanrelay(self.folder, next_hop=self.sink.url(), **settings))
        return self.scanrelay

    def child(self, name):
        return child(self.scanrelay.pid, name)

    def workers(self):
        return workers(self.scanrelay.pid)

    def send(self, data=None):
        with SmtpClient(self.scanrelay.port) as client:
            client.hello()
            return client.send_mail(data or mail_with())

    def send_until_accepted(self, data, seconds=30):
        """As a mail server does: again after every temporary failure."""
        def attempt():
            try:
                return code(self.send(data)) == 250
            except (OSError, EOFError):
                return False
        wait_until(attempt, seconds, "mail accepted", interval=0.1)


class Processes(RelayTest):
    def test_names_and_tree(self):
        relay = self.relay(workers=3)
        self.assertEqual(status_of(relay.pid)["Name"], "scanrelay")
        self.assertEqual(sorted(children(relay.pid).values()), ["sr-engine", "sr-front"])
        self.assertEqual(set(children(self.child("sr-engine")).values()), {"sr-worker"})
        self.assertEqual(len(self.workers()), 3)

    def test_workers_are_jailed_before_they_see_mail(self):
        self.relay(workers=2)
        for pid in self.workers():
            status = status_of(pid)
            self.assertEqual((status["NoNewPrivs"], status["Seccomp"], status["CapEff"].strip("0")), ("1", "2", ""))
            files = sorted(os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd"))
            sockets = [file for file in files if file.startswith("socket:")]
            self.assertEqual(len(sockets), 1)
            self.assertEqual(set(files) - set(sockets), {"/dev/null", str(self.scanrelay.log_file)})

    def test_nobody_can_gain_rights(self):
        relay = self.relay()
        front, engine = self.child("sr-front"), self.child("sr-engine")
        for pid in (relay.pid, front, engine):
            self.assertEqual(status_of(pid)["NoNewPrivs"], "1")
        self.assertEqual(status_of(front)["Seccomp"], "2")
        self.assertEqual(int(status_of(engine)["CapEff"], 16), 0)
        administer = 1 << 21  # CAP_SYS_ADMIN
        self.assertEqual(int(status_of(relay.pid)["CapPrm"], 16) & administer, 0)

    def test_started_as_root_all_but_the_supervisor_run_as_the_user(self):
        if os.getuid() != 0:
            self.skipTest("needs root")
        user = pwd.getpwnam("nobody")
        maildir = self.folder / "Maildir"
        self.scanrelay = self.start(Scanrelay(self.folder, settings={"process": {"user": "nobody"}}))
        self.assertEqual((maildir.stat().st_uid, maildir.stat().st_mode & 0o777), (user.pw_uid, 0o700))
        everyone = [*children(self.scanrelay.pid), *self.workers()]
        self.assertEqual(len(everyone), 3)
        for pid in everyone:
            status = status_of(pid)
            self.assertEqual(status["Uid"].split(), [str(user.pw_uid)] * 4)
            self.assertEqual(status["Gid"].split(), [str(user.pw_gid)] * 4)
            self.assertNotIn("0", status["Groups"].split())
        self.assertEqual(code(self.send(mail_with({"x.com": eicar()}))), 250)
        self.assertIn(b"X-Virus-Status: removed", read_maildir(maildir)[0])
        self.scanrelay.stop()
        self.assertEqual(list(self.scanrelay.temporary.iterdir()), [])

    def test_unknown_user(self):
        relay = Scanrelay(self.folder, settings={"process": {"user": "nobody-of-that-name"}})
        with self.assertRaises(ServerFailed) as failure:
            self.start(relay)
        self.assertIn("process.user: there is no user nobody-of-that-name\n", str(failure.exception))
        self.assertEqual(relay.process.returncode, 2)

    def test_free_ports_of_every_address_of_a_name(self):
        relay = self.start(Scanrelay(self.folder, arguments=["--listen", "localhost:0", "--listen", "127.0.0.2:0"]))
        listens = re.findall(r" listens address=\[?([\d.:a-f]+?)\]?:(\d+) for=smtp\n", relay.log())
        addresses = {found[4][0] for found in socket.getaddrinfo("localhost", 0, type=socket.SOCK_STREAM)}
        self.assertEqual({host for host, _ in listens} - {"127.0.0.2"}, addresses)
        self.assertIn("127.0.0.2", [host for host, _ in listens])
        for address in listens:
            with socket.create_connection(address, 20) as client:
                self.assertEqual(client.recv(4), b"220 ", address)

    def test_started_without_standard_descriptors(self):
        sink = self.start(SmtpSink())
        relay = Scanrelay(self.folder, next_hop=sink.url())
        self.scanrelay = self.start(Server("closed", ["bash", "-c", 'exec "$@" <&- >&- 2>&-', "-", *relay.arguments],
                                           self.folder / "closed.log", ready_port=relay.port))
        self.scanrelay.port = relay.port
        self.assertEqual(code(self.send(mail_with({"x.com": eicar()}))), 250)
        self.assertIn(b"X-Virus-Status: removed", sink.messages[0].data)

    def test_each_worker_has_its_own_folder_and_the_others_go(self):
        self.relay(workers=2)
        def folders():
            return list(self.scanrelay.temporary.glob("scanrelay.*/engine-1/worker-*"))
        self.assertEqual(len(folders()), 2)
        victim = self.workers()[0]
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: len(self.workers()) == 2 and victim not in self.workers(), what="a new worker")
        wait_until(lambda: len(folders()) == 2, what="two folders")  # a folder that changes may be read without all
        self.scanrelay.stop()
        self.assertEqual(list(self.scanrelay.temporary.iterdir()), [])

    def test_all_end_with_the_supervisor(self):
        relay = self.relay(workers=2)
        everyone = [*children(relay.pid), *self.workers()]
        self.assertEqual(len(everyone), 4)
        relay.signal(signal.SIGKILL)
        relay.process.wait(5)
        wait_until(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in everyone), 5, "all gone")

    def test_what_a_killed_relay_left_goes_with_the_next(self):
        relay = self.relay()
        left, = relay.temporary.iterdir()
        relay.signal(signal.SIGKILL)
        relay.process.wait(5)
        self.assertTrue(left.exists())
        os.utime(left, (time.time() - 3600, time.time() - 3600))
        other = self.start(Scanrelay(self.folder, next_hop=self.sink.url(), name="other", env={"TMPDIR": str(relay.temporary)}))
        self.assertFalse(left.exists())
        held, = relay.temporary.iterdir()
        os.utime(held, (time.time() - 3600, time.time() - 3600))
        self.start(Scanrelay(self.folder, next_hop=self.sink.url(), name="third", env={"TMPDIR": str(relay.temporary)}))
        self.assertTrue(held.exists())
        self.assertTrue(other.running())

    def test_a_worker_that_dies_idle_is_replaced(self):
        self.relay(workers=1)
        for _ in range(3):
            victim = wait_until(self.workers, what="a worker")[0]
            os.kill(victim, signal.SIGSEGV)
            # Before it is gone it may still be given a message, and take the blame for it.
            wait_until(lambda: victim not in self.workers(), what="worker gone")
            self.assertEqual(code(self.send()), 250)

    def test_front_comes_back(self):
        self.relay(workers=2)
        for _ in range(3):
            front = self.child("sr-front")
            os.kill(front, signal.SIGKILL)
            wait_until(lambda: front not in children(self.scanrelay.pid), what="front gone")
            self.send_until_accepted(mail_with())
        self.assertEqual(len(self.sink.accepted), 3)
        wait_until(lambda: len(self.workers()) == 2, what="two workers")

    def test_engine_comes_back_and_no_message_sees_it(self):
        self.relay(workers=2)
        for _ in range(3):
            os.kill(self.child("sr-engine"), signal.SIGKILL)
            self.assertEqual(code(self.send()), 250)
        self.assertEqual(len(self.sink.accepted), 3)

    def test_terminates_with_idle_clients(self):
        relay = self.relay()
        with SmtpClient(relay.port) as client:
            client.hello()
            self.assertEqual(relay.stop(), 0)  # not killed after half a minute

    def test_new_clients_are_refused_while_it_drains(self):
        relay = self.relay()
        with SmtpClient(relay.port) as client:
            client.hello()
            self.assertEqual(code(client.command("MAIL FROM:<a@sender.example>")), 250)
            self.assertEqual(code(client.command("RCPT TO:<b@customer.example>")), 250)
            relay.signal(signal.SIGTERM)

            def refused():
                with socket.socket() as probe:
                    return probe.connect_ex(("127.0.0.1", relay.port)) == errno.ECONNREFUSED
            wait_until(refused, 40, "connections refused")
            self.assertTrue(relay.running())
            self.assertEqual(code(client.command("DATA")), 354)
            client.send(mail_with() + b".\r\n")
            self.assertEqual(code(client.reply()), 250)
        self.assertEqual(relay.process.wait(60), 0)

    def test_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            relay = Scanrelay(self.folder, port=port)
            with self.assertRaises(ServerFailed) as failure:
                self.start(relay)
            self.assertIn(f"scanrelay: can't listen on 127.0.0.1:{port}: the port is in use\n", str(failure.exception))
            self.assertEqual(relay.process.returncode, 2)

    def test_signatures_that_do_not_load(self):
        broken = self.folder / "broken.ndb"
        broken.write_text("nothing\n")
        relay = Scanrelay(self.folder, databases=[broken])
        with self.assertRaises(ServerFailed):
            self.start(relay)
        self.assertEqual(relay.process.returncode, 2)
        self.assertEqual(list(relay.temporary.iterdir()), [])

    def test_service_manager_is_told(self):
        path = self.folder / "notify.sock"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(path))
            manager.settimeout(10)
            relay = self.start(Scanrelay(self.folder, env={"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "400000"}))
            states = set()
            while not {b"READY=1", b"WATCHDOG=1"} <= states:
                states.add(manager.recv(1000))
            relay.stop()
            while b"STOPPING=1" not in states:
                states.add(manager.recv(1000))
        self.assertEqual(states, {b"READY=1", b"WATCHDOG=1", b"STOPPING=1"})


class Memory(RelayTest):
    def all_kilobytes(self):
        relay = self.scanrelay
        below = [*children(relay.pid)]
        return sum(map(proportional_kilobytes, [relay.pid, *below, *(each for pid in below for each in children(pid))]))

    def engine_kilobytes(self):
        return int(status_of(self.child("sr-engine"))["VmRSS"].split()[0])

    def test_four_workers_share_one_engine(self):
        chance = random.Random(1)
        signatures = self.folder / "big"
        signatures.mkdir()
        (signatures / "hashes.hdb").write_text("".join(
            f"{chance.randbytes(16).hex()}:{chance.randrange(64, 4_000_000)}:Hash-{n}\n" for n in range(600_000)))
        (signatures / "bodies.ndb").write_text("".join(
            f"Body-{n}:0:*:{chance.randbytes(chance.randrange(20, 60)).hex()}\n" for n in range(120_000)))
        relay = self.relay(databases=[signatures], workers=4)
        self.assertGreater(self.engine_kilobytes(), 100_000)
        for number in range(12):
            self.assertEqual(code(self.send(mail_with({"a.zip": zip_of({"a": chance.randbytes(100_000 + number)})}))), 250)
        self.assertLess(self.all_kilobytes(), 1.25 * self.engine_kilobytes())
        before = self.child("sr-engine")
        relay.signal(signal.SIGHUP)
        wait_until(lambda: relay.log().count("engine serves") == 2, 120, "new engine")
        wait_until(lambda: before not in children(relay.pid), 30, "old engine gone")
        self.assertLess(self.all_kilobytes(), 1.25 * self.engine_kilobytes())


class Reload(RelayTest):
    """SIGHUP and new signature files."""

    def infect(self, relay, text):
        """A signature for `text` beside the others."""
        (self.signatures / "more.ndb").write_text(f"Late-Virus:0:*:{text.encode().hex()}\n")

    def reloading_relay(self, **settings):
        self.signatures = self.folder / "signatures"
        self.signatures.mkdir()
        eicar_signature(self.signatures)
        return self.relay(databases=[self.signatures], **settings)

    def test_new_signatures_serve_after_hangup(self):
        relay = self.reloading_relay(workers=2)
        before = self.child("sr-engine")
        self.infect(relay, "late virus body")
        mail = mail_with({"x.bin": b"late virus body"})
        self.assertEqual(code(self.send(mail)), 250)
        relay.signal(signal.SIGHUP)
        wait_until(lambda: before not in children(relay.pid), what="old engine gone")
        self.assertEqual(code(self.send(mail)), 250)
        clean, infected = self.sink.accepted
        self.assertIn(b"X-Virus-Status: clean", clean.data)
        self.assertIn(b"X-Virus-Status: removed", infected.data)
        self.assertEqual(len(self.workers()), 2)

    def test_new_signatures_serve_by_themselves(self):
        relay = self.reloading_relay()
        before = self.child("sr-engine")
        self.infect(relay, "late virus body")
        wait_until(lambda: before not in children(relay.pid), 30, "old engine gone")
        self.send(mail_with({"x.bin": b"late virus body"}))
        self.assertIn(b"X-Virus-Status: removed", self.sink.accepted[0].data)

    def test_the_systems_first_signatures_take_the_place_of_the_test_set(self):
        own_view = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /var/lib && mkdir /var/lib/clamav && exec "$@"', "sh"]
        if run([*own_view, "true"]).returncode != 0:
            self.skipTest("needs a mount namespace")
        self.sink = self.start(SmtpSink())
        self.scanrelay = relay = Scanrelay(self.folder, next_hop=self.sink.url(), databases=[])
        relay.arguments = [*own_view, *relay.arguments]
        self.start(relay)
        self.assertIn("run freshclam", relay.log())
        before = self.child("sr-engine")
        its_view = pathlib.Path("/proc", str(relay.pid), "root")
        (its_view / "var/lib/clamav/first.ndb").write_text(f"First-Virus:0:*:{b'first virus body'.hex()}\n")
        wait_until(lambda: before not in children(relay.pid), 60, "old engine gone")
        self.assertNotIn("run freshclam", relay.log().partition("signature files changed")[2])
        self.send(mail_with({"x.bin": b"first virus body"}))
        self.assertIn(b"X-Virus-Status: removed", self.sink.accepted[0].data)

    def test_broken_signatures_are_refused(self):
        relay = self.reloading_relay()
        before = self.child("sr-engine")
        (self.signatures / "eicar.ndb").write_text("broken\n")
        relay.signal(signal.SIGHUP)
        wait_until(lambda: "engine refused" in relay.log(), what="refusal in the log")
        wait_until(lambda: list(children(relay.pid).values()).count("sr-engine") == 1, what="one engine")
        self.assertEqual(self.child("sr-engine"), before)
        self.send(mail_with({"x.com": eicar()}))
        self.assertIn(b"X-Virus-Status: removed", self.sink.accepted[0].data)

    def test_configuration_is_read_again(self):
        relay = self.reloading_relay(settings={"smtp": {"max_message_bytes": 100_000}})
        big = mail_with({"x.bin": bytes(200_000)})
        self.assertEqual(code(self.send(big)), 552)
        relay.config.write_text(relay.config.read_text().replace("100000", "1000000"))
        before = self.child("sr-front")
        relay.signal(signal.SIGHUP)
        wait_until(lambda: before not in children(relay.pid), what="old front gone")
        self.send_until_accepted(big)

    def test_broken_configuration_is_refused(self):
        relay = self.reloading_relay()
        relay.config.write_text("[smtp]\nlisen = 1\n")
        everyone = children(relay.pid)
        relay.signal(signal.SIGHUP)
        wait_until(lambda: "lisen" in relay.log(), what="refusal in the log")
        self.assertEqual(children(relay.pid), everyone)
        self.assertEqual(code(self.send()), 250)

    def test_a_configuration_that_no_front_could_start_with_is_refused(self):
        relay = self.reloading_relay()
        good = relay.config.read_text()
        certificate = 'tls_certificate = "none.pem"\ntls_key = "none.key"\n'
        for number, bad in enumerate((good.replace("[smtp]\n", "[smtp]\n" + certificate),
                                      good + '[process]\nuser = "nobody-of-that-name"\n',
                                      good + '[quarantine]\ndirectory = "missing/below"\n',
                                      good + '[notice]\ntemplates = "missing"\n',
                                      good.replace(str(self.signatures), "/missing")), 1):
            self.assertNotEqual(bad, good)
            relay.config.write_text(bad)
            everyone = children(relay.pid)
            relay.signal(signal.SIGHUP)
            wait_until(lambda: relay.log().count("reload refused, all stays as it was") == number, what="refusal in the log")
            self.assertEqual(children(relay.pid), everyone)
            self.assertEqual(code(self.send()), 250)
        relay.config.write_text(good.replace("[smtp]\n", "[smtp]\nmax_message_bytes = 2000\n"))
        before = self.child("sr-front")
        relay.signal(signal.SIGHUP)
        wait_until(lambda: before not in children(relay.pid), what="old front gone")
        wait_until(lambda: code(self.send(mail_with({"x.bin": bytes(5000)}))) == 552, what="the new limit")

    def test_the_front_gets_its_settings_though_their_first_engine_was_refused(self):
        relay = self.reloading_relay(settings={"smtp": {"max_message_bytes": 100_000}})
        big = mail_with({"x.bin": bytes(200_000)})
        good = (self.signatures / "eicar.ndb").read_text()
        (self.signatures / "eicar.ndb").write_text("broken\n")
        relay.config.write_text(relay.config.read_text().replace("100000", "1000000"))
        relay.signal(signal.SIGHUP)
        wait_until(lambda: "engine refused" in relay.log(), what="refusal in the log")
        self.assertEqual(code(self.send(big)), 552)
        (self.signatures / "eicar.ndb").write_text(good)
        before = self.child("sr-front")
        relay.signal(signal.SIGHUP)
        wait_until(lambda: before not in children(relay.pid), what="old front gone")
        self.send_until_accepted(big)


if __name__ == "__main__":
    main()
