"""Configures the new system, before it is booted, as INSTALL says: its files, Postfix on both sides of scanrelay, and one
customer who has a mailbox and a web site."""
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
from install_test import files  # noqa: E402

CUSTOMER = "info"

for path in ("/etc/sekisho/scanrelay.toml", "/etc/sekisho/formmail.toml", "/etc/sekisho/sites/www.customer.example.toml",
             "/etc/nginx/snippets/formmail.conf", "/etc/nginx/sites-enabled/www.customer.example"):
    file = pathlib.Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(files()[path])
with open("/etc/sekisho/scanrelay.toml", "a") as file:
    file.write('[quarantine]\ndirectory = "/var/lib/scanrelay/quarantine"\n')

subprocess.run(["useradd", "--create-home", CUSTOMER], check=True)
shutil.copytree(ROOT / "htdocs-example", "/home/customer/htdocs")

master = pathlib.Path("/etc/postfix/master.cf")
old = re.sub(r"^smtp      inet .*\n", "", master.read_text(), flags=re.M)
master.write_text(old + files()["/etc/postfix/master.cf"])
pathlib.Path("/etc/postfix/main.cf").write_text(files()["/etc/postfix/main.cf"] + """
compatibility_level = 3.6
myhostname = mx.hoster.example
mydestination = customer.example, localhost
mynetworks = 127.0.0.0/8
inet_protocols = ipv4
home_mailbox = Maildir/
alias_maps =
alias_database =
maillog_file = /var/log/postfix.log
""")
