#!/usr/bin/python3
"""Updates a second, through nginx and HTTP, against dnsperf on one server.

    ninja -C build && DDNSGATE_BINDIR=build/bin python3 tests/bench/bench.py

starts a private DNS server, ddnsgate and nginx on loopback, and lets dnsperf
(signed UPDATEs straight to the server), a FastCGI program that does nothing,
and ddnsgate take turns, several times.
It prints the medians, and their ratios, which is what can be compared: all of
one row come from the same minutes on the same machine.  Needs dnsperf and wrk.
"""

import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "live"))

import lab  # noqa: E402
from lab import (ZONE, Gate, Nginx, Room, Server, Site, give_to_www,  # noqa
                 program)

HOSTS = 4000  # all get back their first address in one turn of the load
TURNS = 20  # of dnsperf over all hosts, so that each UPDATE changes something
THREADS = 512
OUTSTANDING = 64  # of dnsperf: BIND drops what is above 100

LUA = """
local number = 0
local id = 0
local ids = 0
function setup(thread)
  thread:set("id", ids)
  ids = ids + 1
end
function request()
  number = number + 1
  local host = (WRKS * number + id) % HOSTS
  local round = CHANGING and math.floor(WRKS * number / HOSTS) or 0
  return wrk.format("GET", string.format("/bench%011d?ip=9.%d.%d.%d", host,
    (SALT + round) % 250, math.floor(host / 250), host % 250))
end
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %f %f %f\\n", summary.requests,
    errors.connect + errors.read + errors.write + errors.status +
    errors.timeout, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3))
end
"""


class CrowdedNginx(Nginx):
    frame = Nginx.frame.replace("events {{ }}",
                                "events {{ worker_connections 4096; }}")


class BenchSite(Site):
    """Many clients with one host each."""

    def prepare(self):
        super().prepare()
        table = self.folder / "clients.list"
        table.write_text("".join(
            f"b{number} bench{number:011d} h{number}.{ZONE}\n"
            for number in range(HOSTS)))
        give_to_www(table, 0o640)
        self.edit("ddnsgate.conf",
                  {'log_level = "info"': 'log_level = "error"'})


class Hello(Server):
    """As a Gate, for nginx."""

    def prepare(self):
        give_to_www(self.folder, 0o755)
        self.socket_path = self.folder / "hello.sock"
        self.address = f"unix:{self.socket_path}"

    def command(self):
        return [pathlib.Path(os.environ["DDNSGATE_BINDIR"], "hello").resolve(),
                self.socket_path, str(THREADS)]

    def answers(self):
        return self.socket_path.exists()


class Load(Room):
    """The two load generators."""

    salt = 0

    def web(self, web, at_once, seconds, changing):
        """Gives requests a second, errors, p50 and p99 in ms."""
        Load.salt += 7
        script = self.folder / "load.lua"
        script.write_text(LUA.replace("HOSTS", str(HOSTS))
                          .replace("WRKS", str(min(2, at_once)))
                          .replace("CHANGING", str(changing).lower())
                          .replace("SALT", str(self.salt if changing else 1)))
        told = subprocess.run(
            [program("wrk"), "-t", str(min(2, at_once)), "-c", str(at_once),
             "-d", f"{seconds}s", "--timeout", "10s", "-s", str(script),
             f"http://127.0.0.1:{web.port}/"],
            check=True, text=True, stdout=subprocess.PIPE).stdout
        requests, errors, duration, p50, p99 = map(
            float, re.search(r"RESULT (.*)", told)[1].split())
        return requests / duration, int(errors), p50, p99

    def dnsperf(self, dns, at_once, seconds):
        """Gives UPDATEs a second, lost ones, and their mean time in ms."""
        updates = self.folder / "updates"
        Load.salt += 7
        updates.write_text("".join(
            f"{ZONE}\ndelete h{number} A\nadd h{number} 60 A "
            f"8.{(self.salt + turn) % 250}.{number // 250}.{number % 250}\n"
            "send\n" for turn in range(TURNS) for number in range(HOSTS)))
        told = subprocess.run(
            [program("dnsperf"), "-u", "-s", "127.0.0.1", "-p", str(dns.port),
             "-d", str(updates), "-q", str(at_once),
             "-c", str(min(4, at_once)), "-T", "1", "-l", str(seconds), "-y",
             f"hmac-sha256:ddnsgate:{dns.tsig_secret()}"],
            check=True, text=True, stdout=subprocess.PIPE).stdout
        return (float(re.search(r"Updates per second: +([\d.]+)", told)[1]),
                int(re.search(r"Updates lost: +(\d+)", told)[1]),
                1000 * float(re.search(r"Average Latency \(s\): +([\d.]+)",
                                       told)[1]))


class Bench:
    def __init__(self, options):
        self.options = options
        self.rows = []

    def run(self):
        for dns_class in lab.DNS_SERVERS:
            with dns_class() as dns, BenchSite(dns) as site, \
                    Gate(site, threads=THREADS) as gate, \
                    CrowdedNginx(gate) as web, Hello() as hello, \
                    CrowdedNginx(hello) as hello_web, Load() as load:
                self.measure(dns_class.__name__, dns, gate, web, hello_web,
                             load)

    def measure(self, name, dns, gate, web, hello_web, load):
        seconds = self.options.seconds
        load.web(web, 256, seconds, False)  # all hosts have an address
        for at_once in self.options.at_once:
            figures = {"dnsperf": [], "hello": [], "changed": [],
                       "unchanged": []}
            for _ in range(self.options.rounds):
                figures["dnsperf"].append(load.dnsperf(
                    dns, min(at_once, OUTSTANDING), seconds))
                figures["hello"].append(
                    load.web(hello_web, at_once, seconds, False))
                figures["changed"].append(
                    load.web(web, at_once, seconds, True))
                load.web(web, 256, seconds, False)
                figures["unchanged"].append(
                    load.web(web, at_once, seconds, False))
            self.show(name, at_once, figures)
        status = pathlib.Path(f"/proc/{gate.process.pid}/status").read_text()
        rss = re.search(r"VmRSS:\s+(\d+)", status)[1]
        print(f"{name}: ddnsgate's resident memory after all that: "
              f"{int(rss) / 1024:.1f} MB with {THREADS} threads", flush=True)

    def show(self, name, at_once, figures):
        def median(what, column):
            return statistics.median(row[column] for row in figures[what])

        if not self.rows:
            print("| DNS server | at once | dnsperf | hello | changed | "
                  "unchanged | changed : dnsperf | unchanged : hello | p50, "
                  "p99 changed, ms | p50 unchanged, ms | errors |\n"
                  "| --- | --- | --- | --- | --- | --- | --- | --- | --- | "
                  "--- | --- |")
        self.rows.append((name, at_once))
        errors = sum(row[1] for what in ("changed", "unchanged")
                     for row in figures[what])
        print(f"| {name} | {at_once} | {median('dnsperf', 0):.0f} | "
              f"{median('hello', 0):.0f} | {median('changed', 0):.0f} | "
              f"{median('unchanged', 0):.0f} | "
              f"{median('changed', 0) / median('dnsperf', 0):.2f} | "
              f"{median('unchanged', 0) / median('hello', 0):.2f} | "
              f"{median('changed', 2):.2f}, {median('changed', 3):.1f} | "
              f"{median('unchanged', 2):.2f} | {errors} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--at-once", type=int, nargs="+",
                        default=[1, 8, 32, 128, 256, 512])
    Bench(parser.parse_args()).run()


if __name__ == "__main__":
    main()
