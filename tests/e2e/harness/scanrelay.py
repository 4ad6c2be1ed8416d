"""scanrelay as a server."""
import json
import pathlib

from harness.ports import free_port
from harness.process import BUILD, Server
from harness.samples import eicar_signature

SCANRELAY = BUILD / "scanrelay"


def toml(tables: dict[str, dict]) -> str:
    """{"smtp": {"listen": [...]}} as TOML; JSON's strings, numbers, flags and lists are TOML's as well."""
    return "\n".join(f"[{name}]\n" + "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n"
                                             for key, value in table.items()) for name, table in tables.items())


class Scanrelay(Server):
    """`scanrelay serve` on a free port, delivering into `maildir` (in `folder`) unless `next_hop` is a URL.

    settings: tables over the defaults, {"smtp": {"max_message_bytes": 1000}}. databases: None: only EICAR; []: those scanrelay
    finds by itself.
    arguments: more for the command line.
    """

    def __init__(self, folder, next_hop=None, settings=None, databases=None, workers=1, arguments=(), env=None,
                 name="scanrelay", port=None):
        folder = pathlib.Path(folder)
        self.port = port or free_port()
        self.maildir = folder / "Maildir"
        self.temporary = folder / f"{name}-tmp"
        self.temporary.mkdir(exist_ok=True)
        tables = {
            "smtp": {"listen": [f"127.0.0.1:{self.port}"], "hostname": "relay.example"},
            "next_hop": {"deliver": next_hop or f"maildir:{self.maildir}"},
            "scanner": {"workers": workers},
        }
        if databases != []:
            tables["scanner"]["databases"] = [str(d) for d in databases or [eicar_signature(folder)]]
        for table, values in (settings or {}).items():
            tables.setdefault(table, {}).update(values)
        self.config = folder / f"{name}.toml"
        self.config.write_text(toml(tables))
        super().__init__(name, [SCANRELAY, "serve", "--config", self.config, *arguments], folder / f"{name}.log",
                         env={"TMPDIR": str(self.temporary), **(env or {})}, ready_line="ready", seconds=60.0)
