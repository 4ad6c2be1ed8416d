"""formmail's manual pages name the commands, options and configuration keys that the program has, and no others."""
import re
import shutil
import unittest

from harness import *
from harness.formmail import FORMMAIL


def plain(name):
    page = (ROOT / "doc" / name).read_text()
    return re.sub(r"\\f.", "", page).replace("\\-", "-").replace("\\(dq", '"')


def options(text):
    return set(re.findall(r"--[a-z][a-z-]+", text)) - {"--help"}


class Manual(ServerTest):
    def test_formmail_1_names_every_command_and_option(self):
        page = plain("formmail.1")
        shown = run([FORMMAIL, "--help"]).stdout.decode()
        found = options(shown)
        for command in self.commands([]):
            *above, name = command
            self.assertRegex(page, rf"(?m)^{' '.join(['formmail', *above])} (\S+\|)?{name}\b")
            found |= options(run([FORMMAIL, *command, "--help"]).stdout.decode())
        self.assertEqual(options(page), found)

    def commands(self, above):
        """Every command, those below another too."""
        text = run([FORMMAIL, *above, "--help"]).stdout.decode()
        below = re.findall(r"^  ([a-z-]+)\b", text.partition("Subcommands:")[2], re.M)
        return [found for name in below for found in self.commands([*above, name]) or [[*above, name]]]

    def documented(self, part):
        """The keys of each table: {"[limits]": {"max_fields", ...}}."""
        tables, table = {}, None
        section = re.search(rf"^\.SH {part}\n(.*?)^\.SH ", plain("formmail.toml.5"), re.M | re.S)[1]
        for line in section.splitlines():
            if line.startswith(".SS "):
                table = line[4:]
            if key := re.match(r"\.B ([a-z_]+) = ", line):
                tables.setdefault(table, set()).add(key[1])
        return tables

    def known(self, file, text):
        """The keys that the program takes in the table where `text` ends: it names them when it finds another."""
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{text}\nqqqqqqqqqqqqqqqq = 1\n")
        done = run([FORMMAIL, "check-config", self.folder / "formmail.toml"])
        message = re.search(r'unknown key "q+".*; expected one of: (.*)\n', done.stderr.decode())
        self.assertIsNotNone(message, done.stderr)
        return set(message[1].split())

    def test_formmail_toml_5_names_every_key_of_formmail_toml(self):
        file = self.folder / "formmail.toml"
        tables = self.documented("FORMMAIL.TOML")
        self.assertEqual(self.known(file, ""), {table.strip("[]") for table in tables})
        for table, keys in tables.items():
            self.assertEqual(self.known(file, table), keys, table)

    def test_formmail_toml_5_names_every_key_of_a_site(self):
        (self.folder / "formmail.toml").write_text("")
        file = self.folder / "sites" / "www.customer.example.toml"
        tables = self.documented("SITES/NAME.TOML")
        below = {re.sub(r"[\[\]]", "", table) for table in tables if table.count(".") == 0} - {"Top"}
        self.assertEqual(self.known(file, 'from = "a@b.example"'), tables["Top"] | below | {"profile"})
        for table, keys in tables.items():
            if table == "Top":
                continue
            head = 'from = "a@b.example"\n'
            if table.startswith("[profile."):
                head += '[profile.NAME]\nto = ["a@b.example"]\n'
            if table in ("[profile.NAME.webhook]", "[profile.NAME.challenge]"):
                head += f'{table}\nurl = "https://a.example/"\nsecret = "0123456789abcdef"\n'
                head += 'field = "token"\n' if "challenge" in table else ""
                self.assertEqual(self.known(file, head), keys)
                continue
            more = {name[len("[profile.NAME."):-1] for name in tables if name.startswith("[profile.NAME.")}
            is_profile = table == "[profile.NAME]"
            self.assertEqual(self.known(file, head if is_profile else head + table), keys | (more if is_profile else set()),
                             table)

    @unittest.skipUnless(shutil.which("man") and shutil.which("groff"), "man and groff are not installed")
    def test_the_pages_are_well_formed(self):
        for page in ("formmail.1", "formmail.toml.5"):
            done = run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", ROOT / "doc" / page])
            self.assertEqual((done.returncode, done.stderr), (0, b""))


if __name__ == "__main__":
    main()
