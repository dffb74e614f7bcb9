#!/usr/bin/python3
"""A backup by the commands of examples/operation.md has the addresses.

A host is updated, the zone saved, what the server had destroyed, and what was
saved put back.  A copy of the zone file lacks the address: that is in the
journal.
"""

import re
import shutil
import unittest

from lab import (EXAMPLES, ZONE, Bind, Gate, Knot, Nginx, PowerDns, Site, curl,
                 program, run, wait_until)

ADDRESS = "192.0.2.44"


def commands(heading):
    """The indented lines below a heading, as one shell script.

    The test itself starts and stops the server.
    """
    text = (EXAMPLES / "operation.md").read_text()
    part = text.split(f"\n### {heading}\n", 1)[1].split("\n#", 1)[0]
    lines = [line for line in re.findall(r"(?m)^    (.*)$", part)
             if not line.startswith("systemctl ")]
    if not lines:
        raise ValueError(f"no commands below {heading!r}")
    return "\n".join(lines)


class Backup(unittest.TestCase):
    def do(self, server, heading, words):
        script = commands(heading)
        for word, new in words.items():
            script = script.replace(word, str(new))
        run("sh", "-euc", script, cwd=server.folder)

    def set_address(self, server):
        with Site(server) as site, Gate(site) as gate, Nginx(gate) as web:
            reply = curl(web.url(site.secrets["try"], ip=ADDRESS))
        self.assertEqual(reply.body, f"good {ADDRESS}")

    def check_is_back(self, server):
        wait_until(lambda: server.addresses("try", "A") == [ADDRESS],
                   "the address is back")

    def test_knot(self):
        for dnssec in False, True:
            with self.subTest(dnssec=dnssec), Knot(dnssec) as server:
                words = {"/var/backups": server.folder / "saved",
                         "knotc ": f"{program('knotc')} -b "
                         f"-s {server.folder}/knot.sock "}
                (server.folder / "saved").mkdir()
                zone_file = server.folder / f"{ZONE}.zone"
                self.set_address(server)
                self.do(server, "Knot DNS: save", words)
                self.assertNotIn(ADDRESS, zone_file.read_text())
                server.stop()
                for lost in "journal", "timers", "keys":
                    shutil.rmtree(server.folder / lost, ignore_errors=True)
                server.start()
                self.assertEqual(server.addresses("try", "A"), [])
                self.do(server, "Knot DNS: put back", words)
                self.check_is_back(server)
                server.stop()
                server.start()
                self.check_is_back(server)

    def test_bind(self):
        with Bind() as server:
            words = {"/var/backups": server.folder / "saved",
                     "/var/lib/bind": server.folder}
            (server.folder / "saved").mkdir()
            zone_file = server.folder / f"{ZONE}.zone"
            self.set_address(server)
            self.assertNotIn(ADDRESS, zone_file.read_text())
            self.do(server, "BIND: save", words)
            server.stop()
            shutil.copy(EXAMPLES / Bind.zone_file, zone_file)
            for journal in server.folder.glob("*.jnl"):
                journal.unlink()
            server.start()
            self.assertEqual(server.addresses("try", "A"), [])
            server.stop()
            self.do(server, "BIND: put back", words)
            server.start()
            self.check_is_back(server)

    def test_powerdns(self):
        with PowerDns() as server:
            words = {"/var/backups": server.folder / "saved",
                     "/var/lib/powerdns": server.folder}
            (server.folder / "saved").mkdir()
            self.set_address(server)
            self.do(server, "PowerDNS: save", words)
            server.stop()
            for lost in server.folder.glob("pdns.sqlite3*"):
                lost.unlink()
            self.do(server, "PowerDNS: put back", words)
            server.start()
            self.check_is_back(server)


if __name__ == "__main__":
    unittest.main()
