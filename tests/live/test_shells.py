#!/usr/bin/python3
"""How ddnsgate starts, listens, stops, and bears with odd peers."""

import concurrent.futures
import contextlib
import os
import pathlib
import re
import resource
import select
import signal
import socket
import stat
import subprocess
import threading
import unittest

from fakedns import UPDATE, FakeServers
from lab import (HEADER, PARAMS, PATIENCE_S, STDIN, WEB_SETUPS, ZONE, Apache,
                 Gate, HeldDns, Knot, Nginx, Site, curl, fastcgi_reply,
                 fastcgi_request, record, wait_until, web_setup)

DESKS_PER_PROCESSOR = 4
KEEP_CONNECTIONS = {
    "server {": "upstream gate { server ADDRESS; keepalive 8; }\nserver {",
    "fastcgi_pass ADDRESS;": "fastcgi_pass gate; fastcgi_keep_conn on;",
}


def gate_program():
    return pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgate")


class WithSite(unittest.TestCase):
    """One DNS server and configuration for all tests of a class."""

    @classmethod
    def setUpClass(cls):
        cls.dns = cls.enterClassContext(Knot())
        cls.site = cls.enterClassContext(Site(cls.dns))
        cls.secret = cls.site.secrets["try"]

    def assert_served(self, reply, address="127.0.0.1"):
        self.assertIn(reply.body, (f"good {address}", f"nochg {address}"))


class Sockets(WithSite):
    def test_listeners(self):
        for listen in "unix", "tcp", "systemd":
            with self.subTest(listen), Gate(self.site, listen) as gate:
                with Nginx(gate) as web:
                    self.assert_served(curl(web.url(self.secret)))
                self.assertEqual(gate.stop(), 0)

    def test_mode(self):
        with Gate(self.site) as gate:
            mode = gate.socket_path.stat().st_mode
            self.assertEqual(stat.S_IMODE(mode), 0o660)

    def test_socket_is_removed(self):
        with Gate(self.site) as gate:
            self.assertEqual(gate.stop(), 0)
            self.assertFalse(gate.socket_path.exists())

    def test_stale_one_is_replaced(self):
        with Gate(self.site) as gate, Nginx(gate) as web:
            gate.stop(signal.SIGKILL)
            self.assertTrue(gate.socket_path.exists())
            gate.start()
            self.assert_served(curl(web.url(self.secret)))

    def test_live_one_is_left(self):
        with Gate(self.site) as gate, Nginx(gate) as web:
            second = subprocess.run(gate.command(), capture_output=True,
                                    text=True, timeout=PATIENCE_S)
            self.assertEqual(second.returncode, 1)
            self.assertIn("in use", second.stderr)
            self.assert_served(curl(web.url(self.secret)))


    def test_stdin_that_does_not_listen(self):
        """libfcgi would take the UDP socket, and most others for CGI."""
        with socket.socket(type=socket.SOCK_DGRAM) as datagrams, \
                socket.socket() as stream, open(os.devnull) as nothing:
            for name, stdin in (("UDP", datagrams), ("TCP", stream),
                                ("/dev/null", nothing)):
                with self.subTest(name):
                    ended = subprocess.run(
                        [gate_program(), "-c", self.site.conf], stdin=stdin,
                        capture_output=True, text=True, timeout=PATIENCE_S)
                    self.assertEqual(ended.returncode, 2)
                    self.assertIn("no socket", ended.stderr)
                    self.assertEqual(ended.stdout, "")


def is_pending(server, signum):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
    pending = re.search(r"ShdPnd:\s*(\w+)", status)[1]
    return int(pending, 16) >> (signum - 1) & 1


class Stopping(unittest.TestCase):
    """A request in flight is answered, whoever wants to stop."""

    def setUp(self):
        dns = self.enterContext(Knot())
        self.held = self.enterContext(HeldDns(dns))
        self.site = self.enterContext(Site(self.held))
        self.pool = self.enterContext(
            concurrent.futures.ThreadPoolExecutor())

    def start_request(self, web):
        reply = self.pool.submit(curl, web.url(self.site.secrets["try"]))
        self.assertTrue(self.held.arrived.wait(PATIENCE_S))
        return reply

    def test_sigterm(self):
        for listen in "unix", "tcp":
            with self.subTest(listen), Gate(self.site, listen) as gate, \
                    Nginx(gate) as web:
                self.held.hold()
                reply = self.start_request(web)
                gate.process.terminate()
                wait_until(lambda: not is_pending(gate, signal.SIGTERM),
                           "the signal is taken")
                self.assertIsNone(gate.process.poll())
                self.held.released.set()
                self.assertRegex(reply.result().body, "^(good|nochg) 127")
                self.assertEqual(gate.process.wait(PATIENCE_S), 0)

    def test_apache_graceful(self):
        with Apache("mod_fcgid", site=self.site) as web:
            reply = self.start_request(web)
            web.process.send_signal(signal.SIGUSR1)
            wait_until(lambda: "Doing graceful restart" in web.log_text(),
                       "the restart")
            self.held.released.set()
            self.assertEqual(reply.result().body, "good 127.0.0.1")
            self.assertEqual(curl(web.url(self.site.secrets["try"])).body,
                             "nochg 127.0.0.1")


class OddPeers(WithSite):
    """Peers of the FastCGI socket that are no web servers."""

    begun = fastcgi_request("/health")
    STUCK = (
        ("says nothing", b""),
        ("part of a header", begun[:3]),
        ("header without its content", begun[:HEADER.size]),
        ("no end of the parameters", begun[:HEADER.size * 3]),
        ("asks for values and stops", record(9)[:4]),
    )

    def ask(self, gate):
        with gate.connection() as stream:
            stream.sendall(fastcgi_request(f"/{self.secret}"))
            return fastcgi_reply(stream)

    def test_stuck(self):
        """Each holds a worker, but not for ever."""
        for listen in "unix", "tcp":
            with Gate(self.site, listen, threads=len(self.STUCK)) as gate, \
                    contextlib.ExitStack() as stack:
                streams = [stack.enter_context(gate.connection())
                           for _ in self.STUCK]
                for stream, (_, sent) in zip(streams, self.STUCK):
                    stream.sendall(sent)
                self.assertIn("Status: 200", self.ask(gate))
                for stream, (name, _) in zip(streams, self.STUCK):
                    with self.subTest(f"{listen}, {name}"):
                        self.assertNotIn("Status: 200", fastcgi_reply(stream))

    def test_slow_peers(self):
        """More of them than there are desks, and others are served."""
        form = fastcgi_request(
            f"/{self.secret}", b"ip=127.0.0.1", REQUEST_METHOD="POST",
            CONTENT_LENGTH="12",
            CONTENT_TYPE="application/x-www-form-urlencoded")
        desks = DESKS_PER_PROCESSOR * os.cpu_count()
        for name, sent in (("nothing", b""), ("half a body", form[:-20])):
            with self.subTest(name), \
                    Gate(self.site, threads=2 * desks + 2) as gate:
                # Unless the machine is slow, and they are cut off before.
                wait_until(lambda: self.serves_beside(
                    gate, desks + 1, sent), "others are served meanwhile")

    def serves_beside(self, gate, count, sent):
        with contextlib.ExitStack() as stack:
            streams = [stack.enter_context(gate.connection())
                       for _ in range(count)]
            for stream in streams:
                stream.sendall(sent)
            self.assertIn("Status: 200", self.ask(gate))
            return not select.select(streams, [], [], 0)[0]

    # The path, variables that come several times, and what the reply has.
    REPEATED = (
        ("/ip", [("HTTP_X_FORWARDED_FOR", "198.51.100.66"),
                 ("HTTP_X_FORWARDED_FOR", "192.0.2.7")], "192.0.2.7"),
        ("/ip", [("HTTP_X_FORWARDED_FOR", "198.51.100.66, 192.0.2.7"),
                 ("HTTP_X_FORWARDED_FOR", "127.0.0.1")], "192.0.2.7"),
        ("/ip", [("HTTP_X_FORWARDED_FOR", "192.0.2.7"),
                 ("HTTP_X_FORWARDED_FOR", "unknown")], "911"),
        ("/ip", [("REMOTE_ADDR", "192.0.2.8")], "192.0.2.8"),
    )

    def test_repeated_variables(self):
        """nginx before 1.23 passes each line of a header by itself."""
        proxied = {'// trusted_proxies = [ "192.0.2.80/32" ];':
                   'trusted_proxies = [ "127.0.0.1/32" ];'}
        with Site(self.dns, proxied) as site, Gate(site) as gate:
            for path, repeated, body in self.REPEATED:
                with self.subTest(str(repeated)), \
                        gate.connection() as stream:
                    stream.sendall(fastcgi_request(path, repeated=repeated))
                    reply = fastcgi_reply(stream)
                    self.assertTrue(reply.endswith("\r\n" + body), reply)

    def test_cut_off(self):
        """Without the end of its parameters, who knows what was asked?"""
        whole = fastcgi_request(f"/{self.secret}")
        cut_off = whole.removesuffix(record(PARAMS) + record(STDIN))
        self.assertLess(len(cut_off), len(whole))
        with Gate(self.site) as gate, gate.connection() as stream:
            stream.sendall(cut_off)
            stream.shutdown(socket.SHUT_WR)
            self.assertNotIn("Status: 200", fastcgi_reply(stream))

    def test_gone_before_the_reply(self):
        with Gate(self.site, threads=1) as gate:
            for _ in range(20):
                with gate.connection() as stream:
                    stream.sendall(fastcgi_request(f"/{self.secret}"))
            self.assertIn("Status: 200", self.ask(gate))

    def test_body_that_is_not_read(self):
        """Nor does its rest come up as the next request."""
        with Gate(self.site, threads=1) as gate:
            with gate.connection() as stream:
                stream.sendall(fastcgi_request(
                    f"/{self.secret}", b"a" * 60000, REQUEST_METHOD="POST",
                    CONTENT_LENGTH="60000"))
                self.assertIn("Status: 413", fastcgi_reply(stream))
            self.assertIn("Status: 200", self.ask(gate))

    def trickle(self, stream, ended):
        """A byte now and then, for as long as the connection is there."""
        with contextlib.suppress(OSError):
            while not ended.wait(0.1):
                stream.sendall(b"a")

    def test_body_without_end(self):
        """Whoever goes on sending holds a worker, but not for ever."""
        head = fastcgi_request(
            f"/{self.secret}", b"a" * 60000, REQUEST_METHOD="POST",
            CONTENT_LENGTH="60000")[:-HEADER.size]
        ended = threading.Event()
        with Gate(self.site, threads=1) as gate, \
                gate.connection() as stream, \
                concurrent.futures.ThreadPoolExecutor(1) as pool:
            stream.sendall(head)
            pool.submit(self.trickle, stream, ended)
            try:
                self.assertIn("Status: 200", self.ask(gate))
            finally:
                ended.set()

    def test_kept_connections(self):
        """nginx keeps 8 connections; 2 workers still serve 16 callers."""
        with Gate(self.site, threads=2) as gate:
            words = {old.replace("ADDRESS", gate.address):
                     new.replace("ADDRESS", gate.address)
                     for old, new in KEEP_CONNECTIONS.items()}
            with Nginx(gate, words) as web, \
                    concurrent.futures.ThreadPoolExecutor(16) as pool:
                for reply in pool.map(curl, [web.url(self.secret)] * 64):
                    self.assert_served(reply)


class Descriptors(unittest.TestCase):
    requests = 40
    few = 64

    @contextlib.contextmanager
    def limit(self):
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.few, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, before)

    def test_low_limit(self):
        """More requests wait than there may be descriptors at first."""
        hosts = [f"h{number}.{ZONE}" for number in range(self.requests)]
        with FakeServers() as fakes, Site(fakes) as site:
            fakes.first.hold(UPDATE)
            secret = site.add_client("home", *hosts)
            # Of so many workers all may wait for an UPDATE for long.
            with Gate(site, threads=5 * self.requests) as gate, \
                    concurrent.futures.ThreadPoolExecutor(
                        self.requests) as pool:
                with self.limit():
                    gate.stop()
                    gate.start()
                replies = [pool.submit(gate.ask, f"/{secret}/{host}",
                                       ip="192.0.2.1") for host in hosts]
                wait_until(lambda: self.descriptors(gate) > self.few,
                           "more descriptors than at first")
                fakes.first.release(UPDATE)
                self.assertEqual({reply.result().body for reply in replies},
                                 {"good 192.0.2.1"})

    def descriptors(self, gate):
        return len(os.listdir(f"/proc/{gate.process.pid}/fd"))


class Requests(WithSite):
    """What passes through each web server, and how ddnsgate takes it."""

    # What it is, the query, options of curl, the reply.
    ROWS = (
        ("form", "", {"data": "ip=192.0.2.1"}, (200, "192.0.2.1")),
        ("form and query", "?ip=192.0.2.1", {"data": "ip6=2001:db8::1"},
         (200, "192.0.2.1,2001:db8::1")),
        ("form without type", "", {"data": "ip=192.0.2.2",
                                   "header": "Content-Type:"},
         (200, "192.0.2.2")),
        ("empty form", "", {"data": ""}, (200, "127.0.0.1")),
        ("form of 16 KiB", "",
         {"data": "ip=192.0.2.3&x=" + (16384 - 15) * "x"},
         (200, "192.0.2.3")),
        ("form too large", "", {"data": "ip=192.0.2.4&x=" + 16384 * "x"},
         (413, "badrequest")),
        ("HTTP/1.0", "", {"http1.0": True}, (200, "127.0.0.1")),
        ("arguments that are none", "?-c+/evil.conf", {}, (200, "127.0.0.1")),
        ("an option that is none", "?-n", {}, (200, "127.0.0.1")),
        ("HEAD", "", {"head": True}, (405, None)),
        ("OPTIONS", "", {"request": "OPTIONS"}, (405, "badrequest")),
    )

    def check(self, reply, status, body):
        self.assertEqual(reply.status, status)
        self.assertNotIn("transfer-encoding", reply.headers)
        if status == 200:
            self.assert_served(reply, body)
        elif body is not None:
            self.assertEqual(reply.body, body)

    def test_rows(self):
        for setup in WEB_SETUPS:
            with web_setup(setup, self.site) as web:
                for name, query, options, reply in self.ROWS:
                    with self.subTest(f"{setup}, {name}"):
                        self.check(curl(web.url(self.secret) + query,
                                        **options), *reply)

    def test_refused_with_its_body(self):
        """The reply arrives though nobody wants the body, every time."""
        for setup in WEB_SETUPS:
            with self.subTest(setup), web_setup(setup, self.site) as web:
                for _ in range(20):
                    self.check(curl(web.url(self.secret), data="x" * 9000,
                                    header="Content-Type: text/plain",
                                    request="DELETE"), 405, "badrequest")

    def test_chunked_form(self):
        """Its address counts, or it is refused; the caller's never does."""
        for setup in WEB_SETUPS:
            with self.subTest(setup), web_setup(setup, self.site) as web:
                reply = curl(web.url(self.secret), data="ip=192.0.2.9",
                             header="Transfer-Encoding: chunked")
                if reply.status == 200:
                    self.assert_served(reply, "192.0.2.9")
                else:
                    self.assertIn(reply.status, (400, 411, 413))


if __name__ == "__main__":
    unittest.main()
