#!/usr/bin/python3
"""PowerDNS as examples/powerdns sets it up: the same as Knot DNS and BIND,
and what its key may not do."""

import concurrent.futures
import functools
import os
import pathlib
import signal
import subprocess
import unittest

import dns.name
import dns.query
import dns.rcode
import dns.tsig
import dns.update

import test_dnssec
import test_matrix
from lab import (PATIENCE_S, ZONE, Gate, Nginx, PowerDns, Site, curl, program,
                 run)


def ctl(site, *args):
    """Gives its exit status and what it printed."""
    done = subprocess.run(
        [pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl"),
         "-c", site.conf, *args], text=True, timeout=PATIENCE_S,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def serial(server):
    return server.ask(ZONE, "SOA").answer[0][0].serial


def plain_and_signed(test):
    """Makes test(self, server, site) one without and one with DNSSEC."""
    @functools.wraps(test)
    def run_both(self):
        for dnssec in False, True:
            with self.subTest(dnssec=dnssec), PowerDns(dnssec) as server, \
                    Site(server) as site:
                test(self, server, site)
    return run_both


class Both(unittest.TestCase):
    @plain_and_signed
    def test_matrix(self, server, site):
        secret = site.add_client("home", "h1", "h2", allow_private=True)
        with Gate(site) as gate, Nginx(gate) as web:
            test_matrix.Matrix.walk(self, server, web, secret)

    @plain_and_signed
    def test_stopped_and_back(self, server, site):
        with Gate(site) as gate, Nginx(gate) as web:
            secret = site.secrets["try"]
            self.assertEqual(curl(web.url(secret)).body, "good 127.0.0.1")
            server.stop(signal.SIGKILL)
            reply = curl(web.url(secret, ip="192.0.2.1"))
            self.assertEqual((reply.status, reply.body), (503, "dnserr"))
            self.assertIn("retry-after", reply.headers)
            self.assertRegex(gate.log_text(), "no answer|reached")
            server.start()
            self.assertEqual(server.addresses("try", "A"), ["127.0.0.1"])
            self.assertEqual(curl(web.url(secret, ip="192.0.2.1")).body,
                             "good 192.0.2.1")
            self.assertEqual(server.addresses("try", "A"), ["192.0.2.1"])

    @plain_and_signed
    def test_serial(self, server, site):
        """One more for a change, the same when nothing has changed."""
        with Gate(site) as gate:
            path = "/" + site.secrets["try"]
            before = serial(server)
            for query, body, more in (
                    ({"ip": "192.0.2.1"}, "good 192.0.2.1", 1),
                    ({"ip": "192.0.2.1"}, "nochg 192.0.2.1", 0),
                    ({"ip": "192.0.2.2,2001:db8::2"},
                     "good 192.0.2.2,2001:db8::2", 1),
                    ({"offline": "yes"}, "good", 1),
                    ({"offline": "yes"}, "nochg", 0)):
                self.assertEqual(gate.ask(path, **query).body, body)
                self.assertEqual(serial(server) - before, more)
                before += more

    @plain_and_signed
    def test_many_at_once(self, server, site):
        hosts = [f"m{number}" for number in range(40)]
        secrets = [site.add_client(host, host) for host in hosts]
        with Gate(site) as gate, \
                concurrent.futures.ThreadPoolExecutor(16) as pool:
            for last in 1, 2:
                bodies = list(pool.map(
                    lambda number: gate.ask(
                        f"/{secrets[number]}",
                        ip=f"192.0.{last}.{number}").body,
                    range(len(hosts))))
                self.assertEqual(bodies, [
                    f"good 192.0.{last}.{number}"
                    for number in range(len(hosts))])
                for number, host in enumerate(hosts):
                    self.assertEqual(server.addresses(host, "A"),
                                     [f"192.0.{last}.{number}"])


class Signed(unittest.TestCase):
    def test_what_was_changed_is_signed(self):
        with PowerDns(dnssec=True) as server, Site(server) as site, \
                Gate(site) as gate, Nginx(gate) as web:
            for address, family in (("192.0.2.1", "A"),
                                    ("2001:db8::1", "AAAA"),
                                    ("192.0.2.2", "A")):
                test_dnssec.Dnssec.check(self, server, web,
                                         site.secrets["try"], address, family)


class Setup(unittest.TestCase):
    def test_a_zone_that_is_there_stays(self):
        with PowerDns() as server, Site(server) as site, Gate(site) as gate:
            gate.ask("/" + site.secrets["try"], ip="192.0.2.1")
            key = server.key_file.read_text()
            done = subprocess.run(["sh", server.folder / "zone.sh"],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            self.assertIn("is there already", done.stderr)
            self.assertEqual(server.key_file.read_text(), key)
            server.stop()
            server.start()
            self.assertEqual(server.addresses("try", "A"), ["192.0.2.1"])

    def test_key_is_kept_from_others(self):
        with PowerDns() as server:
            for path in server.key_file, *server.folder.glob("*.sqlite3*"):
                self.assertEqual(path.stat().st_mode & 0o007, 0, path)


class Check(unittest.TestCase):
    def test_live(self):
        for dnssec in False, True:
            with PowerDns(dnssec) as server, Site(server) as site:
                before = serial(server)
                self.assertEqual(ctl(site, "check", "--live")[0], 0,
                                 ctl(site, "check", "--live")[1])
                self.assertEqual(serial(server), before)
                status, text = ctl(site, "update", "try", "192.0.2.7")
                self.assertEqual(status, 0, text)
                self.assertEqual(server.addresses("try", "A"), ["192.0.2.7"])
                server.stop()
                self.assertEqual(ctl(site, "check", "--live")[0], 1)

    def spoilt(self, server, how):
        with Site(server) as site:
            if how == "secret":
                secret = server.tsig_secret()
                site.edit("tsig.key", {secret: secret[4:-4] + "AAA" + "BBB=="})
            else:
                site.edit("tsig.key", {"ddnsgate": "stranger"})
                site.edit("ddnsgate.conf", {'"ddnsgate"': '"stranger"'})
            self.assertEqual(ctl(site, "check", "--live")[0], 1)
            with Gate(site) as gate:
                reply = gate.ask("/" + site.secrets["try"], ip="192.0.2.1")
                self.assertEqual((reply.status, reply.body), (503, "dnserr"))
                self.assertIn("NOTAUTH", gate.log_text())
            self.assertEqual(server.addresses("try", "A"), [])

    def test_wrong_key(self):
        with PowerDns() as server:
            for how in "secret", "name":
                with self.subTest(how):
                    self.spoilt(server, how)


SCRIPT = {"# lua-dnsupdate-policy-script": "lua-dnsupdate-policy-script"}


class WithAnother(PowerDns):
    """It knows another key, too."""

    def prepare(self):
        super().prepare()
        made = run(program("pdnsutil"), "--config-dir", self.folder,
                   "generate-tsig-key", "other", "hmac-sha256",
                   stderr=subprocess.STDOUT)
        self.other = made.split()[-1]


class Rights(unittest.TestCase):
    """What the example's key, another and none may do."""

    def send(self, server, keyring, *changes):
        message = dns.update.Update(ZONE, keyring=keyring)
        for name, rdtype, text in changes:
            message.replace(name, 60, rdtype, text)
        return dns.query.udp(message, "127.0.0.1", port=server.port,
                             timeout=PATIENCE_S).rcode()

    def has(self, server, name, rdtype):
        name = dns.name.from_text(name, dns.name.from_text(ZONE))
        return bool(server.ask(name, rdtype).answer)

    def test_own_key(self):
        """All of the zone; with the script, addresses below its name."""
        rows = (("below", "h1", "A", "192.0.2.1", True),
                ("deep below", "a.b.h1", "AAAA", "2001:db8::1", True),
                ("the zone itself", "@", "A", "192.0.2.1", False),
                ("another type", "h1", "TXT", '"x"', False),
                ("an alias", "h2", "CNAME", "ns.example.net.", False))
        for words in None, SCRIPT:
            with PowerDns(words=words) as server:
                key = dns.tsig.Key("ddnsgate", server.tsig_secret())
                for name, host, rdtype, text, by_script in rows:
                    with self.subTest(name, script=bool(words)):
                        self.assertEqual(
                            self.send(server, key, (host, rdtype, text)),
                            dns.rcode.NOERROR)
                        self.assertEqual(self.has(server, host, rdtype),
                                         by_script or not words)

    def test_others(self):
        """Refused; with the script it is said to be done, and is not."""
        for words, rcode in (None, dns.rcode.REFUSED), (SCRIPT, 0):
            with WithAnother(words=words) as server:
                for name, key in (
                        ("another key", dns.tsig.Key("other", server.other)),
                        ("no key", None)):
                    with self.subTest(name, script=bool(words)):
                        self.assertEqual(
                            self.send(server, key, ("h1", "A", "192.0.2.1")),
                            rcode)
                        self.assertFalse(self.has(server, "h1", "A"))

    def test_script(self):
        with PowerDns(words=SCRIPT) as server, Site(server) as site:
            secret = site.add_client("home", "h1", "h2", allow_private=True)
            with Gate(site) as gate, Nginx(gate) as web:
                test_matrix.Matrix.walk(self, server, web, secret)


if __name__ == "__main__":
    unittest.main()
