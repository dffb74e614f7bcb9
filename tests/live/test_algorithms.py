#!/usr/bin/python3
"""Each TSIG algorithm, with keys that the servers' own tools have made."""

import os
import pathlib
import unittest

from lab import DNS_SERVERS, Site, run

ALGORITHMS = ("hmac-md5", "hmac-sha1", "hmac-sha224", "hmac-sha256",
              "hmac-sha384", "hmac-sha512")


class Algorithms(unittest.TestCase):
    def check(self, server, site):
        tool = pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl")
        for address in "192.0.2.1", "192.0.2.2":
            run(tool, "-c", site.conf, "update", "try", address)
            self.assertEqual(server.addresses("try", "A"), [address])
        self.assertIn("keeps 192.0.2.2", run(
            tool, "-c", site.conf, "update", "try", "192.0.2.2"))
        # As CGI it prepares less of libcrypto.
        self.assertIn("good 192.0.2.3", run(
            tool.with_name("ddnsgate"), env={
                "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET",
                "DDNSGATE_CONF": str(site.conf), "REMOTE_ADDR": "127.0.0.1",
                "PATH_INFO": "/" + site.secrets["try"],
                "QUERY_STRING": "ip=192.0.2.3"}))

    def test_each(self):
        for server_class in DNS_SERVERS:
            for algorithm in ALGORITHMS:
                kind = type(server_class.__name__, (server_class,),
                            {"algorithm": algorithm})
                with self.subTest(f"{kind.__name__}, {algorithm}"), \
                        kind() as server, Site(server) as site:
                    self.assertIn(algorithm, site.key_file.read_text())
                    self.check(server, site)


if __name__ == "__main__":
    unittest.main()
