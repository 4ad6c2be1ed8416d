"""Headless Chromium over the W3C WebDriver protocol of chromedriver, with the standard library."""
import base64
import http.client
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from harness import Server, free_port, wait_until

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the protocol's name for a reference to an element


class WebDriverError(AssertionError):
    pass


class Element:
    def __init__(self, browser, reference):
        self.browser, self.reference = browser, reference

    def _do(self, method, path, body=None):
        return self.browser.do(method, f"/element/{self.reference}{path}", body)

    def click(self):
        self._do("POST", "/click", {})

    def follow(self):
        """Clicks what leads to another page, and waits for that."""
        self.browser.run("window.beforeTheClick = true")
        self.click()
        wait_until(lambda: self.browser.run("return !window.beforeTheClick && document.readyState === 'complete'"), 20,
                   "another page")

    def clear(self):
        self._do("POST", "/clear", {})

    def type(self, text):
        self._do("POST", "/value", {"text": text})

    @property
    def text(self):
        return self._do("GET", "/text")

    def property(self, name):
        return self._do("GET", f"/property/{name}")

    def attribute(self, name):
        return self._do("GET", f"/attribute/{name}")

    def css(self, name):
        return self._do("GET", f"/css/{name}")


class Chromium(Server):
    """A browser with a profile of its own in `folder`. hosts: host name -> port of 127.0.0.1 where it is found, so
    that an address reads as it would in the world, without a port."""

    def __init__(self, folder, hosts=None, languages="ja", width=1000, height=900):
        self.folder = pathlib.Path(folder, "chromium")
        self.folder.mkdir()
        self.driver_port = free_port()
        rules = ", ".join(f"MAP {name} 127.0.0.1:{port}" for name, port in (hosts or {}).items())
        self.options = {"args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", "--ignore-certificate-errors", f"--user-data-dir={self.folder}/profile",
            f"--host-resolver-rules={rules}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            f"--window-size={width},{height}", f"--lang={languages}"],
            "prefs": {"intl.accept_languages": languages}}
        self.session = None
        super().__init__("chromedriver", ["chromedriver", f"--port={self.driver_port}"],
                         pathlib.Path(folder, "chromedriver.log"), ready_port=self.driver_port,
                         env={"HOME": str(self.folder)})

    def start(self):
        super().start()
        wanted = {"capabilities": {"alwaysMatch": {"browserName": "chrome", "acceptInsecureCerts": True,
                                                   "goog:chromeOptions": self.options}}}
        self.session = self._request("POST", "/session", wanted)["sessionId"]
        self.do("POST", "/timeouts", {"implicit": 0, "pageLoad": 30000, "script": 60000})
        return self

    def stop(self, seconds=10.0):
        if self.session and self.running():
            try:
                self._request("DELETE", f"/session/{self.session}")
            except (OSError, http.client.HTTPException, WebDriverError):
                pass
        return super().stop(seconds)

    def _request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.driver_port, timeout=90)
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None,
                               {"Content-Type": "application/json"})
            value = json.loads(connection.getresponse().read())["value"]
        finally:
            connection.close()
        if isinstance(value, dict) and "error" in value:
            raise WebDriverError(f"{method} {path}: {value['error']}: {value['message'].splitlines()[0]}")
        return value

    def do(self, method, path, body=None):
        return self._request(method, f"/session/{self.session}{path}", body)

    def open(self, url):
        self.do("POST", "/url", {"url": url})

    @property
    def url(self):
        return self.do("GET", "/url")

    @property
    def title(self):
        return self.do("GET", "/title")

    @property
    def source(self):
        return self.do("GET", "/source")

    def find_all(self, css) -> list[Element]:
        found = self.do("POST", "/elements", {"using": "css selector", "value": css})
        return [Element(self, element[ELEMENT]) for element in found]

    def find(self, css) -> Element:
        found = self.find_all(css)
        if not found:
            raise WebDriverError(f"no {css} on {self.url}:\n{self.source}")
        return found[0]

    def text(self, css="body"):
        return self.find(css).text

    def fill(self, values: dict[str, str]):
        for name, value in values.items():
            field = self.find(f"[name='{name}']")
            field.clear()
            field.type(value)

    def run(self, script, *arguments):
        """The value that the script returns."""
        return self.do("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script, *arguments):
        """The value that the script hands to its last argument."""
        return self.do("POST", "/execute/async", {"script": script, "args": list(arguments)})

    def resize(self, width, height):
        self.do("POST", "/window/rect", {"width": width, "height": height})

    def screenshot(self, file, whole=True):
        """Writes a PNG of the page (whole: to its end)."""
        if whole:
            size = self._request("POST", f"/session/{self.session}/goog/cdp/execute",
                                 {"cmd": "Page.getLayoutMetrics", "params": {}})["cssContentSize"]
            shot = self._request("POST", f"/session/{self.session}/goog/cdp/execute", {
                "cmd": "Page.captureScreenshot", "params": {"captureBeyondViewport": True, "clip": {
                    "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}}})["data"]
        else:
            shot = self.do("GET", "/screenshot")
        pathlib.Path(file).write_bytes(base64.b64decode(shot))

    def set_viewport(self, width, height, mobile=False):
        """The page's own width, also below the least width of a window."""
        self._request("POST", f"/session/{self.session}/goog/cdp/execute", {
            "cmd": "Emulation.setDeviceMetricsOverride",
            "params": {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}})
