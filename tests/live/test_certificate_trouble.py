#!/usr/bin/python3
"""Orders that meet each other, or a DNS server that is away: what a client
tells its user, and that the next order succeeds.
"""

import threading
import unittest

import certificate_clients as clients
from certificate_clients import names_of
from certificate_lab import Gateway, at_once, private_network
from lab import wait_until
from policy_dns import PolicyBind, PolicyKnot

CLIENTS = [("home", ["home"], {"acme": True}),
           ("other", ["other"], {"acme": True})]


def setUpModule():
    private_network()


class Stopping(clients.Certbot):
    """Its hook waits before the second value until it may go on, and does not
    try again.
    """

    hook_words = {**clients.Certbot.hook_words, "--retry 4": "--retry 0",
                  "set -u\n": """set -u
if mkdir "${0%/*}/first" 2>/dev/null; then :
elif mkdir "${0%/*}/second" 2>/dev/null; then
	until [ -e "${0%/*}/go" ]; do sleep 0.1; done
fi
"""}

    def is_waiting(self):
        return (self.folder / "second").exists()

    def go_on(self):
        (self.folder / "go").touch()


class Trouble:
    """With one DNS server; subclasses say with which."""

    @classmethod
    def setUpClass(cls):
        cls.gateway = cls.enterClassContext(Gateway(cls.server, CLIENTS))
        cls.dns = cls.gateway.dns

    def setUp(self):
        self.before = self.dns.zone_now()

    def client(self, kind, host="home", web="nginx"):
        return self.enterContext(kind(self.gateway, host, web))

    def test_two_at_once(self):
        """Of one host, behind two web servers: four values at a time."""
        pair = [self.client(clients.Lego),
                self.client(clients.LegoUrl, web="mod_fcgid")]
        first, second = at_once([client.issue for client in pair])
        self.assertEqual(names_of(first), names_of(second))
        self.assertNotEqual(first.serial_number, second.serial_number)
        self.assertEqual(self.dns.zone_now(), self.before)

    def test_another_host(self):
        """The client shows its user what ddnsgate says."""
        lego = self.client(clients.Lego)
        lego.name = lego.name.replace("home", "other")
        self.assertFalse(lego.try_to(lego.order))
        self.assertIn("404: request failed: nohost", lego.output)
        certbot = self.client(clients.Certbot)
        certbot.name = lego.name
        self.assertFalse(certbot.try_to(certbot.order))
        self.assertIn("nohost", certbot.output)
        self.assertEqual(self.dns.zone_now(), self.before)

    def test_down_in_the_middle(self):
        """After the first of two values: it stays, and disturbs nobody."""
        certbot = self.client(Stopping)
        order = threading.Thread(target=certbot.try_to, args=[certbot.order])
        order.start()
        wait_until(certbot.is_waiting, "the first value is there")
        self.assertEqual(len(self.dns.texts("home")), 1)
        self.dns.stop()
        certbot.go_on()
        order.join()
        self.assertIn("dnserr", certbot.output)
        self.dns.start()
        self.assertFalse((certbot.folder / certbot.path()).exists())
        self.assertEqual(len(self.dns.texts("home")), 1)
        for kind in clients.Lego, clients.Uacme:
            with self.subTest(kind.__name__):
                self.client(kind).issue()
        self.assertEqual(len(self.dns.texts("home")), 1)
        # The same client, whose authorization is anew.
        certbot.must(certbot.order)
        self.forget_the_value()

    def forget_the_value(self):
        self.dns.change(
            lambda m: m.delete("_acme-challenge.home", "TXT"))
        self.assertEqual(self.dns.zone_now(), self.before)


class WithKnot(Trouble, unittest.TestCase):
    server = PolicyKnot


class WithBind(Trouble, unittest.TestCase):
    server = PolicyBind


if __name__ == "__main__":
    unittest.main()
