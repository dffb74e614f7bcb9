#!/usr/bin/python3
"""DNS has what was acknowledged: the checker's short run, see there."""

import os
import sys
import time

from checker import check, show_and_judge
from lab import DNS_SERVERS

SECONDS = 25
HOSTS = 90


def main():
    all_is_well = True
    for server in DNS_SERVERS:
        # Mounts are private to a process that ends with them.
        child = os.fork()
        if child == 0:
            seed = time.time_ns() % 1000000
            print(f"{server.__name__}, seed {seed}", flush=True)
            well = False
            try:
                well = show_and_judge(check(server, SECONDS, HOSTS, seed))
            finally:
                sys.stdout.flush()
                os._exit(not well)
        _, status = os.waitpid(child, 0)
        all_is_well = all_is_well and status == 0
    return 0 if all_is_well else 1


if __name__ == "__main__":
    sys.exit(main())
