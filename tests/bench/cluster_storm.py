"""The storm, through HAProxy and the two gates of examples/cluster."""

import time

from load import Load
from stage import address, secret

import lab  # stage knows where these two are
from cluster import BindPrimary, Cluster, Front, KnotPrimary

HOSTS = 4000
AT_ONCE = 256
COLUMNS = (
    ("primary", "{dns}"), ("hosts", "{hosts}"), ("at once", "{at_once}"),
    ("until the primary has all, s", "{seconds:.1f}"),
    ("hosts/s", "{rate:.0f}"), ("p50 ms", "{p50:.1f}"),
    ("p99 ms", "{p99:.1f}"), ("errors", "{errors}"),
    ("until both secondaries have all, s", "{everywhere:.1f}"),
    ("not in DNS", "{missing}"))
WORDS = {"change_burst     = 10;": "change_burst = 0; log_level = \"error\"; "
                                  f"threads = {AT_ONCE};",
         "failure_burst    = 20": "failure_burst = 0"}


class BenchCluster(Cluster):
    def __init__(self, primary_class):
        super().__init__(primary_class, [], WORDS)
        self.secrets = {f"h{host}": secret(host) for host in range(HOSTS)}


class EvenFront(Front):
    """All that calls here has one address: hence to each gate in turn."""

    def write_site(self, name, words):
        super().write_site(name, words)
        conf = self.folder / "site.conf"
        conf.write_text(lab.substitute(conf.read_text(), {
            " accept-proxy\n": "\n", "balance hash src,ipmask(32,64)":
            "balance roundrobin", "hash-type consistent": ""}))


def measure(cluster, front, load):
    result = load.settle(front, None, AT_ONCE, {"HOSTS": HOSTS, "STRIDE": 1})
    acknowledged = time.monotonic()
    cluster.wait_for_secondaries()
    everywhere = time.monotonic() - acknowledged + result.seconds
    records, _ = cluster.primary.zone_now()
    return {"dns": cluster.primary.kind, "hosts": HOSTS, "at_once": AT_ONCE,
            "seconds": result.seconds, "rate": HOSTS / result.seconds,
            "p50": result.p50, "p99": result.p99, "errors": result.errors,
            "everywhere": everywhere,
            "missing": sum(records.get((f"h{host}", "A"))
                           != {address(host, load.salt)}
                           for host in range(HOSTS))}


def rows(_options):
    for primary_class in KnotPrimary, BindPrimary:
        with BenchCluster(primary_class) as cluster, Load() as load, \
                EvenFront(cluster.one, cluster.two) as front:
            yield measure(cluster, front, load)
