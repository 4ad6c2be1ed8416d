"""formmail's command line and configuration: what is a mistake ends with status 2 and one line that tells it."""
import subprocess
import unittest

from harness import *

FORMMAIL = BUILD / "formmail"


class Program(unittest.TestCase):
    def test_a_cgi_process_loads_no_library_but_libc(self):
        needed = [line.split("[")[1].rstrip("]") for line in run(["readelf", "-d", FORMMAIL]).stdout.decode().splitlines()
                  if "(NEEDED)" in line]
        self.assertIn("libc.so.6", needed)
        self.assertEqual([name for name in needed if not name.startswith(("libc.so", "ld-linux"))], [])


class Mistakes(ServerTest):
    def setUp(self):
        super().setUp()
        self.config = self.folder / "formmail.toml"
        self.config.write_text('[outbox]\ndirectory = "outbox"\n[sites]\ndirectory = "."\n')
        (self.folder / "outbox").mkdir()

    def fails(self, *arguments):
        done = run([FORMMAIL, *arguments], cwd=self.folder, env={"FORMMAIL_CONFIG": str(self.config)})
        self.assertEqual((done.returncode, done.stdout), (2, b""), arguments)
        return done.stderr.decode()

    def test_listen(self):
        for address in ("25", "127.0.0.1:", "127.0.0.1:99999", "127.0.0.1:-1", "127.0.0.1: 1", "::1:25", "unix:"):
            self.assertIn(f"can't listen on {address}: ", self.fails("serve", "--listen", address))
        self.assertIn("--listen", self.fails("serve", "--listen", ""), "no CGI response")

    def test_configuration(self):
        good = self.config.read_text()
        for keys, line in (("[limits]\ntrusted_proxies = ['localhost']\n", 6), ("[limits]\ntrusted_proxies = ['10.0.0.0/33']\n", 6),
                           ("[webhook]\nallowed_networks = ['::1/']\n", 6), ("[metrics]\nlisten = '9110'\n", 6)):
            self.config.write_text(good + keys)
            self.assertTrue(self.fails("flush").startswith(f"{self.config}:{line}: "), keys)
        self.config.write_text(good + "[limits]\nmax_request_bytes = 1\ntrusted_proxies = ['10.0.0.0/8', '::1']\n")
        self.assertEqual(run([FORMMAIL, "--config", self.config, "flush"]).returncode, 0)
        self.config.unlink()
        self.assertEqual(self.fails("flush"), f"{self.config}: No such file or directory\n")
        self.assertEqual(self.fails("--config", self.folder, "flush"), f"{self.folder}: Is a directory\n")

    def test_standard_output_that_takes_nothing(self):
        with open("/dev/full", "wb") as full:
            self.assertEqual(subprocess.run([FORMMAIL, "--version"], stdout=full, stderr=subprocess.DEVNULL).returncode, 2)


if __name__ == "__main__":
    main()
