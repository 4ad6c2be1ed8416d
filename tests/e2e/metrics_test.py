"""The numbers that Prometheus reads."""
import http.client
import os
import pathlib
import re
import signal

from harness import *


class Metrics(ServerTest):
    def relay(self, next_hop=None, **settings):
        self.metrics_port = free_port()
        return self.start(Scanrelay(self.folder, next_hop=next_hop, settings={
            "metrics": {"listen": f"127.0.0.1:{self.metrics_port}"}, **settings}))

    def read(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.metrics_port, timeout=10)
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.getheader("Content-Type").startswith("text/plain; version=0.0.4"))
        text = answer.read().decode()
        connection.close()
        return {name: float(value) for name, value in re.findall(r"^([^# ]\S*(?:\{.*\})?) (\S+)$", text, re.M)}

    def send(self, relay, data):
        with SmtpClient(relay.port) as client:
            client.hello()
            return code(client.send_mail(data))

    def test_messages_are_counted_by_verdict(self):
        relay = self.relay(quarantine={"directory": str(self.folder / "quarantine")})
        clean = mail_with()
        self.assertEqual(self.send(relay, clean), 250)
        self.assertEqual(self.send(relay, clean), 250)
        self.assertEqual(self.send(relay, mail_with({"eicar.zip": eicar_zip()})), 250)
        numbers = self.read()
        self.assertEqual(numbers['scanrelay_messages_total{verdict="clean"}'], 2)
        self.assertEqual(numbers['scanrelay_messages_total{verdict="removed"}'], 1)
        self.assertEqual(numbers['scanrelay_replies_total{class="2xx"}'], 3)
        self.assertEqual(numbers["scanrelay_scan_seconds_count"], 3)
        self.assertGreater(numbers["scanrelay_scan_seconds_sum"], 0)
        self.assertGreater(numbers["scanrelay_message_bytes_total"], 3 * len(clean) - 1)
        self.assertEqual(numbers["scanrelay_workers"], 1)
        self.assertEqual(numbers["scanrelay_scans_waiting"], 0)
        self.assertEqual(numbers["scanrelay_quarantine_kept_total"], 1)
        self.assertEqual(numbers["scanrelay_quarantine_messages"], 1)
        self.assertGreater(numbers["scanrelay_signatures"], 0)
        self.assertEqual(numbers["scanrelay_connections"], 0)
        self.assertEqual(numbers["scanrelay_connections_total"], 3)

    def test_a_next_hop_that_is_down_is_counted(self):
        relay = self.relay(next_hop=f"smtp://127.0.0.1:{free_port()}")
        self.assertEqual(self.send(relay, mail_with()), 451)
        self.assertGreater(self.read()["scanrelay_next_hop_failures_total"], 0)

    def test_a_front_that_was_killed_is_counted_and_its_numbers_start_anew(self):
        relay = self.relay()
        self.assertEqual(self.send(relay, mail_with()), 250)
        os.kill(child_named(relay.pid, "sr-front"), signal.SIGKILL)
        numbers = wait_until(self.read_again, 30, "metrics of the next front")
        self.assertEqual(numbers["scanrelay_front_restarts_total"], 1)
        self.assertEqual(numbers['scanrelay_messages_total{verdict="clean"}'], 0)

    def read_again(self):
        try:
            return self.read()
        except (OSError, http.client.HTTPException):
            return None

    def test_the_manual_page_names_each_metric_and_no_other(self):
        self.relay(quarantine={"directory": str(self.folder / "quarantine")})
        names = {re.sub(r"(_bucket|_sum|_count)?(\{.*)?$", "", name) for name in self.read()}
        page = (ROOT / "doc" / "scanrelay.8").read_text()
        documented = set(re.findall(r"scanrelay_\w+", page))
        # Signatures of a single file have no date.
        self.assertEqual(documented - names, {"scanrelay_signature_age_seconds"} - names)
        self.assertEqual(names - documented, set())

    def test_without_the_setting_nothing_listens(self):
        relay = self.start(Scanrelay(self.folder))
        front = child_named(relay.pid, "sr-front")
        listening = {line.split()[9] for line in pathlib.Path(f"/proc/{front}/net/tcp").read_text().splitlines()[1:]
                     if line.split()[3] == "0A"}
        sockets = {os.readlink(f)[8:-1] for f in pathlib.Path(f"/proc/{front}/fd").iterdir()
                   if os.readlink(f).startswith("socket:")}
        self.assertEqual(len(listening & sockets), 1)


def child_named(parent, name):
    """The child of that process with this name (comm)."""
    for child in pathlib.Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == name:
            return int(child)
    raise AssertionError(f"no {name} under {parent}")


if __name__ == "__main__":
    main()
