"""The harness itself: a sink that lost mail, or a server that outlived its test, would make every other test a lie."""
import os
import pathlib
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile

from harness import *

HTDOCS = """<!DOCTYPE html><title>t</title><form method="post" action="/freecgi/FormMail/index.cgi">
<input type="hidden" name="_profile_" value="Contact"><input name="name" value="太郎"><textarea name="c">
a</textarea></form>"""


class Sink(ServerTest):
    def test_counts_a_message_and_takes_its_dot_stuffing_out(self):
        sink = self.start(SmtpSink())
        with SmtpClient(sink.port) as client:
            client.hello()
            self.assertEqual(code(client.send_mail(b"A: b\r\n\r\n.dot\r\n..\r\n.\r\nend\r\n")), 250)
        self.assertEqual([m.data for m in sink.accepted], [b"A: b\r\n\r\n.dot\r\n..\r\n.\r\nend\r\n"])
        self.assertEqual(sink.accepted[0].recipients, ["<info@customer.example>"])

    def test_takes_many_messages_a_connection_and_pipelined_ones(self):
        sink = self.start(SmtpSink())
        one = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n"
        with SmtpClient(sink.port) as client:
            client.hello()
            for number in range(3):
                client.send(one)
                for _ in range(3):
                    client.reply()
                client.send(b"%d\r\n.\r\n" % number)
                client.reply()
        self.assertEqual([m.data for m in sink.accepted], [b"0\r\n", b"1\r\n", b"2\r\n"])
        self.assertEqual(sink.connections, 1)

    def test_answers_as_scripted_and_then_as_usual(self):
        sink = self.start(SmtpSink({".": Reply("451 4.3.0 later", times=1)}))
        with SmtpClient(sink.port) as client:
            client.hello()
            self.assertEqual(client.send_mail(b"x\r\n"), ["451 4.3.0 later"])
            self.assertEqual(code(client.send_mail(b"y\r\n")), 250)
        self.assertEqual([m.accepted for m in sink.messages], [False, True])

    def test_vanishes_at_a_byte_of_its_reply(self):
        sink = self.start(SmtpSink({"RCPT": Reply("250 2.1.5 Ok", cut=4)}))
        with SmtpClient(sink.port) as client:
            client.hello()
            client.command("MAIL FROM:<>")
            client.send(b"RCPT TO:<a@b.example>\r\n")
            with self.assertRaisesRegex(EOFError, "250 "):
                client.reply()

    def test_vanishes_inside_the_message(self):
        sink = self.start(SmtpSink(vanish_in_data=1000))
        with SmtpClient(sink.port) as client:
            client.hello()
            with self.assertRaises((EOFError, ConnectionError)):
                client.send_mail(b"x" * 78 + b"\r\n" + b"y\r\n" * 5000)
        self.assertEqual(sink.messages, [])

    def test_speaks_to_an_independent_client(self):
        sink = self.start(SmtpSink())
        with smtplib.SMTP("127.0.0.1", sink.port, timeout=10) as client:
            client.sendmail("a@b.example", ["c@d.example"], mail_with())
        self.assertEqual(sink.accepted[0].data, mail_with())

    def test_stops_and_starts_again_on_its_port(self):
        sink = self.start(SmtpSink())
        SmtpClient(sink.port).close()
        sink.stop()
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", sink.port), 1)
        sink.start()
        SmtpClient(sink.port).close()


class Servers(ServerTest):
    def test_a_server_that_ends_at_once_is_shown_with_its_log(self):
        with self.assertRaisesRegex(ServerFailed, "status 3\n(.*\n)*it broke"):
            Server("broken", ["sh", "-c", "echo it broke; exit 3"], self.folder / "log", ready_line="ready").start()

    def test_stop_ends_children_too(self):
        server = Server("family", ["sh", "-c", "sleep 300 & echo $! >child; echo ready; wait"], self.folder / "log",
                        cwd=self.folder, ready_line="ready").start()
        child = int((self.folder / "child").read_text())
        server.stop()
        self.assertRaises(ProcessLookupError, lambda: wait_until(lambda: os.kill(child, 0), 5, "child gone"))

    def test_web_servers_serve_the_site_on_both_hosts(self):
        htdocs = self.folder / "htdocs"
        htdocs.mkdir()
        (htdocs / "index.html").write_text(HTDOCS)
        tls = make_certificate(self.folder, ["ssl.hoster.example"])
        formmail = FormMail(self.folder, relay_port=free_port())
        formmail.binary = "/bin/true"
        formmail.socket.touch()
        for kind, mode in ((Lighttpd, "cgi"), (Lighttpd, "fastcgi"), (Nginx, "fastcgi"), (Apache, "fastcgi"),
                           (Apache, "cgi")):
            with self.subTest(server=kind.__name__, mode=mode):
                folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
                folder.chmod(0o755)
                if (kind, mode) == (Lighttpd, "fastcgi"):
                    continue  # lighttpd starts the program itself, and this one is none
                web = self.start(kind(folder, htdocs, formmail, mode=mode, tls=tls))
                own = Browser(web.port).get("/")
                self.assertEqual((own.status, own.text), (200, HTDOCS), web.log())
                shared = Browser(web.tls_port, "ssl.hoster.example", tls=True).get("/www.customer.example/index.html")
                self.assertEqual((shared.status, shared.text), (200, HTDOCS), web.log())
                web.stop()

    def test_postfix_delivers(self):
        postfix = self.start(Postfix(self.folder))
        with smtplib.SMTP("127.0.0.1", postfix.port, timeout=20) as client:
            client.sendmail("a@b.example", ["info@customer.example"], mail_with(text="おはよう。\n"))
        delivered = wait_for_mail(postfix.maildir, seconds=20)
        self.assertIn(b"Subject: Test", delivered[0])
        self.assertEqual(len(delivered), 1)


class Runner(ServerTest):
    def runner(self, **tests):
        copy = self.folder / "tests"
        (copy / "e2e").mkdir(parents=True)
        (copy / "run").write_bytes((ROOT / "tests" / "run").read_bytes())
        for name, body in tests.items():
            (copy / "e2e" / f"{name}_test.py").write_text(
                "import unittest, sys\nclass T(unittest.TestCase):\n" + body + "\nunittest.main()\n")
        build = self.folder / "build" / "tests"
        build.mkdir(parents=True)
        for part in ("mail", "scanner", "cgi-bin"):
            (build / f"unit-{part}").write_text("#!/bin/sh\necho 'All tests passed (9 assertions in 4 test cases)'\n")
            (build / f"unit-{part}").chmod(0o755)
        done = run([sys.executable, copy / "run", "--build", self.folder / "build"])
        return done.returncode, done.stdout.decode().splitlines()[-1]

    def test_counts_every_test(self):
        self.assertEqual(self.runner(a="  def test_a(self): pass\n  def test_b(self): pass"), (0, "14 passed, 0 failed"))

    def test_fails_with_a_test(self):
        self.assertEqual(self.runner(a="  def test_a(self): self.fail()\n  def test_b(self): pass"),
                         (1, "13 passed, 1 failed"))

    def test_names_what_was_skipped(self):
        self.assertEqual(self.runner(a="  @unittest.skip('no')\n  def test_a(self): pass\n  def test_b(self): pass"),
                         (0, "13 passed, 0 failed, 1 skipped"))

    def test_a_program_without_tests_fails(self):
        self.assertEqual(self.runner(a="  pass")[0], 1)

    def test_a_program_that_dies_fails(self):
        self.assertEqual(self.runner(a="  def test_a(self): __import__('os').kill(__import__('os').getpid(), 9)")[0], 1)

    def test_a_missing_unit_test_fails(self):
        (self.folder / "tests").mkdir()
        (self.folder / "tests" / "run").write_bytes((ROOT / "tests" / "run").read_bytes())
        done = run([sys.executable, self.folder / "tests" / "run", "--build", self.folder / "none"])
        self.assertEqual((done.returncode, done.stdout.decode().splitlines()[-1]), (1, "0 passed, 3 failed"))


if __name__ == "__main__":
    main()
