"""What ddnsgate itself takes: memory, instructions, time to start."""

import contextlib
import hashlib
import pathlib
import re
import statistics
import subprocess
import time

from load import Load
from stage import (BenchSite, FilledKnot, Gate, Nginx, Room, Site, Webs,
                   address, binary, give_to_www, program, secret)

REQUESTS = 300
STARTS = 101
COLUMNS = (("what", "{what}"), ("figure", "{figure}"))


def resident_mb(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


# Memory


def memory_rows(options):
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        dns = enter(FilledKnot(10))
        site = enter(BenchSite(dns))
        for threads in 1, 16, 256, 512:
            with Gate(site, threads=threads) as gate:
                gate.start_log()
                yield (f"resident, idle, 10 clients, {threads} threads",
                       f"{resident_mb(gate.process):.1f} MB")
    for waiting in 256, 512:
        yield waiting_row(waiting, options)


def waiting_row(waiting, options):
    """While so many requests wait for their UPDATE."""
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        dns = enter(FilledKnot(4000))
        webs = Webs(stack, "nginx", enter(BenchSite(dns)), waiting)
        load = enter(Load())
        load.changed(webs.ddnsgate, dns, waiting, options.seconds)
        most = resident_mb(webs.gate.process)
        load.unchanged(webs.ddnsgate, dns, waiting, options.seconds)
        most = max(most, resident_mb(webs.gate.process))
        return (f"resident, after {waiting} requests at once, "
                f"{waiting} threads", f"{most:.1f} MB")


# Instructions


class CountedGate(Gate):
    """Under callgrind."""

    def command(self):
        give_to_www(self.folder, 0o777)
        return [program("valgrind"), "--tool=callgrind",
                f"--callgrind-out-file={self.folder}/callgrind",
                *super().command()]

    def count(self):
        self.stop()
        told = (self.folder / "callgrind").read_text()
        return int(re.search(r"(?:summary|totals): (\d+)", told)[1])


def instructions(site, dns, requests, salt):
    """Of the whole life of a ddnsgate that serves so many."""
    with CountedGate(site, threads=1) as gate:
        with Nginx(gate) as web:
            urls = [f"http://127.0.0.1:{web.port}/{secret(host)}"
                    f"?ip={address(host, salt(number))}"
                    for number in range(requests)
                    for host in [number % dns.hosts]]
            subprocess.run([program("curl"), "-s", "-o", "/dev/null", *urls],
                           check=True, stdout=subprocess.DEVNULL)
        return gate.count()


def instruction_rows(_options):
    with FilledKnot(100) as dns, BenchSite(dns) as site:
        for what, salt in (("unchanged", lambda number: 1),
                           ("changed", lambda number: 2 + number // 100)):
            few = instructions(site, dns, 10, salt)
            many = instructions(site, dns, 10 + REQUESTS, salt)
            yield (f"instructions a request, {what} (callgrind: without the "
                   "kernel's, and SHA-256 without the processor's help)",
                   f"{(many - few) / REQUESTS:,.0f}")


# Starting


def milliseconds(command, environment):
    started = time.perf_counter()
    subprocess.run(command, env=environment, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return 1000 * (time.perf_counter() - started)


def start_rows(_options):
    with FilledKnot(100) as dns, BenchSite(dns) as site:
        environment = {
            "DDNSGATE_CONF": str(site.conf), "GATEWAY_INTERFACE": "CGI/1.1",
            "REQUEST_METHOD": "GET", "REMOTE_ADDR": "127.0.0.1",
            "PATH_INFO": f"/{secret(1)}",
            "QUERY_STRING": f"ip={address(1, 1)}"}
        both = [(milliseconds([binary("ddnsgate")], environment),
                 milliseconds([binary("ddnsgate"), "-V"], {}))
                for _ in range(STARTS)]
        yield ("CGI, 100 clients, unchanged: the whole process beyond that "
               "of ddnsgate -V",
               f"{statistics.median(cgi - v for cgi, v in both):.2f} ms")


# Clients


class Folder(Room):
    """A configuration with so many clients."""

    def __init__(self, dns, count, in_list):
        self.dns = dns
        self.count = count
        self.in_list = in_list

    def prepare(self):
        self.site = Site(self.dns)
        self.site.__enter__()
        clients = range(self.count)
        hashes = ["sha256:" + hashlib.sha256(str(number).encode()).hexdigest()
                  for number in clients]
        if self.in_list:
            self.site.write("clients.d/all.conf", "clients = (\n" + ",\n".join(
                f'{{ name = "c{number}"; secret = "{hashes[number]}"; '
                f'hosts = ( "c{number}" ); }}' for number in clients) + ");\n")
        else:
            self.site.write("clients.list", "".join(
                f"c{number} {hashes[number]} c{number}.dyn.example.org\n"
                for number in clients))

    def __exit__(self, *_):
        self.site.__exit__()
        super().__exit__()


def timed(*command):
    """(seconds, most MB) of a program."""
    started = time.perf_counter()
    told = subprocess.run(
        [program("env"), "time", "-f", "%M", *command], check=True, text=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return (time.perf_counter() - started,
            int(told.stderr.split()[-1]) / 1024)


def load_time(folder):
    """Of a start that only checks."""
    return timed(binary("ddnsgate"), "-n", "-c", folder.site.conf)


def client_rows(_options):
    with FilledKnot(10) as dns:
        for count, in_list in ((1_000_000, False), (100_000, True)):
            with Folder(dns, count, in_list) as folder:
                times = [load_time(folder) for _ in range(3)]
                where = "clients lists" if in_list else "a clients_file"
                yield (f"start with {count:,} clients in {where}",
                       f"{statistics.median(t[0] for t in times):.2f} s, "
                       f"{max(t[1] for t in times):.0f} MB at most")


def reload_rows(options):
    """The slowest of the requests that ran beside a reload, and before."""
    with FilledKnot(1_000_000) as dns, BenchSite(dns) as site, \
            contextlib.ExitStack() as stack:
        webs = Webs(stack, "nginx", site, 64)
        load = stack.enter_context(Load())
        calm = load.unchanged(webs.ddnsgate, dns, 4, options.seconds)
        site.write("clients.list", (site.folder / "clients.list").read_text()
                   + f"more {secret(10**9)} more.dyn.example.org\n")
        busy = load.unchanged(webs.ddnsgate, dns, 4, 10)
        url = f"http://127.0.0.1:{webs.ddnsgate.port}/{secret(10**9)}"
        told = subprocess.run([program("curl"), "-s", url + "?ip=20.1.1.1"],
                              text=True, stdout=subprocess.PIPE).stdout
        loaded = "loaded" if told.startswith("good") else "NOT LOADED"
        yield ("slowest of the requests, 4 at once, 1,000,000 clients",
               f"{calm.slowest:.1f} ms")
        yield ("the same beside a reload of them all",
               f"{busy.slowest:.1f} ms, p99 {busy.p99:.1f} ms, "
               f"{busy.errors} errors ({loaded})")


def rows(options):
    for some in (memory_rows, instruction_rows, start_rows, client_rows,
                 reload_rows):
        for what, figure in some(options):
            yield {"what": what, "figure": figure}
