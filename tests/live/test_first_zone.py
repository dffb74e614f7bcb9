#!/usr/bin/python3
"""A configuration without zones, as the package installs it, is served, says
what comes first, and takes its first zone without a restart."""

import os
import pathlib
import subprocess
import unittest

import lab
from lab import ZONE, Gate, Knot, Site

EMPTY = "zones = ( );\nfailure_burst = 0;\n"
STEPS = "There is no zone yet.  First:"


def ctl(site, *args):
    program = pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl")
    return subprocess.run([program, "-c", site.conf, *args], text=True,
                          capture_output=True, timeout=lab.PATIENCE_S)


class FirstZone(unittest.TestCase):
    def setUp(self):
        dns = self.enterContext(Knot())
        self.site = self.enterContext(Site(dns))
        self.whole = self.site.conf.read_text()
        self.site.write("ddnsgate.conf", EMPTY)

    def test_check_says_what_comes_first(self):
        for args in ("check",), ("check", "--live"):
            with self.subTest(args):
                run = ctl(self.site, *args)
                self.assertEqual(run.returncode, 0, run.stderr)
                self.assertIn("0 errors, 1 warning\n", run.stdout)
                self.assertIn(STEPS, run.stdout)
        self.site.write("ddnsgate.conf", self.whole)
        self.assertNotIn(STEPS, ctl(self.site, "check").stdout)

    def test_other_commands(self):
        for args, status in ((("list",), 0), (("policy", "knot"), 0),
                             (("add", "lars", "home"), 1),
                             (("add", "lars", f"home.{ZONE}"), 1)):
            with self.subTest(args):
                run = ctl(self.site, *args)
                self.assertEqual(run.returncode, status, run.stderr)
                self.assertIn("no zone yet" if status else "", run.stderr)

    def test_served_without_and_then_with(self):
        secret = self.site.secrets["try"]
        with Gate(self.site) as gate:
            self.assertEqual(gate.ask("/health").body, "OK")
            self.assertEqual(gate.ask(f"/{secret}").status, 404)
            self.site.write("ddnsgate.conf", self.whole)
            reply = lab.wait_until(
                lambda: (reply := gate.ask(f"/{secret}")).status != 404
                and reply, "the first zone is in force")
            self.assertIn(reply.body, ("good 127.0.0.1", "nochg 127.0.0.1"))
            self.assertIn("zones: is empty", gate.log_text())


if __name__ == "__main__":
    unittest.main()
