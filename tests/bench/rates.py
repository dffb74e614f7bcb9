"""Requests a second: all addresses changed, or none, against dnsperf and a
FastCGI program that does nothing, in turns on the same servers."""

import contextlib
import dataclasses
import statistics

from load import OUTSTANDING, Load
from stage import BenchSite, FilledBind, FilledKnot, Webs

HOSTS = 4000
TITLES = ("DNS server", "web server", "at once", "dnsperf/s", "hello/s",
          "changed/s", "unchanged/s", "changed : dnsperf",
          "changed : hello", "unchanged : hello", "dnsperf p50 ms",
          "changed p50 ms", "changed p99 ms", "unchanged p50 ms", "errors")


@dataclasses.dataclass
class Setup:
    dns: type
    dnssec: bool
    web: str
    at_once: list

    @property
    def dns_name(self):
        return self.dns.name + (", DNSSEC" if self.dnssec else "")


def setups(levels):
    """The plain ones at all levels; of the others what is of interest."""
    some = [level for level in levels if level in (32, 256)]
    few = [level for level in levels if level == 32]
    for dns in FilledKnot, FilledBind:
        yield Setup(dns, False, "nginx", levels)
        yield Setup(dns, True, "nginx", some)
        yield Setup(dns, False, "mod_fcgid", few)


def measure(setup, at_once, rounds, seconds, dns, webs, load):
    results = {"dnsperf": [], "hello": [], "changed": [], "unchanged": []}
    load.settle(webs.ddnsgate, dns, webs.at_once)
    for _ in range(rounds):
        results["hello"].append(
            load.unchanged(webs.hello, dns, at_once, seconds))
        results["unchanged"].append(
            load.unchanged(webs.ddnsgate, dns, at_once, seconds))
        results["dnsperf"].append(
            load.dnsperf(dns, min(at_once, OUTSTANDING), seconds))
        results["changed"].append(
            load.changed(webs.ddnsgate, dns, at_once, seconds))
        load.settle(webs.ddnsgate, dns, webs.at_once)
    return results


def row(setup, at_once, results):
    def median(what, figure):
        return statistics.median(getattr(result, figure)
                                 for result in results[what])

    rates = {what: median(what, "rate") for what in results}
    errors = sum(result.errors for what in ("changed", "unchanged")
                 for result in results[what])
    return (setup.dns_name, setup.web, at_once,
            *(f"{rate:.0f}" for rate in rates.values()),
            f"{rates['changed'] / rates['dnsperf']:.2f}",
            f"{rates['changed'] / rates['hello']:.2f}",
            f"{rates['unchanged'] / rates['hello']:.2f}",
            f"{median('dnsperf', 'p50'):.2f}", f"{median('changed', 'p50'):.2f}",
            f"{median('changed', 'p99'):.1f}",
            f"{median('unchanged', 'p50'):.2f}", errors)


def run(table, options):
    table.begin(*TITLES)
    for setup in setups(options.at_once):
        if not setup.at_once:
            continue
        with contextlib.ExitStack() as stack:
            dns = stack.enter_context(setup.dns(HOSTS, dnssec=setup.dnssec))
            site = stack.enter_context(BenchSite(dns))
            webs = Webs(stack, setup.web, site)
            load = stack.enter_context(Load())
            for at_once in setup.at_once:
                results = measure(setup, at_once, options.rounds,
                                  options.seconds, dns, webs, load)
                table.row(*row(setup, at_once, results))
