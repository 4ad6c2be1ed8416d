"""A FastCGI client: says to `formmail serve` what a web server says, and what none would."""
import socket
import struct

from harness.cgi import Cgi

BEGIN, END, PARAMS, STDIN, STDOUT, STDERR = 1, 3, 4, 5, 6, 7
MOST = 65535  # bytes of a record


def record(kind, content=b"", request=1):
    return struct.pack(">BBHHBx", 1, kind, request, len(content), 0) + content


def records(kind, content):
    """`content` as a stream of its kind, with the empty record that ends it."""
    return b"".join(record(kind, content[at:at + MOST]) for at in range(0, len(content), MOST)) + record(kind)


def parameters(environment):
    def length(text):
        return struct.pack(">B", len(text)) if len(text) < 128 else struct.pack(">I", len(text) | 1 << 31)
    pairs = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in environment.items()]
    return records(PARAMS, b"".join(length(n) + length(v) + n + v for n, v in pairs))


class FastCgi(Cgi):
    """A Cgi whose requests go to the socket of a started FormMail."""

    def run(self, environment, body):
        with self.open(environment) as connection:
            connection.sendall(records(STDIN, body))
            return answer_of(connection)

    def open(self, environment):
        """A connection with a request whose body is still to be sent."""
        connection = self.connect()
        connection.sendall(begin() + parameters(environment))
        return connection

    def connect(self):
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(60)
        connection.connect(str(self.formmail.socket))
        return connection


def begin(keep_connection=False):
    """A request's first record; with `keep_connection` another request may follow its answer."""
    return record(BEGIN, struct.pack(">HB5x", 1, int(keep_connection)))


def answer_of(connection):
    """What comes on STDOUT until the end of the request or of the connection."""
    out, received = b"", b""
    while True:
        while len(received) >= 8:
            kind, length, padding = struct.unpack(">xBxxHBx", received[:8])
            if len(received) < 8 + length + padding:
                break
            content, received = received[8:8 + length], received[8 + length + padding:]
            if kind == END:
                return out
            out += content if kind == STDOUT else b""
        more = connection.recv(65536)
        if not more:
            return out
        received += more
