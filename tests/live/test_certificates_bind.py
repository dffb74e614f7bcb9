#!/usr/bin/python3
"""Real clients get real certificates, with BIND: as test_certificates has it
with Knot DNS, and each client behind the other web server.
"""

import unittest

import test_certificates
from policy_dns import PolicyBind

setUpModule = test_certificates.setUpModule


class Plain(test_certificates.Cells, unittest.TestCase):
    server = PolicyBind
    swapped = True


class Signed(test_certificates.Cells, unittest.TestCase):
    server = PolicyBind
    dnssec = True
    swapped = True


if __name__ == "__main__":
    unittest.main()
