#!/usr/bin/python3
"""A changed configuration is taken over; a spoilt one is not, and is told."""

import concurrent.futures
import os
import pathlib
import re
import shutil
import signal
import unittest

from lab import (BEGIN, PATIENCE_S, RESPONDER, Gate, HeldDns, Knot, Nginx, Site,
                 curl, program, record, wait_until, web_setup)


class HeldGate(Gate):
    """A reading of clients.list waits while the file `mark` is there."""

    def command(self):
        library = self.folder / "held_open.so"
        shutil.copy(pathlib.Path(
            os.environ["DDNSGATE_BINDIR"]).parent / "tests/held_open.so",
            library)
        self.mark = self.folder / "held"
        options = os.environ.get("ASAN_OPTIONS", "")
        return [program("env"), f"LD_PRELOAD={library}",
                "HELD_FILE=clients.list", f"HELD_WHILE={self.mark}",
                f"ASAN_OPTIONS={options}:verify_asan_link_order=0",
                *super().command()]


class Reload(unittest.TestCase):
    def wait_for(self, body, url):
        wait_until(lambda: curl(url).body == body, f"the reply {body}")

    def check_changes(self, site, url_of, log):
        secret = site.add_client("home", "h1", allow_private=True)
        self.wait_for("good 127.0.0.1", url_of(secret))
        (site.folder / "clients.d" / "home.conf").unlink()
        self.wait_for("badauth", url_of(secret))

        site.edit("ddnsgate.conf", {"ttl     = 60;": "ttl     = 0;"})
        complaint = re.compile(r"ddnsgate\.conf:\d+: .*ttl")
        try_url = url_of(site.secrets["try"])
        wait_until(lambda: curl(try_url) and complaint.search(log()),
                   "a complaint in the log")
        self.assertEqual(curl(try_url).body, "nochg 127.0.0.1")

        site.edit("ddnsgate.conf", {"ttl     = 0;": "ttl     = 60;"})
        secret = site.add_client("home", "h1", allow_private=True)
        self.wait_for("nochg 127.0.0.1", url_of(secret))

    def test_files(self):
        for setup in "mod_fcgid", "nginx":
            with self.subTest(setup), Knot() as dns, Site(dns) as site, \
                    web_setup(setup, site) as web:
                curl(web.url(site.secrets["try"]))
                logger = web.gate or web
                self.check_changes(site, web.url, logger.log_text)

    def test_sighup(self):
        with Knot() as dns, Site(dns) as site, Gate(site) as gate, \
                Nginx(gate) as web:
            gate.process.send_signal(signal.SIGHUP)
            wait_until(lambda: "reload" in gate.log_text(), "a reload")
            self.assertEqual(curl(web.url(site.secrets["try"])).body,
                             "good 127.0.0.1")

    def test_request_in_flight(self):
        """It ends with the configuration that it has started with."""
        with Knot() as dns, HeldDns(dns) as held, Site(held) as site:
            old = site.add_client("old", "h1", allow_private=True)
            with Gate(site) as gate, Nginx(gate) as web, \
                    concurrent.futures.ThreadPoolExecutor() as pool:
                flying = pool.submit(curl, web.url(old))
                self.assertTrue(held.arrived.wait(PATIENCE_S))
                (site.folder / "clients.d" / "old.conf").unlink()
                gate.process.send_signal(signal.SIGHUP)
                wait_until(lambda: "reload: " in gate.log_text(), "a reload")
                self.assertEqual(curl(web.url(old)).body, "badauth")
                held.released.set()
                self.assertEqual(flying.result().body, "good 127.0.0.1")

    def test_reading_keeps_nobody_waiting(self):
        """While it goes on, requests are served, slow peers are cut off, and
        the service ends when it is told to."""
        with Knot() as dns, Site(dns) as site, HeldGate(site) as gate:
            gate.ask("/health")
            gate.mark.touch()
            gate.process.send_signal(signal.SIGHUP)
            with gate.connection() as slow:
                slow.sendall(record(BEGIN, RESPONDER)[:-1])
                self.assertEqual(
                    gate.ask(f"/{site.secrets['try']}").body.split()[0],
                    "good")
                slow.settimeout(PATIENCE_S)
                self.assertEqual(slow.recv(1), b"")
            self.assertEqual(gate.stop(), 0)
            self.assertNotIn("reload: ", gate.log_text())

    def test_held_reading_ends(self):
        with Knot() as dns, Site(dns) as site, HeldGate(site) as gate:
            gate.ask("/health")
            gate.mark.touch()
            gate.process.send_signal(signal.SIGHUP)
            gate.ask("/health")
            gate.mark.unlink()
            wait_until(lambda: "reload: " in gate.log_text(), "a reload")


if __name__ == "__main__":
    unittest.main()
