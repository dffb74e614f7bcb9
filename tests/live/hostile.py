#!/usr/bin/python3
"""Peers that mean harm, and what they cost honest ones.

    DDNSGATE_BINDIR=build/bin python3 tests/live/hostile.py --minutes 4

serves honest requests, one after the other, for a minute alone and for a
minute beside all the attackers below, in turns, and prints how long they took
and what memory the service has.  The checker has the attackers, too.
"""

import argparse
import contextlib
import os
import pathlib
import random
import re
import secrets
import signal
import socket
import statistics
import struct
import sys
import threading
import time

from lab import (BEGIN, LOOPBACK, PARAMS, PATIENCE_S, RESPONDER, STDIN, Apache,
                 Gate, Knot, Nginx, Site, fastcgi_request, record)

HOLD_S = 6  # longer than any peer may take
PHASE_S = 60
HUGE = 512 << 20


class Attackers:
    """A process of their own, with a few threads for each kind of attack."""

    at_once = 12

    def __init__(self, gate, webs):
        self.gate = gate
        self.webs = webs

    def __enter__(self):
        self.child = os.fork()
        if self.child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            self.run()
        return self

    def __exit__(self, *_):
        os.kill(self.child, signal.SIGTERM)
        os.waitpid(self.child, 0)

    def run(self):
        for kind in (self.silent, self.half_variables, self.huge_variable,
                     self.endless_body, self.idle_post, self.guesses,
                     self.nonsense):
            for _ in range(self.at_once):
                threading.Thread(target=self.repeat, args=(kind,),
                                 daemon=True).start()
        while True:
            signal.pause()

    def repeat(self, attack):
        while True:
            with contextlib.suppress(OSError):
                attack()
            time.sleep(random.uniform(0.01, 0.2))

    # At the FastCGI socket, as a web server that passes on what it gets.

    def hold(self, *parts):
        with self.gate.connection() as stream:
            for part in parts:
                stream.sendall(part)
            stream.settimeout(HOLD_S)
            while stream.recv(4096):
                pass

    def silent(self):
        self.hold()

    def half_variables(self):
        whole = fastcgi_request("/x")
        self.hold(whole[:random.randrange(8, len(whole) - 8)])

    def huge_variable(self):
        pair = struct.pack("!BI", 1, HUGE | 1 << 31) + b"A"
        self.hold(record(BEGIN, RESPONDER), record(PARAMS, pair))

    def endless_body(self):
        self.hold(fastcgi_request("/nic/update", REQUEST_METHOD="POST",
                                  CONTENT_LENGTH="4000")[:-8],
                  record(STDIN, b"a=" + b"b" * 100))

    # At the web servers.

    def http(self, text, wait_s):
        with socket.create_connection(
                (LOOPBACK["A"], random.choice(self.webs).port)) as stream:
            stream.sendall(text)
            stream.settimeout(wait_s)
            while stream.recv(4096):
                pass

    def idle_post(self):
        self.http(b"POST /nic/update HTTP/1.1\r\nHost: x\r\n"
                  b"Content-Type: application/x-www-form-urlencoded\r\n"
                  b"Content-Length: 400\r\n\r\n", HOLD_S)

    def guesses(self):
        self.http(f"GET /{secrets.token_hex(16)} HTTP/1.0\r\n\r\n".encode(),
                  PATIENCE_S)

    def nonsense(self):
        path = "/" + "%ff" * random.randrange(3000)
        method = random.choice(("GET", "POST", "BREW", "PUT"))
        self.http(f"{method} {path}?{path} HTTP/1.0\r\nCookie: {path}\r\n"
                  "Content-Type: text/x-no\r\n\r\n".encode(), PATIENCE_S)


class Honest:
    """One who sets an address, and asks twice more with the same one."""

    def __init__(self, web, secret):
        self.web = web
        self.path = f"/{secret}/try?ip="
        self.times = {"changed": [], "unchanged": []}
        self.wrong = []

    def turn(self, serial):
        address = f"10.{serial >> 16 & 255}.{serial >> 8 & 255}.{serial & 255}"
        for word, kind in (("good", "changed"), ("nochg", "unchanged"),
                           ("nochg", "unchanged")):
            start = time.monotonic()
            body = self.get(self.path + address)
            self.times[kind].append((time.monotonic() - start) * 1000)
            if body != f"{word} {address}":
                self.wrong.append(body)

    def get(self, path):
        with socket.create_connection(
                (LOOPBACK["A"], self.web.port), PATIENCE_S) as stream:
            stream.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
            answer = b""
            while piece := stream.recv(4096):
                answer += piece
        return answer.partition(b"\r\n\r\n")[2].decode().strip()


def resident_kib(gate):
    status = pathlib.Path(f"/proc/{gate.process.pid}/status").read_text()
    return {what: int(re.search(rf"{what}:\s*(\d+)", status)[1])
            for what in ("VmHWM", "VmRSS")}


def quantiles(times):
    cuts = statistics.quantiles(times, n=100)
    return cuts[49], cuts[98]


def phase(name, honest, gate, serials):
    end = time.monotonic() + PHASE_S
    for times in honest.times.values():
        times.clear()
    while time.monotonic() < end:
        honest.turn(next(serials))
    sizes = resident_kib(gate)
    for kind, times in honest.times.items():
        middle, most = quantiles(times)
        print(f"{name:8} {kind:9} {len(times):6} requests, "
              f"p50 {middle:7.2f} ms, p99 {most:7.2f} ms; "
              f"resident {sizes['VmRSS']} KiB, at most {sizes['VmHWM']} KiB",
              flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=int, default=4)
    parser.add_argument("--through", choices=("nginx", "proxy_fcgi"),
                        default="nginx", help="the honest one's web server")
    options = parser.parse_args()
    with Knot() as dns, Site(dns) as site:
        secret = site.add_client("honest", "try", allow_private=True)
        with Gate(site) as gate, Nginx(gate) as nginx, \
                Apache("proxy_fcgi", gate=gate) as apache:
            web = nginx if options.through == "nginx" else apache
            honest = Honest(web, secret)
            serials = iter(range(1, 1 << 24))
            for _ in range(options.minutes // 2):
                phase("alone", honest, gate, serials)
                with Attackers(gate, (nginx, apache)):
                    phase("attacked", honest, gate, serials)
            print(f"{len(honest.wrong):8} wrong replies", honest.wrong[:5])
            print(f"{len(gate.log_text().splitlines()):8} lines in the log")
    return 1 if honest.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
