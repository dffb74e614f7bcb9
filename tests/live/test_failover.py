#!/usr/bin/python3
"""Servers that fail: the next one is asked, others are not disturbed."""

import concurrent.futures
import contextlib
import dataclasses
import itertools
import signal
import socket
import time
import unittest

import dns.flags
import dns.name
import dns.rcode
import dns.tsig
import dns.update

from fakedns import (NOTHING, QUERY, UPDATE, FakeServers, Lie, log_lines,
                     with_zones, zone_conf)
from lab import (EXAMPLES, PATIENCE_S, TIMEOUT_MS, ZONE, Bind, Gate, HeldDns,
                 Knot, Nginx, Site, curl, fastcgi_reply, fastcgi_request,
                 wait_until)

# exchange.h
FAILED_S = 5
UPDATES_MAX = 64
# commit.h
RETRIES, PAUSE_MIN_S = 2, 0.02
# Who waits to the end, less what clocks differ by; who does not has given up
# long before, as the UPDATE is lost (1.2 s, exchange_turn.h).
WAITED_MS = TIMEOUT_MS - 500


@contextlib.contextmanager
def served(site, threads):
    with Gate(site, threads=threads) as gate, Nginx(gate) as web:
        yield gate, web


def addresses():
    """192.0.2.1 and all that follow."""
    return (f"192.0.{2 + number // 250}.{1 + number % 250}"
            for number in itertools.count())


@dataclasses.dataclass
class Row:
    """A first server that fails, with a second one that is well."""

    name: str
    lies: dict | None  # None: nobody listens there
    is_left: bool = False  # for the next one, for a while


ROWS = (
    Row("dead", None, is_left=True),
    Row("silent", {QUERY: NOTHING, UPDATE: NOTHING}, is_left=True),
    Row("silent to the UPDATE", {UPDATE: NOTHING}, is_left=True),
    Row("refusing", {QUERY: Lie("REFUSED", signed=False)}),
    Row("refusing the UPDATE", {UPDATE: Lie("REFUSED")}),
    Row("lame: no authority", {QUERY: Lie(flags=dns.flags.AA)}),
    Row("lame: NOTAUTH", {QUERY: Lie("NOTAUTH")}),
    Row("lame: unsigned NOTAUTH to the UPDATE",
        {UPDATE: Lie("NOTAUTH", signed=False)}),
    Row("failing", {QUERY: Lie("SERVFAIL")}),
    Row("failing the UPDATE", {UPDATE: Lie("SERVFAIL")}),
    Row("lying", {QUERY: Lie(signed=False)}, is_left=True),
    Row("lying about the UPDATE", {UPDATE: Lie(secret=b"other")},
        is_left=True),
)


class Case:
    def __init__(self, row, fakes, number):
        self.row = row
        self.zone = f"z{number}.example"
        self.host = "h." + self.zone
        self.first = fakes.add(opened=row.lies is not None)
        self.first.lies.update(row.lies or {})
        self.second = fakes.add()
        self.addresses = addresses()

    def conf(self):
        return zone_conf(self.zone, self.first.at, self.second.at)


class Failover(unittest.TestCase):
    def changes(self, case, ask, gate):
        """Through which server a change has gone."""
        address = next(case.addresses)
        reply = ask(case, address)
        self.assertEqual((reply.status, reply.body), (200, "good " + address))
        word, _, server, *_ = log_lines(gate)[case.host]
        self.assertEqual(word, "good")
        changed = case.first if server == case.first.at else case.second
        self.assertEqual(changed.address(case.host), address)
        return changed

    def check_case(self, case, ask, gate, fakes):
        began = time.monotonic()
        self.assertIs(self.changes(case, ask, gate), case.second)
        seen = len(case.first.ids[QUERY])
        self.assertIs(self.changes(case, ask, gate), case.second)
        if case.row.is_left and time.monotonic() < began + FAILED_S:
            self.assertEqual(len(case.first.ids[QUERY]), seen)
        self.assertIsNone(case.first.address(case.host))
        if case.row.lies is None:
            fakes.open(case.first)
        case.first.lies.clear()
        wait_until(lambda: self.changes(case, ask, gate) is case.first,
                   "the first server is back")

    def test_fakes(self):
        with FakeServers() as fakes:
            cases = [Case(row, fakes, number)
                     for number, row in enumerate(ROWS)]
            words = with_zones(*(case.conf() for case in cases))
            with Site(fakes, words) as site, \
                    concurrent.futures.ThreadPoolExecutor(len(ROWS)) as pool:
                secret = site.add_client(
                    "home", *(case.host for case in cases))
                with served(site, 4 * len(ROWS)) as (gate, web):
                    def ask(case, address):
                        return curl(web.url(secret, case.host, ip=address))
                    futures = [pool.submit(self.check_case, case, ask, gate,
                                           fakes) for case in cases]
                    for case, future in zip(cases, futures):
                        with self.subTest(case.row.name):
                            future.result()

    def check_real(self, first, second, web, secret):
        numbers = addresses()

        def change():
            address = next(numbers)
            self.assertEqual(curl(web.url(secret, ip=address)).body,
                             "good " + address)
            return [server for server in (first, second)
                    if server.addresses("try", "A") == [address]]

        self.assertEqual(change(), [first])
        for how in signal.SIGSTOP, signal.SIGKILL:
            with self.subTest(how.name):
                if how == signal.SIGKILL:
                    first.stop(how)
                else:
                    first.process.send_signal(how)
                address = next(numbers)
                self.assertEqual(curl(web.url(secret, ip=address)).body,
                                 "good " + address)
                self.assertEqual(second.addresses("try", "A"), [address])
                if how == signal.SIGKILL:
                    first.start()
                else:
                    first.process.send_signal(signal.SIGCONT)
                wait_until(lambda: change() == [first], "it is back")

    def test_real(self):
        class Other(Bind):
            """With the first one's key."""

            def make_key(self):
                return ('key "ddnsgate" { algorithm hmac-sha256; '
                        f'secret "{first.tsig_secret()}"; }};')

        with Knot() as first, Other() as second:
            words = {"127.0.0.1@53":
                     f'127.0.0.1@{first.port}", "127.0.0.1@{second.port}'}
            with Site(first, words) as site, served(site, 4) as (_, web):
                self.check_real(first, second, web, site.secrets["try"])


class Neighbours(unittest.TestCase):
    """A dead server is the trouble of its own zone alone."""

    threads = 4
    dead_requests = 40
    live_requests = 20

    @contextlib.contextmanager
    def asking_the_dead(self, gate, secret):
        """So many at once, and before any others; gives the connections."""
        with contextlib.ExitStack() as stack:
            streams = []
            for number in range(self.dead_requests):
                stream = stack.enter_context(gate.connection())
                stream.sendall(fastcgi_request(
                    f"/{secret}/h{number}.dead.example",
                    QUERY_STRING="ip=192.0.2.1"))
                streams.append(stream)
            yield streams

    def check(self, gate, secret):
        with self.asking_the_dead(gate, secret) as streams:
            wait_until(lambda: "no answer" in gate.log_text(),
                       "the first of them is given up")
            for number in range(self.live_requests):
                address = f"192.0.2.{number + 1}"
                reply = gate.ask(f"/{secret}/h.live.example", ip=address)
                self.assertEqual(reply.body, f"good {address}")
            for stream in streams:
                self.assertIn("\r\n\r\ndnserr", fastcgi_reply(stream))
        # Half of the workers at a time, and of so many at once none is left
        # when these have waited; else all would, one after the other.
        waited = [host for host, (*_, ms) in log_lines(gate).items()
                  if ms >= WAITED_MS]
        self.assertLessEqual(len(waited), 2 * self.threads)

    def test_all(self):
        for name, lies in (("silent", {QUERY: NOTHING, UPDATE: NOTHING}),
                           ("silent to UPDATEs", {UPDATE: NOTHING})):
            with self.subTest(name), FakeServers() as fakes:
                dead, live = fakes.add(), fakes.add()
                dead.lies.update(lies)
                words = with_zones(zone_conf("dead.example", dead.at),
                                   zone_conf("live.example", live.at))
                with Site(fakes, words) as site:
                    secret = site.add_client("home", "h.live.example", *(
                        f"h{number}.dead.example"
                        for number in range(self.dead_requests)))
                    with Gate(site, threads=self.threads) as gate:
                        self.check(gate, secret)


class SlowNeighbour(unittest.TestCase):
    """What a zone had is old news once a slower zone has been asked, too."""

    host, slow_host = "h.dyn.example", "h.slow.example"
    old, new = "192.0.2.1", "192.0.2.2"

    def check(self, quick, slow, gate, secret):
        def ask(*hosts, ip):
            return gate.ask("/".join(["", secret, *hosts]), ip=ip)

        self.assertEqual(ask(self.host, ip=self.old).body, "good " + self.old)
        quick.hold(UPDATE)
        slow.hold(QUERY)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            first = pool.submit(ask, self.host, ip=self.new)
            wait_until(lambda: quick.waiting[UPDATE],
                       "the first is on its way")
            second = pool.submit(ask, ip=self.old)
            # It asks one zone after the other.
            wait_until(lambda: slow.waiting[QUERY],
                       "the second knows what the quick zone has")
            quick.release(UPDATE)
            self.assertEqual(first.result().body, "good " + self.new)
            slow.release(QUERY)
            self.assertEqual(second.result().status, 200)
        self.assertEqual(quick.address(self.host), self.old)

    def test_landed_meanwhile(self):
        with FakeServers() as fakes:
            quick, slow = fakes.add(), fakes.add()
            words = with_zones(zone_conf("dyn.example", quick.at),
                               zone_conf("slow.example", slow.at))
            with Site(fakes, words) as site:
                secret = site.add_client("home", self.host, self.slow_host)
                with Gate(site, threads=8) as gate:
                    self.check(quick, slow, gate, secret)


# Knot's ACL would sort out what its zone cannot have.
OPEN_ACL = {"""    update-type: [ A, AAAA ]
    update-owner: zone
    update-owner-match: sub
""": ""}


class BadCompany(HeldDns):
    """The way to a Knot where some UPDATEs travel with one that must fail."""

    def __init__(self, knot):
        super().__init__(knot)
        self.key = dns.tsig.Key("ddnsgate", knot.tsig_secret())
        self.failures = 0
        self.failed = False  # the last one
        self.last = None
        self.released.set()

    def update(self, name):
        update = dns.update.UpdateMessage(
            ZONE, keyring={self.key.name: self.key})
        update.use_tsig(self.key)
        update.replace(dns.name.from_text(name), 60, "A", "192.0.2.9")
        return update.to_wire()

    def send_company(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as onward:
            onward.connect(self.upstream)
            # Knot is busy with this one, and takes what comes then together.
            onward.send(self.update(f"busy.{ZONE}"))
            time.sleep(0.002)
            onward.send(self.update("outside.example"))

    def carry(self, packet, sender):
        # The same again, as its answer was late, is no other UPDATE.
        is_new = packet[2] >> 3 & 0xf == UPDATE and packet != self.last
        if is_new and not self.failed:
            self.send_company()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as onward:
            onward.settimeout(PATIENCE_S)
            onward.connect(self.upstream)
            onward.send(packet)
            answer = onward.recv(65535)
        if is_new:
            self.last = packet
            self.failed = answer[3] & 0xf == dns.rcode.SERVFAIL
            self.failures += self.failed
        self.udp.sendto(answer, sender)


class Servfail(unittest.TestCase):
    requests = 12

    def test_pauses(self):
        """As often as said, and never at once, nor after a fixed time."""
        with FakeServers() as fakes:
            fakes.first.lies[UPDATE] = Lie("SERVFAIL")
            with Site(fakes) as site, served(site, 4) as (_, web):
                url = web.url(site.secrets["try"], ip="192.0.2.1")
                for _ in range(self.requests):
                    self.assertEqual(curl(url).body, "dnserr")
            seen = list(fakes.first.seen[UPDATE].values())
            tries = RETRIES + 1
            self.assertEqual(len(seen), self.requests * tries)
            # Fresh IDs for all, of which chance may make a few the same.
            self.assertGreater(len(fakes.first.ids[UPDATE]), len(seen) - tries)
            pauses = [after - before for number, (before, after) in
                      enumerate(itertools.pairwise(seen), 1) if number % tries]
            self.assertGreaterEqual(min(pauses), PAUSE_MIN_S)
            self.assertGreater(max(pauses) - min(pauses), PAUSE_MIN_S / 2)

    def test_knot(self):
        """What travels with a bad UPDATE fails as it does, and goes again."""
        with Knot(words=OPEN_ACL) as knot, BadCompany(knot) as dns_server, \
                Site(dns_server) as site, served(site, 4) as (_, web):
            secret = site.secrets["try"]
            numbers = addresses()

            def has_failed():
                address = next(numbers)
                self.assertEqual(curl(web.url(secret, ip=address)).body,
                                 "good " + address)
                self.assertEqual(knot.addresses("try", "A"), [address])
                return dns_server.failures >= 5
            wait_until(has_failed, "good UPDATEs fail in bad company")


class Quota(unittest.TestCase):
    """BIND drops UPDATEs beyond its update-quota (100)."""

    zones = 150

    @contextlib.contextmanager
    def updating(self, server, zones, host):
        """A request for HOST and each zone at once; gives the replies to come.

        host: "" or ends with a dot.  The zone's own name takes no queries
        about parents, of which so many keep a server in Python busy.
        """
        words = with_zones(*(
            zone_conf(f"z{number}.example", f"127.0.0.1@{server.port}")
            for number in range(zones)))
        hosts = [f"{host}z{number}.example" for number in range(zones)]
        with Site(server, words) as site:
            secret = site.add_client("home", *hosts)
            # Of so many workers half may wait for long.
            with Gate(site, threads=2 * zones) as gate, \
                    concurrent.futures.ThreadPoolExecutor(zones) as pool:
                yield [pool.submit(gate.ask, f"/{secret}/{host}",
                                   ip="192.0.2.1") for host in hosts]

    def check(self, replies):
        bodies = {reply.result().body for reply in replies}
        # A busy machine may have kept some for all of their time.
        self.assertEqual(bodies - {"dnserr"}, {"good 192.0.2.1"})

    def test_fake(self):
        with FakeServers() as fakes:
            server = fakes.first
            server.hold(UPDATE)
            with self.updating(server, UPDATES_MAX + 12, "") as replies:
                for _ in range(4):
                    wait_until(lambda: len(server.waiting[UPDATE]) >=
                               UPDATES_MAX, "it has all that it may")
                    # Then one more comes, and only then.
                    server.release_one(UPDATE)
                server.release(UPDATE)
                self.check(replies)
            self.assertEqual(server.most_waiting, UPDATES_MAX)

    def test_bind(self):
        zones = self.zones

        class ManyZones(Bind):
            def prepare(self):
                super().prepare()
                text = (EXAMPLES / self.zone_file).read_text()
                conf = self.conf.read_text()
                zone = conf[conf.index(f'zone "{ZONE}"'):]
                for number in range(zones):
                    name = f"z{number}.example"
                    (self.folder / f"{name}.zone").write_text(
                        text.replace(ZONE, name))
                    conf += zone.replace(ZONE, name)
                self.conf.write_text(conf)

        with ManyZones() as dns_server:
            with self.updating(dns_server, self.zones, "h.") as replies:
                self.check(replies)
            self.assertNotIn("too many DNS UPDATEs", dns_server.log_text())


if __name__ == "__main__":
    unittest.main()
