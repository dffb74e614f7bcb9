#!/usr/bin/python3
"""clients_db with processes of each kind: mod_fcgid's, daemons, CGI.

Each of them answers by the new table with its next request, none takes a
damaged one for another, and none has memory of its own for its clients.
"""

import concurrent.futures
import contextlib
import hashlib
import itertools
import os
import pathlib
import signal
import subprocess
import unittest

import lab
from faults import processes_of
from lab import Apache, Gate, HeldDns, Knot, Site, curl, wait_until, web_setup

WORDS = {'// state_dir = "/var/lib/ddnsgate";':
         'state_dir = "state"; clients_db = "clients.mdb";'}
SECRETS = {name: f"SecretOf{name:_<16}" for name in ("ann", "ben", "cyd")}
PAGE = 4096
PROCESSES = 4
STRANGER = {"404 badauth"}
# Else it starts one process a second after the first few.
PATIENT_MOD_FCGID = {
    "</VirtualHost>": "</VirtualHost>\nFcgidSpawnScoreUpLimit 10000"}
# By which the memory of two processes that do the same may differ.
SAME_KB = 64


def line(name):
    digest = hashlib.sha256(SECRETS[name].encode()).hexdigest()
    hosts = ",".join(f"{name}{i}.dyn.example.org" for i in range(PROCESSES))
    return f"{name} sha256:{digest} {hosts}\n"


def many_lines(count):
    for i in range(count):
        digest = hashlib.sha256(b"%d" % i).hexdigest()
        yield f"c{i} sha256:{digest} c{i}.dyn.example.org\n"


def private_kb(pid):
    """What nobody else has, and what cannot be read from a file again: pages of
    a file that one process alone has mapped are in the cache anyway."""
    rollup = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(words[1]) for words in map(str.split, rollup.splitlines())
               if words[0] == "Private_Dirty:")


@unittest.skipUnless(lab.has_lmdb(), "built without LMDB")
class Case(unittest.TestCase):
    def setUp(self):
        self.serial = itertools.count(1)

    def make_site(self, dns):
        site = self.enterContext(Site(dns, WORDS))
        (site.folder / "state").mkdir()
        lab.give_to_www(site.folder / "state", 0o750)
        self.site = site
        self.table = site.folder / "clients.mdb"

    def ctl(self, *args, text=None):
        program = pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl")
        return subprocess.run(
            [program, "-c", self.site.conf, *args], text=True, input=text,
            capture_output=True, timeout=lab.PATIENCE_S,
            env={**os.environ, "LC_ALL": "C"})

    def make(self, text):
        """The first one gets its access, which those after it keep."""
        is_first = not self.table.exists()
        run = self.ctl("import", "--replace", "-", text=text)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        if is_first:
            lab.give_to_www(self.table, 0o640)

    def ask(self, web, name, i=0):
        """To an address of its own each time, so that DNS is asked."""
        number = next(self.serial)
        reply = curl(web.url(
            SECRETS[name], hostname=f"{name}{i}.dyn.example.org",
            ip=f"198.51.100.{number % 250}"))
        return f"{reply.status} {reply.body.split()[0]}"

    def ask_all(self, web, name, count=PROCESSES):
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            return set(pool.map(lambda i: self.ask(web, name, i % PROCESSES),
                                range(count)))

    def put(self, data):
        """Another file in the table's place, of whatever kind."""
        fresh = self.table.with_suffix(".fresh")
        fresh.write_bytes(data)
        lab.give_to_www(fresh, 0o640)
        fresh.rename(self.table)

    def spoil_in_place(self):
        """All but the two first pages, under those who have it open."""
        with self.table.open("r+b") as spoilt:
            spoilt.seek(2 * PAGE)
            spoilt.write(bytes(self.table.stat().st_size - 2 * PAGE))

    def check_names_table(self):
        run = self.ctl("check")
        self.assertEqual(run.returncode, 1)
        self.assertIn(str(self.table), run.stderr)


class ModFcgid(Case):
    @contextlib.contextmanager
    def children(self):
        """Several processes, each of which has had a request."""
        with Knot() as dns, HeldDns(dns) as held:
            self.held = held
            self.make_site(held)
            self.make(line("ann"))
            with Apache("mod_fcgid", site=self.site,
                        words=PATIENT_MOD_FCGID) as web:
                self.program = web.folder / "sbin" / "ddnsgate"
                self.assertEqual(self.ask_each(web, "ann"), {"200 good"})
                yield web

    def ask_each(self, web, name):
        """As many processes at the same time, as each waits for DNS."""
        self.held.hold()
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            asking = pool.submit(self.ask_all, web, name)
            wait_until(
                lambda: len(set(processes_of(self.program))) >= PROCESSES,
                "several processes")
            self.assertTrue(self.held.arrived.wait(lab.PATIENCE_S))
            self.held.released.set()
            return asking.result()

    def test_changes(self):
        with self.children() as web:
            before = set(processes_of(self.program))
            for name, other in ("ben", "ann"), ("cyd", "ben"), ("ann", "cyd"):
                self.make(line(name))
                self.assertEqual(self.ask_each(web, name), {"200 good"})
                self.assertEqual(self.ask_all(web, other), STRANGER)
            self.assertLessEqual(before, set(processes_of(self.program)))

    def test_spoilt_in_place(self):
        with self.children() as web:
            right = self.table.read_bytes()
            for spoil in (self.spoil_in_place,
                          lambda: os.truncate(self.table, 2 * PAGE),
                          lambda: os.truncate(self.table, 0)):
                before = set(processes_of(self.program))
                spoil()
                self.assertEqual(self.ask_all(web, "ann", 16), {"503 911"})
                self.check_names_table()
                self.table.write_bytes(right)
                self.assertEqual(self.ask_each(web, "ann"), {"200 good"})
                # Nobody has died of it.
                self.assertLessEqual(before,
                                     set(processes_of(self.program)))

    def test_another_file(self):
        with self.children() as web:
            right = self.table.read_bytes()
            for data in b"x" * 65536, b"", right[:2 * PAGE]:
                self.put(data)
                self.assertEqual(self.ask_each(web, "ann"), {"200 good"})
                self.check_names_table()
            self.put(right)
            self.make(line("ben"))
            self.assertEqual(self.ask_each(web, "ben"), {"200 good"})


class Others(Case):
    def test_changes(self):
        for setup in "nginx", "cgid":
            with self.subTest(setup), Knot() as dns:
                self.make_site(dns)
                self.make(line("ann"))
                with web_setup(setup, self.site) as web:
                    self.assertEqual(self.ask(web, "ann"), "200 good")
                    self.make(line("ben"))
                    self.assertEqual(self.ask_all(web, "ben"), {"200 good"})
                    self.assertEqual(self.ask_all(web, "ann"), STRANGER)
                    right = self.table.read_bytes()
                    self.spoil_in_place()
                    self.assertEqual(self.ask_all(web, "ben"), {"503 911"})
                    self.check_names_table()
                    self.table.write_bytes(right)
                    self.assertEqual(self.ask_all(web, "ben"), {"200 good"})

    def test_another_file(self):
        """Who has the old one open has it; who begins cannot."""
        with Knot() as dns:
            self.make_site(dns)
            self.make(line("ann"))
            with web_setup("nginx", self.site) as web, \
                    web_setup("cgid", self.site) as cgi:
                self.put(b"x" * 65536)
                self.assertEqual(self.ask_all(web, "ann"), {"200 good"})
                self.assertEqual(self.ask_all(cgi, "ann"), {"503 911"})
                self.check_names_table()
                self.table.unlink()
                self.make(line("ben"))
                for each in web, cgi:
                    self.assertEqual(self.ask_all(each, "ben"), {"200 good"})


class Memory(Case):
    def memory_with(self, count):
        """Of a process that has answered, for a table of so many."""
        with Knot() as dns:
            self.make_site(dns)
            self.make("".join(many_lines(count)) + line("ann"))
            with Apache("mod_fcgid", site=self.site) as web:
                for i in range(8):
                    self.assertEqual(self.ask(web, "ann", i % PROCESSES),
                                     "200 good")
                program = web.folder / "sbin" / "ddnsgate"
                return min(private_kb(pid) for pid in processes_of(program))

    @unittest.skipIf(lab.is_sanitized(), "they have memory for memory")
    def test_private(self):
        few = self.memory_with(10)
        many = self.memory_with(100000)
        self.assertLess(abs(many - few), SAME_KB, f"{few} kB, {many} kB")


if __name__ == "__main__":
    unittest.main()
