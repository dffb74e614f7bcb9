#!/usr/bin/python3
"""Only what a name has itself, in the configured zone, counts: not what a
wildcard makes of it, and not what another zone says."""

import os
import subprocess
import unittest

from lab import (EXAMPLES, PATIENCE_S, ZONE, Bind, Gate, Knot, PowerDns, Site,
                 program, run, wait_until)

CHILD = f"sub.{ZONE}"
CHILD_ZONE = f"""$ORIGIN {CHILD}.
$TTL 60
@ IN SOA ns root 1 3600 600 1209600 60
@ IN NS ns1.example.org.
@ IN A 203.0.113.30
there IN A 203.0.113.31
"""


class WithRecords:
    """A server whose zone begins with these records as well."""

    records = ""
    child = False
    key_of = None  # a server whose TSIG key it has, too

    def make_key(self):
        return (self.key_of.key_file.read_text() if self.key_of
                else super().make_key())

    def prepare(self):
        super().prepare()
        with open(self.folder / f"{ZONE}.zone", "a") as zone:
            zone.write(self.records)
        if not self.child:
            return
        (self.folder / f"{CHILD}.zone").write_text(CHILD_ZONE)
        self.add_child()

    def add_child(self):
        self.conf.write_text(
            self.conf.read_text()
            + self.child_conf.replace("FOLDER", str(self.folder)))

    def serial(self):
        return self.ask(ZONE, "SOA").answer[0][0].serial


class KnotWith(WithRecords, Knot):
    child_conf = f"  - domain: {CHILD}\n    acl: ddnsgate\n"


class BindWith(WithRecords, Bind):
    child_conf = (f'zone "{CHILD}" {{ type primary; '
                  f'file "FOLDER/{CHILD}.zone"; }};\n')


class PowerDnsWith(WithRecords, PowerDns):
    """Its zones are in its database already when the records come."""

    def pdnsutil(self, *words):
        run(program("pdnsutil"), "--config-dir", self.folder, *words,
            stderr=subprocess.STDOUT)

    def prepare(self):
        super().prepare()
        self.pdnsutil("load-zone", ZONE, self.folder / f"{ZONE}.zone")
        self.pdnsutil("rectify-zone", ZONE)

    def add_child(self):
        self.pdnsutil("load-zone", CHILD, self.folder / f"{CHILD}.zone")
        self.pdnsutil("set-meta", CHILD, "TSIG-ALLOW-DNSUPDATE", "ddnsgate")


SERVERS = (KnotWith, BindWith, PowerDnsWith)


class Base(unittest.TestCase):
    servers = SERVERS

    def each(self, records="", child=False, dnssec=(False, True)):
        """Gives a server with a site, of each kind in turn."""
        for kind in self.servers:
            for signed in dnssec:
                server = kind(dnssec=signed)
                server.records, server.child = records, child
                with server, Site(server) as site:
                    self.dns, self.site = server, site
                    yield

    def expect_serial(self, serial):
        """Nothing was changed; a signed zone may have been signed anew."""
        if not self.dns.dnssec:
            self.assertEqual(self.dns.serial(), serial)

    def expect(self, gate, secret, body, path="", reason=None, **query):
        reply = gate.ask(f"/{secret}{path}", **query)
        self.assertEqual(reply.body, body, (type(self.dns), reply))
        self.assertEqual(reply.headers.get("x-ddns-reason"),
                         [reason] if reason else None)


def ctl(site, *words):
    return subprocess.run(
        [os.environ["DDNSGATE_BINDIR"] + "/ddnsgatectl", "-c", site.conf,
         *words],
        text=True, timeout=PATIENCE_S, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)


class Wildcards(Base):
    def test_addresses(self):
        for _ in self.each("* 60 IN A 203.0.113.10\n"
                           "* 60 IN AAAA 2001:db8::a\n"):
            secret = self.site.add_client("home", "h1", "h2")
            with Gate(self.site) as gate:
                self.expect(gate, secret, "nochg", "/h1", offline="yes")
                serial = self.dns.serial()
                self.expect(gate, secret, "good 203.0.113.10", "/h1",
                            ip="203.0.113.10")
                self.assertNotEqual(self.dns.serial(), serial)
                serial = self.dns.serial()
                self.expect(gate, secret, "nochg 203.0.113.10", "/h1",
                            ip="203.0.113.10")
                self.expect_serial(serial)
                # The name exists now, so the wildcard's AAAA is not its own.
                self.assertEqual(self.dns.addresses("h1", "AAAA"), [])
                self.expect(gate, secret, "good 2001:db8::10", "/h1",
                            ip="2001:db8::10")
                self.assertEqual(self.dns.addresses("h1", "A"),
                                 ["203.0.113.10"])
                self.expect(gate, secret, "good 203.0.113.10,2001:db8::a",
                            "/h2", ip="203.0.113.10,2001:db8::a")
                self.expect(gate, secret, "nochg 203.0.113.10,2001:db8::a",
                            "/h2", ip="203.0.113.10,2001:db8::a")
                self.expect(gate, secret, "good", "/h1", offline="yes")
                serial = self.dns.serial()
                self.expect(gate, secret, "nochg", "/h1", offline="yes")
                self.expect_serial(serial)
                self.assertEqual(self.dns.addresses("h1", "A"),
                                 ["203.0.113.10"])

    def test_prefix_takes_no_bits_of_it(self):
        for _ in self.each("* 60 IN AAAA 2001:db8::a\n", dnssec=(False,)):
            secret = self.site.add_client("home", "h1")
            with Gate(self.site) as gate:
                reply = gate.ask(f"/{secret}", prefix="2001:db8:1::/64")
                self.assertEqual(reply.body, "badip")
                self.expect(gate, secret, "good 2001:db8::7",
                            ip="2001:db8::7")
                self.expect(gate, secret, "good 2001:db8:1::7",
                            prefix="2001:db8:1::/64")

    def test_cname(self):
        for _ in self.each("* 300 IN CNAME ns1.example.org.\n"):
            secret = self.site.add_client("home", "h1")
            with Gate(self.site) as gate:
                self.expect(gate, secret, "nochg", offline="yes")
                self.expect(gate, secret, "good 192.0.2.7", ip="192.0.2.7")
                self.expect(gate, secret, "nochg 192.0.2.7", ip="192.0.2.7")
                self.assertEqual(self.dns.addresses("h1", "A"), ["192.0.2.7"])
                self.expect(gate, secret, "good", offline="yes")
                self.expect(gate, secret, "good 192.0.2.8", ip="192.0.2.8")

    def test_cname_of_its_own(self):
        for _ in self.each("* 300 IN CNAME ns1.example.org.\n"
                           "h1 300 IN CNAME ns1.example.org.\n",
                           dnssec=(False,)):
            secret = self.site.add_client("home", "h1")
            with Gate(self.site) as gate:
                self.expect(gate, secret, "dnserr", ip="192.0.2.7",
                            reason="a CNAME is in the way")

    def test_deeper(self):
        """The closest name that exists has the wildcard that counts."""
        for _ in self.each("* 60 IN A 203.0.113.10\n"
                           "*.b 60 IN A 203.0.113.11\n", dnssec=(False,)):
            secret = self.site.add_client(
                "home", f"x.a.{ZONE}", f"x.b.{ZONE}", f"*.c.{ZONE}")
            with Gate(self.site) as gate:
                self.expect(gate, secret, "good 203.0.113.10",
                            f"/x.a.{ZONE}", ip="203.0.113.10")
                self.expect(gate, secret, "good 203.0.113.11",
                            f"/x.b.{ZONE}", ip="203.0.113.11")
                self.expect(gate, secret, "good 203.0.113.10",
                            f"/*.c.{ZONE}", ip="203.0.113.10")
                self.expect(gate, secret, "nochg 203.0.113.10",
                            f"/*.c.{ZONE}", ip="203.0.113.10")

    def test_of_a_client(self):
        """Of hosts `*` and `home` behind one address each has its own."""
        for _ in self.each(dnssec=(False,)):
            wild = self.site.add_client("wild", "*")
            home = self.site.add_client("home", "h1")
            with Gate(self.site) as gate:
                self.expect(gate, wild, "good 192.0.2.7", ip="192.0.2.7")
                self.expect(gate, home, "good 192.0.2.7", ip="192.0.2.7")
                self.expect(gate, wild, "good 192.0.2.8", ip="192.0.2.8")
                self.assertEqual(self.dns.addresses("h1", "A"), ["192.0.2.7"])
                self.expect(gate, home, "good 192.0.2.8", ip="192.0.2.8")
                self.expect(gate, home, "nochg 192.0.2.8", ip="192.0.2.8")
                self.expect(gate, wild, "nochg 192.0.2.8", ip="192.0.2.8")


class Forwarder(WithRecords, Bind):
    """A secondary that hands UPDATEs on, and hears of no change."""

    def prepare(self):
        super().prepare()
        text = self.conf.read_text()
        start = text.index(f'zone "{ZONE}"')
        self.conf.write_text(text[:start] + f"""zone "{ZONE}" {{
	type secondary;
	primaries {{ 127.0.0.1 port {self.key_of.port}; }};
	allow-update-forwarding {{ any; }};
	file "{self.folder}/secondary.zone";
}};
""")


class ReadBack(unittest.TestCase):
    """Servers that say yes, and do not do it."""

    # PowerDNS leaves out what its script denies.
    deny = {"# lua-dnsupdate-policy-script": "lua-dnsupdate-policy-script",
            "and not is_zone": 'and not is_zone and\n\t\t'
            f'not update:getQName():equal("denied.{ZONE}")'}
    setting = {"    // read_back = true;": "    read_back = true;"}
    reason = "the DNS server confirmed the change but does not have it"

    def test_read_back(self):
        with PowerDns(words=self.deny) as server, Site(server) as site:
            secret = site.add_client("home", "denied", "h1")
            with Gate(site) as gate:
                reply = gate.ask(f"/{secret}/denied", ip="192.0.2.1")
                self.assertEqual(reply.body, "good 192.0.2.1")
                self.assertEqual(server.addresses("denied", "A"), [])
            site.edit("ddnsgate.conf", self.setting)
            with Gate(site) as gate:
                for path, query in (("/denied", {"ip": "192.0.2.1"}),
                                    ("/denied", {"ip": "2001:db8::1"}),
                                    ("", {"ip": "192.0.2.2"})):
                    reply = gate.ask(f"/{secret}{path}", **query)
                    self.assertEqual((reply.status, reply.body),
                                     (503, "dnserr"))
                    self.assertEqual(reply.headers["x-ddns-reason"],
                                     [self.reason])
                for query in {"ip": "192.0.2.3"}, {"offline": "yes"}:
                    self.assertEqual(
                        gate.ask(f"/{secret}/h1", **query).status, 200)
                    self.assertEqual(server.addresses("h1", "A"),
                                     [query["ip"]] if "ip" in query else [])

    def test_wildcard(self):
        """What a wildcard makes of the name is not what was to be kept."""
        server = PowerDnsWith(words=self.deny)
        server.records = "* 60 IN A 203.0.113.10\n"
        with server, Site(server) as site:
            site.edit("ddnsgate.conf", self.setting)
            secret = site.add_client("home", "denied", "h1")
            with Gate(site) as gate:
                reply = gate.ask(f"/{secret}/denied", ip="203.0.113.10")
                self.assertEqual(reply.body, "dnserr")
                for query in ({"ip": "203.0.113.10"}, {"ip": "192.0.2.1"},
                              {"offline": "yes"}):
                    reply = gate.ask(f"/{secret}/h1", **query)
                    self.assertEqual(reply.status, 200, reply)

    def test_secondary_that_forwards(self):
        with Bind(words={"allow-transfer { none; }":
                         "allow-transfer { any; }"}) as primary:
            secondary = Forwarder()
            secondary.key_of = primary
            with secondary, Site(secondary) as site:
                wait_until(lambda: secondary.ask(ZONE, "SOA").answer,
                           "it has the zone")
                secret = site.add_client("home", "h1")
                done = ctl(site, "update", "home", "192.0.2.1")
                self.assertEqual(done.returncode, 1)
                self.assertIn(self.reason, done.stdout + done.stderr)
                self.assertEqual(primary.addresses("h1", "A"), ["192.0.2.1"])
                site.edit("ddnsgate.conf", self.setting)
                with Gate(site) as gate:
                    reply = gate.ask(f"/{secret}", ip="192.0.2.2")
                    self.assertEqual(reply.body, "dnserr")
                    self.assertEqual(reply.headers["x-ddns-reason"],
                                     [self.reason])

    def test_update(self):
        """`ddnsgatectl update` reads back in any case."""
        with PowerDns(words=self.deny) as server, Site(server) as site:
            site.add_client("home", "denied")
            done = ctl(site, "update", "home", "192.0.2.1")
            self.assertEqual(done.returncode, 1)
            self.assertIn(self.reason, done.stdout + done.stderr)


class OneAclPerHost(unittest.TestCase):
    """Knot DNS wants one ACL item for all records of a message."""

    item = """  - id: ddnsgate
    key: ddnsgate
    action: update
    update-owner: name
    update-owner-name: h1
  - id: other
    key: ddnsgate
    action: update
    update-owner: name
    update-owner-name: h2

"""
    def test_several_hosts(self):
        example = (EXAMPLES / "knot/knot.conf").read_text()
        start = example.index("  # Who has the key")
        end = example.index("  # ddnsgate signs")
        with Knot(words={
                example[start:end]: self.item,
                "acl: ddnsgate": "acl: [ ddnsgate, other ]"}) as server, \
                Site(server) as site:
            both = site.add_client("both", "h1", "h2")
            more = site.add_client("more", "h1", "h3")
            with Gate(site) as gate:
                reply = gate.ask(f"/{both}", ip="192.0.2.1")
                self.assertEqual(reply.body,
                                 "good 192.0.2.1\ngood 192.0.2.1")
                for host in "h1", "h2":
                    self.assertEqual(server.addresses(host, "A"),
                                     ["192.0.2.1"])
                reply = gate.ask(f"/{more}", ip="192.0.2.2")
                self.assertEqual((reply.status, reply.body), (503, "dnserr"))
                self.assertEqual(server.addresses("h3", "A"), [])


class OtherZones(Base):
    def test_child_zone_on_the_same_server(self):
        for _ in self.each("sub 60 IN NS ns1.example.org.\n", child=True):
            secret = self.site.add_client(
                "home", f"new.{CHILD}", f"there.{CHILD}", CHILD, "h1")
            reason = f"the name is in the zone {CHILD}"
            with Gate(self.site, threads=1) as gate:
                serial = self.dns.serial()
                for name in (f"new.{CHILD}", f"there.{CHILD}", CHILD):
                    self.expect(gate, secret, "dnserr", f"/{name}",
                                ip="192.0.2.7", reason=reason)
                self.expect(gate, secret, "dnserr", f"/there.{CHILD}",
                            ip="203.0.113.31", reason=reason)
                # The thread asks for the zone at once after a change.
                self.expect(gate, secret, "dnserr", f"/{CHILD}",
                            ip="203.0.113.30", reason=reason)
                self.expect_serial(serial)
                self.assertIn(f'reason="{reason}"', gate.log_text())
                self.expect(gate, secret, "good 192.0.2.7", "/h1",
                            ip="192.0.2.7")

    def test_ns_beside_the_answer(self):
        """BIND tells the zone with the records, so nothing else is asked."""
        for _ in self.each("sub 60 IN NS ns1.example.org.\n", child=True,
                           dnssec=(False,)):
            if not isinstance(self.dns, Bind):
                continue
            secret = self.site.add_client("home", CHILD)
            with Gate(self.site) as gate:
                self.expect(gate, secret, "dnserr", ip="203.0.113.30",
                            reason=f"the name is in the zone {CHILD}")

    def test_delegated(self):
        for _ in self.each("sub 60 IN NS ns.elsewhere.example.\n"):
            secret = self.site.add_client("home", f"x.{CHILD}", CHILD, "h1")
            with Gate(self.site) as gate:
                for name in (f"x.{CHILD}", CHILD):
                    self.expect(
                        gate, secret, "dnserr", f"/{name}", ip="192.0.2.7",
                        reason="the name is delegated to other servers")
                self.expect(gate, secret, "good 192.0.2.7", "/h1",
                            ip="192.0.2.7")

    def test_zone_itself(self):
        """A name that needs no parent."""
        for kind, words in (
                (KnotWith, {"update-owner-match: sub":
                            "update-owner-match: sub-or-equal"}),
                (BindWith, {"wildcard *.dyn.example.org. A AAAA":
                            "zonesub A AAAA"})):
            with self.subTest(kind.__name__), kind(words=words) as server, \
                    Site(server) as site:
                self.dns = server
                secret = site.add_client("home", ZONE)
                with Gate(site) as gate:
                    self.expect(gate, secret, "good 192.0.2.7",
                                ip="192.0.2.7")
                    self.expect(gate, secret, "nochg 192.0.2.7",
                                ip="192.0.2.7")
                    self.expect(gate, secret, "good", offline="yes")


class Checks(Base):
    servers = (KnotWith, BindWith)  # PowerDNS's key may change all of a zone

    def test_child_zone(self):
        for _ in self.each("sub 60 IN NS ns1.example.org.\n", child=True,
                           dnssec=(False,)):
            self.site.add_client("good", "h1")
            self.assertEqual(ctl(self.site, "check", "--live").returncode, 0)
            self.site.add_client("home", f"x.{CHILD}")
            done = ctl(self.site, "check", "--live")
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"x.{CHILD}: the name is in the zone {CHILD}",
                          done.stderr)

    def test_delegated(self):
        for _ in self.each("sub 60 IN NS ns.elsewhere.example.\n",
                           dnssec=(False,)):
            self.site.add_client("home", f"x.{CHILD}")
            done = ctl(self.site, "check", "--live")
            self.assertEqual(done.returncode, 1)
            self.assertIn("the name is delegated to other servers",
                          done.stderr)

    def test_zone_itself(self):
        """Its right is not that of the names below it."""
        for _ in self.each(dnssec=(False,)):
            self.site.add_client("home", ZONE, "h1")
            done = ctl(self.site, "check", "--live")
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertRegex(done.stdout, r"update allowed +yes")
            self.assertRegex(done.stdout, r"also for itself +no")

    def test_serials(self):
        """A second server that is not where the first one is."""
        for _ in self.each(dnssec=(False,)):
            other = type(self.dns)()
            other.key_of = self.dns
            with other:
                self.site.edit("ddnsgate.conf", {
                    f'[ "127.0.0.1@{self.dns.port}" ]':
                    f'[ "127.0.0.1@{self.dns.port}", '
                    f'"127.0.0.1@{other.port}" ]'})
                secret = self.site.add_client("home", "h1")
                self.assertEqual(ctl(self.site, "check", "--live").stderr.count("serial"), 0)
                with Gate(self.site) as gate:
                    self.expect(gate, secret, "good 192.0.2.7",
                                ip="192.0.2.7")
                done = ctl(self.site, "check", "--live")
                self.assertIn(
                    f"{ZONE}: 127.0.0.1@{other.port} has the serial",
                    done.stderr)
                self.assertEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
