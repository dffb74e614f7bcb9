#!/usr/bin/python3
"""The client's side: cron and systemd call curl with a file of options."""

import re
import subprocess
import unittest

from lab import EXAMPLES, PATIENCE_S, Gate, Knot, Nginx, Room, Site, example

URL = "https://ddns.example.org/SECRET"


def cron_command():
    lines = (EXAMPLES / "cron/ddnsgate-update").read_text().splitlines()
    last, = (line for line in lines if line and not line.startswith("#"))
    return last.split(maxsplit=5)[5]


def service_command():
    unit = (EXAMPLES / "systemd/ddnsgate-update.service").read_text()
    return re.search(r"(?m)^ExecStart=(.*)$", unit)[1]


class UpdateJobs(unittest.TestCase):
    def check(self, command, home, succeeds):
        done = subprocess.run(["sh", "-c", command], capture_output=True,
                              env={"PATH": "/usr/bin:/bin", "HOME": home},
                              timeout=PATIENCE_S)
        self.assertEqual(done.returncode == 0, succeeds)
        self.assertEqual(done.stdout, b"")
        self.assertEqual(done.stderr == b"", succeeds)

    def test_commands(self):
        with Knot() as dns, Site(dns) as site, Gate(site) as gate, \
                Nginx(gate) as web, Room() as home:
            options = home.folder / ".config" / "ddnsgate.curl"
            options.parent.mkdir()
            service = service_command().replace("%d/curl", str(options))
            for number, command in enumerate((cron_command(), service)):
                with self.subTest(command):
                    url = web.url(site.secrets["try"], ip=f"192.0.2.{number}")
                    options.write_text(
                        example("curl/update.curl", {URL: url}))
                    self.check(command, home.folder, True)
                    self.assertEqual(dns.addresses("try", "A"),
                                     [f"192.0.2.{number}"])
                    options.write_text(
                        example("curl/update.curl", {URL: url + "&ip=x"}))
                    self.check(command, home.folder, False)


if __name__ == "__main__":
    unittest.main()
