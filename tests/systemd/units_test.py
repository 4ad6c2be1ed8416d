"""In the system that `boot` made: the units as systemd runs them, beside Postfix and nginx as INSTALL sets them up."""
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from harness.forms import Browser, File  # noqa: E402
from harness.maildir import read_maildir  # noqa: E402
from harness.process import wait_until  # noqa: E402
from harness.readable import attachments_of, text_of  # noqa: E402
from harness.relay_processes import child, children, status_of, workers  # noqa: E402
from harness.samples import eicar_zip, mail_with  # noqa: E402
from harness.smtp_client import SmtpClient, code  # noqa: E402
from harness.webhook import Hook  # noqa: E402

FORMMAIL_TOML = pathlib.Path("/etc/sekisho/formmail.toml")
SITE_TOML = pathlib.Path("/etc/sekisho/sites/www.customer.example.toml")
MAILDIR = pathlib.Path("/home/info/Maildir")
SCANRELAY_TOML = pathlib.Path("/etc/sekisho/scanrelay.toml")
HAS_LANDLOCK = "landlock" in subprocess.run(["sh", "-c", "mount -t securityfs none /sys/kernel/security 2>/dev/null; "
                                             "cat /sys/kernel/security/lsm"], capture_output=True).stdout.decode()


def command(*words, status=0):
    done = subprocess.run(words, capture_output=True, timeout=300)
    if status is not None and done.returncode != status:
        raise AssertionError(f"{words} ended with {done.returncode}: {done.stdout.decode()}{done.stderr.decode()}")
    return done.stdout.decode()


def shown(unit, name):
    return command("systemctl", "show", "--value", "-p", name, unit).strip()


def journal(unit, *options):
    return command("journalctl", "--no-pager", "-o", "cat", "-u", unit, *options, status=None)


def set_for(unit, text):
    """A drop-in, as `systemctl edit` makes it, until the next boot."""
    folder = pathlib.Path(f"/run/systemd/system/{unit}.d")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "test.conf").write_text(text)
    command("systemctl", "daemon-reload")


class AtBoot(unittest.TestCase):
    def test_all_is_active_and_nothing_failed(self):
        for unit in ("scanrelay", "formmail"):
            self.assertEqual(shown(unit, "ActiveState"), "active")
        self.assertEqual(command("systemctl", "--failed", "--no-legend", "--plain"), "")
        self.assertIn("ready", journal("scanrelay").splitlines())


class Scanrelay(unittest.TestCase):
    unit = "scanrelay.service"

    def setUp(self):
        command("systemctl", "start", self.unit)
        self.assertEqual(shown(self.unit, "ActiveState"), "active")
        self.configuration = SCANRELAY_TOML.read_text()
        self.addCleanup(SCANRELAY_TOML.write_text, self.configuration)
        self.pid = int(shown(self.unit, "MainPID"))

    def arrives(self, subject, mail=None):
        """Sends through Postfix, scanrelay and Postfix again: the mail in the customer's mailbox."""
        with SmtpClient(25, timeout=120) as client:
            client.hello()
            reply = client.send_mail(mail or mail_with(subject=subject))
        self.assertEqual(code(reply), 250, reply)
        found = wait_until(lambda: [m for m in read_maildir(MAILDIR) if f"Subject: {subject}".encode() in m], 60, subject)
        self.assertEqual(len(found), 1)
        return found[0]

    def serves_again(self, what):
        wait_until(lambda: shown(self.unit, "ActiveState") == "active", 120, f"active {what}")

    def test_mail_passes_clean_and_infected(self):
        self.assertIn(b"X-Virus-Status: clean", self.arrives("clean one"))
        infected = self.arrives("infected one", mail_with({"x.zip": eicar_zip()}, subject="infected one"))
        self.assertIn(b"X-Virus-Status: removed", infected)
        self.assertIn("sender@sender.example", command("scanrelay", "quarantine", "list", "--config", str(SCANRELAY_TOML)))

    def test_every_process_is_locked_in(self):
        front, engine = child(self.pid, "sr-front"), child(self.pid, "sr-engine")
        for pid in (self.pid, front, engine, *workers(self.pid)):
            status = status_of(pid)
            self.assertEqual((status["NoNewPrivs"], status["Seccomp"], int(status["CapEff"], 16)), ("1", "2", 0), status)
        self.assertEqual("no Landlock" not in journal(self.unit), HAS_LANDLOCK)
        self.assertNotIn("do not lie in a tmpfs", journal(self.unit))
        self.assertNotIn("not permitted", journal(self.unit))

    def test_a_stopped_supervisor_is_started_again_by_the_watchdog(self):
        set_for(self.unit, "[Service]\nWatchdogSec=4\n")
        command("systemctl", "restart", self.unit)
        pid, restarts = shown(self.unit, "MainPID"), int(shown(self.unit, "NRestarts"))
        time.sleep(10)
        self.assertEqual((shown(self.unit, "MainPID"), int(shown(self.unit, "NRestarts"))), (pid, restarts), "fed")
        command("kill", "-STOP", pid)
        wait_until(lambda: int(shown(self.unit, "NRestarts")) > restarts, 60, "a restart by the watchdog")
        self.serves_again("after the watchdog")
        self.assertNotEqual(shown(self.unit, "MainPID"), pid)
        self.assertIn("watchdog", journal("init.scope") + command("journalctl", "--no-pager", "-b", "-g", "atchdog"))
        self.arrives("after the watchdog")

    def test_reload(self):
        front = child(self.pid, "sr-front")
        SCANRELAY_TOML.write_text(self.configuration.replace('"127.0.0.1:10025"', '"127.0.0.1:10025", "127.0.0.1:10027"'))
        command("systemctl", "reload", self.unit)
        wait_until(lambda: child(self.pid, "sr-front") != front, 60, "a new front")
        self.serves_again("after a reload")
        self.assertEqual(int(shown(self.unit, "MainPID")), self.pid)
        with SmtpClient(10027, timeout=60) as client:
            self.assertEqual(code(client.greeting), 220)
        self.arrives("after a reload")
        SCANRELAY_TOML.write_text("[smtp]\nlisten = 1\n")
        command("systemctl", "reload", self.unit)
        wait_until(lambda: "reload refused" in journal(self.unit), 60, "a refused reload")
        self.serves_again("after a refused reload")
        self.arrives("after a refused reload")

    def test_a_killed_process_comes_back(self):
        for name in ("sr-front", "sr-engine"):
            pid = child(self.pid, name)
            command("kill", "-KILL", str(pid))
            wait_until(lambda: pid not in children(self.pid) and children(self.pid), 60, f"another {name}")
        wait_until(lambda: workers(self.pid), 60, "workers")
        with self.subTest("the service stayed up"):
            self.assertEqual(int(shown(self.unit, "MainPID")), self.pid)
        time.sleep(1)
        self.arrives("after kills")
        command("kill", "-KILL", str(self.pid))
        wait_until(lambda: int(shown(self.unit, "MainPID")) not in (0, self.pid), 60, "a supervisor")
        self.serves_again("after the supervisor was killed")
        self.arrives("after the supervisor was killed")

    def test_a_mistake_in_the_configuration_fails_once(self):
        SCANRELAY_TOML.write_text("[smtp]\nlisten = 1\n")
        command("systemctl", "restart", self.unit, status=1)
        time.sleep(5)
        self.assertEqual((shown(self.unit, "ActiveState"), shown(self.unit, "NRestarts")), ("failed", "0"))
        self.assertIn("smtp.listen", journal(self.unit))
        SCANRELAY_TOML.write_text(self.configuration)
        command("systemctl", "start", self.unit)

    def test_stop(self):
        command("systemctl", "stop", self.unit)
        self.assertEqual((shown(self.unit, "ActiveState"), shown(self.unit, "Result")), ("inactive", "success"))
        self.assertEqual(command("pgrep", "sr-", status=1), "")


class FormMail(unittest.TestCase):
    unit = "formmail.service"
    fields = "_profile_=Contact&_label_=name:Name&name={name}&_comp_title_=Sent"

    def setUp(self):
        command("systemctl", "start", self.unit, "scanrelay", "nginx")
        wait_until(pathlib.Path("/run/formmail/socket").exists, 60, "its socket")

    def send(self, name, *more):
        return command("curl", "-s", "-H", "Host: www.customer.example", "-d", self.fields.format(name=name), *more,
                       "http://127.0.0.1/freecgi/FormMail/index.cgi")

    def arrives(self, name):
        return wait_until(lambda: [mail for mail in read_maildir(MAILDIR) if name in text_of(mail)], 100, name)

    def test_a_submission_through_nginx(self):
        self.assertIn("Sent", self.send("Taro1"))
        [mail] = self.arrives("Taro1")
        self.assertIn(b"X-Virus-Status: clean", mail)
        socket = pathlib.Path("/run/formmail/socket")
        self.assertEqual((socket.owner(), socket.group(), oct(socket.stat().st_mode)[-3:]), ("formmail", "www-data", "660"))

    def test_an_upload_is_confirmed_mailed_and_told_to_a_webhook(self):
        hook = Hook()
        hook.start()
        self.addCleanup(hook.stop)
        for path, more in ((FORMMAIL_TOML, '[webhook]\nallowed_networks = ["127.0.0.0/8"]\n'),
                           (SITE_TOML, f'[profile.Contact.webhook]\nurl = "http://127.0.0.1:{hook.port}/"\nsecret = "0123456789abcdef"\n')):
            self.addCleanup(command, "systemctl", "restart", self.unit)
            self.addCleanup(path.write_text, path.read_text())
            path.write_text(path.read_text() + more)
        command("systemctl", "restart", self.unit)
        visitor = Browser(80, "www.customer.example")
        page = visitor.post("/freecgi/FormMail/index.cgi", [
            ("_profile_", "Contact"), ("_conf_enable_", "1"), ("_comp_title_", "Sent"), ("_label_", "name:Name"),
            ("_label_", "f:File:file"), ("name", "Taro5"), ("f", File("a.bin", b"upload" * 1000))])
        self.assertEqual(page.status, 200, page.text)
        self.assertIn("Sent", visitor.submit(page).text)
        [mail] = self.arrives("Taro5")
        self.assertEqual(attachments_of(mail), {"a.bin": b"upload" * 1000})
        wait_until(lambda: hook.requests, 100, "a call of the webhook")
        self.assertIn(b"Taro5", hook.requests[0][2])
        self.assertEqual(command("find", "/var/spool/sekisho/formmail", "-not", "-user", "formmail", "-mindepth", "1"), "")
        self.assertEqual(command("find", "/var/spool/sekisho/formmail", "-mindepth", "1", "-perm", "/077", "-type", "f"), "")

    def test_warnings_are_warnings_to_the_journal(self):
        command("systemctl", "stop", "scanrelay")
        self.assertIn("Sent", self.send("Taro6"))
        warned = wait_until(lambda: journal(self.unit, "-p", "warning"), 60, "a warning")
        self.assertRegex(warned, r"warning formmail: queued id=")
        self.assertNotIn("formmail: submission", warned)
        self.assertIn("formmail: submission", journal(self.unit))
        command("systemctl", "start", "scanrelay")
        self.assertEqual(len(self.arrives("Taro6")), 1)

    def test_what_waits_in_the_outbox_is_sent_after_a_restart(self):
        command("systemctl", "stop", "scanrelay")
        self.assertIn("Sent", self.send("Taro2"))
        self.assertIn("info@customer.example", command("runuser", "-u", "formmail", "--", "formmail", "outbox", "list"))
        command("systemctl", "restart", self.unit)
        command("systemctl", "start", "scanrelay")
        self.assertEqual(len(self.arrives("Taro2")), 1)
        self.assertIn("listens", journal(self.unit))

    def test_no_request_is_lost_over_restarts(self):
        over, answers = threading.Event(), []

        def visit():
            while not over.is_set():
                answers.append(self.send(f"restarted-{len(answers)}"))
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            visitors = [pool.submit(visit) for _ in range(2)]
            for _ in range(5):
                before = len(answers)
                wait_until(lambda: len(answers) > before + 2, 100, "answers")
                command("systemctl", "restart", self.unit)
            over.set()
            for visitor in visitors:
                visitor.result()
        self.assertEqual([answer for answer in answers if "Sent" not in answer], [])

    def test_killed_it_comes_back(self):
        pid = shown(self.unit, "MainPID")
        command("kill", "-KILL", pid)
        wait_until(lambda: shown(self.unit, "MainPID") not in ("0", pid), 60, "another formmail")
        wait_until(lambda: "Sent" in self.send("Taro3"), 60, "an answer")
        self.assertTrue(self.arrives("Taro3"))

    def test_the_timer_sends_what_cgi_left(self):
        command("systemctl", "stop", self.unit, "scanrelay")
        command("sh", "-c", "chown -R www-data /var/spool/sekisho/formmail/*")
        self.addCleanup(command, "sh", "-c", "chown -R formmail /var/spool/sekisho/formmail/*")
        self.addCleanup(command, "systemctl", "stop", "formmail-flush.timer")
        body = self.fields.format(name="Taro4").encode()
        environment = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(len(body)), "HTTP_HOST": "www.customer.example",
                       "CONTENT_TYPE": "application/x-www-form-urlencoded", "SCRIPT_NAME": "/freecgi/FormMail/index.cgi",
                       "REQUEST_URI": "/freecgi/FormMail/index.cgi", "REMOTE_ADDR": "192.0.2.1", "SERVER_PORT": "80",
                       "SERVER_NAME": "www.customer.example", "GATEWAY_INTERFACE": "CGI/1.1"}
        done = subprocess.run(["/usr/bin/formmail"], input=body, env=environment, capture_output=True, user="www-data",
                              group="www-data", extra_groups=[], timeout=60)
        self.assertIn(b"Sent", done.stdout, done)
        command("systemctl", "start", "formmail-flush.service")  # the relay is away: that is no failure
        self.assertEqual(shown("formmail-flush.service", "Result"), "success")
        command("systemctl", "start", "scanrelay")
        command("systemctl", "start", "formmail-flush.timer")
        self.assertEqual(len(self.arrives("Taro4")), 1)

    def test_stop(self):
        command("systemctl", "stop", "formmail.socket", self.unit)
        self.assertEqual((shown(self.unit, "ActiveState"), shown(self.unit, "Result")), ("inactive", "success"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
