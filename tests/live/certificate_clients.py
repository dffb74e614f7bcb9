"""The real clients of certificate authorities, as Debian has them.

Each runs in a folder of its own, with the scripts that `ddnsgatectl snippet`
prints: issue() gets a certificate for a host and for all names one label
below, renew() another one, from the same account.
"""

import json
import os
import re
import subprocess

from cryptography import x509

import lab
from lab import PATIENCE_S, Room, program, ZONE
from policy_dns import ddnsgatectl


class Client(Room):
    """One of them, for a host of ddnsgate's client of the same name."""

    def __init__(self, gateway, host, web, zone=ZONE):
        self.gateway = gateway
        self.client = host
        self.secret = gateway.secrets[host]
        self.endpoint = gateway.url(web)
        self.name = f"{host}.{zone}"

    def snippet(self, kind, words):
        """What ddnsgatectl prints, with what a person would fill in."""
        printed = ddnsgatectl(self.gateway.site, "snippet", kind, self.client,
                              "--url", self.endpoint)
        return lab.substitute(printed, {"SECRET": self.secret, **words})

    @staticmethod
    def write_script(path, text):
        path.touch(0o700)
        path.write_text(text)

    def run(self, *command, **environment):
        """Gives its exit status; what it printed is in output."""
        done = subprocess.run(
            [str(word) for word in command], cwd=self.folder, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=PATIENCE_S,
            env={"PATH": os.environ["PATH"] + ":/usr/sbin", "LC_ALL": "C",
                 "HOME": str(self.folder), **environment})
        self.output += done.stdout
        return done.returncode

    def try_to(self, deed):
        """Does it give a certificate?"""
        self.output = ""
        return deed() == 0

    def must(self, deed):
        if not self.try_to(deed):
            raise AssertionError(f"{type(self).__name__}: {self.output}\n"
                                 f"{self.gateway.log_text()}")
        return self.certificate()

    def issue(self):
        return self.must(self.order)

    def renew(self):
        return self.must(self.order_again)

    def certificate(self):
        pem = (self.folder / self.path()).read_bytes()
        return x509.load_pem_x509_certificate(pem)


def names_of(certificate):
    names = certificate.extensions.get_extension_for_class(
        x509.SubjectAlternativeName).value
    return sorted(names.get_values_for_type(x509.DNSName))


class Lego(Client):
    """Speaks httpreq by itself."""

    def environment(self):
        return {"HTTPREQ_ENDPOINT": self.endpoint,
                "HTTPREQ_USERNAME": self.client,
                "HTTPREQ_PASSWORD": self.secret}

    def lego(self, *verb):
        return self.run(
            program("lego"), "--path", self.folder,
            "--server", self.gateway.ca.url, "--accept-tos", "--key-type",
            "ec256", "--email", "lars@example.org", "--dns", "httpreq",
            "-d", self.name, "-d", "*." + self.name, *verb,
            HTTPREQ_POLLING_INTERVAL="1", **self.environment())

    def order(self):
        return self.lego("run")

    def order_again(self):
        return self.lego("renew", "--days", "100000", "--no-random-sleep")

    def path(self):
        return f"certificates/{self.name}.crt"


class LegoUrl(Lego):
    def environment(self):
        return {"HTTPREQ_ENDPOINT": f"{self.endpoint}/{self.secret}"}


class LegoRaw(Lego):
    def environment(self):
        return {"HTTPREQ_MODE": "RAW", **super().environment()}


class LegoCname(Lego):
    """Of a name elsewhere, whose challenges are a CNAME to the host's."""

    def environment(self):
        return {"LEGO_EXPERIMENTAL_CNAME_SUPPORT": "true",
                **super().environment()}


class LegoScript(Lego):
    """The script that ddnsgatectl prints, which also renews."""

    def prepare(self):
        self.script = self.folder / "lego.sh"
        self.write_script(self.script, self.snippet("lego", {
            "YOU@EXAMPLE.ORG": "lars@example.org",
            "--accept-tos": f"--accept-tos --server {self.gateway.ca.url}",
            f"--domains '{self.name}'":
            f"--domains '{self.name}' --domains '*.{self.name}'",
            "--days 30": "--days 100000 --no-random-sleep"}))

    def order(self):
        return self.run(self.script, HTTPREQ_POLLING_INTERVAL="1")

    order_again = order

    def path(self):
        return f".lego/certificates/{self.name}.crt"


# With the hooks that ddnsgatectl prints.

class Hooked(Client):
    # There is no secondary that has to be waited for.
    hook_words = {"wait=6": "wait=0"}

    def prepare(self):
        self.hook = self.folder / "hook"
        self.write_script(self.hook,
                          self.snippet(self.kind, self.hook_words))


class Uacme(Hooked):
    kind = "uacme"

    def uacme(self, *verb):
        return self.run(
            program("uacme"), "-v", "-y", "-t", "EC", "-c", self.folder,
            "-a", self.gateway.ca.url, "-h", self.hook, *verb)

    def order(self):
        return self.uacme("new") or self.uacme(
            "issue", self.name, "*." + self.name)

    def order_again(self):
        return self.uacme("-f", "issue", self.name, "*." + self.name)

    def path(self):
        return f"{self.name}/cert.pem"


class Dehydrated(Hooked):
    kind = "dehydrated"
    conf = """
CA={ca}
CHALLENGETYPE=dns-01
KEY_ALGO=prime256v1
BASEDIR={folder}
WELLKNOWN={folder}
HOOK={hook}
HOOK_CHAIN={chain}
"""

    chain = "no"

    def prepare(self):
        super().prepare()
        (self.folder / "config").write_text(self.conf.format(
            ca=self.gateway.ca.url, folder=self.folder, hook=self.hook,
            chain=self.chain))

    def dehydrated(self, *verb):
        return self.run(program("dehydrated"), "--config",
                        self.folder / "config", *verb)

    def order(self):
        return self.dehydrated("--register", "--accept-terms") or \
            self.order_again()

    def order_again(self):
        return self.dehydrated("--cron", "--force", "--domain", self.name,
                               "--domain", "*." + self.name)

    def path(self):
        return f"certs/{self.name}/cert.pem"


class DehydratedChain(Dehydrated):
    """All challenges in one call of the hook."""

    chain = "yes"


class Certbot(Hooked):
    """Its library's, as the package around it has timers of its own."""

    kind = "certbot"
    main = "import certbot.main as m, sys; sys.exit(m.main())"

    def certbot(self, *verb):
        folders = [word for name in ("config", "work", "logs")
                   for word in (f"--{name}-dir", self.folder / name)]
        return self.run("/usr/bin/python3", "-c", self.main, *verb, *folders,
                        "--server", self.gateway.ca.url, "--non-interactive")

    def order(self):
        return self.certbot(
            "certonly", "--manual", "--preferred-challenges", "dns",
            "--manual-auth-hook", f"{self.hook} present",
            "--manual-cleanup-hook", f"{self.hook} cleanup",
            "--key-type", "ecdsa", "--agree-tos",
            "--register-unsafely-without-email", "-d", self.name, "-d", "*." + self.name)

    def order_again(self):
        return self.certbot("renew", "--force-renewal",
                            "--no-random-sleep-on-renew")

    def path(self):
        return f"config/live/{self.name}/cert.pem"


class CertbotAcmeDns(Certbot):
    """Its hook speaks acme-dns, with the account that ddnsgatectl prints."""

    hook_text = """#!/bin/sh
set -eu
if [ "$1" = cleanup ]; then exit 0; fi # there is none
printf '{{"subdomain":"%s","txt":"%s"}}' '{subdomain}' "$CERTBOT_VALIDATION" |
	curl --silent --show-error --fail-with-body --data @- \\
		--header 'X-Api-User: {username}' \\
		--header 'X-Api-Key: {password}' '{server_url}/update'
"""

    def prepare(self):
        printed = self.snippet("acme-dns", {})
        accounts = json.loads(re.search(r"(?ms)^\{$.*?^\}$", printed)[0])
        self.hook = self.folder / "hook"
        self.write_script(self.hook, self.hook_text.format(
            **accounts[self.name]))
