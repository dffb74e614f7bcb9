#!/usr/bin/python3
"""Whatever strangers send, and however often, the log has a bounded number of
lines about it, and says how many it left out; changes are all there."""

import collections
import contextlib
import re
import signal
import unittest

from lab import Gate, Knot, Site, fastcgi_reply, fastcgi_request

REQUESTS = 10000
SOURCE_LINES = 30  # LOG_LIMIT_SOURCE_LINES
STRANGER_LINES = 500  # LOG_LIMIT_STRANGER_LINES
UPDATE = "/nic/update"
WORDS = {'// trusted_proxies = [ "192.0.2.80/32" ];':
         'trusted_proxies = [ "127.0.0.1/32" ];',
         "failure_burst    = 20": "failure_burst = 20"}


def form(length):
    return {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(length),
            "CONTENT_TYPE": "application/x-www-form-urlencoded"}


# By the reason that the log gives: what is sent.  SECRET stands for the
# client's.
HOSTILE = {
    "method not allowed": (UPDATE, b"", {"REQUEST_METHOD": "BREW"}),
    "request too large": ("/" + 5000 * "x", b"", {}),
    "body is neither a form nor JSON, or is compressed":
        (UPDATE, b"x", {**form(1), "CONTENT_TYPE": "text/xml"}),
    "malformed": (UPDATE, b"x", form(9)),
    "no credentials": (UPDATE, b"", {}),
    "not a host of this client": ("/SECRET/other", b"", {}),
}


class LogVolume(unittest.TestCase):
    def send(self, gate, request):
        with gate.connection() as stream:
            stream.sendall(request)
            self.assertIn("Status: ", fastcgi_reply(stream))

    def counts(self, gate):
        """By reason: how many lines, and what is said of those left out."""
        lines = collections.Counter()
        left_out = {}
        for line in gate.log_text().splitlines():
            reason = re.search(r'reason=("[^"]*"|\S+)', line)
            if reason is None:
                continue
            name = reason[1].strip('"')
            told = re.search(r"not logged: .* requests=(\d+) sources=(\d+) "
                             r"last_(from|client)=(\S+) seconds=\d+$", line)
            if told is None:
                lines[name] += 1
            else:
                self.assertNotIn(name, left_out)
                left_out[name] = (int(told[1]), int(told[2]), *told.groups()[2:])
        return lines, left_out

    @contextlib.contextmanager
    def gate(self):
        with Knot() as dns, Site(dns, WORDS) as site:
            site.add_client("home", "h1", allow_private=True)
            with Gate(site) as gate:
                yield site, gate

    def test_each_kind(self):
        with self.gate() as (site, gate):
            for path, body, variables in HOSTILE.values():
                path = path.replace("SECRET", site.secrets["home"])
                request = fastcgi_request(path, body, **variables)
                for _ in range(REQUESTS):
                    self.send(gate, request)
            gate.stop(signal.SIGTERM)
            lines, left_out = self.counts(gate)
        self.assertEqual(lines, dict.fromkeys(HOSTILE, SOURCE_LINES))
        rest = REQUESTS - SOURCE_LINES
        self.assertEqual(left_out, {
            reason: (rest, 1, *(("client", "home") if "client" in reason
                                else ("from", "127.0.0.1")))
            for reason in HOSTILE})

    def test_guesses(self):
        """The first twenty, and once that the limit is reached; then one more
        each minute."""
        with self.gate() as (_, gate):
            for _ in range(REQUESTS):
                self.send(gate, fastcgi_request("/wp-login"))
            gate.stop(signal.SIGTERM)
            lines, left_out = self.counts(gate)
        guesses = lines["unknown path or secret"]
        refused = lines["too many failed credentials"]
        self.assertIn(guesses, range(20, SOURCE_LINES + 1))
        self.assertIn(refused, range(1, SOURCE_LINES + 1))
        self.assertEqual(left_out, {
            "too many failed credentials":
                (REQUESTS - guesses - refused, 1, "from", "127.0.0.1")})

    def test_many_sources(self):
        """And a client's lines, and each change, are there all the same."""
        with self.gate() as (site, gate):
            for number in range(REQUESTS):
                self.send(gate, fastcgi_request(
                    UPDATE, REQUEST_METHOD="BREW", HTTP_X_FORWARDED_FOR=
                    f"10.9.{number >> 8}.{number & 255}"))
            for number in range(100):
                self.send(gate, fastcgi_request(
                    f"/{site.secrets['home']}/h1",
                    QUERY_STRING=f"ip=10.8.0.{number}"))
            gate.stop(signal.SIGTERM)
            lines, left_out = self.counts(gate)
        self.assertEqual(lines, {"method not allowed": STRANGER_LINES,
                                 "-": 100})
        count, sources, *last = left_out.pop("method not allowed")
        self.assertEqual(count, REQUESTS - STRANGER_LINES)
        self.assertIn(sources, range(count * 8 // 10, count + 1))
        self.assertEqual(last, ["from", "10.9.39.15"])
        self.assertEqual(left_out, {})


if __name__ == "__main__":
    unittest.main()
