#!/usr/bin/python3
"""What the web servers answer themselves: bare words, never a page.

Many clients take any reply with one of SUCCESS_WORDS in it for a success.
"""

import unittest

from lab import (WEB_SETUPS, Apache, Gate, Knot, Nginx, Site, curl,
                 web_setup)

SUCCESS_WORDS = ("ok", "good", "true", "updated", "success", "nochg")

# What is asked, the path, options of curl, the statuses that are right.
BAD_REQUESTS = (
    ("encoded slash", "a%2Fb", {}, {404}),
    ("broken escape", "a%zz", {}, {400}),
    ("encoded NUL", "a%00", {}, {400, 404}),
    ("above the root", "../../etc/passwd", {"path_as_is": True}, {400}),
    ("long path", "a" * 9000, {}, {414}),
    ("long header", "a", {"header": "X: " + "x" * 40000}, {400, 431}),
    ("TRACE", "a", {"request": "TRACE"}, {405}),
    ("large form", "a", {"data": "a=" + "a" * 20000}, {413}),
    ("very large form", "a", {"data": "a=" + "a" * 90000}, {413, 500}),
)


class ErrorPages(unittest.TestCase):
    def check(self, reply, statuses):
        self.assertIn(reply.status, statuses)
        self.assertRegex(reply.body, r"\A[a-z0-9]{3,10}\Z")
        for word in SUCCESS_WORDS:
            self.assertNotIn(word, reply.body)

    def test_bad_requests(self):
        with Knot() as dns, Site(dns) as site:
            for setup in WEB_SETUPS:
                with web_setup(setup, site) as web:
                    for name, path, options, statuses in BAD_REQUESTS:
                        with self.subTest(f"{setup}, {name}"):
                            self.check(curl(web.url(path), **options),
                                       statuses)

    def test_nothing_else_is_reachable(self):
        """Apache finds ddnsgate in /usr/sbin, and nothing beside it."""
        with Knot() as dns, Site(dns) as site:
            for mode in "mod_fcgid", "cgid":
                with self.subTest(mode), Apache(mode, site=site) as web:
                    neighbour = web.folder / "sbin" / "neighbour"
                    neighbour.write_text("#!/bin/sh\necho; echo good")
                    neighbour.chmod(0o755)
                    for path in ("neighbour", "../neighbour",
                                 "%2e%2e/neighbour"):
                        self.check(curl(web.url(path), path_as_is=True),
                                   {400, 404})

    def test_ddnsgate_does_not_run(self):
        for web_class in Nginx, lambda gate: Apache("proxy_fcgi", gate=gate):
            with Knot() as dns, Site(dns) as site, Gate(site) as gate, \
                    web_class(gate) as web, self.subTest(type(web).__name__):
                gate.stop()
                reply = curl(web.url(site.secrets["try"]))
                self.check(reply, {503})
                self.assertEqual(reply.body, "911")
                self.assertEqual(reply.headers["retry-after"], ["60"])
                gate.start()
                reply = curl(web.url(site.secrets["try"]))
                self.assertEqual(reply.body, "good 127.0.0.1")


if __name__ == "__main__":
    unittest.main()
