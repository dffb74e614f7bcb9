#!/usr/bin/python3
"""Requests about the TXT records of certificates: what each client gets,
byte for byte, and what nobody gets.
"""

import base64
import contextlib
import hashlib
import http.client
import json
import socket
import unittest
import urllib.parse

import certificate_requests
import lab
from lab import PATIENCE_S, ZONE, Apache, Gate, Nginx, curl
from policy_dns import CHALLENGE, PolicyBind, PolicyKnot

TOKEN = "mVOo2ALCqUoUI-gT2nhvyXzqc1Nhgi2z8DcPEFFvAbo"
KEY_AUTHORIZATION = TOKEN + ".9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"


def value_of(text):
    """As ACME makes it of a key authorization (RFC 8555, 8.4)."""
    digest = hashlib.sha256(text.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


VALUE = value_of(KEY_AUTHORIZATION)


def send(port, head, body=""):
    """Sends exactly that; gives what http.client makes of the reply."""
    text = head.replace("\n", "\r\n") + "\r\n" + body
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as stream:
        stream.sendall(text.encode())
        reply = http.client.HTTPResponse(stream)
        reply.begin()
        reply.text = reply.read().decode()
        return reply


def put(dns_server, host, *values):
    """Past ddnsgate: these are all that there are."""
    def fill_in(message):
        message.delete(CHALLENGE + host, "TXT")
        for value in values:
            message.add(CHALLENGE + host, 60, "TXT", value)
    dns_server.change(fill_in)


class Stack:
    """Knot or BIND by policy, ddnsgate, nginx and mod_fcgid."""

    def __init__(self, dns_class, clients, **options):
        self.dns = dns_class(clients, **options)

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.dns)
            self.secrets = self.dns.site.secrets
            self.gate = stack.enter_context(Gate(self.dns.site))
            self.webs = {
                "nginx": stack.enter_context(Nginx(self.gate)),
                "mod_fcgid": stack.enter_context(
                    Apache("mod_fcgid", site=self.dns.site))}
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()


# One client of ddnsgate's for each row, as a host has a limit of its own.
ROWS = {f"r{number}": row
        for number, row in enumerate(certificate_requests.ROWS)}
ADDRESSES = ["192.0.2.1"]


class Recorded(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = cls.enterClassContext(Stack(PolicyKnot, [
            (host, [host], {"acme": True, "allow_offline": True})
            for host in ROWS]))
        cls.dns = cls.stack.dns
        for host in ROWS:
            cls.dns.change(lambda m: m.add(host, 60, "A", *ADDRESSES))

    def words(self, host):
        secret = self.stack.secrets[host]
        basic = base64.b64encode(f"{host}:{secret}".encode()).decode()
        return {"client": host, "secret": secret, "basic": basic,
                "host": host, "zone": ZONE, "value": VALUE, "token": TOKEN,
                "key_authorization": KEY_AUTHORIZATION}

    def check(self, web, host, row):
        words = self.words(host)
        body = row.body.format(**words)
        head = row.head.format(**words, length=len(body))
        put(self.dns, host, *([] if row.adds else [VALUE]))
        # Who repeats himself changes nothing.
        for wanted in row.reply, row.again or row.reply:
            reply = send(web.port, head, body)
            self.assertEqual((reply.status, reply.text),
                             (200, wanted.format(**words)))
            self.assertEqual(self.dns.texts(host), [VALUE] if row.adds else [])
            self.assertEqual(self.dns.addresses(host, "A"), ADDRESSES)

    def test_all(self):
        for host, row in ROWS.items():
            for name, web in self.stack.webs.items():
                with self.subTest(row.name, web=name):
                    self.check(web, host, row)


# What nobody gets.  A request is what is sent, as one of ddnsgate's clients;
# then the status, the body, and why, as X-DDNS-Reason says.

HOST = f"h1.{ZONE}"
NAME = f"{CHALLENGE}{HOST}."
NOT_HIS = (404, "nohost", "not a host of this client")
NO_NAME = (400, "notfqdn", "host name malformed or missing")
TWO_NAMES = (400, "numhost",
             "more host names than one request may have")
NO_RIGHT = (400, "badrequest", "this host may have no TXT records")
NO_VALUE = (400, "badrequest",
            "no value of a certificate: 43 letters, digits, - and _")
MALFORMED = (400, "badrequest", "malformed")
NO_MEDIA = (415, "badrequest",
            "body is neither a form nor JSON, or is compressed")
TOO_LARGE = "request too large"
NO_METHOD = (405, "badrequest", "method not allowed")
CNAME = (503, "dnserr", "a CNAME is in the way")

CLIENTS = [
    ("home", ["h1"], {"acme": True}),
    ("two", ["h2"], {"acme": True}),  # its sibling
    ("plain", ["h3"], {}),
    ("wild", [f"*.w.{ZONE}"], {"acme": True}),  # has no right by itself,
    ("apex", [ZONE], {"acme": True}),  # nor has this one
    ("cname", ["c1"], {"acme": True}),
]
RECORDS = """\
h1 60 IN A 192.0.2.1
h1 60 IN AAAA 2001:db8::1
_acme-challenge.c1 60 IN CNAME elsewhere.example.
"""

# Whose name: (what, the client, the name in JSON, the reply)
NAMES = (
    ("a sibling", "home", f"{CHALLENGE}h2.{ZONE}.", NOT_HIS),
    ("of another zone", "home", f"{CHALLENGE}mail.other.example.", NOT_HIS),
    ("below the host", "home", f"{CHALLENGE}x.{HOST}.", NOT_HIS),
    ("above the host", "home", f"{CHALLENGE}{ZONE}.", NOT_HIS),
    ("two labels", "home", CHALLENGE + NAME, NOT_HIS),
    ("another label", "home", f"_acme-challenges.{HOST}.", NOT_HIS),
    ("another kind of record", "home", f"_dmarc.{HOST}.", NOT_HIS),
    ("a wildcard", "home", f"{CHALLENGE}*.{HOST}.", NOT_HIS),
    ("the label alone", "home", "_acme-challenge", NOT_HIS),
    ("the host", "home", HOST + ".", NO_NAME),
    ("empty", "home", "", NO_NAME),
    ("the root", "home", ".", NO_NAME),
    ("dots", "home", "..", NO_NAME),
    ("too long", "home", CHALLENGE + "a" * 300, NO_NAME),
    ("NUL", "home", f"{CHALLENGE}h1\0.{ZONE}", NO_NAME),
    ("a client without acme", "plain", f"{CHALLENGE}h3.{ZONE}.", NO_RIGHT),
    ("a client of a wildcard", "wild", f"{CHALLENGE}w.{ZONE}.", NOT_HIS),
    ("the zone's own name", "apex", f"{CHALLENGE}{ZONE}.", NO_RIGHT),
    ("a CNAME is there", "cname", f"{CHALLENGE}c1.{ZONE}.", CNAME),
)
VALUES = (
    ("42 characters", VALUE[:42]),
    ("44 characters", VALUE + "A"),
    ("padding", VALUE + "="),
    ("padding in place of a character", VALUE[:42] + "="),
    ("the other alphabet", VALUE[:42] + "/"),
    ("SPF", "v=spf1 include:evil.example -all"),
    ("verification of another kind", "google-site-verification=" + VALUE),
    ("a quote", VALUE[:42] + '"'),
    ("two in one", VALUE + " " + VALUE),
    ("another character set", VALUE[:41] + "\u00e9"),
    ("NUL", VALUE[:42] + "\0"),
    ("line feed", VALUE[:21] + "\n" + VALUE[22:]),
)


def pair(fqdn=NAME, value=VALUE):
    return json.dumps({"fqdn": fqdn, "value": value})


SHAPES = (
    ("an array", f'["{NAME}", "{VALUE}"]', MALFORMED),
    ("an array of pairs", f'[["fqdn", "{NAME}"]]', MALFORMED),
    ("a string", f'"{VALUE}"', MALFORMED),
    ("a number", "1", MALFORMED),
    ("null", "null", MALFORMED),
    ("an object in it", f'{{"fqdn": {{"a": "b"}}, "value": "{VALUE}"}}',
     MALFORMED),
    ("an array in it", json.dumps({"fqdn": NAME, "value": [VALUE]}),
     MALFORMED),
    ("deep", '{"a": ' + 1000 * "[" + 1000 * "]" + "}", MALFORMED),
    ("no end", pair()[:-1], MALFORMED),
    ("no end of the value", pair()[:-9], MALFORMED),
    ("more behind", pair() + "x", MALFORMED),
    ("two", 2 * pair(), MALFORMED),
    ("a byte order mark", "\ufeff" + pair(), MALFORMED),
    ("a comma too many", pair()[:-1] + ",}", MALFORMED),
    ("quotes of another kind", pair().replace('"', "'"), MALFORMED),
    ("an escape that is none", pair().replace(VALUE[:2], r"\x41"), MALFORMED),
    ("half a surrogate", pair().replace(VALUE[:2], r"\ud800"), MALFORMED),
    ("too many members", "{" + "".join(f'"k{number}": 0, ' for number in
                                       range(32)) + pair()[1:], MALFORMED),
    ("nothing in it", "{}", NO_VALUE),
    ("no body", "", NO_VALUE),
    ("no value", json.dumps({"fqdn": NAME}), NO_VALUE),
    ("null for the value", pair(value=None), NO_VALUE),
    ("true for the value", pair(value=True), NO_VALUE),
    ("a number for the value", pair(value=1), NO_VALUE),
    ("RAW without a key authorization", json.dumps(
        {"domain": HOST, "token": TOKEN}), NO_VALUE),
    ("RAW of another zone", json.dumps(
        {"domain": "mail.other.example", "token": TOKEN,
         "keyAuth": KEY_AUTHORIZATION}), NOT_HIS),
    ("both modes, of two names", json.dumps(
        {"fqdn": NAME, "value": VALUE, "domain": f"h2.{ZONE}",
         "keyAuth": KEY_AUTHORIZATION}), TWO_NAMES),
    ("two in one", pair(f"{NAME},{NAME}"), TWO_NAMES),
    ("RAW without a name", json.dumps(
        {"token": TOKEN, "keyAuth": KEY_AUTHORIZATION}), NO_NAME),
    ("RAW with an empty key authorization", json.dumps(
        {"domain": HOST, "token": TOKEN, "keyAuth": ""}), NO_VALUE),
    ("RAW with a record's name", json.dumps(
        {"domain": NAME, "keyAuth": KEY_AUTHORIZATION}), NO_NAME),
    ("no name", json.dumps({"value": VALUE}), NO_NAME),
    ("two names", pair()[:-1] + f', "fqdn": "{CHALLENGE}h2.{ZONE}"}}',
     NOT_HIS),
)
JSON_TYPE = "Content-Type: application/json"


class Refused(unittest.TestCase):
    """Behind each web server: the words, and the zone as it was."""

    @classmethod
    def setUpClass(cls):
        cls.stack = cls.enterClassContext(
            Stack(PolicyKnot, CLIENTS, records=RECORDS))
        cls.dns = cls.stack.dns

    def setUp(self):
        self.before = self.dns.zone_now()

    def check(self, name, wanted, path, data=None, client=None, headers=(),
              **options):
        """wanted: status, body, and reason; None if nginx may say it."""
        headers = list(headers)
        if data is not None:
            options["data-raw"] = data
            if not any("Content-Type" in header for header in headers):
                headers.append(JSON_TYPE)
        if client:
            options["user"] = f"{client}:{self.stack.secrets[client]}"
        for kind, web in self.stack.webs.items():
            with self.subTest(name, web=kind):
                reply = curl(f"http://127.0.0.1:{web.port}{path}",
                             header=headers, **options)
                status, body, reason = wanted
                self.assertEqual((reply.status, reply.body), (status, body))
                self.assertIn(reply.headers.get("x-ddns-reason"), [[reason]]
                              if reason else [None, [TOO_LARGE]])
                self.assertEqual("retry-after" in reply.headers,
                                 status == 503)
                self.assertEqual(self.dns.zone_now(), self.before)

    def secret(self, client):
        return self.stack.secrets[client]

    def keys(self, client):
        return [f"X-Api-User: {client}", f"X-Api-Key: {self.secret(client)}"]

    def test_names(self):
        for name, client, fqdn, wanted in NAMES:
            if not fqdn.startswith(CHALLENGE):
                wanted = NO_NAME  # of a record that is a certificate's
            body = pair(fqdn)
            self.check(name, wanted, "/present", body, client)
            self.check(name + ", at the secret URL", wanted,
                       f"/{self.secret(client)}/present", body)

    def test_names_of_acme_dns(self):
        for name, client, fqdn, (status, word, reason) in NAMES:
            if fqdn == HOST + ".":
                continue  # which is how it is named here
            body = ('{"error":"bad_subdomain"}' if status < 500
                    else f'{{"error":"{word}"}}')
            self.check(name, (status if status > 500 else 400, body, reason),
                       "/update", json.dumps({"subdomain": fqdn,
                                              "txt": VALUE}),
                       headers=self.keys(client))

    def test_names_as_parameters(self):
        for name, client, fqdn, wanted in NAMES:
            if fqdn in ("", HOST + "."):
                continue  # all, and the same as with the label
            fqdn = urllib.parse.quote(fqdn)
            self.check(name, wanted,
                       f"/nic/update?hostname={fqdn}&txt={VALUE}",
                       client=client)
            self.check(name + ", DuckDNS", (wanted[0], "KO", wanted[2]),
                       f"/update?domains={fqdn}&token={self.secret(client)}"
                       f"&txt={VALUE}")

    def test_values(self):
        bad_txt = (400, '{"error":"bad_txt"}', NO_VALUE[2])
        for name, value in (*VALUES, ("empty", "")):
            self.check(name, NO_VALUE, "/present", pair(value=value), "home")
            self.check(name + ", cleanup", NO_VALUE, "/cleanup",
                       pair(value=value), "home")
            self.check(name + ", acme-dns", bad_txt, "/update",
                       json.dumps({"subdomain": HOST, "txt": value}),
                       headers=self.keys("home"))

    def test_values_as_parameters(self):
        for name, value in VALUES:
            value = urllib.parse.quote(value)
            self.check(name, NO_VALUE, f"/{self.secret('home')}?txt={value}")
            self.check(name + ", offline", NO_VALUE,
                       f"/{self.secret('home')}?txt={value}&offline=yes")
            self.check(name + ", dyndns2", NO_VALUE,
                       f"/nic/update?hostname=h1&txt={value}", client="home")
            self.check(name + ", DuckDNS", (NO_VALUE[0], "KO", NO_VALUE[2]),
                       f"/update?domains=h1&token={self.secret('home')}"
                       f"&txt={value}")

    def test_shapes(self):
        for name, body, wanted in SHAPES:
            for path in "/present", "/cleanup":
                self.check(f"{name}, {path}", wanted, path, body, "home")

    def test_bodies(self):
        for kind in "text/plain", "text/xml", "multipart/form-data":
            self.check(kind, NO_MEDIA, "/present", pair(), "home",
                       [f"Content-Type: {kind}"])
        self.check("compressed", NO_MEDIA, "/present", pair(), "home",
                   ["Content-Encoding: gzip", JSON_TYPE])
        self.check("too large", (413, "badrequest", None), "/present",
                   pair(value=17000 * "A"), "home")

    def test_methods(self):
        query = f"?fqdn={NAME}&value={VALUE}"
        for path in "/present", "/cleanup":
            self.check("GET " + path, NO_METHOD, path + query, client="home")
            self.check("PUT " + path, NO_METHOD, path, pair(), "home",
                       request="PUT")

    def test_halves_of_acme_dns(self):
        keys = self.keys("home")
        self.check("no value", (400, '{"error":"bad_txt"}', NO_VALUE[2]),
                   "/update", json.dumps({"subdomain": HOST}), headers=keys)
        self.check("another value than text",
                   (400, '{"error":"bad_txt"}', NO_VALUE[2]), "/update",
                   json.dumps({"subdomain": HOST, "txt": 1}), headers=keys)

    def test_credentials(self):
        none = (401, "badauth", "no credentials")
        wrong = (401, "badauth", "wrong credentials")
        forbidden = [(status, '{"error":"forbidden"}', reason)
                     for status, _, reason in (none, wrong)]
        self.check("none", none, "/present", pair())
        self.check("wrong", wrong, "/present", pair(),
                   user=f"home:{lab.WRONG}")
        self.check("another's", NOT_HIS, "/present", pair(), "two")
        self.check("an unknown URL", (404, "badauth",
                                      "unknown path or secret"),
                   f"/{lab.WRONG}/present", pair())
        body = json.dumps({"subdomain": HOST, "txt": VALUE})
        self.check("acme-dns, none", forbidden[0], "/update", body)
        self.check("acme-dns, no key", forbidden[0], "/update", body,
                   headers=["X-Api-User: home"])
        self.check("acme-dns, wrong", forbidden[1], "/update", body,
                   headers=["X-Api-User: home", f"X-Api-Key: {lab.WRONG}"])
        self.check("acme-dns, another's key",
                   (400, '{"error":"bad_subdomain"}', NOT_HIS[2]), "/update",
                   body, headers=["X-Api-User: home",
                                  f"X-Api-Key: {self.secret('two')}"])

    def test_who_asks_for_json_gets_it(self):
        """acme.sh and lego 5 do, and show their user the body."""
        status, word, reason = NO_VALUE
        self.check("present", (status, json.dumps(
            {"error": word, "detail": reason}, separators=(",", ":")),
            reason), "/present", pair(value="x"), "home",
            ["Accept: application/json"])

    def test_registration(self):
        """Nobody makes himself an account."""
        self.check("registration", (404, "badauth", "unknown path or secret"),
                   "/register", "")


class Parameters(unittest.TestCase):
    """With txt no address is touched, whatever else is said."""

    def test_all(self):
        rows = [
            ("/update?domains=h1&token={}&clear=true&txt=", "OK", []),
            ("/update?domains=h1&token={}&clear=true&txt", "OK", []),
            ("/update?domains=h1&token={}&clear=true&txt=V", "OK", ["W"]),
            ("/update?domains=h1&token={}&ip=192.0.2.9&txt=", "OK", []),
            ("/update?domains=h1&token={}&ip=192.0.2.9&txt=W", "OK",
             ["V", "W"]),
            ("/{}?offline=yes&txt=", "good", []),
            ("/{}?offline=yes&txt=W", "good", ["V"]),
            ("/{}?ip=192.0.2.9&txt=.", "good", []),
            ("/{}/h1?txt=V&ip=bad", "nochg", ["V", "W"]),
            ("/nic/update?hostname=h1&password={}&offline=YES&txt=", "good",
             []),
            ("/nic/update?hostname=_acme-challenge.h1." + ZONE +
             "&password={}&myip=192.0.2.9&txt=.", "good", []),
        ]
        names = {"V": VALUE, "W": value_of("W")}
        with Stack(PolicyKnot, CLIENTS, records=RECORDS) as stack:
            for path, body, left in rows:
                with self.subTest(path):
                    put(stack.dns, "h1", *names.values())
                    words = {f"txt={name}": f"txt={value}"
                             for name, value in names.items()
                             if f"txt={name}" in path}
                    path = lab.substitute(path, words)
                    reply = curl(stack.webs["nginx"].url(
                        path.format(stack.secrets["home"])[1:]))
                    self.assertEqual((reply.status, reply.body), (200, body))
                    self.assertEqual(
                        stack.dns.texts("h1"),
                        sorted(names[name] for name in left))
                    self.assertEqual(
                        [stack.dns.addresses("h1", family)
                         for family in ("A", "AAAA")],
                        [["192.0.2.1"], ["2001:db8::1"]])


class Many(unittest.TestCase):
    """Twenty values at a name, and twenty one after the other."""

    def setUp(self):
        self.stack = self.enterContext(Stack(PolicyKnot, CLIENTS))
        self.dns = self.stack.dns

    def ask(self, verb, value, web="nginx", host="h1", client="home"):
        return curl(
            f"http://127.0.0.1:{self.stack.webs[web].port}/{verb}",
            user=f"{client}:{self.stack.secrets[client]}",
            data_raw=pair(f"{CHALLENGE}{host}.{ZONE}.", value),
            header=JSON_TYPE)

    def test_eight_at_a_time(self):
        values = [value_of(str(number)) for number in range(20)]
        for value in values[:8]:
            self.assertEqual(self.ask("present", value).status, 200)
        for value in values[8:]:
            reply = self.ask("present", value)
            self.assertEqual((reply.status, reply.body), (503, "abuse"))
            self.assertEqual(reply.headers["x-ddns-reason"],
                             ["eight recent TXT records are there"])
            self.assertIn("retry-after", reply.headers)
        self.assertEqual(self.dns.texts("h1"), sorted(values[:8]))
        # What is there already is there, and makes no room for others.
        self.assertEqual(self.ask("present", values[3]).status, 200)
        self.assertEqual(self.ask("cleanup", values[3]).status, 200)
        self.assertEqual(self.ask("present", values[8]).status, 200)
        self.assertEqual(self.dns.texts("h1"), sorted(
            values[:3] + values[4:9]))

    def test_old_ones_give_way(self):
        """As acme-dns has no clean-up."""
        old = [value_of(f"old {number}") for number in range(8)]
        put(self.dns, "h1", *old)
        new = [value_of(f"new {number}") for number in range(8)]
        for number, value in enumerate(new, 1):
            self.assertEqual(self.ask("present", value).status, 200)
            there = self.dns.texts("h1")
            self.assertEqual(len(there), 8)
            self.assertEqual([old for old in there if old in new],
                             sorted(new[:number]))

    def test_twenty_in_a_row(self):
        for number in range(20):
            value = value_of(str(number))
            self.assertEqual(self.ask("present", value).status, 200)
            self.assertEqual(self.ask("cleanup", value).status, 200)
        reply = self.ask("present", VALUE)
        self.assertEqual((reply.status, reply.body), (503, "abuse"))
        self.assertEqual(reply.headers["x-ddns-reason"],
                         ["too many TXT records at once for this host"])
        # Neither removals are counted, nor other hosts, nor addresses.
        self.assertEqual(self.ask("cleanup", VALUE).status, 200)
        self.assertEqual(
            self.ask("present", VALUE, host="h2", client="two").status, 200)
        self.assertEqual(curl(self.stack.webs["nginx"].url(
            self.stack.secrets["home"], ip="192.0.2.9")).body,
            "good 192.0.2.9")
        self.assertEqual(self.dns.texts("h1"), [])


# What a DNS server does not do: its class, words in its policy, why.
NO_TXT = (
    (PolicyKnot, {"update-type: [ TXT ]": "update-type: [ SRV ]"}, "NOTAUTH"),
    (PolicyBind, {f"name {CHALLENGE}h1.{ZONE}. TXT;":
                  f"name {CHALLENGE}h1.{ZONE}. SRV;"}, "REFUSED"),
)


class Denied(unittest.TestCase):
    def test_txt(self):
        for server, words, rcode in NO_TXT:
            with self.subTest(server.__name__), Stack(
                    server, CLIENTS, policy_words=words) as stack:
                for path, body in (
                        ("/present", "dnserr"),
                        (f"/{stack.secrets['home']}/present", "dnserr")):
                    reply = curl(stack.webs["nginx"].url(path[1:]),
                                 user=f"home:{stack.secrets['home']}",
                                 data_raw=pair(), header=JSON_TYPE)
                    self.assertEqual((reply.status, reply.body), (503, body))
                self.assertRegex(stack.gate.log_text(), f"rcode={rcode}")
                self.assertEqual(stack.dns.texts("h1"), [])
                self.assertEqual(curl(stack.webs["nginx"].url(
                    stack.secrets["home"], ip="192.0.2.9")).body,
                    "good 192.0.2.9")

    def test_silent_limit_of_bind(self):
        """It confirms a third value, and discards it."""
        words = {f"name {CHALLENGE}h1.{ZONE}. TXT;":
                 f"name {CHALLENGE}h1.{ZONE}. TXT(2);"}
        values = [value_of(str(number)) for number in range(3)]
        with Stack(PolicyBind, CLIENTS, policy_words=words) as stack:
            for value, status in zip(values, (200, 200, 503)):
                reply = curl(stack.webs["nginx"].url("present"),
                             user=f"home:{stack.secrets['home']}",
                             data_raw=pair(value=value), header=JSON_TYPE)
                self.assertEqual(reply.status, status)
            self.assertEqual(reply.body, "dnserr")
            self.assertEqual(
                reply.headers["x-ddns-reason"],
                ["the DNS server confirmed the change but does not have it"])
            self.assertEqual(stack.dns.texts("h1"), sorted(values[:2]))


if __name__ == "__main__":
    unittest.main()
