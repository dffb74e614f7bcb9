#!/usr/bin/python3
"""The main job: each web server before each DNS server, both families."""

import unittest

from lab import DNS_SERVERS, WEB_SETUPS, Site, curl, web_setup

# One client calls with these in turn: what it is, the family that it calls
# over, the hosts in the URL, the query; then the reply, and what changes in
# DNS, where all else must stay as it was.
STEPS = (
    ("first call", "A", ["h1"], {},
     "good 127.0.0.1", {("h1", "A"): ["127.0.0.1"]}),
    ("same again", "A", ["h1"], {},
     "nochg 127.0.0.1", {}),
    ("first call over IPv6", "AAAA", ["h1"], {},
     "good ::1", {("h1", "AAAA"): ["::1"]}),
    ("same again over IPv6", "AAAA", ["h1"], {},
     "nochg ::1", {}),
    ("IPv4 given", "A", ["h1"], {"ip": "192.0.2.1"},
     "good 192.0.2.1", {("h1", "A"): ["192.0.2.1"]}),
    ("IPv6 given over IPv4", "A", ["h1"], {"ip": "2001:DB8:0::1"},
     "good 2001:DB8:0::1", {("h1", "AAAA"): ["2001:db8::1"]}),
    ("IPv4 given over IPv6", "AAAA", ["h1"], {"myip": "192.0.2.2"},
     "good 192.0.2.2", {("h1", "A"): ["192.0.2.2"]}),
    ("both families", "A", ["h1"], {"ip": "2001:db8::3,192.0.2.3"},
     "good 192.0.2.3,2001:db8::3",
     {("h1", "A"): ["192.0.2.3"], ("h1", "AAAA"): ["2001:db8::3"]}),
    ("both again", "A", ["h1"], {"ip4": "192.0.2.3", "ip6": "2001:db8::3"},
     "nochg 192.0.2.3,2001:db8::3", {}),
    ("two hosts, one of them has it", "A", ["h1", "h2"], {"ip": "192.0.2.3"},
     "nochg 192.0.2.3\ngood 192.0.2.3", {("h2", "A"): ["192.0.2.3"]}),
    ("all hosts", "A", [], {"ip": "192.0.2.4"},
     "good 192.0.2.4\ngood 192.0.2.4",
     {("h1", "A"): ["192.0.2.4"], ("h2", "A"): ["192.0.2.4"]}),
    ("full name", "A", ["h2.dyn.example.org"], {},
     "good 127.0.0.1", {("h2", "A"): ["127.0.0.1"]}),
    ("removal", "A", ["h1"], {"offline": "yes"},
     "good", {("h1", "A"): [], ("h1", "AAAA"): []}),
    ("removal again", "A", ["h1"], {"offline": "yes"},
     "nochg", {}),
    ("a host of somebody else", "A", ["h3"], {},
     "nohost", {}),
    ("back", "AAAA", ["h1"], {},
     "good ::1", {("h1", "AAAA"): ["::1"]}),
)
RECORDS = [(host, family) for host in ("h1", "h2", "h3")
           for family in ("A", "AAAA")]


class Matrix(unittest.TestCase):
    def walk(self, dns, web, secret):
        expected = {record: [] for record in RECORDS}
        for name, family, hosts, query, reply, changes in STEPS:
            with self.subTest(name):
                got = curl(web.url(secret, *hosts, family=family, **query))
                expected.update(changes)
                self.assertEqual(got.body, reply)
                self.assertEqual(
                    {record: dns.addresses(*record) for record in RECORDS},
                    expected)

    def test_all(self):
        for server in DNS_SERVERS:
            for setup in WEB_SETUPS:
                with self.subTest(f"{server.__name__}, {setup}"), \
                        server() as dns, Site(dns) as site:
                    secret = site.add_client(
                        "home", "h1", "h2", allow_private=True)
                    with web_setup(setup, site) as web:
                        self.walk(dns, web, secret)


if __name__ == "__main__":
    unittest.main()
