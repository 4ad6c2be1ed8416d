"""Clients that smuggle, vanish, drip, flood or only sit there."""
import itertools
import os
import pathlib
import random
import socket
import time
import unittest

from harness import *

MAIL = mail_with(text="x" * 200 + "\n")
HEAD = b"From: a@b.example\r\n\r\n"


class HostileClients(ServerTest):
    def relay(self, **smtp):
        self.sink = self.start(SmtpSink())
        self.scanrelay = self.start(Scanrelay(self.folder, next_hop=self.sink.url(), settings={"smtp": smtp}))
        return self.client()

    def client(self, **arguments):
        client = SmtpClient(self.scanrelay.port, **arguments)
        self.addCleanup(client.close)
        self.assertEqual(code(client.hello()), 250)
        return client

    def begin(self, client):
        client.command("MAIL FROM:<a@sender.example>")
        client.command("RCPT TO:<b@customer.example>")
        self.assertEqual(code(client.command("DATA")), 354)

    # -- the end of a message

    def test_only_crlf_dot_crlf_ends_a_message_and_nothing_else_reaches_the_next_hop(self):
        client = self.relay()
        ends = {b"".join(parts) for parts in itertools.product((b"\r\n", b"\n", b"\r", b"\r\n\0"), (b".",), (b"\r\n", b"\n", b"\r"))}
        ends -= {b"\r\n.\r\n"}
        for end in sorted(ends):
            with self.subTest(end=end):
                self.begin(client)
                client.send(HEAD + b"one" + end + b"MAIL FROM:<smuggled@evil.example>\r\nRCPT TO:<b@customer.example>\r\n"
                            b"DATA\r\nFrom: ceo@customer.example\r\n\r\nsmuggled\r\n.\r\n")
                reply = client.reply()
                self.assertEqual((code(reply), reply[0][4:9]), (550, "5.6.0") if b"\0" in end else (550, "5.6.1"))
                self.assertEqual(code(client.command("NOOP")), 250)
        self.assertEqual(self.sink.messages, [])
        self.assertNotIn("smuggled", str(self.sink.commands))

    def test_normalized_the_line_breaks_are_inside_the_message(self):
        client = self.relay(bare_newline="normalize")
        for end in (b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n"):
            with self.subTest(end=end):
                before = len(self.sink.messages)
                self.begin(client)
                client.send(HEAD + b"one" + end + b"MAIL FROM:<smuggled@evil.example>\r\nsmuggled\r\n.\r\n")
                self.assertEqual(code(client.reply()), 250)
                self.assertEqual(len(self.sink.messages), before + 1)
                raw = self.sink.messages[-1].raw
                self.assertEqual(raw.replace(b"\r\n", b"").count(b"\r") + raw.replace(b"\r\n", b"").count(b"\n"), 0)
                self.assertIn(b"\r\nMAIL FROM:<smuggled@evil.example>\r\nsmuggled\r\n", raw)
        self.assertNotIn("smuggled", str(self.sink.commands))

    def test_a_client_that_vanishes_inside_data_has_sent_nothing(self):
        self.relay()
        wire = MAIL + b".\r\n"
        for cut in [*range(0, 12), len(MAIL) // 2, *range(len(wire) - 6, len(wire))]:
            for reset in (False, True):
                client = self.client()
                self.begin(client)
                client.send(wire[:cut])
                if reset:
                    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                client.close()
        wait_until(lambda: self.sink.open_connections <= 1, 5, "the transactions' ends at the next hop")
        self.assertEqual(self.sink.messages, [])
        self.assertEqual(code(self.client().send_mail(MAIL)), 250)

    def test_a_message_over_the_limit_is_read_to_its_end(self):
        client = self.relay(max_message_bytes=100000)
        exact = HEAD + b"x" * (100000 - len(HEAD) - 2) + b"\r\n"
        self.assertEqual(code(client.send_mail(exact)), 250)
        for size in (100001, 200000, 20000000):
            reply = client.send_mail(HEAD + (b"." + b"x" * 97 + b"\r\n") * (size // 100) + b"\r\n" * 50)
            self.assertEqual((code(reply), reply[0][4:9]), (552, "5.3.4"))
        self.assertEqual(code(client.send_mail(MAIL)), 250)
        self.assertEqual(len(self.sink.messages), 2)

    # -- commands

    def test_commands_sent_before_their_replies_are_answered_in_order(self):
        client = self.relay()
        client.send(b"RSET\r\nMAIL FROM:<a@sender.example>\r\nRCPT TO:<b@customer.example>\r\nDATA\r\n" + MAIL +
                    b".\r\nMAIL FROM:<c@sender.example>\r\nRCPT TO:<d@customer.example>\r\nDATA\r\n" + MAIL + b".\r\nQUIT\r\n")
        codes = [code(client.reply()) for _ in range(10)]
        self.assertEqual(codes, [250, 250, 250, 354, 250, 250, 250, 354, 250, 221])
        self.assertEqual([message.mail for message in self.sink.accepted], ["<a@sender.example>", "<c@sender.example>"])

    def test_a_pipelined_message_after_a_refused_data_is_not_taken_for_one(self):
        client = self.relay()
        self.sink.on("RCPT", "550 5.1.1 no")
        client.send(b"MAIL FROM:<a@sender.example>\r\nRCPT TO:<b@customer.example>\r\nDATA\r\n.\r\nNOOP\r\n")
        self.assertEqual([code(client.reply()) for _ in range(5)], [250, 550, 554, 500, 250])

    def test_a_megabyte_of_command_gets_one_500(self):
        client = self.relay()
        for line in (b"x" * 1000000, b"MAIL FROM:<" + b"a" * 5000000 + b"@b.example>", b"NOOP " + b"\0" * 100000):
            client.send(line + b"\r\nNOOP\r\n")
            self.assertEqual(code(client.reply()), 500)
            self.assertEqual(code(client.reply()), 250)

    def test_every_command_in_every_state(self):
        client = self.relay()
        mail, rcpt = "MAIL FROM:<a@sender.example>", "RCPT TO:<b@customer.example>"
        states = {"after EHLO": [], "after MAIL": [mail], "after RCPT": [mail, rcpt]}
        # What ends nothing and changes nothing; what the relay does not do; what can't be in that state.
        replies = {"NOOP": 250, "NOOP x": 250, "HELP": 214, "HELP MAIL": 214, "VRFY b": 252, "VRFY": 501, "EXPN list": 502,
                   "ETRN x": 502, "AUTH PLAIN AGEAYg==": 502, "BDAT 5 LAST": 502, "STARTTLS": 502, "XYZZY": 500, "": 500,
                   "RSET x": 501, "QUIT x": 501, "DATA x": 501, "MAIL": 501, "RCPT TO:<>": 501,
                   "EHLO": 501, "HELO": 501, "MAIL FROM:<a@b.example> SIZE=-1": 501, "MAIL FROM:<a@b.example> SIZE=x": 501,
                   "MAIL FROM:<a@b.example> SIZE=99999999999": 552, "MAIL FROM:<a@b.example> SIZE=" + "9" * 30: 501}
        others = {"after EHLO": {"DATA": 503, "RCPT TO:<b@customer.example>": 503, "RCPT TO:<>": 503},
                  "after MAIL": {"DATA": 503, **{line: 503 for line in replies if line.startswith("MAIL")}, mail: 503},
                  "after RCPT": {**{line: 503 for line in replies if line.startswith("MAIL")}, mail: 503}}
        for state, commands in states.items():
            for line, expected in {**replies, **others[state]}.items():
                with self.subTest(state=state, line=line):
                    for command in commands:
                        self.assertEqual(code(client.command(command)), 250)
                    self.assertEqual(code(client.command(line)), expected)
                    if state == "after RCPT":  # the transaction goes on
                        self.assertEqual(code(client.command("DATA")), 354)
                        self.assertEqual(code(client.send_data(MAIL)), 250)
                    self.assertEqual(code(client.command("RSET")), 250)
            client.close()
            client = self.client()
        self.assertEqual(len(self.sink.accepted), len(self.sink.messages))

    def test_any_bytes_in_commands_leave_the_session_in_order(self):
        client = self.relay()
        chance = random.Random(5)
        for number in range(90):
            line = chance.randbytes(chance.randrange(1, 300)).replace(b"\n", b"").replace(b"\r", b"")
            for prefix in (b"", b"MAIL FROM:<", b"RCPT TO:<", b"XFORWARD ADDR="):
                client.send(prefix + line + b"\r\nRSET\r\nNOOP\r\n")
                self.assertIn(code(client.reply()), (250, 451, 500, 501, 502, 503, 552), line)
                self.assertEqual([code(client.reply()) for _ in range(2)], [250, 250])
            if number % 20 == 19:  # before the session ends for too many errors
                client.close()
                client = self.client()
        self.assertEqual(code(client.send_mail(MAIL)), 250)
        for _, line in self.sink.commands:
            self.assertNotIn("\0", line)

    def test_a_stranger_is_turned_away_at_the_greeting(self):
        self.sink = self.start(SmtpSink())
        self.scanrelay = self.start(Scanrelay(self.folder, next_hop=self.sink.url(), settings={
            "smtp": {"trusted_clients": ["127.0.0.2"]}}))
        client = SmtpClient(self.scanrelay.port)
        self.addCleanup(client.close)
        self.assertEqual(client.greeting, ["554 5.7.1 Access denied"])
        self.assertEqual(code(client.command("EHLO x")), 503)
        self.assertEqual(code(client.command("MAIL FROM:<a@b.example>")), 503)
        self.assertEqual(code(client.command("QUIT")), 221)
        self.assertEqual(code(self.client(source="127.0.0.2").send_mail(MAIL)), 250)

    # -- slow clients, and many of them

    def test_who_drips_a_command_is_cut_off_though_bytes_keep_coming(self):
        client = self.relay(command_timeout_seconds=1)
        start = time.monotonic()
        with self.assertRaises((EOFError, ConnectionError)):
            while time.monotonic() - start < 60:
                client.send(b"x")
                time.sleep(0.1)
                client.socket.setblocking(False)
                try:
                    client.buffer += client.socket.recv(1000)
                    if client.buffer:
                        client.socket.settimeout(5)
                        self.assertEqual(client.reply(), ["421 4.4.2 Timeout, closing connection"])
                        client.reply()
                except BlockingIOError:
                    pass
                client.socket.settimeout(5)

    def test_who_does_not_read_its_replies_is_cut_off(self):
        client = self.relay(command_timeout_seconds=1)
        client.socket.settimeout(1)
        with self.assertRaises((ConnectionError, TimeoutError)):
            for _ in range(5000):
                client.send(b"NOOP\r\n" * 10000)
        self.assertEqual(code(self.client().send_mail(MAIL)), 250)

    def test_connections_over_the_limits_hear_421(self):
        self.relay(max_connections=4, max_connections_per_client=3)
        kept = [self.client() for _ in range(2)]
        with SmtpClient(self.scanrelay.port) as refused:
            self.assertEqual(refused.greeting, ["421 4.7.0 Too many connections from your host"])
            self.assertTrue(refused.closed())
        kept.append(self.client(source="127.0.0.2"))
        with SmtpClient(self.scanrelay.port, source="127.0.0.3") as refused:
            self.assertEqual(refused.greeting, ["421 4.7.0 Too many connections, try again later"])
        kept.pop().close()

        def is_served():
            with SmtpClient(self.scanrelay.port, source="127.0.0.3") as other:
                return code(other.greeting) == 220
        wait_until(is_served, 3, "a free place")

    def test_a_thousand_idle_connections_cost_little_and_slow_nobody(self):
        self.sink = self.start(SmtpSink())
        self.scanrelay = Scanrelay(self.folder, next_hop=self.sink.url(), settings={
            "smtp": {"max_connections": 2000, "max_connections_per_client": 2000}})
        # As Debian starts services: 1024 descriptors, and more for those who ask.
        self.scanrelay.arguments = ["prlimit", "--nofile=1024:", *self.scanrelay.arguments]
        self.start(self.scanrelay)
        busy = self.client()

        def cost():
            """Processor time of the relay for a mail, in milliseconds: wall time tells of what else the machine does."""
            before, mails = sum(processor_time(pid) for pid in relays()), 200
            for _ in range(mails):
                self.assertEqual(code(busy.send_mail(MAIL)), 250)
            return (sum(processor_time(pid) for pid in relays()) - before) / mails / 1e6

        def relays():
            return [pid for pid in os.listdir("/proc") if pid.isdigit() and session(pid) == self.scanrelay.pid]

        def memory():
            return sum(proportional_kilobytes(pid) for pid in relays())

        cost()
        before, alone = memory(), cost()
        idle = [self.client() for _ in range(1000)]
        after, among_them = memory(), cost()
        self.assertEqual(code(idle[500].send_mail(MAIL)), 250)
        print(f"1,000 idle connections: {(after - before) / 1024:.1f} MB; a mail {alone:.2f} ms of processor time alone, "
              f"{among_them:.2f} ms among them")
        self.assertLess(after - before, 20 * 1024)
        self.assertLess(among_them, alone * 3)  # other programs share the caches


def processor_time(pid):
    """Nanoseconds, of all threads."""
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
        return sum(int(pathlib.Path(f"/proc/{pid}/task/{task}/schedstat").read_text().split()[0]) for task in tasks)
    except OSError:
        return 0


def session(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
            return int(stat.read().rpartition(")")[2].split()[3])
    except OSError:
        return None


if __name__ == "__main__":
    main()
