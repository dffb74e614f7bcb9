#!/usr/bin/python3
"""Peers that do not send, do not close, or announce what is not there.

What decides is which requests are answered while others are held, not when.
"""

import contextlib
import pathlib
import re
import select
import socket
import struct
import unittest

from lab import (BEGIN, HEADER, PARAMS, PATIENCE_S, RESPONDER, STDIN, Apache,
                 Caddy, Gate, Haproxy, Knot, Lighttpd, Nginx, Site, cgi_reply,
                 curl, fastcgi_reply, fastcgi_request, record, wait_until)

THREADS = 16
SHARE = THREADS // 2  # that may wait
PEERS = 40
GAVE_WAY = "too many requests wait for their bodies"
TIMED_OUT = "reason=malformed"
FORM = "application/x-www-form-urlencoded"
MIB = 1 << 20
GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = 9, 10, 11


class WithSite(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dns = cls.enterClassContext(Knot())
        cls.site = cls.enterClassContext(Site(cls.dns))
        cls.secret = cls.site.secrets["try"]

    def ask(self, gate):
        with gate.connection() as stream:
            stream.sendall(fastcgi_request(f"/{self.secret}"))
            return fastcgi_reply(stream)


def is_gone(stream):
    """Has the other side closed, not only ended its output?"""
    waiting = select.poll()
    waiting.register(stream, 0)
    return bool(waiting.poll(0))  # POLLHUP, POLLERR


def let_go(gate):
    """How many requests have got a reply in place of their bodies."""
    text = gate.log_text()
    return text.count(GAVE_WAY) + text.count(TIMED_OUT)


def post(path, body, **variables):
    return fastcgi_request(path, body, **{
        "REQUEST_METHOD": "POST", "CONTENT_LENGTH": "12",
        "CONTENT_TYPE": FORM, **variables})


class Direct(WithSite):
    """Peers on the FastCGI socket itself."""

    whole = fastcgi_request("/health")
    end = HEADER.size  # of the last record, without content
    # What each sends.
    PEERS_SEND = (
        ("nothing", b""),
        ("part of a header", whole[:3]),
        ("part of the variables", whole[:HEADER.size * 3]),
        ("no end of the variables", whole[:-2 * end]),
        ("no body", post("/nic/update", b"ip=192.0.2.1")[:-2 * end - 12]),
        ("half a body", post("/nic/update", b"ip=192.0.2.1")[:-end - 6]),
        ("no end of a GET's body", fastcgi_request("/nic/update")[:-end]),
        ("no end of a body of unknown length",
         post("/nic/update", b"ip=", CONTENT_LENGTH="")[:-end]),
        ("no close behind the reply", whole[:-end]),
    )

    def test_others_are_served(self):
        """No more than the share is held, and others are served meanwhile."""
        for name, sent in self.PEERS_SEND:
            with self.subTest(name), Gate(self.site, threads=THREADS) as gate:
                # Again if the machine is so slow that all were cut off.
                wait_until(lambda: self.serves_beside(gate, sent),
                           "others are served while some are held")

    def serves_beside(self, gate, sent):
        with contextlib.ExitStack() as stack:
            streams = [stack.enter_context(gate.connection())
                       for _ in range(PEERS)]
            for stream in streams:
                stream.sendall(sent)
            wait_until(lambda: sum(map(is_gone, streams)) >= PEERS - SHARE,
                       "all beyond the share are let go")
            self.assertIn("Status: 200", self.ask(gate))
            return not all(map(is_gone, streams))

    def test_newest_is_kept(self):
        """An honest body that is a little late comes in, all the same."""
        with Gate(self.site, threads=THREADS) as gate:
            # Again if the machine is so slow that it is too late.
            wait_until(lambda: self.takes_late_body(gate), "a late body")
            self.assertRegex(gate.log_text(), f'warning: .*"{GAVE_WAY}"')

    def takes_late_body(self, gate):
        late = post(f"/{self.secret}", b"ip=127.0.0.1")
        idle = post("/nic/update", b"ip=127.0.0.1")[:-2 * self.end - 12]
        before = let_go(gate)
        with contextlib.ExitStack() as stack:
            for _ in range(PEERS):
                stack.enter_context(gate.connection()).sendall(idle)
            wait_until(lambda: let_go(gate) - before >= PEERS - SHARE,
                       "all beyond the share are let go")
            with gate.connection() as stream:
                stream.sendall(late[:-2 * self.end - 12])
                self.assertIn("Status: 200", self.ask(gate))
                stream.sendall(late[-2 * self.end - 12:])
                reply = cgi_reply(fastcgi_reply(stream))
        self.assertIn(reply.status, (200, 400))
        return reply.status == 200

    def test_one_that_gives_way_is_told(self):
        idle = post("/nic/update", b"ip=127.0.0.1")[:-2 * self.end - 12]
        with Gate(self.site, threads=2) as gate, \
                gate.connection() as first, gate.connection() as second:
            first.sendall(idle)
            second.sendall(idle)
            ready, _, _ = select.select([first, second], [], [], PATIENCE_S)
            reply = cgi_reply(fastcgi_reply(ready[0]))
            self.assertEqual((reply.status, reply.body), (503, "911"))
            self.assertIn("retry-after", reply.headers)
            self.assertEqual(reply.headers["x-ddns-reason"], [GAVE_WAY])

    def test_refused_without_the_body(self):
        """Nothing but the reply ends these waits."""
        rows = (
            ("unknown secret", f"/{'x' * 20}", {}, 404),
            ("method", "/nic/update", {"REQUEST_METHOD": "DELETE"}, 405),
            ("length", "/nic/update", {"CONTENT_LENGTH": "16385"}, 413),
            ("type", "/nic/update", {"CONTENT_TYPE": "text/plain"}, 415),
            ("coding", "/nic/update", {"HTTP_CONTENT_ENCODING": "br"}, 415),
        )
        with Gate(self.site, threads=THREADS) as gate:
            for name, path, variables, status in rows:
                with self.subTest(name), gate.connection() as stream:
                    stream.sendall(post(path, b"", **variables)[:-self.end])
                    self.assertEqual(cgi_reply(fastcgi_reply(stream)).status,
                                     status)
            self.assertNotIn(TIMED_OUT, gate.log_text())


class Records(WithSite):
    """FastCGI's records, in all ways that are allowed, and some others."""

    def exchange(self, gate, *parts):
        with gate.connection() as stream:
            for part in parts:
                stream.sendall(part)
            return fastcgi_reply(stream)

    def test_small_pieces(self):
        """A Unix socket holds some 70 pieces, however small."""
        request = post(f"/{self.secret}", b"ip=127.0.0.1",
                       HTTP_COOKIE=120 * "a")
        for listen, size in ("unix", 7), ("tcp", 1):
            with self.subTest(listen), Gate(self.site, listen) as gate:
                self.assertIn("Status: 200", self.exchange(
                    gate, *(request[i:i + size]
                            for i in range(0, len(request), size))))

    def test_padding(self):
        def pad(kind, content, padding):
            return (HEADER.pack(1, kind, 1, len(content), padding) + content +
                    padding * b"\1")

        pairs = b"".join(
            struct.pack("!BB", len(name), len(value)) + (name + value).encode()
            for name, value in (("REQUEST_METHOD", "GET"),
                                ("SCRIPT_NAME", f"/{self.secret}"),
                                ("REMOTE_ADDR", "127.0.0.1")))
        with Gate(self.site) as gate:
            for padding in 0, 1, 7, 255:
                with self.subTest(padding=padding):
                    # Not of the other records: no web server does that, and
                    # libfcgi does not take it.
                    self.assertIn("Status: 200", self.exchange(
                        gate, record(BEGIN, RESPONDER),
                        pad(PARAMS, pairs[:9], padding),
                        pad(PARAMS, pairs[9:], padding),
                        record(PARAMS), record(STDIN)))

    def highest_memory(self, gate):
        status = pathlib.Path(f"/proc/{gate.process.pid}/status").read_text()
        return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) * 1024

    def test_huge_variable(self):
        """Nobody takes memory by saying that there will be much."""
        huge = struct.pack("!BI", 1, 1 << 31 | 512 * MIB) + b"A" + 60000 * b"x"
        begin = record(BEGIN, RESPONDER)
        with Gate(self.site) as gate:
            self.assertIn("Status: 200", self.ask(gate))
            before = self.highest_memory(gate)
            for name, sent in (
                    ("announced", begin + record(PARAMS, huge) +
                     record(PARAMS) + record(STDIN)),
                    ("sent", begin + 3 * record(PARAMS, huge)),
                    ("asked for", record(GET_VALUES, huge) +
                     begin + record(PARAMS, huge) + record(PARAMS))):
                with self.subTest(name), contextlib.suppress(
                        BrokenPipeError, ConnectionResetError):
                    self.assertEqual(self.exchange(gate, sent), "")
            self.assertIn("Status: 200", self.ask(gate))
            self.assertLess(self.highest_memory(gate) - before, 100 * MIB)
            self.assertEqual(gate.log_text().count("not logged again"), 1)

    def test_values(self):
        """HAProxy's "option get-values" asks, and waits for the answer."""
        def ask(kind, content=b""):
            return HEADER.pack(1, kind, 0, len(content), 0) + content

        names = b"\x0e\0FCGI_MAX_CONNS" * 12
        with Gate(self.site) as gate, gate.connection() as stream:
            for sent, answer, size in (
                    (ask(GET_VALUES, names), GET_VALUES_RESULT, 51),
                    (ask(77), UNKNOWN_TYPE, 8)):
                stream.sendall(sent)
                head = stream.recv(HEADER.size, socket.MSG_WAITALL)
                _, kind, number, length, _ = HEADER.unpack(head)
                self.assertEqual((kind, number, length), (answer, 0, size))
                content = stream.recv(length, socket.MSG_WAITALL)
                if kind == GET_VALUES_RESULT:
                    self.assertIn(b"\x0f\1FCGI_MPXS_CONNS0", content)
            stream.sendall(fastcgi_request(f"/{self.secret}"))
            self.assertIn("Status: 200", fastcgi_reply(stream))

    def test_no_web_server(self):
        whole = fastcgi_request(f"/{self.secret}")
        second = record(BEGIN, RESPONDER).replace(b"\0\1", b"\0\2", 1)
        with Gate(self.site) as gate:
            for name, sent in (
                    ("HTTP", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                    ("given up", whole[:-2 * HEADER.size] + record(2)),
                    ("two requests", whole[:16] + second + whole[16:]),
                    ("another role", record(BEGIN, b"\0\2" + RESPONDER[2:]) +
                     whole[16:])):
                with self.subTest(name), contextlib.suppress(
                        BrokenPipeError, ConnectionResetError):
                    self.assertEqual(self.exchange(gate, sent), "")
            self.assertIn("Status: 200", self.ask(gate))


class BareApache(Apache):
    """Without mod_reqtimeout and mod_buffer, and so without the example's lines
    for them."""

    modules = tuple(name for name in Apache.modules if name != "reqtimeout")
    mode_modules = {"proxy_fcgi": ("proxy", "proxy_fcgi")}

    def __init__(self, **options):
        super().__init__("proxy_fcgi", **options)
        self.patient = {
            **self.mode_patience["proxy_fcgi"],
            "RequestReadTimeout header=5-10,MinRate=500 body=3,MinRate=500":
            "", "SetInputFilter BUFFER": "", "BufferSize 16384": ""}


def shipped_apache(gate):
    """With the example's own times for what the client sends."""
    web = Apache("proxy_fcgi", gate=gate)
    web.patient = web.mode_patience["proxy_fcgi"]
    return web


class IdlePosts(WithSite):
    """Forty POSTs without their bodies, through web servers."""

    IDLE = (f"POST /nic/update HTTP/1.1\r\nHost: a\r\nContent-Type: {FORM}\r\n"
            "Content-Length: 30\r\n\r\n").encode()

    def test_bare_apache(self):
        with Gate(self.site, threads=THREADS) as gate, \
                BareApache(gate=gate) as web:
            self.check(gate, web)

    def test_caddy(self):
        with Gate(self.site, threads=THREADS) as gate, Caddy(gate) as web:
            self.check(gate, web)

    def test_servers_that_have_the_form_first(self):
        """As their examples say, a single thread is held by nobody."""
        for server in Nginx, Lighttpd, Haproxy, shipped_apache:
            with self.subTest(server.__name__), \
                    Gate(self.site, threads=1) as gate, \
                    server(gate) as web, self.idle_posts(web):
                for _ in range(3):
                    self.assertEqual(curl(web.url(self.secret)).status, 200)
                self.assertEqual(let_go(gate), 0, gate.log_text())

    def test_apache_lets_go(self):
        """The example's times end each request, with a bare word."""
        with Gate(self.site, threads=THREADS) as gate, \
                shipped_apache(gate) as web, \
                self.idle_posts(web) as streams:
            for stream in streams:
                received = stream.recv(65536).decode()
                self.assertRegex(received, "HTTP/1.1 (400|408|503) ")
                self.assertRegex(received, "\r\n\r\n(badrequest|911)$")

    @contextlib.contextmanager
    def idle_posts(self, web):
        with contextlib.ExitStack() as stack:
            streams = [stack.enter_context(socket.create_connection(
                ("127.0.0.1", web.port), PATIENCE_S)) for _ in range(PEERS)]
            for stream in streams:
                stream.sendall(self.IDLE)
            yield streams

    def check(self, gate, web):
        # Again if the machine is so slow that all were cut off.
        wait_until(lambda: self.serves_beside(gate, web),
                   "others are served while some are held")

    def serves_beside(self, gate, web):
        before = let_go(gate)
        with self.idle_posts(web) as streams:
            # Who had no time to say what he wants is not in the log.
            wait_until(lambda: max(
                let_go(gate) - before,
                len(select.select(streams, [], [], 0)[0])) >= PEERS - SHARE,
                "all beyond the share are let go")
            for _ in range(THREADS):
                reply = curl(web.url(self.secret), data="ip=127.0.0.1")
                self.assertEqual(reply.status, 200)
                self.assertEqual(curl(web.url(self.secret)).status, 200)
                if let_go(gate) - before >= PEERS:
                    return False
            return True


if __name__ == "__main__":
    unittest.main()
