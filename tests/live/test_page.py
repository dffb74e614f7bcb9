#!/usr/bin/python3
"""The page in a real browser, through nginx with TLS and through Apache: what
it shows, what its buttons do, and that nothing else changes anything."""

import contextlib
import http.server
import os
import re
import subprocess
import threading
import unittest

import lab
from browser import Browser, with_tls
from lab import Apache, Gate, Knot, Nginx, Site

STATE = {'// state_dir = "/var/lib/ddnsgate";': 'state_dir = "state";'}
ZONE = lab.ZONE
BACK = "192.0.2.1"


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """Another site, whose page is what the server has."""

    def do_GET(self):
        body = self.server.page.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def elsewhere(page):
    """Another site's page; gives its URL."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    server.page = page
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(Browser())

    def setUp(self):
        self.dns = self.enterContext(Knot())
        self.site = self.enterContext(Site(self.dns, STATE))
        (self.site.folder / "state").mkdir()
        lab.give_to_www(self.site.folder / "state", 0o750)
        self.secret = self.site.add_client(
            "house", "home", "cam", allow_private=True, allow_offline=True,
            acme=True)
        self.many = self.site.add_client(
            "office", *(f"a-machine-with-number-{i}" for i in range(1, 24)))
        self.gate = self.enterContext(Gate(self.site))
        self.browser.look(1280, 900)

    def nginx(self):
        """Gives its URL by https."""
        web = Nginx(self.gate)
        port = with_tls(web)
        self.enterContext(web)
        return f"https://127.0.0.1:{port}/"

    def set(self, address=BACK):
        reply = self.gate.ask(f"/{self.secret}/home", ip=address)
        self.assertIn("good", reply.body)

    def has(self, *addresses):
        self.assertEqual(self.dns.addresses("home", "A"), list(addresses))

    def enter(self, base, secret):
        self.browser.go(base)
        self.browser.type("input[name=secret]", secret)
        self.browser.click("form button")

    def button(self, host, value):
        """Presses the button of a host."""
        found = (f"input[value='{host}.{ZONE}'] ~ button[value={value}]")
        if value != "here":
            self.browser.run("for (const e of document.querySelectorAll("
                             "'details')) e.open = true")
        self.browser.click(found)

    def look(self, url):
        return lab.curl(url, insecure=True,
                        header="Upgrade-Insecure-Requests: 1")

    def visits(self):
        return self.gate.log_text().count("dialect=page")

    def test_field_and_buttons(self):
        base = self.nginx()
        browser = self.browser
        self.set()
        self.enter(base, self.secret)
        self.assertEqual(browser.url(), base)
        self.assertIn(f"{BACK} ≠ not where you are now", browser.text())
        # The style is allowed.
        self.assertEqual(browser.run(
            "return getComputedStyle(document.querySelector('main'))"
            ".maxWidth"), "608px")
        self.has(BACK)
        self.button("home", "here")
        self.assertIn(f"home.{ZONE} now has 127.0.0.1. It had {BACK}.",
                      browser.text())
        self.assertEqual(browser.url(), base)
        self.has("127.0.0.1")
        # Sent again by reloading, it is the same.
        browser.call("POST", "/refresh")
        self.assertIn(f"home.{ZONE} already has 127.0.0.1.", browser.text())
        # What is typed counts, also with the key Enter.
        browser.run("document.querySelector('details').open = true")
        browser.leave(lambda: browser.type(
            "details input[name=myip]", "192.0.2.9\ue007"))
        self.assertIn("now has 192.0.2.9", browser.text())
        self.has("192.0.2.9")
        self.button("home", "remove")
        self.assertIn("has no IPv4 address any more. It had 192.0.2.9.",
                      browser.text())
        self.has()
        # Back shows an old page at most.
        browser.call("POST", "/back")
        browser.call("POST", "/back")
        self.has()
        self.assertNotIn(self.secret, self.gate.log_text())

    def test_looking_changes_nothing(self):
        base = self.nginx()
        url = base + self.secret
        self.set()
        page = (f'<link rel="prefetch" href="{url}?1"><img src="{url}?2">'
                '<script type="speculationrules">{"prefetch":[{"urls":['
                f'"{url}?3"],"eagerness":"immediate"}}]}}</script>')
        with elsewhere(page) as other:
            self.browser.go(other)
            lab.wait_until(lambda: self.visits() >= 2, "it looks ahead")
        self.browser.go(url)
        self.assertIn(BACK, self.browser.text())
        self.browser.go(base + f"nic/update?hostname=home&password={self.secret}")
        self.assertIn("nothing was changed", self.browser.text())
        self.has(BACK)
        # The page that it leads to knows its way back.
        self.browser.click("a")
        self.assertEqual(self.browser.url(), base)

    def test_prerender(self):
        """Of the same site, as the address bar does it."""
        web = Nginx(self.gate)
        port = with_tls(web)
        base = f"https://127.0.0.1:{port}/"
        rules = ('<script type=speculationrules>{\\"prerender\\":[{\\"urls\\":'
                 f'[\\"/{self.secret}\\"],\\"eagerness\\":\\"immediate\\"}}]}}'
                 '</script>')
        listen = f"listen 127.0.0.1:{web.port};"
        web.extra_words[listen] += (
            " location = /rules { default_type text/html; "
            f'return 200 "<!DOCTYPE html>{rules}"; }}')
        self.enterContext(web)
        self.set()
        self.browser.go(base + "rules")
        lab.wait_until(lambda: self.visits() >= 1, "it looks ahead")
        self.has(BACK)

    def test_forms_of_others(self):
        base = self.nginx()
        self.set()
        page = (f'<form method=post action="{base}"><input name=secret '
                f'value="{self.secret}"><input name=hostname value="home.'
                f'{ZONE}"><button name=do value=here>x</button></form>')
        with elsewhere(page) as other:
            self.browser.go(other)
            self.browser.click("button")
            self.assertEqual(self.browser.url(), base)
            self.assertIn("nothing was changed", self.browser.text())
            self.assertNotIn("house", self.browser.text())
        self.has(BACK)

    def test_revoked(self):
        base = self.nginx()
        self.set()
        self.enter(base, self.secret)
        (self.site.folder / "clients.d" / "house.conf").unlink()
        lab.wait_until(lambda: self.look(base + self.secret).status == 404,
                       "the client is gone")
        self.button("home", "here")
        self.assertIn("not known here", self.browser.text())
        self.has(BACK)

    def test_dns_down(self):
        base = self.nginx()
        self.set()
        self.dns.stop()
        self.enter(base, self.secret)
        self.assertIn("DNS could not be asked", self.browser.text())
        self.button("home", "here")
        self.assertIn("has not confirmed", self.browser.text())

    def test_sizes(self):
        base = self.nginx()
        for secret in self.secret, self.many:
            for width in 320, 390, 1280, 3840:
                self.browser.look(width, 900, dark=width > 1000)
                self.enter(base, secret)
                with self.subTest(secret=secret == self.many, width=width):
                    self.assertLessEqual(self.browser.run(
                        "return document.documentElement.scrollWidth"), width)
        self.assertIn("Hosts 1 to 20 of 23.", self.browser.text())
        self.browser.click("button[name=from]")
        self.assertIn("Hosts 21 to 23 of 23.", self.browser.text())
        dark = self.colour()
        self.browser.look(1280, 900)
        self.assertNotEqual(dark, self.colour())

    def colour(self):
        return self.browser.run(
            "return getComputedStyle(document.body).backgroundColor")

    def test_set_up(self):
        base = self.nginx()
        browser = self.browser
        self.enter(base, self.secret)
        kinds = browser.run("return [...document.querySelectorAll('option')]"
                            ".map(e => e.value)")
        self.assertIn("lego", kinds)
        for kind in kinds:
            browser.run("document.querySelector('select').value ="
                        "arguments[0]", kind)
            browser.click("button[value=setup]")
            with self.subTest(kind):
                text = browser.run(
                    "return document.querySelector('pre').textContent")
                self.assertEqual(text, self.snippet(kind, base))
        browser.click("section form button")
        self.assertIn(f"home.{ZONE}", browser.text())

    def snippet(self, kind, base):
        # nginx's Host has no port on Debian.
        base = re.sub(r":\d+/$", "/", base)
        program = os.path.join(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl")
        text = lab.run(program, "-c", str(self.site.conf), "snippet", kind,
                       "house", "--url", base)
        # What explains the placeholder is not on the page.
        text = re.sub(r"^.*(SECRET stands for|put the client's secret in).*\n"
                      r"(# place of SECRET.*\n)?", "", text, flags=re.M)
        return text.replace("SECRET", self.secret)

    def test_apache(self):
        web = self.enterContext(Apache("proxy_fcgi", gate=self.gate))
        base = f"http://127.0.0.1:{web.port}/"
        self.set()
        self.enter(base, self.secret)
        self.assertIn("without encryption", self.browser.text())
        self.button("home", "here")
        self.assertIn(f"It had {BACK}.", self.browser.text())
        self.has("127.0.0.1")

    def test_readers(self):
        """tidy finds no error, and w3m reads it."""
        base = self.nginx()
        self.set()
        for path in "", self.secret, self.many, "unknownunknownunknown", \
                "nic/update":
            reply = self.look(base + path)
            with self.subTest(path):
                tidy = subprocess.run(
                    ["tidy", "-q", "-e", "-utf8"], input=reply.body,
                    text=True, capture_output=True)
                self.assertEqual(tidy.stderr, "")
                self.assertLessEqual(len(reply.body.encode()), 16384)
                words = subprocess.run(
                    ["w3m", "-dump", "-T", "text/html", "-I", "UTF-8"],
                    input=reply.body, text=True, capture_output=True).stdout
                self.assertIn("Dynamic DNS", words)
                if path == self.secret:
                    self.assertIn(BACK, words)
                    self.assertIn("Set to 127.0.0.1", words)


if __name__ == "__main__":
    unittest.main()
