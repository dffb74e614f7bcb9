"""What certificate clients send, byte for byte.

Of clients that cannot run here: Debian does not have them, or theirs is
another version.  Each is written down as its source says, with what is
different each time in braces:

    {client} {secret} {basic}   a client of ddnsgate's; its credentials' Base64
    {host} {zone} {value}       what it is about
    {length}                    of the body

Where two dialects differ in a letter only, it is one that a client insists on.
"""

import dataclasses

GO = "Go-http-client/1.1"
GOACMEDNS = "goacmedns (linux; amd64)"
ACME_SH = "acme.sh/3.0.7 (https://github.com/acmesh-official/acme.sh)"
REQUESTS = "python-requests/2.28.1"

HTTPREQ_REPLY = '{{"fqdn":"_acme-challenge.{host}.{zone}.","value":"{value}"}}'
ACME_DNS_REPLY = '{{"txt": "{value}"}}'


@dataclasses.dataclass
class Recorded:
    name: str
    source: str
    head: str
    body: str = ""
    reply: str = ""  # the status is 200
    again: str = ""  # to the same request once more; the same if it is empty
    adds: bool = True  # else there is a value before, and none after


def httpreq(verb, agent, more="", path=""):
    return (f"POST {path}/{verb} HTTP/1.1\n"
            "Host: ddns.example.org\n"
            f"User-Agent: {agent}\n"
            "Content-Length: {length}\n" + more +
            "Content-Type: application/json\n"
            "Accept-Encoding: gzip\n")


BASIC = "Authorization: Basic {basic}\n"
# encoding/json writes a line feed behind a value that it streams.
FQDN = '{{"fqdn":"_acme-challenge.{host}.{zone}.","value":"{value}"}}\n'
LEGO = "go-acme/lego providers/dns/httpreq/httpreq.go"

LEGO_ROWS = (
    Recorded("lego 4, present", LEGO, httpreq("present", GO, BASIC), FQDN,
             reply=HTTPREQ_REPLY),
    Recorded("lego 4, cleanup", LEGO, httpreq("cleanup", GO, BASIC), FQDN,
             reply=HTTPREQ_REPLY, adds=False),
    Recorded("lego 4, the secret URL is the endpoint", LEGO,
             httpreq("present", GO, path="/{secret}"), FQDN,
             reply=HTTPREQ_REPLY),
    Recorded("lego 4, cleanup at the secret URL", LEGO,
             httpreq("cleanup", GO, path="/{secret}"), FQDN,
             reply=HTTPREQ_REPLY, adds=False),
    Recorded("lego 4, RAW", LEGO, httpreq("present", GO, BASIC),
             '{{"domain":"{host}.{zone}","token":"{token}",'
             '"keyAuth":"{key_authorization}"}}\n', reply=HTTPREQ_REPLY),
    Recorded("lego 4, RAW, cleanup at the secret URL", LEGO,
             httpreq("cleanup", GO, path="/{secret}"),
             '{{"domain":"{host}.{zone}","token":"{token}",'
             '"keyAuth":"{key_authorization}"}}\n', reply=HTTPREQ_REPLY,
             adds=False),
    Recorded("acmeproxy, which writes keyauth", "mdbraber/acmeproxy",
             httpreq("present", GO, BASIC),
             '{{"domain":"{host}.{zone}","token":"{token}",'
             '"keyauth":"{key_authorization}"}}\n', reply=HTTPREQ_REPLY),
    Recorded("lego 5", LEGO, httpreq(
        "present", "goacme-lego/5.0.0 (release; linux; amd64)",
        "Accept: application/json\n" + BASIC), FQDN, reply=HTTPREQ_REPLY),
    Recorded("Traefik 3, with lego in it", LEGO, httpreq(
        "present", "containous-traefik/3.1.0", BASIC), FQDN,
        reply=HTTPREQ_REPLY),
)

ACMEPROXY = "acmesh-official/acme.sh dnsapi/dns_acmeproxy.sh"
# It looks for the value in quotes in the reply.
ACMEPROXY_BODY = ('{{"fqdn": "_acme-challenge.{host}.{zone}.", '
                  '"value": "{value}"}}')


def acme_sh(path, *headers):
    return (f"POST {path} HTTP/1.1\n"
            "Host: ddns.example.org\n"
            f"User-Agent: {ACME_SH}\n" + "".join(headers) +
            "Content-Length: {length}\n")


JSON_HEADERS = ("Accept: application/json\n",
                "Content-Type: application/json\n")
ACME_SH_ROWS = (
    Recorded("acme.sh, acmeproxy", ACMEPROXY,
             acme_sh("/present", BASIC, *JSON_HEADERS), ACMEPROXY_BODY,
             reply=HTTPREQ_REPLY),
    Recorded("acme.sh, acmeproxy, removes", ACMEPROXY,
             acme_sh("/cleanup", BASIC, *JSON_HEADERS), ACMEPROXY_BODY,
             reply=HTTPREQ_REPLY, adds=False),
    Recorded("acme.sh, acmeproxy, without a user", ACMEPROXY,
             acme_sh("/{secret}/present", *JSON_HEADERS), ACMEPROXY_BODY,
             reply=HTTPREQ_REPLY),
    Recorded("acme.sh, acmeproxy, as a form", ACMEPROXY, acme_sh(
        "/present", BASIC, "Accept: */*\n",
        "Content-Type: application/x-www-form-urlencoded\n"), ACMEPROXY_BODY,
        reply=HTTPREQ_REPLY),
    Recorded("acme.sh, acme-dns, whose JSON is called a form",
             "acmesh-official/acme.sh dnsapi/dns_acmedns.sh", acme_sh(
                 "/update", "Accept: */*\n", "X-Api-User: {client}\n",
                 "X-Api-Key: {secret}\n",
                 "Content-Type: application/x-www-form-urlencoded\n"),
             '{{"subdomain":"{host}.{zone}", "txt": "{value}"}}',
             reply=ACME_DNS_REPLY),
)


def acme_dns(agent, body, source, name, path="/update", keys=True, user=None):
    keys = ("X-Api-Key: {secret}\n"
            f"X-Api-User: {user or '{client}'}\n") if keys else ""
    return Recorded(
        name, source,
        f"POST {path} HTTP/1.1\nHost: ddns.example.org\n"
        f"User-Agent: {agent}\n"
        "Content-Length: {length}\nContent-Type: application/json\n"
        f"{keys}Accept-Encoding: gzip\n", body, reply=ACME_DNS_REPLY)


LOWER = '{{"subdomain":"{host}.{zone}","txt":"{value}"}}'
# A struct without tags; the original server ignores case.
UPPER = '{{"SubDomain":"{host}.{zone}","Txt":"{value}"}}'
ACME_DNS_ROWS = (
    acme_dns(GO, LOWER, "libdns/acmedns provider.go", "Caddy"),
    acme_dns(GOACMEDNS, UPPER, "cpu/goacmedns client.go", "goacmedns"),
    acme_dns(GOACMEDNS, UPPER,
             "cert-manager pkg/issuer/acme/dns/acmedns/acmedns.go",
             "cert-manager, with goacmedns in it, at the secret URL",
             path="/{secret}/update"),
    acme_dns(GOACMEDNS, LOWER, "nrdcg/goacmedns", "lego 4 and 5, acme-dns",
             user="eabcdb41-d89f-4580-826f-3e62e9755ef2"),
    acme_dns(GO, LOWER, "libdns/acmedns provider.go",
             "Caddy, at the secret URL, with no key",
             path="/{secret}/update", keys=False),
    acme_dns(GO, '{{"subdomain":"{host}","txt":"{value}"}}',
             "libdns/acmedns provider.go", "Caddy, with a short name"),
    Recorded("acme-dns-auth.py", "joohoi/acme-dns-certbot-joohoi",
             "POST /update HTTP/1.1\nHost: ddns.example.org\n"
             f"User-Agent: {REQUESTS}\n"
             "Accept-Encoding: gzip, deflate\nAccept: */*\n"
             "Connection: keep-alive\nX-Api-User: {client}\n"
             "X-Api-Key: {secret}\nContent-Type: application/json\n"
             "Content-Length: {length}\n",
             '{{"subdomain": "{host}.{zone}", "txt": "{value}"}}',
             reply=ACME_DNS_REPLY),
)


def get(target, agent=GO):
    return (f"GET {target} HTTP/1.1\nHost: ddns.example.org\n"
            f"User-Agent: {agent}\nAccept-Encoding: gzip\n")


DUCKDNS = "/update?{}domains={{host}}&token={{secret}}&txt={}"
LEGO_DUCKDNS = "go-acme/lego providers/dns/duckdns"
HENET = ("POST /nic/update HTTP/1.1\nHost: ddns.example.org\n"
         f"User-Agent: {GO}\n"
         "Content-Length: {length}\n"
         "Content-Type: application/x-www-form-urlencoded\n"
         "Accept-Encoding: gzip\n")
PARAMETER_ROWS = (
    Recorded("lego, duckdns", LEGO_DUCKDNS,
             get(DUCKDNS.format("clear=false&", "{value}")), reply="OK"),
    Recorded("lego, duckdns, removes", LEGO_DUCKDNS,
             get(DUCKDNS.format("clear=true&", "")), reply="OK",
             adds=False),
    Recorded("acme.sh, duckdns",
             "acmesh-official/acme.sh dnsapi/dns_duckdns.sh",
             get("/update?domains={host}&token={secret}&txt={value}",
                 ACME_SH), reply="OK"),
    Recorded("acme.sh, duckdns, removes",
             "acmesh-official/acme.sh dnsapi/dns_duckdns.sh",
             get("/update?domains={host}&token={secret}&txt=&clear=true",
                 ACME_SH), reply="OK", adds=False),
    Recorded("DuckDNS, verbose", "its specification", get(
        "/update?domains={host}&token={secret}&txt={value}&verbose=true"),
        reply="OK\n{value}\nUPDATED", again="OK\n{value}\nNOCHANGE"),
    Recorded("lego, hurricane", "go-acme/lego providers/dns/hurricane",
             HENET, "hostname=_acme-challenge.{host}.{zone}"
             "&password={secret}&txt={value}", reply="good", again="nochg"),
    Recorded("lego, hurricane, removes",
             "go-acme/lego providers/dns/hurricane", HENET,
             "hostname=_acme-challenge.{host}.{zone}&password={secret}"
             "&txt=.", reply="good", again="nochg", adds=False),
    Recorded("acme.sh, he.net DDNS",
             "acmesh-official/acme.sh dnsapi/dns_he_ddns.sh",
             acme_sh("/nic/update", "Accept: */*\n",
                     "Content-Type: application/x-www-form-urlencoded\n"),
             "hostname={host}.{zone}&password={secret}&txt={value}",
             reply="good", again="nochg"),
    Recorded("a script of one's own", "DESIGN", get(
        "/{secret}/{host}?txt={value}", "curl/7.88.1"), reply="good",
        again="nochg"),
    Recorded("a script of one's own, removes", "DESIGN", get(
        "/{secret}/{host}?txt={value}&offline=yes", "curl/7.88.1"),
        reply="good", again="nochg", adds=False),
)

ROWS = LEGO_ROWS + ACME_SH_ROWS + ACME_DNS_ROWS + PARAMETER_ROWS
