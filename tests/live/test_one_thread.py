#!/usr/bin/python3
"""A process of one thread, as a process manager starts many of: it waits for
connections in accept(2) itself, and still stops when it is told to."""

import contextlib
import threading
import time
import unittest

from lab import Gate, Knot, Site

LISTEN = "unix", "tcp", "systemd"
IDLE_S = 0.3  # longer than it waits in accept(2)
CALLERS = 3


class OneThread(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dns = cls.enterClassContext(Knot())
        cls.site = cls.enterClassContext(Site(cls.dns))
        cls.path = f"/{cls.site.secrets['try']}"

    @contextlib.contextmanager
    def gate(self, listen):
        with self.subTest(listen), \
                Gate(self.site, listen=listen, threads=1) as gate:
            yield gate

    def ask(self, gate):
        self.assertEqual(gate.ask("/health").body, "OK")

    def test_updates(self):
        for number, listen in enumerate(LISTEN):
            address = f"192.0.2.{10 + number}"
            with self.gate(listen) as gate:
                for word in "good", "nochg":
                    reply = gate.ask(self.path, ip=address)
                    self.assertEqual(reply.body, f"{word} {address}")

    def test_serves_before_and_after_it_was_idle(self):
        for listen in LISTEN:
            with self.gate(listen) as gate:
                for pause_s in 0, IDLE_S, 0:
                    time.sleep(pause_s)
                    self.ask(gate)

    def test_stops_at_once_and_when_it_was_idle(self):
        for listen in LISTEN:
            for pause_s in 0, IDLE_S:
                with self.gate(listen) as gate:
                    self.ask(gate)
                    time.sleep(pause_s)
                    self.assertEqual(gate.stop(), 0)

    def test_stops_though_callers_leave_it_no_pause(self):
        def call():
            with contextlib.suppress(Exception):  # it is gone
                while True:
                    gate.ask("/health")
                    served.set()

        for listen in LISTEN:
            with self.gate(listen) as gate:
                served = threading.Event()
                callers = [threading.Thread(target=call)
                           for _ in range(CALLERS)]
                for caller in callers:
                    caller.start()
                served.wait()
                self.assertEqual(gate.stop(), 0)
                for caller in callers:
                    caller.join()


if __name__ == "__main__":
    unittest.main()
