"""scanrelay inside what systemd/scanrelay.service allows it, as far as that can be had without systemd: its system call
filter, no capabilities, no new privileges."""
import ctypes
import os
import re
import shutil
import unittest

from harness import *

UNIT = ROOT / "systemd" / "scanrelay.service"
ALLOW, REFUSE_WITH_EPERM = 0x7fff0000, 0x00050001


def allowed_calls() -> list[str]:
    """The names that the unit's SystemCallFilter= comes to."""
    words = re.search(r"^SystemCallFilter=(.*)$", UNIT.read_text(), re.M)[1].split()
    calls, waiting = [], words
    while waiting:
        word, waiting = waiting[0], waiting[1:]
        if not word.startswith("@"):
            calls.append(word)
            continue
        listed = run(["systemd-analyze", "syscall-filter", word]).stdout.decode().splitlines()[1:]
        waiting = waiting + [line.strip() for line in listed if line.strip() and not line.strip().startswith("#")]
    return calls


def filter_to(calls):
    """To be called in the child: as systemd does it."""
    seccomp = ctypes.CDLL("libseccomp.so.2")
    seccomp.seccomp_init.restype = ctypes.c_void_p
    context = ctypes.c_void_p(seccomp.seccomp_init(REFUSE_WITH_EPERM))
    for call in calls:
        number = seccomp.seccomp_syscall_resolve_name(call.encode())
        if number != -1:
            seccomp.seccomp_rule_add(context, ALLOW, number, 0)
    if seccomp.seccomp_load(context) != 0:
        os._exit(99)


class ServiceUnit(ServerTest):
    @unittest.skipUnless(shutil.which("systemd-analyze") and shutil.which("setpriv"), "needs systemd's lists of system calls")
    def test_it_serves_and_reloads_under_the_units_filter(self):
        calls = allowed_calls()
        self.assertGreater(len(calls), 200)
        self.assertNotIn("ptrace", calls)
        relay = Scanrelay(self.folder, workers=2, settings={"quarantine": {"directory": str(self.folder / "q")}})
        inside = self.folder / "inside.py"
        inside.write_text("import os, sys\n"
                          f"sys.path.insert(0, {str(ROOT / 'tests' / 'e2e')!r})\n"
                          "from service_unit_test import filter_to\n"
                          f"filter_to({calls!r})\n"
                          "os.execvp(sys.argv[1], sys.argv[1:])\n")
        relay.arguments = ["setpriv", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "python3", str(inside),
                           *relay.arguments]
        self.start(relay)
        self.assertEqual(status_of(relay.pid)["Seccomp"], "2")
        with SmtpClient(relay.port, timeout=60) as client:
            client.hello()
            self.assertEqual(code(client.send_mail(mail_with({"x.zip": eicar_zip()}))), 250)
            self.assertEqual(code(client.send_mail(mail_with())), 250)
        statuses = sorted(re.search(rb"^X-Virus-Status: (\w+)", mail, re.M)[1] for mail in read_maildir(relay.maildir))
        self.assertEqual(statuses, [b"clean", b"removed"])
        self.assertEqual(len(os.listdir(self.folder / "q" / "new")), 1)
        before = set(workers(relay.pid))
        kill(workers(relay.pid)[0])
        wait_until(lambda: len(workers(relay.pid)) == 2 and set(workers(relay.pid)) != before, 60, "a worker forked anew")
        relay.signal(1)
        wait_until(lambda: relay.log().count("engine serves") == 2, 60, "a reload")
        self.assertNotIn("not permitted", relay.log())


if __name__ == "__main__":
    main()
