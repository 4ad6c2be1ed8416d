"""What the processes of a program cost."""
import os
import pathlib

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


def _stat(pid):
    """(parent, CPU seconds with those of children that have ended), or None if it is gone."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), sum(map(int, fields[11:15])) / TICKS_A_SECOND


class ProcessTree:
    """Some processes and all below them, by their numbers."""

    def __init__(self, roots):
        self.roots = list(roots)

    def pids(self):
        stats = {int(name): _stat(name) for name in os.listdir("/proc") if name.isdigit()}
        found = [pid for pid in self.roots if stats.get(pid)]
        for pid in found:
            found += [child for child, stat in stats.items() if stat and stat[0] == pid and child not in found]
        return found

    def cpu_seconds(self):
        return sum(stat[1] for stat in map(_stat, self.pids()) if stat)

    def pss_megabytes(self):
        """Memory, with what several processes share counted once."""
        total = 0
        for pid in self.pids():
            try:
                lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            except OSError:
                continue
            total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        return total / 1024
