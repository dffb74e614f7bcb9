#!/usr/bin/python3
"""The setting events: what ddnsgate tells, and that it waits for no reader."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import unittest

import lab
from lab import Gate, Knot, Site, ddnsgate

FIELDS = ["time", "event", "client", "host", "type", "old", "new", "word",
          "reason", "server", "from"]
HOST = "try.dyn.example.org"
LINES_MAX = 30  # LOG_LIMIT_SOURCE_LINES


class Reader:
    """Who reads the events, with this many of room."""

    def __init__(self, site):
        self.path = site.folder / "events"
        self.socket = None
        self.open()

    def open(self):
        self.path.unlink(missing_ok=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        lab.give_to_www(self.path, 0o660)

    def close(self):
        self.socket.close()

    def next(self):
        self.socket.settimeout(lab.PATIENCE_S)
        event = json.loads(self.socket.recv(65536))
        assert [name for name in event
                if name not in ("dropped", "count")] == FIELDS, event
        return event

    def waiting(self):
        """All that have come."""
        self.socket.setblocking(False)
        events = []
        try:
            while True:
                events.append(json.loads(self.socket.recv(65536)))
        except BlockingIOError:
            return events


class Events(unittest.TestCase):
    def make(self, words=None):
        self.dns = self.enterContext(Knot())
        self.site = self.enterContext(Site(self.dns, words))
        self.site.edit("ddnsgate.conf", {
            '// state_dir = "/var/lib/ddnsgate";':
                f'events = "unix:{self.site.folder}/events";'})
        self.reader = Reader(self.site)
        self.addCleanup(lambda: self.reader.close())
        self.secret = self.site.secrets["try"]

    def serve(self, words=None):
        self.make(words)
        self.gate = self.enterContext(Gate(self.site))
        self.gate.ask("/health")

    def set(self, address, want="good", **query):
        reply = self.gate.ask(f"/{self.secret}", myip=address, **query)
        self.assertEqual(reply.body.split()[0], want)

    def expect(self, **fields):
        event = self.reader.next()
        self.assertEqual({name: event[name] for name in fields}, fields)
        self.assertRegex(event["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        return event

    def test_changed(self):
        self.serve()
        server = f"127.0.0.1@{self.dns.port}"
        common = {"event": "changed", "client": "try", "host": HOST,
                  "word": "good", "reason": "", "server": server,
                  "from": "127.0.0.1"}
        self.set("192.0.2.7")
        self.expect(type="A", old="", new="192.0.2.7", **common)
        self.set("192.0.2.7", "nochg")  # is no change
        self.set("192.0.2.8,2001:db8::8")
        self.expect(type="A", old="192.0.2.7", new="192.0.2.8", **common)
        self.expect(type="AAAA", old="", new="2001:db8::8", **common)
        self.gate.ask(f"/{self.secret}", offline="yes")
        self.expect(type="A", old="192.0.2.8", new="", **common)
        self.expect(type="AAAA", old="2001:db8::8", new="", **common)
        self.assertEqual(self.reader.waiting(), [])

    def test_server_lost_and_back(self):
        self.serve()
        server = f"127.0.0.1@{self.dns.port}"
        self.dns.stop()
        self.set("192.0.2.7", "dnserr")
        self.expect(event="server_down", server=server, client="")
        self.expect(event="failed", client="try", host=HOST, word="dnserr",
                    server=server, old="", new="")
        self.dns.start()

        def is_back():
            return self.gate.ask(f"/{self.secret}", myip="192.0.2.7"
                                 ).body.startswith("good")
        lab.wait_until(is_back, "ddnsgate tries the server again")
        events = [self.reader.next()]
        while events[-1]["event"] != "changed":
            events.append(self.reader.next())
        kinds = [event["event"] for event in events]
        self.assertEqual(kinds.count("server_up"), 1, kinds)
        self.assertNotIn("server_down", kinds)

    def test_limited(self):
        self.serve({"change_burst     = 10": "change_burst = 1",
                    "failure_burst    = 20": "failure_burst = 1"})
        self.set("192.0.2.7")
        self.expect(event="changed")
        self.set("192.0.2.8", "abuse")
        self.set("192.0.2.8", "abuse")  # is the same limit
        self.expect(event="limited", client="try", host=HOST, word="abuse",
                    reason="too many changes by this client")
        self.gate.ask(f"/{lab.WRONG}")
        self.expect(event="refused", client="", host="")
        self.gate.ask(f"/{lab.WRONG}")
        self.expect(event="limited", client="",
                    reason="too many failed credentials")

    def test_refused_is_throttled(self):
        """By the same rule as the log, and no secret is told."""
        self.serve({'log_level = "info"': 'log_level = "error"'})
        refused = 0
        for _ in range(2 * LINES_MAX):
            self.gate.ask(f"/{lab.WRONG}")
            for event in self.reader.waiting():
                refused += 1
                self.assertEqual(event["event"], "refused")
                self.assertEqual(event["from"], "127.0.0.1")
                self.assertNotIn(lab.WRONG, json.dumps(event))
        self.assertEqual(refused, LINES_MAX)
        self.set("192.0.2.7")
        self.expect(event="changed")

    def test_noise_is_none(self):
        self.serve()
        self.gate.ask("/health")
        self.gate.ask("/nic/update")  # challenged
        self.set("192.0.2.7")
        self.expect(event="changed")

    def test_failed_request(self):
        self.serve()
        self.set("not-an-address", "badip")
        self.expect(event="failed", client="try", word="badip", server="",
                    reason="address malformed")

    def test_reload(self):
        self.serve()
        self.gate.process.send_signal(signal.SIGHUP)
        self.expect(event="reloaded", client="", reason="")
        text = self.site.conf.read_text()
        self.site.write("ddnsgate.conf", text + "\nnonsense = 1;\n")
        event = self.expect(event="failed", client="")
        self.assertRegex(event["reason"], "^reload: .*nonsense")
        # To another socket from now on
        old, self.reader.path = self.reader, self.reader.path
        self.reader = Reader.__new__(Reader)
        self.reader.path = self.site.folder / "other"
        self.reader.open()
        self.addCleanup(old.close)
        self.site.write("ddnsgate.conf", text.replace(
            str(old.path), str(self.reader.path)))
        self.expect(event="reloaded")
        self.assertEqual(old.waiting(), [])

    def test_reader_is_gone_and_back(self):
        self.serve()
        self.set("192.0.2.1")
        self.expect(event="changed")
        self.reader.close()
        for last in range(2, 5):
            self.set(f"192.0.2.{last}")
        self.reader.open()

        def comes():
            comes.last += 1
            self.set(f"192.0.2.{comes.last}")
            comes.events = self.reader.waiting()
            return comes.events != []
        comes.last = 4
        lab.wait_until(comes, "ddnsgate connects again")
        self.assertEqual(comes.events[0]["dropped"], comes.last - 2)
        self.set("192.0.2.200")
        self.assertNotIn("dropped", self.reader.next())
        log = self.gate.log_text()
        self.assertEqual(log.count("events: "), 1, log)
        self.assertIn("events: 1 dropped, as the reader is not there", log)

    def test_what_is_no_reader(self):
        """Something else is at the path: requests are answered, the log says
        so once, and nothing is done to it."""
        self.make()
        self.reader.close()
        path = self.reader.path
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(stream.close)

        def listen():
            stream.bind(str(path))
            stream.listen()
            lab.give_to_www(path, 0o660)
        address = 0
        for name, why, make in (
                ("nothing", "No such file or directory", lambda: None),
                ("a file", "Connection refused",
                 lambda: path.write_text("precious")),
                ("a folder", "Connection refused", path.mkdir),
                ("a link to itself", "Too many levels of symbolic links",
                 lambda: path.symlink_to(path.name)),
                ("a link to nothing", "No such file or directory",
                 lambda: path.symlink_to("none")),
                ("a stream socket", "Protocol wrong type for socket", listen),
        ):
            with self.subTest(name):
                path.unlink(missing_ok=True)
                make()
                if name != "nothing" and not path.is_symlink():
                    lab.give_to_www(path, 0o770)
                with Gate(self.site) as self.gate:
                    for _ in range(3):
                        address += 1
                        self.set(f"192.0.2.{address}")
                    log = self.gate.log_text()
                self.assertEqual(log.count("events: "), 1, log)
                self.assertIn("events: 1 dropped, as the reader is not there: "
                              + why, log)
                self.assertEqual(os.path.lexists(path), name != "nothing")
                if path.is_dir():
                    path.rmdir()
                if name == "a file":
                    self.assertEqual(path.read_text(), "precious")

    def test_slow_reader(self):
        """It reads nothing, and all requests are answered."""
        self.serve()
        limit = pathlib.Path("/proc/sys/net/unix/max_dgram_qlen").read_text()
        sent = int(limit) + 20
        for last in range(sent):
            self.set(f"192.0.{2 + last // 200}.{1 + last % 200}")
        events = self.reader.waiting()
        self.assertLess(len(events), sent)
        self.assertIn("as the reader is slow", self.gate.log_text())
        self.set("198.51.100.1")
        self.assertEqual(self.reader.next()["dropped"], sent - len(events))

    def test_cgi(self):
        self.make()
        program = ddnsgate(self.site.folder)
        for address in "192.0.2.7", "192.0.2.8":
            subprocess.run(
                [program], check=True, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, cwd="/", timeout=lab.PATIENCE_S,
                **lab.www_identity(),
                env={"DDNSGATE_CONF": str(self.site.conf),
                     "GATEWAY_INTERFACE": "CGI/1.1",
                     "REQUEST_METHOD": "GET", "REMOTE_ADDR": "127.0.0.1",
                     "SCRIPT_NAME": f"/{self.secret}",
                     "QUERY_STRING": f"myip={address}"})
            self.expect(event="changed", new=address)


if __name__ == "__main__":
    unittest.main()
