"""Requests a second: all addresses changed, or none, against dnsperf and a
FastCGI program that does nothing, in turns on the same servers."""

import contextlib
import dataclasses
import statistics

from figures import ratios
from load import OUTSTANDING, Load
from stage import BenchSite, FilledBind, FilledKnot, Webs

HOSTS = 4000
COLUMNS = (
    ("DNS server", "{dns}"), ("web server", "{web}"), ("at once", "{at_once}"),
    ("dnsperf/s", "{dnsperf:.0f}"), ("hello/s", "{hello:.0f}"),
    ("naive/s", "{naive:.0f}"), ("changed/s", "{changed:.0f}"),
    ("unchanged/s", "{unchanged:.0f}"),
    ("changed : dnsperf", "{changed_to_dnsperf:.2f}"),
    ("unchanged : hello", "{unchanged_to_hello:.2f}"),
    ("unchanged : naive", "{unchanged_to_naive:.2f}"),
    ("dnsperf p50", "{dnsperf_p50:.2f}"), ("changed p50", "{changed_p50:.2f}"),
    ("changed p99", "{changed_p99:.1f}"), ("errors", "{errors}"))


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
    some = [level for level in levels if level in (32, 512)]
    few = [level for level in levels if level == 32]
    for dns in FilledKnot, FilledBind:
        yield Setup(dns, False, "nginx", levels)
        yield Setup(dns, True, "nginx", some)
        yield Setup(dns, False, "mod_fcgid", few)


def measure(at_once, options, dns, webs, load):
    results = {"dnsperf": [], "changed": []}
    for _ in range(options.rounds):
        for what, web in webs.that_read():
            results.setdefault(what, []).append(
                load.unchanged(web, dns, at_once, options.seconds))
        results["dnsperf"].append(
            load.dnsperf(dns, min(at_once, OUTSTANDING), options.seconds))
        results["changed"].append(
            load.changed(webs.ddnsgate, dns, at_once, options.seconds))
        load.settle(webs.ddnsgate, dns, webs.at_once)
    return results


def row(setup, at_once, results):
    def median(what, figure):
        return statistics.median(getattr(result, figure)
                                 for result in results[what])

    return ratios(
        {"dns": setup.dns_name, "web": setup.web, "at_once": at_once,
         **{what: median(what, "rate") for what in results},
         **{f"{what}_{figure}": median(what, figure)
            for what in results for figure in ("p50", "p99")},
         "errors": sum(result.errors for what in set(results) - {"dnsperf"}
                       for result in results[what])},
        ("changed", "dnsperf"), ("unchanged", "hello"), ("unchanged", "naive"))


def rows(options):
    for setup in setups(options.at_once):
        if not setup.at_once:
            continue
        with contextlib.ExitStack() as stack:
            dns = stack.enter_context(setup.dns(HOSTS, dnssec=setup.dnssec))
            site = stack.enter_context(BenchSite(dns))
            webs = Webs(stack, setup.web, site)
            load = stack.enter_context(Load())
            load.settle(webs.ddnsgate, dns, webs.at_once)
            for at_once in setup.at_once:
                yield row(setup, at_once,
                          measure(at_once, options, dns, webs, load))
