#!/usr/bin/python3
"""ddnsgate is in its sandbox, and serves from inside of it.

What fails inside is tried by tests/sandbox, and here by the program itself,
however it is run.
"""

import hashlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import unittest

from lab import (AS_ROOT, GROUP, PATIENCE_S, USER, Gate, HeldDns, Knot, Nginx,
                 Site, UNCONFINED, WEB_SETUPS, curl, free_port, give_to_www,
                 has_lmdb, program, wait_until, web_setup)

TCP = {"ttl     = 60;": 'ttl = 60; transport = "tcp";'}
SYSLOG = {'log       = "stderr"': 'log = "syslog"'}
OFF = {"timeout_ms = 2500;": "timeout_ms = 7000; sandbox = false;"}
LACKS = "not in force: the system or build lacks it"


def unshare():
    """A command in front of another that gets mounts of its own."""
    return [program("unshare"), *([] if AS_ROOT else ["-r"]), "--mount"]


def processes(folder):
    """The ddnsgate processes that were installed in a folder."""
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            name = (path / "cmdline").read_bytes().split(b"\0")[0].decode()
        except OSError:  # it has ended
            continue
        if name.startswith(f"{folder}/") and name.endswith("/ddnsgate"):
            yield path


def statuses(process):
    """What proc(5) tells of each thread."""
    for task in (process / "task").iterdir():
        lines = (task / "status").read_text().splitlines()
        yield dict(line.split(":\t", 1) for line in lines if ":\t" in line)


class Sandboxed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """What this system or build has not is told by ddnsgate's log."""
        with Knot() as dns, Site(dns) as site, Gate(site) as gate:
            log = gate.start_log()
        if UNCONFINED in log:
            raise unittest.SkipTest("built with sanitizers")
        cls.has_filter = f"sandbox: system calls (seccomp): {LACKS}" not in log
        cls.has_ports = f"sandbox: TCP ports (landlock): {LACKS}" not in log
        cls.has_files = f"sandbox: files (landlock): {LACKS}" not in log


class InForce(Sandboxed):
    def check(self, process):
        filters = "2" if self.has_filter else "0"
        threads = list(statuses(process))
        self.assertTrue(threads)
        for status in threads:
            self.assertEqual(status["NoNewPrivs"], "1")
            self.assertEqual(status["Seccomp"], filters)
        limits = (process / "limits").read_text()
        self.assertRegex(limits, r"Max core file size +0 +0 ")
        # What of a process is not its user's is root's: core dumps, memory.
        if AS_ROOT:
            self.assertEqual((process / "mem").stat().st_uid, 0)

    def test_however_it_is_run(self):
        """While a request is in flight: a CGI process has no other time."""
        for setup in WEB_SETUPS:
            with self.subTest(setup), Knot() as dns, HeldDns(dns) as held, \
                    Site(held) as site, \
                    web_setup(setup, site) as web:
                call = subprocess.Popen(
                    [program("curl"), "-s", "-o", web.folder / "reply",
                     web.url(site.secrets["try"])])
                self.assertTrue(held.arrived.wait(PATIENCE_S))
                found = list(processes((web.gate or web).folder))
                self.assertTrue(found)
                for process in found:
                    self.check(process)
                held.released.set()
                call.wait(PATIENCE_S)
                self.assertEqual((web.folder / "reply").read_text(),
                                 "good 127.0.0.1")

    def test_switched_off(self):
        with Knot() as dns, Site(dns, OFF) as site, Gate(site) as gate:
            self.assertIn("switched off by the setting sandbox",
                          gate.start_log())
            for status in statuses(pathlib.Path(f"/proc/{gate.process.pid}")):
                self.assertEqual(status["NoNewPrivs"], "0")
                self.assertEqual(status["Seccomp"], "0")


class SyslogGate(Gate):
    """ddnsgate with a /dev of its own, in which there is only a log."""

    def __enter__(self):
        self.log = None
        return super().__enter__()

    def __exit__(self, *_):
        super().__exit__()
        if self.log:
            self.log.close()

    def prepare(self):
        super().prepare()
        (self.folder / "dev").mkdir()
        self.open_log()
        self.identity = {}

    def open_log(self):
        """As a syslog daemon that starts, again or for the first time."""
        path = self.folder / "dev" / "log"
        path.unlink(missing_ok=True)
        if self.log:
            self.log.close()
        self.log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.log.settimeout(PATIENCE_S)
        self.log.bind(str(path))
        give_to_www(path, 0o666)

    def command(self):
        as_user = ([program("setpriv"), f"--reuid={USER.pw_uid}",
                    f"--regid={GROUP.gr_gid}", "--clear-groups"]
                   if AS_ROOT else [])
        return [*unshare(), "sh", "-c",
                'mount --bind dev /dev && exec "$@"', "sh",
                *as_user, *super().command()]


class AttemptingGate(Gate):
    """ddnsgate that makes the attempts of attempts.h from its sandbox."""

    def __init__(self, site, landlock):
        super().__init__(site)
        self.landlock = landlock

    def prepare(self):
        super().prepare()
        shutil.copy(pathlib.Path(os.environ["DDNSGATE_BINDIR"],
                                 "in_sandbox.so"), self.folder)

    def command(self):
        return [program("env"), f"LANDLOCK_VERSION={self.landlock}",
                f"LD_PRELOAD={self.folder}/in_sandbox.so", *super().command()]


class Attempts(Sandboxed):
    """What somebody would try who has taken ddnsgate over, from within it."""

    def test_whatever_landlock_there_is(self):
        """The filter does not count on the newer parts of Landlock."""
        if not self.has_filter:
            self.skipTest("there is no filter for system calls")
        for landlock in 0, 1, 3, 4, 5, 6, 99:
            with self.subTest(landlock=landlock), Knot() as dns, \
                    Site(dns) as site, AttemptingGate(site, landlock) as gate:
                log = gate.start_log()
                made = re.findall(
                    r"(?m)^attempt (.*): (\d+), expected (\d+)$", log)
                self.assertIn(f"attempts made: {len(made)}\n", log)
                for name, got, expected in made:
                    with self.subTest(name):
                        self.assertEqual(got, expected)
                lacking = {part for part in ("files", "TCP ports")
                           if f"sandbox: {part} (landlock): {LACKS}" in log}
                if self.has_ports:
                    self.assertEqual(lacking, {
                        0: {"files", "TCP ports"}, 1: {"TCP ports"},
                        3: {"TCP ports"}}.get(landlock, set()))
                self.assertEqual(
                    gate.ask("/nic/update").status, 401)


class Inside(Sandboxed):
    def test_tcp(self):
        with Knot() as dns, Site(dns, TCP) as site, Gate(site) as gate, \
                Nginx(gate) as web:
            self.assertEqual(curl(web.url(site.secrets["try"])).body,
                             "good 127.0.0.1")

    def test_syslog(self):
        """Also one that is started again, to which it has to connect anew."""
        if subprocess.run([*unshare(), "true"]).returncode != 0:
            self.skipTest("no mounts of its own are to be had")
        with Knot() as dns, Site(dns, SYSLOG) as site, \
                SyslogGate(site) as gate, Nginx(gate) as web:
            for word in "good", "nochg":
                curl(web.url(site.secrets["try"]))
                line = gate.log.recv(4096).decode()
                if "started: " in line:
                    line = gate.log.recv(4096).decode()
                self.assertRegex(line, rf"ddnsgate\[\d+\]: .*word={word}")
                gate.open_log()

    def test_key_is_replaced(self):
        """By a file that was not there at the start."""
        with Knot() as dns, Site(dns) as site:
            right = (site.folder / "tsig.key").read_text()
            wrong = re.sub(r"secret: \S+", "secret: d3Jvbmc=", right)
            site.write("tsig.key", wrong)
            with Gate(site) as gate, Nginx(gate) as web:
                url = web.url(site.secrets["try"])
                self.assertEqual(curl(url).body, "dnserr")
                site.write("tsig.key", right)
                wait_until(lambda: curl(url).body == "good 127.0.0.1",
                           "the right key in force")

    @unittest.skipUnless(has_lmdb(), "built without LMDB")
    def test_table_of_clients_is_replaced(self):
        """By a file that is opened and mapped from inside, only to be read."""
        table = {'// state_dir = "/var/lib/ddnsgate";':
                 'clients_db = "clients.mdb";'}
        with Knot() as dns, Site(dns, table) as site:
            path = site.folder / "clients.mdb"
            self.make_table(site, "ann")
            give_to_www(path, 0o640)
            with Gate(site) as gate:
                self.assertIn("sandbox=process", gate.start_log())
                self.assertIn("good", gate.ask("/secret-of-ann-0001",
                                               ip="198.51.100.1").body)
                inode = path.stat().st_ino
                self.make_table(site, "ben")
                self.assertNotEqual(inode, path.stat().st_ino)
                wait_until(
                    lambda: "good" in gate.ask("/secret-of-ben-0001",
                                               ip="198.51.100.2").body,
                    "the new table")
                maps = [line.split() for line in pathlib.Path(
                    f"/proc/{gate.process.pid}/maps").read_text().splitlines()
                        if str(path) in line]
                self.assertEqual({fields[1] for fields in maps}, {"r--s"})

    def make_table(self, site, name):
        digest = hashlib.sha256(f"secret-of-{name}-0001".encode()).hexdigest()
        subprocess.run(
            [pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl"), "-c",
             site.conf, "import", "--replace", "-"], text=True, check=True,
            input=f"{name} sha256:{digest} {name}.dyn.example.org\n",
            capture_output=True, timeout=PATIENCE_S)

    def test_reload_with_state_dir(self):
        """Whether it can be used is found out from inside, too."""
        state = {'// state_dir = "/var/lib/ddnsgate";':
                 'state_dir = "clients.d";'}
        with Knot() as dns, Site(dns, state) as site, Gate(site) as gate:
            site.edit("ddnsgate.conf", {"change_burst = 0": "change_burst = 9"})
            wait_until(lambda: "reload: 1 zones" in gate.log_text(), "reload")
            self.assertNotIn("state_dir", gate.log_text())

    def test_socket_is_removed(self):
        with Knot() as dns, Site(dns) as site, Gate(site) as gate:
            self.assertTrue(gate.socket_path.exists())
            self.assertEqual(gate.stop(), 0)
            self.assertFalse(gate.socket_path.exists())


class Beyond(Sandboxed):
    """What a new configuration may need a restart for, and says so."""

    def wait_for(self, gate, text):
        wait_until(lambda: text in gate.log_text(), text)

    def test_port(self):
        if not self.has_ports:
            self.skipTest("the kernel does not hold TCP ports")
        with Knot() as dns, Site(dns, TCP) as site:
            right = (site.folder / "ddnsgate.conf").read_text()
            site.edit("ddnsgate.conf", {f"@{dns.port}": f"@{free_port()}"})
            with Gate(site) as gate, Nginx(gate) as web:
                url = web.url(site.secrets["try"])
                site.write("ddnsgate.conf", right)
                self.wait_for(
                    gate, f"the sandbox does not reach port {dns.port} of "
                    "zone dyn.example.org: restart ddnsgate")
                self.assertEqual(curl(url).body, "dnserr")
                gate.stop()
                gate.start()
                self.assertEqual(curl(url).body, "good 127.0.0.1")

    def test_file(self):
        if not self.has_files:
            self.skipTest("the kernel does not hold files")
        with Knot() as dns, Site(dns) as site, Site(dns) as elsewhere, \
                Gate(site) as gate, Nginx(gate) as web:
            site.edit("ddnsgate.conf",
                      {'"tsig.key"': f'"{elsewhere.key_file}"'})
            self.wait_for(gate, f"the sandbox does not reach "
                          f"{elsewhere.key_file}: restart ddnsgate")
            self.assertIn("the old configuration stays", gate.log_text())
            self.assertEqual(curl(web.url(site.secrets["try"])).body,
                             "good 127.0.0.1")
            gate.stop(signal.SIGTERM)
            gate.start()
            self.assertEqual(curl(web.url(site.secrets["try"])).body,
                             "nochg 127.0.0.1")


if __name__ == "__main__":
    unittest.main()
