"""The storm: all hosts have changed, and all call as fast as they can."""

import contextlib

import dns.message
import dns.query
import dns.rdatatype

from load import Load
from stage import BenchSite, FilledBind, FilledKnot, Webs, address, zone_of

AT_ONCE = 512
COLUMNS = (
    ("DNS server", "{dns}"), ("hosts", "{hosts}"), ("at once", "{at_once}"),
    ("until DNS has all, s", "{seconds:.1f}"), ("hosts/s", "{rate:.0f}"),
    ("p50 ms", "{p50:.1f}"), ("p99 ms", "{p99:.1f}"),
    ("slowest ms", "{slowest:.1f}"), ("errors", "{errors}"),
    ("not in DNS", "{missing}"))


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


def rows(options):
    for dns_class in FilledKnot, FilledBind:
        with contextlib.ExitStack() as stack:
            server = stack.enter_context(dns_class(options.storm))
            site = stack.enter_context(BenchSite(server))
            webs = Webs(stack, "nginx", site)
            load = stack.enter_context(Load())
            result = load.settle(webs.ddnsgate, server, AT_ONCE,
                                 {"HOSTS": server.hosts, "STRIDE": 1})
            yield {"dns": server.name, "hosts": server.hosts,
                   "at_once": AT_ONCE, "seconds": result.seconds,
                   "rate": server.hosts / result.seconds, "p50": result.p50,
                   "p99": result.p99, "slowest": result.slowest,
                   "errors": result.errors,
                   "missing": missing(server, load.salt)}
