"""Connections of a web server to formmail: over restarts, kept open between requests, and many at once."""
import collections
import concurrent.futures
import itertools
import re
import socket
import threading

from harness import *
from harness.fastcgi import STDIN, FastCgi, answer_of, begin, parameters, records
from harness.readable import text_of
from harness.web_form import *

DONE = "終わり"


def listening_socket(path):
    """As systemd holds it."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(4096)
    return listener


class Restarted(ServerTest):
    """`formmail serve` on a socket that outlives it."""

    def setUp(self):
        super().setUp()
        self.sink = self.start(SmtpSink())
        self.formmail = FormMail(self.folder, self.sink.port)
        listener = listening_socket(self.formmail.socket)
        self.addCleanup(listener.close)
        self.formmail.stdin = listener
        self.formmail.arguments = [str(self.formmail.binary), "serve", "--config", str(self.formmail.config)]
        self.start(self.formmail)
        self.browser = Browser(self.start(Nginx(self.folder, self.folder, self.formmail)).port, timeout=60)

    def send(self, name):
        return self.browser.post(OWN, [("_profile_", "Contact"), ("_comp_title_", DONE), ("_label_", "name:N"), ("name", name)])

    def restart(self):
        self.formmail.process.terminate()
        self.assertEqual(self.formmail.process.wait(60), 0)
        self.formmail.start()

    def test_no_request_is_lost_over_twenty_restarts(self):
        over, sent = threading.Event(), []

        def visit(visitor):
            for number in itertools.count():
                if over.is_set():
                    return
                name = f"visitor-{visitor}-{number}-end"
                answer = self.send(name)
                self.assertEqual((answer.status, DONE in answer.text), (200, True), answer.text)
                sent.append(name)

        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            visitors = [pool.submit(visit, number) for number in range(6)]
            try:
                for _ in range(20):
                    before = len(sent)
                    wait_until(lambda: len(sent) > before + 10 or any(v.done() for v in visitors), 60, "answers")
                    self.restart()
            finally:
                over.set()
            for visitor in visitors:
                visitor.result()
        mails = collections.Counter(re.search(r"visitor-\d+-\d+-end", text_of(mail.data))[0] for mail in self.sink.accepted)
        self.assertEqual(mails, collections.Counter(sent))

    def test_a_request_at_hand_is_finished_and_who_comes_meanwhile_is_answered_by_the_next(self):
        self.sink.on("DATA", Reply("354 go on", delay=2, times=1))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            first = pool.submit(self.send, "first")
            wait_until(lambda: any(line == "DATA" for _, line in self.sink.commands), 60, "a mail under way")
            self.formmail.process.terminate()
            wait_until(lambda: thread_count(self.formmail.pid) < 5, 60, "the others' end")
            second = pool.submit(self.send, "second")
            self.assertEqual(self.formmail.process.wait(60), 0)
            self.assertIn(DONE, first.result().text)
            self.formmail.start()
            self.assertIn(DONE, second.result().text)
        self.assertEqual(len(self.sink.accepted), 2)


def thread_count(pid):
    return int(status_of(pid)["Threads"])


class Kept(WebFormTest):
    """A web server that keeps its connections open between requests."""

    def setUp(self):
        super().setUp()
        self.start(self.formmail)
        self.visitor = FastCgi(self.formmail)

    def request(self, body):
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return begin(True) + parameters(self.visitor.environment("POST", OWN, body, kind)) + records(STDIN, body)

    def ask(self, connection, name):
        connection.sendall(self.request(encode_urlencoded(self.form(name=name))))
        return answer_of(connection)

    def test_more_idle_connections_than_threads_hold_up_nobody_and_are_still_good(self):
        idle = []
        for number in range(100):
            connection = self.visitor.connect()
            self.addCleanup(connection.close)
            self.assertIn(b"Status: 200", self.ask(connection, f"first {number}"))
            idle.append(connection)
        self.assertEqual(self.post(browser=self.visitor, name="another").status, 200)
        for number, connection in enumerate(idle):
            self.assertIn(b"Status: 200", self.ask(connection, f"second {number}"))
        self.assertEqual(len(self.mails()), 201)

    def test_the_next_request_begins_behind_a_body_that_was_refused(self):
        connection = self.visitor.connect()
        self.addCleanup(connection.close)
        connection.sendall(self.request(b"x" * (11 << 20)))
        self.assertIn(b"Status: 413", answer_of(connection))
        self.assertIn(b"Status: 200", self.ask(connection, "next"))

    def test_idle_connections_do_not_keep_formmail_from_ending(self):
        connection = self.visitor.connect()
        self.addCleanup(connection.close)
        self.ask(connection, "only")
        self.formmail.process.terminate()
        self.assertEqual(self.formmail.process.wait(60), 0)
        self.assertEqual(connection.recv(1), b"")


class ManyAtOnce(ServerTest):
    def test_uploads_of_more_visitors_than_threads(self):
        sink = self.start(SmtpSink())
        formmail = self.start(FormMail(self.folder, sink.port, threads=2))
        web = self.start(Nginx(self.folder, self.folder, formmail))
        fields = [("_profile_", "Contact"), ("_label_", "f:F:file"), ("f", File("a.pdf", b"%PDF-1.4\n" + bytes(4 << 20)))]
        with concurrent.futures.ThreadPoolExecutor(60) as pool:
            answers = list(pool.map(lambda _: Browser(web.port, timeout=120).post(OWN, fields, multipart=True), range(60)))
        self.assertEqual(collections.Counter(answer.status for answer in answers), {200: 60})


if __name__ == "__main__":
    main()
