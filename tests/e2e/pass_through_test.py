"""What the relay passes on, and what it offers: as if it were not there."""
import ssl
import unittest

from harness import *

MAIL = mail_with(text="x" * 200 + "\n")
EVERYTHING = ("PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN", "VRFY", "ETRN", "CHUNKING",
              "BINARYMIME", "AUTH PLAIN LOGIN", "XFORWARD NAME ADDR PROTO HELO SOURCE", "XCLIENT NAME ADDR", "FUTURERELEASE 9")


def offers(reply):
    return {line[4:].split(" ")[0]: line[4:].partition(" ")[2] for line in reply[1:]}


class PassThrough(ServerTest):
    def relay_to(self, sink, **settings):
        self.sink = self.start(sink)
        self.relay = self.start(Scanrelay(self.folder, next_hop=self.sink.url(), settings=settings))
        return self.client()

    def client(self):
        client = SmtpClient(self.relay.port)
        self.addCleanup(client.close)
        return client

    def test_ehlo_offers_what_the_next_hop_offers_and_the_relay_can_keep(self):
        client = self.relay_to(SmtpSink(extensions=EVERYTHING))
        self.assertEqual(offers(client.hello()), {
            "PIPELINING": "", "SIZE": "10485760", "8BITMIME": "", "SMTPUTF8": "", "ENHANCEDSTATUSCODES": "", "DSN": "",
            "XFORWARD": "NAME ADDR PORT PROTO HELO IDENT SOURCE", "XCLIENT": "NAME ADDR"})

    def test_ehlo_offers_no_more_than_a_poor_next_hop(self):
        client = self.relay_to(SmtpSink(extensions=("SIZE 5000",)))
        self.assertEqual(set(offers(client.hello())), {"SIZE", "XFORWARD"})
        self.assertEqual(offers(client.hello())["SIZE"], "5000")

    def test_a_changed_offer_is_told_with_the_next_ehlo(self):
        client = self.relay_to(SmtpSink(extensions=EVERYTHING))
        client.hello()
        self.sink.stop()
        self.sink.extensions = ["8BITMIME"]
        self.sink.start()
        self.assertEqual(set(offers(self.client().hello())), {"SIZE", "8BITMIME", "XFORWARD"})

    def test_commands_pass_with_their_parameters_unchanged(self):
        client = self.relay_to(SmtpSink(extensions=EVERYTHING))
        client.hello()
        sender = "<ülrich@例え.jp> SIZE=500 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=QQ+2B314159 AUTH=<>"
        recipient = '<"odd> one"@customer.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a@b X-Unknown=1'
        self.assertEqual(code(client.command(f"MAIL FROM:{sender}")), 250)
        self.assertEqual(code(client.command(f"RCPT TO:{recipient}")), 250)
        self.assertEqual(code(client.command("rcpt to:<Postmaster>")), 250)
        self.assertEqual(code(client.command("DATA")), 354)
        self.assertEqual(code(client.send_data(MAIL)), 250)
        self.assertEqual(self.sink.accepted[0].mail, sender)
        self.assertEqual(self.sink.accepted[0].recipients, [recipient, "<Postmaster>"])

    def test_size_is_not_passed_to_a_next_hop_without_it(self):
        client = self.relay_to(SmtpSink(extensions=("8BITMIME",)))
        client.hello()
        self.assertEqual(code(client.send_mail(MAIL, parameters=" SIZE=1000 BODY=8BITMIME")), 250)
        self.assertEqual(self.sink.accepted[0].mail, "<sender@sender.example> BODY=8BITMIME")

    def test_smtputf8_and_8bitmime_to_a_next_hop_without_them_are_for_it_to_refuse(self):
        client = self.relay_to(SmtpSink({"MAIL": "555 5.5.4 parameter not recognized"}, extensions=("SIZE 100000",)))
        self.assertFalse({"SMTPUTF8", "8BITMIME"} & set(offers(client.hello())))
        for parameter in ("SMTPUTF8", "BODY=8BITMIME"):
            self.assertEqual(client.command(f"MAIL FROM:<a@b.example> {parameter}"), ["555 5.5.4 parameter not recognized"])
        wait_until(lambda: self.sink.commands[-1][1] == "RSET", 5, "RSET behind a refused MAIL")
        self.assertIn("MAIL FROM:<a@b.example> SMTPUTF8", [line for _, line in self.sink.commands])

    def test_8bit_text_without_its_parameter_passes_as_it_is(self):
        for extensions in (("8BITMIME",), ()):
            client = self.relay_to(SmtpSink(extensions=extensions))
            client.hello()
            mail = b"From: a@b.example\r\nSubject: \x93\xfa\r\n\r\n\x82\xb1\xff\x80\r\n"
            self.assertEqual(code(client.send_mail(mail)), 250)
            self.assertTrue(self.sink.accepted[0].data.endswith(mail))
            self.relay.stop()

    def test_kept_connections_end_with_quit_after_a_while(self):
        client = self.relay_to(SmtpSink())
        client.hello()
        self.assertEqual(code(client.send_mail(MAIL)), 250)
        wait_until(lambda: self.sink.open_connections == 0, 15, "the kept connection to be closed")
        self.assertEqual(self.sink.commands[-1][1], "QUIT")
        self.assertEqual(code(client.send_mail(MAIL)), 250)

    def test_a_refusal_of_data_leaves_the_connection_in_use(self):
        client = self.relay_to(SmtpSink({"DATA": [Reply("450 4.2.1 later", times=1), Reply()]}))
        client.hello()
        self.assertEqual(client.send_mail(MAIL), ["450 4.2.1 later"])
        self.assertEqual(code(client.send_mail(MAIL)), 250)
        self.assertEqual(self.sink.connections, 1)

    def test_a_refused_recipient_is_refused_alone(self):
        client = self.relay_to(SmtpSink({"RCPT": [Reply("550-5.1.1 no\n550 5.1.1 such user", times=1), Reply(times=1),
                                                  Reply("452 4.2.2 full", times=1), Reply()]}))
        client.hello()
        client.command("MAIL FROM:<a@sender.example>")
        self.assertEqual(client.command("RCPT TO:<1@customer.example>"), ["550-5.1.1 no", "550 5.1.1 such user"])
        self.assertEqual(code(client.command("RCPT TO:<2@customer.example>")), 250)
        self.assertEqual(client.command("RCPT TO:<3@customer.example>"), ["452 4.2.2 full"])
        self.assertEqual(code(client.command("RCPT TO:<4@customer.example>")), 250)
        self.assertEqual(code(client.command("DATA")), 354)
        self.assertEqual(code(client.send_data(MAIL)), 250)
        self.assertEqual(self.sink.accepted[0].recipients, ["<2@customer.example>", "<4@customer.example>"])

    def test_no_recipient_left_is_554(self):
        client = self.relay_to(SmtpSink({"RCPT": "550 5.1.1 no such user"}))
        client.hello()
        self.assertEqual(code(client.send_mail(MAIL)), 550)
        self.assertEqual(client.command("DATA")[0][:9], "554 5.5.1")
        self.assertEqual(code(client.command("RSET")), 250)
        self.sink.on("RCPT", None)
        self.assertEqual(code(client.send_mail(MAIL)), 250)

    def test_the_replies_text_passes_unchanged(self):
        texts = {"MAIL": "250-2.1.0  Absender\t<ä> ok\n250 2.1.0", "RCPT": "251 2.1.5 User not local; will forward",
                 ".": "250-2.6.0 queued as 4242\n250 2.6.0 ご利用ありがとう"}
        client = self.relay_to(SmtpSink(texts))
        client.hello()
        self.assertEqual(client.command("MAIL FROM:<>"), texts["MAIL"].split("\n"))
        self.assertEqual(client.command("RCPT TO:<b@customer.example>"), [texts["RCPT"]])
        self.assertEqual(code(client.command("DATA")), 354)
        self.assertEqual(client.send_data(MAIL), texts["."].split("\n"))

    def test_every_byte_of_clean_mail_arrives(self):
        client = self.relay_to(SmtpSink())
        client.hello()
        bodies = [b"", b".\r\n", b"..\r\n.a\r\n", b"\r\n.\r\n"[2:] * 3, bytes(range(1, 10)) + bytes([11, 12]) + bytes(range(14, 256)) + b"\r\n",
                  b"x" * 3000 + b"\r\n", b".\r\n" * 50000, (b"." + b"y" * 76 + b"\r\n") * 20000]
        for body in bodies:
            mail = b"From: a@b.example\r\nSubject: x\r\n\r\n" + body
            self.assertEqual(code(client.send_mail(mail)), 250)
            received = self.sink.accepted[-1].data
            head, _, rest = received.partition(b"From: ")
            self.assertTrue(b"From: " + rest == mail, body[:50])
            self.assertEqual([line.split(b":")[0] for line in head.splitlines()], [b"X-Virus-Scanned", b"X-Virus-Status"])

    def test_many_messages_and_clients_share_kept_connections(self):
        client = self.relay_to(SmtpSink())
        client.hello()
        for _ in range(20):
            self.assertEqual(code(client.send_mail(MAIL)), 250)
        for _ in range(5):
            other = self.client()
            other.hello()
            self.assertEqual(code(other.send_mail(MAIL)), 250)
        self.assertEqual(len(self.sink.accepted), 25)
        self.assertEqual(self.sink.connections, 1)

    def test_an_aborted_transaction_leaves_nothing_behind_on_a_kept_connection(self):
        client = self.relay_to(SmtpSink())
        client.hello()
        client.command("MAIL FROM:<wrong@sender.example>")
        client.command("RCPT TO:<wrong@customer.example>")
        self.assertEqual(code(client.command("RSET")), 250)
        self.assertEqual(code(client.send_mail(MAIL)), 250)
        client.command("MAIL FROM:<wrong@sender.example>")
        client.command("RCPT TO:<wrong@customer.example>")
        client.close()
        other = self.client()
        other.hello()
        self.assertEqual(code(other.send_mail(MAIL)), 250)
        for message in self.sink.accepted:
            self.assertEqual((message.mail, message.recipients), ("<sender@sender.example>", ["<info@customer.example>"]))

    def test_infected_mail_is_changed_on_the_way(self):
        client = self.relay_to(SmtpSink())
        client.hello()
        self.assertEqual(code(client.send_mail(mail_with({"virus.zip": eicar_zip()}))), 250)
        self.assertIn(b"had been detected from virus.zip", self.sink.accepted[0].data)
        self.assertNotIn(b"filename", self.sink.accepted[0].data)

    # -- XFORWARD and XCLIENT

    def test_xforward_is_passed_to_a_next_hop_that_takes_it(self):
        client = self.relay_to(SmtpSink(extensions=("XFORWARD NAME ADDR HELO",)))
        client.hello()
        self.assertEqual(code(client.command("XFORWARD NAME=spike.example ADDR=192.0.2.7 PROTO=ESMTP")), 250)
        self.assertEqual(code(client.command("XFORWARD HELO=spike")), 250)
        self.assertEqual(code(client.send_mail(MAIL)), 250)
        self.assertEqual(code(client.send_mail(MAIL)), 250)
        self.assertEqual(self.sink.accepted[0].xforward, ["XFORWARD NAME=spike.example ADDR=192.0.2.7 HELO=spike"])
        sent = [line for _, line in self.sink.commands if line.startswith("XFORWARD")]
        self.assertEqual(len(sent), 1)  # of one transaction, as Postfix has it
        self.assertIn("client=192.0.2.7", self.relay.log())

    def test_long_xforward_is_split_at_512_octets(self):
        client = self.relay_to(SmtpSink(extensions=("XFORWARD NAME ADDR HELO",)))
        client.hello()
        for name in ("NAME", "HELO"):
            self.assertEqual(code(client.command(f"XFORWARD {name}={'x' * 300}")), 250)
        self.assertEqual(code(client.send_mail(MAIL)), 250)
        self.assertEqual(self.sink.accepted[0].xforward, [f"XFORWARD NAME={'x' * 300}", f"XFORWARD HELO={'x' * 300}"])

    def test_xforward_ends_here_where_the_next_hop_does_not_take_it(self):
        client = self.relay_to(SmtpSink())
        client.hello()
        self.assertEqual(code(client.command("XFORWARD ADDR=192.0.2.7")), 250)
        self.assertEqual(code(client.send_mail(MAIL)), 250)
        self.assertEqual(self.sink.accepted[0].xforward, [])

    def test_a_next_hop_that_refuses_xforward_gets_the_mail_all_the_same(self):
        client = self.relay_to(SmtpSink({"XFORWARD": "550 5.7.0 not from you"}, extensions=("XFORWARD ADDR",)))
        client.hello()
        self.assertEqual(code(client.command("XFORWARD ADDR=192.0.2.7")), 250)
        self.assertEqual(code(client.send_mail(MAIL)), 250)

    def test_xclient_is_passed_on_and_its_connection_serves_nobody_else(self):
        client = self.relay_to(SmtpSink(extensions=("XCLIENT NAME ADDR",)))
        client.hello()
        self.assertEqual(code(client.command("XCLIENT NAME=spike.example ADDR=192.0.2.7")), 220)
        self.assertEqual(code(client.command("MAIL FROM:<a@b.example>")), 503)
        client.hello()
        self.assertEqual(code(client.send_mail(MAIL)), 250)
        other = self.client()
        other.hello()
        self.assertEqual(code(other.send_mail(MAIL)), 250)
        first, second = self.sink.accepted
        self.assertEqual(first.xforward, ["XCLIENT NAME=spike.example ADDR=192.0.2.7"])
        self.assertEqual(second.xforward, [])
        self.assertNotEqual(first.connection, second.connection)

    def test_who_may_not_forward_is_not_offered_it_and_refused(self):
        client = self.relay_to(SmtpSink(extensions=EVERYTHING), smtp={"xforward_clients": ["192.0.2.0/24"]})
        self.assertFalse({"XFORWARD", "XCLIENT"} & set(offers(client.hello())))
        self.assertEqual(client.command("XFORWARD ADDR=192.0.2.7")[0][:9], "550 5.7.0")
        self.assertEqual(client.command("XCLIENT ADDR=192.0.2.7")[0][:9], "550 5.7.0")
        self.assertEqual(code(client.send_mail(MAIL)), 250)
        self.assertEqual(self.sink.accepted[0].xforward, [])

    # -- LMTP

    def test_lmtp_over_a_unix_socket_and_over_tcp(self):
        for sink in (SmtpSink(lmtp=True, path=self.folder / "lmtp.sock"), SmtpSink(lmtp=True)):
            client = self.relay_to(sink)
            client.hello()
            self.assertEqual(code(client.send_mail(MAIL, recipients=("1@customer.example", "2@customer.example"))), 250)
            self.assertEqual(sink.accepted[0].recipients, ["<1@customer.example>", "<2@customer.example>"])
            self.assertIn("LHLO relay.example", [line for _, line in sink.commands])
            self.assertEqual(code(client.send_mail(MAIL)), 250)
            self.assertEqual(sink.connections, 1)
            self.relay.stop()

    def test_lmtp_refusal_by_all_passes_unchanged(self):
        client = self.relay_to(SmtpSink({".": "552 5.2.2 mailbox full"}, lmtp=True))
        client.hello()
        self.assertEqual(client.send_mail(MAIL, recipients=("1@customer.example", "2@customer.example")),
                         ["552 5.2.2 mailbox full"])

    def test_lmtp_where_recipients_differ_is_deferred_so_that_none_loses_the_mail(self):
        client = self.relay_to(SmtpSink({".": [Reply("250 2.0.0 Ok", times=1), Reply("452 4.2.2 full")]}, lmtp=True))
        client.hello()
        reply = client.send_mail(MAIL, recipients=("1@customer.example", "2@customer.example"))
        self.assertEqual((code(reply), reply[0][4:9]), (451, "4.3.0"))

    def lmtp_retry(self, client, recipients, mail=MAIL):
        """What RCPT and the message are answered, as to a mail server that comes again."""
        self.assertEqual(code(client.command("MAIL FROM:<sender@sender.example>")), 250)
        replies = [code(client.command(f"RCPT TO:<{recipient}>")) for recipient in recipients]
        self.assertEqual(code(client.command("DATA")), 354)
        return [*replies, client.send_data(mail)[0]]

    def test_lmtp_that_takes_a_mail_for_some_gets_it_for_the_others_alone_next_time(self):
        some = [Reply("250 2.0.0 Ok first", times=1), Reply("552 5.2.2 full", times=1)]
        client = self.relay_to(SmtpSink({".": some}, lmtp=True))
        client.hello()
        both = ("1@customer.example", "2@customer.example")
        for mail in (MAIL, mail_with({"x.zip": eicar_zip()})):
            self.sink.messages.clear()
            self.sink.on(".", some)
            self.assertEqual(code(client.send_mail(mail, recipients=both)), 451)
            self.assertEqual(self.lmtp_retry(client, both, mail), [250, 452, "250 2.0.0 Ok first"])
            self.sink.on(".", [Reply("552 5.2.2 full", times=1)])
            self.assertEqual(self.lmtp_retry(client, both[1:], mail), [250, "552 5.2.2 full"])
            # All have heard their own, and who was served was served once; the next mail is for both again.
            self.assertEqual([len(m.recipients) for m in self.sink.messages], [2, 1])
            self.assertEqual(self.lmtp_retry(client, both, mail), [250, 250, "250 2.0.0 Ok: queued"])
            self.assertEqual([len(m.recipients) for m in self.sink.messages], [2, 1, 2])

    def test_lmtp_another_mail_meanwhile_is_delivered(self):
        some = [Reply("250 2.0.0 Ok", times=1), Reply("452 4.2.2 full", times=1)]
        client = self.relay_to(SmtpSink({".": some}, lmtp=True))
        client.hello()
        both, other = ("1@customer.example", "2@customer.example"), mail_with(subject="another")
        self.assertEqual(code(client.send_mail(MAIL, recipients=both)), 451)
        self.assertEqual(self.lmtp_retry(client, both[:1], other), [250, "250 2.0.0 Ok: queued"])
        self.assertEqual(self.lmtp_retry(client, both[:1]), [250, "250 2.0.0 Ok"])
        self.assertEqual(self.lmtp_retry(client, both[1:]), [250, "250 2.0.0 Ok: queued"])
        self.assertEqual([(m.recipients, m.data.endswith(MAIL)) for m in self.sink.messages],
                         [([f"<{to}>" for to in both], True), ([f"<{both[0]}>"], False), ([f"<{both[1]}>"], True)])

    def test_lmtp_one_recipient_at_a_time_gives_each_its_own_reply(self):
        sink = SmtpSink({".": [Reply("250 2.0.0 Ok", times=1), Reply("552 5.2.2 full")]}, lmtp=True)
        client = self.relay_to(sink, next_hop={"lmtp_recipients": "one"})
        client.hello()
        client.command("MAIL FROM:<a@sender.example>")
        self.assertEqual(code(client.command("RCPT TO:<1@customer.example>")), 250)
        self.assertEqual(client.command("RCPT TO:<2@customer.example>")[0][:9], "452 4.5.3")
        self.assertEqual(code(client.command("DATA")), 354)
        self.assertEqual(code(client.send_data(MAIL)), 250)
        self.assertEqual(client.send_mail(MAIL, recipients=("2@customer.example",)), ["552 5.2.2 full"])

    def test_a_next_hop_that_hangs_lets_a_session_begin(self):
        client = self.relay_to(SmtpSink({"greeting": Reply("220 late", delay=30)}), next_hop={"reply_timeout_seconds": 1})
        others = [self.client() for _ in range(20)]
        for each in (client, *others):
            each.send(b"EHLO client.example\r\n")
        for each in (client, *others):  # one question for all of them, and one wait
            self.assertEqual(set(offers(each.reply())), {"SIZE", "XFORWARD"})
        self.assertLessEqual(self.sink.connections, 2)


class Tls(ServerTest):
    def setUp(self):
        super().setUp()
        self.certificate, self.key, both = make_certificate(self.folder)
        self.server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server.load_cert_chain(both)
        self.trusting = ssl.create_default_context(cafile=str(self.certificate))

    def relay_to(self, sink, next_hop=None, **smtp):
        self.sink = self.start(sink)
        self.relay = self.start(Scanrelay(self.folder, next_hop=self.sink.url(), settings={
            "smtp": smtp, "next_hop": {"connect_timeout_seconds": 2, "reply_timeout_seconds": 2, **(next_hop or {})}}))
        client = SmtpClient(self.relay.port)
        self.addCleanup(client.close)
        client.hello()
        return client

    def ehlos(self):
        return [line for _, line in self.sink.commands if line.startswith("EHLO")]

    # -- as a server

    def test_starttls_by_the_relay(self):
        client = self.relay_to(SmtpSink(), tls_certificate=str(self.certificate), tls_key=str(self.key))
        self.assertIn("250-STARTTLS", client.hello())
        # What comes in the clear behind STARTTLS must not be taken for a command inside TLS.
        client.send(b"STARTTLS\r\nMAIL FROM:<injected@evil.example>\r\n")
        self.assertEqual(code(client.reply()), 220)
        client.socket = self.trusting.wrap_socket(client.socket, server_hostname="localhost")
        self.assertEqual(code(client.command("RCPT TO:<b@customer.example>")), 503)
        self.assertEqual(code(client.command("MAIL FROM:<a@b.example>")), 503)  # EHLO anew
        reply = client.hello()
        self.assertNotIn("STARTTLS", " ".join(reply))
        self.assertEqual(code(client.command("STARTTLS")), 503)
        self.assertEqual(code(client.send_mail(MAIL)), 250)
        big = mail_with(text=("z" * 70 + "\n") * 50000)
        self.assertEqual(code(client.send_mail(big)), 250)
        self.assertTrue(self.sink.accepted[1].data.endswith(big))
        self.assertEqual(code(client.command("QUIT")), 221)
        self.assertEqual(client.socket.recv(1), b"")  # with TLS' own good-bye, else this raises

    def test_a_key_that_only_root_can_read(self):
        """Read before privileges are dropped."""
        self.folder.chmod(0o755)
        self.sink = self.start(SmtpSink())
        relay = self.start(Scanrelay(self.folder, next_hop=self.sink.url(), settings={
            "smtp": {"tls_certificate": str(self.certificate), "tls_key": str(self.key)}, "process": {"user": "nobody"}}))
        self.assertEqual(self.key.stat().st_mode & 0o777, 0o600)
        with SmtpClient(relay.port) as client:
            self.assertIn("250-STARTTLS", client.hello())
            self.assertEqual(code(client.starttls()), 220)
            self.assertEqual(code(client.hello()), 250)

    def test_no_starttls_without_a_certificate(self):
        client = self.relay_to(SmtpSink())
        self.assertNotIn("STARTTLS", " ".join(client.hello()))
        self.assertEqual(code(client.command("STARTTLS")), 502)

    def test_garbage_in_the_handshake_ends_that_connection_only(self):
        client = self.relay_to(SmtpSink(), tls_certificate=str(self.certificate), tls_key=str(self.key))
        self.assertEqual(code(client.command("STARTTLS")), 220)
        client.send(b"\x16\x03\x01garbage" * 100)
        client.socket.settimeout(5)
        try:
            while client.socket.recv(1000):
                pass
        except ConnectionResetError:
            pass
        with SmtpClient(self.relay.port) as other:
            other.hello()
            self.assertEqual(code(other.send_mail(MAIL)), 250)

    def test_implicit_tls(self):
        port = free_port()
        self.relay_to(SmtpSink(), tls_certificate=str(self.certificate), tls_key=str(self.key),
                      listen_tls=[f"127.0.0.1:{port}"])
        with SmtpClient(port, tls=self.trusting) as client:
            self.assertNotIn("STARTTLS", " ".join(client.hello()))
            self.assertEqual(code(client.send_mail(MAIL)), 250)

    def test_a_silent_client_is_told_inside_tls(self):
        client = self.relay_to(SmtpSink(), tls_certificate=str(self.certificate), tls_key=str(self.key),
                               command_timeout_seconds=1)
        self.assertEqual(code(client.starttls()), 220)
        self.assertTrue(client.reply()[0].startswith("421 4.4.2 "))
        self.assertEqual(client.socket.recv(1), b"")

    def test_a_handshake_that_does_not_come_ends_the_connection(self):
        client = self.relay_to(SmtpSink(), tls_certificate=str(self.certificate), tls_key=str(self.key),
                               command_timeout_seconds=1)
        self.assertEqual(code(client.command("STARTTLS")), 220)
        self.assertEqual(client.socket.recv(1000), b"")

    def test_an_idle_session_keeps_no_buffers(self):
        sessions = 100
        client = self.relay_to(SmtpSink(), tls_certificate=str(self.certificate), tls_key=str(self.key))
        client.starttls()
        client.hello()
        front = child(self.relay.pid, "sr-front")
        before = proportional_kilobytes(front)
        for _ in range(sessions):
            other = self.enterContext(SmtpClient(self.relay.port))
            other.hello()
            other.starttls()
            other.hello()
        self.assertLess((proportional_kilobytes(front) - before) / sessions, 40)

    # -- towards the next hop

    def test_starttls_is_used_where_offered(self):
        client = self.relay_to(SmtpSink(tls=self.server))
        for _ in range(3):
            self.assertEqual(code(client.send_mail(MAIL)), 250)
        self.assertEqual(self.sink.connections, 1)
        self.assertEqual(len(self.ehlos()), 2)
        self.assertIn("STARTTLS", [line for _, line in self.sink.commands])

    def test_a_handshake_that_fails_is_no_obstacle_unless_tls_is_required(self):
        refusing = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)  # without a certificate no handshake comes to an end
        client = self.relay_to(SmtpSink(tls=refusing))
        self.assertEqual(code(client.send_mail(MAIL)), 250)
        self.relay.stop()
        client = self.relay_to(SmtpSink(tls=refusing), next_hop={"tls": "require"})
        self.assertTrue(client.send_mail(MAIL)[0].startswith("451 4.4.1 "))
        self.assertEqual(self.sink.messages, [])

    def test_tls_none_leaves_it(self):
        client = self.relay_to(SmtpSink(tls=self.server), next_hop={"tls": "none"})
        self.assertEqual(code(client.send_mail(MAIL)), 250)
        self.assertNotIn("STARTTLS", [line for _, line in self.sink.commands])

    def test_required_tls_that_is_not_offered_or_refused_is_451(self):
        client = self.relay_to(SmtpSink(), next_hop={"tls": "require"})
        self.assertTrue(client.send_mail(MAIL)[0].startswith("451 4.4.1 "))
        self.relay.stop()
        client = self.relay_to(SmtpSink({"STARTTLS": "454 4.7.0 not now"}, tls=self.server), next_hop={"tls": "require"})
        self.assertTrue(client.send_mail(MAIL)[0].startswith("451 4.4.1 "))
        self.assertEqual(self.sink.messages, [])

    def test_text_behind_the_reply_to_starttls_is_not_believed(self):
        client = self.relay_to(SmtpSink({"STARTTLS": "220 go ahead\r\n250 injected"}, tls=self.server),
                               next_hop={"tls": "require"})
        self.assertTrue(client.send_mail(MAIL)[0].startswith("451 4.4.1 "))
        self.assertEqual(self.sink.messages, [])

    def test_verify_takes_only_a_good_certificate(self):
        client = self.relay_to(SmtpSink(tls=self.server), next_hop={"tls": "verify", "tls_ca_file": str(self.certificate)})
        self.assertEqual(code(client.send_mail(MAIL)), 250)
        self.relay.stop()
        client = self.relay_to(SmtpSink(tls=self.server), next_hop={"tls": "verify"})  # signed by nobody known
        self.assertTrue(client.send_mail(MAIL)[0].startswith("451 4.4.1 "))
        self.relay.stop()
        (self.folder / "other").mkdir()
        other, _, both = make_certificate(self.folder / "other", ["mx.other.example"])
        wrong = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        wrong.load_cert_chain(both)
        client = self.relay_to(SmtpSink(tls=wrong, host="127.0.0.2"), next_hop={"tls": "verify", "tls_ca_file": str(other)})
        self.assertTrue(client.send_mail(MAIL)[0].startswith("451 4.4.1 "))  # the right signer, another name
        self.assertEqual(self.sink.messages, [])

    def test_smtps(self):
        client = self.relay_to(SmtpSink(tls=self.server, implicit_tls=True))
        self.assertEqual(code(client.send_mail(MAIL)), 250)
        self.relay.stop()
        client = self.relay_to(SmtpSink(tls=self.server, implicit_tls=True),
                               next_hop={"tls": "verify", "tls_ca_file": str(self.certificate)})
        self.assertEqual(code(client.send_mail(MAIL)), 250)
        self.relay.stop()
        client = self.relay_to(SmtpSink(tls=self.server, implicit_tls=True), next_hop={"tls": "verify"})
        self.assertTrue(client.send_mail(MAIL)[0].startswith("451 4.4.1 "))


if __name__ == "__main__":
    main()
