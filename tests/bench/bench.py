#!/usr/bin/python3
"""How fast ddnsgate is, against dnsperf and a FastCGI hello beside it.

    sudo apt install dnsperf wrk time
    DDNSGATE_BINDIR=build/bin python3 tests/bench/bench.py

starts private DNS servers, web servers and ddnsgate on loopback, lets them
and their rivals take turns, and prints tables of medians.  What can be
compared are the ratios: all of one row comes from the same minutes on the
same machine, while rates differ from one to the next.  The whole takes long;
`--only` and the other options make it shorter.
"""

import argparse
import datetime
import os
import pathlib
import platform
import re

import cost
import growth
import rates
import storm

CHAPTERS = {"rates": rates, "storm": storm, "growth": growth, "cost": cost}


class Table:
    """Printed row by row, in Markdown."""

    def begin(self, *titles):
        print()
        self.row(*titles)
        self.row(*("---" for _ in titles))

    def row(self, *cells):
        print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def processor():
    told = re.search(r"model name\s*: (.*)",
                     pathlib.Path("/proc/cpuinfo").read_text())
    return told[1] if told else platform.machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", nargs="+", choices=CHAPTERS,
                        default=list(CHAPTERS))
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--at-once", type=int, nargs="+",
                        default=[1, 8, 32, 128, 256, 512])
    parser.add_argument("--storm", type=int, default=100_000,
                        help="hosts in the storm")
    parser.add_argument("--hosts", type=int, default=1_000_000,
                        help="hosts at most, of those that grow in number")
    options = parser.parse_args()
    print(f"{datetime.date.today()}, {os.cpu_count()} × {processor()}, "
          f"Linux {platform.release()}")
    for name in options.only:
        CHAPTERS[name].run(Table(), options)


if __name__ == "__main__":
    main()
