#!/usr/bin/python3
"""With automatic signing, what an update has brought is signed at once."""

import signal
import unittest

import dns.dnssec
import dns.name
import dns.rdatatype

from lab import DNS_SERVERS, ZONE, Gate, Nginx, Site, curl


def validate(reply, keys):
    """Raises dns.dnssec.ValidationFailure unless the answer is signed."""
    name = reply.question[0].name
    rdtype = reply.question[0].rdtype
    answer = reply.find_rrset(reply.answer, name, 1, rdtype)
    signature = reply.find_rrset(
        reply.answer, name, 1, dns.rdatatype.RRSIG, rdtype)
    dns.dnssec.validate(answer, signature, keys)
    return answer


class Dnssec(unittest.TestCase):
    def check(self, server, web, secret, address, family):
        self.assertEqual(
            curl(web.url(secret, ip=address)).body, f"good {address}")
        origin = dns.name.from_text(ZONE)
        answer = server.ask(ZONE, "DNSKEY", want_dnssec=True)
        keys = {origin: answer.find_rrset(
            answer.answer, origin, 1, dns.rdatatype.DNSKEY)}
        validate(answer, keys)
        answer = validate(
            server.ask(f"try.{ZONE}", family, want_dnssec=True), keys)
        self.assertEqual([str(record) for record in answer], [address])

    def test_signed(self):
        for server_class in DNS_SERVERS:
            with self.subTest(server_class.__name__), \
                    server_class(dnssec=True) as server, \
                    Site(server) as site, Gate(site) as gate, \
                    Nginx(gate) as web:
                secret = site.secrets["try"]
                self.check(server, web, secret, "192.0.2.1", "A")
                self.check(server, web, secret, "2001:db8::1", "AAAA")
                self.check(server, web, secret, "192.0.2.2", "A")
                server.stop(signal.SIGKILL)
                server.start()
                self.assertEqual(server.addresses("try", "A"), ["192.0.2.2"])
                self.check(server, web, secret, "192.0.2.3", "A")


if __name__ == "__main__":
    unittest.main()
