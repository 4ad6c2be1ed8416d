"""The next hop refuses, hangs or vanishes at each step and at each byte of its reply: no message with a 250 may be
missing there, none may arrive cut, and the client hears what RFC 5321 and the contract have for it."""
import socket
import threading
import unittest

from harness import *

MAIL = mail_with(text="x" * 200 + "\n")
STEPS = {  # what the next hop says, and at which command its failure shows
    "greeting": ("220 sink.example ESMTP", "MAIL"),
    "EHLO": ("250-sink.example\n250-SIZE 1000000\n250 8BITMIME", "MAIL"),
    "MAIL": ("250 2.1.0 Ok", "MAIL"),
    "RCPT": ("250 2.1.5 Ok", "RCPT"),
    "DATA": ("354 go ahead", "."),
    ".": ("250 2.0.0 Ok: queued", "."),
}


class RelayBeforeSink(ServerTest):
    kept = 0  # connections to the next hop; none, so that each transaction begins with a greeting

    def setUp(self):
        super().setUp()
        self.sink = self.start(SmtpSink())
        self.relay = self.start(Scanrelay(self.folder, next_hop=self.sink.url(), settings={
            "next_hop": {"connect_timeout_seconds": 1, "reply_timeout_seconds": 1, "idle_connections": self.kept}}))

    def transaction(self, client):
        """Replies to MAIL, RCPT, DATA and the final dot; the commands go on whatever they get, as a pipeline would."""
        replies = {"MAIL": client.command("MAIL FROM:<a@sender.example>"),
                   "RCPT": client.command("RCPT TO:<b@customer.example>"), "DATA": client.command("DATA")}
        if code(replies["DATA"]) == 354:
            replies["."] = client.send_data(MAIL)
        return replies

    def client(self):
        client = SmtpClient(self.relay.port)
        self.addCleanup(client.close)
        self.assertEqual(code(client.hello()), 250)
        return client

    def assert_fault(self, replies, shows_at):
        """451 4.4.1 where the fault shows and at all that follows, never 503."""
        commands = ["MAIL", "RCPT", "DATA", "."]
        before, after = commands[:commands.index(shows_at)], commands[commands.index(shows_at):]
        for command in before:
            self.assertIn(code(replies[command]), (250, 354), (command, replies))
        for command in after:
            if command in replies:
                self.assertTrue(replies[command][0].startswith("451 4.4.1 "), (command, replies))
        self.assertIn(shows_at, replies)

    def assert_recovers(self, client):
        """The same session delivers the same mail once the next hop is well."""
        before = len(self.sink.accepted)
        self.assertEqual(code(client.command("RSET")), 250)
        self.assertEqual(code(self.transaction(client)["."]), 250)
        self.assertEqual(len(self.sink.accepted), before + 1)
        self.assertTrue(self.sink.accepted[-1].data.endswith(MAIL))


class NextHopFaults(RelayBeforeSink):
    def test_it_vanishes_at_each_byte_of_each_reply(self):
        client = self.client()
        for step, (reply, shows_at) in STEPS.items():
            wire = "".join(line + "\r\n" for line in reply.split("\n"))
            for cut in range(len(wire)):
                with self.subTest(step=step, cut=cut):
                    self.sink.on(step, Reply(reply, cut=cut))
                    self.assert_fault(self.transaction(client), shows_at)
                    # What was cut off is never taken for a 250. (The sink counts only whole positive replies.)
            self.sink.on(step, None)
            self.assert_recovers(client)
        self.assertEqual({message.data.partition(b"From:")[2] for message in self.sink.messages},
                         {MAIL.partition(b"From:")[2]})

    def test_it_vanishes_at_each_byte_of_the_replies_to_a_group(self):
        """XFORWARD and MAIL go to it in one packet: a byte that is missing of either is a fault of the transaction."""
        self.sink.extensions.append("XFORWARD NAME ADDR HELO")
        client = self.client()

        def transaction():
            self.assertEqual(code(client.command("XFORWARD ADDR=192.0.2.1 HELO=outside.example")), 250)
            return self.transaction(client)
        for step, reply in (("XFORWARD", "250 2.0.0 Ok"), ("MAIL", "250-2.1.0 one\n250 2.1.0 two")):
            for cut in range(len(reply) + 2 + reply.count("\n")):
                with self.subTest(step=step, cut=cut):
                    self.sink.on(step, Reply(reply, cut=cut))
                    self.assert_fault(transaction(), "MAIL")
                    self.assertEqual(code(client.command("RSET")), 250)
            self.sink.on(step, None)
        self.assertEqual(code(transaction()["."]), 250)
        self.assertEqual(self.sink.accepted[-1].xforward, ["XFORWARD ADDR=192.0.2.1 HELO=outside.example"])
        for refusal, answer in (({"XFORWARD": "501 5.5.4 no"}, 250), ({"MAIL": "550 5.7.1 not you"}, 550),
                                ({"XFORWARD": "421 4.3.2 bye"}, 451)):
            for step, text in refusal.items():
                self.sink.on(step, Reply(text))
                self.assertEqual(code(transaction()["MAIL"]), answer, refusal)
                self.sink.on(step, None)
                self.assertEqual(code(client.command("RSET")), 250)
        self.assert_recovers(client)

    def test_it_hangs_at_each_step(self):
        client = self.client()
        for step, (reply, shows_at) in STEPS.items():
            with self.subTest(step=step):
                self.sink.on(step, Reply(reply, delay=2.5))
                self.assert_fault(self.transaction(client), shows_at)
                self.sink.on(step, None)
                self.assert_recovers(client)

    def test_it_hangs_up_with_421_at_each_step(self):
        client = self.client()
        for step, (_, shows_at) in STEPS.items():
            with self.subTest(step=step):
                self.sink.on(step, Reply("421 4.3.2 shutting down", close=True))
                self.assert_fault(self.transaction(client), shows_at)
                self.sink.on(step, None)
                self.assert_recovers(client)

    def test_it_refuses_in_its_greeting_or_ehlo(self):
        client = self.client()
        for step in ("greeting", "EHLO"):
            for reply in ("554 5.7.1 go away", "450 4.7.0 later"):
                with self.subTest(step=step, reply=reply):
                    self.sink.on(step, Reply(reply, close=True))
                    self.assert_fault(self.transaction(client), "MAIL")
            self.sink.on(step, None)
            self.assert_recovers(client)

    def test_it_speaks_no_smtp(self):
        client = self.client()
        garbage = ["SSH-2.0-OpenSSH_9.2", "25", "2500 Ok", "250-Ok\n251 Ok", "999 Ok", "199 Ok", "250 \0", "HTTP/1.1 400 Bad"]
        for step, (_, shows_at) in STEPS.items():
            for reply in garbage:
                with self.subTest(step=step, reply=reply):
                    self.sink.on(step, Reply(reply))
                    self.assert_fault(self.transaction(client), shows_at)
            self.sink.on(step, None)
            self.assert_recovers(client)

    def test_a_reply_that_never_ends_is_cut_off(self):
        for text in ("250-more\n" * 20000 + "250 end", "250 " + "x" * 100000):
            self.sink.on("MAIL", Reply(text))
            client = self.client()
            self.assert_fault(self.transaction(client), "MAIL")
            self.sink.on("MAIL", None)
            self.assert_recovers(client)

    def test_refusals_pass_unchanged_and_the_session_goes_on(self):
        client = self.client()
        cases = {"MAIL": "550-5.7.1 not\n550 5.7.1 from you", "RCPT": "450 4.2.0 <b@customer.example>: greylisted, wait 300 s",
                 ".": "554-5.7.1 spam\n554-5.7.1 see https://sink.example/?a=b\n554 5.7.1 bye"}
        for step, text in cases.items():
            with self.subTest(step=step):
                self.sink.on(step, Reply(text))
                replies = self.transaction(client)
                self.assertEqual(replies[step], text.split("\n"))
                self.sink.on(step, None)
                self.assert_recovers(client)
        with self.subTest(step="DATA"):
            self.sink.on("DATA", Reply("552 5.2.2 mailbox full"))
            replies = self.transaction(client)
            self.assertEqual(code(replies["DATA"]), 354)
            self.assertEqual(replies["."], ["552 5.2.2 mailbox full"])
            self.sink.on("DATA", None)
            self.assert_recovers(client)

    def test_it_vanishes_inside_a_message(self):
        big = mail_with(text=("y" * 70 + "\n") * 60000)
        for where in (0, 1, 1000, 300000, 3000000):
            with self.subTest(where=where):
                self.sink.vanish_in_data = where
                client = self.client()
                reply = client.send_mail(big)
                self.assertTrue(reply[0].startswith("451 4.4.1 "), reply)
        self.sink.vanish_in_data = None
        self.assertEqual(code(self.client().send_mail(big)), 250)
        self.assertEqual(len(self.sink.accepted), 1)
        self.assertTrue(self.sink.accepted[0].data.endswith(big))

    def test_it_is_down(self):
        self.sink.stop()
        client = self.client()
        self.assert_fault(self.transaction(client), "MAIL")
        self.assertTrue(client.command("RCPT TO:<b@customer.example>")[0].startswith("451 4.4.1 "))
        self.assertTrue(client.command("DATA")[0].startswith("451 4.4.1 "))
        self.assertEqual(code(client.command("NOOP")), 250)
        self.assertEqual(code(client.command("RSET")), 250)
        self.assertEqual(code(client.command("RCPT TO:<b@customer.example>")), 503)
        self.sink.start()
        self.assert_recovers(client)


class KeptConnections(RelayBeforeSink):
    kept = 20

    def test_a_kept_connection_that_has_gone_stale_costs_nothing(self):
        client = self.client()
        self.assertEqual(code(self.transaction(client)["."]), 250)
        # Closed behind the relay's back, at the moment of use, with a 421, and before the reply to a later command.
        self.sink.stop()
        self.sink.start()
        self.assertEqual(code(self.transaction(client)["."]), 250)
        for step, reply in (("MAIL", Reply(cut=0, times=1)), ("MAIL", Reply("421 4.4.2 idle too long", close=True, times=1)),
                            ("MAIL", Reply(cut=5, times=1)), ("RCPT", Reply(cut=0, times=1)),
                            ("DATA", Reply("421 4.4.2 idle too long", close=True, times=1))):
            with self.subTest(step=step, reply=reply):
                before = len(self.sink.accepted)
                self.sink.on(step, reply)
                replies = self.transaction(client)
                self.assertEqual({command: code(r) for command, r in replies.items()},
                                 {"MAIL": 250, "RCPT": 250, "DATA": 354, ".": 250})
                self.assertEqual(len(self.sink.accepted), before + 1)

    def test_after_the_final_dot_nothing_is_sent_again(self):
        client = self.client()
        self.assertEqual(code(self.transaction(client)["."]), 250)
        self.sink.on(".", Reply(cut=0, times=1))
        self.assert_fault(self.transaction(client), ".")
        self.assertEqual(len(self.sink.messages), 2)

    def test_under_load_with_a_next_hop_that_fails_at_random_all_that_was_accepted_is_there(self):
        self.sink.on("MAIL", [Reply(times=7), Reply(cut=3, times=1)] * 40)
        self.sink.on(".", [Reply(times=5), Reply("451 4.3.0 later", times=1), Reply(times=4), Reply(cut=8, times=1)] * 40)
        self.sink.on("RCPT", [Reply(times=11), Reply("421 4.3.2 bye", close=True, times=1)] * 40)
        told = []

        def sender(number):
            with SmtpClient(self.relay.port) as client:
                client.hello()
                for i in range(25):
                    client.command("RSET")
                    mail = mail_with(subject=f"mail {number}-{i}")
                    if code(client.send_mail(mail)) == 250:
                        told.append(mail)

        senders = [threading.Thread(target=sender, args=(number,)) for number in range(8)]
        for thread in senders:
            thread.start()
        for thread in senders:
            thread.join(60)
        arrived = [message.data for message in self.sink.accepted]
        self.assertGreater(len(told), 100)
        self.assertLess(len(told), 200)
        for mail in told:
            self.assertEqual(sum(data.endswith(mail) for data in arrived), 1)


class UnreachableNextHop(ServerTest):
    def test_a_connection_that_nobody_takes_is_given_up_in_time(self):
        """A full backlog: the kernel answers no SYN."""
        with socket.socket() as full:
            full.bind(("127.0.0.1", free_port()))
            full.listen(0)
            fillers = [socket.socket() for _ in range(4)]
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(full.getsockname())
            relay = self.start(Scanrelay(self.folder, next_hop=f"smtp://127.0.0.1:{full.getsockname()[1]}",
                                         settings={"next_hop": {"connect_timeout_seconds": 1, "reply_timeout_seconds": 1}}))
            with SmtpClient(relay.port) as client:
                client.hello()
                # The kernel itself would try for two minutes, longer than the client waits.
                self.assertTrue(client.send_mail(MAIL)[0].startswith("451 4.4.1 "))
            for filler in fillers:
                filler.close()


if __name__ == "__main__":
    main()
