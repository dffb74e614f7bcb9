#!/usr/bin/python3
"""The primary of examples/cluster is lost, with changes that no secondary has.

The commands of its README bring back all that was acknowledged.
"""

import os
import re
import signal
import time
import unittest

import lab
from cluster import BindPrimary, Cluster, KnotPrimary
from lab import EXAMPLES, PATIENCE_S, program, run

HOSTS = ["kept", "changed", "fresh", "removed", "both", "dual", "again"]
WORDS = {"change_burst     = 10": "change_burst = 0"}
CONF = "/etc/ddnsgate/ddnsgate.conf"


def commands(heading):
    """The indented lines below a heading of the README, as one script."""
    text = (EXAMPLES / "cluster/README.md").read_text()
    part = text.split(f"\n### {heading}\n", 1)[1].split("\n#", 1)[0]
    lines = re.findall(r"(?m)^    (\S.*)$", part)
    if not lines:
        raise ValueError(f"no commands below {heading!r}")
    return "\n".join(lines)


class Lost:
    def gate_does(self, machine, heading):
        script = commands(heading).replace(
            "ddnsgatectl", f"{os.environ['DDNSGATE_BINDIR']}/ddnsgatectl "
            f"-c {machine.conf}")
        return run("sh", "-euc", script)

    def dns_does(self, heading, secondary):
        """The secondary that has more is the one to ask."""
        primary = self.cluster.primary
        words = {"/etc/knot/transfer.key": primary.transfer_key,
                 "/etc/bind/transfer.key": primary.transfer_key,
                 "/var/lib/knot": primary.folder,
                 "/var/lib/bind": primary.folder,
                 "-p 53 ": f"-p {secondary.port} ",
                 "@198.51.100.53": "@127.0.0.1"}
        script = commands(heading)
        for word, new in words.items():
            script = script.replace(word, str(new))
        return run("sh", "-euc", script)

    def set(self, gate, host, address, **query):
        """At that gate; the caller's address is the host's."""
        reply = gate.call(address, self.cluster.secrets[host], **query)
        self.assertEqual(reply.status, 200)
        if query:
            self.acknowledged.pop((host, "A"))
            return
        self.assertIn(reply.body.strip(),
                      (f"good {address}", f"nochg {address}"))
        kind = "AAAA" if ":" in address else "A"
        self.acknowledged[host, kind] = {address}

    def next_second(self):
        """Gates compare times in seconds."""
        now = int(time.time())
        lab.wait_until(lambda: int(time.time()) > now, "a second")

    def before(self):
        """What the secondaries have."""
        one, two = self.cluster.one, self.cluster.two
        for number, host in enumerate(HOSTS):
            if host != "fresh":
                self.set(one, host, f"192.0.2.{number + 1}")
        self.set(two, "dual", "2001:db8::1")
        self.cluster.wait_for_secondaries()

    def unseen(self):
        """What they do not get."""
        one, two = self.cluster.one, self.cluster.two
        self.next_second()
        self.set(one, "changed", "198.51.100.1")
        self.set(one, "fresh", "198.51.100.2")
        self.set(one, "removed", "192.0.2.4", offline="yes")
        # On Monday here, on Tuesday there; and home again.
        self.set(one, "both", "198.51.100.3")
        self.set(one, "again", "198.51.100.4")
        self.set(one, "dual", "198.51.100.5")
        self.next_second()
        self.set(two, "both", "203.0.113.3")
        self.set(two, "again", "203.0.113.4")
        self.set(two, "dual", "2001:db8::2")
        self.next_second()
        self.set(one, "again", "198.51.100.4")
        self.set(one, "dual", "198.51.100.6")

    def lose(self):
        cluster = self.cluster
        for secondary in cluster.secondaries:
            secondary.stop()
        self.unseen()
        cluster.primary.lose()
        for secondary in cluster.secondaries:
            secondary.start()
        # Nothing is acknowledged any more.
        self.assertEqual(cluster.call("192.0.2.99", "kept")[0], 503)

    def new_primary(self):
        """Gives what the world has had since."""
        cluster = self.cluster
        self.dns_does(f"The zone, for {cluster.primary.kind}",
                      max(cluster.secondaries,
                          key=lambda server: server.zone_now()[1]))
        cluster.primary.start()
        return cluster.primary.zone_now()

    def check_is_back(self, old_serial):
        found, serial = self.cluster.primary.zone_now()
        self.assertEqual(found, self.acknowledged)
        self.assertGreater(serial, old_serial)
        self.cluster.wait_for_secondaries()

    def run_all(self, gate_is_lost):
        self.acknowledged = {}
        with Cluster(self.primary, HOSTS, WORDS) as self.cluster:
            one, two = self.cluster.one, self.cluster.two
            self.before()
            before = dict(self.acknowledged)
            self.lose()
            gates = [one, two]
            if gate_is_lost:
                two.ship(one)  # a minute ago
                two.gate.stop(signal.SIGKILL)
                two.web.stop(signal.SIGKILL)
                gates = [one]
            for gate in gates:
                self.gate_does(gate, "Keep clients away")
            found, serial = self.new_primary()
            self.assertEqual(found, before)
            self.assertIn("draining", one.gate.ask("/ready").body)
            for gate in gates:
                gate.ship(*(other for other in (one, two) if other != gate))
            told = self.gate_does(gates[-1], "Restore")
            self.assertIn("7 set, 1 there already, 0 left as they are, 0 "
                          "failed", told)
            for gate in gates:
                self.gate_does(gate, "Let clients in")
            self.check_is_back(serial)
            # And there is nothing to do on any gate.
            for gate in gates:
                self.assertIn("\n0 set, ",
                              "\n" + gate.ctl("restore", "--since", "1"))
            lab.wait_until(
                lambda: self.cluster.call("192.0.2.99", "kept")[0] == 200,
                "it serves again")

    def test_primary(self):
        self.run_all(gate_is_lost=False)

    def test_primary_and_a_gate(self):
        self.run_all(gate_is_lost=True)


class KnotLost(Lost, unittest.TestCase):
    primary = KnotPrimary


class BindLost(Lost, unittest.TestCase):
    primary = BindPrimary


if __name__ == "__main__":
    unittest.main()
