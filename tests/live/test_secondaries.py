#!/usr/bin/python3
"""A certificate authority may ask a secondary: who is told that a record is
there finds it on all of them.
"""

import concurrent.futures
import contextlib
import json
import re
import time
import unittest

import lab
from lab import ZONE, Gate, Nginx, curl, wait_until
from policy_dns import (CHALLENGE, PolicyBind, PolicyKnot, SecondaryBind,
                        SecondaryKnot)
from test_challenges import value_of

WAIT_S = 10
# secondaries.h: one of so many threads may wait.
THREADS, DIVISOR = 16, 8
HOSTS = [f"h{number}" for number in range(6)]
CLIENTS = [(host, [host], {"acme": True}) for host in HOSTS]
LACKING = re.compile(r"ddnsgate: warning: .*\b127\.0\.0\.1@(\d+)\b.*")


def zone_words(secondaries):
    places = ", ".join(f'"127.0.0.1@{server.port}"' for server in secondaries)
    return {'key     = "ddnsgate";':
            f'key     = "ddnsgate"; secondaries = [ {places} ];'}


class Stack:
    """A primary, one secondary of each kind, ddnsgate and nginx."""

    def __init__(self, dns_class):
        port = lab.free_port()
        self.secondaries = [SecondaryKnot(port), SecondaryBind(port)]
        self.dns = dns_class(
            CLIENTS, port=port, words=zone_words(self.secondaries),
            secondaries=[server.port for server in self.secondaries])

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.dns)
            for server in self.secondaries:
                stack.enter_context(server)
            self.secrets = self.dns.site.secrets
            self.gate = stack.enter_context(
                Gate(self.dns.site, threads=THREADS))
            self.web = stack.enter_context(Nginx(self.gate))
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def ask(self, verb, host, value):
        return curl(
            self.web.url(f"{self.secrets[host]}/{verb}"),
            header="Content-Type: application/json",
            data_raw=json.dumps({"fqdn": f"{CHALLENGE}{host}.{ZONE}.",
                                 "value": value}))


class Secondaries(unittest.TestCase):
    def check_there(self, stack, number):
        """Both values of a certificate for a name and its wildcard."""
        host = HOSTS[number]
        values = sorted(value_of(f"{host} {part}") for part in range(2))
        for count, value in enumerate(values, 1):
            reply = stack.ask("present", host, value)
            there = [server.texts(host) for server in stack.secondaries]
            self.assertEqual(reply.status, 200)
            self.assertEqual(there, 2 * [values[:count]])
        for value in values:
            self.assertEqual(stack.ask("cleanup", host, value).status, 200)
        self.assertEqual(stack.dns.texts(host), [])

    def test_have_it(self):
        for server in PolicyKnot, PolicyBind:
            with self.subTest(server.__name__), Stack(server) as stack:
                # BIND tells of the first change at once, of others later.
                for number in range(2):
                    self.check_there(stack, number)
                self.assertNotRegex(stack.gate.log_text(), LACKING)

    def test_one_is_dead(self):
        """The request succeeds, later, and the log says which one it is."""
        with Stack(PolicyKnot) as stack:
            dead = stack.secondaries[1]
            dead.stop()
            began = time.monotonic()
            reply = stack.ask("present", "h0", value_of("0"))
            self.assertGreaterEqual(time.monotonic() - began, WAIT_S)
            self.assertEqual(reply.status, 200)
            self.assertEqual(stack.secondaries[0].texts("h0"),
                             [value_of("0")])
            told = LACKING.findall(stack.gate.log_text())
            self.assertEqual(told, [str(dead.port)], stack.gate.log_text())
            # It has been away, and comes back.
            dead.start()
            self.assertEqual(
                stack.ask("present", "h0", value_of("1")).status, 200)
            self.assertEqual(dead.texts("h0"),
                             sorted(map(value_of, "01")))

    def is_over(self, stack, waiting, served):
        """Does it end before another update is answered?"""
        address = f"192.0.2.{1 + served % 250}"
        reply = curl(stack.web.url(stack.secrets["h0"], ip=address))
        self.assertEqual(reply.body, "good " + address)
        return all(future.done() for future in waiting)

    def test_others_are_served_meanwhile(self):
        """More wait than may: those are told at once, as are all others."""
        may_wait = THREADS // DIVISOR
        with Stack(PolicyKnot) as stack, \
                concurrent.futures.ThreadPoolExecutor(len(HOSTS)) as pool:
            for server in stack.secondaries:
                server.stop()
            waiting = [pool.submit(stack.ask, "present", host, value_of(host))
                       for host in HOSTS]
            wait_until(lambda: sum(future.done() for future in waiting) ==
                       len(HOSTS) - may_wait, "those that may not wait")
            served = 0
            while not self.is_over(stack, waiting, served):
                served += 1
            self.assertGreater(served, 0)
            for future in waiting:
                self.assertEqual(future.result().status, 200)
            for host in HOSTS:
                self.assertEqual(stack.dns.texts(host), [value_of(host)])


if __name__ == "__main__":
    unittest.main()
