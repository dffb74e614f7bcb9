#!/usr/bin/python3
"""ddnsgatectl stale and restore, with Knot DNS and BIND."""

import os
import time
import unittest

import dns.query
import dns.tsigkeyring
import dns.update

import lab
from test_ctl import ctl
from test_status import DAY, WithState, write_seen

ZONE = lab.ZONE
LONG_AGO = 100 * DAY


class Stale(WithState):
    """What is listed."""

    def setUp(self):
        super().setUp()
        self.now = int(time.time())
        # The files of the configuration are as old as that.
        self.site.add_client("bob", f"bob.{ZONE}", f"old.{ZONE}")
        self.age(self.site.folder)

    def age(self, folder, days=100):
        for path in (folder, *folder.rglob("*")):
            os.utime(path, (self.now - days * DAY,) * 2)

    def note(self, *hosts, begun=None):
        (self.state / "seen").unlink(missing_ok=True)
        write_seen(self.state, *hosts, begun=begun or self.now - LONG_AGO)

    def stale(self, *args):
        """(host, client, day), one a line."""
        run = ctl("stale", *args, conf=self.site.conf)
        self.assertEqual(run.stderr, "")
        rows = [tuple(line.split()) for line in run.stdout.splitlines()]
        self.assertEqual(run.returncode, 1 if rows else 0)
        return rows

    def names(self, *args):
        return [row[0].removesuffix("." + ZONE) for row in self.stale(*args)]

    def known(self):
        """All hosts of the configuration."""
        found, _ = self.json()
        return sorted({host["host"].removesuffix("." + ZONE)
                       for host in found["hosts"]})

    def test_days(self):
        self.note(*((f"{name}.{ZONE}", self.now - 10 * DAY - 60, 0, "-", "-")
                    for name in self.known() if name != "old"),
                  (f"old.{ZONE}", self.now - 36 * DAY, 0, "-", "-"))
        day = time.strftime("%Y-%m-%d",
                            time.localtime(self.now - 36 * DAY))
        self.assertEqual(self.stale(), [(f"old.{ZONE}", "bob", day)])
        self.assertEqual(self.stale("--days", "35"),
                         [(f"old.{ZONE}", "bob", day)])
        self.assertEqual(self.stale("--days", "37"), [])
        self.assertEqual(self.names("--days", "11"), ["old"])
        self.assertEqual(sorted(self.names("--days", "10")), self.known())

    def test_never(self):
        seen = [(f"{name}.{ZONE}", self.now, 0, "-", "-")
                for name in self.known() if name != "bob"]
        self.note(*seen)
        self.assertEqual(self.stale(), [(f"bob.{ZONE}", "bob", "never")])
        self.assertEqual(self.stale("--days", "101"), [])

    def test_certificates_only(self):
        """They are renewed more seldom."""
        self.site.add_client("web", f"web.{ZONE}", acme=True, families=[])
        self.age(self.site.folder)
        self.note(*((f"{name}.{ZONE}", self.now, 0, "-", "-")
                    for name in self.known() if name != "web"))
        self.assertEqual(self.stale(), [])

    def test_file_was_lost(self):
        """Nobody is stale because of that, for as long as it takes."""
        for days, stale in (0, False), (34, False), (36, True):
            with self.subTest(days):
                self.note(begun=self.now - days * DAY)
                self.assertEqual(self.names() != [], stale)

    def test_new_host(self):
        """One that was added lately has not had the time."""
        self.note(*((f"{name}.{ZONE}", self.now, 0, "-", "-")
                    for name in self.known() if name not in ("bob", "nas")))
        self.assertEqual(self.names(), ["nas", "bob"])
        os.utime(self.site.folder / "clients.d/bob.conf")
        self.assertEqual(self.names(), [])  # no file is older than this one
        os.utime(self.site.folder / "clients.d/bob.conf",
                 (self.now - LONG_AGO,) * 2)
        os.utime(self.site.conf)
        self.assertEqual(self.names(), ["bob"])

    def test_clock_was_wrong(self):
        self.note(*((f"{name}.{ZONE}", self.now + DAY, 0, "-", "-")
                    for name in self.known()))
        self.assertEqual(self.stale(), [])

    def test_wrong_days(self):
        for days in "0", "-1", "x", "", "36501", "9" * 30:
            with self.subTest(days):
                run = ctl("stale", f"--days={days}", conf=self.site.conf)
                self.assertEqual((run.returncode, run.stdout), (2, ""))
                self.assertIn("allowed is 1 to 36500", run.stderr)

    def test_nothing_is_known(self):
        for command in "stale", "restore":
            with self.subTest(command):
                (self.state / "seen").unlink(missing_ok=True)
                self.assertIn("no handler has noted",
                              self.failed(command)[1])
                (self.state / "seen").write_bytes(os.urandom(5000))
                self.assertIn("no handler has noted",
                              self.failed(command)[1])
                (self.state / "seen").unlink()
                (self.state / "seen").symlink_to("/etc/passwd")
                self.assertIn("seen: Too many levels",
                              self.failed(command)[1])
        self.site.edit("ddnsgate.conf", {'state_dir = "state";': ""})
        for command in "stale", "restore":
            self.assertIn("set state_dir", self.failed(command)[1])

    def test_offline_when_nobody_calls(self):
        """The service was away: that is no reason to remove all."""
        self.note(*((f"{name}.{ZONE}", self.now - 36 * DAY, 0, "-", "-")
                    for name in self.known()))
        text, errors = self.failed("stale", "--offline")
        self.assertIn("no host at all was seen for 35 days", errors)
        self.assertEqual(text, "")

    def test_several_machines(self):
        """Who calls at another is not stale, if that is known for certain."""
        self.note(*((f"{name}.{ZONE}", self.now - 3 * DAY, 0, "-", "-")
                    for name in self.known() if name != "bob"))
        self.assertEqual(self.names(), ["bob"])
        copies = self.site.folder / "state/seen.d"
        copies.mkdir()
        (self.state / "seen").rename(copies / "two")
        self.note((f"bob.{ZONE}", self.now, 0, "-", "-"))
        self.assertEqual(self.names(), [])
        self.assertEqual(self.names("--days", "4"), [])
        self.assertEqual(len(self.names("--days", "2")), len(self.known()) - 1)
        self.age(copies, 36)
        (self.state / "seen").unlink()
        self.note(*((f"{name}.{ZONE}", self.now, 0, "-", "-")
                    for name in self.known() if name != "bob"))
        text, errors = self.failed("stale", "--offline")
        self.assertIn("seen.d is older than 35 days", errors)
        self.assertEqual(text, "")
        (copies / "two").write_text("damaged")
        self.assertIn("a copy in seen.d cannot be read, or is damaged",
                      self.failed("stale")[1])

    def test_offline_dns_is_away(self):
        """Its servers are not asked for each host."""
        self.note(*((f"{name}.{ZONE}", self.now - 36 * DAY, 0, "-", "-")
                    for name in self.known() if name != "bob"),
                  (f"bob.{ZONE}", self.now, 0, "-", "-"))
        text, errors = self.failed("stale", "--offline")
        self.assertEqual(text.count(f".{ZONE}  "), len(self.known()) - 1)
        self.assertEqual(errors.count("cannot be reached"), 1)


class Live:
    def setUp(self):
        super().setUp()
        self.now = int(time.time())
        self.site.add_client("bob", *(f"h{i}.{ZONE}" for i in range(1, 8)))

    def have(self, *names):
        return {name: self.dns.addresses(name, "A") +
                self.dns.addresses(name, "AAAA") for name in names}

    def change(self, *changes):
        """By somebody else, of the DNS server."""
        message = dns.update.UpdateMessage(
            ZONE, keyring=dns.tsigkeyring.from_text(
                {"ddnsgate": ("hmac-sha256", self.dns.tsig_secret())}))
        for name, family, address in changes:
            if address is None:
                message.delete(name, family)
            else:
                message.replace(name, 60, family, address)
        reply = dns.query.udp(message, "127.0.0.1", port=self.dns.port,
                              timeout=lab.PATIENCE_S)
        self.assertEqual(reply.rcode(), dns.rcode.NOERROR)

    def note(self, *hosts):
        write_seen(self.state, *((f"{name}.{ZONE}", at, at, v4, v6)
                                 for name, at, v4, v6 in hosts),
                   begun=self.now)

    def note_elsewhere(self, name, *hosts):
        """At another machine, which has sent a copy."""
        self.note(*hosts)
        (self.state / "seen.d").mkdir(exist_ok=True)
        (self.state / "seen").rename(self.state / "seen.d" / name)

    def test_restore_of_several_machines(self):
        """Whatever the order in which they have been called."""
        monday, tuesday = self.now - 2 * DAY, self.now - DAY
        self.note_elsewhere("two", ("h1", monday, "192.0.2.1", "2001:db8::1"),
                            ("h2", tuesday, "192.0.2.22", "-"),
                            ("h3", tuesday, "none", "-"),
                            ("h4", monday, "192.0.2.4", "-"))
        self.note(("h1", tuesday, "192.0.2.11", "-"),
                  ("h2", monday, "192.0.2.2", "2001:db8::2"),
                  ("h3", monday, "192.0.2.3", "-"))
        lines = self.restore()
        self.assertEqual(lines[-1], "5 set, 0 there already, 0 left as they "
                         "are, 0 failed")
        self.assertEqual(self.have("h1", "h2", "h3", "h4"), {
            "h1": ["192.0.2.11", "2001:db8::1"],
            "h2": ["192.0.2.22", "2001:db8::2"], "h3": [],
            "h4": ["192.0.2.4"]})
        host = self.host("h4")
        self.assertEqual(host["A"], ["192.0.2.4"])
        (self.state / "seen.d" / "three").write_text("damaged")
        self.assertIn("a copy in seen.d cannot be read, or is damaged",
                      self.failed("restore")[1])

    def test_restore_what_is_newer(self):
        """DNS has what a secondary had, which lacks the last changes."""
        self.note_elsewhere("two",
                            ("h1", self.now - 500, "192.0.2.1", "-"),
                            ("h2", self.now - 100, "192.0.2.2", "-"),
                            ("h3", self.now - 100, "none", "-"),
                            ("h4", self.now - 100, "192.0.2.4", "-"))
        self.note(("h4", self.now - 50, "192.0.2.44", "-"),
                  ("h5", self.now - 500, "none", "-"))
        for count in range(1, 6):
            self.change((f"h{count}", "A", "192.0.2.99"))
        before = self.have("h1", "h2", "h3", "h4", "h5")
        since = str(self.now - 100)
        self.assertEqual(self.restore()[-1], "0 set, 0 there already, 5 left "
                         "as they are, 0 failed")
        self.assertEqual(self.restore("--dry-run", "--since", since), [
            f"h1.{ZONE} A: 192.0.2.99 is in DNS in place of what is known, "
            "and is left",
            f"h2.{ZONE} A: 192.0.2.99 is in DNS, and older than what is known",
            f"h2.{ZONE} A: 192.0.2.2 would take its place",
            f"h3.{ZONE} A: 192.0.2.99 was removed, and would be again",
            f"h4.{ZONE} A: 192.0.2.99 is in DNS, and older than what is known",
            f"h4.{ZONE} A: 192.0.2.44 would take its place",
            f"h5.{ZONE} A: 192.0.2.99 is in DNS although it was removed, and "
            "is left",
            "3 would be set, 0 there already, 2 left as they are, 0 failed"])
        self.assertEqual(self.have(*before), before)
        self.assertEqual(self.restore("--since", since)[-1],
                         "3 set, 0 there already, 2 left as they are, 0 "
                         "failed")
        self.assertEqual(self.have(*before), {
            **before, "h2": ["192.0.2.2"], "h3": [], "h4": ["192.0.2.44"]})
        self.assertEqual(self.restore("--since", since)[-1],
                         "0 set, 2 there already, 2 left as they are, 0 "
                         "failed")

    def test_wrong_time(self):
        self.note()
        for since in "0", "-1", "", "x", "2026-11-28", "4294967296":
            with self.subTest(since):
                run = ctl("restore", f"--since={since}", conf=self.site.conf)
                self.assertEqual((run.returncode, run.stdout), (2, ""))
                self.assertIn("seconds since 1970", run.stderr)

    def test_stale_offline(self):
        self.site.add_client("bob", *(f"h{i}.{ZONE}" for i in range(1, 8)),
                             allow_offline=False)
        self.change(*((f"h{i}", family, address) for i in range(1, 5)
                      for family, address in (("A", "192.0.2.7"),
                                              ("AAAA", "2001:db8::7"))))
        old = self.now - 36 * DAY
        self.note(("h1", old, "192.0.2.7", "2001:db8::7"),
                  ("h2", self.now, "192.0.2.7", "2001:db8::7"),
                  ("h3", old, "192.0.2.7", "-"))
        self.failed("stale")
        self.assertEqual(len(self.have("h1")["h1"]), 2)
        text, errors = self.failed("stale", "--offline")
        self.assertEqual(errors, "")
        self.assertIn(f"h1.{ZONE} A: had 192.0.2.7, now none", text)
        both = ["192.0.2.7", "2001:db8::7"]
        # h4 was never seen, but the file is new.
        self.assertEqual(self.have("h1", "h2", "h3", "h4"),
                         {"h1": [], "h2": both, "h3": [], "h4": both})
        # And it is not set again.
        self.done("restore")
        self.assertEqual(self.have("h1", "h3"), {"h1": [], "h3": []})
        host = self.host("h1")
        self.assertEqual((host["A"], host["AAAA"]), ([], []))

    def restore(self, *args):
        run = self.done("restore", *args)
        return run.splitlines()

    def test_restore(self):
        self.note(("h1", self.now, "192.0.2.1", "2001:db8::1"),
                  ("h2", self.now, "192.0.2.2", "none"),
                  ("h3", self.now, "192.0.2.3", "-"),
                  ("h4", self.now, "none", "2001:db8::4"),
                  ("h5", self.now, "none", "none"),
                  ("h6", self.now, "10.0.0.1", "-"))
        self.change(("h1", "A", "192.0.2.1"), ("h3", "A", "192.0.2.33"),
                    ("h3", "AAAA", "2001:db8::33"), ("h4", "A", "192.0.2.44"))
        before = self.have("h1", "h2", "h3", "h4", "h5", "h6")
        self.assertEqual(self.restore("--dry-run"), [
            f"h1.{ZONE} AAAA: 2001:db8::1 is missing, and would be set",
            f"h2.{ZONE} A: 192.0.2.2 is missing, and would be set",
            f"h3.{ZONE} A: 192.0.2.33 is in DNS in place of what is known, "
            "and is left",
            f"h4.{ZONE} A: 192.0.2.44 is in DNS although it was removed, and "
            "is left",
            f"h4.{ZONE} AAAA: 2001:db8::4 is missing, and would be set",
            f"h6.{ZONE} A: 10.0.0.1 may not be published, and is left out",
            "3 would be set, 1 there already, 3 left as they are, 0 failed"])
        self.assertEqual(self.have(*before), before)
        lines = self.restore()
        self.assertIn(f"h1.{ZONE} AAAA: 2001:db8::1 is missing", lines)
        self.assertIn(f"h1.{ZONE}: what was missing is set", lines)
        self.assertEqual(lines[-1], "3 set, 1 there already, 3 left as they "
                         "are, 0 failed")
        self.assertEqual(self.have(*before), {
            "h1": ["192.0.2.1", "2001:db8::1"], "h2": ["192.0.2.2"],
            "h3": ["192.0.2.33", "2001:db8::33"],
            "h4": ["192.0.2.44", "2001:db8::4"], "h5": [], "h6": []})
        self.assertEqual(self.restore()[-1], "0 set, 4 there already, 3 left "
                         "as they are, 0 failed")

    def test_a_newer_address_wins(self):
        """Also one that comes between the question and the UPDATE."""
        self.note(("h1", self.now, "192.0.2.1", "-"))
        with lab.HeldDns(self.dns) as held:
            held.released.set()
            self.site.edit("ddnsgate.conf", {
                f"127.0.0.1@{self.dns.port}": f"127.0.0.1@{held.port}"})
            carry = held.carry

            def change_first(packet, sender):
                if is_update(packet):
                    self.change(("h1", "A", "192.0.2.99"))
                carry(packet, sender)
            held.carry = change_first
            text, errors = self.failed("restore")
        self.assertIn("or has got an address meanwhile", errors)
        self.assertIn("0 set, 0 there already, 0 left as they are, 1 failed",
                      text)
        self.assertEqual(self.have("h1"), {"h1": ["192.0.2.99"]})

    def test_a_cname_does_not_stop_the_others(self):
        self.site.add_client("cam", f"www.{ZONE}")
        self.site.add_client("dan", f"dan.{ZONE}")
        self.note(("www", self.now, "192.0.2.1", "-"),
                  ("dan", self.now, "192.0.2.2", "-"))
        text, errors = self.failed("restore")
        self.assertIn(f"www.{ZONE} is not restored: DNS has a CNAME", errors)
        self.assertIn("1 set, 0 there already, 0 left as they are, 1 failed",
                      text)
        self.assertEqual(self.have("dan"), {"dan": ["192.0.2.2"]})

    def test_one_zone(self):
        self.site.edit("ddnsgate.conf", {"    // read_back = true;\n  }\n": (
            f'  }},\n  {{ name = "second.example"; key = "ddnsgate"; '
            f'servers = [ "127.0.0.1@{lab.free_port()}" ]; }}\n')})
        self.site.add_client("cam", "a.second.example", "b.second.example")
        write_seen(self.state, *((name, self.now, 0, "192.0.2.1", "-")
                                 for name in (f"h1.{ZONE}", "a.second.example",
                                              "b.second.example")))
        self.assertEqual(self.restore("--dry-run", f"{ZONE}.")[-1],
                         "1 would be set, 0 there already, 0 left as they "
                         "are, 0 failed")
        text, errors = self.failed("restore")
        self.assertIn("1 set, 0 there already, 0 left as they are, 2 failed",
                      text)
        self.assertEqual(errors.count("cannot be reached"), 1)
        for zone in "third.example", f"h1.{ZONE}", "..", "":
            with self.subTest(zone):
                self.assertIn("is none of the zones",
                              self.failed("restore", zone)[1])


def is_update(packet):
    return (packet[2] >> 3 & 15) == 5


class LiveKnot(Live, WithState):
    server = lab.Knot


class LiveBind(Live, WithState):
    server = lab.Bind


if __name__ == "__main__":
    unittest.main()
