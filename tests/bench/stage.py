"""What is measured: sites and DNS servers of any size, and a FastCGI hello."""

import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "live"))

from fakedns import with_zones, zone_conf  # noqa: E402
from lab import (EXAMPLES, ZONE, Apache, Bind, Gate, Knot, Nginx,  # noqa: E402
                 Room, Server, Site, give_to_www, program)

THREADS = 512
TTL = 60


def binary(name):
    return pathlib.Path(os.environ["DDNSGATE_BINDIR"], name).resolve()


def address(host, salt):
    """The host's address in a round of changes, all of them different."""
    return (f"{20 + host // 62500}.{salt % 250}.{host // 250 % 250}."
            f"{host % 250}")


def secret(host):
    return f"bench{host:011d}"


def zone_name(number):
    return f"z{number}.{ZONE}" if number else ZONE


def zone_of(host, zones):
    return zone_name(host % zones)


class Filled:
    """A DNS server whose zones have the hosts' first addresses."""

    patience_s = 300  # it loads them all

    def __init__(self, hosts, zones=1, **options):
        super().__init__(**options)
        self.hosts = hosts
        self.zones = zones

    def prepare(self):
        super().prepare()
        frame = (EXAMPLES / self.zone_file).read_text()
        for number in range(self.zones):
            name = zone_name(number)
            with (self.folder / f"{name}.zone").open("w") as zone:
                zone.write(frame.replace(f"$ORIGIN {ZONE}.",
                                         f"$ORIGIN {name}."))
                zone.writelines(
                    f"h{host} {TTL} IN A {address(host, 1)}\n"
                    for host in range(number, self.hosts, self.zones))
        self.add_zones([zone_name(number) for number in range(1, self.zones)])

    def add_zones(self, names):
        with self.conf.open("a") as conf:
            conf.writelines(self.zone_frame.format(name=name, self=self)
                            for name in names)


class FilledKnot(Filled, Knot):
    name = "Knot"
    zone_frame = "  - domain: {name}\n    acl: ddnsgate\n"


class FilledBind(Filled, Bind):
    name = "BIND"
    zone_frame = """
zone "{name}" {{
    type primary;
    file "{self.folder}/{name}.zone";
    notify explicit;
    allow-transfer {{ none; }};
    update-policy {{ grant ddnsgate. wildcard *.{name}. A AAAA; }};
}};
"""


class BenchSite(Site):
    """As many clients as hosts, each with one."""

    def __init__(self, dns_server):
        at = f"127.0.0.1@{dns_server.port}"
        zones = [zone_conf(zone_name(number), at)
                 for number in range(1, dns_server.zones)]
        super().__init__(dns_server, with_zones(*zones) if zones else {})

    def prepare(self):
        super().prepare()
        table = self.folder / "clients.list"
        with table.open("w") as lines:
            lines.writelines(
                f"b{host} {secret(host)} "
                f"h{host}.{zone_of(host, self.dns.zones)}\n"
                for host in range(self.dns.hosts))
        give_to_www(table, 0o640)
        self.edit("ddnsgate.conf",
                  {'log_level = "info"': 'log_level = "error"'})


class CrowdedNginx(Nginx):
    frame = Nginx.frame.replace("events {{ }}",
                                "events {{ worker_connections 4096; }}")


class Hello(Server):
    """As a Gate, for nginx."""

    binary = "hello"

    def prepare(self):
        give_to_www(self.folder, 0o755)
        self.socket_path = self.folder / "hello.sock"
        self.address = f"unix:{self.socket_path}"

    def command(self):
        return [binary(self.binary), self.socket_path, str(THREADS)]

    def answers(self):
        return self.socket_path.exists()


class Naive(Hello):
    """Asks DNS as well, unsigned; where, it learns from its environment."""

    binary = "naive"

    def __init__(self, dns):
        self.dns = dns

    def command(self):
        return [program("env"), *(f"{name}={value}" for name, value
                                  in naive_environment(self.dns)),
                *super().command()]


def naive_environment(dns):
    return ("NAIVE_PORT", dns.port), ("NAIVE_ZONE", ZONE)


class CrowdedApache(Apache):
    """mod_fcgid, which else starts one process a second after a few."""

    def __init__(self, site, program="ddnsgate"):
        environment = "".join(
            f"\nFcgidInitialEnv {name} {value}"
            for name, value in naive_environment(site.dns))
        super().__init__("mod_fcgid", site=site, words={
            "</VirtualHost>": "</VirtualHost>\nFcgidSpawnScoreUpLimit 10000"
            + environment})
        self.program = program

    def mode_words(self):
        words = super().mode_words()
        child = self.folder / "sbin" / "ddnsgate"
        child.unlink()
        shutil.copy(binary(self.program), child)
        child.chmod(0o755)
        return words


class Webs:
    """The same web server before ddnsgate and before its rivals."""

    def __init__(self, stack, kind, site, threads=THREADS):
        self.at_once = 32 if kind == "mod_fcgid" else 256  # that it takes well
        self.gate = None
        enter = stack.enter_context
        rivals = [name for name in ("hello", "naive") if binary(name).exists()]
        if kind == "nginx":
            self.gate = enter(Gate(site, threads=threads))
            self.ddnsgate = enter(CrowdedNginx(self.gate))
            servers = {"hello": Hello, "naive": lambda: Naive(site.dns)}
            self.rivals = {name: enter(CrowdedNginx(enter(servers[name]())))
                           for name in rivals}
        else:
            self.ddnsgate = enter(CrowdedApache(site))
            self.rivals = {name: enter(CrowdedApache(site, name))
                           for name in rivals}

    def that_read(self):
        """(what, server) of all that change nothing."""
        return *self.rivals.items(), ("unchanged", self.ddnsgate)
