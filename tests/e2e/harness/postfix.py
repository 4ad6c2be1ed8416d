"""A Postfix of the test's own: configuration, queue and ports apart from the machine's. Needs root, as Postfix does."""
import os
import pathlib
import subprocess
import unittest

from harness.ports import free_port
from harness.process import Server, run

MASTER = """
{smtp_line}
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
lmtp      unix  - - n - - lmtp
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
local     unix  - n n - - local
virtual   unix  - n n - - virtual
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


class Postfix(Server):
    """main: lines over the defaults here, {"smtpd_proxy_filter": ...}. By default it accepts mail for
    customer.example on `port` and delivers it into `maildir`. smtpd_options: "-o name=value" words for the
    listener; master: more lines for master.cf."""

    def __init__(self, folder, main=None, smtpd_options="", master="", name="postfix", port=None):
        if os.getuid() != 0:
            raise unittest.SkipTest("needs root: Postfix starts only as root")
        self.folder = pathlib.Path(folder, name)
        self.port = port or free_port()
        self.maildir = self.folder / "mail" / "Maildir"
        config = self.config = self.folder / "etc"
        for part in ("etc", "queue", "data", "mail"):
            (self.folder / part).mkdir(parents=True)
        run(["chown", "postfix", self.folder / "data"])
        run(["chown", "nobody", self.folder / "mail"])
        uid = run(["id", "-u", "nobody"]).stdout.decode().strip()
        gid = run(["id", "-g", "nobody"]).stdout.decode().strip()
        settings = {
            "compatibility_level": "3.6", "queue_directory": self.folder / "queue",
            "data_directory": self.folder / "data", "command_directory": "/usr/sbin",
            "daemon_directory": "/usr/lib/postfix/sbin", "shlib_directory": "/usr/lib/postfix",
            "mail_owner": "postfix", "setgid_group": "postdrop", "maillog_file": self.folder / "mail.log",
            "maillog_file_prefixes": f"/var, /dev/stdout, {self.folder}",
            "myhostname": "mx.hoster.example", "mydestination": "", "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4", "alias_maps": "", "alias_database": "", "mynetworks": "127.0.0.0/8",
            "virtual_mailbox_domains": "customer.example", "virtual_mailbox_base": self.folder / "mail",
            "virtual_mailbox_maps": "static:Maildir/", "virtual_uid_maps": f"static:{uid}",
            "virtual_gid_maps": f"static:{gid}", "smtpd_relay_restrictions": "permit_mynetworks, reject",
            "minimal_backoff_time": "1s", "maximal_backoff_time": "2s", "queue_run_delay": "1s",
            "smtpd_tls_security_level": "none", "smtp_tls_security_level": "none",
            "message_size_limit": "10485760", "default_database_type": "hash", "smtp_address_preference": "ipv4",
            **(main or {}),
        }
        (config / "main.cf").write_text("".join(f"{key} = {value}\n" for key, value in settings.items()))
        smtpd = f"127.0.0.1:{self.port} inet n - n - - smtpd {smtpd_options}"
        (config / "master.cf").write_text(MASTER.format(smtp_line=smtpd) + master + "\n")
        super().__init__(name, ["/usr/sbin/postfix", "-c", config, "start-fg"], pathlib.Path(folder, f"{name}.log"),
                         ready_port=self.port, seconds=60.0)

    def stop(self, seconds=10.0):
        # Postfix' master leads a session of its own, so a signal to our child's group would miss its children.
        if self.process is not None:
            subprocess.run(["/usr/sbin/postfix", "-c", str(self.config), "stop"], capture_output=True, timeout=30,
                           check=False)
        return super().stop(seconds)

    def queue_is_empty(self):
        return b"Mail queue is empty" in run(["/usr/sbin/postqueue", "-c", self.config, "-p"]).stdout

    def log(self):
        file = self.folder / "mail.log"
        return super().log() + (file.read_text("utf-8", "replace") if file.exists() else "")
