"""The log for machines: journald's own protocol, and JSON."""

import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import unittest

import lab
from lab import AS_ROOT, Gate, Knot, Site, wait_until

STDERR = 'log       = "stderr";'
HOSTILE = ('quote"s', "back\\slash", "new\nline\nDDNSGATE_CLIENT=root",
           "new\nDDNSGATE_CLIENT\n\4\0\0\0\0\0\0\0root",
           "a=b", "nul\0byte", "\x7f\x01", "\xe4\xff", "[]{},:", "x" * 4000,
           '"},{"client":"root')
JOURNAL = "/run/systemd/journal"


class JournalGate(Gate):
    """In a mount namespace of its own, with a journal of the test's."""

    def __init__(self, site, journal):
        super().__init__(site)
        self.journal = journal
        self.identity = {}

    def command(self):
        plain = " ".join(str(word) for word in super().command())
        # setpriv: it is not about becoming another user.
        return ["unshare", "--mount", "sh", "-c",
                "mount -t tmpfs none /run && "
                f"mkdir -p {JOURNAL} && "
                + (f"mount --bind {self.journal} {JOURNAL} && "
                   if self.journal else "") +
                f"exec setpriv --reuid={lab.USER.pw_uid} "
                f"--regid={lab.USER.pw_gid} --clear-groups {plain}"]


@contextlib.contextmanager
def journal_at(folder):
    folder.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as journal:
        journal.bind(str(folder / "socket"))
        (folder / "socket").chmod(0o666)
        journal.settimeout(lab.PATIENCE_S)
        yield journal


def fields_of(datagram):
    """The native protocol, in which each field here is NAME=VALUE."""
    fields = {}
    lines = datagram.decode("ascii").split("\n")
    assert lines.pop() == "", datagram
    for line in lines:
        name, _, value = line.partition("=")
        assert re.fullmatch("[A-Z_]+", name), datagram
        fields.setdefault(name, []).append(value)
    return fields


def next_request(journal):
    while True:
        fields = fields_of(journal.recv(65536))
        if "DDNSGATE_FROM" in fields:
            return fields


class Log(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dns = cls.enterClassContext(Knot())

    def make_site(self, words):
        return self.enterContext(Site(self.dns, {STDERR: words}))

    @unittest.skipUnless(AS_ROOT, "needs a mount namespace")
    def test_journal(self):
        site = self.make_site('log = "journal";')
        folder = site.folder / "journal"
        with journal_at(folder) as journal, \
                JournalGate(site, folder) as gate:
            gate.ask(f"/{site.secrets['try']}", ip="192.0.2.77")
            # The sandbox may have told before which parts it lacks.
            start = fields_of(journal.recv(65536))
            while start["MESSAGE"][0].startswith("sandbox: "):
                start = fields_of(journal.recv(65536))
            self.assertEqual(start["SYSLOG_IDENTIFIER"], ["ddnsgate"])
            self.assertEqual(start["PRIORITY"], ["6"])
            self.assertTrue(start["MESSAGE"][0].startswith("started: "))
            self.assertNotIn("DDNSGATE_CLIENT", start)
            told = next_request(journal)
            self.assertEqual(told["DDNSGATE_CLIENT"], ["try"])
            self.assertEqual(told["DDNSGATE_WORD"], ["good"])
            self.assertEqual(told["DDNSGATE_FROM"], ["127.0.0.1"])
            self.assertEqual(told["DDNSGATE_NEW"], ["192.0.2.77"])
            self.assertEqual(told["DDNSGATE_RCODE"], ["NOERROR"])
            self.assertNotIn("DDNSGATE_REASON", told)
            self.assertTrue(told["MESSAGE"][0].startswith("client=try "))
            for value in HOSTILE:
                gate.ask("/nic/update", hostname=value, myip="192.0.2.1")
                told = next_request(journal)
                self.assertNotIn("DDNSGATE_CLIENT", told)
                self.assertEqual(len(told["DDNSGATE_FROM"]), 1)
            self.assertEqual(gate.log_text(), "")

    @unittest.skipUnless(AS_ROOT, "needs a mount namespace")
    def test_journal_that_nobody_reads(self):
        """It costs no request anything, and the loss is told."""
        site = self.make_site('log = "journal";')
        folder = site.folder / "journal"
        requests = 200  # far more than a socket has room for
        with journal_at(folder) as journal, \
                JournalGate(site, folder) as gate:
            for i in range(requests):
                gate.ask(f"/{site.secrets['try']}", ip=f"192.0.2.{i}")
            journal.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    journal.recv(65536)
            journal.settimeout(lab.PATIENCE_S)
            gate.ask(f"/{site.secrets['try']}", ip="192.0.2.250")
            self.assertRegex(fields_of(journal.recv(65536))["MESSAGE"][0],
                             r"^\d+ lines of the log were lost")
            self.assertIn("192.0.2.250",
                          next_request(journal)["DDNSGATE_NEW"])
            journal.close()
            reply = gate.ask(f"/{site.secrets['try']}", ip="192.0.2.251")
            self.assertIn("good", str(reply))

    @unittest.skipUnless(AS_ROOT, "needs a mount namespace")
    def test_no_journal(self):
        site = self.make_site('log = "journal";')
        with JournalGate(site, None) as gate:
            log = gate.start_log()
        self.assertIn("ddnsgate: warning: the journal cannot be reached, "
                      "the log goes to stderr", log)
        self.assertIn("ddnsgate: info: started: ", log)

    def test_json(self):
        site = self.make_site('log = "stderr"; log_format = "json";')
        with Gate(site) as gate:
            gate.ask(f"/{site.secrets['try']}", ip="192.0.2.77")
            for value in HOSTILE:
                gate.ask("/nic/update", hostname=value, myip="192.0.2.1")
            gate.ask("/nic/update", hostname=",".join(20 * ["\x01" * 200]))
            wait_until(lambda: gate.log_text().count("dialect") ==
                       2 + len(HOSTILE), "all lines")
            lines = [json.loads(line) for line in
                     gate.log_text().splitlines()]
        while lines[0]["message"].startswith("sandbox: "):
            del lines[0]
        for line in lines:
            self.assertRegex(line["time"],
                             r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertIn(line["level"], ("info", "warning"))
        self.assertTrue(lines[0]["message"].startswith("started: "))
        self.assertEqual(set(lines[0]), {"time", "level", "message"})
        told = lines[1]
        self.assertEqual(told["client"], "try")
        self.assertEqual(told["word"], ["good"])
        self.assertEqual(told["new"], ["192.0.2.77"])
        self.assertIsNone(told["reason"])
        self.assertIsInstance(told["ms"], int)
        for value, line in zip(HOSTILE, lines[2:]):
            self.assertIsNone(line["client"])
            shown = value.encode().decode("latin-1")
            if len(value) < 100 and "," not in value:
                self.assertEqual(line["hosts"], ["".join(
                    c if c <= "~" else "\ufffd" for c in shown)])


if __name__ == "__main__":
    unittest.main()
