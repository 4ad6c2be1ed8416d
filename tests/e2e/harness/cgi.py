"""formmail run as a web server runs a CGI program: one process a request, without a server around it."""
import email.message
import email.parser
import urllib.parse

from harness.forms import Answer, Browser
from harness.process import run


class Cgi(Browser):
    """A browser whose requests go straight to the program. formmail: a FormMail, which need not be started.

    The program's standard error of the last request is in `errors`.
    """

    def __init__(self, formmail, host="www.customer.example", tls=False, client="192.0.2.1", env=None):
        super().__init__(443 if tls else 80, host, tls)
        self.formmail, self.client, self.env, self.errors = formmail, client, env or {}, ""

    def request(self, method, path, body=None, headers=None) -> Answer:
        output = self.run(self.environment(method, path, body or b"", headers or {}), body or b"")
        head, _, page = output.partition(b"\r\n\r\n")
        fields = email.parser.BytesParser(_class=_Headers).parsebytes(head + b"\r\n\r\n", headersonly=True)
        return Answer(int(fields.get("Status", "200").split()[0]), fields, page, f"{self.scheme}://{self.host}{path}")

    def environment(self, method, path, body, headers):
        target = urllib.parse.urlsplit(path)
        environment = {
            "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_METHOD": method,
            "SCRIPT_NAME": target.path, "REQUEST_URI": path, "QUERY_STRING": target.query, "PATH_INFO": "",
            "REMOTE_ADDR": self.client, "SERVER_NAME": self.host, "SERVER_PORT": str(self.port),
            "CONTENT_LENGTH": str(len(body)), **({"HTTPS": "on"} if self.tls else {}),
            **self.formmail.environment, **self.env,
        }
        for name, value in {"Host": self.host, **headers}.items():
            key = name.upper().replace("-", "_")
            environment[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
        return environment

    def run(self, environment, body):
        """The program's whole answer, from its first header field on."""
        done = run([self.formmail.binary], body, env=environment)
        self.errors = done.stderr.decode("utf-8", "replace")
        return done.stdout


class _Headers(email.message.Message):
    pass
