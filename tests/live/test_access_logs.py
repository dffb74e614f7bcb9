#!/usr/bin/python3
"""What the access logs of the web servers tell of a request, whole.

Who called, when, the status, sizes and times: of each dialect the same, and
nothing of what was asked.
"""

import base64
import re
import unittest

from lab import (WEB_SETUPS, WRONG, ZONE, Apache, Knot, Nginx, Site, curl,
                 wait_until, web_setup)

WHEN = r"\[\d\d/[A-Z][a-z][a-z]/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]"
LINES = {
    # $remote_addr $time_local $status $body_bytes_sent $request_time
    # $upstream_status
    Nginx: WHEN.join((r"127\.0\.0\.1 ", r" (\d{3}) \d+ \d+\.\d+ (\d{3}|-)")),
    # %a %t %>s %b %D
    Apache: WHEN.join((r"127\.0\.0\.1 ", r" (\d{3}) (\d+|-) \d+")),
}

AGENT = "AgentAgentAgent"

# The dialect, what is asked with a secret, options of curl; and the status if
# that is the right one, and if it is a wrong one.
REQUESTS = (
    ("secret URL", "/{}/h1", {}, 200, 404),
    ("secret URL, form", "/{}", {"data": "ip=192.0.2.1"}, 200, 404),
    ("dyndns2, Basic", "/nic/update?hostname=h1", {"user": "home:{}"},
     200, 401),
    ("dyndns2, user name in the URL", "/v3/update?hostname=h1",
     {"user": "h1:{}"}, 200, 401),
    ("dyndns2, Bearer", "/nic/update", {"oauth2-bearer": "{}"}, 200, 401),
    ("dyndns2, query", "/v2/update?user=home&password={}", {}, 200, 401),
    ("dyndns2, form", "/nic/update", {"data": "user=home&password={}"},
     200, 401),
    ("dyndns2, unknown host", "/nic/update?hostname={}", {"user": "home:{}"},
     404, 401),
    ("dyndns2, secret as a label", f"/nic/update?hostname={{}}.{ZONE}",
     {"user": "home:{}"}, 404, 401),
    ("dyndns2, bad name", "/nic/update?hostname=..{}", {"user": "home:{}"},
     400, 401),
    ("dyndns2, bad address", "/nic/update?myip={}", {"user": "home:{}"},
     400, 400),
    ("dyndns2, JSON", "/nic/update",
     {"user": "home:{}", "header": "Accept: application/json"}, 200, 401),
    ("DuckDNS", "/update?domains=h1&token={}", {}, 200, 401),
    ("function key", "/api/UpdateDns?code={}&host=h1", {}, 200, 401),
    ("address", "/ip?{}", {"user": "home:{}"}, 200, 200),
    ("page", "/checkip?{}", {"user": "home:{}"}, 200, 200),
    ("health", "/health?{}", {"user": "home:{}"}, 200, 200),
    ("method", "/{}", {"request": "DELETE"}, 405, 405),
    ("no request", "/{}%zz", {}, 400, 400),
    ("long path", "/{}" + 9000 * "a", {}, 414, 414),
)


def fill(value, secret):
    return value.replace("{}", secret) if isinstance(value, str) else value


class AccessLogs(unittest.TestCase):
    def ask(self, web, secret, path, options):
        return curl(f"http://127.0.0.1:{web.port}{fill(path, secret)}",
                    **{"user-agent": AGENT, "referer": f"http://x/{secret}",
                       **{key: fill(value, secret)
                          for key, value in options.items()}}).status

    def ask_all(self, web, secret, wrong):
        """Gives the statuses."""
        statuses = []
        for name, path, options, *wanted in REQUESTS:
            statuses.append(self.ask(web, secret, path, options))
            with self.subTest(name):
                self.assertEqual(statuses[-1], wanted[wrong])
        return statuses

    def check_lines(self, web, statuses):
        log = web.folder / "ddnsgate.access.log"
        wait_until(lambda: log.read_text().count("\n") >= len(statuses),
                   "all is logged")
        # A reply may arrive before its line is written.
        logged = []
        for line in log.read_text().splitlines():
            found = re.fullmatch(LINES[type(web)], line)
            self.assertIsNotNone(found, line)
            logged.append(int(found[1]))
        self.assertCountEqual(logged, statuses)

    def check_hidden(self, rooms, site):
        """Nowhere else, either, not even in ddnsgate's own log at debug."""
        secret = site.secrets["home"]
        hidden = [secret, WRONG, site.hash_of("home"), AGENT]
        hidden += [base64.b64encode(f"{user}:{value}".encode()).decode()
                   for user in ("home", "h1") for value in (secret, WRONG)]
        for room in rooms:
            text = room.log_text().lower()
            for value in hidden:  # nor most of it
                for part in value[:12].lower(), value[-12:].lower():
                    shown = [line for line in text.splitlines()
                             if part in line]
                    self.assertEqual(shown, [], type(room).__name__)

    def test_all(self):
        debug = {'log_level = "info"': 'log_level = "debug"'}
        for setup in WEB_SETUPS:
            with self.subTest(setup), Knot() as dns, \
                    Site(dns, debug) as site:
                site.add_client("home", "h1", allow_private=True)
                with web_setup(setup, site) as web:
                    statuses = self.ask_all(web, site.secrets["home"], 0)
                    statuses += self.ask_all(web, WRONG, 1)
                    self.check_lines(web, statuses)
                    self.check_hidden(
                        [dns, web] + ([web.gate] if web.gate else []), site)


if __name__ == "__main__":
    unittest.main()
