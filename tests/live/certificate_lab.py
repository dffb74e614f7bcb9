"""A certificate authority and all that it asks, on a network of their own.

What certificates are issued with cannot be told another port than 53, and
some of it no other file of trusted certificates than the system's.  So a
test gets a network of its own, with nothing but its loopback, and its own
view of a few files of /etc; nothing outside sees any of it:

    def setUpModule():
        private_network()

    with Gateway(PolicyKnot, clients) as gateway, \
            Lego(gateway, "mail", "nginx") as lego:
        certificate = lego.issue()
"""

import base64
import concurrent.futures
import contextlib
import os
import socket
import subprocess
import unittest

import dns.flags
import dns.message
import dns.query
import dns.rdatatype

import lab
from lab import (PATIENCE_S, ZONE, Apache, Gate, Nginx, Room, Server, libc,
                 program, run)
from policy_dns import FOREIGN

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
CA_NAME = "acme.example"
HOSTS = f"""\
127.0.0.1 localhost ns1.example.org {CA_NAME} ddns.example.org
::1 localhost
"""
RESOLVER = "127.0.0.9"


# The network.

class Files(Room):
    """What stands in place of files of /etc, and the CA of the CA."""

    def prepare(self):
        self.ca_key, self.ca = self.folder / "ca.key", self.folder / "ca"
        self.request(self.ca_key, self.ca, "-x509", "-subj", "/CN=Test CA")
        for name, text in (("hosts", HOSTS),
                           ("resolv.conf", "nameserver 127.0.0.1\n")):
            (self.folder / name).write_text(text)

    @staticmethod
    def request(key, out, *options):
        run("openssl", "req", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", out,
            *options, stderr=subprocess.DEVNULL)

    def mount(self):
        run("mount", "--make-rprivate", "/")
        for source, target in (
                (self.ca, "/etc/ssl/certs/ca-certificates.crt"),
                (self.folder / "hosts", "/etc/hosts"),
                (self.folder / "resolv.conf", "/etc/resolv.conf")):
            run("mount", "--bind", source, os.path.realpath(target))


files = None


def private_network():
    """For setUpModule(), as threads that run already would stay outside."""
    global files
    if not lab.AS_ROOT or libc.unshare(CLONE_NEWNS | CLONE_NEWNET) != 0:
        raise unittest.SkipTest("only root can make such a network")
    run("ip", "link", "set", "lo", "up")
    # BIND listens only to what an interface has.
    run("ip", "address", "add", RESOLVER + "/8", "dev", "lo")
    files = Files().__enter__()
    unittest.addModuleCleanup(files.__exit__)
    files.mount()
    for name in "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY":
        os.environ.pop(name, None)


# The certificate authority.

class Pebble(Server):
    """Let's Encrypt's test server, which asks the resolver."""

    conf = """{{ "pebble": {{
    "listenAddress": "127.0.0.1:{port}",
    "managementListenAddress": "127.0.0.1:{management_port}",
    "certificate": "{folder}/certificate", "privateKey": "{folder}/key",
    "httpPort": 5002, "tlsPort": 5001
}} }}"""

    def __init__(self):
        self.port = lab.free_port()
        self.management_port = lab.free_port()
        self.url = f"https://{CA_NAME}:{self.port}/dir"

    def prepare(self):
        request = self.folder / "request"
        files.request(self.folder / "key", request, "-subj", f"/CN={CA_NAME}")
        (self.folder / "names").write_text(f"subjectAltName=DNS:{CA_NAME}\n")
        run("openssl", "x509", "-req", "-in", request, "-CA", files.ca,
            "-CAkey", files.ca_key, "-CAcreateserial", "-extfile",
            self.folder / "names", "-out", self.folder / "certificate",
            stderr=subprocess.DEVNULL)
        (self.folder / "pebble.json").write_text(self.conf.format(
            folder=self.folder, port=self.port,
            management_port=self.management_port))

    def command(self):
        # It does not wait before it asks, refuses no nonce, and asks anew
        # for each order.
        return ["env", "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0",
                "PEBBLE_AUTHZREUSE=0", program("pebble"),
                "-config", self.folder / "pebble.json",
                "-dnsserver", f"{RESOLVER}:53"]

    def answers(self):
        return lab.accepts(socket.AF_INET, ("127.0.0.1", self.port))


class Resolver(Server):
    """What the CA asks: it follows a CNAME into another zone, which no
    primary does, keeps nothing, and takes no answer with a bad signature.
    """

    conf = """
options {{
	directory "{folder}";
	pid-file "named.pid";
	session-keyfile "session.key";
	listen-on port 53 {{ {address}; }};
	listen-on-v6 {{ none; }};
	recursion yes;
	max-cache-ttl 0;
	max-ncache-ttl 0;
	dnssec-validation {validation};
}};
controls {{ }};
{anchors}
"""
    zone_conf = """
zone "{}" {{ type static-stub; server-addresses {{ 127.0.0.1; }}; }};
"""

    def __init__(self, dns_server):
        self.dns = dns_server

    def prepare(self):
        keys = [record for rrset in self.dns.ask(ZONE, "DNSKEY").answer
                for record in rrset if rrset.rdtype == dns.rdatatype.DNSKEY]
        anchors = "".join(
            f'"{ZONE}" static-key {key.flags} {key.protocol} '
            f'{int(key.algorithm)} "{base64.b64encode(key.key).decode()}";'
            for key in keys)
        (self.folder / "named.conf").write_text(self.conf.format(
            folder=self.folder, address=RESOLVER,
            validation="yes" if keys else "no",
            anchors=f"trust-anchors {{ {anchors} }};" if keys else "") +
            "".join(map(self.zone_conf.format, (ZONE, FOREIGN))))

    def command(self):
        return [program("named"), "-f", "-c", self.folder / "named.conf"]

    def answers(self):
        query = dns.message.make_query(ZONE, "SOA", want_dnssec=True)
        try:
            reply = dns.query.tcp(query, RESOLVER, timeout=PATIENCE_S)
        except OSError:
            return False
        assert bool(reply.flags & dns.flags.AD) == self.dns.dnssec, reply
        return bool(reply.answer)


# All of it.

class Gateway:
    """ddnsgate behind nginx and mod_fcgid, with a DNS server on port 53 and a
    CA.  The arguments are those of the DNS server's class.
    """

    def __init__(self, dns_class, clients, **options):
        self.dns = dns_class(clients, port=53, **options)

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.dns)
            self.site = self.dns.site
            self.secrets = self.site.secrets
            self.gate = stack.enter_context(Gate(self.site))
            self.webs = {
                "nginx": stack.enter_context(Nginx(self.gate)),
                "mod_fcgid": stack.enter_context(
                    Apache("mod_fcgid", site=self.site))}
            stack.enter_context(Resolver(self.dns))
            self.ca = stack.enter_context(Pebble())
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def url(self, web):
        return f"http://ddns.example.org:{self.webs[web].port}"

    def log_text(self):
        return self.gate.log_text() + self.webs["mod_fcgid"].log_text()


def at_once(deeds):
    """Calls each in a thread of its own; gives what they give, in order."""
    with concurrent.futures.ThreadPoolExecutor(len(deeds)) as pool:
        return [future.result() for future in
                [pool.submit(deed) for deed in deeds]]
