"""What a request costs as hosts, clients and zones grow in number."""

import contextlib
import statistics

from load import OUTSTANDING, Load
from stage import BenchSite, FilledBind, FilledKnot, Webs

AT_ONCE = 256
THREADS = 256
TITLES = ("DNS server", "zones", "hosts and clients", "dnsperf/s",
          "changed/s", "unchanged/s", "changed : dnsperf", "changed p99 ms",
          "errors")


def sizes(largest):
    """(zones, hosts)"""
    for hosts in 1_000, 10_000, 100_000, 1_000_000:
        if hosts <= largest:
            yield 1, hosts
    for zones in 10, 100, 1000:
        yield zones, 10_000


def measure(table, dns_class, zones, hosts, options):
    with contextlib.ExitStack() as stack:
        dns = stack.enter_context(dns_class(hosts, zones))
        site = stack.enter_context(BenchSite(dns))
        webs = Webs(stack, "nginx", site, THREADS)
        load = stack.enter_context(Load())
        results = {"dnsperf": [], "changed": [], "unchanged": []}
        for _ in range(options.rounds):
            results["unchanged"].append(load.unchanged(
                webs.ddnsgate, dns, AT_ONCE, options.seconds))
            results["dnsperf"].append(
                load.dnsperf(dns, OUTSTANDING, options.seconds))
            results["changed"].append(load.changed(
                webs.ddnsgate, dns, AT_ONCE, options.seconds))
            load.settle(webs.ddnsgate, dns, AT_ONCE)
        rates = {what: statistics.median(result.rate for result in some)
                 for what, some in results.items()}
        p99 = statistics.median(result.p99 for result in results["changed"])
        table.row(dns.name, zones, hosts,
                  *(f"{rate:.0f}" for rate in rates.values()),
                  f"{rates['changed'] / rates['dnsperf']:.2f}", f"{p99:.1f}",
                  sum(result.errors for what in ("changed", "unchanged")
                      for result in results[what]))


def run(table, options):
    table.begin(*TITLES)
    for dns_class in FilledKnot, FilledBind:
        for zones, hosts in sizes(options.hosts):
            measure(table, dns_class, zones, hosts, options)
