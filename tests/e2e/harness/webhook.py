"""A profile's webhook: the service that it calls, its configuration, and the calls that wait."""
import json

from harness.post_server import PostServer
from harness.process import run

SECRET = "correct horse battery"


class Hook(PostServer):
    """Answers as scripted, (status, headers), then 200; keeps what it got: (path, headers, body)."""

    def __init__(self, answers=(), certificate=None, address="127.0.0.1", port=0):
        super().__init__(certificate, address, port)
        self.requests, self.answers = [], list(answers)

    def answer(self, path, headers, body):
        self.requests.append((path, headers, body))
        self.may_answer.wait(120)
        return *(self.answers.pop(0) if self.answers else (200, {})), b""

    def log(self):
        return f"hook: {[(path, body) for path, _, body in self.requests]}\n"


def add_webhook(formmail, url):
    """Has profile Contact, the last of its site's file, call `url`."""
    file = formmail.sites / "www.customer.example.toml"
    file.write_text(file.read_text() + f'\n[profile.Contact.webhook]\nurl = "{url}"\nsecret = "{SECRET}"\n')


def waiting_calls(formmail):
    listed = run([formmail.binary, "webhooks", "list", "--json"], env=formmail.environment)
    return [json.loads(line) for line in listed.stdout.splitlines()]
