#!/usr/bin/python3
"""Several machines, as examples/cluster has them: a storm through HAProxy while
a gate is killed, a secondary is away, and a gate is drained.

What was acknowledged is on the primary, and on each secondary once it has
caught up.  Limits are exact on the gate to which an address belongs.
"""

import collections
import concurrent.futures
import re
import signal
import threading
import time
import unittest

from cluster import BindPrimary, Cluster, KnotPrimary, proxied_call
from lab import WRONG, wait_until

HOSTS = [f"h{number}" for number in range(12)]
NO_LIMITS = {"change_burst     = 10": "change_burst = 0",
             "failure_burst    = 20": "failure_burst = 0"}
BURST = 3
LIMITS = {"change_burst     = 10": f"change_burst = {BURST}",
          "change_interval  = 60": "change_interval = 86400",
          "failure_burst    = 20": f"failure_burst = {BURST}",
          "failure_interval = 60": "failure_interval = 86400"}


class Storm:
    """Each host moves from address to address, and tells each until it is
    acknowledged, as a client does."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.over = threading.Event()
        self.acknowledged = {}  # (host, type): {address}
        self.count = 0
        self.lock = threading.Lock()

    def __enter__(self):
        self.pool = concurrent.futures.ThreadPoolExecutor(len(HOSTS))
        self.workers = [self.pool.submit(self.move, number)
                        for number in range(len(HOSTS))]
        return self

    def __exit__(self, *_):
        self.over.set()
        self.pool.shutdown()
        for worker in self.workers:
            worker.result()

    def move(self, number):
        turn = 0
        while not self.over.is_set():
            turn += 1
            self.tell(HOSTS[number], "A",
                      f"198.51.100.{number * 20 + turn % 20}")
            self.tell(HOSTS[number], "AAAA",
                      f"2001:db8:{number:x}:{turn:x}::1")

    def tell(self, host, kind, address):
        end = time.monotonic() + 120
        while True:
            status, body = self.cluster.call(address, host)
            if status == 200:
                break
            # What may pass is 503, whatever is broken.
            if status != 503 or time.monotonic() > end:
                raise AssertionError(f"{host}: {status} {body}")
            time.sleep(0.05)
        if body not in (f"good {address}", f"nochg {address}"):
            raise AssertionError(f"{host}: {body}")
        with self.lock:
            self.acknowledged[host, kind] = {address}
            self.count += 1

    def go_on(self):
        """Until each host has been heard again, at least on average."""
        target = self.count + 2 * len(HOSTS)

        def is_there():
            for worker in self.workers:
                if worker.done():
                    worker.result()
            return self.count >= target
        wait_until(is_there, "the storm goes on")


class Storms:
    def test_storm(self):
        begun = int(time.time())
        with Cluster(self.primary, HOSTS, NO_LIMITS) as cluster:
            one, two = cluster.one, cluster.two
            with Storm(cluster) as storm:
                storm.go_on()
                two.gate.stop(signal.SIGKILL)
                storm.go_on()
                two.web.stop(signal.SIGKILL)
                storm.go_on()
                two.gate.start()
                two.web.start()
                cluster.wait_for_gates({"one", "two"})
                for secondary in cluster.secondaries:
                    secondary.stop()
                    storm.go_on()
                    secondary.start()
                one.ctl("drain", "on")
                cluster.wait_for_gates({"two"})
                storm.go_on()
                one.ctl("drain", "off")
                cluster.wait_for_gates({"one", "two"})
                storm.go_on()
            found, serial = cluster.primary.zone_now()
            self.assertEqual(found, storm.acknowledged)
            self.assertEqual(len(found), 2 * len(HOSTS))
            # More than one change in a second makes it run ahead.
            self.assertTrue(begun <= serial <= begun + storm.count +
                            time.time() - begun, serial)
            cluster.wait_for_secondaries()
            for gate in one, two:
                self.assertIn("word=good", gate.gate.log_text())


class KnotStorm(Storms, unittest.TestCase):
    primary = KnotPrimary


class BindStorm(Storms, unittest.TestCase):
    primary = BindPrimary


class Limits(unittest.TestCase):
    def test_limits(self):
        names = [f"c{number}" for number in range(8)]
        with Cluster(KnotPrimary, names, LIMITS) as cluster:
            gates = collections.Counter()
            for number, name in enumerate(names):
                with self.subTest(name):
                    self.check_changes(cluster, f"198.51.100.{number}", name)
                gates[cluster.gate_of(f"198.51.100.{number}")] += 1
            self.assertEqual(set(gates), {"one", "two"})
            for number in range(8):
                with self.subTest(number):
                    self.check_failures(
                        cluster, [f"203.0.113.{number}"] * 2 * BURST)
                    # Every address of a network counts as the same.
                    self.check_failures(cluster, [
                        f"2001:db8:0:{number:x}::{last:x}"
                        for last in range(2 * BURST)])

    def check_changes(self, cluster, source, name):
        told = [cluster.call(source, name, f"?ip=192.0.2.{turn}")
                for turn in range(2 * BURST)]
        self.assertEqual(told[:BURST], [(200, f"good 192.0.2.{turn}")
                                        for turn in range(BURST)])
        self.assertEqual({body for _, body in told[BURST:]}, {"abuse"})

    def check_failures(self, cluster, sources):
        told = [proxied_call(cluster.front.port, source, WRONG)
                for source in sources]
        self.assertEqual(len({headers["x-gate"] for _, headers, _ in told}), 1)
        words = [body.strip() for _, _, body in told]
        self.assertEqual(words, BURST * ["badauth"] + BURST * ["abuse"])


class Tables(unittest.TestCase):
    def test_clients_are_shipped(self):
        """A new client is served by both, one that was removed by none."""
        with Cluster(KnotPrimary, ["a"], NO_LIMITS) as cluster:
            one, two = cluster.one, cluster.two
            added = one.ctl("add", "b", "b")
            secret = re.search(r"https://ddns.example.org/(\w+)", added)[1]
            one.ship(two)
            wait_until(lambda: two.call("192.0.2.7", secret).status == 200,
                       "it is served by the other gate")
            self.assertEqual(one.call("192.0.2.7", secret).body.strip(),
                             "nochg 192.0.2.7")
            one.ctl("remove", "b")
            one.ship(two)
            wait_until(lambda: two.call("192.0.2.7", secret).status == 404,
                       "the other gate has forgotten it")
            # What the other has acknowledged is known here; see restore.
            two.ship(one)
            self.assertEqual((one.state / "seen.d/two").read_bytes(),
                             (two.state / "seen").read_bytes())
            self.assertFalse((two.etc / "clients.d/b.conf").exists())
            self.assertEqual(
                (two.etc / "clients.list").read_text(),
                (one.etc / "clients.list").read_text())


if __name__ == "__main__":
    unittest.main()
