"""formmail: its configuration, and its process where it is a server of its own."""
import pathlib

from harness.process import BUILD, Server
from harness.scanrelay import toml

FORMMAIL = BUILD / "formmail"


def write_site(sites, name="www.customer.example", hosts=("www.customer.example", "customer.example"),
               document_root="/nonexistent", sender="formmail@customer.example", profiles=None, more=None):
    """Writes sites/NAME.toml. profiles: name -> keys of [profile.NAME]; by default Contact to info@customer.example."""
    profiles = profiles if profiles is not None else {
        "Contact": {"to": ["info@customer.example"], "subject": "お問い合わせ", "reply_field": "email"}}
    tables = {f"profile.{profile}": keys for profile, keys in profiles.items()}
    head = toml({"-": {"hosts": list(hosts), "document_root": str(document_root), "from": sender, **(more or {})}})
    file = pathlib.Path(sites, f"{name}.toml")
    file.write_text(head.split("\n", 1)[1] + "\n" + toml(tables))
    return file


class FormMail(Server):
    """formmail's configuration in `folder`, with one site; start() runs `formmail serve` on a Unix socket.

    A web server can instead run `binary` itself, with `environment`. settings: tables over the defaults.
    """

    def __init__(self, folder, relay_port, document_root="/nonexistent", settings=None, shared_hosts=None, threads=2,
                 profiles=None, own_hosts=("www.customer.example", "customer.example")):
        folder = pathlib.Path(folder)
        self.folder, self.binary = folder, FORMMAIL
        self.sites, self.outbox = folder / "sites", folder / "outbox"
        self.sites.mkdir(exist_ok=True)
        self.outbox.mkdir(exist_ok=True)
        self.outbox.chmod(0o777)  # Apache runs CGI programs as a user of its own
        tables = {
            "relay": {"server": f"127.0.0.1:{relay_port}"},
            "outbox": {"directory": str(self.outbox)},
            "shared_ssl": {"hosts": shared_hosts or ["ssl.hoster.example"]},
            "sites": {"directory": str(self.sites)},
        }
        for table, values in (settings or {}).items():
            tables.setdefault(table, {}).update(values)
        self.config = folder / "formmail.toml"
        self.config.write_text(toml(tables))
        write_site(self.sites, hosts=own_hosts, document_root=document_root, profiles=profiles)
        self.environment = {"FORMMAIL_CONFIG": str(self.config)}
        self.socket = folder / "formmail.sock"
        super().__init__("formmail", [FORMMAIL, "serve", "--listen", f"unix:{self.socket}", "--threads", str(threads),
                                      "--config", self.config], folder / "formmail.log", ready_path=self.socket)
