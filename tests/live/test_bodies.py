#!/usr/bin/python3
"""Bodies in all the ways in which they come, and HEAD, which has none.

A body that is not read is worse than one that is refused: then the caller's
own address is set, and the client is told that all went well.
"""

import contextlib
import os
import pathlib
import socket
import subprocess
import unittest

from lab import (MORE_WEB_SETUPS, PATIENCE_S, STDIN, WEB_SETUPS, ZONE, Gate,
                 Knot, Nginx, Site, curl, fastcgi_reply, fastcgi_request,
                 program, record, web_setup)

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
ALL_WEB_SETUPS = WEB_SETUPS + MORE_WEB_SETUPS
UNBUFFERED = {"include fastcgi_params;":
              "fastcgi_request_buffering off; include fastcgi_params;"}


class WithSite(unittest.TestCase):
    number = 0

    @classmethod
    def setUpClass(cls):
        cls.dns = cls.enterClassContext(Knot())
        cls.site = cls.enterClassContext(Site(cls.dns))
        cls.secret = cls.site.add_client(
            "body", f"b1.{ZONE}", allow_private=True)

    def fresh(self):
        """An address that DNS does not have yet."""
        WithSite.number += 1
        return f"192.0.2.{WithSite.number}"

    def check_good(self, status, body, address):
        self.assertEqual((status, body), (200, f"good {address}"))
        self.assertEqual(self.dns.addresses("b1", "A"), [address])

    def bodies(self):
        """What it is, its type, the body, its address."""
        for name, content, text in (
                ("form", FORM, "myip={}"), ("JSON", JSON, '{{"myip":"{}"}}'),
                ("JSON as a form", FORM, '{{"myip":"{}"}}')):
            address = self.fresh()
            yield name, content, text.format(address), address


class ThroughWebServers(WithSite):
    def test_length(self):
        for setup in ALL_WEB_SETUPS:
            with web_setup(setup, self.site) as web:
                for name, content, body, address in self.bodies():
                    with self.subTest(f"{setup}, {name}"):
                        reply = curl(web.url(self.secret), data=body,
                                     header=f"Content-Type: {content}")
                        self.check_good(reply.status, reply.body, address)

    def test_chunked(self):
        for setup in ALL_WEB_SETUPS:
            with web_setup(setup, self.site) as web:
                for name, content, body, address in self.bodies():
                    with self.subTest(f"{setup}, {name}"):
                        self.check_chunked(web, content, body, address)

    def check_chunked(self, web, content, body, address):
        request = (f"POST /{self.secret} HTTP/1.1\r\nHost: x\r\n"
                   f"Content-Type: {content}\r\nConnection: close\r\n"
                   "Transfer-Encoding: chunked\r\n\r\n"
                   f"1\r\n{body[0]}\r\n"
                   f"{len(body) - 1:x}\r\n{body[1:]}\r\n0\r\n\r\n")
        with socket.create_connection(("127.0.0.1", web.port)) as stream:
            stream.settimeout(PATIENCE_S)
            stream.sendall(request.encode())
            reply = b"".join(iter(lambda: stream.recv(65536), b"")).decode()
        head, text = reply.split("\r\n\r\n", 1)
        self.check_good(int(head.split()[1]), text, address)

    def test_compressed(self):
        """Nobody here uncompresses it, so it is not read as if it were."""
        for setup in ALL_WEB_SETUPS:
            with self.subTest(setup), web_setup(setup, self.site) as web:
                before = self.dns.addresses("b1", "A")
                reply = curl(web.url(self.secret), data="myip=192.0.2.200",
                             header="Content-Encoding: gzip")
                self.assertEqual((reply.status, reply.body),
                                 (415, "badrequest"))
                self.assertEqual(self.dns.addresses("b1", "A"), before)

    def test_head(self):
        for setup in ALL_WEB_SETUPS:
            with web_setup(setup, self.site) as web:
                for path, status, length in (
                        ("health", 200, "2"), ("ip", 200, "9"),
                        ("checkip", 200, None), (self.secret, 405, None),
                        ("nic/update", 405, None), ("x" * 20, 405, None)):
                    with self.subTest(f"{setup}, {path}"):
                        self.check_head(web, path, status, length)

    def check_head(self, web, path, status, length):
        """Over a bare socket: curl would not show a body."""
        with socket.create_connection(("127.0.0.1", web.port)) as stream:
            stream.settimeout(PATIENCE_S)
            stream.sendall(f"HEAD /{path} HTTP/1.0\r\n\r\n".encode())
            reply = b"".join(iter(lambda: stream.recv(65536), b"")).decode()
        head, body = reply.split("\r\n\r\n", 1)
        self.assertEqual((int(head.split()[1]), body), (status, ""))
        if length:
            self.assertIn(f"\r\ncontent-length: {length}\r\n",
                          head.lower() + "\r\n")
        if status == 405:
            self.assertRegex(head, "(?i)\r\nallow: get, post, put(\r\n|$)")


class ThroughNginx(WithSite):
    """Ways of its own: HTTP/2, where no length need be told, and bodies that
    are passed on as they come."""

    @contextlib.contextmanager
    def nginx(self, http2, buffered):
        with Gate(self.site) as gate:
            web = Nginx(gate, {} if buffered else dict(UNBUFFERED))
            if http2:
                plain = f"listen 127.0.0.1:{web.port};"
                web.extra_words[plain] = plain[:-1] + " http2;"
            with web:
                yield web

    def send(self, web, http2, body, content):
        """curl does not know how long its standard input is."""
        done = subprocess.run(
            [program("curl"), "-s", "-X", "POST", "-T", "-", "-m",
             str(PATIENCE_S), "-H", f"Content-Type: {content}", "-H",
             "Expect:", "-w", "%{stderr}%{http_code} %{http_version}",
             *(["--http2-prior-knowledge"] if http2 else []),
             web.url(self.secret)],
            input=body, text=True, capture_output=True, check=True)
        status, version = done.stderr.split()
        self.assertEqual(version, "2" if http2 else "1.1")
        return int(status), done.stdout

    def test_no_length(self):
        for http2 in False, True:
            for buffered in True, False:
                with self.nginx(http2, buffered) as web:
                    for name, content, body, address in self.bodies():
                        with self.subTest(f"HTTP/{1 + http2}, {name}, "
                                          f"buffered: {buffered}"):
                            self.check_good(
                                *self.send(web, http2, body, content), address)

    def test_no_body(self):
        """What has no body waits for none, whatever the method."""
        for http2 in False, True:
            for buffered in True, False:
                with self.nginx(http2, buffered) as web:
                    for method in "GET", "POST", "PUT":
                        with self.subTest(f"HTTP/{1 + http2}, {method}, "
                                          f"buffered: {buffered}"):
                            options = {"request": method}
                            if http2:
                                options["http2-prior-knowledge"] = True
                            reply = curl(web.url(self.secret), **options)
                            self.assertRegex(reply.body, "(good|nochg) 127")

    def test_too_large(self):
        words = {"client_max_body_size    16k": "client_max_body_size 1m"}
        for buffered in True, False:
            with self.subTest(buffered=buffered), Gate(self.site) as gate, \
                    Nginx(gate, words if buffered
                          else {**words, **UNBUFFERED}) as web:
                status, body = self.send(
                    web, False, "myip=192.0.2.201&x=" + 20000 * "x", FORM)
                self.assertEqual((status, body), (413, "badrequest"))


class Peers(WithSite):
    """Bare FastCGI, as other web servers may speak it."""

    def ask(self, gate, parts):
        with gate.connection() as stream:
            for part in parts:
                stream.sendall(part)
            stream.shutdown(socket.SHUT_WR)
            return fastcgi_reply(stream)

    def test_lengths(self):
        """Caddy says -1 where it does not know."""
        with Gate(self.site) as gate:
            for variables in ({}, {"CONTENT_LENGTH": ""},
                              {"CONTENT_LENGTH": "-1"}):
                for method in "POST", "GET":
                    address = self.fresh()
                    with self.subTest(method=method, **variables):
                        reply = self.ask(gate, [fastcgi_request(
                            f"/{self.secret}", f"ip={address}".encode(),
                            REQUEST_METHOD=method, **variables)])
                        self.assertIn("Status: 200", reply)
                        self.assertTrue(reply.endswith(f"good {address}"))
                        self.assertEqual(
                            self.dns.addresses("b1", "A"), [address])

    def test_cut_off(self):
        """Half of an address is one, too."""
        body = b"ip=192.0.2.177"
        whole = fastcgi_request(
            f"/{self.secret}", body, REQUEST_METHOD="POST")
        end = record(STDIN)
        before = self.dns.addresses("b1", "A")
        cuts = {"no end": whole[:-len(end)],
                "half an end": whole[:-3],
                "within the body": whole[:-len(end) - 1]}
        for length in None, "-1":
            for name, sent in cuts.items():
                with self.subTest(name, length=length), \
                        Gate(self.site) as gate:
                    self.assertNotIn("Status: 200", self.ask(gate, [sent]))
                    self.assertEqual(
                        self.dns.addresses("b1", "A"), before)


class Cgi(WithSite):
    """RFC 3875, section 4.1.2: standard input may stay open."""

    def start(self, **variables):
        environment = {
            "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "POST",
            "PATH_INFO": f"/{self.secret}", "REMOTE_ADDR": "192.0.2.250",
            "DDNSGATE_CONF": str(self.site.conf), **variables}
        return subprocess.Popen(
            [pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgate")],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True)

    def reply(self, process):
        """The reply is whole when its end is closed, before the program's."""
        text = process.stdout.read()
        process.stdin.close()
        process.wait(PATIENCE_S)
        process.stdout.close()
        return text

    def test_open_input(self):
        for method in "GET", "POST":
            with self.subTest(method):
                reply = self.reply(self.start(REQUEST_METHOD=method))
                self.assertRegex(reply, "(good|nochg) 192.0.2.250$")

    def test_unknown_length(self):
        reply = self.reply(self.start(CONTENT_LENGTH="-1"))
        self.assertIn("Status: 400", reply)

    def test_chunked(self):
        address = self.fresh()
        process = self.start(HTTP_TRANSFER_ENCODING="chunked")
        process.stdin.write(f"ip={address}")
        process.stdin.close()
        reply = process.stdout.read()
        process.wait(PATIENCE_S)
        process.stdout.close()
        self.assertTrue(reply.endswith(f"good {address}"), reply)

    def test_chunked_without_end(self):
        """It is given up after a while, and nothing is set."""
        before = self.dns.addresses("b1", "A")
        process = self.start(HTTP_TRANSFER_ENCODING="chunked")
        process.stdin.write("ip=192.0.2.178")
        process.stdin.flush()
        reply = self.reply(process)
        self.assertIn("Status: 400", reply)
        self.assertEqual(self.dns.addresses("b1", "A"), before)

    def test_head_of_a_broken_configuration(self):
        for method, body in ("GET", "911"), ("HEAD", ""):
            with self.subTest(method):
                reply = self.reply(self.start(
                    REQUEST_METHOD=method, DDNSGATE_CONF="/nowhere"))
                self.assertIn("Status: 503", reply)
                self.assertEqual(reply.split("\n\n", 1)[1], body)


if __name__ == "__main__":
    unittest.main()
