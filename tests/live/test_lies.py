#!/usr/bin/python3
"""A DNS server that lies: never "good", not for ever, and the log says why.

Each lie is told by a server of its own, in answer to the query or to the
UPDATE, over UDP (and what follows from it) or TCP alone.  As soon as the
server is honest again, the same request is answered with "good".
"""

import concurrent.futures
import dataclasses
import itertools
import os
import pathlib
import subprocess
import time
import unittest

import dns.flags

from fakedns import (NOTHING, QUERY, SECRET, UPDATE, FakeDns, FakeServers,
                     Lie, log_lines, with_zones, zone_conf)
from lab import PATIENCE_S, Gate, Site, wait_until

OLD, NEW = "192.0.2.1", "192.0.2.2"
HOUR, YEAR = 3600, 365 * 24 * 3600
BADSIG, BADKEY, BADTIME = 16, 17, 18

NO_ANSWER = "no answer from the DNS server"
FOREIGN = "only answers to other requests from the DNS server"
TRUNCATED = "truncated answer from the DNS server, and no whole one over TCP"
GARBAGE = "the DNS server's answer is malformed"
UNSIGNED = "the DNS server's answer has no signature"
WRONG_MAC = "the DNS server's signature is wrong"
STALE = "the DNS server's signature is outside the fudge"
ANOTHER = "the DNS server answers with another error"


def in_an_hour():
    return int(time.time() + HOUR).to_bytes(6, "big")


def error(tsig_error, **lie):
    return Lie("NOTAUTH", error=tsig_error, **lie)


def after_question(wire):
    """Where the one question ends, whose name is not compressed."""
    at = 12
    while wire[at]:
        at += 1 + wire[at]
    return at + 5


@dataclasses.dataclass
class Row:
    name: str
    lie: Lie
    reason: str
    rcode: str = "NOERROR"  # in the log
    told: tuple = (QUERY, UPDATE)
    over: tuple = ("udp", "tcp")


ROWS = (
    Row("unsigned", Lie(signed=False), UNSIGNED),
    Row("other secret", Lie(secret=SECRET[:-1]), WRONG_MAC),
    Row("other algorithm, same secret",
        Lie(algorithm="hmac-sha512"), WRONG_MAC),
    Row("hmac-sha256-128", Lie(algorithm="hmac-sha256-128"), WRONG_MAC),
    Row("other key, same secret", Lie(key="other"), WRONG_MAC),
    Row("another key's name, our MAC",
        Lie(mangle=lambda answer, request:
            answer.replace(b"\x08ddnsgate\0", b"\x08elsewhat\0")), WRONG_MAC),
    Row("another algorithm's name, our MAC",
        Lie(mangle=lambda answer, request:
            answer.replace(b"hmac-sha256", b"hmac-sha3ab")), WRONG_MAC),
    Row("MAC cut in half", Lie(mac_len=16), WRONG_MAC),
    Row("MAC one byte short", Lie(mac_len=31), WRONG_MAC),
    Row("MAC empty", Lie(mac_len=0), WRONG_MAC),
    Row("signed for another request", Lie(request_mac=bytes(32)), WRONG_MAC),
    Row("an earlier answer under this ID",
        Lie(request_mac=bytes(32), mangle=lambda answer, request:
            request[:2] + answer[2:]), WRONG_MAC),
    Row("a year old", Lie(seconds=-YEAR), STALE),
    Row("an hour ahead", Lie(seconds=HOUR), STALE),
    Row("an hour ahead, all the fudge there is",
        Lie(seconds=HOUR, fudge=65535), STALE),
    Row("BADTIME with the server's time", error(BADTIME, other=in_an_hour()),
        "BADTIME: the clocks differ by more than the fudge", "NOTAUTH"),
    Row("BADTIME without a time", error(BADTIME), GARBAGE, "NOTAUTH"),
    Row("BADTIME unsigned", error(BADTIME, other=in_an_hour(), mac_len=0),
        WRONG_MAC, "NOTAUTH"),
    Row("BADKEY", error(BADKEY, mac_len=0),
        "BADKEY: unknown key, or the ACL denies it", "NOTAUTH"),
    Row("BADSIG", error(BADSIG, mac_len=0),
        "BADSIG: the DNS server has another TSIG secret", "NOTAUTH"),
    Row("NOERROR with BADKEY, signed", Lie(error=BADKEY), ANOTHER),
    Row("unsigned NOTAUTH", Lie("NOTAUTH", signed=False),
        "unsigned NOTAUTH: unknown key, or the ACL denies it", "NOTAUTH"),
    Row("signed NOTAUTH", Lie("NOTAUTH"),
        "NOTZONE: the zone is not served there", "NOTAUTH"),
    Row("unsigned REFUSED", Lie("REFUSED", signed=False),
        "REFUSED: the DNS server's policy denies it", "REFUSED"),
    Row("signed REFUSED", Lie("REFUSED"),
        "REFUSED: the DNS server's policy denies it", "REFUSED"),
    Row("unsigned SERVFAIL", Lie("SERVFAIL", signed=False),
        "SERVFAIL: the DNS server failed", "SERVFAIL"),
    Row("unsigned YXRRSET", Lie("YXRRSET", signed=False),
        UNSIGNED, "YXRRSET", told=(UPDATE,)),
    Row("signed YXRRSET", Lie("YXRRSET"),
        "a CNAME is in the way", "YXRRSET", told=(UPDATE,)),
    Row("signed FORMERR", Lie("FORMERR"), ANOTHER, "FORMERR"),
    Row("no authority", Lie(flags=dns.flags.AA),
        "the DNS server has no authority over the zone", told=(QUERY,)),
    Row("other ID", Lie(id=1), FOREIGN, "-"),
    Row("other question", Lie(asked=lambda name: "other.example"),
        FOREIGN, "-"),
    Row("other question of the same length",
        Lie(asked=lambda name: "x" + name[1:]), FOREIGN, "-"),
    Row("no question", Lie(asked=lambda name: ""), FOREIGN, "-"),
    Row("QR clear", Lie(flags=dns.flags.QR), FOREIGN, "-"),
    Row("other opcode", Lie(flags=0x2000), FOREIGN, "-"),
    Row("the request itself", Lie(mangle=lambda answer, request: request),
        FOREIGN, "-"),
    Row("other bytes altogether", Lie(mangle=lambda answer, request:
                                      bytes(byte ^ 0xff for byte in answer)),
        FOREIGN, "-"),
    Row("a few bytes", Lie(mangle=lambda answer, request: answer[:5]),
        GARBAGE, "-"),
    Row("nothing in a message", Lie(mangle=lambda answer, request: b""),
        GARBAGE, "-"),
    Row("garbage behind the question",
        Lie(mangle=lambda answer, request:
            answer[:after_question(answer)] + 40 * b"\xff"), GARBAGE),
    Row("cut", Lie(mangle=lambda answer, request: answer[:-1]), GARBAGE),
    Row("a byte behind the end",
        Lie(mangle=lambda answer, request: answer + b"\0"), GARBAGE),
    Row("64 KiB", Lie(mangle=lambda answer, request: answer + bytes(65536)),
        GARBAGE, "-"),
    Row("truncated", Lie(flags=dns.flags.TC), TRUNCATED, "-"),
    Row("a flood of other IDs", Lie(id=1, how="flood"), FOREIGN, "-"),
    Row("a flood of forgeries", Lie(secret=b"other", how="flood"), WRONG_MAC),
    Row("nothing at all", NOTHING, NO_ANSWER, "-"),
    Row("a byte at a time, for too long", Lie(how="slowly"), NO_ANSWER, "-",
        over=("tcp",)),
    Row("half of it, then the end", Lie(how="half"), GARBAGE, "-",
        over=("tcp",)),
    Row("the end", Lie(how="close"), NO_ANSWER, "-", over=("tcp",)),
)


@dataclasses.dataclass
class Case:
    row: Row
    told: int
    over: str
    server: FakeDns
    zone: str

    def __str__(self):
        told = "query" if self.told == QUERY else "UPDATE"
        return f"{self.row.name}, to the {told} over {self.over}"

    @property
    def host(self):
        return "h." + self.zone

    def conf(self):
        return zone_conf(self.zone, self.server.at, transport=self.over)


def make_cases(fakes):
    """Each with a server and a zone of its own."""
    number = itertools.count()
    for row in ROWS:
        for told, over in itertools.product(row.told, row.over):
            case = Case(row, told, over, fakes.add(),
                        f"z{next(number)}.example")
            case.server.lies[told] = row.lie
            case.server.held[case.host, "A"] = (60, OLD)
            yield case


class Lies(unittest.TestCase):
    def check_lie(self, case, reply, line):
        word, reason, server, rcode, _ = line
        self.assertEqual((reply.status, reply.body), (503, "dnserr"))
        self.assertIn("retry-after", reply.headers)
        self.assertEqual(reply.headers["x-ddns-reason"], [reason])
        self.assertEqual((word, reason, server, rcode),
                         ("dnserr", case.row.reason, case.server.at,
                          case.row.rcode))
        self.assertEqual(case.server.address(case.host), OLD)
        # One and the same is sent until its time is up, but for SERVFAIL.
        updates = (0 if case.told == QUERY else
                   3 if rcode == "SERVFAIL" else 1)
        self.assertEqual(len(case.server.ids[UPDATE]), updates)

    def check_truth(self, case, reply):
        self.assertEqual((reply.status, reply.body), (200, "good " + NEW))
        self.assertEqual(case.server.address(case.host), NEW)

    def ask_all(self, cases, ask):
        """One after the other begins to wait, as a lie is heard out for all
        of the time that a request has."""
        with concurrent.futures.ThreadPoolExecutor(len(cases)) as pool:
            replies = []
            for case in cases:
                replies.append(pool.submit(ask, case))
                wait_until(lambda: case.server.ids[case.told] or
                           replies[-1].done(), "it is lied to")
            return [reply.result() for reply in replies]

    def check_all(self, cases, ask, gate):
        replies = self.ask_all(cases, ask)
        lines = log_lines(gate)
        for case, reply in zip(cases, replies):
            with self.subTest(str(case)):
                self.check_lie(case, reply, lines[case.host])
            case.server.lies.clear()
        for case in cases:
            with self.subTest(str(case) + ", honest again"):
                self.check_truth(case, ask(case))

    def test_all(self):
        with FakeServers() as fakes:
            cases = list(make_cases(fakes))
            # One client has more failures than have a line at the level info.
            words = {**with_zones(*(case.conf() for case in cases)),
                     'log_level = "info"': 'log_level = "debug"'}
            with Site(fakes, words) as site:
                secret = site.add_client(
                    "lied-to", *(case.host for case in cases))
                # Half of them may wait for a server that has failed.
                with Gate(site, threads=2 * len(cases)) as gate:
                    self.check_all(cases, lambda case: gate.ask(
                        f"/{secret}/{case.host}", ip=NEW), gate)


class Check(unittest.TestCase):
    """What ddnsgatectl advises."""

    def test_live(self):
        ctl = pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl")
        with FakeServers() as fakes, Site(fakes) as site:
            for lie, reason, advice in (
                    (Lie(id=1), FOREIGN, "is it a DNS server"),
                    (Lie(flags=dns.flags.TC), TRUNCATED, "let TCP pass")):
                fakes.first.lies[QUERY] = lie
                with self.subTest(reason):
                    run = subprocess.run(
                        [ctl, "-c", site.conf, "check", "--live"], text=True,
                        stdout=subprocess.PIPE, timeout=PATIENCE_S)
                    self.assertEqual(run.returncode, 1)
                    self.assertIn("no: " + reason, run.stdout)
                    self.assertIn(advice, run.stdout)


if __name__ == "__main__":
    unittest.main()
