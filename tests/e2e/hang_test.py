"""Processes that neither end nor work: the supervisor ends them, and others take their place."""
import os
import signal

from harness import *


class Hang(ServerTest):
    def test_a_front_and_an_engine_that_stand_still_are_replaced(self):
        sink = self.start(SmtpSink())
        relay = self.start(Scanrelay(self.folder, next_hop=sink.url(), workers=2))
        front, engine = child(relay.pid, "sr-front"), child(relay.pid, "sr-engine")
        for pid in (front, engine):
            os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: not {front, engine} & set(children(relay.pid)), 240, "an end of both")
        wait_until(lambda: sorted(children(relay.pid).values()) == ["sr-engine", "sr-front"], 60, "others")
        self.assertIn(" front hangs\n", relay.log())
        self.assertIn(" engine hangs generation=1\n", relay.log())

        def attempt():
            try:
                with SmtpClient(relay.port) as client:
                    client.hello()
                    return code(client.send_mail(mail_with({"x.com": eicar()}))) == 250
            except (OSError, EOFError):
                return False
        wait_until(attempt, 60, "mail accepted")
        self.assertIn(b"X-Virus-Status: removed", sink.accepted[-1].data)


if __name__ == "__main__":
    main()
