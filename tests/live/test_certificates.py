#!/usr/bin/python3
"""Real clients get real certificates, with Knot DNS.

Each is for a host and for all names one label below it.  What the clients
leave is the zone as it was, but for acme-dns, which has no clean-up.
"""

import functools
import re
import unittest

import certificate_clients as clients
from certificate_clients import names_of
from certificate_lab import Gateway, at_once, private_network
from lab import ZONE, curl
from policy_dns import CHALLENGE, FOREIGN, PolicyKnot

NGINX, MOD_FCGID = "nginx", "mod_fcgid"
OTHER = {NGINX: MOD_FCGID, MOD_FCGID: NGINX}
# A client's class, its host, and the web server before Knot; before BIND it
# is the other one, so that each has each dialect.
CELLS = (
    (clients.LegoScript, "script", NGINX),
    (clients.Lego, "lego", NGINX),
    (clients.LegoUrl, "url", MOD_FCGID),
    (clients.LegoRaw, "raw", NGINX),
    (clients.LegoCname, "mail", MOD_FCGID),
    (clients.Uacme, "uacme", NGINX),
    (clients.Dehydrated, "dehydrated", MOD_FCGID),
    (clients.DehydratedChain, "chain", MOD_FCGID),
    (clients.Certbot, "certbot", NGINX),
    (clients.CertbotAcmeDns, "acmedns", MOD_FCGID),
)
HOSTS = [host for _, host, _ in CELLS]
# Those that have another one at once, by the same way.
RENEW = {clients.LegoScript, clients.Uacme, clients.Dehydrated,
         clients.Certbot, clients.CertbotAcmeDns}
# What a signed zone is tried with.
SIGNED = {clients.Lego, clients.LegoCname, clients.Certbot}


def rows():
    """A client of ddnsgate's for each host."""
    return [(host, [host], {"acme": True}) for host in HOSTS]


def setUpModule():
    private_network()


class Cells:
    """With one DNS server; subclasses say with which."""

    dnssec = False
    swapped = False  # the web servers

    @classmethod
    def setUpClass(cls):
        cls.cells = [cell for cell in CELLS
                     if not cls.dnssec or cell[0] in SIGNED]
        cls.gateway = cls.enterClassContext(
            Gateway(cls.server, rows(), dnssec=cls.dnssec))
        for number, host in enumerate(HOSTS, 1):
            reply = curl(cls.gateway.webs[NGINX].url(
                cls.gateway.secrets[host], ip=f"192.0.2.{number},2001:db8::1"))
            assert reply.body.startswith("good"), reply
        cls.before = cls.gateway.dns.zone_now()

    def walk(self, kind, host, web):
        zone = FOREIGN if kind is clients.LegoCname else ZONE
        client = self.enterContext(kind(
            self.gateway, host, OTHER[web] if self.swapped else web, zone))
        first = client.issue()
        wanted = sorted([client.name, "*." + client.name])
        self.assertEqual(names_of(first), wanted)
        if kind in RENEW and not self.dnssec:
            second = client.renew()
            self.assertEqual(names_of(second), wanted)
            self.assertNotEqual(first.serial_number, second.serial_number)

    def failure(self, cell):
        """What went wrong, as text."""
        try:
            self.walk(*cell)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return None

    def test_all(self):
        """All cells at once."""
        failures = at_once([functools.partial(self.failure, cell)
                            for cell in self.cells])
        for cell, failure in zip(self.cells, failures):
            with self.subTest(cell[0].__name__):
                if failure:
                    self.fail(failure)
        self.check_zone()

    def check_zone(self):
        """acme-dns leaves its values: two for each certificate, or less if the
        CA remembers one, as pebble now and then does whatever it is told."""
        after = self.gateway.dns.zone_now()
        self.assertEqual([line for line in self.before
                          if line not in after], [])
        left = [line for line in after if line not in self.before]
        added = re.findall("client=acmedns .* txt=add word=good",
                           self.gateway.log_text())
        self.assertEqual(len(left), len(added), left)
        self.assertIn(len(left), [0] if self.dnssec else [2, 3, 4])
        for line in left:
            self.assertRegex(
                line, rf'\A{CHALLENGE}acmedns\.{ZONE}\. 60 TXT "[\w-]{{43}}"')


class Plain(Cells, unittest.TestCase):
    server = PolicyKnot


class Signed(Cells, unittest.TestCase):
    server = PolicyKnot
    dnssec = True


if __name__ == "__main__":
    unittest.main()
