"""formmail beside programs in C that do next to nothing, and beside PHP, under the same web servers."""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time
import urllib.parse

import form_memory
from harness import BUILD, FormMail, Server, free_port
from processes import ProcessTree
from relays import Jobs
from results import Results, goal, number, table

HERE = pathlib.Path(__file__).resolve().parent
FORMMAIL_PATH = "/freecgi/FormMail/index.cgi"
CONNECTIONS, FLOOR_PROCESSES = 8, 4
FIELDS = {"name": "山田太郎", "kana": "ヤマダタロウ", "email": "taro@visitor.example", "tel": "03-1234-5678",
          "zip": "100-0001", "address": "東京都千代田区丸の内一丁目", "message": "カタログの送付を希望します。" * 8}

NGINX = """daemon off; worker_processes 2; pid {folder}/nginx.pid; error_log {folder}/nginx.err; {user}
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    include /etc/nginx/fastcgi_params;
    fastcgi_param HTTP_HOST $http_host;
    location = {formmail_path} {{ fastcgi_pass unix:{formmail}; }}
    location = /floor {{ fastcgi_pass unix:{floor}; }}
    location = /floor-mails {{ fastcgi_pass unix:{floor_mails}; }}
    location = /php {{
      fastcgi_pass unix:{php};
      include /etc/nginx/fastcgi_params;
      fastcgi_param SCRIPT_FILENAME {here}/form.php;
      fastcgi_param RELAY_PORT {relay};
    }}
  }}
}}
"""
LIGHTTPD = """server.modules = ("mod_alias", "mod_setenv", "mod_fastcgi", "mod_cgi")
server.document-root = "{folder}"
server.bind = "127.0.0.1"
server.port = {port}
server.errorlog = "{folder}/lighttpd.err"
server.upload-dirs = ("{folder}")
server.max-worker = 2
"""
LIGHTTPD_FASTCGI = """fastcgi.server = (
  "{formmail_path}" => (("socket" => "{formmail}", "check-local" => "disable")),
  "/floor-mails" => (("socket" => "{floor_mails}", "check-local" => "disable")),
  "/floor" => (("socket" => "{floor}", "check-local" => "disable")))
"""
LIGHTTPD_CGI = """alias.url = ("{formmail_path}" => "{binary}", "/floor-mails" => "{floor_cgi}", "/floor" => "{floor_cgi}")
cgi.assign = ("" => "")
$HTTP["url"] == "/floor-mails" {{ setenv.set-environment = ("RELAY_PORT" => "{relay}") }}
$HTTP["url"] == "{formmail_path}" {{ setenv.set-environment = ("FORMMAIL_CONFIG" => "{config}") }}
"""
PHP_FPM = """[global]
daemonize = no
error_log = {folder}/php.err
[www]
user = www-data
group = www-data
listen = {php}
listen.mode = 0666
pm = static
pm.max_children = 4
"""
POST = """wrk.method = "POST"
wrk.headers["Host"] = "www.customer.example"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
wrk.body = "{body}"
"""


class Floor(Server):
    """Processes of form.c that share one listening socket, as a web server's process manager would start them."""

    def __init__(self, folder, program, name, relay=None):
        self.socket = folder / f"{name}.sock"
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.socket))
        self.socket.chmod(0o666)
        self.listener.listen(1024)
        self.environment = {"RELAY_PORT": str(relay)} if relay else {}
        self.program, self.all = program, []

    def start(self):
        self.all = [subprocess.Popen([self.program], stdin=self.listener, env={**os.environ, **self.environment},
                                     stdout=subprocess.DEVNULL) for _ in range(FLOOR_PROCESSES)]

    def stop(self):
        for process in self.all:
            process.terminate()
            process.wait()
        self.listener.close()


def body(confirm):
    labels = [("_label_", f"{field}:{field}:required" + (":email" if field == "email" else "")) for field in FIELDS]
    return urllib.parse.urlencode([("_profile_", "Contact"), ("_conf_enable_", str(int(confirm))), *labels,
                                   *FIELDS.items()])


def php_fpm():
    found = shutil.which("php-fpm") or next(iter(sorted(map(str, pathlib.Path("/usr/sbin").glob("php-fpm*")))), None)
    if not found:
        raise RuntimeError("php-fpm is not installed")
    return found


class Site:
    """All programs and web servers on one customer's host."""

    def __init__(self, folder, build):
        self.folder = pathlib.Path(folder, "forms")
        self.folder.mkdir()
        self.folder.chmod(0o777)
        self.load = Jobs(build / "bench" / "load")
        relay = self.load.answer()["next_hop"]
        self.formmail = FormMail(self.folder, relay, threads=4)
        program = build / "bench" / "form-fastcgi"
        floor, floor_mails = Floor(self.folder, program, "floor"), Floor(self.folder, program, "floor-mails", relay)
        php = self.folder / "php.sock"
        self.ports = {name: free_port() for name in ("nginx", "lighttpd", "lighttpd CGI")}
        names = dict(folder=self.folder, formmail_path=FORMMAIL_PATH, formmail=self.formmail.socket, floor=floor.socket,
                     floor_mails=floor_mails.socket, php=php, relay=relay, here=HERE, binary=BUILD / "formmail",
                     floor_cgi=build / "bench" / "form-cgi", config=self.formmail.config,
                     user="user root;" if os.getuid() == 0 else "")

        def server(name, text, arguments, **ready):
            config = self.folder / f"{name.replace(' ', '-')}.conf"
            config.write_text(text.format(port=self.ports.get(name), **names))
            return Server(name, [a if a != "CONFIG" else config for a in arguments], self.folder / f"{name}.log",
                          **(ready or {"ready_port": self.ports[name]}))

        self.servers = [
            self.formmail, floor, floor_mails,
            server("php-fpm", PHP_FPM, [php_fpm(), "-y", "CONFIG", "-n"], ready_path=php),
            server("nginx", NGINX, ["/usr/sbin/nginx", "-p", self.folder, "-c", "CONFIG", "-e",
                                    self.folder / "nginx.err"]),
            server("lighttpd", LIGHTTPD + LIGHTTPD_FASTCGI, ["/usr/sbin/lighttpd", "-D", "-f", "CONFIG"]),
            server("lighttpd CGI", LIGHTTPD + LIGHTTPD_CGI, ["/usr/sbin/lighttpd", "-D", "-f", "CONFIG"])]
        self.started = []

    def start(self):
        for server in self.servers:
            server.start()
            self.started.append(server)

    def stop(self):
        for server in reversed(self.started):
            server.stop()
        self.load.stop()


# contestant -> path, whether its page is to be confirmed first; None: it takes any form
PROGRAMS = {
    "C, does nothing": ("/floor", None),
    "formmail, confirmation page": (FORMMAIL_PATH, True),
    "C, mails": ("/floor-mails", None),
    "PHP-FPM, mails": ("/php", None),
    "formmail, mails": (FORMMAIL_PATH, False),
}


def wrk(url, script, seconds):
    """(requests, requests a second, p50 in ms, answers that are no success)"""
    done = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "10s", "--latency", "-s",
                           str(script), url], capture_output=True, text=True, timeout=120, check=True).stdout
    half, unit = re.search(r"^\s*50%\s+([\d.]+)(us|ms|s)", done, re.M).groups()
    refused = re.search(r"Non-2xx or 3xx responses: (\d+)", done)
    failed = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", done)
    return {"requests": int(re.search(r"(\d+) requests in", done)[1]),
            "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", done)[1]),
            "p50_ms": float(half) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit],
            "refused": (int(refused[1]) if refused else 0) + (sum(map(int, failed.groups())) if failed else 0)}


def compare(folder, build, rounds, seconds, requests_for_memory, say):
    """Runs all rounds; returns (Results, Markdown, goals)."""
    results, memory_report, memory_goals = Results(), "", []
    site = Site(folder, build)
    scripts = {}
    for confirm in (True, False):
        scripts[confirm] = site.folder / f"post-{int(confirm)}.lua"
        scripts[confirm].write_text(POST.format(body=body(confirm)))
    try:
        site.start()
        cells = [(server, name) for server in site.ports for name in PROGRAMS
                 if not (name.startswith("PHP") and server != "nginx")]
        for server, name in cells:
            run_cell(Results(), site, scripts, server, name, 0, 1)  # warm
        memory = ProcessTree([site.formmail.pid])
        before, requests = memory.pss_megabytes(), 0
        for round_ in range(rounds):
            turn = round_ % len(cells)
            for server, name in cells[turn:] + cells[:turn]:
                figures = run_cell(results, site, scripts, server, name, round_, seconds)
                requests += figures["requests"] if name.startswith("formmail") and server != "lighttpd CGI" else 0
            say(f"round {round_ + 1} of {rounds} is done")
        results.add("formmail", "memory", 0, {"megabytes": memory.pss_megabytes(), "megabytes_before": before,
                                              "requests": requests})
        if requests_for_memory:
            memory_report, memory_goals = form_memory.grow(site, wrk, body, requests_for_memory, say)
    finally:
        site.stop()
    return results, "\n\n".join(filter(None, [report(results, list(site.ports)), memory_report])), [
        *goals(results), *memory_goals]


def run_cell(results, site, scripts, server, name, round_, seconds):
    path, confirm = PROGRAMS[name]
    figures = wrk(f"http://127.0.0.1:{site.ports[server]}{path}", scripts[bool(confirm)], seconds)
    results.add(name, server, round_, figures)
    time.sleep(0.1)
    return figures


def report(results, servers):
    parts = []
    for server in servers:
        rows = []
        for name in PROGRAMS:
            if results.median(name, server, "rate") is not None:
                rows.append([name, number(results.median(name, server, "rate")),
                             number(results.median(name, server, "p50_ms")),
                             number(results.ratio(name, "C, does nothing", server, "rate")),
                             int(sum(results.of(name, server, "refused").values()))])
        parts.append(f"### Forms under {server}\n\n"
                     + table(["", "requests/s", "p50 ms", "x C that does nothing", "not answered"], rows))
    return "\n\n".join(parts)


def goals(results):
    def ratio(name, other, server):
        return results.ratio(name, other, server, "rate")

    confirm, mails, c_mails = "formmail, confirmation page", "formmail, mails", "C, mails"
    rows = [goal(f"{server}: confirmation page to C that does nothing", ratio(confirm, "C, does nothing", server), 0.4)
            for server in ("nginx", "lighttpd")]
    rows += [goal(f"{server}: mailed form to C that mails", ratio(mails, c_mails, server), 0.7)
             for server in ("nginx", "lighttpd")]
    rows += [goal("nginx: mailed form to PHP-FPM that mails", ratio(mails, "PHP-FPM, mails", "nginx"), 1.0),
             goal("lighttpd CGI: mailed form to C that mails", ratio(mails, c_mails, "lighttpd CGI"), 0.6)]
    requests = results.median("formmail", "memory", "requests")
    growth = (results.median("formmail", "memory", "megabytes") or 0) - (
        results.median("formmail", "memory", "megabytes_before") or 0)
    return rows + [goal(f"formmail's memory after {requests:.0f} requests, MB more", growth, 2, at_least=False)]
