"""Next to a real Postfix: as its before-queue filter (smtpd_proxy_filter), as its content_filter, and before it."""
import json
import re
import unittest

from harness import *
from harness.scanrelay import SCANRELAY

CLEAN = mail_with(text="x" * 200 + "\n")
INFECTED = mail_with({"virus.zip": eicar_zip()})
RECIPIENT = ("info@customer.example",)


def from_(mail):
    """A mail from its From line on: without what servers put on top."""
    return mail[mail.index(b"From: sender@"):]


class BesidePostfix(ServerTest):
    def send(self, port, mail, **arguments):
        with SmtpClient(port, source="127.0.0.2") as client:  # so that it is not the relay's own address
            client.hello("spike.example")
            return client.send_mail(mail, recipients=RECIPIENT, **arguments)

    def assert_delivers(self, port, maildir):
        """Clean mail arrives unaltered, infected mail with its notice, big mail whole."""
        big = mail_with(text=("y" * 70 + "\n") * 30000)
        for mail in (CLEAN, INFECTED, big):
            self.assertEqual(code(self.send(port, mail)), 250)
        arrived = wait_for_mail(maildir, 3, seconds=30)
        bodies = sorted((from_(mail) for mail in arrived), key=len)
        self.assertEqual(bodies[0], from_(CLEAN).replace(b"\r\n", b"\n"))
        self.assertIn(b"The virus Eicar-Signature.UNOFFICIAL had been detected from virus.zip.\n", bodies[1])
        self.assertNotIn(b"filename", bodies[1])
        self.assertEqual(bodies[2], from_(big).replace(b"\r\n", b"\n"))
        for mail in arrived:
            self.assertEqual(mail.count(b"X-Virus-Status: "), 1)


    def assert_releases(self, maildir, relay):
        """The original of an infected mail comes to its recipient as it was, though all other mail is scanned."""
        self.assertEqual(code(self.send(self.postfix.port, INFECTED)), 250)
        self.assertNotIn(b"filename", wait_for_mail(maildir, 1)[0])
        quarantine = [SCANRELAY, "quarantine"]
        [entry] = run([*quarantine, "list", "--json", "--config", relay.config]).stdout.splitlines()
        done = run([*quarantine, "release", "--config", relay.config, json.loads(entry)["id"]])
        self.assertEqual(done.returncode, 0, done)
        originals = [mail for mail in wait_for_mail(maildir, 2, seconds=60) if b"filename" in mail]
        self.assertEqual([from_(mail) for mail in originals], [from_(INFECTED).replace(b"\r\n", b"\n")])
        self.assertNotIn(b"X-Virus-", originals[0])


class BeforeQueue(BesidePostfix):
    """Internet -> Postfix smtpd (proxy) -> scanrelay -> Postfix smtpd (behind) -> queue."""

    def setUp(self):
        super().setUp()
        self.behind, relay = free_port(), free_port()
        self.postfix = self.start(Postfix(
            self.folder, smtpd_options=f"-o smtpd_proxy_filter=127.0.0.1:{relay} -o smtpd_client_connection_count_limit=0",
            master=f"127.0.0.1:{self.behind} inet n - n - - smtpd -o smtpd_authorized_xforward_hosts=127.0.0.0/8 "
                   "-o smtpd_proxy_filter= -o syslog_name=behind "
                   "-o { smtpd_recipient_restrictions=check_recipient_access inline:{{gone@customer.example=550 5.1.1 "
                   "gone for good}}, permit }"))
        self.relay = self.start(Scanrelay(self.folder, next_hop=f"smtp://127.0.0.1:{self.behind}", port=relay,
                                          settings={"quarantine": {"directory": str(self.folder / "quarantine")}}))

    def test_a_released_original_is_not_caught_again(self):
        self.assert_releases(self.postfix.maildir, self.relay)

    def test_mail_goes_through_and_the_clients_address_is_kept(self):
        self.assert_delivers(self.postfix.port, self.postfix.maildir)
        self.assertEqual(self.relay.log().count("client=127.0.0.2 helo=spike.example"), 3)
        self.assertEqual(len(re.findall(r"behind/smtpd\[\d+\]: \w+: client=\S+\[127\.0\.0\.1\], "
                                        r"orig_client=\S+\[127\.0\.0\.2\]", self.postfix.log())), 3)

    def test_a_recipient_that_the_smtpd_behind_refuses_is_refused_to_the_client(self):
        with SmtpClient(self.postfix.port) as client:
            client.hello()
            client.command("MAIL FROM:<a@sender.example>")
            self.assertEqual(client.command("RCPT TO:<gone@customer.example>"),
                             ["550 5.1.1 <gone@customer.example>: Recipient address rejected: gone for good"])
            self.assertEqual(code(client.command("RCPT TO:<info@customer.example>")), 250)
            self.assertEqual(code(client.command("DATA")), 354)
            self.assertEqual(code(client.send_data(CLEAN)), 250)
        self.assertEqual(len(wait_for_mail(self.postfix.maildir, 1)), 1)

    def test_with_the_relay_down_mail_is_deferred_and_with_it_back_accepted(self):
        self.relay.stop()
        self.assertIn(code(self.send(self.postfix.port, CLEAN)), range(400, 500))
        self.relay.start()
        self.assertEqual(code(self.send(self.postfix.port, CLEAN)), 250)
        self.assertEqual(len(wait_for_mail(self.postfix.maildir, 1)), 1)

    def test_what_the_relay_refuses_the_client_is_told(self):
        self.assertEqual(self.send(self.postfix.port, CLEAN, parameters=" BODY=8BITMIME RET=HDRS")[0][:3], "250")
        reply = self.send(self.postfix.port, b"From: sender@a.example\r\n\r\n" + b"a\0b\r\n")
        self.assertEqual((code(reply), reply[0][4:9]), (550, "5.6.0"))


class AfterQueue(BesidePostfix):
    """Internet -> Postfix -> queue -> scanrelay (content_filter) -> Postfix smtpd (behind) -> queue."""

    def setUp(self):
        super().setUp()
        self.behind, relay = free_port(), free_port()
        self.postfix = self.start(Postfix(
            self.folder, {"content_filter": f"scan:[127.0.0.1]:{relay}", "smtp_send_xforward_command": "yes"},
            master=f"scan unix - - n - 4 smtp -o smtp_send_xforward_command=yes\n"
                   f"127.0.0.1:{self.behind} inet n - n - - smtpd -o content_filter= -o syslog_name=behind "
                   "-o receive_override_options=no_address_mappings -o smtpd_authorized_xforward_hosts=127.0.0.0/8"))
        self.relay = self.start(Scanrelay(self.folder, next_hop=f"smtp://127.0.0.1:{self.behind}", port=relay,
                                          settings={"quarantine": {"directory": str(self.folder / "quarantine")}}))

    def test_a_released_original_is_not_caught_again(self):
        self.assert_releases(self.postfix.maildir, self.relay)

    def test_mail_goes_through_and_the_clients_address_is_kept(self):
        self.assert_delivers(self.postfix.port, self.postfix.maildir)
        self.assertEqual(self.relay.log().count("client=127.0.0.2 helo=spike.example"), 3)
        self.assertEqual(len(re.findall(r"behind/smtpd\[\d+\]: \w+: client=\S+\[127\.0\.0\.1\], orig_queue_id=\w+, "
                                        r"orig_client=\S+\[127\.0\.0\.2\]", self.postfix.log())), 3)

    def test_mail_waits_in_the_queue_while_the_relay_is_down(self):
        self.relay.stop()
        self.assertEqual(code(self.send(self.postfix.port, CLEAN)), 250)
        wait_until(lambda: "status=deferred" in self.postfix.log(), 15, "deferred mail")
        self.assertEqual(read_maildir(self.postfix.maildir), [])
        self.relay.start()
        self.assertEqual(len(wait_for_mail(self.postfix.maildir, 1, seconds=30)), 1)
        wait_until(self.postfix.queue_is_empty, 15, "an empty queue")


class BeforePostfix(BesidePostfix):
    """Clients (formmail) -> scanrelay -> Postfix."""

    def test_mail_goes_through_and_refusals_come_back(self):
        postfix = self.start(Postfix(self.folder, {"smtpd_recipient_restrictions": "check_recipient_access "
                                                   "inline:{{gone@customer.example=550 5.1.1 gone for good}}, permit"}))
        relay = self.start(Scanrelay(self.folder, next_hop=f"smtp://127.0.0.1:{postfix.port}"))
        self.assert_delivers(relay.port, postfix.maildir)
        with SmtpClient(relay.port) as client:
            client.hello()
            reply = client.send_mail(CLEAN, recipients=("gone@customer.example",))
            self.assertEqual(reply, ["550 5.1.1 <gone@customer.example>: Recipient address rejected: gone for good"])
            self.assertEqual(code(client.command("RSET")), 250)
            self.assertEqual(code(client.send_mail(CLEAN)), 250)

    def test_postfix_killed_and_started_again_costs_no_mail(self):
        postfix = self.start(Postfix(self.folder))
        relay = self.start(Scanrelay(self.folder, next_hop=f"smtp://127.0.0.1:{postfix.port}"))
        with SmtpClient(relay.port) as client:
            client.hello()
            self.assertEqual(code(client.send_mail(CLEAN)), 250)
            postfix.stop()
            self.assertTrue(client.send_mail(CLEAN)[0].startswith("451 4.4.1 "))
            postfix.start()
            self.assertEqual(code(client.command("RSET")), 250)
            self.assertEqual(code(client.send_mail(CLEAN)), 250)
        self.assertEqual(len(wait_for_mail(postfix.maildir, 2, seconds=20)), 2)


if __name__ == "__main__":
    main()
