#!/usr/bin/python3
"""The traps of the wire: what clients send, and what no reply may have.

Each of them has cost somebody his updates.  They are tried over a bare
socket, byte by byte, through every web server: much is theirs to get right.
"""

import base64
import dataclasses
import functools
import re
import socket
import unittest

from lab import (PATIENCE_S, WEB_SETUPS, ZONE, Knot, Site, free_port,
                 web_setup)

# Where clients find one of these, in any case, they see a success.
SUCCESS_WORDS = ("ok", "good", "true", "updated", "success", "nochg")

# A zone whose server does not run.
DEAD_ZONE = """zones = (
  { name = "dead.example.org"; servers = [ "127.0.0.1@PORT" ];
    key = "ddnsgate"; },"""


@dataclasses.dataclass
class Reply:
    status_line: str
    head: str  # all of it but the status line
    body: str

    @property
    def status(self):
        return int(self.status_line.split()[1])

    @property
    def headers(self):
        fields = (line.split(":", 1) for line in self.head.split("\r\n"))
        return {name.lower(): value.strip() for name, value in fields}


def exchange(web, request):
    """Sends bytes; reads up to the end of the connection."""
    with socket.create_connection(("127.0.0.1", web.port)) as stream:
        stream.settimeout(PATIENCE_S)
        stream.sendall(request.encode())
        reply = b"".join(iter(lambda: stream.recv(65536), b"")).decode()
    top, body = reply.split("\r\n\r\n", 1)
    return Reply(*top.split("\r\n", 1), body)


def ask(web, target, *headers, method="GET", version="1.1",
        host="Host: ddns.example.org", body=""):
    lines = [f"{method} {target} HTTP/{version}", *([host] if host else []),
             *headers, *(["Connection: close"] if version == "1.1" else [])]
    return exchange(web, "\r\n".join(lines) + "\r\n\r\n" + body)


def through_each_web(test):
    """Makes test(self, web) one of all web servers."""
    @functools.wraps(test)
    def run(self):
        for setup, web in self.webs.items():
            with self.subTest(setup):
                test(self, web)
    return run


class WithWebs(unittest.TestCase):
    """One DNS server and one web server of each kind for all tests."""

    @classmethod
    def setUpClass(cls):
        cls.dns = cls.enterClassContext(Knot())
        cls.site = cls.enterClassContext(Site(cls.dns, {
            "zones = (": DEAD_ZONE.replace("PORT", str(free_port()))}))
        cls.secret = cls.site.add_client("home", f"h1.{ZONE}", f"h2.{ZONE}")
        cls.site.add_client("dead", "h1.dead.example.org")
        cls.site.add_client(
            "far", f"h3.{ZONE}", **{"from": ["192.0.2.0/24"]})
        cls.site.add_client("near", f"h4.{ZONE}", allow_private=True)
        cls.basic = cls.basic_of("home")
        cls.webs = {setup: cls.enterClassContext(web_setup(setup, cls.site))
                    for setup in WEB_SETUPS}

    @classmethod
    def basic_of(cls, name, secret=None):
        pair = f"{name}:{secret or cls.site.secrets[name]}"
        return ("Authorization: Basic " +
                base64.b64encode(pair.encode()).decode())


class Requests(WithWebs):
    """What comes in odd shapes, and has to work or has to fail."""

    UPDATE = "/nic/update?hostname=h1&myip={ip}"
    number = 0

    def fresh(self):
        """An address that DNS does not have yet."""
        Requests.number += 1
        return f"192.0.2.{Requests.number}"

    def check_good(self, reply, address, hosts=("h1",)):
        self.assertEqual(reply.status, 200, reply)
        self.assertEqual(reply.body,
                         "\n".join([f"good {address}"] * len(hosts)))
        for host in hosts:
            for part in address.split(","):
                family = "AAAA" if ":" in part else "A"
                self.assertEqual(self.dns.addresses(host, family), [part])

    def check_works(self, web, *targets, **options):
        for target in targets:
            address = self.fresh()
            with self.subTest(target):
                self.check_good(
                    ask(web, target.format(ip=address), self.basic, **options),
                    address)

    def check_fails(self, web, target, status, body, basic=None):
        reply = ask(web, target, basic or self.basic)
        self.assertEqual((reply.status, reply.body), (status, body), target)

    @through_each_web
    def test_trap_03_http_1_0_without_host(self, web):
        self.check_works(web, self.UPDATE, version="1.0", host=None)

    @through_each_web
    def test_trap_04_line_end_after_the_headers(self, web):
        """ddclient 3.9."""
        self.check_works(web, self.UPDATE, version="1.0", body="\r\n")
        self.check_works(web, self.UPDATE, body="\r\n")

    @through_each_web
    def test_trap_05_absolute_uri(self, web):
        """Old DD-WRT, without Host."""
        for host in None, "Host: ddns.example.org":
            self.check_works(web, "http://ddns.example.org" + self.UPDATE,
                             version="1.0", host=host)

    @through_each_web
    def test_trap_06_host_without_port(self, web):
        """inadyn."""
        for host in ("127.0.0.1", f"127.0.0.1:{web.port}",
                     "somebody.example.net"):
            self.check_works(web, self.UPDATE, host=f"Host: {host}")

    @through_each_web
    def test_trap_07_slashes(self, web):
        """UniFi: people try whatever gets the first one through."""
        self.check_works(web, *(path + "?hostname=h1&myip={ip}" for path in (
            "//nic/update", "/nic//update", "/nic/update/", "/nic/update//",
            "/\\/nic/update", "/%5c/nic/update", "/%5C/nic/update")))

    @through_each_web
    def test_trap_08_broken_escapes_in_the_query(self, web):
        self.check_works(web, self.UPDATE + "&system=%s",
                         self.UPDATE + "&mx=100%",
                         self.UPDATE + "&%zz=%u20ac")

    @through_each_web
    def test_trap_08_no_request_at_all(self, web):
        """Without the first slash; with a raw blank; a broken path."""
        for target in ("nic/update?hostname=h1", "/nic/update?hostname=h1 x",
                       "/nic/%zzupdate?hostname=h1"):
            self.check_fails(web, target, 400, "badrequest")

    @through_each_web
    def test_trap_09_two_question_marks(self, web):
        """UniFi's USG adds its own query to the template's."""
        self.check_works(
            web, "/nic/update?ip={ip}?system=dyndns&hostname=h1")
        address = self.fresh()
        self.check_good(
            ask(web, f"/update?ip={address}&hostname=h1/nic/update"
                f"?system=dyndns&hostname=h2&myip={address}", self.basic),
            address, ["h2"])

    @through_each_web
    def test_trap_10_unfilled_placeholders(self, web):
        for name in ("%h", "[DOMAIN]", "<domain>", "__HOSTNAME__", "%25HOST%",
                     "https://h1/"):
            with self.subTest(name):
                self.check_fails(web, f"/nic/update?hostname={name}",
                                 400, "notfqdn")

    @through_each_web
    def test_trap_10_no_host_name(self, web):
        """Then all of the client's are meant."""
        for query in "", "&hostname=", "&hostname=YES", "&hostname=&host=":
            address = self.fresh()
            with self.subTest(query):
                self.check_good(
                    ask(web, f"/nic/update?myip={address}{query}", self.basic),
                    address, ["h1", "h2"])

    @through_each_web
    def test_trap_11_empty_address(self, web):
        """ddclient 3.10 with usev4: the caller's is set, none is removed."""
        for query in "myip=", "myip=&ip6=", "":
            reply = ask(web, f"/nic/update?system=dyndns&hostname=h4&{query}",
                        self.basic_of("near"))
            self.assertRegex(reply.body, r"\A(good|nochg) 127\.0\.0\.1\Z")
            self.assertEqual(self.dns.addresses("h4", "A"), ["127.0.0.1"])

    @through_each_web
    def test_trap_12_raw_commas_and_colons(self, web):
        """ddclient escapes nothing; Speedport sends IPv6 first."""
        four = self.fresh()
        six = f"2001:db8::{four.split('.')[3]}"
        self.check_good(
            ask(web, f"/nic/update?hostname=h1.{ZONE},h2.{ZONE}"
                f"&myip={six},{four}", self.basic, version="1.0"),
            f"{four},{six}", ["h1", "h2"])

    @through_each_web
    def test_trap_13_escapes_in_either_case(self, web):
        """inadyn, OPNsense."""
        for escapes in ("%2c", "%3a"), ("%2C", "%3A"):
            four = self.fresh()
            six = f"2001:db8::{four.split('.')[3]}"
            raw = six.replace(":", escapes[1]) + escapes[0] + four
            self.check_good(
                ask(web, f"/nic/update?hostname=h1&myip={raw}", self.basic),
                f"{four},{six}")

    @through_each_web
    def test_trap_18_ipv4_over_ipv6_makes_no_aaaa(self, web):
        """Nor the other way round: only the family that is told."""
        before = self.dns.addresses("h2", "AAAA")
        address = self.fresh()
        request = (f"GET /nic/update?hostname=h2&myip={address} HTTP/1.0\r\n"
                   f"{self.basic}\r\n\r\n")
        with socket.create_connection(("::1", web.port)) as stream:
            stream.settimeout(PATIENCE_S)
            stream.sendall(request.encode())
            reply = b"".join(iter(lambda: stream.recv(65536), b""))
        self.assertTrue(reply.endswith(f"\r\n\r\ngood {address}".encode()))
        self.assertEqual(self.dns.addresses("h2", "AAAA"), before)

    @through_each_web
    def test_trap_19_empty_basic_beside_the_query(self, web):
        """inadyn sends a header in any case; the query has what counts."""
        empty = "Authorization: Basic Og=="
        address = self.fresh()
        self.check_good(
            ask(web, f"/nic/update?hostname=h1&myip={address}&user=home"
                f"&password={self.secret}", empty), address)
        self.check_fails(web, "/nic/update?hostname=h1", 401, "badauth", empty)

    @through_each_web
    def test_trap_20_password_with_a_colon(self, web):
        """It is taken whole, so this is a wrong one."""
        self.check_fails(web, "/nic/update?hostname=h1", 401, "badauth",
                         self.basic_of("home", self.secret + ":x"))

    @through_each_web
    def test_trap_21_challenge(self, web):
        reply = ask(web, "/nic/update?hostname=h1")
        self.assertEqual((reply.status, reply.body), (401, "badauth"))
        self.assertRegex(reply.headers["www-authenticate"], "^Basic realm=")

    @through_each_web
    def test_trap_22_wrong_basic_beside_a_right_query(self, web):
        address = self.fresh()
        self.check_good(
            ask(web, f"/nic/update?hostname=h1&myip={address}&user=home"
                f"&password={self.secret}", self.basic_of("home", "wrong")),
            address)

    @through_each_web
    def test_trap_33_dns_has_it_at_once(self, web):
        """FRITZ!Box and OpenWrt look, and send again what they do not see."""
        address = self.fresh()
        self.check_good(
            ask(web, f"/nic/update?hostname=h1&myip={address}", self.basic),
            address)
        rrset, = self.dns.ask("h1." + ZONE, "A").answer
        self.assertEqual([str(record) for record in rrset], [address])
        self.assertLessEqual(rrset.ttl, 60)

    @through_each_web
    def test_trap_34_post_without_body(self, web):
        """DrayTek."""
        address = self.fresh()
        self.check_good(
            ask(web, self.UPDATE.format(ip=address), self.basic,
                "Content-Type: application/x-www-form-urlencoded",
                "Content-Length: 0", method="POST"), address)

    @through_each_web
    def test_trap_36_number_sign(self, web):
        """Half of a password is none.  (Apache takes no request with one.)"""
        reply = ask(web, f"/nic/update?hostname=h1&user=home&password=x#"
                    f"{self.secret}", "Accept: */*")
        self.assertIn((reply.status, reply.body),
                      ((401, "badauth"), (400, "badrequest")))

    @through_each_web
    def test_trap_37_the_same_again_and_again(self, web):
        """Home Assistant, RouterOS: that is no abuse, and changes nothing."""
        target = self.UPDATE.format(ip=self.fresh())
        ask(web, target, self.basic)
        serial = self.dns.ask(ZONE, "SOA").answer[0][0].serial
        for _ in range(20):
            reply = ask(web, target, self.basic)
            self.assertEqual(reply.status, 200)
            self.assertTrue(reply.body.startswith("nochg "))
        self.assertEqual(self.dns.ask(ZONE, "SOA").answer[0][0].serial, serial)


# What is asked, as whom (SECRET in the path is that of `home`), the body.
SUCCESSES = (
    ("two hosts", "/nic/update?hostname=h1,h2&myip=192.0.2.1", "home",
     "(good|nochg) 192.0.2.1\n(good|nochg) 192.0.2.1"),
    ("two families", "/nic/update?hostname=h1&myip=2001:DB8::1,192.0.2.1",
     "home", "(good|nochg) 192.0.2.1,2001:DB8::1"),
    ("removal", "/nic/update?hostname=h1&ip6=-", "home", "good|nochg"),
    ("DuckDNS", "/update?domains=h1&token=SECRET&ip=192.0.2.1", None, "OK"),
    ("DuckDNS, path form", "/update/h1/SECRET/192.0.2.1", None, "OK"),
    ("HTML in the query", "/nic/update?hostname=h1&amp;myip=192.0.2.1", "home",
     "(good|nochg) 192.0.2.1"),
    ("function key", "/api/UpdateDns?code=SECRET&host=h1&ip=192.0.2.1", None,
     "(good|nochg) 192.0.2.1"),
    ("secret URL", "/SECRET/h1?ip=192.0.2.1", None, "(good|nochg) 192.0.2.1"),
    ("address", "/ip", None, "127.0.0.1"),
    ("address on a page", "/checkip", None,
     "<html>.*<body>Current IP Address: 127.0.0.1</body></html>"),
    ("health", "/health", None, "OK"),
)

# What is asked, as whom, the status and the body; more for ask().
FAILURES = (
    # ddnsgate's own
    ("no credentials", "/nic/update?hostname=h1", None, {401}, "badauth"),
    ("no such client", "/nic/update?hostname=h1", "nobody", {401}, "badauth"),
    ("unknown secret", "/0123456789abcdef0123/h1", None, {404}, "badauth"),
    ("unknown path", "/", None, {404}, "badauth"),
    ("DuckDNS, wrong secret", "/update?domains=h1&token=x", None, {401}, "KO"),
    ("DuckDNS, path form, wrong secret", "/update/h1/x", None, {401}, "KO"),
    ("DuckDNS, unknown host", "/update?domains=h9&token=SECRET", None, {404},
     "KO"),
    ("DuckDNS, TXT", "/update?domains=h1&token=SECRET&txt=a", None, {400},
     "KO"),
    ("function key, wrong secret", "/api/UpdateDns?code=x&host=h1", None,
     {401}, "badauth"),
    ("unknown host", "/nic/update?hostname=h9", "home", {404}, "nohost"),
    ("somebody's host", "/nic/update?hostname=h3", "home", {404}, "nohost"),
    ("label boundary", "/nic/update?hostname=h1.not" + ZONE, "home", {404},
     "nohost"),
    ("bad name", "/nic/update?hostname=h1..x", "home", {400}, "notfqdn"),
    ("21 names", "/nic/update?hostname=" + ",".join(21 * ["h1"]), "home",
     {400}, "numhost"),
    ("bad address", "/nic/update?myip=1.1.1.1domain2", "home", {400}, "badip"),
    ("private address", "/nic/update?myip=10.0.0.1", "home", {400}, "badip"),
    ("wrong place", "/nic/update?hostname=h3", "far", {403}, "abuse"),
    ("DNS server down", "/nic/update?myip=192.0.2.1", "dead", {503}, "dnserr"),
    ("method", "/nic/update?hostname=h1", "home", {405}, "badrequest",
     {"method": "DELETE"}),
    ("form too large", "/nic/update", "home", {413}, "badrequest",
     {"method": "POST", "body": "a=" + "a" * 17000}),
    ("no form", "/nic/update", "home", {415}, "badrequest",
     {"method": "POST", "body": "<a/>", "content": "text/xml"}),
    ("JSON, but no object", "/nic/update", "home", {400}, "badrequest",
     {"method": "POST", "body": "[]", "content": "application/json"}),
    ("compressed form", "/nic/update", "home", {415}, "badrequest",
     {"method": "POST", "body": "a=b", "header": "Content-Encoding: gzip"}),
    # The web servers' own
    ("no slash", "nic/update", "home", {400}, "badrequest"),
    ("blank", "/nic/update?hostname=a b", "home", {400}, "badrequest"),
    ("broken escape", "/nic/update%zz", "home", {400}, "badrequest"),
    ("encoded slash", "/nic%2Fupdate%2Fh1", None, {404}, "(badauth|nohost)"),
    ("long path", "/" + 9000 * "a", None, {414}, "badrequest"),
    ("long header", "/ip", None, {400, 431}, "badrequest",
     {"header": "X: " + 40000 * "x"}),
    ("form far too large", "/nic/update", "home", {413, 500},
     "(badrequest|911)", {"method": "POST", "body": "a=" + "a" * 90000}),
    ("TRACE", "/nic/update", "home", {405}, "badrequest",
     {"method": "TRACE"}),
)


class Replies(WithWebs):
    """What no reply may have, whoever wrote it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.successes = []  # label, reply, what its body has to be
        cls.failures = []   # label, reply, its status, its body
        cls.in_json = []    # label, reply: the same failures
        for setup, web in cls.webs.items():
            for version in "1.0", "1.1":
                cls.ask_all(f"{setup}, HTTP/{version}", web, version)

    @classmethod
    def ask_all(cls, where, web, version):
        for name, target, client, body in SUCCESSES:
            cls.successes.append((
                f"{where}, {name}",
                cls.ask_as(client, web, target, version=version), body))
        for name, target, client, statuses, body, *more in FAILURES:
            options = {"version": version, **(more[0] if more else {})}
            cls.failures.append((
                f"{where}, {name}", cls.ask_as(client, web, target, **options),
                statuses, body))
            cls.in_json.append((f"{where}, {name}, JSON", cls.ask_as(
                client, web, target, "Accept: application/json", **options)))

    @classmethod
    def ask_as(cls, client, web, target, *headers, body="", header=None,
               content="application/x-www-form-urlencoded", **options):
        headers = [*headers, *([header] if header else [])]
        if client:
            headers.append(cls.basic_of(
                client, cls.site.secrets.get(client, "WrongWrongWrongWrong")))
        if body:
            headers += [f"Content-Type: {content}",
                        f"Content-Length: {len(body)}"]
        return ask(web, target.replace("SECRET", cls.secret), *headers,
                   body=body, **options)

    def test_success(self):
        for label, reply, body in self.successes:
            with self.subTest(label):
                self.assertEqual(reply.status, 200)
                self.assertRegex(reply.body, rf"\A({body})\Z")

    def test_trap_25_failures_are_no_2xx(self):
        for label, reply, statuses, body in self.failures:
            with self.subTest(label):
                self.assertIn(reply.status, statuses)
                self.assertRegex(reply.body, rf"\A({body})\Z")

    def check_every_reply(self, check):
        for label, reply, *_ in (
                self.successes + self.failures + self.in_json):
            with self.subTest(label):
                check(reply)

    def check_every_failure(self, check):
        for label, reply, *_ in self.failures + self.in_json:
            with self.subTest(label):
                check(reply)

    def test_trap_01_never_chunked(self):
        def check(reply):
            self.assertNotIn("transfer-encoding", reply.headers)
            # Without it, the reply ends with the connection.
            announced = reply.headers.get("content-length", len(reply.body))
            self.assertEqual(int(announced), len(reply.body))
        self.check_every_reply(check)
        for label, reply, _ in self.successes:
            with self.subTest(label):
                self.assertIn("content-length", reply.headers)

    def test_trap_02_reason_phrase(self):
        self.check_every_reply(lambda reply: self.assertRegex(
            reply.status_line, r"\AHTTP/1\.1 [1-5][0-9][0-9] [A-Z][A-Za-z -]"))

    def test_trap_23_failures_hold_no_success(self):
        def check(reply):
            everything = f"{reply.status_line} {reply.head} {reply.body}"
            for word in SUCCESS_WORDS:
                self.assertNotIn(word, everything.lower())
        self.check_every_failure(check)

    def test_trap_24_what_may_pass_is_503(self):
        """The one status that does not end inadyn."""
        for label, reply, _, body in self.failures:
            with self.subTest(label):
                self.assertEqual(body == "dnserr", reply.status == 503)
                self.assertEqual("retry-after" in reply.headers,
                                 reply.status >= 500)

    def test_trap_26_lower_case_and_one_blank(self):
        """ddclient 4 knows no other case, and none knows a tab."""
        lines = 0
        for label, reply, _ in self.successes:
            for line in reply.body.splitlines():
                if line.strip().lower().startswith(("good", "nochg")):
                    lines += 1
                    with self.subTest(label):
                        self.assertRegex(
                            line, r"\A(good|nochg)( [0-9a-fA-F.:,]+)?\Z")
        self.assertGreater(lines, 0)

    def test_trap_29_nothing_around_the_words(self):
        self.check_every_reply(lambda reply: self.assertEqual(
            reply.body, reply.body.strip()))

    def test_trap_30_no_redirects(self):
        def check(reply):
            self.assertFalse(300 <= reply.status <= 399)
            self.assertNotIn("location", reply.headers)
        self.check_every_reply(check)

    def test_trap_31_no_hsts(self):
        self.check_every_reply(lambda reply: self.assertNotIn(
            "strict-transport-security", reply.headers))

    def test_trap_32_no_addresses_in_headers(self):
        """ddclient 3 takes the first one for the caller's."""
        self.check_every_reply(lambda reply: self.assertNotRegex(
            reply.head, r"\d+\.\d+\.\d+\.\d+"))


class Stopped(WithWebs):
    """The web server is alone: ddnsgate has ended, or does not start."""

    @staticmethod
    def take_away(web):
        if web.gate:
            web.gate.stop()
        else:
            (web.folder / "sbin" / "ddnsgate").write_text("#!/bin/false\n")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for web in cls.webs.values():
            cls.take_away(web)

    @through_each_web
    def test_trap_24_that_it_may_pass(self, web):
        reply = ask(web, "/nic/update?hostname=h1", self.basic)
        self.assertIn(reply.status, (500, 503))
        self.assertEqual(reply.body, "911")
        self.assertEqual(reply.headers["retry-after"], "60")
        for word in SUCCESS_WORDS:
            self.assertNotIn(word, f"{reply.status_line} {reply.head}".lower())


if __name__ == "__main__":
    unittest.main()
