#!/usr/bin/python3
"""/ready: whether a load balancer is to send requests here."""

import os
import pathlib
import subprocess
import unittest

import lab
from lab import Gate, Knot, Site, web_setup

STATE = {'// state_dir = "/var/lib/ddnsgate";': 'state_dir = "state";'}


class Ready(unittest.TestCase):
    def setUp(self):
        self.dns = self.enterContext(Knot())
        self.site = self.enterContext(Site(self.dns, STATE))
        self.state = self.site.folder / "state"
        self.state.mkdir()
        lab.give_to_www(self.state, 0o750)

    def drain(self, *args):
        program = pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl")
        run = subprocess.run(
            [program, "-c", self.site.conf, "drain", *args], text=True,
            capture_output=True, timeout=lab.PATIENCE_S)
        return run.returncode, run.stdout

    def assert_ready(self, gate, status, body):
        reply = gate.ask("/ready")
        self.assertEqual((reply.status, reply.body.strip()), (status, body))

    def test_drain(self):
        """In the sandbox; it outlives a restart."""
        gate = self.enterContext(Gate(self.site))
        self.assert_ready(gate, 200, "OK")
        self.assertEqual(self.drain(), (0, "off\n"))
        self.assertEqual(self.drain("on"), (0, ""))
        self.assertEqual(self.drain(), (0, "on\n"))
        self.assert_ready(gate, 503, "draining")
        self.assertEqual(gate.ask("/health").status, 200)
        gate.stop()
        gate.start()
        self.assert_ready(gate, 503, "draining")
        self.assertEqual(self.drain("off"), (0, ""))
        self.assert_ready(gate, 200, "OK")
        self.assertEqual(self.drain("maybe")[0], 2)

    def test_dns_that_is_down(self):
        self.dns.stop()
        gate = self.enterContext(Gate(self.site))
        self.assert_ready(gate, 503, "dnserr")
        self.dns.start()
        lab.wait_until(lambda: gate.ask("/ready").status == 200, "is ready")

    def test_cgi(self):
        with web_setup("cgid", self.site) as web:
            self.assertIn("OK", str(lab.curl(web.url("ready"))))


if __name__ == "__main__":
    unittest.main()
