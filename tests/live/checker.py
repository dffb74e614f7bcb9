#!/usr/bin/python3
"""Does DNS have what ddnsgate said, whatever goes wrong in between?

    DDNSGATE_BINDIR=build/bin python3 tests/live/checker.py --minutes 30

starts a DNS server, two daemons behind nginx and Apache with mod_fcgid, and
lets many clients give their hosts a new address again and again.  Meanwhile
handlers are killed, the DNS server is paused, killed and its disk is full, the
network loses, delays and doubles packets, and the configuration changes, at
times for a broken one.  It prints what it did, each violation, and ends with
1 if there is one.

What has to hold:
  - Once an update is acknowledged, DNS has it, and keeps it until the next.
  - One that is not acknowledged, as its reply was lost or not a yes, may be
    there or not.  So a host has its last acknowledged address, or one that
    was attempted after it; and one address of a family, never two.
  - Each request gets a reply that has a place here, or a closed connection;
    what takes longer than PATIENCE_S of lab.py gets none.
  - Memory and descriptors of a daemon that lives through all of this (the
    other is killed now and then) do not grow, once all its threads have served.
  - When all is well again, each host's next update is acknowledged.
Some clients want what the DNS server refuses, so that UPDATEs in which they
travel with others fail.

What a handler cannot prevent: a copy of a signed UPDATE that arrives after
a newer UPDATE of the same host takes DNS back to the older address, for a
server cannot tell it from a fresh one within TSIG's fudge of 300 s.  The copy
may be one that the network made or held back, or the question of a request
that was given up: by a handler that was killed, or one that had no answer in
time and said so.  No order that a handler keeps helps against it, as the
newer update may come through another process.  Hence the one rule that the
clients here keep, as the real ones, who update every few minutes, do: a
host's next request starts SETTLE_S after the end of its last one, which is
longer than the network and the server keep anything.  Whatever is seen after
that pause has to stay.
"""

import argparse
import concurrent.futures
import contextlib
import itertools
import os
import pathlib
import random
import re
import subprocess
import sys
import time
from operator import methodcaller

from drivers import Client, Figures, Host, Poison, Traffic
from faults import Faults
from hostile import Attackers
from lab import (AS_ROOT, DNS_SERVERS, ZONE, Apache, Gate, Nginx, Site,
                 fastcgi_reply, fastcgi_request, is_sanitized, libc, run)
from lossy import LossyDns

# So short that SETTLE_S of drivers.py is longer: a request that was answered
# may be in an UPDATE that is sent again for another one.
TIMEOUT = {"timeout_ms = 2500;": "timeout_ms = 2500;"}
HOSTS_OF_ONE = 3
THREADS = 48  # so many requests may wait for one UPDATE
# What a leak is not smaller than in the long run, once all threads have served
# a while; and each may keep a socket to the DNS server.
GROWTH_MAX = {"memory, KiB": 16 * THREADS, "descriptors": THREADS}
# Until then each thread touches memory that it has not needed before; when the
# last rounds add less than this, it is all there.
WARM_REQUESTS = 20
WARM_ROUNDS_MAX = 40
WARM_FLAT_ROUNDS = 2
WARM_FLAT_KIB = 48
# Requests of all sizes at once leave gaps in the heap, which fill up ever more
# slowly; so with attackers there is a warm-up beside them, and some room.
HOSTILE_WARM_S = 40
HOSTILE_GROWTH_KIB = 64 * THREADS
# Else mod_fcgid starts one process a second after the first few, and lets
# requests wait for it; as many as are killed here, longer than they may.
PATIENT_MOD_FCGID = {
    "</VirtualHost>": "</VirtualHost>\nFcgidSpawnScoreUpLimit 10000"}


CLONE_NEWNS = 0x20000
FILE_SYSTEM_SIZE = "24m"


def leave_mounts():
    """Mounts of ours are seen by nobody else.  False if that takes root."""
    if not AS_ROOT or libc.unshare(CLONE_NEWNS) != 0:
        return False
    try:
        run("mount", "--make-rprivate", "/", stderr=subprocess.DEVNULL)
    except subprocess.CalledProcessError:  # as in a chroot
        return False
    return True


def with_file_system(dns_class, may_mount):
    """The DNS server in a file system of its own, that can be filled."""

    class Tight(dns_class):
        has_file_system = may_mount

        def prepare(self):
            if self.has_file_system:
                run("mount", "-t", "tmpfs", "-o",
                    f"size={FILE_SYSTEM_SIZE},mode=755", "none", self.folder)
            super().prepare()

        def __exit__(self, *whatever):
            self.stop()
            if self.has_file_system:
                run("umount", "--lazy", self.folder)
            super().__exit__(*whatever)

    return Tight


class Fixture:
    """The servers and clients.  Of the two daemons one is never killed."""

    def __init__(self, dns_class, host_count, figures, rng):
        self.stack = contextlib.ExitStack()
        self.host_count = host_count
        self.figures = figures
        self.dns = with_file_system(dns_class, leave_mounts())()
        # A file that cannot grow is an error that the server can handle, not
        # a signal: Python ignores that one, and lets children inherit it.
        self.dns.identity = {"restore_signals": False}
        self.rng = rng

    def __enter__(self):
        enter = self.stack.enter_context
        with contextlib.ExitStack() as undo:
            undo.enter_context(self.stack)
            enter(self.dns)
            self.network = LossyDns(self.dns, self.rng)
            self.network.hosts_of_one = HOSTS_OF_ONE
            self.traffic = enter(Traffic(self.network))
            self.site = enter(Site(self.network, TIMEOUT))
            accounts = list(self.accounts())
            self.warmers = [self.site.add_client(f"w{number}", f"w{number}",
                                                 allow_private=True)
                            for number in range(THREADS)]
            poison = self.site.add_client("poison", ZONE, allow_private=True)
            self.steady = enter(Gate(self.site, threads=THREADS))
            self.mortal = enter(Gate(self.site, threads=THREADS))
            apache = enter(Apache("mod_fcgid", site=self.site,
                                  words=PATIENT_MOD_FCGID))
            self.child = apache.folder / "sbin" / "ddnsgate"
            webs = (enter(Nginx(self.steady)), enter(Nginx(self.mortal)),
                    apache)
            self.traffic.clients = [
                self.client(*account, web)
                for account, web in zip(accounts, itertools.cycle(webs))]
            self.traffic.clients += [
                self.client([ZONE], poison, web, Poison) for web in webs]
            self.attackers = Attackers(self.steady, webs[:1])
            undo.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def accounts(self):
        """Some with one host, some with several."""
        names = [f"c{number}" for number in range(self.host_count)]
        while names:
            count = self.rng.choice((1, 1, HOSTS_OF_ONE))
            own, names = names[:count], names[count:]
            yield own, self.site.add_client(own[0], *own, allow_private=True)

    def client(self, names, secret, web, kind=Client):
        hosts = [Host(name, self.dns.port, self.figures) for name in names]
        return kind(secret, hosts, web, self.figures, self.rng)


def memory_of(pid):
    status = pathlib.Path("/proc", str(pid), "status").read_text()
    return int(re.search(r"RssAnon:\s*(\d+)", status)[1])


def warm(gate, secrets, figures):
    """All threads serve, until they need no more memory for it."""

    def change(secret):
        for number in range(WARM_REQUESTS):  # another one each time
            with gate.connection() as stream:
                stream.sendall(fastcgi_request(
                    f"/{secret}", QUERY_STRING=f"ip=10.0.{number}.1"))
                fastcgi_reply(stream)

    sizes = [0, memory_of(gate.process.pid)]
    with concurrent.futures.ThreadPoolExecutor(len(secrets)) as pool:
        for _ in range(WARM_ROUNDS_MAX):
            list(pool.map(change, secrets))
            sizes.append(memory_of(gate.process.pid))
            if sizes[-1] - sizes[-1 - WARM_FLAT_ROUNDS] < WARM_FLAT_KIB:
                return
    figures.violation(f"daemon: memory grows and grows, in KiB: {sizes}")


class Gauge:
    """Memory and descriptors of a process."""

    def __init__(self, pid):
        self.pid = pid
        self.before = self.read()

    def read(self):
        found = {"descriptors": len(os.listdir(f"/proc/{self.pid}/fd"))}
        # Sanitizers keep books of their own, and look for leaks themselves.
        if not is_sanitized():
            found["memory, KiB"] = memory_of(self.pid)
        return found

    def check(self, figures, hostile):
        allowed = dict(GROWTH_MAX)
        if hostile:
            allowed["memory, KiB"] = HOSTILE_GROWTH_KIB
        for what, now in self.read().items():
            more = now - self.before[what]
            figures[f"daemon: {what}"] = now
            figures[f"daemon: {what}, more than at first"] = more
            if more > allowed[what]:
                figures.violation(f"daemon: {more} more {what}")


def show_pace(gate, figures):
    """What the daemon itself says of its requests."""
    slowest = max(map(int, re.findall(r" ms=(\d+)", gate.log_text())))
    what = "ms took the slowest request to a daemon"
    figures[what] = max(figures[what], slowest)


def check_end(gate, figures):
    """It ends well when told to; with sanitizers, it has lost no memory."""
    status = gate.stop()
    if status != 0:
        figures.violation(f"a daemon ended with {status}\n{gate.log_text()}")


def check(dns_class, seconds, host_count, seed, hostile=False):
    """Gives the figures."""
    figures = Figures()
    with Fixture(dns_class, host_count, figures, random.Random()) as fixture:
        traffic = fixture.traffic
        traffic.each(methodcaller("calm"))
        if not is_sanitized():
            warm(fixture.steady, fixture.warmers, figures)
        if hostile:
            with fixture.attackers:
                time.sleep(HOSTILE_WARM_S)
        gauge = Gauge(fixture.steady.process.pid)
        traffic.start()
        with fixture.attackers if hostile else contextlib.nullcontext():
            Faults(fixture, figures, random.Random(seed)).run(seconds)
        traffic.stop()
        traffic.each(methodcaller("look"))
        traffic.each(methodcaller("calm"))
        gauge.check(figures, hostile)
        show_pace(fixture.steady, figures)
        show_pace(fixture.mortal, figures)
        check_end(fixture.steady, figures)
        check_end(fixture.mortal, figures)
        figures.update({f"network: {what}": count for what, count
                        in fixture.network.counts.items()})
        figures["network: hosts in the largest UPDATE"] = (
            fixture.network.most_hosts)
    return figures


def show(figures):
    for what in sorted(figures):
        print(f"{figures[what]:8}  {what}")
    print(f"{figures.slowest_s:8.1f}  s took the slowest request")
    print(f"{len(figures.violations):8}  violations")


def show_and_judge(figures):
    """Gives whether all is as it has to be."""
    show(figures)
    return not figures.violations


def main():
    servers = {server.__name__.lower(): server for server in DNS_SERVERS}
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--dns", choices=servers, default="knot")
    parser.add_argument("--hosts", type=int, default=150)
    parser.add_argument("--hostile", action="store_true",
                        help="with the attackers of hostile.py")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1000000,
                        help="of the order of the faults")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    figures = check(servers[options.dns], options.minutes * 60,
                    options.hosts, options.seed, options.hostile)
    return 0 if show_and_judge(figures) else 1


if __name__ == "__main__":
    sys.exit(main())
