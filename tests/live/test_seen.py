#!/usr/bin/python3
"""The handler notes when hosts call; ddnsgatectl status tells."""

import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

import lab
from lab import Gate, Knot, Site, web_setup

STATE = {'// state_dir = "/var/lib/ddnsgate";': 'state_dir = "state";'}
HOST = f"try.{lab.ZONE}"


class Seen(unittest.TestCase):
    def setUp(self):
        dns = self.enterContext(Knot())
        self.site = self.enterContext(Site(dns, STATE))
        self.state = self.site.folder / "state"
        self.state.mkdir()
        lab.give_to_www(self.state, 0o750)
        self.secret = self.site.add_client("c", "try", allow_private=True)
        self.start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

    def known(self):
        """What status says of the host."""
        program = pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl")
        run = subprocess.run(
            [program, "-c", self.site.conf, "status", "--json"], text=True,
            capture_output=True, timeout=lab.PATIENCE_S)
        found = json.loads(run.stdout)
        hosts = [host for host in found["hosts"] if host["host"] == HOST]
        return hosts[0]

    def assert_seen(self, *addresses):
        found = self.known()
        self.assertGreaterEqual(found["seen"], self.start)
        text = json.dumps(found)
        for address in addresses:
            self.assertIn(f'"{address}"', text)
        return found

    def test_gate(self):
        gate = self.enterContext(Gate(self.site))
        self.assertEqual(gate.ask(f"/{self.secret}", ip="10.0.0.1").status, 200)
        found = self.assert_seen("10.0.0.1")
        self.assertGreaterEqual(found["changed"], self.start)
        # Neither a failure nor another family takes it away.
        gate.ask(f"/{self.secret}/other", ip="10.0.0.2")
        gate.ask(f"/{self.secret}", ip="fd00::1")
        self.assert_seen("10.0.0.1", "fd00::1")
        gate.ask(f"/{self.secret}", offline="1")
        text = json.dumps(self.known())
        self.assertNotIn("10.0.0.1", text)
        self.assertNotIn("fd00::1", text)

    def test_killed(self):
        gate = self.enterContext(Gate(self.site))
        gate.ask(f"/{self.secret}", ip="10.0.0.1")
        gate.process.send_signal(signal.SIGKILL)
        gate.process.wait()
        self.assert_seen("10.0.0.1")
        gate.start()
        self.assert_seen("10.0.0.1")
        self.assertNotIn("begun anew", gate.log_text())

    def test_processes_and_cgi(self):
        for setup in "mod_fcgid", "cgid":
            with self.subTest(setup), web_setup(setup, self.site) as web:
                address = f"10.0.1.{len(setup)}"
                lab.curl(web.url(self.secret) + f"?ip={address}")
                self.assert_seen(address)

    def test_dns_that_fails(self):
        """What was not confirmed was not seen."""
        self.site.dns.stop()
        gate = self.enterContext(Gate(self.site))
        self.assertEqual(gate.ask(f"/{self.secret}", ip="10.0.0.1").status, 503)
        self.assertNotIn("10.0.0.1", json.dumps(self.known()))

    def test_damaged(self):
        """The service serves, and says once what is lost."""
        path = self.state / "seen"
        for name, spoil in (
                ("garbage", lambda: path.write_bytes(os.urandom(5000))),
                ("cut", lambda: os.truncate(path, 700)),
                ("another version", lambda: path.write_bytes(
                    b"ddnsgate seen 9" + bytes(9000)))):
            with self.subTest(name), Gate(self.site) as gate:
                gate.ask(f"/{self.secret}", ip="10.0.0.1")
                gate.stop()
                spoil()
                lab.give_to_www(path, 0o600)
                gate.start()
                gate.ask(f"/{self.secret}", ip="10.0.0.9")
                self.assert_seen("10.0.0.9")
                self.assertEqual(
                    gate.log_text().count("seen was damaged"), 1)

    def test_cut_while_open(self):
        gate = self.enterContext(Gate(self.site))
        gate.ask(f"/{self.secret}", ip="10.0.0.1")
        os.truncate(self.state / "seen", 0)
        self.assertEqual(gate.ask(f"/{self.secret}", ip="10.0.0.2").status, 200)
        self.assertEqual(gate.ask(f"/{self.secret}", ip="10.0.0.2").status, 200)

    def test_no_file(self):
        """A folder in its place: told, and served."""
        (self.state / "seen").mkdir()
        gate = self.enterContext(Gate(self.site))
        self.assertEqual(gate.ask(f"/{self.secret}", ip="10.0.0.1").status, 200)
        self.assertIn("when hosts call is not noted", gate.log_text())


if __name__ == "__main__":
    unittest.main()
