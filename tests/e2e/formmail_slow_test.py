"""Visitors who send their form slowly, or read their answer slowly, hold up nobody else.

nginx and lighttpd wait for the whole of both; Apache passes on what comes as it comes.
"""
import select
import socket

from harness import *
from harness.example_site import HTDOCS
from harness.fastcgi import STDIN, FastCgi, answer_of, record, records
from harness.web_form import *

MANY = 50  # more than wait at a time


class Slow(WebFormTest):
    def setUp(self):
        super().setUp()
        self.start(self.formmail)
        self.visitor = FastCgi(self.formmail)
        self.body = encode_urlencoded(self.form())

    def open(self, body):
        """A connection that has announced this body."""
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        connection = self.visitor.open(self.visitor.environment("POST", OWN, body, kind))
        self.addCleanup(connection.close)
        return connection

    def assert_others_are_answered(self):
        for number in range(3):
            self.assertEqual(self.post(browser=self.visitor, name=f"visitor {number}").status, 200)

    def begin_slowly(self):
        connection = self.open(self.body)
        connection.sendall(record(STDIN, self.body[:7]))
        return connection

    def finish(self, connection):
        connection.sendall(records(STDIN, self.body[7:]))
        return answer_of(connection)

    def test_one_who_sends_slowly_is_waited_for(self):
        slow = self.begin_slowly()
        self.assert_others_are_answered()
        self.assertIn(b"Status: 200", self.finish(slow))

    def test_many_who_send_slowly_hold_up_nobody_and_those_who_began_first_give_way(self):
        slow = [self.begin_slowly() for _ in range(MANY)]

        def answered():
            return select.select(slow, [], [], 0)[0]
        wait_until(lambda: len(answered()) >= MANY - 32, 60, "those who gave way")
        self.assertEqual({answer_of(connection)[:12] for connection in answered()}, {b"Status: 400 "})
        self.assert_others_are_answered()
        waiting = [connection for connection in slow if connection not in answered()]
        self.assertIn(b"Status: 200", self.finish(waiting[-1]))
        self.assertEqual(len(self.mails()), 4)

    def test_many_who_do_not_read_their_answers_hold_up_nobody(self):
        long = encode_urlencoded(self.form(text="<" * 500000, confirm=True))  # its page is far longer
        for _ in range(MANY):
            connection = self.open(long)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(records(STDIN, long))
        self.assert_others_are_answered()

    def test_one_who_stopped_halfway_does_not_keep_formmail_from_ending(self):
        slow = self.begin_slowly()
        self.formmail.process.terminate()
        self.assertIn(b"Status: 400", answer_of(slow))
        self.assertEqual(self.formmail.process.wait(60), 0)

    def test_an_announced_body_takes_no_memory_before_it_comes(self):
        def resident():
            return int(status_of(self.formmail.pid)["VmRSS"].split()[0])  # kB
        self.assert_others_are_answered()
        before = resident()
        slow = [self.open(bytes(10 << 20)) for _ in range(20)]
        for connection in slow:
            connection.sendall(record(STDIN, b"a"))
        self.assert_others_are_answered()
        self.assertLess(resident() - before, 50000)


class BehindApache(ServerTest):
    def test_half_a_form_from_more_clients_than_threads(self):
        sink = self.start(SmtpSink())
        formmail = self.start(FormMail(self.folder, sink.port, threads=2))
        web = self.start(Apache(self.folder, HTDOCS, formmail))
        head = f"POST {OWN} HTTP/1.1\r\nHost: www.customer.example\r\nContent-Length: 1000\r\n\r\na="
        for _ in range(8):
            slow = socket.create_connection(("127.0.0.1", web.port))
            self.addCleanup(slow.close)
            slow.sendall(head.encode())
        fields = [("_profile_", "Contact"), ("_label_", "name:N"), ("name", "x")]
        self.assertEqual(Browser(web.port).post(OWN, fields).status, 200)


if __name__ == "__main__":
    main()
