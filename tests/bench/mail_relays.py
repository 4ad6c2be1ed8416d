"""scanrelay beside its peers and beside libclamav alone: the same messages, signatures, load and next hop."""
import pathlib
import socket
import ssl
import time

import relays
from harness import SmtpClient
from messages import write_messages
from results import Results, goal, number, table
from signatures import write_signatures

# messages, seconds of a cell: a scan of the largest takes seconds itself, so its number is fixed (one after another: half
# of it).
LIMITS = {"4 KB form": (100000, 1.5), "58 KB html": (100000, 1.5), "1 MB binary": (100000, 2.0), "8 MB zip": (6, 60)}
PEERS = [relays.ClamSmtp.name, relays.Amavis.name, relays.Milter.name]
IDLE = 1000
RELOADS = 3
WINDOW, MOST_WINDOWS = 2.0, 30  # seconds


def compare(folder, scratch, build, rounds, quick, only, say):
    """Runs all rounds; returns (Results, Markdown, goals)."""
    files = write_messages(folder)
    surroundings = relays.Surroundings(folder, scratch, build, write_signatures(pathlib.Path(folder, "signatures")))
    contestants = [make(surroundings) for make in relays.ALL if not only or any(o in make.name for o in only)]
    results, started = Results(), []
    try:
        if any(contestant.name in PEERS for contestant in contestants):
            surroundings.clamd.start()
        for contestant in contestants:
            contestant.start()
            started.append(contestant)
            say(f"{contestant.name} is up")
        cases = [(name, connections, 1) for name in files for connections in (1, 4)] + [("4 KB form", 4, 20)]
        for contestant in contestants:  # warm
            contestant.measure(files["4 KB form"], 4, 40, 1, 1)
        for round_ in range(rounds):
            for case in cases:
                first = round_ % len(contestants)
                in_turn = contestants[first:] + contestants[:first]
                if quick and case[1] == 1:  # the goal is one to libclamav alone
                    in_turn = [contestant for contestant in in_turn if contestant.name not in PEERS]
                run_cell(results, in_turn, case, files, round_)
            say(f"round {round_ + 1} of {rounds} is done")
        for contestant in contestants:
            if isinstance(contestant, relays.ScanrelayRelay):
                measure_reloads(results, contestant, files["4 KB form"], 1 if quick else RELOADS)
                say("reloads are done")
                measure_idle_connections(results, contestant, files["4 KB form"])
                measure_idle_tls_connections(results, contestant)
        measure_mapping(results, build, files)
    finally:
        for contestant in reversed(started):
            contestant.stop()
        surroundings.stop()
    return results, report(results, [c.name for c in contestants], cases), goals(results)


def run_cell(results, contestants, case, files, round_):
    name, connections, per_connection = case
    messages, seconds = LIMITS[name]
    if connections == 1:
        messages //= 2
    for contestant in contestants:
        if per_connection > 1 and isinstance(contestant, relays.BareLoop):
            continue
        figures = contestant.measure(files[name], connections, messages, seconds, per_connection)
        done = max(1, figures["accepted"])
        figures["rate"] = figures["accepted"] / figures["seconds"]
        figures["cpu_ms"] = 1000 * figures["cpu_seconds"] / done
        results.add(contestant.name, title(case), round_, figures)


def title(case):
    name, connections, per_connection = case
    return f"{name}, {connections} connections" + (f", {per_connection} messages each" if per_connection > 1 else "")


def measure_idle_connections(results, contestant, file):
    """What connections cost that do nothing: memory, and the time of one that does something."""
    before = contestant.measure(file, 1, 200, 3, 1)
    idle = [socket.create_connection(("127.0.0.1", contestant.port), 10) for _ in range(IDLE)]
    try:
        for connection in idle:
            connection.recv(100)
        time.sleep(0.5)
        after = contestant.measure(file, 1, 200, 3, 1)
    finally:
        for connection in idle:
            connection.close()
    results.add(contestant.name, "idle", 0, {
        "connections": IDLE, "megabytes": after["pss_megabytes"] - before["pss_megabytes"],
        "p50_ms": after["p50_ms"], "p50_ms_without": before["p50_ms"]})


def measure_idle_tls_connections(results, contestant):
    context = ssl.create_default_context(cafile=str(contestant.certificate))
    memory = contestant.processes()
    idle = [SmtpClient(contestant.port)]
    idle[0].starttls(context)
    before = memory.pss_megabytes()
    try:
        for _ in range(IDLE):
            idle.append(SmtpClient(contestant.port))
            idle[-1].starttls(context)
            idle[-1].hello()
        after = memory.pss_megabytes()
    finally:
        for client in idle:
            client.close()
    results.add(contestant.name, "idle TLS", 0, {"connections": IDLE, "megabytes": after - before})


def measure_reloads(results, contestant, file, reloads):
    """The longest wait of any message while signatures are loaded anew, and in as long a time without that."""
    def longest():
        return contestant.measure(file, 4, 100000, WINDOW, 1)["longest_ms"]

    for round_ in range(reloads):
        engines = contestant.engines() + 1
        contestant.reload()
        waits = [longest()]
        while contestant.engines() < engines:
            if len(waits) == MOST_WINDOWS:
                raise RuntimeError("a new engine does not come to serve")
            waits.append(longest())
        waits.append(longest())  # the old workers end
        calm = [longest() for _ in waits]
        results.add(contestant.name, "reload", round_, {
            "seconds": len(waits) * WINDOW, "longest_ms": max(waits), "longest_ms_without": max(calm),
            "extra_ms": max(waits) - max(calm)})


def measure_mapping(results, build, files):
    mapping = relays.Jobs(build / "bench" / "mapping")
    for name, file in files.items():
        results.add("mapping", title((name, 1, 1)), 0, mapping.ask(file, 0.5))
    mapping.stop()


def report(results, names, cases):
    parts = []
    for case in map(title, cases):
        rows = []
        for name in names:
            if results.median(name, case, "rate") is None:
                continue
            lost = sum(sum(results.of(name, case, figure).values()) for figure in ("lost", "deferred", "refused"))
            rows.append([name, *(number(results.median(name, case, figure))
                                 for figure in ("rate", "p50_ms", "p99_ms", "cpu_ms", "pss_megabytes")),
                         number(results.ratio(name, relays.BareLoop.name, case, "rate")), int(lost)])
        parts.append(f"### {case}\n\n" + table(
            ["", "mails/s", "p50 ms", "p99 ms", "CPU ms a mail", "memory MB", "x libclamav alone", "not taken"], rows))
    rows = [[number(results.of(relays.ScanrelayRelay.name, "reload", figure)[round_])
             for figure in ("seconds", "longest_ms", "longest_ms_without")]
            for round_ in results.of(relays.ScanrelayRelay.name, "reload", "extra_ms")]
    parts.append("### Reload, 4 KB form, 4 connections\n\n" + table(
        ["seconds of each window", "longest wait ms with a reload", "without"], rows))
    return "\n\n".join(parts)


def goals(results):
    own, bare = relays.ScanrelayRelay.name, relays.BareLoop.name
    rows = []
    for name, wanted in (("4 KB form", 1.5), ("58 KB html", 1.0), ("1 MB binary", 0.97), ("8 MB zip", 0.97)):
        rows.append(goal(f"{name}: rate to libclamav alone", results.ratio(own, bare, title((name, 4, 1)), "rate"), wanted))
    rows.append(goal("4 KB form: rate to the best peer",
                     results.ratio_to_best(own, PEERS, title(("4 KB form", 4, 1)), "rate"), 4))
    for name in LIMITS:
        rows.append(goal(f"{name}: p50 at one connection to libclamav alone",
                         results.ratio(own, bare, title((name, 1, 1)), "p50_ms"), 1.2, at_least=False))
    for name in LIMITS:
        share = ratio(results.median("mapping", title((name, 1, 1)), "cpu_ms"),
                      results.median(bare, title((name, 1, 1)), "cpu_ms"))
        rows.append(goal(f"{name}: mapping and decoding, % of the CPU of libclamav alone", share and 100 * share, 5,
                         at_least=False))
    waits = results.of(own, "reload", "extra_ms")
    rows.append(goal("longest wait in a reload beyond that without one, ms", max(waits.values(), default=None), 100,
                     at_least=False))
    rows.append(goal("memory of all processes to libclamav alone",
                     results.ratio(own, bare, title(("4 KB form", 4, 1)), "pss_megabytes"), 1.15, at_least=False))
    idle = {figure: results.median(own, "idle", figure) for figure in ("megabytes", "p50_ms", "p50_ms_without")}
    rows.append(goal(f"{IDLE} idle connections, MB", idle["megabytes"], 20, at_least=False))
    rows.append(goal("p50 beside them to without", ratio(idle["p50_ms"], idle["p50_ms_without"]), 1.1, at_least=False))
    rows.append(goal(f"{IDLE} idle connections with TLS, MB", results.median(own, "idle TLS", "megabytes"), 20,
                     at_least=False))
    return rows


def ratio(figure, other):
    return figure / other if figure is not None and other else None
