"""The quarantine: what is kept, with what envelope, and what the commands do with it."""
import json
import os
import signal
import stat
import subprocess
import threading

from harness import *
from harness.scanrelay import SCANRELAY

INFECTED = mail_with({"eicar.zip": eicar_zip()}, subject="Invoice")


class Quarantine(ServerTest):
    def relay(self, next_hop=None, **settings):
        self.directory = self.folder / "quarantine"
        tables = {"quarantine": {"directory": str(self.directory)}}
        for table, values in settings.items():
            tables.setdefault(table, {}).update(values)
        return self.start(Scanrelay(self.folder, next_hop=next_hop, settings=tables))

    def send(self, relay, data, **envelope):
        with SmtpClient(relay.port) as client:
            client.hello()
            return code(client.send_mail(data, **envelope))

    def command(self, relay, *arguments):
        return run([SCANRELAY, "quarantine", arguments[0], "--config", relay.config, *arguments[1:]])

    def entries(self, relay):
        done = self.command(relay, "list", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_the_original_is_kept_with_its_envelope_before_the_client_hears_of_it(self):
        relay = self.relay()
        self.assertEqual(self.send(relay, mail_with()), 250)
        self.assertEqual(self.entries(relay), [])
        self.assertEqual(self.send(relay, INFECTED, recipients=["a@customer.example", "b@customer.example"],
                                   parameters=" BODY=8BITMIME"), 250)
        [entry] = self.entries(relay)
        self.assertEqual(entry["verdict"], "removed")
        self.assertEqual(entry["findings"], [
            {"virus": "Eicar-Signature.UNOFFICIAL", "file": "eicar.zip", "action": "remove"}])
        self.assertEqual(entry["client"], "127.0.0.1")
        self.assertEqual(entry["helo"], "client.example")
        self.assertEqual(entry["recipients"], ["a@customer.example", "b@customer.example"])
        self.assertIn("BODY=8BITMIME", entry["mail_command"])
        self.assertEqual((self.directory / "new" / entry["id"]).read_bytes(), INFECTED)
        self.assertEqual(self.command(relay, "show", "--raw", entry["id"]).stdout, INFECTED)
        self.assertIn(b"Eicar-Signature.UNOFFICIAL in eicar.zip", self.command(relay, "show", entry["id"]).stdout)
        for path in [self.directory, *self.directory.rglob("*")]:
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o700 if path.is_dir() else 0o600, path)

    def test_a_released_message_reaches_the_next_hop_as_it_came(self):
        sink = self.start(SmtpSink())
        relay = self.relay(next_hop=f"smtp://127.0.0.1:{sink.port}")
        self.assertEqual(self.send(relay, INFECTED), 250)
        [entry] = self.entries(relay)
        done = self.command(relay, "release", entry["id"])
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual([message.data for message in sink.messages][-1], INFECTED)
        self.assertEqual(len(sink.messages), 2)
        [line] = done.stderr.decode().splitlines()
        self.assertRegex(line, rf" info scanrelay: released id={entry['log_id']} as={entry['id']} from=sender@sender.example "
                               rf"to=info@customer.example size={len(INFECTED)} virus=Eicar-Signature.UNOFFICIAL "
                               r'reply="250 2.0.0 Ok: queued"$')
        self.assertEqual(self.entries(relay)[0]["released"], ["info@customer.example"])
        self.assertEqual(self.command(relay, "release", entry["id"]).returncode, 0)
        self.assertEqual(len(sink.messages), 2)

    def test_a_release_that_fails_loses_nothing(self):
        sink = self.start(SmtpSink())
        relay = self.relay(next_hop=f"smtp://127.0.0.1:{sink.port}")
        self.assertEqual(self.send(relay, INFECTED), 250)
        [entry] = self.entries(relay)
        sink.stop()
        done = self.command(relay, "release", entry["id"])
        self.assertEqual(done.returncode, 75)
        self.assertIn(b"still kept", done.stdout)
        self.assertRegex(done.stderr.decode(), r" warning scanrelay: not released id=\w+ .* reply=\"connection lost")
        self.assertEqual(self.entries(relay)[0]["released"], [])

    def test_a_message_that_is_sent_again_and_again_is_kept_once(self):
        sink = self.start(SmtpSink())
        relay = self.relay(next_hop=f"smtp://127.0.0.1:{sink.port}")
        for _ in range(3):
            self.send(relay, INFECTED)
        self.assertEqual(len(self.entries(relay)), 1)

    def test_a_message_that_is_set_aside_is_kept_once_and_can_be_released(self):
        sink = self.start(SmtpSink())
        relay = self.relay(next_hop=sink.url(), scanner={"workers": 1, "timeout_seconds": 120})
        message = mail_with({"slow.zip": slow_zip()})
        for attempt in range(2):
            result = []
            thread = threading.Thread(target=lambda: result.append(self.send(relay, b"Received: %d\r\n" % attempt + message)),
                                      daemon=True)
            thread.start()
            kill(busy_worker(relay.pid), signal.SIGSEGV)
            thread.join(60)
            self.assertEqual(result, [451])
        for attempt in range(2, 5):  # not scanned any more, and not kept again
            self.assertEqual(self.send(relay, b"Received: %d\r\n" % attempt + message), 451)
        [entry] = self.entries(relay)
        self.assertTrue(entry["set_aside"])
        self.assertIn(entry["id"].encode(), self.command(relay, "list").stdout)
        original = self.command(relay, "show", "--raw", entry["id"]).stdout
        self.assertEqual(original, b"Received: 1\r\n" + message)
        self.assertEqual(sink.accepted, [])
        done = self.command(relay, "release", entry["id"])
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual([message.data for message in sink.accepted], [original])

    def test_delete_removes_it_and_an_unknown_one_is_told_of(self):
        relay = self.relay()
        self.send(relay, INFECTED)
        [entry] = self.entries(relay)
        self.assertEqual(self.command(relay, "delete", "0000").returncode, 2)
        self.assertEqual(self.command(relay, "delete", "../../etc").returncode, 2)
        self.assertEqual(self.command(relay, "delete", entry["id"]).returncode, 0)
        self.assertEqual(self.entries(relay), [])
        self.assertEqual([path for path in self.directory.rglob("*") if path.is_file()], [])
        for command in ("show", "release"):
            done = self.command(relay, command, entry["id"])
            self.assertEqual(done.returncode, 2)
            self.assertIn(b"no message", done.stderr)

    def test_mail_goes_on_when_the_quarantine_fails(self):
        relay = self.relay()
        (self.directory / "new").rmdir()
        self.assertEqual(self.send(relay, INFECTED), 250)
        self.assertEqual(len(read_maildir(relay.maildir)), 1)
        self.assertIn("quarantine failed", relay.log())

    def test_mail_goes_on_when_the_quarantine_is_full(self):
        self.directory = self.folder / "quarantine"
        self.directory.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k,mode=700", "none", self.directory],
                                 capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("a full disk needs the right to mount a small one")
        self.addCleanup(subprocess.run, ["umount", "--lazy", self.directory])
        relay = self.relay()
        large = mail_with({"eicar.zip": eicar_zip()}, text="x" * 70 + "\n" * 60000)
        self.assertEqual(self.send(relay, large), 250)
        self.assertEqual(len(read_maildir(relay.maildir)), 1)
        self.assertIn("No space left", relay.log())
        self.assertEqual(os.listdir(self.directory / "tmp"), [])
        self.assertEqual(self.entries(relay), [])

    def test_without_a_directory_the_commands_say_so(self):
        config = self.folder / "scanrelay.toml"
        config.write_text("")
        done = run([SCANRELAY, "quarantine", "list", "--config", config])
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"[quarantine] directory", done.stderr)

    def test_a_directory_that_cannot_be_made_ends_serve_with_a_clear_line(self):
        with self.assertRaises(ServerFailed) as failed:
            self.start(Scanrelay(self.folder, settings={"quarantine": {"directory": "/proc/none/quarantine"}}))
        self.assertIn("status 2", str(failed.exception))
        self.assertIn("quarantine.directory: ", str(failed.exception))


if __name__ == "__main__":
    main()
