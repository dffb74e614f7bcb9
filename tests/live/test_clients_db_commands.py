#!/usr/bin/python3
"""What changes the table of clients in place (clients_db): add, rotate,
add-host, remove-host, remove; and check, which finds what is wrong in it."""

import concurrent.futures
import ctypes
import ctypes.util
import fcntl
import hashlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import time
import unittest

import lab
from fakedns import with_zones, zone_conf
from lab import Gate, Knot, Site, ZONE
from test_status import DAY, write_seen

STATE = {'// state_dir = "/var/lib/ddnsgate";': 'state_dir = "state";'}
TABLE = {'clients_dir  = "clients.d";': 'clients_db = "clients.mdb";'}
BOTH = {'clients_dir  = "clients.d";':
        'clients_dir = "clients.d"; clients_db = "clients.mdb";'}
CHANGED = ("good", "nochg")
MANY = 2000


def digest_of(secret):
    return hashlib.sha256(secret.encode()).hexdigest()


def line(name, settings="", host=None):
    return (f"{name} sha256:{digest_of(name)} {host or name}.{ZONE}"
            f"{settings}\n")


class Case(unittest.TestCase):
    words = STATE | TABLE
    server = Knot

    def setUp(self):
        self.dns = self.enterContext(self.server())
        self.site = self.enterContext(Site(self.dns, self.words))
        (self.site.folder / "state").mkdir()
        lab.give_to_www(self.site.folder / "state", 0o750)
        self.table = self.site.folder / "clients.mdb"
        self.program = pathlib.Path(
            os.environ["DDNSGATE_BINDIR"], "ddnsgatectl")

    def popen(self, *args, **options):
        return subprocess.Popen(
            [self.program, "-c", self.site.conf, *args], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "LC_ALL": "C"}, **options)

    def ctl(self, *args, text=None, **options):
        with self.popen(*args, **options) as process:
            out, err = process.communicate(text, timeout=lab.PATIENCE_S)
        return process.returncode, out, err

    def done(self, *args, **options):
        status, out, err = self.ctl(*args, **options)
        said = [row for row in err.splitlines() if "waiting for" not in row]
        self.assertEqual((status, said), (0, []), out)
        return out

    def content(self):
        return self.table.read_bytes() if self.table.exists() else None

    def refused(self, *args, **options):
        """It fails, and nothing has changed; gives why."""
        before = self.content()
        names = os.listdir(self.site.folder)
        status, out, err = self.ctl(*args, **options)
        self.assertEqual(status, 1, out + err)
        self.assertEqual(self.content(), before)
        self.assertEqual(os.listdir(self.site.folder), names)
        return err

    def add(self, *args):
        """Gives the secret."""
        return re.search(r"^secret: (\w+)$", self.done("add", *args),
                         re.MULTILINE)[1]

    def fill(self, *lines):
        self.done("import", "-", text="".join(lines))

    def lines(self):
        return self.done("export").splitlines()

    def is_free(self):
        with open(self.table) as table:
            try:
                fcntl.flock(table, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True


class Served(Case):
    """Two processes serve; each sees a change with its next request."""

    def setUp(self):
        super().setUp()
        self.fill(line("old"))
        lab.give_to_www(self.table, 0o640)
        self.gates = [self.enterContext(Gate(self.site)) for _ in range(2)]
        for gate in self.gates:
            self.assertEqual(self.words_of(gate, "x" * 32), ["badauth"])
        self.loaded = self.loads()

    def tearDown(self):
        """None of them has read the configuration anew."""
        self.assertEqual(self.loads(), self.loaded)

    def loads(self):
        _, out, _ = self.ctl("status", "--json")
        found = json.loads(out)["processes"]
        return sorted((process["pid"], process["loaded"])
                      for process in found)

    @staticmethod
    def words_of(gate, secret, host=None):
        path = f"/{secret}/{host}" if host else f"/{secret}"
        reply = gate.ask(path, ip="198.51.100.7")
        return [row.split()[0] for row in reply.body.splitlines()]

    def assert_words(self, allowed, secret, host=None):
        for gate in self.gates:
            for word in self.words_of(gate, secret, host):
                self.assertIn(word, allowed)

    def test_add(self):
        out = self.done("add", "ann", "ann", "ann-nas")
        secret = re.search(r"^secret: (\w+)$", out, re.MULTILINE)[1]
        self.assert_words(CHANGED, secret)
        self.assertTrue(out.endswith("\nin force in 2 handlers\n"))
        self.assertEqual(self.lines()[1],
                         f"ann sha256:{digest_of(secret)} "
                         f"ann.{ZONE},ann-nas.{ZONE}")
        self.assertNotIn(secret.encode(), self.content())
        for gate in self.gates:
            self.assertNotIn(secret, gate.log_text())

    def test_rotate(self):
        first = self.add("ann", "ann")
        out = self.done("rotate", "ann")
        second = re.search(r"^secret: (\w+)$", out, re.MULTILINE)[1]
        self.assertTrue(out.endswith("\nin force in 2 handlers\n"))
        self.assert_words(CHANGED, first)
        self.assert_words(CHANGED, second)
        out = self.done("rotate", "ann")
        third = re.search(r"^secret: (\w+)$", out, re.MULTILINE)[1]
        self.assertEqual(
            self.lines()[1],
            f"ann sha256:{digest_of(third)} ann.{ZONE} "
            f"secrets=sha256:{digest_of(second)};sha256:{digest_of(first)}")
        self.done("rotate", "--drop-old", "ann")
        self.assert_words(["badauth"], first)
        self.assert_words(["badauth"], second)
        self.assert_words(CHANGED, third)
        self.assertIn("one secret only", self.refused(
            "rotate", "--drop-old", "ann"))

    def test_hosts(self):
        secret = self.add("ann", "ann")
        self.assert_words(["nohost"], secret, "more")
        self.assertEqual(f"more.{ZONE} is now a host of ann\n"
                         f"third.{ZONE} is now a host of ann\n"
                         "in force in 2 handlers\n",
                         self.done("add-host", "ann", "more", "third"))
        self.assert_words(CHANGED, secret, "more")
        self.assertIn("third", self.lines()[1])
        out = self.done("remove-host", "ann", "more", "third")
        self.assert_words(["nohost"], secret, "more")
        self.assert_words(CHANGED, secret, "ann")
        self.assertIn("its records stay in DNS", out)
        self.assertTrue(out.endswith("in force in 2 handlers\n"))
        self.assertIn("would have no host left",
                      self.refused("remove-host", "ann", "ann"))

    def test_remove(self):
        secret = self.add("ann", "ann")
        self.assert_words(CHANGED, secret)
        out = self.done("remove", "ann")
        self.assert_words(["badauth"], secret)
        self.assertEqual(out, "ann is removed; its records stay in DNS\n"
                         "in force in 2 handlers\n")
        self.assertEqual(self.dns.addresses("ann", "A"),
                         ["198.51.100.7"])
        self.assertEqual(self.lines(), [line("old").strip()])
        self.assertIn('no client "ann"', self.refused("remove", "ann"))

    def test_offline(self):
        secret = self.add("ann", "ann", "more")
        self.assert_words(CHANGED, secret)
        for host, args in (("more", ("remove-host", "--offline", "ann",
                                     "more")),
                           ("ann", ("remove", "--offline", "ann"))):
            self.assertEqual(self.dns.addresses(host, "A"),
                             ["198.51.100.7"])
            self.done(*args)
            self.assertEqual(self.dns.addresses(host, "A"), [])

    def test_other_commands(self):
        self.fill(line("ann", " acme=true"))
        self.loaded = self.loads()  # that was a file of its own
        self.assertIn(f"ann.{ZONE} A: had none, now 192.0.2.7",
                      self.done("update", "ann", "192.0.2.7"))
        self.assertIn("192.0.2.7", self.done("show", "ann"))
        self.assertIn("client ann", self.done("snippet", "curl", "ann"))
        self.assertIn(f"ann.{ZONE}", self.done("snippet", "certbot", "ann"))
        self.assertIn("none of the hosts of old has the setting acme",
                      self.refused("snippet", "certbot", "old"))
        self.assertIn("192.0.2.7", self.done("status", "ann"))
        self.assertIn("none of the hosts of old",
                      self.refused("rotate", "--snippet", "certbot", "old"))
        self.assertIn(f"there is no client \"ann.{ZONE}\"; ann.{ZONE} is a "
                      "host of ann", self.refused("rotate", f"ann.{ZONE}"))

    def test_two_at_once(self):
        """All are in it, and each request meanwhile is served."""
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            runs = [pool.submit(self.add, f"c{i}", f"c{i}")
                    for i in range(16)]
            asked = 0
            while not all(run.done() for run in runs) or asked < 20:
                self.assert_words(CHANGED, self.known())
                asked += 1
            secrets = [run.result() for run in runs]
        self.assertEqual(len(self.lines()), 1 + 16)
        for secret in secrets:
            self.assert_words(CHANGED, secret)
        self.assertIn("0 errors", self.done("check"))

    def known(self):
        """The secret of a client of the example."""
        return self.site.secrets["lars"]


class Alone(Case):
    """Without a handler."""

    def test_of_nothing(self):
        """What another command failed to write does not empty a table."""
        self.assertIn("0 clients", self.done("import", "-", text=""))
        self.add("ann", "ann")
        said = self.refused("import", "--replace", "-", text="# nobody\n")
        self.assertIn("standard input: has no clients, allowed is one at least "
                      "where there is a table; nothing is changed\n", said)
        self.done("import", "-", text="")
        self.assertEqual(len(self.lines()), 1)

    def test_that_goes(self):
        """Who had it goes on with it, until there is another one."""
        secret = self.add("ann", "ann")
        gate = self.enterContext(Gate(self.site))
        self.assertIn(Served.words_of(gate, secret)[0], CHANGED)
        away = self.table.with_suffix(".away")
        self.table.rename(away)
        gate.process.send_signal(signal.SIGHUP)
        lab.wait_until(lambda: "clients_db: " f"{self.table} is not there any "
                       "more, allowed is a table" in gate.log_text(), "a word")
        self.assertIn(Served.words_of(gate, secret)[0], CHANGED)
        self.add("ben", "ben")
        self.assertEqual(Served.words_of(gate, secret), ["badauth"])

    def test_first(self):
        """It makes the table, which the folder's group can read."""
        shutil.chown(self.site.folder, group=lab.GROUP.gr_gid)
        out = self.done("add", "ann", "ann")
        self.assertIn("no handler is running", out)
        about = self.table.stat()
        self.assertEqual(about.st_mode & 0o777, 0o640)
        self.assertEqual(about.st_gid, self.site.folder.stat().st_gid)
        self.assertEqual(os.listdir(self.site.folder / "clients.d"), [])

    def test_first_of_many(self):
        """Those that make it at the same time make one."""
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda i: self.ctl("add", f"c{i}", f"c{i}"),
                          range(8)))
        self.assertEqual(len(self.lines()), 8)

    def test_first_while_a_handler_runs(self):
        gate = self.enterContext(Gate(self.site))
        gate.ask("/health")
        out = self.done("add", "ann", "ann")
        self.assertTrue(out.endswith("in force in 1 handler\n")
                        or "NOT IN FORCE" in out, out)
        secret = re.search(r"^secret: (\w+)$", out, re.MULTILINE)[1]
        self.assertIn(Served.words_of(gate, secret)[0], CHANGED)

    def test_others_need_not_wait(self):
        """The table is free while handlers have yet to read that there is one."""
        gate = self.enterContext(Gate(self.site))
        gate.ask("/health")
        os.kill(gate.process.pid, signal.SIGSTOP)
        try:
            with self.popen("add", "ann", "ann") as adding:
                lab.wait_until(self.table.exists, "a table")
                lab.wait_until(self.lines, "a client")
                lab.wait_until(self.is_free, "a table that is not locked")
                self.assertIsNone(adding.poll())
                os.kill(gate.process.pid, signal.SIGCONT)
                out, err = adding.communicate()
                self.assertTrue(out.endswith("in force in 1 handler\n"), err)
        finally:
            os.kill(gate.process.pid, signal.SIGCONT)

    def test_without_state_dir(self):
        self.site.edit("ddnsgate.conf", {'state_dir = "state";': ""})
        self.assertTrue(self.done("add", "ann", "ann").endswith(
            "not known: that takes the setting state_dir\n"))

    def test_options(self):
        self.done("add", "--from", "192.0.2.0/24", "--from", "2001:db8::/32",
                  "--family", "A", "--private", "--acme", "ann", "Ann",
                  f"x.{ZONE}")
        self.assertRegex(
            self.lines()[0],
            rf"^ann sha256:\w+ ann.{ZONE},x.{ZONE} "
            "from=192.0.2.0/24;2001:db8::/32,families=A,allow_private=true,"
            "acme=true$")

    def test_settings_stay(self):
        """All that a line has, but for what the command is about."""
        settings = (f" ttl=300,more.{ZONE}/acme=true,from=192.0.2.1,"
                    f"ann.{ZONE}/ttl=60,secrets=sha256:{'ab' * 32}")
        first = digest_of("ann")
        hosts = f"ann.{ZONE},more.{ZONE}"
        self.fill(f"ann sha256:{first} {hosts}{settings}\n")
        self.done("add-host", "ann", "third")
        self.assertEqual(
            self.lines(),
            [f"ann sha256:{first} {hosts},third.{ZONE}{settings}"])
        out = self.done("rotate", "ann")
        secret = re.search(r"^secret: (\w+)$", out, re.MULTILINE)[1]
        rest = (f"ttl=300,more.{ZONE}/acme=true,from=192.0.2.1,"
                f"ann.{ZONE}/ttl=60")
        self.assertEqual(
            self.lines(),
            [f"ann sha256:{digest_of(secret)} {hosts},third.{ZONE} secrets="
             f"sha256:{first};sha256:{'ab' * 32},{rest}"])
        self.done("remove-host", "ann", "more")
        self.assertEqual(
            self.lines(),
            [f"ann sha256:{digest_of(secret)} ann.{ZONE},third.{ZONE} secrets="
             f"sha256:{first};sha256:{'ab' * 32},ttl=300,from=192.0.2.1,"
             f"ann.{ZONE}/ttl=60"])
        self.done("rotate", "--drop-old", "ann")
        self.assertEqual(
            self.lines(),
            [f"ann sha256:{digest_of(secret)} ann.{ZONE},third.{ZONE} ttl=300,"
             f"from=192.0.2.1,ann.{ZONE}/ttl=60"])
        self.assertIn("0 errors", self.done("check"))

    def test_hash_with_a_comma(self):
        self.fill(f"ann $md5,rounds=904$abcdefgh$$"
                  f"1234567890123456789012 ann.{ZONE}\n")
        self.assertIn("has no room for another", self.refused("rotate", "ann"))

    def test_too_long(self):
        hosts = [f"{'h' * 60}{i}.{'x' * 60}.{'y' * 60}.{ZONE}"
                 for i in range(340)]
        self.add("ann", "ann")
        self.assertIn("longer than 65535 bytes",
                      self.refused("add-host", "ann", *hosts))

    def test_elsewhere_by_hand(self):
        self.fill(line("ann"))
        self.assertRegex(
            self.refused("rotate", "anna"),
            rf"edited by hand, at {self.site.folder}/clients.list:\d+\n")
        self.assertIn("edited by hand", self.refused("remove", "lars"))

    def test_import_meanwhile(self):
        """An add waits, and is in the new table; and says what it does."""
        self.fill(line("ann"))
        with self.popen("import", "-") as importing:
            importing.stdin.write(line("ben"))
            importing.stdin.flush()
            lab.wait_until(
                self.table.with_suffix(".mdb.new").exists, "an import")
            with self.popen("add", "cyd", "cyd") as adding:
                said = adding.stderr.readline()
                self.assertIn(f"{self.table}: waiting for another process",
                              said)
                self.assertIsNone(adding.poll())
                importing.stdin.write(line("dan"))
                importing.stdin.close()
                importing.wait()
                self.assertEqual(adding.wait(), 0)
        self.assertEqual([row.split()[0] for row in self.lines()],
                         ["ann", "ben", "dan", "cyd"])

    def test_host_of_one_label(self):
        """Whose name has a dot behind it in a line."""
        self.site.edit("ddnsgate.conf", with_zones(
            zone_conf("lan", f"127.0.0.1@{self.dns.port}")))
        self.fill(f"tom sha256:{digest_of('tom')} lan.,x.lan\n")
        self.assertIn("0 errors", self.done("check"))
        self.done("rotate", "tom")
        self.assertIn("lan is a host of client tom already",
                      self.refused("add", "eve", "lan."))
        self.done("remove", "tom")
        self.add("tim", "lan.")
        self.assertIn("0 errors", self.done("check"))
        self.assertIn("standard input:1: hosts: lan is given twice, first in",
                      self.refused("import", "-", text=f"eve sha256:"
                                   f"{digest_of('eve')} lan.\n"))

    def test_link_to_nothing(self):
        """As long as the disk with the table is not there."""
        self.table.symlink_to("elsewhere/clients")
        for args in ("add", "ann", "ann"), ("import", "-"):
            self.assertIn(f"{self.table}: is a link to nothing",
                          self.refused(*args, text=line("ann")))
        self.assertTrue(self.table.is_symlink())

    def test_import_beside_folder(self):
        """What another command changes meanwhile is seen."""
        self.site.edit("ddnsgate.conf", {
            'clients_db = ': 'clients_dir = "clients.d"; clients_db = '})
        held = os.open(self.site.folder / "clients.d", os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX)
            with self.popen("import", "-") as importing:
                importing.stdin.write(line("ann"))
                importing.stdin.close()
                self.assertIn("waiting for", importing.stderr.readline())
                self.site.write("clients.d/ann.conf", 'clients = ( { name = '
                                f'"ann"; secret = "sha256:{digest_of("x")}"; '
                                f'hosts = ( "y.{ZONE}" ); }} );')
                fcntl.flock(held, fcntl.LOCK_UN)
                said = importing.stderr.read()
                self.assertEqual(importing.wait(), 1)
        finally:
            os.close(held)
        self.assertIn("name: ann is given twice, first as client ann of", said)

    def test_import_ended(self):
        """By a signal: the old table stays, and nothing of the new one; but
        nohup keeps its import going."""
        self.fill(line("ann"))
        before = self.content()
        fresh = self.table.with_suffix(".mdb.new")

        def reset(handler=signal.SIG_DFL):
            for how in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
                signal.signal(how, handler)

        def has_begun():
            return fresh.exists() and fresh.stat().st_size > 0
        for how in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
            with self.subTest(how), self.popen(
                    "import", "-", preexec_fn=reset) as importing:
                lab.wait_until(has_begun, "an import")
                importing.send_signal(how)
                self.assertEqual(importing.wait(lab.PATIENCE_S), -how)
                self.assertFalse(fresh.exists())
                self.assertEqual(self.content(), before)
        with self.popen("import", "-", preexec_fn=lambda: reset(
                signal.SIG_IGN)) as importing:
            lab.wait_until(has_begun, "an import")
            importing.send_signal(signal.SIGHUP)
            importing.communicate(line("ben"))
            self.assertEqual(importing.returncode, 0)
        self.assertEqual(len(self.lines()), 2)

    def test_check_live(self):
        """Hosts of the table are among those that servers are asked about."""
        self.assertNotIn("certificates", self.ctl("check", "--live")[1])
        self.fill(line("ann", " acme=true"))
        self.assertRegex(self.ctl("check", "--live")[1],
                         r"(?m)^  certificates +(yes|no)")

    def test_stale(self):
        """Never seen is as with others: for as long as the table is old."""
        now = int(time.time())
        self.fill(line("ann"), line("ben"))
        for path in (self.site.folder, *self.site.folder.rglob("*")):
            os.utime(path, (now - 100 * DAY,) * 2)
        state = self.site.folder / "state"
        seen = [(f"{host}.{ZONE}", now, 0, "-", "-")
                for host in ("loc1", "nas", "try", "anna", "anna-nas", "ben")]
        write_seen(state, *seen, begun=now - 100 * DAY)

        def stale():
            return [row.split() for row in
                    self.ctl("stale")[1].splitlines()]
        self.assertEqual(stale(), [[f"ann.{ZONE}", "ann", "never"]])
        # What is added to the table makes others no newer.
        (state / "seen").unlink()
        write_seen(state, *(row for row in seen if row[0] != f"nas.{ZONE}"),
                   begun=now - 100 * DAY)
        os.utime(self.table)
        self.assertEqual(stale(), [[f"nas.{ZONE}", "lars", "never"]])


class Clash(Case):
    """Names, secrets and hosts are unique, here and elsewhere."""
    words = STATE | BOTH
    server = Knot

    def setUp(self):
        super().setUp()
        self.fill(line("ann", " acme=true"), line("ben"),
                  line("cyd", f" *.cyd.{ZONE}/acme=true", "*.cyd"))
        self.site.add_client("dan", f"dan.{ZONE}", acme=True)

    def test_in_table(self):
        rows = (
            # arguments, what is said
            (("add-host", "ben", "x.ann." + ZONE),
             f"x.ann.{ZONE} could be certified by acme of ann.{ZONE}, of "
             f"which one is of client ann, in {self.table}"),
            (("add-host", "ben", "cyd"),
             f"cyd.{ZONE} could be certified by acme of *.cyd.{ZONE}"),
            (("add-host", "ben", "ann"),
             f"ann.{ZONE} is a host of client ann already, in {self.table}"),
            (("add-host", "ben", "x.dan." + ZONE),
             f"x.dan.{ZONE} could be certified by acme of dan.{ZONE}, of "
             f"which one is of client dan, at {self.site.folder}"
             "/clients.d/dan.conf:1"),
            (("add-host", "ben", "loc1"),
             f"loc1.{ZONE} is a host of client lars already, at "
             f"{self.site.folder}/ddnsgate.conf:"),
            (("add-host", "ben", "anna"),
             f"is a host of client anna already, at {self.site.folder}"
             "/clients.list:"),
        )
        for args, what in rows:
            with self.subTest(args):
                self.assertIn(what, self.refused(*args))
        self.assertIn("nothing is changed", self.refused(*rows[0][0]))

    def test_right_above(self):
        """A host with acme above those of others."""
        self.fill(line("eve", "", "x.eve"), f"fay sha256:{'ee' * 32} "
                  f"fay.{ZONE},more.{ZONE} acme=true\n")
        said = self.refused("add-host", "fay", "eve")
        self.assertIn(f"x.eve.{ZONE} could be certified by acme of "
                      f"eve.{ZONE}, of which one is of client eve", said)

    def test_without_a_folder(self):
        self.site.edit("ddnsgate.conf", {'clients_dir = "clients.d";': ""})
        rows = (
            (("add", "ann", "new"), 'client "ann" exists already'),
            (("add", "lars", "new"), 'client "lars" exists already'),
            (("add", "eve", "ben"), f"ben.{ZONE} is a host of client ben "
             f"already, in {self.table}"),
            (("add", "eve", "nas"), f"nas.{ZONE} is a host of client lars "
             "already, at"),
            (("add", "--acme", "eve", f"x.ann.{ZONE}"),
             "could be certified by acme of"),
            (("add", "eve", "new", "new"), "is given twice"),
        )
        for args, what in rows:
            with self.subTest(args):
                self.assertIn(what, self.refused(*args))

    def test_check_warns_of_underscores(self):
        """Once, whatever there is of them."""
        self.fill(line("tom", host="t_t"), line("tim", host="t_m"))
        status, out, err = self.ctl("check")
        self.assertEqual(status, 0)
        self.assertIn("0 errors, 1 warning\n", out)
        self.assertIn(f"warning: {self.table}: t_t.{ZONE} has an underscore",
                      err)
        self.assertNotIn("t_m", err)

    def test_folder_against_table(self):
        """With both, a new client gets a file."""
        folder = self.site.folder / "clients.d"
        before = sorted(os.listdir(folder))
        self.assertIn('client "ann" exists already',
                      self.refused("add", "ann", "new"))
        self.assertIn(f"x.ann.{ZONE} could be certified by acme of ann.{ZONE}"
                      f", of which one is of client ann, in {self.table}",
                      self.refused("add", "eve", f"x.ann.{ZONE}"))
        self.assertEqual(sorted(os.listdir(folder)), before)
        status, _, err = self.ctl("add", "eve", "ben")
        self.assertEqual(
            (status, err), (0, f"warning: ben.{ZONE} is also a host of client "
                            f"ben, in {self.table}\n"))
        self.assertEqual(sorted(os.listdir(folder)), [*before, "eve.conf"])
        status, _, err = self.ctl("check")
        self.assertEqual(
            (status, err), (0, f"warning: {self.table}: ben.{ZONE} of client "
                            "ben is also a host of client eve in the "
                            "configuration\n"))
        self.done("rotate", "ann")  # each where it is
        self.done("rotate", "eve")
        self.assertIn("secrets=", self.lines()[0])
        out = self.done("remove", "--offline", "eve")
        self.assertIn(f"ben.{ZONE} keeps its addresses, as it is also a host "
                      "of ben", out)


class Trouble(Case):
    """The table stays as it was."""

    def setUp(self):
        super().setUp()
        self.fill(*(line(f"c{i}") for i in range(MANY)))

    def changes(self):
        yield "add", "ann", "ann"
        yield "rotate", "c7"
        yield "add-host", "c7", "more"
        yield "remove", "c7"

    def test_limit_of_files(self):
        """Also of one that allows a part of what is written."""
        size = self.table.stat().st_size
        for limit in (1, size // 2, size):
            def lower(limit=limit):
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            for args in self.changes():
                with self.subTest(args=args, limit=limit):
                    before = self.done("export")
                    status, _, err = self.ctl(*args, preexec_fn=lower)
                    if limit < size:
                        self.assertEqual(status, 1)
                    if status != 0:
                        self.assertIn(f"{self.table}: File too large; nothing "
                                      "is changed", err)
                        self.assertEqual(self.done("export"), before)
        self.assertIn("0 errors", self.done("check"))
        self.add("ann2", "ann2")

    def test_offline_and_limit(self):
        """It says that DNS has changed, though the table could not."""
        def lower():
            resource.setrlimit(resource.RLIMIT_FSIZE, (1, 1))
        self.assertIn("its addresses are removed", self.refused(
            "remove", "--offline", "c7", preexec_fn=lower))
        self.done("add-host", "c7", "more")
        self.assertIn("their addresses are removed", self.refused(
            "remove-host", "--offline", "c7", "more", preexec_fn=lower))

    def test_new_one_of_others(self):
        """What is there by the name of the new one is not written to, unless it
        was left by an import."""
        fresh = self.table.with_suffix(".mdb.new")
        other = self.site.folder / "other"
        other.write_text("others'")
        before = self.lines()
        fresh.hardlink_to(other)
        self.fill(line("ann"))
        self.assertEqual(other.read_text(), "others'")
        fresh.write_text("left")
        fresh.chmod(0o666)
        self.fill(line("ben"))
        self.assertEqual(self.lines(), [*before, *(
            line(name).rstrip() for name in ("ann", "ben"))])
        self.assertEqual(self.table.stat().st_mode & 0o777, 0o640)

    def test_limit_of_import(self):
        """Of what is written at once, a part may be."""
        for limit, why in ((8192, "File too large"),
                           (65536, "the disk is full or broken")):
            def lower(limit=limit):
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            with self.subTest(limit):
                self.assertIn(f"{self.table}.new: ", said := self.refused(
                    "import", "-", text=line("ann"), preexec_fn=lower))
                self.assertIn(why, said)

    @unittest.skipUnless(lab.AS_ROOT, "mounts")
    def test_full_disk(self):
        """A file system of its own, which has no room for another page."""
        full = self.site.folder / "full"
        full.mkdir()
        script = """
        set -eu
        mount -t tmpfs -o size=4m none full
        cp clients.mdb full/
        cat /dev/zero > full/zero 2> /dev/null || :
        for command in "add ann ann" "rotate c7" "remove c7"; do
            ! "$1" -c ddnsgate.conf $command || echo DONE $command
            "$1" -c ddnsgate.conf export | cmp - before
        done
        rm full/zero
        "$1" -c ddnsgate.conf add ann ann > /dev/null
        "$1" -c ddnsgate.conf check > /dev/null
        """
        (self.site.folder / "before").write_text(self.done("export"))
        self.site.edit("ddnsgate.conf", {'"clients.mdb"': '"full/clients.mdb"'})
        run = subprocess.run(
            ["unshare", "--mount", "sh", "-c", script, "sh", self.program],
            cwd=self.site.folder, capture_output=True, text=True,
            timeout=lab.PATIENCE_S, env={**os.environ, "LC_ALL": "C"})
        self.assertEqual((run.returncode, run.stdout), (0, ""), run.stderr)
        self.assertEqual(run.stderr.count(
            "full/clients.mdb: No space left on device; nothing is changed"),
            3, run.stderr)

    @unittest.skipUnless(lab.AS_ROOT, "needs another user")
    def test_not_permitted(self):
        self.table.chmod(0o644)
        program = shutil.copy(self.program, self.site.folder)
        for args in self.changes():
            with self.subTest(args):
                before = self.content()
                run = subprocess.run(
                    [program, "-c", self.site.conf, *args],
                    user=lab.USER.pw_uid, group=lab.USER.pw_gid,
                    capture_output=True, text=True)
                self.assertEqual((run.returncode, run.stdout), (1, ""))
                self.assertIn(f"{self.table}: Permission denied; nothing is "
                              "changed", run.stderr)
                self.assertEqual(self.content(), before)

    def test_foreign(self):
        for content in b"", b"x" * 65536, self.content()[:5000]:
            self.table.write_bytes(content)
            for args in (*self.changes(), ("import", "-"), ("check",)):
                with self.subTest(args=args, size=len(content)):
                    self.assertIn(str(self.table), self.refused(
                        *args, text=line("ann")))
        self.table.unlink()
        self.table.mkdir()
        self.assertIn(str(self.table), self.ctl("add", "ann", "ann")[2])

    def test_locked(self):
        """It waits, and says so; what ends it changes nothing."""
        before = self.content()
        with open(self.table) as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            for how in signal.SIGTERM, signal.SIGKILL:
                with self.popen("add", "ann", "ann") as process:
                    self.assertIn("waiting for another process",
                                  process.stderr.readline())
                    process.send_signal(how)
                    self.assertEqual(process.wait(), -how)
                self.assertEqual(self.content(), before)
            with self.popen("remove", "c7") as process:
                self.assertIn("waiting for another process",
                              process.stderr.readline())
                fcntl.flock(held, fcntl.LOCK_UN)
                self.assertEqual(process.wait(), 0)
        self.assertNotIn("c7", [row.split()[0] for row in self.lines()])

    def test_shipped(self):
        """A copy under the lock is whole."""
        copy = self.site.folder / "copy"
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            adding = pool.submit(
                lambda: [self.add(f"d{i}", f"d{i}") for i in range(5)])
            while not adding.done():
                lab.run("flock", self.table, "cp", self.table, copy)
            adding.result()
        copy.rename(self.table)
        self.assertIn("0 errors", self.done("check"))


class Lmdb:
    """Writes to a table what no command would."""
    nosubdir, nolock, integerkey, create = 0x4000, 0x400000, 0x08, 0x40000

    class Val(ctypes.Structure):
        _fields_ = [("size", ctypes.c_size_t), ("data", ctypes.c_char_p)]

    def __init__(self, path):
        self.lib = ctypes.CDLL(ctypes.util.find_library("lmdb"))
        self.path = str(path).encode()

    def call(self, name, *args):
        result = getattr(self.lib, name)(*args)
        if result:
            raise OSError(f"{name}: {result}")

    def change(self, table, key, value):
        """No value: the key is removed."""
        env, txn = ctypes.c_void_p(), ctypes.c_void_p()
        dbi = ctypes.c_uint()
        self.call("mdb_env_create", ctypes.byref(env))
        self.call("mdb_env_set_maxdbs", env, 8)
        self.call("mdb_env_set_mapsize", env, ctypes.c_size_t(1 << 30))
        self.call("mdb_env_open", env, self.path,
                  self.nosubdir | self.nolock, 0o640)
        self.call("mdb_txn_begin", env, None, 0, ctypes.byref(txn))
        self.call("mdb_dbi_open", txn, table.encode(),
                  self.integerkey if table == "lines" else 0,
                  ctypes.byref(dbi))
        if value is None:
            self.call("mdb_del", txn, dbi,
                      ctypes.byref(self.Val(len(key), key)), None)
        else:
            self.call("mdb_put", txn, dbi,
                      ctypes.byref(self.Val(len(key), key)),
                      ctypes.byref(self.Val(len(value), value)), 0)
        self.call("mdb_txn_commit", txn)
        self.lib.mdb_env_close(env)


def number(i):
    return i.to_bytes(4, "little")


@unittest.skipUnless(ctypes.util.find_library("lmdb"), "needs liblmdb")
class Check(Case):
    """What is wrong within the table."""
    HASH = "$6$abcdefgh$" + "." * 86

    def setUp(self):
        super().setUp()
        self.fill(line("ann", f" secrets={self.HASH}"), line("ben"),
                  line("cyd", f" secrets={self.HASH}"))
        self.assertIn("0 errors", self.done("check"))
        self.good = self.content()

    def key(self, table, name):
        digest = bytes.fromhex(digest_of(name))
        return {"names": name.encode(),
                "secrets": digest[:16],
                "hosts": ".".join(
                    reversed(f"{name}.{ZONE}".split("."))).encode(),
                "crypts": hashlib.sha256(self.HASH.encode()).digest()}[table]

    def said(self, table, key, value):
        self.table.write_bytes(self.good)
        Lmdb(self.table).change(table, key, value)
        said = self.refused("check")
        for row in said.splitlines():
            self.assertIn(str(self.table), row)
        return said

    NAMED = {"names": "name ann", "secrets": "a secret",
             "hosts": f"host ann.{ZONE}", "crypts": "a crypt(3) hash"}

    def test_key_is_missing(self):
        for table, what in self.NAMED.items():
            if table == "crypts":
                continue
            with self.subTest(table):
                self.assertIn(
                    f"error: {self.table}: {what} is of client ann, but does "
                    "not lead to it\n",
                    self.said(table, self.key(table, "ann"), None))

    def test_same_hash(self):
        """Of two clients one has the key; without it all is right."""
        self.done("remove", "ann")
        self.assertIn("0 errors", self.done("check"))

    def test_page_is_damaged(self):
        """What is not on it can be got out, also what is behind it."""
        self.fill(*(line(f"c{i}") for i in range(2000)))
        content = bytearray(self.content())
        page = content.index(b"c1500 sha256:") & ~4095
        content[page + 10:page + 12] = b"\xff\xff"  # what kind of page it is
        self.table.write_bytes(content)
        status, out, err = self.ctl("export")
        found = [row.split()[0] for row in out.splitlines()]
        self.assertEqual(status, 1)
        self.assertEqual(len(found), len(set(found)))
        for name in "ann", "c0", "c1000", "c1999":
            self.assertIn(name, found)
        lost = re.findall("client (c[0-9]+) is left out", err)
        self.assertIn("c1500", lost)
        self.assertEqual(len(found) + len(lost), 2003)
        self.assertIn(f"{self.table}: is not whole: what is damaged is left "
                      "out", err)

    def test_key_of_another(self):
        for table, what in self.NAMED.items():
            with self.subTest(table):
                self.assertIn(
                    f"error: {self.table}: {what} is of client ann, but leads "
                    "to client number 2\n",
                    self.said(table, self.key(table, "ann"), number(2)))

    def test_key_without_a_record(self):
        """One more, and of a client that is not there, or has it not."""
        for table, what in (
                ("names", "name eve"), ("secrets", "a secret"),
                ("hosts", f"host eve.{ZONE}")):
            for owner, why in ((77, "is not there"), (2, "does not have it")):
                with self.subTest(table=table, owner=owner):
                    self.assertEqual(
                        f"error: {self.table}: {what} leads to client number "
                        f"{owner}, which {why}\n",
                        self.said(table, self.key(table, "eve"),
                                  number(owner)))
        self.assertIn("a crypt(3) hash leads to client number 2, which does "
                      "not have it", self.said("crypts", b"x" * 32, number(2)))

    def test_record_is_missing(self):
        said = self.said("lines", number(2), None)
        for what in "name ben", "a secret", f"host ben.{ZONE}":
            self.assertIn(f"{what} leads to client number 2, which is not "
                          "there", said)

    def test_record_is_damaged(self):
        """The others are looked at all the same."""
        said = self.said("lines", number(2), b"x" * 100)
        self.assertIn(f"{self.table}: client number 2: has a damaged record",
                      said)
        self.assertIn("ann", self.ctl("list")[1])
        self.assertIn("cyd", self.ctl("list")[1])
        self.assertNotIn("ann", said)
        status, out, err = self.ctl("export")
        self.assertEqual((status, [row.split()[0] for row in out.splitlines()]),
                         (1, ["ann", "cyd"]))
        self.assertIn("client number 2: has a damaged record\n", err)

    def test_zone_is_gone(self):
        """Its clients are told of, a hundred of them, and can be got out."""
        words = with_zones(zone_conf("gone.org", f"127.0.0.1@{self.dns.port}"))
        self.site.edit("ddnsgate.conf", words)
        status, _, err = self.ctl("import", "-", text="".join(
            line(f"c{i}").replace(ZONE, "gone.org") for i in range(150)))
        self.assertEqual(status, 0, err)
        self.site.edit("ddnsgate.conf", {new: old for old, new
                                         in words.items()})
        status, out, err = self.ctl("check")
        self.assertEqual(status, 1)
        self.assertIn(f"error: {self.table}: hosts: c0.gone.org is in no zone",
                      err)
        self.assertIn(f"{self.table}: client c99: configuration not valid", err)
        self.assertNotIn("c100", err)
        self.assertIn("150 errors", out)
        self.assertIn("c0.gone.org is in no zone", self.refused("rotate", "c0"))
        self.assertEqual(len(self.lines()), 153)

    def test_many(self):
        """Those beyond a hundred are only counted."""
        self.fill(*(line(f"c{i}") for i in range(150)))
        self.good = self.content()
        self.table.write_bytes(self.good)
        for i in range(150):
            Lmdb(self.table).change("names", f"c{i}".encode(), None)
        said = self.refused("check")
        self.assertEqual(len(said.splitlines()), 101)
        self.assertIn("\nand 50 more\n", said)
        self.assertIn("150 errors", self.ctl("check")[1])

    def test_wrong_key(self):
        """A command that comes across it changes nothing."""
        for table in "names", "secrets", "hosts":
            self.said(table, self.key(table, "ann"), number(2))
            with self.subTest(table):
                self.assertIn(str(self.table), self.refused("remove", "ann"))

    def test_within_and_elsewhere(self):
        self.site.edit("ddnsgate.conf", {
            f'"loc1.{ZONE}"': f'"loc1.{ZONE}", "x.ann.{ZONE}"'}
            if f'"loc1.{ZONE}"' in self.site.conf.read_text() else
            {'"loc1"': f'"loc1", "x.ann.{ZONE}"'})
        self.done("check")
        text = self.done("export").replace(
            f"ann.{ZONE} ", f"ann.{ZONE} acme=true,", 1)
        self.assertIn("could be certified", self.refused(
            "import", "--replace", "-", text=text))


if __name__ == "__main__":
    unittest.main()
