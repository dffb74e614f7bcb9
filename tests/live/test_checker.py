#!/usr/bin/python3
"""DNS has what was acknowledged, with each fault at least once."""

import unittest

from checker import check
from faults import Faults
from lab import DNS_SERVERS

SECONDS = 10
HOSTS = 60
SEED = 1


class Consistency(unittest.TestCase):
    def test_servers(self):
        for server in DNS_SERVERS:
            with self.subTest(server.__name__):
                figures = check(server, SECONDS, HOSTS, SEED)
                self.assertEqual(figures.violations, [])
                for fault in Faults.weather + Faults.server + Faults.handlers:
                    self.assertGreater(figures["fault: " + fault.__doc__], 0)


if __name__ == "__main__":
    unittest.main()
