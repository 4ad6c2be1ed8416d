"""Random clients before a random next hop: both break off, send garbage, refuse and hang, in an order that the seed
decides. Whatever they do, a message with a 250 is at the next hop, whole."""
import random
import socket
import threading
import time
import unittest

from harness import *

SECONDS = 6
FAULTS = (None, Reply(cut=0, times=2), Reply(cut=7, times=2), Reply("421 4.3.2 bye", close=True, times=2),
          Reply("550 5.0.0 no", times=2), Reply("450 4.0.0 later", times=2), Reply("no reply", times=1),
          Reply(delay=1.5, times=1))
STEPS = ("greeting", "EHLO", "MAIL", "RCPT", "DATA", ".", "RSET", "XFORWARD")
UNANSWERED = (b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n", b"NOOP\r\n" * 500, b"DATA\r\n.\r\n", b"EHLO x\r\n" * 30,
              b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nhalf a message", b"\n.\n\r.\r", b"\r\n.\r\n",
              b"RSET\r\nMAIL FROM:<>\r\nRSET\r\nRSET\r\n")
COMMANDS = ("NOOP", "RSET", "VRFY x", "HELP", "AUTH PLAIN", "BDAT 3 LAST", "MAIL FROM:<a@b.example> SIZE=99999999", "RCPT TO:<>",
            "QUIT", "EHLO", "XFORWARD", "HELO y", "XFORWARD ADDR=192.0.2.7")


class RandomSessions(ServerTest):
    def clients(self, seed, port, told, end):
        choice = random.Random(seed)
        count = 0
        while time.monotonic() < end:
            client = None
            try:
                client = SmtpClient(port, timeout=6)
                client.hello()
                for _ in range(choice.randrange(1, 10)):
                    kind = choice.random()
                    if kind < 0.6:
                        count += 1
                        text = "".join(choice.choice(["a\n", ".\n", "..x\n", "y" * 90 + "\n"]) for _ in range(choice.randrange(300)))
                        mail = mail_with(subject=f"{seed}-{count}", text=text)
                        if code(client.send_mail(mail, recipients=["a@b.example"] * choice.randrange(1, 4))) == 250:
                            told.append(mail)
                        else:
                            client.command("RSET")
                    elif kind < 0.8:
                        client.command(choice.choice(COMMANDS))
                    elif kind < 0.9:
                        client.send(choice.choice(UNANSWERED))
                        break
                    else:
                        client.send(choice.randbytes(choice.randrange(1, 3000)))
                        break
                if choice.random() < 0.3:
                    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            except (OSError, EOFError, ValueError):
                pass
            finally:
                if client:
                    client.close()

    def faults(self, seed, sink, end):
        choice = random.Random(seed)
        while time.monotonic() < end:
            step = choice.choice(STEPS)
            sink.on(step, choice.choice(FAULTS))
            time.sleep(0.05)
            if choice.random() < 0.7:
                sink.on(step, None)
            if choice.random() < 0.02:
                sink.stop()
                time.sleep(0.1)
                sink.start()

    def run_sessions(self, seed, **sink_arguments):
        sink = self.start(SmtpSink(extensions=("SIZE 1000000", "PIPELINING", "XFORWARD NAME ADDR"), **sink_arguments))
        relay = self.start(Scanrelay(self.folder, next_hop=sink.url(), workers=2, settings={
            "smtp": {"command_timeout_seconds": 2, "data_timeout_seconds": 2},
            "next_hop": {"reply_timeout_seconds": 1, "idle_connections": 3}}))
        told, end = [], time.monotonic() + SECONDS
        threads = [threading.Thread(target=self.clients, args=(seed + n, relay.port, told, end)) for n in range(6)]
        threads.append(threading.Thread(target=self.faults, args=(seed, sink, end)))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertTrue(relay.running())
        self.assertNotIn("front ended", relay.log())
        arrived = [message.data for message in sink.accepted]
        self.assertGreater(len(told), 10)
        for mail in told:
            self.assertTrue(any(data.endswith(mail) for data in arrived), mail[:200])
        sink.stop()
        self.assertEqual(relay.stop(), 0)

    def test_smtp(self):
        self.run_sessions(1)

    def test_lmtp(self):
        self.run_sessions(100, lmtp=True)


if __name__ == "__main__":
    main()
