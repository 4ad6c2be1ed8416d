"""A next hop that counts what it gets, and fails on demand."""
import dataclasses
import socket
import threading
import time

from harness.ports import free_port


@dataclasses.dataclass
class Reply:
    """What the sink answers instead of its ordinary reply.

    text: lines without CRLF ("451 4.3.0 later"; several lines of one reply separated by "\\n"), sent as it is.
    delay: seconds before it. cut: only so many bytes of it are sent, then the connection is closed (0: vanishes
    without a word). close: closes after the whole reply. times: how often (None: always).
    """
    text: str = ""
    delay: float = 0.0
    cut: int | None = None
    close: bool = False
    times: int | None = None


@dataclasses.dataclass
class Message:
    """A message up to its final dot, whether or not it was accepted then."""
    mail: str                 # all after "MAIL FROM:", parameters too
    recipients: list[str]     # those accepted, all after "RCPT TO:"
    data: bytes               # dot-stuffing taken out, CRLF line ends as they came
    raw: bytes                # as on the wire, without the final dot
    accepted: bool            # a whole positive reply was given (LMTP: to one recipient at least)
    connection: int
    xforward: list[str] = dataclasses.field(default_factory=list)


class SmtpSink:
    """An SMTP (or LMTP) server in threads of the test's process.

    script: step -> Reply or list of Replies (used one after the other, the last one as often as its `times` says).
    Steps: "greeting", "EHLO", "MAIL", "RCPT", "DATA", "." and any other verb. on() changes it at any time.
    vanish_in_data: closes after so many bytes of a message. tls: an ssl.SSLContext for STARTTLS (offered when given),
    or from the start with implicit_tls.
    """

    def __init__(self, script=None, extensions=("PIPELINING", "SIZE 52428800", "8BITMIME", "SMTPUTF8",
                                               "ENHANCEDSTATUSCODES", "DSN"),
                 lmtp=False, tls=None, implicit_tls=False, port=None, path=None, vanish_in_data=None, host="127.0.0.1"):
        self.extensions, self.lmtp, self.tls, self.implicit_tls = list(extensions), lmtp, tls, implicit_tls
        self.path, self.host = path, host
        self.port = None if path else (port or free_port())
        self.vanish_in_data = vanish_in_data
        self.messages: list[Message] = []
        self.commands: list[tuple[int, str]] = []  # (connection, line)
        self.connections = 0
        self.lock = threading.Lock()
        self._script: dict[str, list[Reply]] = {}
        self._open: set[socket.socket] = set()
        self._listener = None
        for step, replies in (script or {}).items():
            self.on(step, replies)

    def on(self, step, replies):
        """Replaces what `step` answers; None: the ordinary reply again."""
        with self.lock:
            if replies is None:
                self._script.pop(step, None)
            else:
                replies = replies if isinstance(replies, list) else [replies]
                self._script[step] = [Reply(r) if isinstance(r, str) else dataclasses.replace(r) for r in replies]

    @property
    def accepted(self) -> list[Message]:
        with self.lock:
            return [message for message in self.messages if message.accepted]

    @property
    def open_connections(self) -> int:
        with self.lock:
            return len(self._open)

    def url(self) -> str:
        scheme = "lmtp" if self.lmtp else "smtps" if self.implicit_tls else "smtp"
        return f"{scheme}:{self.path}" if self.path else f"{scheme}://{self.host}:{self.port}"

    def start(self):
        if self.path:
            self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._listener.bind(str(self.path))
        else:
            self._listener = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind((self.host, self.port))
        self._listener.listen(512)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()
        return self

    def stop(self, seconds=0):
        """Closes the listener and every connection. start() may follow, on the same port."""
        if self._listener is None:
            return
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        self._listener = None
        with self.lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def log(self) -> str:
        with self.lock:
            lines = [f"[{number}] {line}" for number, line in self.commands[-200:]]
            return "\n".join([f"--- SMTP sink {self.url()}: {self.connections} connections, "
                              f"{len(self.messages)} messages", *lines, "---"])

    def _accept(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                self._open.add(connection)
                number = self.connections
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, connection, number):
        session = _Session(self, connection, number)
        try:
            session.run()
        except (OSError, EOFError, _Vanish):
            pass
        finally:
            with self.lock:
                self._open.discard(connection)
            session.close()

    def scripted(self, step) -> Reply | None:
        with self.lock:
            replies = self._script.get(step)
            while replies:
                reply = replies[0]
                if reply.times is None:
                    if len(replies) > 1:
                        return replies.pop(0)
                    return reply
                if reply.times > 0:
                    reply.times -= 1
                    return dataclasses.replace(reply)
                replies.pop(0)
            return None


class _Vanish(Exception):
    pass


class _Session:
    def __init__(self, sink, connection, number):
        self.sink, self.socket, self.number = sink, connection, number
        if connection.family != socket.AF_UNIX:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.mail, self.recipients, self.xforward = None, [], []

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()

    def read(self):
        more = self.socket.recv(1 << 18)
        if not more:
            raise EOFError
        self.buffer += more

    def line(self) -> str:
        while b"\n" not in self.buffer:
            self.read()
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.removesuffix(b"\r").decode("utf-8", "surrogateescape")

    def answer(self, step, ordinary, message=None) -> bool:
        """Sends the reply to `step`; whether it was a whole and positive one. `message` is then accepted, which
        is noted before the reply can reach anyone."""
        reply = self.sink.scripted(step) or Reply(ordinary)
        if reply.delay:
            time.sleep(reply.delay)
        lines = (reply.text or ordinary).split("\n")
        data = "".join(line + "\r\n" for line in lines).encode("utf-8", "surrogateescape")
        if reply.cut is not None:
            self.socket.sendall(data[:reply.cut])
            raise _Vanish
        positive = lines[-1][:1] in "23"
        if message and positive:
            message.accepted = True
        self.socket.sendall(data)
        if reply.close:
            raise _Vanish
        return positive

    def run(self):
        if self.sink.implicit_tls:
            self.socket = self.sink.tls.wrap_socket(self.socket, server_side=True)
        if not self.answer("greeting", f"220 sink.example {'LMTP' if self.sink.lmtp else 'ESMTP'}"):
            return
        while True:
            line = self.line()
            with self.sink.lock:
                self.sink.commands.append((self.number, line))
            verb = line.split(" ", 1)[0].upper()
            if verb in ("EHLO", "LHLO"):
                offered = self.sink.extensions + (["STARTTLS"] if self.sink.tls and not self.sink.implicit_tls else [])
                words = ["sink.example", *offered]
                self.answer("EHLO", "\n".join(
                    f"250{' ' if i == len(words) - 1 else '-'}{word}" for i, word in enumerate(words)))
                self.reset()
            elif verb == "HELO":
                self.answer("HELO", "250 sink.example")
            elif verb == "STARTTLS" and self.sink.tls:
                if self.answer("STARTTLS", "220 2.0.0 go ahead"):
                    self.socket = self.sink.tls.wrap_socket(self.socket, server_side=True)
                    self.buffer = b""
            elif verb == "MAIL":
                if self.answer("MAIL", "250 2.1.0 Ok"):
                    self.mail = line[len("MAIL FROM:"):]
            elif verb == "RCPT":
                if self.answer("RCPT", "250 2.1.5 Ok" if self.mail is not None else "503 5.5.1 MAIL first"):
                    self.recipients.append(line[len("RCPT TO:"):])
            elif verb == "DATA":
                if not self.recipients:
                    self.answer("DATA", "554 5.5.1 no valid recipients")
                elif self.answer("DATA", "354 End data with <CR><LF>.<CR><LF>"):
                    self.data()
            elif verb == "RSET":
                self.answer("RSET", "250 2.0.0 Ok")
                self.reset()
            elif verb in ("XFORWARD", "XCLIENT"):
                self.xforward.append(line)
                self.answer(verb, "250 2.0.0 Ok" if verb == "XFORWARD" else "220 sink.example ESMTP")
            elif verb == "NOOP":
                self.answer("NOOP", "250 2.0.0 Ok")
            elif verb == "QUIT":
                self.answer("QUIT", "221 2.0.0 Bye")
                return
            else:
                self.answer(verb, "502 5.5.2 unknown command")

    def reset(self):
        self.mail, self.recipients = None, []

    def data(self):
        pieces, held, ended = [], b"\r\n" + self.buffer, -1
        limit, total = self.sink.vanish_in_data, len(self.buffer)
        # The pieces' last four bytes are kept in `held`, so that an end that lies across two reads is seen.
        while (ended := held.find(b"\r\n.\r\n")) < 0:
            pieces.append(held[:-4])
            held = held[-4:]
            self.buffer = b""
            if limit is not None and total >= limit:
                raise _Vanish
            self.read()
            total += len(self.buffer)
            held += self.buffer
        if limit is not None and total >= limit:
            raise _Vanish
        self.buffer = held[ended + 5:]
        pieces.append(held[:ended + 2])
        raw = b"".join(pieces)[2:]
        data = raw.replace(b"\r\n.", b"\r\n")
        data = data[1:] if data.startswith(b".") else data
        message = Message(self.mail, self.recipients, data, raw, False, self.number, list(self.xforward))
        with self.sink.lock:
            self.sink.messages.append(message)
        for _ in self.recipients if self.sink.lmtp else [None]:
            self.answer(".", "250 2.0.0 Ok: queued", message)
        self.reset()
