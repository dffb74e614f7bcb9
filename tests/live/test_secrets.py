#!/usr/bin/python3
"""No secret is in any log, reply, command line or file, whatever is asked.

All runs at debug.  A secret counts whole and in each part of PART characters,
as it is, in base64 and in hexadecimal digits: logs cut, decode and quote.
"""

import base64
import contextlib
import os
import pathlib
import re
import resource
import signal
import subprocess
import threading
import unittest

from lab import (DNS_SERVERS, PASSWORD, PATIENCE_S, WEB_SETUPS, WRONG, Gate,
                 HeldDns, Nginx, Reply, Site, curl, give_to_www, is_sanitized,
                 web_setup)

PART = 8

DEBUG = {'log_level = "info"': 'log_level = "debug"',
         '// state_dir = "/var/lib/ddnsgate";': 'state_dir = "state";'}


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
    ("update?domains=h1&token={}&ip=192.0.2.1", {}),
    ("update?domains={}&token=x", {}),
    ("api/UpdateDns?code={}&host=h1&ip=192.0.2.1", {}),
    ("nic/update?hostname={}.dyn.example.org", {"user": "home:{}"}),
    ("nic/update?hostname=h1", {"oauth2-bearer": "{}"}),
    ("nic/update?hostname=h1", {"user": "person:{}"}),
    ("nic/update?hostname=h1", {"user": "{}:{}"}),
    ("nic/update?hostname=h1&myip={}", {"user": "home:{}"}),
    ("nic/update", {"user": "home:{}", "header": "Accept: application/json"}),
    ("ip?{}", {"header": "X-Forwarded-For: {}"}),
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


def parts_of(text):
    return {text[at:at + PART] for at in range(len(text) - PART + 1)}


def needles(value):
    """What would give a part of it away."""
    raw = value.encode()
    found = parts_of(value) | parts_of(raw.hex()) | parts_of(raw.hex().upper())
    for shift in range(3):  # where it begins in what is encoded
        encoded = base64.b64encode(bytes(shift) + raw).decode()
        # The first and last characters have bits of their neighbours.
        found |= parts_of(encoded[4 * (shift > 0):-4])
    return found


class Hidden:
    """Secrets, and whether a text has a part of one."""

    def __init__(self, secrets):
        self.names = {}
        for name, value in secrets.items():
            for needle in needles(value):
                self.names.setdefault(needle, name)
        self.pattern = re.compile("|".join(map(re.escape, self.names)))

    def find(self, text):
        """Gives (the secret's name, the line) for each that is there."""
        return [(self.names[match[0]], line) for line in text.splitlines()
                if (match := self.pattern.search(line))]


def as_text(reply: Reply):
    return "\n".join([f"{name}: {value}" for name, values
                      in reply.headers.items() for value in values] +
                     [reply.body])


def ask_all(web, secret):
    """Gives the replies as one text."""
    replies = []
    for path, options in REQUESTS:
        replies.append(as_text(curl(
            web.url(path.replace("{}", secret)),
            **{key: value.replace("{}", secret) if value is not True
               else value for key, value in options.items()})))
    return "\n".join(replies)


def of_processes(what):
    """What each process shows in its file of this name in /proc."""
    for path in pathlib.Path("/proc").glob(f"[0-9]*/{what}"):
        with contextlib.suppress(OSError):  # it has ended
            yield path.read_text(errors="replace")


class SecretiveSite(Site):
    def __init__(self, dns_server):
        super().__init__(dns_server, DEBUG)

    def prepare(self):
        super().prepare()
        state = self.folder / "state"
        state.mkdir()
        give_to_www(state, 0o700)
        self.add_client("home", "h1", allow_private=True)
        self.add_person()

    def add_person(self):
        self.password_hash = subprocess.run(
            ["openssl", "passwd", "-6", "-stdin"], input=PASSWORD, text=True,
            check=True, capture_output=True).stdout.strip()
        self.write("clients.d/person.conf", f"""
clients = ( {{ name = "person"; secret = "{self.password_hash}";
               hosts = ( "h2" ); allow_private = true; }} );
""")

    def other_files(self):
        """All but the configuration, where secrets belong."""
        own = {"ddnsgate.conf", "tsig.key", "clients.list", "home.conf",
               "person.conf", "ddnsgate"}
        for path in self.folder.rglob("*"):
            if path.is_file() and path.name not in own:
                yield path

    def hidden(self):
        return Hidden({
            "secret": self.secrets["home"],
            "wrong secret": WRONG,
            "password": PASSWORD,
            "secret's hash": self.hash_of("home").removeprefix("sha256:"),
            "password's hash": self.password_hash.split("$")[-1],
            "TSIG secret": self.dns.tsig_secret(),
        })


class Secrets(unittest.TestCase):
    def check(self, hidden, where, text):
        with self.subTest(where):
            self.assertNotEqual(text, "")
            self.assertEqual(hidden.find(text), [])

    def ask_and_check(self, site, web, rooms):
        hidden = site.hidden()
        replies = "".join(ask_all(web, secret) for secret in
                          (site.secrets["home"], WRONG, PASSWORD))
        self.check(hidden, "replies", replies)
        self.check(hidden, "command lines", "\n".join(of_processes("cmdline")))
        self.check(hidden, "environments", "\n".join(of_processes("environ")))
        for room in rooms:
            self.check(hidden, type(room).__name__, room.log_text())
        return hidden

    def check_state(self, site, hidden):
        files = [path for path in site.other_files()
                 if path.stat().st_size > 0]  # one is only there to be locked
        self.assertIn("limits", [path.name for path in files])
        for path in files:
            self.check(hidden, path.name,
                       path.read_bytes().decode("latin-1"))

    def test_a_leak_is_found(self):
        value = "0123456789abcdefghij"
        hidden = Hidden({"it": value})
        for leak in (value, "x" + value[3:3 + PART], value[-PART:] + ".",
                     value.encode().hex(), value.encode().hex()[5:5 + PART],
                     base64.b64encode(b"home:" + value.encode()).decode(),
                     base64.b64encode(b"a:" + value.encode()).decode(),
                     base64.b64encode(value.encode()).decode()[3:15]):
            with self.subTest(leak):
                self.assertNotEqual(hidden.find("a line\n" + leak), [])
        self.assertEqual(hidden.find(value[:PART - 1] + " and no more"), [])

    def test_web_setups(self):
        for server in DNS_SERVERS:
            for setup in WEB_SETUPS:
                with self.subTest(f"{server.__name__}, {setup}"), \
                        server() as dns, SecretiveSite(dns) as site, \
                        web_setup(setup, site) as web:
                    rooms = [dns, web] + ([web.gate] if web.gate else [])
                    hidden = self.ask_and_check(site, web, rooms)
                    self.check_state(site, hidden)

    def test_ddnsgate_does_not_run(self):
        with DNS_SERVERS[0]() as dns, SecretiveSite(dns) as site:
            with Gate(site) as gate, Nginx(gate) as web:
                gate.stop()
                self.ask_and_check(site, web, [web])

    def test_administrator_sees_none(self):
        """Commands that do not make a secret show none."""
        ctl = pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl")
        commands = (["check"], ["check", "--live"], ["list"],
                    ["show", "h1"], ["update", "home", "h1", "192.0.2.9"],
                    ["update", "home", "nobody", "192.0.2.9"],
                    ["policy", "knot"], ["policy", "bind"],
                    ["snippet", "curl", "home"], ["nonsense"])
        with DNS_SERVERS[0]() as dns, SecretiveSite(dns) as site:
            hidden = site.hidden()
            for command in commands:
                done = subprocess.run(
                    [ctl, "-c", site.conf, *command], text=True,
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                self.check(hidden, " ".join(command), done.stdout)

    def test_crash_while_serving(self):
        """Neither a message nor a core file has what a request came with."""
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_CORE, (soft, hard))
        for how in (signal.SIGABRT, signal.SIGSEGV):
            with self.subTest(how.name), DNS_SERVERS[0]() as dns, \
                    HeldDns(dns) as held, SecretiveSite(held) as site, \
                    Gate(site) as gate, Nginx(gate) as web:
                self.crash(dns, held, site, gate, web, how)

    def crash(self, dns, held, site, gate, web, how):
        site.dns = dns  # who knows the TSIG secret
        hidden = site.hidden()
        held.hold()
        asking = threading.Thread(target=curl, args=(
            web.url(site.secrets["home"], "h1"),))
        asking.start()
        self.assertTrue(held.arrived.wait(PATIENCE_S))
        process = gate.process
        process.send_signal(how)
        process.wait(PATIENCE_S)
        asking.join()
        self.check(hidden, "messages",
                   gate.log_text() + web.log_text() + "nothing else")
        if not is_sanitized():  # else there is no sandbox
            self.assertEqual(list(gate.folder.glob("core*")), [])


if __name__ == "__main__":
    unittest.main()
