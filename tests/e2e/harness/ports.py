"""Ports that nobody else takes between choosing one and binding it."""
import random
import socket

_locks = []  # abstract sockets: the kernel frees them with this process, whatever way it ends


def free_port() -> int:
    """A port of 127.0.0.1 below the range for outgoing connections, kept for this process until it ends."""
    while True:
        port = random.randrange(20000, 32000)
        lock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            lock.bind(f"\0sekisho-test-port-{port}")
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
            continue
        _locks.append(lock)
        return port
