#!/usr/bin/python3
"""ddnsgatectl status: what runs, whether it is in force, and the hosts."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import unittest

import lab
from test_ctl import Case, ctl

ZONE = lab.ZONE
STATE = {'// state_dir = "/var/lib/ddnsgate";': 'state_dir = "state";'}
HOUR, DAY = 3600, 86400


def write_seen(folder, *hosts, begun=None):
    """As a handler has noted it: (HOST, seen, changed, A, AAAA)."""
    program = pathlib.Path(os.environ["DDNSGATE_BINDIR"], "write_seen")
    env = {**os.environ, **({"BEGUN": str(begun)} if begun else {})}
    subprocess.run([program, folder, *(str(word) for host in hosts
                                       for word in host)],
                   check=True, env=env)
    lab.give_to_www(folder / "seen", 0o640)


class WithState(Case):
    """A configuration with a state_dir, and no DNS server."""

    server = None

    def setUp(self):
        self.dns = self.enter(self.server() if self.server else NoDns())
        self.site = self.enter(lab.Site(self.dns, STATE))
        self.state = self.site.folder / "state"
        self.state.mkdir()
        lab.give_to_www(self.state, 0o750)

    def done(self, *args, **options):
        return super().done(*args, conf=self.site.conf, **options)

    def failed(self, *args, **options):
        """Gives both of what it printed."""
        run = ctl(*args, conf=self.site.conf, **options)
        self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
        return run.stdout, run.stderr

    def gate(self):
        gate = self.enter(lab.Gate(self.site))
        gate.ask("/health")
        return gate

    def json(self, *args):
        """The object, and whether it succeeded."""
        run = ctl("status", "--json", *args, conf=self.site.conf)
        return json.loads(run.stdout), run.returncode == 0

    def host(self, name, *args):
        found, _ = self.json(*args)
        return next(host for host in found["hosts"]
                    if host["host"] == f"{name}.{ZONE}")


class NoDns(lab.Room):
    """A key and a port where nobody listens."""

    def prepare(self):
        self.port = lab.free_port()
        self.key_file = self.folder / "ddnsgate.key"
        self.key_file.write_text(lab.run(
            lab.program("keymgr"), "-t", "ddnsgate", "hmac-sha256"))


TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


class InForce(WithState):
    def test_in_force(self):
        gates = [self.gate() for _ in range(2)]
        text = self.done("status")
        self.assertRegex(text, rf"^{self.site.conf}\n"
                         rf"in force in 2 processes since {TIME}\n")
        for gate in gates:
            self.assertRegex(text, rf"(?m)^{gate.process.pid} +{TIME}  {TIME}"
                             "  yes$")
        self.assertIn("lars\n", text)
        found, succeeded = self.json()
        self.assertTrue(succeeded)
        self.assertEqual((found["in_force"], found["why"]), (True, None))
        self.assertEqual({process["pid"] for process in found["processes"]},
                         {gate.process.pid for gate in gates})
        for process in found["processes"]:
            self.assertRegex(process["started"], r"^\d{4}-\d\d-\d\dT.*Z$")
            self.assertEqual((process["in_force"], process["why"]),
                             (True, None))

    def test_nothing_runs(self):
        text, _ = self.failed("status")
        self.assertIn("\nNOT IN FORCE: no process is running\n", text)
        found, succeeded = self.json()
        self.assertEqual((found["in_force"], found["why"], succeeded),
                         (False, "no process is running", False))
        self.assertEqual(len(found["hosts"]), 5)

    def test_killed(self):
        gate = self.gate()
        gate.process.kill()
        gate.process.wait()
        self.assertIn("no process is running", self.failed("status")[0])

    def test_behind(self):
        """It cannot read on; then what is on disk has errors."""
        gate, _ = self.gate(), self.gate()
        gate.process.send_signal(signal.SIGSTOP)
        self.site.add_client("bob", f"bob.{ZONE}")
        lab.wait_until(lambda: self.json()[0]["processes"][0]["in_force"] !=
                       self.json()[0]["processes"][1]["in_force"],
                       "one reads it")
        text, _ = self.failed("status")
        self.assertIn("NOT IN FORCE: 1 of 2 processes serve by what was "
                      "before\n", text)
        self.assertRegex(text, rf"(?m)^{gate.process.pid} .*  NO\n"
                         "  it has not been read yet$")
        gate.process.send_signal(signal.SIGCONT)
        lab.wait_until(lambda: self.json()[1], "both read it")
        self.site.write("clients.d/bob.conf", "clients = oops;\n")
        text, errors = self.failed("status")
        self.assertIn("NOT IN FORCE: what is on disk has errors", text)
        self.assertIn("bob.conf:1", errors)
        found, succeeded = self.json()
        self.assertEqual((found["in_force"], succeeded, found["hosts"]),
                         (False, False, []))

    @unittest.skipUnless(lab.AS_ROOT, "needs another user than the service's")
    def test_refused(self):
        """The service's user cannot read what root can."""
        self.gate()
        self.site.add_client("bob", f"bob.{ZONE}")
        path = self.site.folder / "clients.d/bob.conf"
        os.chown(path, 0, 0)
        path.chmod(0o600)
        lab.wait_until(lambda: "Permission denied" in
                       self.failed("status")[0], "the handler's reason")
        found, _ = self.json()
        self.assertIn("Permission denied", found["processes"][0]["why"])

    def test_another_configuration(self):
        self.gate()
        other = self.site.folder / "other.conf"
        other.write_text(self.site.conf.read_text())
        self.site.conf = other
        self.assertIn("no process is running", self.failed("status")[0])

    def test_no_state_dir(self):
        self.site.edit("ddnsgate.conf", {'state_dir = "state";': ""})
        text, _ = self.failed("status")
        self.assertIn("whether it is in force is NOT KNOWN: that takes the "
                      "setting state_dir\n", text)
        self.assertRegex(text, rf"(?m)^  nas\.{ZONE} +-  +-  +-$")
        self.assertIsNone(self.json()[0]["in_force"])

    def test_state_dir_is_gone(self):
        self.state.rmdir()
        self.assertIn("NOT KNOWN: No such file or directory\n",
                      self.failed("status")[0])

    @unittest.skipUnless(lab.AS_ROOT, "needs another user")
    def test_no_rights(self):
        write_seen(self.state)
        shutil.chown(self.state, 0, 0)
        self.state.chmod(0o700)
        tool = self.site.folder / "ddnsgatectl"
        shutil.copy(pathlib.Path(os.environ["DDNSGATE_BINDIR"],
                                 "ddnsgatectl"), tool)

        def run(*args):
            return subprocess.run(
                [tool, "-c", self.site.conf, *args], text=True,
                capture_output=True, **lab.www_identity(),
                env={**os.environ, "LC_ALL": "C"})
        self.assertIn("NOT KNOWN: Permission denied\n", run("status").stdout)
        for command in "stale", "restore":
            self.assertIn("/seen: Permission denied", run(command).stderr)

    hostile = [
        # name, what makes it
        ("cut short", lambda path: path.write_bytes(b"ddnsgate 1\0")),
        ("empty", lambda path: path.write_bytes(b"")),
        ("noise", lambda path: path.write_bytes(os.urandom(4096))),
        ("a folder", lambda path: path.mkdir()),
        ("a pipe", lambda path: os.mkfifo(path)),
        ("a link", lambda path: path.symlink_to("/dev/zero")),
    ]

    def test_hostile_files(self):
        gate = self.gate()
        for name, make in self.hostile:
            for file in "process.0", "seen":
                with self.subTest(name, file=file):
                    path = self.state / file
                    path.unlink(missing_ok=True)
                    make(path)
                    run = ctl("status", conf=self.site.conf)
                    self.assertEqual(run.returncode, 0, run.stderr)
                    self.assertIn("in force in 1 process ", run.stdout)
                    path.rmdir() if path.is_dir() else path.unlink()
        self.assertIsNotNone(gate)

    def test_hostile_reason(self):
        """What a process says is not for a terminal to obey."""
        gate = self.gate()
        path, = self.state.glob("process.*")
        gate.process.send_signal(signal.SIGSTOP)  # else it would mend it
        status = bytearray(path.read_bytes())
        where = 16 + 5 * 8
        status[where - 8] = 1  # refused
        status[16 + 8:16 + 16] = b"\xff" * 7 + b"\x7f"  # started: never
        status[where] ^= 1  # another digest
        why = b"\x1b]0;evil\x07\x9b31m\n\"\\" + b"x" * 600
        status[-512:] = why[:512]
        path.write_bytes(status)
        text, _ = self.failed("status")
        self.assertIn('\n  ?]0;evil??31m?"\\xxxx', text)
        self.assertRegex(text, rf"(?m)^{gate.process.pid} +-  ")
        found, _ = self.json()
        self.assertTrue(found["processes"][0]["why"].startswith("?]0;evil"))
        self.assertIsNone(found["processes"][0]["started"])
        gate.process.send_signal(signal.SIGCONT)


class Hosts(WithState):
    def rows(self):
        """The lines of hosts."""
        return self.failed("status")[0].split("ADDRESS\n")[1].splitlines()

    def test_table(self):
        now = int(time.time())
        self.site.add_client("bob", *(f"{name}.{ZONE}" for name in "abcdef"))
        write_seen(
            self.state,
            (f"a.{ZONE}", now - 90, now - 3 * HOUR, "192.0.2.7", "-"),
            (f"b.{ZONE}", now - 50 * HOUR, 0, "-",
             "2001:db8:1111:2222::6666"),
            (f"c.{ZONE}", now - 400 * DAY, now - 119 * 60, "192.0.2.8",
             "2001:db8::8"),
            (f"d.{ZONE}", now - HOUR, now - HOUR, "none", "none"),
            (f"e.{ZONE}", now + 2 * HOUR, 0, "-", "none"))
        rows = self.rows()
        place = rows.index("bob")
        self.assertEqual(
            [re.split(r" {2,}", row.strip()) for row in
             rows[place + 1:place + 8]],
            [[f"a.{ZONE}", "1 min", "3 h", "192.0.2.7"],
             [f"b.{ZONE}", "2 d", "never",
              "2001:db8:1111:2222::6666"],
             [f"c.{ZONE}", "400 d", "119 min", "192.0.2.8"],
             ["2001:db8::8"],
             [f"d.{ZONE}", "60 min", "60 min", "none"],
             [f"e.{ZONE}", "future", "never", "none"],
             [f"f.{ZONE}", "never", "never", "-"]])

    def test_fits_80_columns(self):
        now = int(time.time())
        longest = "2001:db8:1111:2222:3333:4444:5555:6666"
        hosts = [f"{'x' * length}.{ZONE}" for length in (1, 16, 30, 63)]
        self.site.add_client("b" * 64, *hosts)
        write_seen(self.state, *((host, now - 9 * DAY, now - 99 * DAY,
                                  "192.0.2.255", longest) for host in hosts))
        self.gate()
        text = self.done("status")
        self.assertEqual(text.count(longest), 4)
        # What is longer than a line has one of its own.
        self.assertEqual([line for line in text.splitlines()[1:]
                          if len(line) > 80], ["  " + hosts[-1]])

    def test_json(self):
        write_seen(self.state, (f"nas.{ZONE}", 1000000000, 900000000,
                                "192.0.2.7", "none"))
        self.assertEqual(self.host("nas"), {
            "client": "lars", "host": f"nas.{ZONE}", "zone": ZONE,
            "acme": False,
            "seen": "2001-09-09T01:46:40Z", "changed": "1998-07-09T16:00:00Z",
            "A": ["192.0.2.7"], "AAAA": []})
        self.assertEqual(
            {key: self.host("try")[key]
             for key in ("seen", "changed", "A", "AAAA")},
            {"seen": None, "changed": None, "A": None, "AAAA": None})

    def test_json_acme(self):
        self.site.add_client("bob", "bob", acme=True)
        self.assertIs(self.host("bob")["acme"], True)

    def test_times_that_are_none(self):
        """The file has 32 bits for each, without a sign."""
        for hostile in -2**63, -1, 2**32 - 1, 2**63 - 1:
            with self.subTest(hostile):
                write_seen(self.state, (f"nas.{ZONE}", hostile, hostile,
                                        "-", "-"))
                self.assertEqual(
                    self.host("nas")["seen"],
                    None if hostile < 0 else "2106-02-07T06:28:15Z")
                row = next(row for row in self.rows() if "nas." in row)
                self.assertRegex(
                    row, r"never  +never  +-" if hostile < 0
                    else "future  +future  +-")
                (self.state / "seen").unlink()

    def test_unknown_name(self):
        for name in "nobody", "www.example.com", "\u00e4", "":
            with self.subTest(name):
                text, errors = self.failed("status", name)
                self.assertEqual(text, "")
                self.assertIn("is neither a client nor a client's host",
                              errors)

    def test_dns_fails(self):
        self.gate()
        text, errors = self.failed("status", "nas")
        self.assertIn("in force in 1 process ", text)
        self.assertIn("cannot be reached", errors)
        self.assertEqual(json.loads(ctl(
            "status", "--json", "nas", conf=self.site.conf).stdout)["hosts"],
            [])


class Live:
    def setUp(self):
        super().setUp()
        self.gate()
        self.now = int(time.time())

    def test_dns_is_asked(self):
        self.done("update", "lars", "nas", "192.0.2.7", "2001:db8::7")
        write_seen(self.state, (f"nas.{ZONE}", self.now, self.now,
                                "192.0.2.7", "2001:db8::7"))
        text = self.done("status", "lars")
        self.assertNotIn("try", text)
        self.assertIn("\n    DNS has  192.0.2.7  TTL 60\n"
                      "    DNS has  2001:db8::7  TTL 60\n", text)
        self.assertIn("\n    DNS has  no address\n", text)
        self.assertNotIn("NOT what", text)
        for name in "nas", f"NAS.{ZONE}.":
            with self.subTest(name):
                text = self.done("status", name)
                self.assertIn("\nlars\n  nas.", text)
                self.assertNotIn("loc1", text)
                self.assertEqual(self.host("nas", name)["dns"], {
                    "A": ["192.0.2.7"], "AAAA": ["2001:db8::7"]})
        self.assertEqual(len(self.json("nas")[0]["hosts"]), 1)

    def test_certificates(self):
        self.site.add_client("bob", "bob", acme=True)
        lab.wait_until(lambda: self.json("bob")[1], "it is in force")
        said = ("\n    certificates by TXT records of "
                f"_acme-challenge.bob.{ZONE}\n")
        self.assertEqual(self.done("status", "bob").count(said), 1)
        self.assertNotIn("certificates", self.done("status", "lars"))
        self.assertNotIn("certificates", self.done("status"))

    def test_dns_differs(self):
        rows = [
            # what was acknowledged, what DNS has, whether it is told
            (("192.0.2.7", "-"), [], True),
            (("192.0.2.7", "-"), ["192.0.2.8"], True),
            (("192.0.2.7", "-"), ["192.0.2.7"], False),
            (("none", "-"), ["192.0.2.7"], True),
            (("-", "-"), ["192.0.2.7"], False),
            (("none", "none"), [], False),
        ]
        for acknowledged, addresses, told in rows:
            with self.subTest(acknowledged, addresses=addresses):
                self.done("update", "lars", "nas", *addresses or ["--offline"])
                (self.state / "seen").unlink(missing_ok=True)
                write_seen(self.state, (f"nas.{ZONE}", self.now, self.now,
                                        *acknowledged))
                self.assertEqual("NOT what was last acknowledged" in
                                 self.done("status", "nas"), told)

    def test_update_is_noted(self):
        """It is what was last acknowledged, but nobody called."""
        write_seen(self.state, (f"nas.{ZONE}", self.now - 9 * DAY,
                                self.now - 9 * DAY, "192.0.2.7", "none"))
        seen = self.host("nas")["seen"]
        for args, addresses in ((["192.0.2.9"], [["192.0.2.9"], []]),
                                (["--offline"], [[], []]),
                                (["2001:db8::9"], [[], ["2001:db8::9"]])):
            self.done("update", "lars", "nas", *args)
            host = self.host("nas")
            self.assertEqual([host["A"], host["AAAA"]], addresses)
            self.assertEqual(host["seen"], seen)
            self.assertGreater(host["changed"], seen)

    def test_no_file_is_begun(self):
        """It would be root's, and no handler could write it."""
        (self.state / "seen").unlink(missing_ok=True)
        self.done("update", "lars", "nas", "192.0.2.9")
        self.assertFalse((self.state / "seen").exists())


class LiveKnot(Live, WithState):
    server = lab.Knot


class LiveBind(Live, WithState):
    server = lab.Bind


if __name__ == "__main__":
    unittest.main()
