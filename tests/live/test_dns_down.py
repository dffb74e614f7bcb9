#!/usr/bin/python3
"""When DNS does not take an update: 503, nothing changes, the log says why."""

import glob
import unittest

from lab import DNS_SERVERS, Bind, Gate, Knot, Nginx, Site, curl

MISSING_ZONE = """zones = (
  { name = "missing.example.org"; servers = [ "127.0.0.1@PORT" ];
    key = "ddnsgate"; },"""

# What is wrong: words to substitute in ddnsgate.conf and in tsig.key, the
# host asked for, and what the log says.
FAILURES = (
    ("wrong TSIG secret", {}, "other secret", "try", "BADSIG"),
    ("unknown key",
     {'"ddnsgate"': '"stranger"'}, "other name", "try", "BADKEY"),
    ("zone is not there",
     {"zones = (": MISSING_ZONE}, None, "try.missing.example.org",
     "NOTAUTH|NOTZONE|REFUSED|no authority"),
    ("CNAME in the way", {}, None, "www", "CNAME"),
)

# A server that takes only A, what it then says to AAAA.
ONLY_A = (
    (Knot, {"update-type: [ A, AAAA ]": "update-type: [ A ]"}, "NOTAUTH"),
    (Bind, {"wildcard *.dyn.example.org. A AAAA;": "zonesub A;"}, "REFUSED"),
)


class KnotAhead(Knot):
    """Its clock is an hour ahead.  (libfaketime hangs in BIND's allocator.)"""

    faketime = "/usr/lib/*/faketime/libfaketimeMT.so.1"

    def command(self):
        return ["env", "FAKETIME=+1h",
                "LD_PRELOAD=" + glob.glob(self.faketime)[0],
                *super().command()]


def spoil_key(site, how):
    secret = site.dns.tsig_secret()
    words = {"other secret": {secret: secret[::-1][1:] + "="},
             "other name": {"ddnsgate": "stranger"}}
    site.edit("tsig.key", words[how])


class DnsDown(unittest.TestCase):
    def check_failure(self, reply, gate, reason):
        self.assertEqual((reply.status, reply.body), (503, "dnserr"))
        self.assertIn("retry-after", reply.headers)
        self.assertRegex(gate.log_text(), reason)

    def test_stopped_and_back(self):
        for server in DNS_SERVERS:
            with self.subTest(server.__name__), server() as dns, \
                    Site(dns) as site, Gate(site) as gate, \
                    Nginx(gate) as web:
                secret = site.secrets["try"]
                self.assertEqual(
                    curl(web.url(secret)).body, "good 127.0.0.1")
                dns.stop()
                self.check_failure(curl(web.url(secret, ip="192.0.2.1")),
                                   gate, "no answer|reached")
                dns.start()
                self.assertEqual(dns.addresses("try", "A"), ["127.0.0.1"])
                self.assertEqual(curl(web.url(secret, ip="192.0.2.1")).body,
                                 "good 192.0.2.1")
                self.assertEqual(dns.addresses("try", "A"), ["192.0.2.1"])

    def check_reason(self, dns, words, key, host, reason):
        words = {old: new.replace("PORT", str(dns.port))
                 for old, new in words.items()}
        with Site(dns, words) as site:
            if key:
                spoil_key(site, key)
            secret = site.add_client("home", host, allow_private=True)
            with Gate(site) as gate, Nginx(gate) as web:
                self.check_failure(curl(web.url(secret)), gate, reason)

    def test_reasons(self):
        for server in DNS_SERVERS:
            with server() as dns:
                for name, words, key, host, reason in FAILURES:
                    with self.subTest(f"{server.__name__}, {name}"):
                        self.check_reason(dns, words, key, host, reason)
                self.assertEqual(dns.addresses("try", "A"), [])
                self.assertEqual(dns.addresses("www", "A"), [])

    def test_clock(self):
        with KnotAhead() as dns, Site(dns) as site, Gate(site) as gate, \
                Nginx(gate) as web:
            self.check_failure(
                curl(web.url(site.secrets["try"])), gate, "BADTIME")
            self.assertEqual(dns.addresses("try", "A"), [])

    def test_denied(self):
        for server, words, reason in ONLY_A:
            with self.subTest(server.__name__), server(words=words) as dns, \
                    Site(dns) as site, Gate(site) as gate, \
                    Nginx(gate) as web:
                secret = site.secrets["try"]
                both = curl(web.url(secret, ip="192.0.2.1,2001:db8::1"))
                self.check_failure(both, gate, reason)
                self.assertEqual(dns.addresses("try", "A"), [])
                self.assertEqual(curl(web.url(secret)).body, "good 127.0.0.1")


if __name__ == "__main__":
    unittest.main()
