"""Servers as child processes: started, waited for, ended by their own process group, with their log at hand."""
import os
import pathlib
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = pathlib.Path(os.environ.get("SEKISHO_BUILD", ROOT / "build")).resolve()


class ServerFailed(AssertionError):
    """A server did not start, or ended on its own."""


def wait_until(condition, seconds=60.0, what="condition", interval=0.02):
    """The first true value of `condition()`; AssertionError after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(interval)


def run(arguments, input=None, seconds=60, env=None, cwd=None) -> subprocess.CompletedProcess:
    """Runs a program to its end; its output as bytes."""
    return subprocess.run([str(a) for a in arguments], input=input, capture_output=True, timeout=seconds, cwd=cwd,
                          env={**os.environ, **(env or {})}, check=False)


class Server:
    """One program that runs until stop(). Its output goes to `log_file`.

    Ready when `ready_line` stands in the log as a line of its own, or `ready_port` of 127.0.0.1 accepts, or
    `ready_path` exists, whichever are given. `stdin` may be a listening socket.
    """

    def __init__(self, name, arguments, log_file, env=None, cwd=None, ready_line=None, ready_port=None,
                 ready_path=None, seconds=60.0):
        self.name, self.arguments, self.log_file = name, [str(a) for a in arguments], pathlib.Path(log_file)
        self.env, self.cwd, self.seconds = env or {}, cwd, seconds
        self.ready_line, self.ready_port, self.ready_path = ready_line, ready_port, ready_path
        self.stdin = subprocess.DEVNULL
        self.process = None

    def start(self):
        with open(self.log_file, "ab") as log:
            self._log_start = log.tell()
            self.process = subprocess.Popen(self.arguments, stdin=self.stdin, stdout=log, stderr=log,
                                            env={**os.environ, **self.env}, cwd=self.cwd, start_new_session=True)
        end = time.monotonic() + self.seconds
        while not self._is_ready():
            if self.process.poll() is not None:
                raise ServerFailed(f"{self.name} ended with status {self.process.returncode}\n{self.log()}")
            if time.monotonic() > end:
                self.stop()
                raise ServerFailed(f"{self.name} not ready within {self.seconds} s\n{self.log()}")
            time.sleep(0.02)
        return self

    def _is_ready(self):
        if self.ready_line is not None:
            with open(self.log_file, "rb") as log:
                log.seek(self._log_start)
                if self.ready_line.encode() not in log.read().splitlines():
                    return False
        if self.ready_path is not None and not pathlib.Path(self.ready_path).exists():
            return False
        if self.ready_port is not None:
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self.ready_port)) != 0:
                    return False
        return True

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, seconds=30.0):
        """SIGTERM to the program; what is left of its process group after `seconds` is killed. Its exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        return self.process.wait(10)

    def log(self):
        text = self.log_file.read_text("utf-8", "replace") if self.log_file.exists() else ""
        return f"--- {self.name}: {' '.join(self.arguments)}\n{text}---"
