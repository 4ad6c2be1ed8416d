"""`make demo`, as its user sees it."""
import os
import re
import signal
import socket
import subprocess
import sys
import unittest

from harness import *


class FreshMachine(unittest.TestCase):
    def test_each_command_begins_with_the_packages_it_needs(self):
        needed = {"demo": "build demo", "check": "build demo test", "bench": "build bench", "lint": "build lint"}
        shell = {name: value for name, value in os.environ.items() if "MAKE" not in name and name != "MFLAGS"}
        for command, lists in needed.items():
            steps = subprocess.run(["make", "-n", command], cwd=ROOT, env=shell, capture_output=True, text=True,
                                   timeout=120).stdout
            self.assertEqual(steps.partition("\n")[0], f"packages/install {lists}", command)


class Demo(ServerTest):
    def setUp(self):
        super().setUp()
        self.ports = {name: str(free_port()) for name in ("RELAY_PORT", "HTTP_PORT", "HTTPS_PORT")}
        self.command = [sys.executable, str(ROOT / "tests" / "demo" / "demo.py"), "--build", str(BUILD)]
        self.environment = {**os.environ, **self.ports, "TMPDIR": str(self.folder)}

    def test_once_shows_the_mails_and_ends(self):
        done = subprocess.run([*self.command, "--once"], env=self.environment, capture_output=True, timeout=120)
        shown = done.stdout.decode()
        self.assertEqual(done.returncode, 0, shown + done.stderr.decode())
        self.assertEqual(done.stderr, b"")
        mails = re.split(r"^Sent: ", shown, flags=re.M)[1:]
        self.assertEqual(len(mails), 6)
        for infected in (mails[2], mails[5]):
            text = infected[infected.index("\n│ \n") + 4:]
            self.assertRegex(text, r"\A│ \[English\]\n│ The virus .* had been detected from resume\.zip")
            self.assertIn("実行された処理:", text)
        self.assertIn("shared SSL", mails[3])
        self.assertEqual(list(self.folder.iterdir()), [])  # nothing is left behind

    def test_stays_until_ctrl_c_and_shows_what_arrives(self):
        output = self.folder / "output"
        with open(output, "wb") as file:
            demo = subprocess.Popen(self.command, env=self.environment, stdout=file, stderr=file)
        try:
            wait_until(lambda: "Ctrl-C ends all" in output.read_text(), 120, "the demo's closing lines")
            self.assertRegex(output.read_text(), rf"http://www\.customer\.localhost:{self.ports['HTTP_PORT']}/")
            browser = Browser(int(self.ports["HTTP_PORT"]), f"www.customer.localhost:{self.ports['HTTP_PORT']}")
            form = browser.get("/order.html").forms[0]
            filled = {**dict(form.fields), "name": "佐藤", "tel": "000-000-0000", "address": "東京", "tea": "ほうじ茶"}
            labels = [pair for pair in form.fields if pair[0] == "_label_"]
            fields = labels + [pair for pair in filled.items() if pair[0] != "_label_"]
            self.assertEqual(browser.post(form.action, fields, charset="cp932").status, 200)
            wait_until(lambda: "佐藤" in output.read_text(), 20, "the mail on the demo's output")
            demo.send_signal(signal.SIGINT)
            self.assertEqual(demo.wait(30), 0)
        finally:
            if demo.poll() is None:
                demo.terminate()  # so that it ends its servers
                demo.wait(30)
        for port in self.ports.values():
            with socket.socket() as probe:
                self.assertNotEqual(probe.connect_ex(("127.0.0.1", int(port))), 0)

    def test_a_port_in_use_is_one_clear_line(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", int(self.ports["HTTP_PORT"])))
            taken.listen()
            done = subprocess.run([*self.command, "--once"], env=self.environment, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stdout, b"")
        self.assertRegex(done.stderr.decode(), rf"\A\S.*port {self.ports['HTTP_PORT']} .*HTTP_PORT=.*\n\Z")

    def test_a_missing_program_is_one_clear_line(self):
        done = subprocess.run([*self.command[:2], "--build", str(self.folder), "--once"], env=self.environment,
                              capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr.count(b"\n")), (1, 1), done.stderr)


if __name__ == "__main__":
    main()
