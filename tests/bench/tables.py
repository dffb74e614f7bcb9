"""Where a million clients and more may stand, and what that costs: a
clients_file, which each process reads, and clients_db, which it looks into."""

import contextlib
import pathlib
import re
import statistics
import subprocess

from cost import timed
from load import Load
from stage import (BenchSite, CrowdedApache, FilledKnot, Webs, binary, secret,
                   zone_name)

COLUMNS = (
    ("clients in", "{where}"), ("clients", "{clients:,}"),
    ("import s", "{import_s:.1f}"), ("import, MB at most", "{import_mb:.0f}"),
    ("file MB", "{file_mb:.0f}"), ("start s", "{start_s:.2f}"),
    ("start, MB at most", "{start_mb:.0f}"),
    ("unchanged/s, 128 at once", "{unchanged:.0f}"),
    ("processes of mod_fcgid", "{processes}"),
    ("private MB of each", "{private_mb:.1f}"), ("errors", "{errors}"))
HOSTS = 4000  # that DNS has, and that call
AT_ONCE = 128
CHILDREN = 64
IN_FILE = 'clients_file = "clients.list"'


class TableSite(BenchSite):
    """Who calls stands in equal steps between those who never do."""

    def __init__(self, dns, clients, in_table):
        super().__init__(dns)
        self.count = clients
        self.in_table = in_table

    def prepare(self):
        super().prepare()
        step = self.count // HOSTS
        lines = self.folder / "clients.list"
        with lines.open("w") as out:
            for number in range(self.count):
                host, rest = divmod(number, step)
                name = (f"h{host}" if rest == 0 and host < HOSTS
                        else f"f{number}")
                word = secret(host if name[0] == "h" else HOSTS + number)
                out.write(f"{name} {word} {name}.{zone_name(0)}\n")
        if self.in_table:
            self.edit("ddnsgate.conf", {IN_FILE: 'clients_db = "clients.mdb"'})
            self.imported = timed(binary("ddnsgatectl"), "-c", self.conf,
                                  "import", lines)
            lines.unlink()


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


def row(clients, in_table, options):
    with contextlib.ExitStack() as stack:
        dns = stack.enter_context(FilledKnot(HOSTS))
        site = stack.enter_context(TableSite(dns, clients, in_table))
        load = stack.enter_context(Load())
        found = {"where": "clients_db" if in_table else "clients_file",
                 "clients": clients,
                 "file_mb": (site.folder / ("clients.mdb" if in_table else
                                            "clients.list")
                             ).stat().st_blocks / 2048}
        if in_table:
            found["import_s"], found["import_mb"] = site.imported
        found["start_s"], found["start_mb"] = timed(
            binary("ddnsgate"), "-n", "-c", site.conf)
        with contextlib.ExitStack() as inner:
            webs = Webs(inner, "nginx", site, AT_ONCE)
            results = [load.unchanged(webs.ddnsgate, dns, AT_ONCE,
                                      options.seconds)
                       for _ in range(options.rounds)]
            found["unchanged"] = statistics.median(
                result.rate for result in results)
            found["errors"] = sum(result.errors for result in results)
        if clients <= 1_000_000:
            found.update(children(site, dns, load, options))
        return found


def children(site, dns, load, options):
    with CrowdedApache(site) as web:
        result = load.unchanged(web, dns, CHILDREN, 5 * options.seconds)
        sizes = private_mb(web)
        return {"processes": len(sizes), "private_mb":
                statistics.median(sizes), "child_errors": result.errors}


def has_import():
    told = subprocess.run([binary("ddnsgatectl"), "-h"], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return re.search(r"^ +import\b", told.stdout, re.MULTILINE)


def rows(options):
    """clients_db comes with LMDB only."""
    yield row(min(1_000_000, options.clients), False, options)
    if has_import():
        for clients in 10_000, 1_000_000, 10_000_000:
            if HOSTS <= clients <= options.clients:
                yield row(clients, True, options)
