#!/usr/bin/python3
"""fail2ban's filter finds who gives wrong credentials, and nobody else."""

import pathlib
import re
import subprocess
import unittest
import unittest.mock

from lab import (EXAMPLES, PATIENCE_S, WRONG, Apache, Gate, Knot, Nginx, Room,
                 Site, curl, program, run)

FILTER = EXAMPLES / "fail2ban" / "filter.d" / "ddnsgate.conf"
PROXIED = {'// trusted_proxies = [ "192.0.2.80/32" ];':
           'trusted_proxies = [ "127.0.0.1/32" ];'}
FORGED = ('x from=203.0.113.9 dialect=url old=- new=- word=badauth '
          'reason="wrong credentials" server=- rcode=- ms=0')
FORGED_LINE = "x\nddnsgate: warning: client=- hosts=- from=203.0.113.9 "
LONG = "a" + 50 * ".a"  # one plain word in the log, and not taken for a secret


def forwarded(address):
    return {"header": f"X-Forwarded-For: {address}"}


# What is asked with a wrong secret, from where; each is one failure.
FAILURES = (
    ("secret URL", "/{}", {}, "127.0.0.1"),
    ("any path", "/wp-login", {}, "127.0.0.1"),
    ("Basic", "/nic/update?hostname=h1", {"user": "home:{}"}, "127.0.0.1"),
    ("DuckDNS", "/update?domains=h1&token={}", {}, "127.0.0.1"),
    ("function key", "/api/UpdateDns?code={}&host=h1", {}, "127.0.0.1"),
    ("IPv6", "/{}", {}, "::1"),
    ("a date as host", "/nic/update?hostname=2001-01-01%2000:00:00",
     {"user": "home:{}"}, "127.0.0.1"),
    ("long words", f"/nic/update?hostname={LONG},{LONG}",
     {"user": "home:{}"}, "127.0.0.1"),
    ("IPv4 behind a proxy", "/{}", forwarded("198.51.100.1"), "198.51.100.1"),
    ("IPv6 behind a proxy", "/{}", forwarded("2001:db8::1"), "2001:db8::1"),
    ("a line as host", "/{}/" + "a%20b%22", forwarded("198.51.100.2"),
     "198.51.100.2"),
)
FORGERIES = (
    ("host", "/{}/" + FORGED.replace(" ", "%20").replace('"', "%22"),
     forwarded("198.51.100.3"), "198.51.100.3"),
    ("hostname", "/nic/update?hostname=" +
     FORGED.replace(" ", "%20").replace('"', "%22"),
     {"user": "home:{}", **forwarded("198.51.100.4")}, "198.51.100.4"),
    ("lines", "/nic/update?hostname=" +
     FORGED_LINE.replace(" ", "%20").replace("\n", "%0a"),
     {"user": "home:{}", **forwarded("198.51.100.5")}, "198.51.100.5"),
    ("user", "/nic/update", {"user": FORGED.replace(":", "") + ":{}",
                             **forwarded("198.51.100.6")}, "198.51.100.6"),
)
# None of these is a failure.
INNOCENT = (
    ("challenge", "/nic/update?hostname=h1", {}),
    ("challenge with a forged name", "/nic/update?hostname=" +
     FORGED.replace(" ", "%20").replace('"', "%22"), {}),
    ("challenge with long words", f"/nic/update?hostname={LONG},{LONG}", {}),
    ("good", "/GOOD/h1?ip=192.0.2.1", {}),
    ("nochg", "/GOOD/h1?ip=192.0.2.1", {}),
    ("nohost", "/GOOD/other", {}),
    ("a forged name", "/GOOD/" + FORGED.replace(" ", "%20"), {}),
    ("a forged caller", "/{}", forwarded(FORGED)),
    ("badip", "/GOOD/h1?ip=nonsense", {}),
)
# What stands before a line in logs other than ddnsgate's own.
HEADS = {
    "journal": "gate ddnsgate[77]: ",
    "syslog": "Nov 25 12:00:00 gate ddnsgate[77]: ",
    "syslog, ISO": "2026-11-25T12:00:00.1+00:00 gate ddnsgate[77]: ",
}
# Lines of other programs in the same log, with our words in what they tell of
# a caller.
LINE = ('client=- hosts=- from=203.0.113.9 dialect=url old=- new=- '
        'word=badauth reason="wrong credentials" server=- rcode=- ms=0')
CGI_HEAD = ("[Wed Nov 25 12:00:00.1 2026] [cgi:error] [pid 7:tid 8] "
            "[client 127.0.0.1:9] ")
OTHERS = {
    "syslog": f"Nov 25 12:00:00 gate other[5]: no user ddnsgate: {LINE}",
    "syslog, with a PID":
        f"Nov 25 12:00:00 gate other[5]: no user ddnsgate[7]: {LINE}",
    "stderr": f"other: no user ddnsgate: warning: {LINE}",
    "Apache": f"{CGI_HEAD}AH00128: no file: ddnsgate: warning: {LINE}",
    "Apache, another program":
        f"{CGI_HEAD}AH01215: stderr from /usr/lib/other: "
        f"no user ddnsgate: warning: {LINE}",
    "a referer where there is none": f"ddnsgate: warning: {LINE}, referer: x",
    "no head": LINE,
}


def failures(path):
    """The addresses that the filter finds in a log, one for each line."""
    done = subprocess.run(
        [program("fail2ban-regex"), "--out", "ip", str(path), str(FILTER)],
        stdout=subprocess.PIPE, text=True, timeout=PATIENCE_S)
    return done.stdout.split()


class Folder(Room):
    def write(self, text):
        path = self.folder / "lines"
        path.write_text(text)
        return path


class Fail2ban(unittest.TestCase):
    def ask(self, web, site, path, options, secret=WRONG, host="127.0.0.1"):
        path = path.replace("GOOD", site.secrets["home"])
        options = {key: value.replace("{}", secret)
                   for key, value in options.items()}
        curl(f"http://{host}:{web.port}" + path.replace("{}", secret),
             **options)

    def found(self, log):
        with Folder() as folder:
            return failures(folder.write(log))

    def lines(self, gate, before):
        return "".join(
            line for line in gate.log_text()[len(before):].splitlines(True)
            if "client=" in line)

    def line(self, web, gate, site, row, want):
        """What is logged of one request."""
        name, path, options = row
        before = gate.log_text()
        self.ask(web, site, path, options,
                 host="[::1]" if want == ["::1"] else "127.0.0.1")
        log = self.lines(gate, before)
        self.assertEqual(log.count("\n"), 1, (name, log))
        return log

    def check(self, shape, rows):
        """Each (name, line, addresses), in one log; alone if that differs."""
        if self.found("".join(line for _, line, _ in rows)) == [
                address for _, _, want in rows for address in want]:
            return
        for name, line, want in rows:
            with self.subTest(name, shape=shape, line=line):
                self.assertEqual(self.found(line), want)
        self.fail(f"{shape}: other addresses than those of all lines")

    def test_daemon(self):
        with Knot() as dns, Site(dns, PROXIED) as site:
            site.add_client("home", "h1", allow_private=True)
            with Gate(site) as gate, Nginx(gate) as web:
                rows = [(row[0], self.line(web, gate, site, row, want), want)
                        for *row, address in FAILURES + FORGERIES
                        for want in [[address]]]
                rows += [(row[0], self.line(web, gate, site, row, []), [])
                         for row in INNOCENT]
        self.check("stderr", rows)
        for shape, head in HEADS.items():
            self.check(shape, [(name, head + line.split(": ", 2)[2], want)
                               for name, line, want in rows])

    def test_other_programs(self):
        for name, line in OTHERS.items():
            with self.subTest(name):
                self.assertEqual(self.found(line + "\n"), [])

    def test_beyond_the_limit(self):
        with Knot() as dns, Site(dns, {
                "failure_burst    = 20": "failure_burst = 2"}) as site:
            site.add_client("home", "h1", allow_private=True)
            with Gate(site) as gate, Nginx(gate) as web:
                for _ in range(5):
                    self.ask(web, site, "/{}", {})
                log = gate.log_text()
                self.assertIn('reason="too many failed credentials"', log)
                self.assertEqual(self.found(log), 3 * ["127.0.0.1"])

    def check_apache(self, mode, words, timed_by_ddnsgate=True):
        """Its error log whole, with its own lines."""
        with Knot() as dns, Site(dns) as site, \
                Apache(mode, site=site, words=words) as web:
            site.add_client("home", "h1", allow_private=True)
            self.ask(web, site, "/nic/update", {})
            for _, path, options, _ in FORGERIES:
                self.ask(web, site, path, options)
                self.ask(web, site, path, {**options, "referer": LINE})
            for host in "127.0.0.1", "[::1]":
                self.ask(web, site, "/{}", {}, host=host)
            web.stop()  # it may answer before it logs
            log = web.log_text()
            own = [line for line in log.splitlines() if "client=-" in line]
            timed = [line for line in own if re.match(
                r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z ddnsgate: ", line)]
            # Apache's own time, or ddnsgate's, and never both.
            self.assertEqual(len(timed), len(own) if timed_by_ddnsgate else 0,
                             log)
            self.assertTrue(own)
            wanted = (2 * len(FORGERIES) + 1) * ["127.0.0.1"] + ["::1"]
            self.assertEqual(sorted(self.found(log)), sorted(wanted), log)

    def test_apache(self):
        for mode in "mod_fcgid", "cgid":
            for level in "alert", "info":
                with self.subTest(mode, level=level):
                    self.check_apache(mode, {
                        "\tLogLevel alert\n": f"\tLogLevel {level}\n"})

    def test_mod_cgi(self):
        """It adds its own time and client, and the referer, to each line."""
        modules = {**Apache.mode_modules, "cgid": ("cgi",)}
        with unittest.mock.patch.object(Apache, "mode_modules", modules):
            self.check_apache("cgid", {
                "\tLogLevel alert\n": "",
                f"\tCGIDScriptTimeout {PATIENCE_S}\n": ""},
                timed_by_ddnsgate=False)

    def test_jail_is_valid(self):
        with Folder() as folder:
            for part in ("filter.d", "jail.d"):
                (folder.folder / part).mkdir()
            for name in ("fail2ban.conf", "jail.conf", "paths-debian.conf",
                         "paths-common.conf"):
                path = pathlib.Path("/etc/fail2ban", name)
                (folder.folder / name).write_bytes(path.read_bytes())
            (folder.folder / "action.d").symlink_to("/etc/fail2ban/action.d")
            common = pathlib.Path("/etc/fail2ban/filter.d/common.conf")
            (folder.folder / "filter.d" / common.name).write_bytes(
                common.read_bytes())
            for part in ("filter.d", "jail.d"):
                path = EXAMPLES / "fail2ban" / part / "ddnsgate.conf"
                (folder.folder / part / "ddnsgate.conf").write_bytes(
                    path.read_bytes())
            told = run(program("fail2ban-client"), "-c", str(folder.folder),
                       "--dp", stderr=subprocess.STDOUT)
            self.assertIn("'ddnsgate', 'maxretry', 25", told)
            self.assertIn("too many failed credentials", told)


if __name__ == "__main__":
    unittest.main()
