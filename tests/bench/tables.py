"""Where a million clients and more may stand, and what that costs: a
clients_file, which each process reads, and clients_db, which it looks into."""

import contextlib
import hashlib
import itertools
import math
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import types

from cost import timed
from load import Load
from stage import (BenchSite, CrowdedApache, CrowdedNginx, FilledKnot, Gate,
                   binary, give_to_www, secret, zone_name)

COLUMNS = (
    ("clients in", "{where}"), ("clients", "{clients:,}"),
    ("import s", "{import_s:.1f}"), ("import, MB at most", "{import_mb:.0f}"),
    ("file MB", "{file_mb:.0f}"), ("start s", "{start_s:.2f}"),
    ("start, MB at most", "{start_mb:.0f}"), ("look-ups/s", "{look_ups:,}"),
    ("unchanged/s, 128 at once", "{unchanged:.0f}"), ("errors", "{errors}"),
    ("processes of mod_fcgid", "{processes}"),
    ("private MB of each", "{private_mb:.1f}"))
FEW = 10
MILLION = 1_000_000
HOSTS = 4000  # that DNS has, and that call if there are so many clients
AT_ONCE = 128
CHILDREN = 64
CHILD_MB = 200  # at most, with a million clients in clients_file
BEGINS_S = 80  # are enough until all have begun, on an idle machine
CLIENT_BYTES = 400  # on the disk at most, of lines and table
LEFT_BYTES = 2 << 30  # on the disk
IN_FILE = 'clients_file = "clients.list"'


class TableSite(BenchSite):
    """Who calls stands in equal steps between those who never do."""

    def __init__(self, dns, clients, in_table):
        super().__init__(dns)
        self.count = clients
        self.in_table = in_table
        self.found = {"where": "clients_db" if in_table else "clients_file",
                      "clients": clients}

    def numbers(self):
        """Each client's, in the order of the lines; the first ones call."""
        callers = min(self.count, HOSTS)
        step = self.count // callers
        others = itertools.count(callers)
        for line in range(self.count):
            host, rest = divmod(line, step)
            yield host if rest == 0 and host < callers else next(others)

    def prepare(self):
        super().prepare()
        lines = self.folder / "clients.list"
        with lines.open("w") as out:
            out.writelines(
                f"c{number} sha256:"
                f"{hashlib.sha256(secret(number).encode()).hexdigest()} "
                f"h{number}.{zone_name(0)}\n" for number in self.numbers())
        give_to_www(lines, 0o640)
        if self.in_table:
            self.import_lines(lines)
        self.found["file_mb"] = self.file().stat().st_blocks / 2048
        self.found["start_s"], self.found["start_mb"] = timed(
            binary("ddnsgate"), "-n", "-c", self.conf)
        self.found["look_ups"] = look_ups(self.conf, self.count)

    def import_lines(self, lines):
        self.edit("ddnsgate.conf", {IN_FILE: 'clients_db = "clients.mdb"'})
        self.found["import_s"], self.found["import_mb"] = timed(
            binary("ddnsgatectl"), "-c", self.conf, "import", lines)
        lines.unlink()
        give_to_www(self.file(), 0o640)

    def file(self):
        return self.folder / ("clients.mdb" if self.in_table
                              else "clients.list")

    def callers(self):
        """For the load, which asks for all hosts that DNS has."""
        return types.SimpleNamespace(hosts=min(self.count, HOSTS), zones=1)


def look_ups(conf, clients):
    told = subprocess.run([binary("look_ups"), conf, str(clients), "1"],
                          check=True, text=True, stdout=subprocess.PIPE).stdout
    rate, lost = map(int, re.findall(r"\d+", told))
    assert lost == 0, told
    return rate


# Rates, in turns


def measure_rates(sites, options):
    with contextlib.ExitStack() as stack:
        load = stack.enter_context(Load())
        webs = [stack.enter_context(CrowdedNginx(stack.enter_context(
            Gate(site, threads=AT_ONCE)))) for site in sites]
        results = [[] for _ in sites]
        for _ in range(options.rounds):
            for site, web, some in zip(sites, webs, results):
                some.append(load.unchanged(web, site.callers(), AT_ONCE,
                                           options.seconds))
    for site, some in zip(sites, results):
        site.found["unchanged"] = statistics.median(
            result.rate for result in some)
        site.found["errors"] = sum(result.errors for result in some)


# Processes


def private_mb(web):
    """Of each process that Apache has started: what none shares with it."""
    child = str(web.folder / "sbin" / "ddnsgate")
    sizes = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str((process / "exe").readlink()) != child:
                continue
            told = (process / "smaps_rollup").read_text()
            sizes.append(sum(map(int, re.findall(
                r"Private_\w+: +(\d+) kB", told))) / 1024)
    return sizes


def measure_children(site, load, options):
    """They begin when they are asked, and load what they have to."""
    begins_s = 1.5 * CHILDREN * site.found["start_s"] / os.cpu_count()
    with CrowdedApache(site) as web:
        load.unchanged(web, site.callers(), CHILDREN,
                       5 * options.seconds
                       + min(math.ceil(begins_s), BEGINS_S))
        sizes = private_mb(web)
    site.found["processes"] = len(sizes)
    if sizes:
        site.found["private_mb"] = statistics.median(sizes)


def have_memory():
    told = pathlib.Path("/proc/meminfo").read_text()
    free = int(re.search(r"MemAvailable: +(\d+)", told)[1]) / 1024
    return free > CHILDREN * CHILD_MB


# All


def have_disk(folder, clients):
    if shutil.disk_usage(folder).free > LEFT_BYTES + CLIENT_BYTES * clients:
        return True
    print(f"tables: no room on the disk for {clients:,} clients",
          file=sys.stderr)
    return False


def plan(options, has_table):
    """(clients, in a table)"""
    most = min(options.clients, MILLION)
    yield FEW, False
    yield most, False
    if has_table:
        yield most, True
        if options.clients > MILLION:
            yield options.clients, True


def has_import():
    told = subprocess.run([binary("ddnsgatectl"), "-h"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return re.search(r"^ +import\b", told.stdout, re.MULTILINE)


def rows(options):
    """clients_db comes with LMDB only."""
    with contextlib.ExitStack() as stack:
        dns = stack.enter_context(FilledKnot(HOSTS))
        sites = [stack.enter_context(TableSite(dns, clients, in_table))
                 for clients, in_table in plan(options, has_import())
                 if have_disk(dns.folder, clients)]
        measure_rates(sites, options)
        with Load() as load:
            for site in sites:
                if site.in_table or site.count <= FEW or have_memory():
                    measure_children(site, load, options)
                yield site.found
