"""An SMTP client that sends exactly the bytes it is told to."""
import socket
import ssl


class SmtpClient:
    """One connection. Replies are lists of lines without CRLF; `code(reply)` is the number of one."""

    def __init__(self, port, host="127.0.0.1", timeout=60.0, tls=None, source=None, lmtp=False):
        self.socket = socket.create_connection((host, port), timeout, (source, 0) if source else None)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.lmtp = lmtp
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.buffer = b""
        self.greeting = self.reply()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data: bytes):
        self.socket.sendall(data)

    def line(self) -> str:
        """The next line. EOFError when the server has closed."""
        while b"\r\n" not in self.buffer:
            more = self.socket.recv(65536)
            if not more:
                raise EOFError(f"closed after {self.buffer!r}")
            self.buffer += more
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line.decode("utf-8", "surrogateescape")

    def reply(self) -> list[str]:
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        return lines

    def command(self, text: str) -> list[str]:
        self.send(text.encode("utf-8", "surrogateescape") + b"\r\n")
        return self.reply()

    def closed(self) -> bool:
        """Reads to the end; whether the server closed without another reply."""
        try:
            return not self.buffer and self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def starttls(self, context=None):
        reply = self.command("STARTTLS")
        if code(reply) == 220:
            if context is None:
                context = ssl.create_default_context()
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        return reply

    def hello(self, name="client.example"):
        return self.command(("LHLO " if self.lmtp else "EHLO ") + name)

    def send_mail(self, data: bytes, sender="sender@sender.example", recipients=("info@customer.example",),
                  parameters="") -> list[str]:
        """A whole transaction (EHLO must be done): the reply to the first command refused, else to the final dot."""
        for command in [f"MAIL FROM:<{sender}>{parameters}", *(f"RCPT TO:<{to}>" for to in recipients), "DATA"]:
            reply = self.command(command)
            if code(reply) >= 400:
                return reply
        return self.send_data(data)

    def send_data(self, data: bytes) -> list[str]:
        """The message after 354, dot-stuffed, with the final dot."""
        stuffed = data.replace(b"\r\n.", b"\r\n..")
        if stuffed.startswith(b"."):
            stuffed = b"." + stuffed
        self.send(stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n")
        return self.reply()


def code(reply: list[str]) -> int:
    return int(reply[-1][:3])
