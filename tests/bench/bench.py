#!/usr/bin/python3
"""How fast ddnsgate is, against dnsperf and FastCGI programs beside it.

    sudo apt install dnsperf wrk time gnuplot-nox
    ulimit -n 65536
    DDNSGATE_BINDIR=build/bin python3 tests/bench/bench.py

starts private DNS servers, web servers and ddnsgate on loopback, lets them
and their rivals take turns, and writes what it finds into FOLDER/measured.json.
Of that file it makes the tables that it prints and the pictures beside it, so
that all are of one run; `--from FILE` does just that.  What can be compared
are the ratios: all of one row comes from the same minutes on the same machine,
while rates differ from one to the next.
"""

import argparse
import datetime
import importlib
import os
import pathlib
import platform
import re
import sys
import time

import figures
import pictures

# Modules, each with rows(options), which yields dictionaries, and the COLUMNS
# of their table.
CHAPTERS = ("rates", "storm", "cluster_storm", "growth", "tables", "cost")


def machine():
    told = re.search(r"model name\s*: (.*)",
                     pathlib.Path("/proc/cpuinfo").read_text())
    processor = told[1].strip() if told else platform.machine()
    return f"{os.cpu_count()} × {processor}, Linux {platform.release()}"


def chapters(text):
    names = text.split(",")
    for name in names:
        if name not in CHAPTERS:
            raise argparse.ArgumentTypeError(
                f"{name} is none of {','.join(CHAPTERS)}")
    return names


def measure(options):
    found = figures.Figures(options.to / "measured.json", machine(),
                            str(datetime.date.today()))
    for name in options.rows:
        started = time.monotonic()
        for row in importlib.import_module(name).rows(options):
            print(f"{name}: {row}", file=sys.stderr)
            found.add(name, row)
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    return found


def show(found):
    print(f"{found.date}, {found.machine}")
    for name, rows in found.rows.items():
        print(f"\n{name}:\n")
        columns = importlib.import_module(name).COLUMNS
        print(figures.table(columns, rows), end="")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=chapters, default=list(CHAPTERS),
                        help=f"which of {','.join(CHAPTERS)} (all)")
    parser.add_argument("--to", type=pathlib.Path, metavar="FOLDER",
                        default=pathlib.Path("."))
    parser.add_argument("--from", dest="source", type=pathlib.Path,
                        metavar="FILE", help="figures of an earlier run")
    parser.add_argument("--seconds", type=int, default=1,
                        help="that each of them runs in a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--at-once", type=int, nargs="+",
                        default=[1, 8, 32, 128, 512])
    parser.add_argument("--storm", type=int, default=100_000,
                        help="hosts in the storm")
    parser.add_argument("--hosts", type=int, default=1_000_000,
                        help="hosts at most, of those that grow in number")
    parser.add_argument("--clients", type=int, default=1_000_000,
                        help="clients at most, in a table")
    options = parser.parse_args()
    found = (figures.Figures.read(options.source) if options.source
             else measure(options))
    show(found)
    pictures.draw(found, options.to)


if __name__ == "__main__":
    main()
