"""The manual pages against the programs: commands and options, what is logged, what is counted; the design against the folders."""
import re
import unittest

from harness import *
from harness.scanrelay import SCANRELAY


def words(text):
    return set(re.findall(r"--[a-z][a-z-]+", text)) - {"--help"}


class Manual(unittest.TestCase):
    maxDiff = None

    def test_scanrelay_8_names_every_command_and_option(self):
        page = re.sub(r"\\f.", "", (ROOT / "doc" / "scanrelay.8").read_text()).replace("\\-", "-")
        options = words(run([SCANRELAY, "--help"]).stdout.decode())
        commands = self.commands([])
        synopsis = re.search(r"\.SH SYNOPSIS\n(.*?)\.SH ", page, re.S)[1]
        named = {command.strip() for command in re.findall(r"^scanrelay ((?:[a-z][a-z-]* ?)+)", synopsis, re.M)}
        self.assertEqual(named, {" ".join(command) for command in commands})
        for command in commands:
            options |= words(run([SCANRELAY, *command, "--help"]).stdout.decode())
        self.assertEqual(words(page), options)

    def test_every_warning_and_error_is_explained(self):
        for folder, name in (("scanner", "scanrelay.8"), ("cgi-bin", "formmail.1")):
            code = "".join(file.read_text() for file in sorted((ROOT / folder).rglob("*.cc")))
            logged = set(re.findall(r'log_?\.(?:warning|error)\(\s*"([^"]+)"', code))
            self.assertGreater(len(logged), 10)
            section = re.search(r"\.SH LOG\n(.*?)\.SH ", (ROOT / "doc" / name).read_text(), re.S)[1]
            heads = ", ".join(re.findall(r"^\.TP\n\.B (.*)$", section, re.M))
            self.assertEqual({event for event in logged if not re.search(rf"(^|, ){re.escape(event)}(, |$)", heads)}, set(), name)

    def test_every_figure_is_explained(self):
        for folder, name in (("scanner/metrics", "scanrelay.8"), ("cgi-bin/monitor", "formmail.1")):
            code = "".join(file.read_text() for file in sorted((ROOT / folder).glob("*.cc")))
            counted = set(re.findall(r'"((?:scanrelay|formmail)_[a-z_]+)"', code))
            self.assertGreater(len(counted), 5)
            section = re.search(r"\.SH METRICS\n(.*?)\.SH ", (ROOT / "doc" / name).read_text(), re.S)[1]
            self.assertEqual(counted, set(re.findall(r"\b(?:scanrelay|formmail)_[a-z_]+", section)), name)

    def test_alarms_ask_for_figures_that_there_are(self):
        rules = re.search(r"^    # /etc/prometheus/.*\n((?:    .*\n)+)", (ROOT / "INSTALL").read_text(), re.M)[1]
        asked = set(re.findall(r"\b(?:scanrelay|formmail)_[a-z_]+", rules))
        self.assertGreater(len(asked), 5)
        pages = "".join((ROOT / "doc" / name).read_text() for name in ("scanrelay.8", "formmail.1"))
        self.assertEqual({name for name in asked if not re.search(rf"{name}\b", pages)}, set())
        for reason in re.search(r'reason=~"([a-z_|]+)"', rules)[1].split("|"):
            self.assertIn(f".B {reason} (", pages)

    def test_the_design_names_every_folder(self):
        design = (ROOT / "doc" / "design.md").read_text()
        for program in ("mail", "scanner", "cgi-bin"):
            table = re.search(rf"^\| {program}/ \| \|\n(.*?)\n\n", design, re.M | re.S)[1]
            folders = {path.name for path in (ROOT / program).iterdir() if path.is_dir()}
            heads = " ".join(re.findall(r"^\| (.*?) \|", table, re.M))
            self.assertEqual(set(re.findall(r"`([a-z]+)/`", heads)), folders)

    def commands(self, above):
        """Every command, ["quarantine", "list"] too."""
        text = run([SCANRELAY, *above, "--help"]).stdout.decode()
        below = re.findall(r"^  ([a-z-]+)\b", text.partition("Subcommands:")[2], re.M)
        return [found for name in below for found in self.commands([*above, name]) or [[*above, name]]]


if __name__ == "__main__":
    main()
