#!/usr/bin/python3
"""Caddy, lighttpd and HAProxy: what nginx and Apache can do, they can.

The steps and traps are those of test_matrix, test_traps, test_access_logs and
test_secrets.  What differs is each web server's own, and stands here.
"""

import contextlib
import json
import os
import re
import socket
import threading
import unittest
from unittest import mock

import test_access_logs
import test_matrix
import test_secrets
import test_traps
from lab import (MORE_WEB_SETUPS, USER, WEB_CLASSES, WRONG, Gate, Knot,
                 Nginx, PowerDns, Site, curl, wait_until, web_setup)
from test_traps import SUCCESS_WORDS, ask, through_each_web


class Matrix(unittest.TestCase):
    def test_all(self):
        for setup in MORE_WEB_SETUPS:
            with self.subTest(setup), Knot() as dns, Site(dns) as site:
                secret = site.add_client(
                    "home", "h1", "h2", allow_private=True)
                with web_setup(setup, site) as web:
                    test_matrix.Matrix.walk(self, dns, web, secret)


# What no other than the web server can answer, beside the traps' own: Caddy
# and HAProxy do not let the reply to what is no HTTP be changed.
NOT_HTTP = (r"badrequest|400 Bad Request|<html><body><h1>400 Bad request</h1>"
            r"\nYour browser sent an invalid request.\n</body></html>\n")
OWN_FAILURES = (
    ("no slash", "nic/update", "home", {400}, NOT_HTTP),
    ("blank", "/nic/update?hostname=a b", "home", {400},
     NOT_HTTP + "|notfqdn"),
    ("broken escape", "/nic/update%zz", "home", {400, 404},
     NOT_HTTP + "|badauth"),
    ("encoded slash", "/nic%2Fupdate%2Fh1", None, {404}, "(badauth|nohost)"),
    ("long path", "/" + 9000 * "a", None, {400, 413, 414, 431}, "badrequest"),
    ("form far too large", "/nic/update", "home", {413}, "badrequest",
     {"method": "POST", "body": "a=" + "a" * 90000}),
    ("TRACE", "/nic/update", "home", {405}, "badrequest",
     {"method": "TRACE"}),
)
# Those before are ddnsgate's.
FIRST_OWN = [row[0] for row in test_traps.FAILURES].index("no slash")
THESE = mock.patch.multiple(test_traps, WEB_SETUPS=MORE_WEB_SETUPS,
                            FAILURES=test_traps.FAILURES[:FIRST_OWN] +
                            OWN_FAILURES)


class Requests(test_traps.Requests):
    @classmethod
    def setUpClass(cls):
        with THESE:
            super().setUpClass()

    @through_each_web
    def test_trap_08_no_request_at_all(self, web):
        for target in ("nic/update?hostname=h1", "/nic/update?hostname=h1 x",
                       "/nic/%zzupdate?hostname=h1"):
            reply = ask(web, target, self.basic)
            self.assertIn(reply.status, (400, 404))

    def test_trap_09_two_question_marks(self):
        """lighttpd takes the last one for the first."""
        webs = {name: web for name, web in self.webs.items()
                if name != "lighttpd"}
        with mock.patch.object(self, "webs", webs):
            super().test_trap_09_two_question_marks()

    @through_each_web
    def test_trap_36_number_sign(self, web):
        reply = ask(web, f"/nic/update?hostname=h1&user=home&password=x#"
                    f"{self.secret}", "Accept: */*")
        self.assertIn(reply.status, (400, 401))


class Replies(test_traps.Replies):
    @classmethod
    def setUpClass(cls):
        with THESE:
            super().setUpClass()

    def test_trap_02_reason_phrase(self):
        """Caddy and HAProxy answer HTTP/1.0 with HTTP/1.0."""
        self.check_every_reply(lambda reply: self.assertRegex(
            reply.status_line,
            r"\AHTTP/1\.[01] [1-5][0-9][0-9] [A-Z][A-Za-z -]"))

    def test_trap_29_nothing_around_the_words(self):
        def check(reply):
            if not reply.body.startswith("<html>"):
                self.assertEqual(reply.body, reply.body.strip())
        self.check_every_reply(check)


class Stopped(test_traps.Stopped):
    @classmethod
    def setUpClass(cls):
        with THESE:
            super().setUpClass()

    @through_each_web
    def test_trap_24_that_it_may_pass(self, web):
        reply = ask(web, "/nic/update?hostname=h1", self.basic)
        self.assertEqual((reply.status, reply.body), (503, "911"))
        # lighttpd cannot add a header to one status alone.
        self.assertEqual(reply.headers.get("retry-after", "60"), "60")
        for word in SUCCESS_WORDS:
            self.assertNotIn(word, f"{reply.status_line} {reply.head}".lower())


# Headers that are the web server's.
HOP = {"server", "date", "connection", "keep-alive", "alt-svc"}


class SameReplies(unittest.TestCase):
    """Byte for byte, what nginx has from the same ddnsgate."""

    def test_all(self):
        with Knot() as dns, Site(dns) as site:
            secret = site.add_client("home", "h1", allow_private=True)
            with Gate(site) as gate, contextlib.ExitStack() as stack:
                nginx = stack.enter_context(Nginx(gate))
                others = [stack.enter_context(WEB_CLASSES[name](gate))
                          for name in MORE_WEB_SETUPS]
                for value in secret, WRONG:
                    self.compare(nginx, others, value)

    def compare(self, nginx, others, secret):
        for name, path, options, *_ in test_access_logs.REQUESTS[:-2] + POSTS:
            # What DNS has is the same from the second on.
            self.ask(nginx, secret, path, options)
            wanted = self.ask(nginx, secret, path, options)
            for web in others:
                with self.subTest(name, web=type(web).__name__):
                    self.assertEqual(
                        self.ask(web, secret, path, options), wanted)

    def ask(self, web, secret, path, options):
        fill = test_access_logs.fill
        reply = curl(f"http://127.0.0.1:{web.port}{fill(path, secret)}",
                     **{key: fill(value, secret)
                        for key, value in options.items()})
        headers = {name: values for name, values in reply.headers.items()
                   if name not in HOP}
        return reply.status, headers, reply.body


POSTS = (
    ("form", "/nic/update", {"data": "hostname=h1&myip=192.0.2.9",
                             "user": "home:{}"}),
    ("DuckDNS, form", "/update",
     {"data": "domains=h1&token={}&ip=192.0.2.9"}),
    ("PUT", "/{}", {"data": "ip=192.0.2.9", "request": "PUT"}),
    ("no form", "/{}", {"data": "<x/>", "header": "Content-Type: text/xml"}),
)


class Caller(unittest.TestCase):
    def test_is_the_real_one(self):
        with Knot() as dns, Site(dns) as site:
            for setup in MORE_WEB_SETUPS:
                with self.subTest(setup), web_setup(setup, site) as web:
                    self.check(web)

    def check(self, web):
        forged = {"header": "X-Forwarded-For: 192.0.2.66"}
        url = web.url("ip")
        for options in {}, forged:
            self.assertEqual(
                curl(url, interface="127.0.0.7", **options).body, "127.0.0.7")
            self.assertEqual(
                curl(web.url("ip", family="AAAA"), **options).body, "::1")


class Https(unittest.TestCase):
    def test_caddy_serves_both_and_redirects_none(self):
        with Knot() as dns, Site(dns) as site, \
                web_setup("caddy", site) as web:
            for url in (f"https://localhost:{web.https_port}/ip",
                        f"http://localhost:{web.port}/ip"):
                reply = curl(url, insecure=True, ipv4=True)
                self.assertEqual((reply.status, reply.body),
                                 (200, "127.0.0.1"))


WHEN = test_access_logs.WHEN
TEXT_LINES = {
    # %h %t %>s %b %D
    "lighttpd": WHEN.join((r"127\.0\.0\.1 ", r" (\d{3}) \d+ \d+")),
    # %ci [%tr] %ST %B %Ta %ts
    "haproxy": r"127\.0\.0\.1 \[\S+\] (\d{3}) \d+ \d+ [A-Z-]{2}",
}
CADDY_FIELDS = {"level", "ts", "logger", "msg", "request", "duration", "size",
                "status"}


class Dying:
    """In place of ddnsgate: takes the request and hangs up."""

    def __init__(self, gate):
        self.socket = socket.socket(socket.AF_UNIX)
        path = str(gate.socket_path)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
        self.socket.bind(path)
        os.chown(path, USER.pw_uid, USER.pw_gid)
        self.socket.listen()
        self.called = threading.Event()
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        with contextlib.suppress(OSError):
            while True:
                with self.socket.accept()[0] as stream:
                    stream.recv(65536)
                    self.called.set()

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class Logs(unittest.TestCase):
    def check_lines(self, setup, web, statuses):
        path = web.folder / ("output.log" if setup == "haproxy"
                             else "ddnsgate.access.log")
        if setup == "lighttpd":
            web.stop()  # it writes a full buffer, or at its end
        wait_until(lambda: path.read_text().count("\n") >= len(statuses),
                   "all is logged")
        lines = path.read_text().splitlines()
        self.assertCountEqual(
            [self.status_of(setup, line) for line in lines], statuses)

    def status_of(self, setup, line):
        if setup == "caddy":
            entry = json.loads(line)
            self.assertEqual(entry.keys(), CADDY_FIELDS)
            self.assertEqual(entry["request"], {"remote_ip": "127.0.0.1"})
            return entry["status"]
        found = re.fullmatch(TEXT_LINES[setup], line)
        self.assertIsNotNone(found, line)
        return int(found[1])

    def ask_all(self, web, secret):
        return [test_access_logs.AccessLogs.ask(
            self, web, secret, path, options)
            for _, path, options, *_ in self.requests]

    def ask_dying(self, web, secret):
        """lighttpd may not look for a second."""
        dying = Dying(web.gate)
        statuses = []
        while not dying.called.is_set():
            statuses += self.ask_all(web, secret)
        statuses += self.ask_all(web, secret)
        dying.close()
        return statuses

    # The last two are no requests: not each web server logs them.  Some tell
    # only of the first one that fails: it has the secret in its query.
    requests = test_access_logs.REQUESTS[5:-2] + test_access_logs.REQUESTS[:5]
    debug = {'log_level = "info"': 'log_level = "debug"'}
    words = {"caddy": {"\tauto_https": "\tdebug\n\tauto_https"}}

    def test_nothing_secret(self):
        for setup in MORE_WEB_SETUPS:
            with self.subTest(setup), Knot() as dns, \
                    Site(dns, self.debug) as site:
                site.add_client("home", "h1", allow_private=True)
                with Gate(site) as gate, WEB_CLASSES[setup](
                        gate, self.words.get(setup)) as web:
                    self.check(setup, dns, site, gate, web)

    def check(self, setup, dns, site, gate, web):
        secret = site.secrets["home"]
        # What it is there for is that a client is told to try again.
        failing = {503} if setup != "lighttpd" else {500, 503}
        good = self.ask_all(web, secret)
        self.assertEqual(good, [row[3] for row in self.requests])
        wrong = self.ask_all(web, WRONG)
        self.assertEqual(wrong, [row[4] for row in self.requests])
        gate.stop()
        down = self.ask_all(web, secret)
        self.assertEqual(set(down), {503})
        dying = self.ask_dying(web, secret)
        self.assertEqual(set(dying) | failing, failing)
        self.check_lines(setup, web, good + wrong + down + dying)
        test_access_logs.AccessLogs.check_hidden(self, [dns, web, gate], site)

    def test_a_request_that_is_none(self):
        for setup in MORE_WEB_SETUPS:
            with self.subTest(setup), Knot() as dns, Site(dns) as site:
                secret = site.add_client("home", "h1")
                with web_setup(setup, site) as web:
                    for target in (f"/{secret}%zz", f"/{secret} x",
                                   f"{secret}", f"/{secret}{9000 * 'a'}",
                                   f"/{secret}%00", f"/{secret}%0a"):
                        reply = ask(web, target)
                        self.assertGreaterEqual(reply.status, 400)
                    web.stop()
                    test_access_logs.AccessLogs.check_hidden(
                        self, [web, web.gate], site)


class Secrets(unittest.TestCase):
    """No part of one anywhere, nor in what PowerDNS logs."""

    ask_and_check = test_secrets.Secrets.ask_and_check
    check = test_secrets.Secrets.check
    check_state = test_secrets.Secrets.check_state

    def test_all(self):
        with mock.patch.multiple(test_secrets, WEB_SETUPS=MORE_WEB_SETUPS,
                                 DNS_SERVERS=(PowerDns,)):
            test_secrets.Secrets.test_web_setups(self)


if __name__ == "__main__":
    unittest.main()
