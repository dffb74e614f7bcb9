"""DNS servers that do what `ddnsgatectl policy` prints, and no more.

    with PolicyKnot(clients) as dns, Gate(dns.site) as gate:
        ...

The configuration of ddnsgate comes first, and the server's is made of it.
Secondaries follow such a primary.
"""

import os
import pathlib

import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.tsigkeyring
import dns.update

import lab
from lab import EXAMPLES, PATIENCE_S, ZONE, Bind, Knot, Server, Site, program

FOREIGN = "other.example"  # a zone that ddnsgate knows nothing of
CHALLENGE = "_acme-challenge."


def ddnsgatectl(site, *words):
    """Gives what it prints about a site."""
    return lab.run(pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl"),
                   "-c", site.conf, *words)


class ByPolicy:
    """A primary with what ddnsgatectl prints, and what else a server needs.

    clients are (NAME, HOSTS, SETTINGS) of ddnsgate's; words are for its
    configuration, policy_words for what is printed, records further ones of
    the zone; secondaries are ports that are told of changes.  The zone can be
    transferred, so that a test can compare.
    """

    def __init__(self, clients, dnssec=False, words=None, policy_words=None,
                 records="", secondaries=(), port=None):
        super().__init__(dnssec)
        self.port = port or self.port
        self.clients = clients
        self.site_words = words or {}
        self.policy_words = policy_words or {}
        self.records = records
        self.secondaries = secondaries

    def prepare(self):
        self.key_file = self.folder / "ddnsgate.key"
        self.key_file.write_text(self.make_key())
        (self.folder / f"{ZONE}.zone").write_text(
            (EXAMPLES / self.zone_file).read_text() + self.records)
        (self.folder / f"{FOREIGN}.zone").write_text(f"""\
@ 60 IN SOA ns1.example.org. hostmaster.example.org. 1 60 60 60 60
@ 60 IN NS ns1.example.org.
_acme-challenge.mail 60 IN CNAME _acme-challenge.mail.{ZONE}.
""")
        self.site = Site(self, self.site_words)
        self.site.__enter__()
        for name, hosts, settings in self.clients:
            self.site.add_client(name, *hosts, **settings)
        self.conf = self.folder / "server.conf"
        self.conf.write_text(self.whole_conf(self.policy()))

    def __exit__(self, *_):
        super().__exit__()
        if hasattr(self, "site"):
            self.site.__exit__()

    def policy(self):
        printed = ddnsgatectl(self.site, "policy", self.kind)
        return lab.substitute(printed, {**self.places(), **self.policy_words})

    def zone_now(self, name=ZONE):
        """All that it has but signatures and the serial, as lines."""
        transfer = dns.query.xfr(
            "127.0.0.1", name, port=self.port, relativize=False,
            lifetime=PATIENCE_S)
        return sorted(
            f"{rrset.name} {rrset.ttl} {dns.rdatatype.to_text(rrset.rdtype)} "
            f"{record}" for message in transfer for rrset in message.answer
            if rrset.rdtype not in SIGNING for record in rrset)

    def texts(self, host):
        """The values at a host's challenge name."""
        return [value.strip('"') for value in
                self.addresses(CHALLENGE + host, "TXT")]

    def change(self, fill_in):
        """An UPDATE past ddnsgate: fill_in(message) says of what."""
        keys = dns.tsigkeyring.from_text({"ddnsgate": self.tsig_secret()})
        message = dns.update.UpdateMessage(
            ZONE, keyring=keys, keyalgorithm=dns.tsig.HMAC_SHA256)
        fill_in(message)
        reply = dns.query.tcp(message, "127.0.0.1", port=self.port,
                              timeout=PATIENCE_S)
        if reply.rcode() != dns.rcode.NOERROR:
            raise RuntimeError(reply.to_text())


SIGNING = {dns.rdatatype.from_text(kind) for kind in
           ("SOA", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "CDS",
            "CDNSKEY", "TYPE65534")}


class PolicyKnot(ByPolicy, Knot):
    kind = "knot"

    def places(self):
        return {"/etc/knot/ddnsgate.key": self.key_file}

    def whole_conf(self, policy):
        signing = "on" if self.dnssec else "off"
        policy = lab.substitute(policy, {
            f"domain: {ZONE}\n    acl: [ ":
            f"domain: {ZONE}\n    acl: [ test, "})
        remotes = "".join(f"""
  - id: port{port}
    address: 127.0.0.1@{port}""" for port in self.secondaries)
        notify = ", ".join(f"port{port}" for port in self.secondaries)
        return f"""\
server:
    listen: [ 127.0.0.1@{self.port}, ::1@{self.port} ]
    rundir: {self.folder}
log:
  - target: {self.folder}/knot.log
    any: info
database:
    storage: {self.folder}
{"remote:" + remotes if remotes else ""}
acl:
  - id: test
    address: 127.0.0.0/8
    action: transfer
template:
  - id: default
    storage: {self.folder}
    file: "%s.zone"
    dnssec-signing: {signing}
{f"    notify: [ {notify} ]" if remotes else ""}
{policy}
  - domain: {FOREIGN}
    acl: test
    dnssec-signing: off
"""


class PolicyBind(ByPolicy, Bind):
    kind = "bind"

    def places(self):
        return {"/etc/bind/ddnsgate.key": self.key_file,
                "/var/lib/bind": self.folder}

    def whole_conf(self, policy):
        signing = "default" if self.dnssec else "none"
        notify = "".join(f"127.0.0.1 port {port}; "
                         for port in self.secondaries)
        return f"""\
options {{
	directory "{self.folder}";
	pid-file "named.pid";
	session-keyfile "session.key";
	listen-on port {self.port} {{ 127.0.0.1; }};
	listen-on-v6 port {self.port} {{ ::1; }};
	recursion no;
	dnssec-policy {signing};
	allow-transfer {{ 127.0.0.0/8; }};
	notify explicit;
	also-notify {{ {notify}}};
}};
controls {{ }};
logging {{
	channel messages {{ file "{self.folder}/named.log"; }};
	category default {{ messages; }};
	category update-security {{ messages; }};
}};
zone "{FOREIGN}" {{
	type primary;
	file "{self.folder}/{FOREIGN}.zone";
	dnssec-policy none;
}};
{policy}"""


SERVERS = (PolicyKnot, PolicyBind)


class Secondary(Server):
    """Of a primary that is not there yet, or away for a while."""

    def __init__(self, primary_port):
        self.port = lab.free_port()
        self.primary_port = primary_port

    def prepare(self):
        self.conf = self.folder / "server.conf"
        self.conf.write_text(self.text.format(
            folder=self.folder, port=self.port, primary=self.primary_port,
            zone=ZONE))

    ask = lab.Dns.ask
    addresses = lab.Dns.addresses
    answers = lab.Dns.answers
    texts = ByPolicy.texts


class SecondaryKnot(Secondary):
    text = """
server:
    listen: 127.0.0.1@{port}
    rundir: {folder}
log:
  - target: {folder}/knot.log
    any: info
database:
    storage: {folder}
remote:
  - id: primary
    address: 127.0.0.1@{primary}
acl:
  - id: notify
    address: 127.0.0.0/8
    action: notify
zone:
  - domain: {zone}
    storage: {folder}
    master: primary
    acl: notify
"""

    def command(self):
        return [program("knotd"), "-c", self.conf]


class SecondaryBind(Secondary):
    text = """
options {{
	directory "{folder}";
	pid-file "named.pid";
	session-keyfile "session.key";
	listen-on port {port} {{ 127.0.0.1; }};
	listen-on-v6 {{ none; }};
	recursion no;
	allow-notify {{ 127.0.0.1; }};
}};
controls {{ }};
zone "{zone}" {{
	type secondary;
	file "{folder}/zone";
	primaries port {primary} {{ 127.0.0.1; }};
}};
"""

    def command(self):
        return [program("named"), "-f", "-c", self.conf]
