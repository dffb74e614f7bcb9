#!/usr/bin/python3
"""clients_db: import, export, and what handlers of several processes serve."""

import hashlib
import os
import pathlib
import subprocess
import unittest

import lab
from lab import Gate, Knot, Site

WORDS = {'// state_dir = "/var/lib/ddnsgate";':
         'state_dir = "state"; clients_db = "clients.mdb";'}
SECRETS = {name: f"SecretOf{name:_<16}" for name in ("ann", "ben", "cyd")}


def stored(name):
    digest = hashlib.sha256(SECRETS[name].encode()).hexdigest()
    return f"sha256:{digest}"


def line(name, settings=""):
    return f"{name} {stored(name)} {name}.dyn.example.org{settings}\n"


def ctl(site, *args, text=None):
    program = pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl")
    return subprocess.run(
        [program, "-c", site.conf, *args], text=True, capture_output=True,
        input=text, timeout=lab.PATIENCE_S,
        env={**os.environ, "LC_ALL": "C"})


@unittest.skipUnless(lab.has_lmdb(), "built without LMDB")
class Case(unittest.TestCase):
    def setUp(self):
        dns = self.enterContext(Knot())
        self.site = self.enterContext(Site(dns, WORDS))
        (self.site.folder / "state").mkdir()
        lab.give_to_www(self.site.folder / "state", 0o750)
        self.table = self.site.folder / "clients.mdb"

    def done(self, *args, text=None):
        run = ctl(self.site, *args, text=text)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        return run.stdout

    def refused(self, *args, text=None):
        before = self.table.read_bytes() if self.table.exists() else None
        run = ctl(self.site, *args, text=text)
        self.assertEqual(run.returncode, 1, run.stdout)
        after = self.table.read_bytes() if self.table.exists() else None
        self.assertEqual(before, after)
        self.assertFalse(self.table.with_suffix(".mdb.new").exists())
        return run.stderr

    def make(self, text):
        self.done("import", "-", text=text)
        lab.give_to_www(self.table, 0o640)


class Import(Case):
    def test_there_and_back(self):
        text = line("ann", " acme=true") + line("ben", " from=192.0.2.0/24")
        self.assertIn(f"{self.table} is new\n",
                      self.done("import", "-", text=text))
        self.assertEqual(self.done("export"), text)
        self.assertNotIn("is new", self.done("import", "-", text=line("cyd")))
        self.assertEqual(self.done("export"), text + line("cyd"))
        self.done("import", "--replace", "-", text=line("cyd"))
        self.assertEqual(self.done("export"), line("cyd"))
        listed = self.done("list")
        self.assertIn("cyd.dyn.example.org", listed)
        self.assertNotIn("ann.dyn.example.org", listed)

    def test_through_link(self):
        """The table is replaced where it is, and the link stays."""
        folder = self.site.folder / "elsewhere"
        folder.mkdir()
        self.make(line("ann"))
        there = self.table.rename(folder / "clients")
        self.table.symlink_to("elsewhere/clients")
        self.done("import", "-", text=line("ben"))
        self.assertEqual(self.table.readlink().name, "clients")
        self.assertEqual(self.done("export"), line("ann") + line("ben"))
        self.assertEqual(list(folder.iterdir()), [there])

    def test_move(self):
        everything = self.done("export", "--all")
        self.assertIn("sha256:", everything)
        self.assertEqual(self.done("export"), "")

    def test_errors(self):
        self.make(line("ann"))
        said = self.refused("import", "-", text="# x\n" + line("ann"))
        self.assertIn("standard input:2: name: ann is given twice, first in "
                      f"{self.table}", said)
        self.assertIn("standard input:2: secret: is that of a client", said)
        self.assertNotIn(stored("ann"), said)
        said = self.refused("import", "-", text=line("ben") + line("ben"))
        self.assertIn("standard input:2: name: ben is given twice, first at "
                      "standard input:1", said)
        said = self.refused(
            "import", "-", text=line("ben", " tll=60") + "x\n")
        self.assertIn("standard input:1: tll: is unknown", said)
        self.assertIn("standard input:2: has less than three fields", said)

    def test_acme(self):
        self.make(line("ann", " acme=true"))
        below = f"ben {stored('ben')} x.ann.dyn.example.org\n"
        said = self.refused("import", "-", text=below)
        self.assertIn("x.ann.dyn.example.org could be certified by acme of "
                      "ann.dyn.example.org", said)


    def test_check(self):
        """What the configuration got after the import is an error."""
        self.make(line("ann"))
        self.assertIn("4 clients", self.done("check"))
        (self.site.folder / "clients.d" / "ann.conf").write_text(
            'clients = ( { name = "ann"; hosts = [ "x" ];'
            f' secret = "{stored("ann")}"; }} );\n')
        said = self.refused("check")
        self.assertIn(f"{self.table}: client ann is in the configuration as "
                      "well", said)
        self.assertIn("a secret of client ann is that of client ann in the "
                      "configuration as well", said)


class Serve(Case):
    def word(self, gate, name):
        reply = gate.ask(f"/{SECRETS[name]}", ip="198.51.100.7")
        return reply.body.split()[0]

    def test_two_processes(self):
        """An import is in force in both when it ends."""
        self.make(line("ann"))
        gates = [self.enterContext(Gate(self.site)) for _ in range(2)]
        for gate in gates:
            self.assertIn(self.word(gate, "ann"), ("good", "nochg"))
            self.assertEqual(self.word(gate, "ben"), "badauth")
        out = self.done("import", "-", text=line("ben"))
        self.assertIn("in force in 2 handlers", out)
        for gate in gates:
            self.assertIn(self.word(gate, "ann"), ("good", "nochg"))
            self.assertIn(self.word(gate, "ben"), ("good", "nochg"))
        self.done("import", "--replace", "-", text=line("cyd"))
        for gate in gates:
            self.assertEqual(self.word(gate, "ann"), "badauth")
            self.assertIn(self.word(gate, "cyd"), ("good", "nochg"))

    def test_spoilt(self):
        """A file of another kind: what was open before stays."""
        self.make(line("ann"))
        gate = self.enterContext(Gate(self.site))
        self.assertIn(self.word(gate, "ann"), ("good", "nochg"))
        bad = self.site.folder / "bad"
        bad.write_bytes(b"x" * 65536)
        bad.rename(self.table)
        run = ctl(self.site, "check")
        self.assertEqual(run.returncode, 1)
        self.assertIn(str(self.table), run.stderr)
        self.assertIn(self.word(gate, "ann"), ("good", "nochg"))


if __name__ == "__main__":
    unittest.main()
