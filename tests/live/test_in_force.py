#!/usr/bin/python3
"""add, rotate and remove say whether running handlers serve by the change."""

import os
import pathlib
import re
import signal
import subprocess
import unittest

import lab
from lab import Gate, Knot, Site, web_setup

STATE = {'// state_dir = "/var/lib/ddnsgate";': 'state_dir = "state";'}


def ctl(site, *args):
    program = pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl")
    return subprocess.run(
        [program, "-c", site.conf, *args], text=True, capture_output=True,
        timeout=lab.PATIENCE_S, env={**os.environ, "LC_ALL": "C"})


class Case(unittest.TestCase):
    def make_site(self, words=STATE):
        dns = self.enterContext(Knot())
        site = self.enterContext(Site(dns, words))
        (site.folder / "state").mkdir()
        lab.give_to_www(site.folder / "state", 0o750)
        # As the package has it: what is made there gets the service's group.
        lab.give_to_www(site.folder / "clients.d", 0o2750)
        return site

    def done(self, site, *args):
        run = ctl(site, *args)
        self.assertEqual((run.returncode, run.stderr), (0, ""), run.stdout)
        return run.stdout

    def add(self, site, name, host):
        out = self.done(site, "add", name, host)
        return re.search(r"^secret: (\w+)$", out, re.MULTILINE)[1], out


class InForce(Case):
    def word(self, gate, secret):
        return gate.ask(f"/{secret}").body.split()[0]

    def test_next_request(self):
        """Nobody waits for the next look at the files."""
        site = self.make_site()
        gate = self.enterContext(Gate(site))
        gate.ask("/health")
        old, out = self.add(site, "bob", "bob")
        self.assertIn("\nin force in 1 handler\n", out)
        self.assertNotEqual(self.word(gate, old), "badauth")
        out = self.done(site, "rotate", "bob")
        new = re.search(r"^secret: (\w+)$", out, re.MULTILINE)[1]
        self.assertIn("\nin force in 1 handler\n", out)
        self.assertNotEqual(self.word(gate, old), "badauth")
        self.assertNotEqual(self.word(gate, new), "badauth")
        self.assertIn("\nin force in 1 handler\n",
                      self.done(site, "rotate", "--drop-old", "bob"))
        self.assertEqual(self.word(gate, old), "badauth")
        self.assertIn("\nin force in 1 handler\n",
                      self.done(site, "remove", "bob"))
        self.assertEqual(self.word(gate, new), "badauth")

    def test_several_handlers(self):
        site = self.make_site()
        gates = [self.enterContext(Gate(site)) for _ in range(3)]
        for gate in gates:
            gate.ask("/health")
        old, out = self.add(site, "bob", "bob")
        self.assertIn("\nin force in 3 handlers\n", out)
        gates[0].process.kill()
        gates[0].process.wait()
        self.assertIn("\nin force in 2 handlers\n",
                      self.done(site, "remove", "bob"))
        for gate in gates[1:]:
            self.assertEqual(self.word(gate, old), "badauth")

    def test_mod_fcgid(self):
        site = self.make_site()
        with web_setup("mod_fcgid", site) as web:
            lab.curl(web.url(site.secrets["try"]))
            secret, out = self.add(site, "bob", "bob")
            self.assertRegex(out, r"\nin force in \d+ handlers?\n")
            self.assertRegex(self.done(site, "remove", "bob"),
                             r"\nin force in \d+ handlers?\n")
            self.assertEqual(lab.curl(web.url(secret)).body, "badauth")

    def test_none(self):
        site = self.make_site()
        _, out = self.add(site, "bob", "bob")
        self.assertIn("no handler is running that has its state in ", out)

    def test_another_configuration(self):
        """Its handlers share the state, and do not count."""
        site = self.make_site()
        other = site.folder / "other.conf"
        other.write_text(site.conf.read_text())
        lab.give_to_www(other, 0o640)
        gate = self.enterContext(Gate(site))
        gate.ask("/health")
        site.conf = other
        _, out = self.add(site, "bob", "bob")
        self.assertIn("no handler is running that has its state in ", out)

    def test_not_known(self):
        site = self.make_site({})
        gate = self.enterContext(Gate(site))
        gate.ask("/health")
        _, out = self.add(site, "bob", "bob")
        self.assertIn("is not known: that takes the setting state_dir", out)

    def test_stopped_handler(self):
        """One that does not read on is not waited for without end."""
        site = self.make_site()
        gate = self.enterContext(Gate(site))
        gate.ask("/health")
        gate.process.send_signal(signal.SIGSTOP)
        run = ctl(site, "add", "bob", "bob")
        gate.process.send_signal(signal.SIGCONT)
        self.assertEqual(run.returncode, 1)
        self.assertIn("NOT IN FORCE: 1 of 1 handlers, such as process "
                      f"{gate.process.pid}, ", run.stderr)
        self.assertIn("this was not read in time", run.stderr)
        self.assertIn("\nsecret: ", "\n" + run.stdout)


@unittest.skipUnless(lab.AS_ROOT, "needs another user than the service's")
class NotReadable(Case):
    """What the service's user cannot read, but who runs the tool can."""

    def setUp(self):
        self.site = self.make_site()
        self.gate = self.enterContext(Gate(self.site))
        self.gate.ask("/health")

    def refused(self, *args):
        run = ctl(self.site, *args)
        self.assertEqual(run.returncode, 1, run.stdout)
        self.assertIn("NOT IN FORCE", run.stderr)
        self.assertRegex(run.stderr, r"clients\.d.*: Permission denied\n$")
        return run

    def test_new_file(self):
        folder = self.site.folder / "clients.d"
        os.chown(folder, 0, 0)
        folder.chmod(0o755)
        self.refused("add", "bob", "bob")
        lab.give_to_www(folder / "bob.conf", 0o640)
        self.assertIn("\nin force in 1 handler\n",
                      self.done(self.site, "rotate", "bob"))

    def test_replaced_file(self):
        self.add(self.site, "bob", "bob")
        os.chown(self.site.folder / "clients.d" / "bob.conf", 0, 0)
        self.refused("rotate", "bob")
        self.refused("rotate", "--drop-old", "bob")

    def test_removed_file(self):
        secret, _ = self.add(self.site, "bob", "bob")
        folder = self.site.folder / "clients.d"
        os.chown(folder, 0, 0)
        folder.chmod(0o700)
        self.refused("remove", "bob")
        self.assertNotIn("badauth", self.gate.ask(f"/{secret}").body)
        lab.give_to_www(folder, 0o2750)
        lab.wait_until(lambda: "badauth" in self.gate.ask(f"/{secret}").body,
                       "the end of the secret")


if __name__ == "__main__":
    unittest.main()
