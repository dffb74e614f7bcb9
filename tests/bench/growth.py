"""What a request costs as hosts, clients and zones grow in number."""

import contextlib
import statistics

from figures import ratios
from load import OUTSTANDING, Load
from stage import BenchSite, FilledBind, FilledKnot, Webs

AT_ONCE = 256
THREADS = 256
ROUNDS = 2
COLUMNS = (
    ("DNS server", "{dns}"), ("zones", "{zones}"),
    ("hosts and clients", "{hosts}"), ("dnsperf/s", "{dnsperf:.0f}"),
    ("changed/s", "{changed:.0f}"), ("unchanged/s", "{unchanged:.0f}"),
    ("changed : dnsperf", "{changed_to_dnsperf:.2f}"),
    ("changed p99 ms", "{changed_p99:.1f}"), ("errors", "{errors}"))


def sizes(largest):
    """(zones, hosts)"""
    for hosts in 1_000, 10_000, 100_000, 1_000_000:
        if hosts <= largest:
            yield 1, hosts
    for zones in 10, 100, 1000:
        yield zones, 10_000


def measure(dns_class, zones, hosts, options):
    with contextlib.ExitStack() as stack:
        dns = stack.enter_context(dns_class(hosts, zones))
        site = stack.enter_context(BenchSite(dns))
        webs = Webs(stack, "nginx", site, THREADS)
        load = stack.enter_context(Load())
        results = {"dnsperf": [], "changed": [], "unchanged": []}
        for _ in range(ROUNDS):
            results["unchanged"].append(load.unchanged(
                webs.ddnsgate, dns, AT_ONCE, options.seconds))
            results["dnsperf"].append(
                load.dnsperf(dns, OUTSTANDING, options.seconds))
            results["changed"].append(load.changed(
                webs.ddnsgate, dns, AT_ONCE, options.seconds))
            load.settle(webs.ddnsgate, dns, AT_ONCE)
    return ratios(
        {"dns": dns.name, "zones": zones, "hosts": hosts,
         **{what: statistics.median(result.rate for result in some)
            for what, some in results.items()},
         "changed_p99": statistics.median(
             result.p99 for result in results["changed"]),
         "errors": sum(result.errors for what in ("changed", "unchanged")
                       for result in results[what])},
        ("changed", "dnsperf"))


def rows(options):
    for dns_class in FilledKnot, FilledBind:
        for zones, hosts in sizes(options.hosts):
            yield measure(dns_class, zones, hosts, options)
