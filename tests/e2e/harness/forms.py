"""A small browser: posts forms in any charset, and reads the pages and forms that come back."""
import dataclasses
import html.parser
import http.client
import re
import secrets
import ssl
import urllib.parse


@dataclasses.dataclass
class File:
    """An upload. name: text (sent in the form's charset) or bytes as they go on the wire."""
    name: str | bytes
    content: bytes
    type: str = "application/octet-stream"


def _bytes(value, charset):
    return value if isinstance(value, bytes) else value.encode(charset)


def encode_urlencoded(fields, charset="utf-8") -> bytes:
    """fields: pairs or a dict; texts are encoded in `charset`, bytes go as they are."""
    pairs = fields.items() if isinstance(fields, dict) else fields
    return "&".join(f"{urllib.parse.quote_plus(_bytes(name, charset))}={urllib.parse.quote_plus(_bytes(value, charset))}"
                    for name, value in pairs).encode()


def encode_multipart(fields, charset="utf-8", boundary=None) -> tuple[bytes, str]:
    """(body, content type). Values may be File."""
    boundary = boundary or "----sekisho" + secrets.token_hex(8)
    pairs = fields.items() if isinstance(fields, dict) else fields
    body = []
    for name, value in pairs:
        head = b'Content-Disposition: form-data; name="' + _bytes(name, charset).replace(b'"', b"%22") + b'"'
        if isinstance(value, File):
            head += b'; filename="' + _bytes(value.name, charset).replace(b'"', b"%22") + b'"\r\n'
            head += b"Content-Type: " + value.type.encode()
            value = value.content
        body.append(b"--" + boundary.encode() + b"\r\n" + head + b"\r\n\r\n" + _bytes(value, charset) + b"\r\n")
    return b"".join(body) + b"--" + boundary.encode() + b"--\r\n", f"multipart/form-data; boundary={boundary}"


@dataclasses.dataclass
class Form:
    """A form of a page: where it goes, and its fields as a browser would send them."""
    action: str = ""
    method: str = "get"
    enctype: str = "application/x-www-form-urlencoded"
    fields: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    buttons: list[dict] = dataclasses.field(default_factory=list)


class _FormReader(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.forms, self.links, self.styles = [], [], []
        self._area, self._text = None, None
        self._select, self._options, self._option, self._multiple = None, [], None, False

    def handle_starttag(self, tag, attrs):
        a = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(a.get("action", ""), a.get("method", "get").lower(),
                                   a.get("enctype", "application/x-www-form-urlencoded")))
        elif tag == "a":
            self.links.append(a.get("href", ""))
        elif tag == "link" and "stylesheet" in a.get("rel", "").split():
            self.styles.append(a.get("href", ""))
        if not self.forms:
            return
        fields = self.forms[-1].fields
        kind = a.get("type", "text").lower()
        if tag == "button" or (tag == "input" and kind in ("submit", "button", "image")):
            self.forms[-1].buttons.append(a)
        elif tag == "input" and "name" in a and kind not in ("reset", "file"):
            if kind not in ("checkbox", "radio") or "checked" in a:
                fields.append((a["name"], a.get("value", "on" if kind in ("checkbox", "radio") else "")))
        elif tag == "textarea" and "name" in a:
            self._area, self._text = a["name"], ""
        elif tag == "select":
            self._select, self._options, self._option = a.get("name"), [], None
            self._multiple = "multiple" in a
        elif tag == "option" and self._select:
            self._option = [a.get("value"), "selected" in a, ""]
            self._options.append(self._option)

    def handle_data(self, data):
        if self._area is not None:
            self._text += data
        elif self._select and self._option:
            self._option[2] += data

    def handle_endtag(self, tag):
        if tag == "textarea" and self._area is not None:
            self.forms[-1].fields.append((self._area, self._text.removeprefix("\n")))
            self._area = None
        elif tag == "select" and self._select:
            # A list shows its first option unless one is selected, or several may be.
            selected = [o for o in self._options if o[1]]
            for value, _, text in selected if self._multiple else (selected or self._options)[:1]:
                self.forms[-1].fields.append((self._select, text.strip() if value is None else value))
            self._select = None


@dataclasses.dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes
    url: str

    @property
    def text(self) -> str:
        said = re.search(rb"<meta charset=[\"']?([\w-]+)", self.body[:1024])
        charset = self.headers.get_content_charset() or (said[1].decode() if said else "utf-8")
        return self.body.decode("cp932" if charset.lower() == "shift_jis" else charset, "replace")

    def _read(self):
        reader = _FormReader()
        reader.feed(self.text)
        return reader

    @property
    def forms(self) -> list[Form]:
        return self._read().forms

    @property
    def links(self) -> list[str]:
        return self._read().links

    @property
    def styles(self) -> list[str]:
        return self._read().styles


class Browser:
    """Speaks HTTP to 127.0.0.1:port under any host name. tls: https, without checking the certificate."""

    def __init__(self, port, host="www.customer.example", tls=False, timeout=30.0, source=None):
        self.port, self.host, self.tls, self.timeout, self.source = port, host, tls, timeout, source
        self.scheme = "https" if tls else "http"

    def _connect(self):
        source = (self.source, 0) if self.source else None
        if not self.tls:
            return http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout, source_address=source)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=self.timeout, context=context,
                                           source_address=source)

    def request(self, method, path, body=None, headers=None) -> Answer:
        connection = self._connect()
        try:
            connection.request(method, path, body, {"Host": self.host, **(headers or {})})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read(), f"{self.scheme}://{self.host}{path}")
        finally:
            connection.close()

    def get(self, path, headers=None) -> Answer:
        return self.request("GET", path, None, headers)

    def post(self, path, fields, charset="utf-8", multipart=False, headers=None, page="/") -> Answer:
        """Posts a form as a browser does from `page` on the same host."""
        pairs = list(fields.items()) if isinstance(fields, dict) else list(fields)
        if multipart or any(isinstance(value, File) for _, value in pairs):
            body, kind = encode_multipart(pairs, charset)
        else:
            body, kind = encode_urlencoded(pairs, charset), "application/x-www-form-urlencoded"
        origin = f"{self.scheme}://{self.host}"
        return self.request("POST", path, body, {"Content-Type": kind, "Origin": origin, "Referer": origin + page,
                                                 "Sec-Fetch-Site": "same-origin", **(headers or {})})

    def submit(self, answer: Answer, button: str | None = None, form=0, change=None, headers=None) -> Answer:
        """Sends a form of `answer` on, with the button of that name (default: the first that has a name, if any).
        change: field -> new value."""
        chosen = answer.forms[form]
        fields = [(name, (change or {}).get(name, value)) for name, value in chosen.fields]
        for attributes in chosen.buttons:
            name = attributes.get("name", "")
            if name and (button is None or name == button):
                fields.append((name, attributes.get("value", "")))
                break
        path = urllib.parse.urljoin(answer.url, chosen.action or answer.url)
        parts = urllib.parse.urlsplit(path)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        return self.post(target, fields, multipart=chosen.enctype.startswith("multipart/"), headers=headers,
                         page=urllib.parse.urlsplit(answer.url).path)
