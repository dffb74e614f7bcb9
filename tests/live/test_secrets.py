#!/usr/bin/python3
"""No secret is in any log or command line, whatever is asked, at debug."""

import base64
import pathlib
import unittest

from lab import DNS_SERVERS, WEB_SETUPS, Gate, Nginx, Site, curl, web_setup

WRONG = "WrongSecretWrongSecretWrong"  # a mistyped one is nobody's business
DEBUG = {'log_level = "info"': 'log_level = "debug"'}


def basic(secret):
    return base64.b64encode(f"home:{secret}".encode()).decode()


# What is asked with a secret: the path, options of curl.
REQUESTS = (
    ("{}", {}),
    ("{}/h1", {}),
    ("{}/nobody", {}),
    ("{}/%zz", {}),
    ("{}/../{}/h1", {"path_as_is": True}),
    ("../../{}", {"path_as_is": True}),
    ("{}%2Fh1", {}),
    ("{}%00", {}),
    ("{}%0Ax", {}),
    ("//{}//h1", {}),
    ("{}.html", {}),
    ("{}?ip=nonsense", {}),
    ("{}?ip=192.0.2.1", {}),
    ("update?token={}", {}),
    ("nic/update?hostname=h1&password={}", {}),
    ("nic/update", {"user": "home:{}"}),
    ("h1", {"data": "token={}&secret={}"}),
    ("{}", {"data": "ip=192.0.2.7"}),
    ("{}", {"data": "{}" + "a" * 20000}),
    ("{}", {"data": "{}" + "a" * 90000}),
    ("{}", {"header": "Referer: http://ddns.example.org/{}"}),
    ("{}", {"header": "Content-Type: text/plain", "data": "{}"}),
    ("{}", {"header": "X-Long: {}" + "a" * 40000}),
    ("{}", {"request": "TRACE"}),
    ("{}", {"request": "{}"}),
    ("{}", {"head": True}),
    ("{}" + "a" * 9000, {}),
)


def ask_all(web, secret):
    for path, options in REQUESTS:
        curl(web.url(path.replace("{}", secret)),
             **{key: value.replace("{}", secret) if value is not True
                else value for key, value in options.items()})


def command_lines():
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_text(errors="replace")
        except OSError:  # it has ended
            pass


class Secrets(unittest.TestCase):
    def check(self, where, text, hidden):
        self.assertNotEqual(text, "")
        for name, value in hidden.items():
            # Nor most of it: logs cut, decode and quote.
            shown = [line for line in text.splitlines()
                     if value[:12] in line or value[-12:] in line]
            with self.subTest(f"{name} in {where}"):
                self.assertEqual(shown, [])

    def ask_and_check(self, dns, site, web, rooms):
        secret = site.secrets["home"]
        hidden = {
            "secret": secret,
            "wrong secret": WRONG,
            "secret's hash": site.hash_of("home"),
            "Authorization": basic(secret),
            "TSIG secret": dns.tsig_secret(),
        }
        ask_all(web, secret)
        ask_all(web, WRONG)
        self.check("command lines", "\n".join(command_lines()), hidden)
        for room in rooms:
            self.check(type(room).__name__, room.log_text(), hidden)

    def test_web_setups(self):
        for server in DNS_SERVERS:
            for setup in WEB_SETUPS:
                with self.subTest(f"{server.__name__}, {setup}"), \
                        server() as dns, Site(dns, DEBUG) as site:
                    site.add_client("home", "h1", allow_private=True)
                    with web_setup(setup, site) as web:
                        rooms = [dns, web] + ([web.gate] if web.gate else [])
                        self.ask_and_check(dns, site, web, rooms)

    def test_ddnsgate_does_not_run(self):
        with DNS_SERVERS[0]() as dns, Site(dns, DEBUG) as site:
            site.add_client("home", "h1", allow_private=True)
            with Gate(site) as gate, Nginx(gate) as web:
                gate.stop()
                self.ask_and_check(dns, site, web, [web])


if __name__ == "__main__":
    unittest.main()
