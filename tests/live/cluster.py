"""All machines of examples/cluster, on loopback.

    with Cluster(KnotPrimary) as cluster:
        status, body = cluster.call("192.0.2.7", secret)

HAProxy takes its callers' addresses from the PROXY protocol, so that a test
can call from any of them.
"""

import base64
import contextlib
import hashlib
import os
import pathlib
import secrets
import shutil
import signal
import socket

import dns.query
import dns.rdatatype
import dns.tsigkeyring

import lab
from lab import (AS_ROOT, EXAMPLES, PATIENCE_S, ZONE, Bind, Gate, Haproxy,
                 Knot, Nginx, Room, Server, run)

TRANSFER = base64.b64encode(secrets.token_bytes(32)).decode()
PROXIED = "X-Forwarded-For"


class Transferable:
    """A DNS server that gives all of the zone to who has the key."""

    def write_transfer_key(self):
        """As keymgr or tsig-keygen prints it."""
        self.transfer_key = self.folder / "transfer.key"
        self.transfer_key.write_text(self.key_format.format(TRANSFER))

    def zone_now(self):
        """{(host, type): {value}} of the hosts, and the serial."""
        keys = dns.tsigkeyring.from_text(
            {"transfer": ("hmac-sha256", TRANSFER)})
        found, serial = {}, None
        for message in dns.query.xfr(
                "127.0.0.1", ZONE, port=self.port, relativize=False,
                lifetime=PATIENCE_S, keyring=keys):
            for rrset in message.answer:
                kind = dns.rdatatype.to_text(rrset.rdtype)
                if kind == "SOA":
                    serial = rrset[0].serial
                elif kind in lab.LOOPBACK:
                    host = rrset.name.to_text().removesuffix(f".{ZONE}.")
                    found.setdefault((host, kind), set()).update(
                        str(record) for record in rrset)
        return found, serial


KNOT_KEY = """# hmac-sha256:transfer:{0}
key:
  - id: transfer
    algorithm: hmac-sha256
    secret: {0}
"""
BIND_KEY = """key "transfer" {{
	algorithm hmac-sha256;
	secret "{}";
}};
"""


class Primary(Transferable):
    """What it has survives a stop, but not lose()."""

    zone_file = "cluster/dyn.example.org.zone"

    def __init__(self, secondaries):
        self.secondaries = secondaries
        super().__init__()

    def prepare(self):
        self.write_transfer_key()
        super().prepare()

    def lose(self):
        """The machine burns down; a new one has the same configuration."""
        self.stop(signal.SIGKILL)
        keep = {self.conf.name, self.key_file.name, self.transfer_key.name}
        for path in self.folder.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name not in keep:
                path.unlink()


class KnotPrimary(Primary, Knot):
    example = "cluster/knot-primary.conf"
    key_format = KNOT_KEY
    kind = "Knot DNS"

    def words(self):
        words = super().words()
        del words["127.0.0.1@53"], words["::1@53"]
        one, two = self.secondaries
        return {**words, "/etc/knot/transfer.key": self.transfer_key,
                "192.0.2.53@53": f"127.0.0.1@{self.port}",
                "198.51.100.53@53": f"127.0.0.1@{one}",
                "203.0.113.53@53": f"127.0.0.1@{two}",
                "192.0.2.11, 192.0.2.12": "127.0.0.1"}


class BindPrimary(Primary, Bind):
    example = "cluster/bind-primary.conf"
    key_format = BIND_KEY
    kind = "BIND"

    def words(self):
        words = super().words()
        del words["port 53 "]
        one, two = self.secondaries
        return {**words, "/etc/bind/transfer.key": self.transfer_key,
                "port 53 { 192.0.2.53; }": f"port {self.port} {{ 127.0.0.1; }}",
                "198.51.100.53 port 53": f"127.0.0.1 port {one}",
                "203.0.113.53 port 53": f"127.0.0.1 port {two}",
                "192.0.2.11; 192.0.2.12": "127.0.0.1"}


class Secondary(Transferable, Server):
    def __init__(self, port, primary_port):
        self.port, self.primary_port = port, primary_port

    def prepare(self):
        self.write_transfer_key()
        self.key_file = self.transfer_key  # the only one
        self.conf = self.folder / "server.conf"
        self.conf.write_text(lab.example(self.example, self.words()))

    # BIND accepts connections before it has read its zones.
    answers = lab.Dns.answers


class KnotSecondary(Secondary):
    example = "cluster/knot-secondary.conf"
    key_format = KNOT_KEY
    command = Knot.command

    def words(self):
        words = Knot.words(self)
        for word in "127.0.0.1@53", "::1@53", "/etc/knot/ddnsgate.key":
            del words[word]
        return {**words, "/etc/knot/transfer.key": self.transfer_key,
                "198.51.100.53@53": f"127.0.0.1@{self.port}",
                "192.0.2.53@53": f"127.0.0.1@{self.primary_port}"}


class BindSecondary(Secondary):
    example = "cluster/bind-secondary.conf"
    key_format = BIND_KEY
    command = Bind.command

    def words(self):
        words = Bind.words(self)
        for word in "port 53 ", "/etc/bind/ddnsgate.key":
            del words[word]
        return {**words, "/etc/bind/transfer.key": self.transfer_key,
                "port 53 { 203.0.113.53; }":
                f"port {self.port} {{ 127.0.0.1; }}",
                "192.0.2.53 port 53": f"127.0.0.1 port {self.primary_port}"}


class Machine(Room):
    """A gate: its root folder, ddnsgate and nginx.

    words are further substitutions in ddnsgate.conf.
    """

    def __init__(self, name, servers, key_file, words):
        self.name = name
        self.servers = servers  # words for their addresses
        self.key_file = key_file
        self.words = words

    def prepare(self):
        self.etc = self.folder / "etc/ddnsgate"
        self.state = self.folder / "var/lib/ddnsgate"
        for folder in self.etc / "clients.d", self.state:
            folder.mkdir(parents=True)
        lab.give_to_www(self.etc / "clients.d", 0o750)
        lab.give_to_www(self.state, 0o750)
        self.conf = self.etc / "ddnsgate.conf"
        self.write("tsig.key", self.key_file.read_text())
        self.write("clients.list", "")
        self.write("ddnsgate.conf", lab.example("cluster/ddnsgate.conf", {
            **self.servers, **lab.Site.patient, **self.words,
            "192.0.2.10/32": "127.0.0.1/32",
            "/var/lib/ddnsgate": self.state}))
        self.gate = Gate(self)
        self.web = GateNginx(self.gate)

    def write(self, name, text):
        path = self.etc / name
        fresh = path.with_name(path.name + ".new")
        fresh.write_text(text)
        lab.give_to_www(fresh, 0o640)
        fresh.rename(path)

    def run_here(self, stack):
        stack.enter_context(self.gate)
        stack.enter_context(self.web)

    def ctl(self, *words):
        return run(pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl"),
                   "-c", self.conf, *words)

    def environment(self, others):
        """Of ship.sh."""
        return {**os.environ, "ROOT": str(self.folder), "NAME": self.name,
                "OTHERS": " ".join(str(other.folder) for other in others),
                "SHIPS_CLIENTS": "yes" if self.name == "one" else ""}

    def ship(self, *others):
        run("sh", EXAMPLES / "cluster/ship.sh", env=self.environment(others))

    def call(self, source, secret, **query):
        """Past HAProxy, from its place."""
        return lab.curl(self.web.url(secret, **query),
                        header=f"{PROXIED}: {source}")


class GateNginx(Nginx):
    def write_site(self, _name, words):
        words = {"listen 192.0.2.11:80;":
                 f"listen 127.0.0.1:{self.port}; listen [::1]:{self.port};",
                 "allow 192.0.2.10;": "allow 127.0.0.1;",
                 **{word: words[word] for word in (
                     "/var/log/nginx", "unix:/run/ddnsgate/ddnsgate.sock")}}
        super().write_site("cluster/nginx.conf", words)


class Front(Haproxy):
    """x-gate in a reply is the gate that has given it."""

    example = "cluster/haproxy.cfg"
    patient = {"timeout connect 2s": f"timeout connect {PATIENCE_S}s",
               "timeout server 22s": f"timeout server {PATIENCE_S}s",
               "timeout client 10s": f"timeout client {PATIENCE_S}s",
               "timeout http-request 10s":
               f"timeout http-request {PATIENCE_S}s"}

    def __init__(self, one, two):
        super().__init__()
        self.gates = {"192.0.2.11:80": f"127.0.0.1:{one.web.port}",
                      "192.0.2.12:80": f"127.0.0.1:{two.web.port}"}

    def backend_words(self):
        words = {"inter 2s": "inter 100ms", **self.gates,
                 "\tdefault_backend gates\n":
                 "\tdefault_backend gates\n"
                 "\thttp-response set-header x-gate %s\n"}
        if AS_ROOT:
            words["/var/lib/haproxy\n"] = f"{self.folder}\n"
        return words

    def write_site(self, name, words):
        super().write_site(name, words)
        conf = self.folder / "site.conf"
        conf.write_text(lab.substitute(conf.read_text(), {
            f"bind 127.0.0.1:{self.port}\n":
            f"bind 127.0.0.1:{self.port} accept-proxy\n"}))


def proxied_call(port, source, path):
    """(status, headers, body) of a request from that address."""
    family = "TCP6" if ":" in source else "TCP4"
    to = "2001:db8::10" if ":" in source else "192.0.2.10"
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as stream:
        stream.sendall(
            f"PROXY {family} {source} {to} 40000 80\r\n"
            f"GET /{path} HTTP/1.1\r\nHost: ddns.example.org\r\n"
            "Connection: close\r\n\r\n".encode())
        received = b"".join(iter(lambda: stream.recv(65536), b""))
    head, _, body = received.decode().partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in
               (line.partition(":") for line in lines)}
    return int(first.split()[1]), headers, body


class Cluster:
    """words are further substitutions in ddnsgate.conf of each gate; clients
    are names, and each has a host of its name."""

    def __init__(self, primary_class, clients, words=None):
        self.primary_class = primary_class
        self.words = words or {}
        self.secrets = {name: secrets.token_hex(16) for name in clients}

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.enter_all(stack)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def enter_all(self, stack):
        ports = [lab.free_port(), lab.free_port()]
        self.primary = stack.enter_context(self.primary_class(ports))
        self.secondaries = [
            stack.enter_context(kind(port, self.primary.port))
            for kind, port in zip((KnotSecondary, BindSecondary), ports)]
        servers = {"192.0.2.53@53": f"127.0.0.1@{self.primary.port}",
                   "198.51.100.53@53": f"127.0.0.1@{ports[0]}",
                   "203.0.113.53@53": f"127.0.0.1@{ports[1]}"}
        self.one, self.two = (
            stack.enter_context(Machine(name, servers, self.primary.key_file,
                                        self.words))
            for name in ("one", "two"))
        self.add_clients()
        for machine in self.one, self.two:
            machine.run_here(stack)
        self.front = stack.enter_context(Front(self.one, self.two))
        self.wait_for_gates({"one", "two"})

    def add_clients(self):
        """On the one gate; from there they are shipped."""
        self.one.write("clients.list", "".join(
            f"{name} sha256:{hashlib.sha256(secret.encode()).hexdigest()} "
            f"{name}.{ZONE}\n" for name, secret in self.secrets.items()))
        self.one.ship(self.two)

    def call(self, source, name, path="?"):
        """As the client of this name, through HAProxy; what it is told."""
        status, _, body = proxied_call(
            self.front.port, source, self.secrets[name] + path)
        return status, body.strip()

    def gate_of(self, source):
        """Which gate HAProxy has for it now; None if there is none."""
        return proxied_call(self.front.port, source, "health")[1].get("x-gate")

    def gates(self):
        return {self.gate_of(f"198.51.100.{number}") for number in range(40)}

    def wait_for_gates(self, names):
        lab.wait_until(lambda: self.gates() == set(names),
                       f"HAProxy sends to {names}")

    def wait_for_secondaries(self):
        """Each has what the primary has, serial and all."""
        for secondary in self.secondaries:
            lab.wait_until(
                lambda: secondary.zone_now() == self.primary.zone_now(),
                f"{type(secondary).__name__} has caught up")
