#!/usr/bin/python3
"""What ddnsgate says at its start when others could forge or change things.

What it says of its files and of the setting listen, tests/config has.
"""

import socket
import subprocess
import unittest

from lab import (AS_ROOT, Gate, Knot, Site, free_port, wait_until,
                 www_identity)

PORT = "whoever reaches this port can say who calls"
SOCKET = "others can connect to"
ROOT = "started as root"


class AddressGate(Gate):
    """At an address of its own."""

    def __init__(self, site, host):
        super().__init__(site, listen="tcp")
        self.host = host

    def prepare(self):
        super().prepare()
        self.address = f"{self.host}:{self.port}"


class OpenSocketGate(Gate):
    """By systemd, with a socket that everybody may connect to, or not."""

    def __init__(self, site, mode):
        super().__init__(site, listen="systemd")
        self.mode = mode

    def spawn(self):
        """ddnsgate itself is started by the first connection."""
        super().spawn()
        wait_until(self.socket_path.exists, "the socket")
        self.socket_path.chmod(self.mode)


class RootGate(Gate):
    def __init__(self, site):
        super().__init__(site)
        self.identity = {}


class StdinGate(Gate):
    """By a process manager, with a socket of TCP on standard input."""

    def __init__(self, site, host):
        super().__init__(site, listen="tcp")
        self.host = host

    def command(self):
        return super().command()[:-2]

    def spawn(self):
        with socket.create_server((self.host, self.port)) as listener, \
                open(self.folder / "output.log", "ab") as output:
            self.process = subprocess.Popen(
                self.command(), stdin=listener, stdout=output, stderr=output,
                cwd=self.folder, start_new_session=True, **www_identity())


class Start(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dns = cls.enterClassContext(Knot())
        cls.site = cls.enterClassContext(Site(cls.dns))

    def warnings(self, gate):
        with gate:
            log = gate.start_log()
        return {text for text in (PORT, SOCKET, ROOT) if text in log}

    def test_kept_to_itself(self):
        for listen in "unix", "tcp", "systemd":
            with self.subTest(listen):
                self.assertEqual(
                    self.warnings(Gate(self.site, listen)), set())
        self.assertEqual(
            self.warnings(OpenSocketGate(self.site, 0o660)), set())
        self.assertEqual(
            self.warnings(StdinGate(self.site, "127.0.0.1")), set())

    def test_port_for_everybody(self):
        for host in "0.0.0.0", "[::]":
            with self.subTest(host):
                self.assertEqual(
                    self.warnings(AddressGate(self.site, host)), {PORT})
        self.assertEqual(
            self.warnings(StdinGate(self.site, "0.0.0.0")), {PORT})

    def test_socket_for_everybody(self):
        self.assertEqual(
            self.warnings(OpenSocketGate(self.site, 0o666)), {SOCKET})

    def test_root(self):
        if not AS_ROOT:
            self.skipTest("only root can start it as root")
        self.assertEqual(self.warnings(RootGate(self.site)), {ROOT})

    def test_setting(self):
        """It is said of the setting, once, and by -n as well."""
        port = free_port()
        words = {'// listen    = "unix:/run/ddnsgate/ddnsgate.sock";':
                 f'listen = "0.0.0.0:{port}";'}
        with Site(self.dns, words) as site:
            gate = StdinGate(site, "127.0.0.1")
            with gate:
                log = gate.start_log()
                told = subprocess.run(
                    [*gate.command(), "-n"], check=True, text=True,
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT).stdout
        for text in log, told:
            self.assertEqual(text.count(PORT), 1, text)
            self.assertIn(f"{site.conf}:", text)


if __name__ == "__main__":
    unittest.main()
