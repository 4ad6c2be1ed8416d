"""The manual page and the program's own help name the same commands and options."""
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

    def commands(self, above):
        """Every command, ["quarantine", "list"] too."""
        text = run([SCANRELAY, *above, "--help"]).stdout.decode()
        below = re.findall(r"^  ([a-z-]+)\b", text.partition("Subcommands:")[2], re.M)
        return [found for name in below for found in self.commands([*above, name]) or [[*above, name]]]


if __name__ == "__main__":
    main()
