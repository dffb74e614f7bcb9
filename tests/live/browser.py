"""A real browser, Chromium, driven by WebDriver (W3C), without a library."""

import base64
import contextlib
import json
import socket
import subprocess
import urllib.error
import urllib.request

import lab

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Browser(lab.Server):
    """Takes any certificate."""

    flags = ("--headless=new", "--no-sandbox", "--ignore-certificate-errors",
             "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--hide-scrollbars",
             "--force-color-profile=srgb")

    def __init__(self):
        self.port = lab.free_port()
        self.session = None

    def command(self):
        return [lab.program("chromedriver"), f"--port={self.port}"]

    def answers(self):
        return lab.accepts(socket.AF_INET, ("127.0.0.1", self.port))

    def start(self):
        super().start()
        flags = [*self.flags, f"--user-data-dir={self.folder}/profile"]
        found = self.send("POST", "/session", {"capabilities": {"alwaysMatch": {
            "acceptInsecureCerts": True, "goog:chromeOptions": {
                "args": flags, "binary": lab.program("chromium")}}}})
        self.session = f"/session/{found['sessionId']}"

    def stop(self, *args):
        if self.session is not None:
            with contextlib.suppress(OSError):
                self.send("DELETE", self.session)
            self.session = None
        return super().stop(*args)

    def send(self, method, path, value=None):
        data = None if method != "POST" else json.dumps(value or {}).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data, method=method,
            headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(
                    request, timeout=lab.PATIENCE_S) as reply:
                return json.load(reply)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from error

    def call(self, method, path, **value):
        return self.send(method, self.session + path, value)

    def go(self, url):
        self.call("POST", "/url", url=url)

    def url(self):
        return self.call("GET", "/url")

    def run(self, script, *args):
        return self.call("POST", "/execute/sync", script=script,
                         args=list(args))

    def text(self):
        return self.run("return document.body.innerText")

    def source(self):
        return self.call("GET", "/source")

    def find(self, css):
        return self.call("POST", "/element", using="css selector",
                         value=css)[ELEMENT]

    def click(self, css):
        """Waits for the page that comes of it."""
        self.leave(lambda: self.call(
            "POST", f"/element/{self.find(css)}/click"))

    def leave(self, act):
        """Waits until what is done has led to another page."""
        self.run("window.isOld = true")
        act()
        lab.wait_until(lambda: self.run(
            "return !window.isOld && document.readyState == 'complete'"),
            "another page")

    def type(self, css, text):
        self.call("POST", f"/element/{self.find(css)}/value", text=text)

    def cdp(self, command, **params):
        return self.call("POST", "/goog/cdp/execute", cmd=command,
                         params=params)

    def look(self, width, height, dark=False, scale=1):
        """The size of the window, and the colours."""
        self.cdp("Emulation.setDeviceMetricsOverride", width=width,
                 height=height, deviceScaleFactor=scale, mobile=False)
        self.cdp("Emulation.setEmulatedMedia", features=[{
            "name": "prefers-color-scheme",
            "value": "dark" if dark else "light"}])

    def picture(self, path):
        path.write_bytes(base64.b64decode(self.call("GET", "/screenshot")))


def with_tls(web):
    """nginx by https, too; gives the port."""
    port = lab.free_port()
    pair = web.gate.folder / "tls.pem"
    lab.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
            "-keyout", str(pair), "-out", str(pair) + ".crt", "-days", "2",
            stderr=subprocess.DEVNULL)
    web.extra_words[f"listen 127.0.0.1:{web.port};"] = (
        f"listen 127.0.0.1:{web.port}; listen 127.0.0.1:{port} ssl; "
        f"ssl_certificate {pair}.crt; ssl_certificate_key {pair};")
    return port
