"""The storm: all hosts have changed, and all call as fast as they can."""

import contextlib

import dns.message
import dns.query
import dns.rdatatype

from load import Load
from stage import BenchSite, FilledBind, FilledKnot, Webs, address, zone_of

AT_ONCE = 512


def missing(server, salt):
    """How many hosts DNS does not have with this address alone."""
    count = 0
    with dns.query._make_socket(2, 2, None) as sock:
        sock.connect(("127.0.0.1", server.port))
        for host in range(server.hosts):
            name = f"h{host}.{zone_of(host, server.zones)}"
            query = dns.message.make_query(name, "A")
            reply = dns.query.udp(query, "127.0.0.1", port=server.port,
                                  timeout=10, sock=sock)
            found = [str(record) for rrset in reply.answer
                     for record in rrset]
            count += found != [address(host, salt)]
    return count


def run(table, options):
    table.begin("DNS server", "hosts", "at once", "until DNS has all, s",
                "hosts/s", "p50 ms", "p99 ms", "slowest ms", "errors",
                "not in DNS")
    for dns_class in FilledKnot, FilledBind:
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(dns_class(options.storm))
            site = stack.enter_context(BenchSite(server))
            webs = Webs(stack, "nginx", site)
            load = stack.enter_context(Load())
            result = load.settle(webs.ddnsgate, server, AT_ONCE,
                                 {"HOSTS": server.hosts, "STRIDE": 1})
            table.row(server.name, server.hosts, AT_ONCE,
                      f"{result.seconds:.1f}",
                      f"{server.hosts / result.seconds:.0f}",
                      f"{result.p50:.1f}", f"{result.p99:.1f}",
                      f"{result.slowest:.1f}", result.errors,
                      missing(server, load.salt))
