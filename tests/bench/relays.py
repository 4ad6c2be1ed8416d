"""The programs that are compared: each takes mail on a port of its own and gives it to the load's next hop."""
import json
import os
import pathlib
import signal
import subprocess

from harness import Postfix, Scanrelay, Server, free_port, make_certificate, run
from processes import ProcessTree

CLAMD = """Foreground yes
LocalSocket {folder}/clamd.sock
LocalSocketMode 666
DatabaseDirectory {signatures}
TemporaryDirectory {scratch}
OfficialDatabaseOnly no
StreamMaxLength 25M
DisableCache yes
"""
CLAMSMTPD = """OutAddress: 127.0.0.1:{next_hop}
Listen: 127.0.0.1:{port}
ClamAddress: {clamd}
TempDirectory: {folder}
MaxConnections: 64
Action: bounce
"""
CLAMAV_MILTER = """Foreground yes
MilterSocket unix:{folder}/milter.sock
MilterSocketMode 666
ClamdSocket unix:{clamd}
TemporaryDirectory {scratch}
OnClean Accept
OnInfected Reject
OnFail Defer
AddHeader Replace
"""
# Debian's own set-up bypasses both checks; here only that for viruses runs.
AMAVISD = """use strict;
$daemon_user = 'amavis';
$daemon_group = 'amavis';
$MYHOME = '{folder}/state';
$TEMPBASE = '{scratch}/amavis';
$ENV{{TMPDIR}} = $TEMPBASE;
$QUARANTINEDIR = '{folder}/state';
$db_home = '{folder}/state';
$lock_file = '{folder}/state/lock';
$pid_file = '{folder}/state/pid';
$mydomain = 'customer.example';
$myhostname = 'mx.customer.example';
@mynetworks = qw(127.0.0.0/8);
@inet_acl = qw(127.0.0.1);
$inet_socket_bind = '127.0.0.1';
$inet_socket_port = [{port}];
$forward_method = 'smtp:[127.0.0.1]:{next_hop}';
$notify_method = $forward_method;
$max_servers = {workers};
$enable_db = 0;
$enable_dkim_verification = 0;
$enable_dkim_signing = 0;
$DO_SYSLOG = 0;
$LOGFILE = '{folder}/state/log';
@bypass_spam_checks_maps = (1);
@bypass_banned_checks_maps = (1);
@bypass_header_checks_maps = (1);
$MAXLEVELS = 14;
$MAXFILES = 1500;
$MIN_EXPANSION_QUOTA = 100*1024;
$MAX_EXPANSION_QUOTA = 300*1024*1024;
$final_virus_destiny = D_REJECT;
@av_scanners = (['ClamAV-clamd', \\&ask_daemon, ["CONTSCAN {{}}\\n", '{clamd}'],
  qr/\\bOK$/m, qr/\\bFOUND$/m, qr/^.*?: (?!Infected Archive)(.*) FOUND$/m]);
@av_scanners_backup = ();
1;
"""


class Jobs:
    """One of the programs made for this: a job a line in, a JSON line out."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([str(a) for a in arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args[0]} ended with status {self.process.wait()}")
        return json.loads(line)

    def stop(self):
        self.process.stdin.close()
        self.process.wait(60)


class Surroundings:
    """What the contestants share: a folder, the load with its next hop, the signatures, one clamd, a folder for
    temporary files (in memory where there is room for it: for all of them)."""

    def __init__(self, folder, scratch, build, signatures):
        self.folder, self.scratch, self.signatures = pathlib.Path(folder), pathlib.Path(scratch), signatures
        self.build, self.workers = build, os.cpu_count()
        self.load = Jobs(build / "bench" / "load")
        self.next_hop = self.load.answer()["next_hop"]
        self.clamd_socket = self.folder / "clamd.sock"
        (self.folder / "clamd.conf").write_text(self.fill(CLAMD))
        self.clamd = Server("clamd", ["/usr/sbin/clamd", "-c", self.folder / "clamd.conf"], self.folder / "clamd.log",
                            ready_path=self.clamd_socket, seconds=120)

    def fill(self, text, folder=None, port=None):
        return text.format(folder=folder or self.folder, port=port, scratch=self.scratch, next_hop=self.next_hop,
                           signatures=self.signatures, clamd=self.clamd_socket, workers=self.workers)

    def stop(self):
        self.clamd.stop()
        self.load.stop()


class Relay:
    """A program between the load and its next hop."""

    scans_by_clamd = True

    def __init__(self, surroundings):
        self.surroundings = surroundings
        self.folder = surroundings.folder / self.name.replace(" ", "-")
        self.folder.mkdir()
        self.folder.chmod(0o755)
        self.port = free_port()
        self.servers = []

    def start(self):
        self.servers = self.make_servers()
        for server in self.servers:
            server.start()

    def stop(self):
        for server in reversed(self.servers):
            server.stop()

    def configuration(self, name, text):
        file = self.folder / name
        file.write_text(self.surroundings.fill(text, self.folder, self.port))
        return file

    def server(self, arguments, **ready):
        return Server(self.name, arguments, self.folder / "log", seconds=60, **(ready or {"ready_port": self.port}))

    def processes(self):
        clamd = [self.surroundings.clamd] if self.scans_by_clamd else []
        return ProcessTree([server.pid for server in self.servers + clamd])

    def measure(self, file, connections, messages, seconds, per_connection):
        processes = self.processes()
        before = processes.cpu_seconds()
        result = self.surroundings.load.ask(self.port, file, connections, messages, seconds, per_connection)
        result["cpu_seconds"] = processes.cpu_seconds() - before
        result["pss_megabytes"] = processes.pss_megabytes()
        return result


class ScanrelayRelay(Relay):
    name = "scanrelay"
    scans_by_clamd = False

    def make_servers(self):
        around = self.surroundings
        self.certificate, key, _ = make_certificate(self.folder)
        smtp = {"max_connections": 2000, "max_connections_per_client": 2000, "tls_certificate": str(self.certificate),
                "tls_key": str(key)}
        return [Scanrelay(self.folder, next_hop=f"smtp://127.0.0.1:{around.next_hop}", databases=[around.signatures],
                          workers=around.workers, port=self.port, settings={"smtp": smtp},
                          env={"TMPDIR": str(around.scratch)})]

    def engines(self):
        """How many engines have served since the start."""
        return self.servers[0].log().count("engine serves")

    def reload(self):
        os.kill(self.servers[0].pid, signal.SIGHUP)


class ClamSmtp(Relay):
    name = "clamsmtp + clamd"

    def make_servers(self):
        config = self.configuration("clamsmtpd.conf", CLAMSMTPD)
        return [self.server(["/usr/sbin/clamsmtpd", "-d", "1", "-f", config, "-p", self.folder / "pid"])]


class Amavis(Relay):
    name = "amavis + clamd"

    def make_servers(self):
        temporary = self.surroundings.scratch / "amavis"
        for folder in (self.folder / "state", temporary):
            folder.mkdir(exist_ok=True)
            run(["chown", "amavis:amavis", folder])
        return [self.server(["/usr/sbin/amavisd", "-c", self.configuration("amavisd.conf", AMAVISD), "foreground"])]


class Milter(Relay):
    name = "Postfix + clamav-milter + clamd"

    def make_servers(self):
        socket = self.folder / "milter.sock"
        config = self.configuration("clamav-milter.conf", CLAMAV_MILTER)
        postfix = Postfix(self.folder, port=self.port, main={
            "smtpd_milters": f"unix:{socket}", "milter_default_action": "tempfail", "virtual_mailbox_domains": "",
            "default_transport": f"smtp:[127.0.0.1]:{self.surroundings.next_hop}", "smtp_host_lookup": "native",
            "smtp_dns_support_level": "disabled", "message_size_limit": "52428800"})
        return [self.server(["/usr/sbin/clamav-milter", f"--config-file={config}"], ready_path=socket), postfix]

    def processes(self):
        # Postfix' master leaves the group that started it.
        master = int((self.servers[1].folder / "queue" / "pid" / "master.pid").read_text())
        return ProcessTree([*super().processes().roots, master])


class BareLoop:
    """libclamav alone in as many processes as scanrelay has workers: no SMTP, no second view of the message."""

    name = "libclamav alone"

    def __init__(self, surroundings):
        self.surroundings = surroundings

    def start(self):
        self.jobs = Jobs(self.surroundings.build / "bench" / "scan", self.surroundings.signatures,
                         self.surroundings.scratch)
        self.jobs.answer()  # what it has loaded

    def stop(self):
        self.jobs.stop()

    def measure(self, file, connections, messages, seconds, per_connection):
        processes = min(connections, self.surroundings.workers)
        result = self.jobs.ask(file, processes, messages, seconds)
        result["pss_megabytes"] = ProcessTree([self.jobs.process.pid]).pss_megabytes()
        return result


ALL = [BareLoop, ScanrelayRelay, ClamSmtp, Amavis, Milter]
