#!/usr/bin/python3
"""A proxy in front of the web server: who calls is who called the proxy."""

import re
import unittest

import test_matrix
from lab import (AS_ROOT, EXAMPLES, PATIENCE_S, Apache, Gate, Haproxy, Knot,
                 Nginx, Site, cgi_reply, curl, example, fastcgi_reply,
                 fastcgi_request, wait_until)
from test_traps import ask

HAPROXY = "proxies/haproxy.cfg"


def settings():
    """What the example's comment says for ddnsgate.conf."""
    proxies, header = re.findall(r"(?m)^#\t((?:trusted|proxy)_.*)$",
                                 example(HAPROXY, {}))
    return {'// trusted_proxies = [ "192.0.2.80/32" ];': proxies,
            '// proxy_header    = "X-Forwarded-For";': header}


# HAProxy adds its line to the caller's own.
APPENDING = {"\thttp-request del-header x-forwarded-for\n": ""}
# The same with the header of RFC 7239.
FORWARDED = {
    **APPENDING,
    "option forwardfor": "http-request add-header forwarded "
    r'for=\"[::ffff:%[src]]:%[src_port]\";host=\"%[req.hdr(host)]\"'}
FORGED_ELEMENTS = ("for=192.0.2.66", "for=127.0.0.1", 'for="192.0.2.66',
                   'for="\\', "for=_hidden", "192.0.2.66", ";", ",", "")


class Front(Haproxy):
    """Before another web server."""

    example = HAPROXY
    patient = {"timeout connect 2s": f"timeout connect {PATIENCE_S}s",
               "timeout server 22s": f"timeout server {PATIENCE_S}s"}

    def __init__(self, web, words=None):
        super().__init__(web.gate, words)
        self.web = web

    def backend_words(self):
        words = {"127.0.0.1:8080": f"127.0.0.1:{self.web.port}"}
        if AS_ROOT:
            words["/var/lib/haproxy\n"] = f"{self.folder}\n"
        return words


# HAProxy passes each line of a header as a variable of its own.
BEHIND = {"nginx": Nginx, "haproxy": Haproxy,
          "proxy_fcgi": lambda gate: Apache("proxy_fcgi", gate=gate)}
FORGED = ("192.0.2.66", "127.0.0.1", "192.0.2.66, 127.0.0.1", "::1", "x", "")


class HaproxyBefore(unittest.TestCase):
    def each(self, test, words=None):
        for name, make in BEHIND.items():
            with self.subTest(name), Knot() as dns, \
                    Site(dns, words or settings()) as site:
                secret = site.add_client(
                    "home", "h1", "h2", allow_private=True)
                with Gate(site) as gate, make(gate) as web, \
                        Front(web) as front:
                    test(dns, site, gate, web, front, secret)

    def test_matrix(self):
        def test(dns, _site, _gate, _web, front, secret):
            test_matrix.Matrix.walk(self, dns, front, secret)
        self.each(test)

    def test_caller(self):
        def test(_dns, _site, gate, _web, front, secret):
            for caller in "127.0.0.7", "127.0.0.1":
                self.assertEqual(
                    curl(front.url("ip"), interface=caller).body, caller)
            self.assertEqual(curl(front.url("ip", family="AAAA")).body, "::1")
            self.assertEqual(
                curl(front.url(secret), interface="127.0.0.7").body,
                "good 127.0.0.7\ngood 127.0.0.7")
            self.assertIn("from=127.0.0.7 ", gate.log_text())
        self.each(test)

    def test_forged(self):
        """Once, several times; and by who goes around the proxy."""
        def test(_dns, _site, _gate, web, front, _secret):
            for forged in FORGED:
                header = f"X-Forwarded-For: {forged}"
                with self.subTest(header):
                    self.assertEqual(
                        curl(front.url("ip"), interface="127.0.0.7",
                             header=header).body, "127.0.0.7")
                    self.assertEqual(
                        ask(front, "/ip", header, "x-forwarded-for: 192.0.2.9",
                            header, "X_Forwarded_For: 192.0.2.8").body,
                        "127.0.0.1")
                    self.assertEqual(
                        curl(web.url("ip"), interface="127.0.0.9",
                             header=header).body, "127.0.0.9")
        self.each(test)

    def test_appended(self):
        """What the caller says comes first, be it one line or several."""
        def test(_dns, _site, _gate, web, _front, _secret):
            with Front(web, APPENDING) as front:
                for forged in FORGED:
                    header = f"X-Forwarded-For: {forged}"
                    for headers in ([header],
                                    [header, "x-forwarded-for: x", header]):
                        with self.subTest(headers):
                            self.assertEqual(
                                curl(front.url("ip"), interface="127.0.0.7",
                                     header=headers).body, "127.0.0.7")
        self.each(test)

    def test_forwarded(self):
        """An element of the caller's, also one with an open quote."""
        header = {**settings(),
                  '// proxy_header    = "X-Forwarded-For";':
                  'proxy_header = "forwarded";'}

        def test(_dns, _site, gate, web, _front, _secret):
            with Front(web, FORWARDED) as front:
                for forged in FORGED_ELEMENTS:
                    line = f"Forwarded: {forged}"
                    for lines in [line], [line, "forwarded: x", line]:
                        with self.subTest(lines):
                            self.assertEqual(
                                curl(front.url("ip"), interface="127.0.0.7",
                                     header=lines).body, "127.0.0.7")
            self.assertNotIn("word=911", gate.log_text())
        self.each(test, header)

    def test_web_server_does_not_run(self):
        def test(_dns, _site, _gate, web, front, secret):
            web.stop()
            reply = curl(front.url(secret))
            self.assertEqual((reply.status, reply.body), (503, "911"))
            self.assertEqual(reply.headers["retry-after"], ["60"])
            wait_until(lambda: " 503 " in front.log_text(), "it is logged")
            self.assertNotIn(secret[:12], front.log_text() + web.log_text())
        self.each(test)


class Cloudflare(unittest.TestCase):
    """In the part of one of its servers."""

    def ask(self, gate, remote, **headers):
        variables = {"HTTP_" + name: value for name, value in headers.items()}
        with gate.connection() as stream:
            stream.sendall(fastcgi_request(
                "/ip", REMOTE_ADDR=remote, **variables))
            return cgi_reply(fastcgi_reply(stream)).body

    def test_caller(self):
        text = (EXAMPLES / "proxies/cloudflare.conf").read_text()
        words = {'// trusted_proxies = [ "192.0.2.80/32" ];': text}
        with Knot() as dns, Site(dns, words) as site, Gate(site) as gate:
            for proxy in ("162.158.1.2", "104.27.255.255", "172.71.0.1",
                          "2606:4700::1", "2a06:98c7:ffff::1"):
                for caller in "192.0.2.7", "2001:db8::7":
                    with self.subTest(proxy):
                        self.assertEqual(self.ask(
                            gate, proxy, CF_CONNECTING_IP=caller,
                            X_FORWARDED_FOR="192.0.2.66"), caller)
            # Who goes around it is himself.
            for other in "192.0.2.9", "2001:db8::9", "172.80.0.1":
                self.assertEqual(self.ask(
                    gate, other, CF_CONNECTING_IP="192.0.2.66"), other)


if __name__ == "__main__":
    unittest.main()
