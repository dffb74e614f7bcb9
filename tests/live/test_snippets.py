#!/usr/bin/python3
"""ddnsgatectl snippet: what it prints, what examples/clients has, and that
what can be run here works as it is."""

import http.server
import json
import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import threading
import unittest
import urllib.parse

import lab
from lab import EXAMPLES, PATIENCE_S, ZONE, Gate, Knot, Nginx, Room, Site
from test_ctl import AcmeKnot, Case, NoDns, WithSite, ctl, stored

KINDS = ["curl", "cron", "systemd", "ddclient", "inadyn", "openwrt",
         "fritzbox", "pfsense", "opnsense", "mikrotik", "unifi", "synology",
         "edgerouter"]
ACME_KINDS = ["lego", "certbot", "dehydrated", "uacme", "acme.sh", "caddy",
              "traefik", "acme-dns"]  # for certificates
URL = "https://ddns.example.org"
CLIENTS = EXAMPLES / "clients"
SCRIPT = "ddnsgate-client"  # that is no kind
SHELLS = [shell for shell in (["dash"], ["bash"], ["busybox", "sh"])
          if shutil.which(shell[0])]
CALL_S = 30 + 60  # the longest that a call of one family takes
WAIT_S = 60  # the longest that cron's call waits before
PERIOD_S = 300


def files(text, folder):
    """Runs a script's here-documents into a folder; gives them by name."""
    found = {}
    for name, content in re.findall(
            r"(?ms)^(?:install|cat) .*?(\S+) <<'END'\n(.*?)^END$", text):
        path = folder / pathlib.PurePath(name.lstrip(">").strip('"')).name
        path.write_text(content)
        found[path.name] = path
    return found


class Usage(WithSite):
    def test_list(self):
        rows = self.done("snippet").splitlines()
        self.assertEqual([row.split()[0] for row in rows],
                         KINDS + ACME_KINDS)
        for row in rows:
            self.assertRegex(row, r"^[a-z.-]+  +\S.*\S$")

    def test_list_needs_no_configuration(self):
        self.assertTrue(Case.done(
            self, "snippet", env={"DDNSGATE_CONF": "/nonexistent"}))

    def test_refused(self):
        rows = [
            ("unknown kind", ("toaster", "lars"), 2, '"toaster"'),
            ("kind in another case", ("Curl", "lars"), 2, '"Curl"'),
            ("no client", ("curl",), 2, "which client"),
            ("too many", ("curl", "lars", "nas"), 2, "too many"),
            ("unknown client", ("curl", "nobody"), 1, '"nobody"'),
            ("a host is no client", ("curl", "nas"), 1, '"nas"'),
            ("option of others", ("curl", "lars", "--live"), 2, "option"),
            *((f"{kind} without acme", (kind, "lars"), 1,
               "none of the hosts of lars has the setting acme")
              for kind in ACME_KINDS),
        ]
        for name, args, status, what in rows:
            with self.subTest(name):
                self.assertIn(
                    what, self.failed("snippet", *args, status=status))

    def test_bad_url(self):
        for url in ("ddns.example.org", "ftp://x", "https://", "https:///x",
                    'https://x"', "https://x?a", "https://x#a", "https://$x",
                    "https://x'", "https://x y", "https://`x`",
                    "https://x\ny", "https://x;y", "https://u@x"):
            with self.subTest(url):
                self.failed("snippet", "curl", "lars", "--url", url, status=2)


class Text(WithSite):
    def snippet(self, kind, client="lars", url=URL):
        return self.done("snippet", kind, client, "--url", url)

    def assert_filled_in(self, text):
        self.assertNotRegex(text, r"@[A-Z_]+@|(?m:^@)")

    def test_examples_are_what_is_printed(self):
        self.site.add_client("web", "web", acme=True)
        names = {path.stem: path for path in CLIENTS.iterdir()}
        self.assertEqual(sorted(names.keys() - {SCRIPT}),
                         sorted(KINDS + ACME_KINDS))
        for kind in KINDS + ACME_KINDS:
            client = "web" if kind in ACME_KINDS else "lars"
            with self.subTest(kind):
                self.assertEqual(
                    names[kind].read_text(), self.snippet(kind, client),
                    f"print it again: ddnsgatectl snippet {kind} {client} "
                    f"--url {URL} >{names[kind]}")

    def test_says_what_the_placeholder_is(self):
        self.site.add_client("web", "web", acme=True)
        for kind in (set(KINDS) | set(ACME_KINDS)) - {"cron"}:
            with self.subTest(kind):
                self.assertRegex(
                    self.snippet(kind, "web"), r"SECRET stands for the client's "
                    r"secret|put the client's secret in place of SECRET")

    def test_url_is_unknown(self):
        self.assertIn("https://YOUR-SERVER/nic/update?",
                      self.done("snippet", "opnsense", "lars"))

    def test_names_are_filled_in(self):
        self.site.add_client("o@x.y", "one", "two.dyn.example.org", acme=True)
        for kind in set(KINDS + ACME_KINDS) - {"curl", "cron", "systemd"}:
            with self.subTest(kind):
                text = self.snippet(kind, "o@x.y")
                self.assert_filled_in(text)
                self.assertIn("o@x.y", text)
                self.assertIn("one.dyn.example.org", text)

    def certified(self):
        """Of a client with hosts of all sorts."""
        self.site.write("clients.d/web.conf", """clients = ( {
            name = "web"; secret = "%s"; acme = true; families = [ ];
            hosts = ( { name = "no"; families = [ "A" ]; acme = false; },
                      "one", { name = "*.one.%s"; acme = true; },
                      { name = "*.two.%s"; acme = true; }, "three",
                      { name = "*.no.%s"; acme = true; } ); } );"""
            % (stored("KeyKeyKeyKeyKeyK"), ZONE, ZONE, ZONE))
        return [f"one.{ZONE}", f"*.two.{ZONE}", f"three.{ZONE}",
                f"*.no.{ZONE}"]

    def test_certificates_are_for_hosts_with_acme(self):
        """The wildcard below a host does not need more than that host."""
        hosts = self.certified()
        rows = [
            ("lego", r'set -- "\$@" --domains (.*)'),
            ("certbot", r"#\t-d (.*) \\"),
            ("dehydrated", rf"#\t(\S*{ZONE})"),
            ("uacme", r"issue (\S*)"),
            ("acme.sh", r'set -- "\$@" -d (.*)'),
            ("caddy", r"(\S*) {\n\ttls"),
            ("traefik", rf"#\t(\S*{ZONE})"),
        ]
        for kind, pattern in rows:
            with self.subTest(kind):
                text = self.snippet(kind, "web")
                self.assert_filled_in(text)
                self.assertEqual([host.strip("'") for host in
                                  re.findall(pattern, text)], hosts)
                self.assertNotIn(f"'no.{ZONE}", text)

    def test_acme_dns_accounts(self):
        domains = [host.removeprefix("*.") for host in self.certified()]
        text = self.snippet("acme-dns", "web")
        accounts = json.loads(re.search(r"(?sm)^{$.*^}$", text)[0])
        self.assertEqual(list(accounts), domains)
        for domain, account in accounts.items():
            self.assertEqual(account, {
                "username": "web", "password": "SECRET",
                "subdomain": domain, "server_url": URL,
                "fulldomain": f"_acme-challenge.{domain}"})
        for what in (f"ACMEDNS_SUBDOMAIN={domains[0]}\n",
                     f"ACME_DNS_API_BASE={URL}\n", "dns acmedns ",
                     "acmeDNS: {"):
            self.assertIn(what, text)

    def test_hooks_wait_only_for_unknown_secondaries(self):
        self.site.add_client("web", "web", acme=True)
        kinds = "certbot", "dehydrated", "uacme"
        for kind in kinds:
            self.assertIn("\nwait=6\n", self.snippet(kind, "web"))
        self.site.edit("ddnsgate.conf", {"    // read_back = true;": (
            'secondaries = [ "192.0.2.53" ];')})
        for kind in kinds:
            self.assertIn("\nwait=0\n", self.snippet(kind, "web"))

    urls = [
        # kind, what has to be there for http, a port, two paths
        ("curl", 'url = "http://[::1]:8080/a/dyn/SECRET"'),
        ("systemd", 'url = "http://[::1]:8080/a/dyn/SECRET"'),
        ("ddclient", "ssl=no\n"),
        ("ddclient", "use=web, web=http://[::1]:8080/a/dyn/ip\n"),
        ("ddclient", "server=[::1]:8080, \\\nscript=/a/dyn/nic/update, \\\n"),
        ("inadyn", "    ssl            = false\n"),
        ("inadyn", '"/a/dyn/nic/update?hostname=%h&myip=%i"\n'),
        ("inadyn", '    ddns-server    = "[::1]:8080"\n'),
        ("inadyn", '    checkip-path   = "/a/dyn/ip"\n'),
        ("openwrt", "@[::1]:8080/a/dyn/nic/update?hostname=[DOMAIN]"),
        ("openwrt", "option use_https '0'\n"),
        ("fritzbox", "http://[::1]:8080/a/dyn/nic/update?hostname=<domain>"),
        ("pfsense", "http://[::1]:8080/a/dyn/nic/update?hostname=loc1."),
        ("opnsense", "http://[::1]:8080/a/dyn/nic/update?hostname=__HOST"),
        ("mikrotik", "mode=http user="),
        ("mikrotik", "http://[::1]:8080/a/dyn/nic/update\\3Fhostname="),
        ("unifi", "Server      [::1]:8080/a/dyn/nic/update?hostname=%h&"),
        ("synology", "http://[::1]:8080/a/dyn/nic/update?hostname=__HOST"),
        ("edgerouter", "server [::1]:8080\n"),
        ("edgerouter", "options script=/a/dyn/nic/update\n"),
        ("lego", "HTTPREQ_ENDPOINT='http://[::1]:8080/a/dyn'\n"),
        ("acme.sh", "ACMEPROXY_ENDPOINT='http://[::1]:8080/a/dyn'\n"),
        ("traefik", "HTTPREQ_ENDPOINT=http://[::1]:8080/a/dyn\n"),
        ("caddy", "server_url http://[::1]:8080/a/dyn\n"),
        ("acme-dns", '"server_url": "http://[::1]:8080/a/dyn"\n'),
        ("certbot", "url='http://[::1]:8080/a/dyn/SECRET'\n"),
        ("dehydrated", "url='http://[::1]:8080/a/dyn/SECRET'\n"),
        ("uacme", "url='http://[::1]:8080/a/dyn/SECRET'\n"),
    ]

    def test_url(self):
        self.site.edit("ddnsgate.conf", {
            '// base_path = "/dyn";': 'base_path = "/dyn";'})
        self.site.add_client("web", "web", acme=True)
        for kind, what in self.urls:
            client = "web" if kind in ACME_KINDS else "lars"
            with self.subTest(kind, what=what):
                text = self.snippet(kind, client, "http://[::1]:8080/a//")
                self.assert_filled_in(text)
                self.assertIn(what, text)

    def test_without_path_no_script_for_edgerouter(self):
        self.assertNotIn("options", self.snippet("edgerouter"))

    def test_families(self):
        """What a family is there for is left out where no host has it."""
        rows = [
            # kind, what IPv4 and what IPv6 shows as
            ("curl", 'families="4"', 'families="6"'),
            ("systemd", 'families="4"', 'families="6"'),
            ("ddclient", "usev4", "usev6"),
            ("openwrt", "_ipv4'", "_ipv6'"),
            ("pfsense", "Custom\n", "Custom (v6)\n"),
        ]
        self.site.add_client("four", "a", families=["A"])
        self.site.add_client("six", "b", families=["AAAA"])
        for kind, v4, v6 in rows:
            with self.subTest(kind):
                four, six = (self.snippet(kind, name)
                             for name in ("four", "six"))
                self.assertEqual((v4 in four, v6 in four), (True, False))
                self.assertEqual((v4 in six, v6 in six), (False, True))

    def test_more_hosts_than_a_request_may_name(self):
        self.site.add_client("many", *(f"h{i}" for i in range(20)))
        self.snippet("ddclient", "many")
        self.site.add_client("more", *(f"m{i}" for i in range(21)))
        run = ctl("snippet", "ddclient", "more", conf=self.conf)
        self.assertEqual(run.returncode, 0)
        self.assertIn("warning: more has 21 hosts", run.stderr)
        self.assertIn("m0.dyn.example.org,m1.", run.stdout)

    def test_openwrt_has_a_section_for_each_host_and_family(self):
        text = self.snippet("openwrt")
        sections = re.findall(
            r"config service '(\w+)'.*?domain '(\S+)'", text, re.DOTALL)
        self.assertEqual(sections, [
            ("ddnsgate_1_ipv4", "loc1.dyn.example.org"),
            ("ddnsgate_2_ipv4", "nas.dyn.example.org"),
            ("ddnsgate_1_ipv6", "loc1.dyn.example.org"),
            ("ddnsgate_2_ipv6", "nas.dyn.example.org")])

    def test_openwrt_service_is_json(self):
        with Room() as room:
            service = json.loads(files(self.snippet("openwrt"), room.folder)
                                 ["ddnsgate.json"].read_text())
        for family in "ipv4", "ipv6":
            self.assertEqual(service[family]["answer"], "good|nochg")
            self.assertTrue(service[family]["url"].startswith(
                "http://[USERNAME]:[PASSWORD]@ddns.example.org/nic/update?"))

    def test_inadyn_has_no_response_of_its_own(self):
        self.assertNotRegex(self.snippet("inadyn"), r"(?m)^\s*ddns-response")

    def test_pfsense_matches_both_answers(self):
        self.assertEqual(
            set(re.findall(r"Result Match +(.*)", self.snippet("pfsense"))),
            {"good %IP%|nochg %IP%"})

    def test_mikrotik_strips_the_mask_and_compares(self):
        text = self.snippet("mikrotik")
        self.assertIn(':set new [:pick $new 0 [:find $new "/"]]', text)
        self.assertLess(text.index(":if ($new != $old)"),
                        text.index("/tool fetch"))
        for pair in "{}", "[]", "()":
            self.assertEqual(text.count(pair[0]), text.count(pair[1]))
        self.assertEqual(text.count('"') % 2, 0)

    def test_secrets_stay_out_of_command_lines(self):
        secret = "S3cr3tS3cr3tS3cr3t"
        for kind in "curl", "cron", "systemd":
            lines = self.snippet(kind).replace("SECRET", secret).splitlines()
            for line in lines:
                if secret in line:
                    self.assertTrue(line.startswith("url = ") or
                                    line.startswith("#"), line)

    def scripts(self, room):
        """All that are in the examples, and what these write."""
        for path in sorted(EXAMPLES.rglob("*.sh")):
            yield path
            folder = room.folder / path.stem
            folder.mkdir()
            yield from (written for written in files(
                path.read_text(), folder).values()
                if written.read_text().startswith("#!/bin/sh"))

    def test_scripts_are_found(self):
        with Room() as room:
            self.assertLessEqual(
                {"curl.sh", "ddnsgate-lars.sh", "systemd.sh", "certbot.sh",
                 "dehydrated.sh", "uacme.sh", "lego.sh", "acme.sh.sh",
                 "ddnsgate-update", "openwrt.sh", "ddnsgate-client.sh",
                 "demo.sh", "zone.sh"},
                {path.name for path in self.scripts(room)})

    def test_scripts_can_be_read_by_each_shell(self):
        with Room() as room:
            for path in self.scripts(room):
                for shell in SHELLS:
                    with self.subTest(path.name, shell=shell):
                        lab.run(*shell, "-n", path)

    @unittest.skipUnless(shutil.which("shellcheck"), "needs shellcheck")
    def test_scripts_are_clean(self):
        with Room() as room:
            for path in self.scripts(room):
                with self.subTest(path.name):
                    lab.run("shellcheck", path)

    def test_calls_end_before_the_next(self):
        """Retries are bounded, and no machine keeps to the full minute."""
        text = self.snippet("curl")
        times = {name: {int(value) for value in re.findall(
            rf"(?<!retry-){name}[ =]+(\d+)", text)}
            for name in ("max-time", "retry-max-time")}
        self.assertEqual(sum(max(each) for each in times.values()), CALL_S)
        cron = self.snippet("cron").splitlines()[-1].split()
        self.assertEqual((cron[0], int(cron[-1])), ("*/5", WAIT_S))
        self.assertLess(WAIT_S + 2 * CALL_S, PERIOD_S)
        units = self.snippet("systemd")
        self.assertIn("\nOnUnitActiveSec=5min\n", units)
        self.assertIn("\nRandomizedDelaySec=60s\n", units)
        self.assertIn("\nTimeoutStartSec=4min\n", units)

    @unittest.skipUnless(shutil.which("inadyn"), "needs inadyn")
    def test_inadyn_reads_it(self):
        with Room() as room:
            conf = room.folder / "inadyn.conf"
            conf.write_text(self.snippet("inadyn"))
            conf.chmod(0o600)
            lab.run("inadyn", "--check-config", "--config", conf)

    def test_units_are_valid_and_locked_up(self):
        with Room() as room:
            units = files(self.snippet("systemd"), room.folder)
            service = units["ddnsgate-update.service"]
            for unit in service, units["ddnsgate-update.timer"]:
                lab.run(lab.program("systemd-analyze"), "verify", "--man=no",
                        unit)
            table = lab.run(lab.program("systemd-analyze"), "security",
                            "--offline=true", "--no-pager", service)
            level = re.search(r"exposure level .*: ([0-9.]+)", table)[1]
            self.assertLessEqual(float(level), 1.5)


class WithSecret(WithSite):
    def test_add(self):
        for number, kind in enumerate(KINDS + ACME_KINDS):
            acme = kind in ACME_KINDS
            with self.subTest(kind):
                text = self.done("add", f"c{number}", f"h{number}",
                                 *(["--acme"] if acme else []),
                                 "--snippet", kind, "--url", URL)
                secret = re.search(r"(?m)^secret: (\w+)$", text)[1]
                plain = re.sub(r"(?m)^.*client's secret.*\n", "", self.done(
                    "snippet", kind, f"c{number}", "--url", URL))
                self.assertEqual(plain.count("SECRET") > 0, kind != "cron")
                self.assertIn(plain.replace("SECRET", secret), text)
                self.assertIn(f"ddnsgatectl snippet KIND c{number}", text)
                self.assertEqual(text.count(" uacme acme.sh caddy "), acme)

    def test_certificates_without_acme(self):
        """Nothing is done before that is found out."""
        self.add("bob", "bob")
        before = self.files()
        for args, why in (
                (("add", "cam", "cam"), "give --acme, too"),
                (("add", "--acme", "cam", f"*.cam.{ZONE}", ZONE),
                 "none of these hosts has a right to them by --acme"),
                (("rotate", "bob"), "none of the hosts of bob has")):
            with self.subTest(args):
                self.assertIn(why, self.failed(*args, "--snippet", "lego"))
                self.assert_unchanged(before)

    def test_rotate(self):
        self.add("bob", "bob")
        text = self.done("rotate", "bob", "--snippet", "ddclient")
        secret = re.search(r"(?m)^secret: (\w+)$", text)[1]
        self.assertIn(f"password='{secret}'", text)
        self.assertIn(stored(secret), self.client_file("bob").read_text())

    def test_unknown_kind_changes_nothing(self):
        self.add("bob", "bob")
        before = self.files()
        for args in ("add", "cam", "cam"), ("rotate", "bob"):
            with self.subTest(args):
                self.assertIn("toaster", self.failed(
                    *args, "--snippet", "toaster", status=2))
                self.assert_unchanged(before)


STUB = """#!/bin/sh
echo "$(basename "$0") $*" >>"$0.calls"
"""

# What the calls of a program are, with what its standard input has not.
RECORDER = """#!/bin/sh
printf '%s\\n' "$*" >>"$0.calls"
exec {program} "$@"
"""


class Caller(Case):
    """Runs what curl's, cron's and systemd's snippets write."""

    def setUp(self):
        self.home = self.enter(Room()).folder
        self.path = f"{self.home}/bin:/usr/sbin:/usr/bin:/bin"

    def put_program(self, name, text):
        path = self.home / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path.with_name(name + ".calls")

    def sh(self, text, status=0, shell=("sh",), **env):
        """Whatever it starts ends with it, also when it takes too long."""
        done = subprocess.run(
            ["timeout", str(PATIENCE_S), shutil.which(shell[0]), *shell[1:],
             "-c", text], capture_output=True, text=True, cwd=self.home,
            env={"PATH": self.path, "HOME": str(self.home), **env})
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def cron_line(self, text):
        """As cron runs it, without the wait."""
        line, = (line for line in text.splitlines() if line[0] != "#")
        command = line.split(maxsplit=5)[5]
        self.assertNotIn("%", command)  # a new line to cron
        return re.sub(rf" {WAIT_S}$", " 0", command)

    @property
    def options(self):
        return self.home / ".config/ddnsgate-try.curl"


class Live(Caller):
    """curl, cron, wget and systemd against the real thing."""

    def setUp(self):
        super().setUp()
        self.dns = self.enter(Knot())
        self.site = self.enter(Site(self.dns))
        self.web = self.enter(Nginx(self.enter(Gate(self.site))))
        self.secret = self.site.secrets["try"]

    # curl gives "localhost" both loopback addresses.
    def snippet(self, kind, host="localhost"):
        text = self.done("snippet", kind, "try", "--url",
                         f"http://{host}:{self.web.port}",
                         conf=self.site.conf)
        return text.replace("SECRET", self.secret)

    def assert_published(self, families=("A", "AAAA")):
        for family, address in lab.LOOPBACK.items():
            self.assertEqual(self.dns.addresses("try", family),
                             [address] if family in families else [])

    def take_away(self):
        self.done("update", "try", "--offline", conf=self.site.conf)
        self.assert_published(())

    def spoil(self, path):
        path.write_text(path.read_text().replace(self.secret, "0" * 32))

    def test_curl_then_cron(self):
        calls = self.put_program("curl", RECORDER.format(
            program=lab.program("curl")))
        self.options.parent.mkdir()
        self.options.write_text("an old one")
        self.options.chmod(0o644)
        for shell in SHELLS:
            with self.subTest(shell):
                self.assertEqual(
                    self.sh(self.snippet("curl"), shell=shell).stdout,
                    "done\n")
                self.assert_published()
                self.assertEqual(self.options.stat().st_mode & 0o777, 0o600)
                self.take_away()
        line = self.cron_line(self.snippet("cron"))
        for _ in "changed", "unchanged":
            done = self.sh(line)
            self.assertEqual(done.stdout + done.stderr, "")
            self.assert_published()
        self.assertEqual(len(calls.read_text().splitlines()),
                         2 * (len(SHELLS) + 2))
        self.assertNotIn(self.secret, calls.read_text())

    def test_crontab_of_before(self):
        self.sh(self.snippet("curl"))
        self.take_away()
        for family in "46":
            done = self.sh(f'curl -{family} -K '
                           '"$HOME/.config/ddnsgate-try.curl"')
            self.assertEqual(done.stdout + done.stderr, "")
        self.assert_published()

    def test_reason_is_told(self):
        self.sh(self.snippet("curl"))
        line = self.cron_line(self.snippet("cron"))
        self.spoil(self.options)
        done = self.sh(line, status=1)
        self.assertEqual(done.stdout, "")
        self.assertEqual(
            done.stderr,
            "ddnsgate: IPv4: HTTP 404, badauth, unknown path or secret\n"
            "IPv6: HTTP 404, badauth, unknown path or secret\n")

    def test_reason_is_told_at_once(self):
        self.secret = "0" * 32
        self.assertIn("unknown path or secret",
                      self.sh(self.snippet("curl"), status=1).stderr)

    def test_machine_without_a_family(self):
        for host, family in ("127.0.0.1", "A"), ("[::1]", "AAAA"):
            for shell in SHELLS:
                with self.subTest(family, shell=shell):
                    self.take_away()
                    done = self.sh(self.snippet("curl", host), shell=shell)
                    self.assertEqual((done.stdout, done.stderr),
                                     ("done\n", ""))
                    self.assert_published((family,))

    def test_no_family_works(self):
        self.sh(self.snippet("curl"))
        self.web.stop()
        done = self.sh(self.cron_line(self.snippet("cron")), status=1)
        self.assertRegex(done.stderr, r"\Addnsgate: IPv4: curl: \(7\) .*\n"
                         r"IPv6: curl: \(7\) .*\n\Z")

    def install_units(self, host="localhost", status=0, systemctl=STUB):
        """Runs the script with folders of its own; gives the service."""
        script = lab.substitute(self.snippet("systemd", host), {
            "/etc/": f"{self.home}/", "/usr/local/": f"{self.home}/local/"})
        (self.home / "systemd/system").mkdir(parents=True, exist_ok=True)
        calls = self.put_program("systemctl", systemctl)
        calls.unlink(missing_ok=True)
        self.put_program("journalctl", "#!/bin/sh\necho the journal\n")
        (self.home / "ddnsgate-update.curl").touch(0o644)
        done = self.sh(script, status)
        self.assertEqual(calls.read_text().splitlines(), [
            "systemctl daemon-reload",
            "systemctl enable ddnsgate-update.timer",
            "systemctl restart ddnsgate-update.timer",
            "systemctl start ddnsgate-update.service"])
        unit = self.home / "systemd/system/ddnsgate-update.service"
        return done, unit.read_text()

    def run_service(self, unit, status=0):
        """Its ExecStart, which knows two variables."""
        credential, = re.findall(r"(?m)^LoadCredential=(.*)$", unit)
        name, source = credential.split(":")
        folder = self.home / "credentials"
        folder.mkdir(exist_ok=True)
        shutil.copy(source, folder / name)
        command, = re.findall(r"(?m)^ExecStart=(.*)$", unit)
        done = self.sh(command, status, CREDENTIALS_DIRECTORY=str(folder))
        self.assertEqual(done.stdout, "")
        return done.stderr

    def test_systemd(self):
        _, unit = self.install_units()
        self.assertEqual(self.run_service(unit), "")
        self.assert_published()
        modes = {"ddnsgate-update.curl": 0o600,
                 "local/sbin/ddnsgate-update": 0o644,
                 "systemd/system/ddnsgate-update.service": 0o644,
                 "systemd/system/ddnsgate-update.timer": 0o644}
        for name, mode in modes.items():
            path = self.home / name
            self.assertEqual(path.stat().st_mode & 0o777, mode, name)
            if mode != 0o600:
                self.assertNotIn(self.secret, path.read_text())
        self.spoil(self.home / "ddnsgate-update.curl")
        self.assertIn("IPv6: HTTP 404, badauth, unknown path or secret",
                      self.run_service(unit, status=1))

    def test_systemd_without_a_family(self):
        for host, family in ("127.0.0.1", "A"), ("[::1]", "AAAA"):
            with self.subTest(family):
                self.take_away()
                _, unit = self.install_units(host)
                self.assertEqual(self.run_service(unit), "")
                self.assert_published((family,))
        self.web.stop()
        self.assertIn("curl: (7)", self.run_service(unit, status=1))

    def test_systemd_goes_on_after_a_first_call_that_fails(self):
        done, _ = self.install_units(
            status=1, systemctl=STUB + 'case $1 in start) exit 1;; esac\n')
        self.assertEqual(done.stderr, "the journal\n")

    def test_wget(self):
        """The README's line."""
        row, = re.findall(r"(?m)^\| wget \| `(.*?)`(.*)\|.*\|$", (
            EXAMPLES.parent / "README.md").read_text())
        self.assertIn("`URL/SECRET`", row[1])
        file = self.home / "file"
        file.write_text(f"http://127.0.0.1:{self.web.port}/{self.secret}\n")
        line = row[0].replace("FILE", str(file))
        self.assertEqual(self.sh(line).stdout, "good 127.0.0.1")
        self.assert_published(("A",))
        self.spoil(file)
        done = self.sh(line, status=8)
        self.assertEqual(done.stdout + done.stderr, "badauth")


class StandIn:
    """Gives its replies, one after the other and the last one for ever, over
    the families that it has any for."""

    def __init__(self, **replies):
        self.replies = replies
        self.port = lab.free_port()
        self.requests = 0
        self.posts = []  # path and body of each

    def reply(self, family):
        self.requests += 1
        replies = self.replies[family]
        return replies.pop(0) if len(replies) > 1 else replies[0]

    def server(self, family):
        stand_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                length = int(self.headers["Content-Length"])
                stand_in.posts.append((self.path, self.rfile.read(length)))
                self.do_GET()

            def do_GET(self):
                status, headers, body = stand_in.reply(family)
                self.send_response(status)
                for header in headers:
                    self.send_header(*header.split(": ", 1))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            address_family = (
                socket.AF_INET if family == "A" else socket.AF_INET6)

        return Server((lab.LOOPBACK[family], self.port), Handler)

    def __enter__(self):
        self.servers = [self.server(family) for family in self.replies]
        for server in self.servers:
            threading.Thread(target=server.serve_forever, daemon=True,
                             kwargs={"poll_interval": 0.01}).start()
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.shutdown()
            server.server_close()


REASON = "X-DDNS-Reason: the DNS server does not answer"
WELL = (200, (), "good 192.0.2.1")
DOWN = (503, (REASON,), "dnserr")
BUSY = (503, (REASON, "Retry-After: 300"), "dnserr")


class Misbehaving(Caller):
    """What is called has ideas of its own."""

    def call(self, server, status):
        """With the files that curl's snippet writes; gives the complaint."""
        site = self.enter(Site(self.dns))
        text = self.done("snippet", "curl", "try", "--url",
                         f"http://localhost:{server.port}", conf=site.conf)
        # The one call that there is has to be ours.
        text = text.rsplit("\nsh ", 1)[0]
        self.sh(text.replace("SECRET", "KeyKeyKey"))
        cron = self.done("snippet", "cron", "try", conf=site.conf)
        done = self.sh(self.cron_line(cron), status)
        self.assertEqual(done.stdout, "")
        self.assertNotIn("KeyKeyKey", done.stderr)
        return done.stderr

    def setUp(self):
        super().setUp()
        self.dns = self.enter(Knot())

    def test_replies(self):
        # Status, headers, body, and what is told; nothing of a success.
        rows = [
            WELL + ("",),
            (200, (), "nochg 192.0.2.1\ngood 192.0.2.1", ""),
            (200, (), "good", ""),
            (200, ("X-DDNS-Reason: left out: 10.0.0.1",), "good ::1", ""),
            BUSY + ("HTTP 503, dnserr, the DNS server does not answer",),
            (400, (REASON.replace("X-DDNS-R", "x-ddns-r"),), "badip",  # as HTTP/2 has it
             "HTTP 400, badip, the DNS server does not answer"),
            (404, (), "badauth", "HTTP 404, badauth"),
            (404, (), "good", "HTTP 404, good"),
            (200, (), "goodbye", "HTTP 200, goodbye"),
            (200, (), "<html>good</html>", "HTTP 200, no answer of ddnsgate"),
            (200, (), "", "HTTP 200, no answer of ddnsgate"),
            (301, ("Location: https://localhost/KeyKeyKey",), "<html>\n",
             "HTTP 301, no answer of ddnsgate"),
            (400, ("X-DDNS-Reason: a\x1b[2Jb",), "badip",
             "HTTP 400, badip, a[2Jb"),
        ]
        for status, headers, body, told in rows:
            reply = (status, headers, body)
            with self.subTest(reply), StandIn(A=[reply],
                                              AAAA=[WELL]) as server:
                self.assertEqual(self.call(server, 1 if told else 0),
                                 f"ddnsgate: IPv4: {told}\n" if told else "")

    def test_refused_over_one_family(self):
        """It has the other family, but DNS has not got that address."""
        for refused in "A", "AAAA":
            replies = {"A": [WELL], "AAAA": [WELL], refused: [BUSY]}
            with self.subTest(refused), StandIn(**replies) as server:
                self.assertIn("dnserr", self.call(server, 1))
                self.assertEqual(server.requests, 2)

    def test_short_failure_is_not_told(self):
        with StandIn(A=[DOWN, WELL]) as server:
            self.assertEqual(self.call(server, 0), "")
            self.assertEqual(server.requests, 2)

    def test_server_does_not_say_how_long_to_sleep(self):
        """curl would do as it is told, and cron start the next one."""
        with StandIn(A=[BUSY]) as server:
            self.assertIn("dnserr", self.call(server, 1))
            self.assertEqual(server.requests, 1)

    def test_waits_at_random(self):
        """Less than what is asked for, and not always the same."""
        calls = self.put_program("sleep", '#!/bin/sh\necho "$1" >>"$0.calls"\n')
        with StandIn(A=[WELL]) as server:
            self.call(server, 0)
            self.assertFalse(calls.exists())
            for _ in range(20):
                self.sh('cd "$HOME/.config" && sh ddnsgate-try.sh '
                        "ddnsgate-try.curl 60")
        waits = [int(line) for line in calls.read_text().splitlines()]
        self.assertEqual(len(waits), 20)
        self.assertLess(max(waits), 60)
        self.assertGreater(len(set(waits)), 2)


# The hooks of programs that get certificates.
VALUE = "yp916vFsRVLp-XcKiBIe2vIoOehw0-fdRwSH07ITW-w"
CHALLENGE = (200, (), json.dumps({"fqdn": "as", "value": "sent"}))
DENIED = (400, ("X-DDNS-Reason: not a host with acme",), "nohost")


class HookCaller(Caller):
    """Runs hooks as their programs call them."""

    host = "web"

    def setUp(self):
        super().setUp()
        self.site = self.enter(Site(self.dns()))
        self.secret = self.site.add_client("web", self.host, acme=True)
        self.slept = self.put_program("sleep", STUB)

    # What a program calls its hook with; a wildcard as it does, and as not.
    calls = {
        "certbot": lambda what, domain, value: (
            [what], {"CERTBOT_DOMAIN": domain, "CERTBOT_VALIDATION": value}),
        "dehydrated": lambda what, domain, value: (
            [{"present": "deploy_challenge",
              "cleanup": "clean_challenge"}[what], domain, "token", value],
            {}),
        "uacme": lambda what, domain, value: (
            [{"present": "begin", "cleanup": "done"}[what], "dns-01", domain,
             "token", value], {}),
    }

    def hook(self, kind, server):
        text = self.done("snippet", kind, "web", "--url",
                         f"http://127.0.0.1:{server.port}",
                         conf=self.site.conf).replace("SECRET", self.secret)
        path = self.home / f"{kind}.sh"
        path.write_text(text)
        return path

    def run_hook(self, kind, server, args, env, status=0, shell=("sh",)):
        done = self.sh(shlex.join(
            [*shell, str(self.hook(kind, server)), *args]), status, **env)
        self.assertEqual(done.stdout, "")
        self.assertNotIn(self.secret, done.stderr)
        return done.stderr

    def call(self, kind, server, what, domain=None, value=VALUE, **options):
        args, env = self.calls[kind](
            what, domain or f"{self.host}.{ZONE}", value)
        return self.run_hook(kind, server, args, env, **options)


class Hooks(HookCaller):
    """What they send, and what they make of replies."""

    def dns(self):
        return self.enter(NoDns())

    def test_what_is_sent(self):
        body = {"fqdn": f"_acme-challenge.web.{ZONE}.", "value": VALUE}
        curls = self.put_program("curl", RECORDER.format(
            program=lab.program("curl")))
        for kind in self.calls:
            for what in "present", "cleanup":
                for domain in f"web.{ZONE}", f"*.web.{ZONE}":
                    for shell in SHELLS:
                        with self.subTest(kind, what=what, shell=shell), \
                                StandIn(A=[CHALLENGE]) as server:
                            self.assertEqual(self.call(
                                kind, server, what, domain, shell=shell), "")
                            (path, sent), = server.posts
                            self.assertEqual(path, f"/{self.secret}/{what}")
                            self.assertEqual(json.loads(sent), body)
        self.assertNotIn(self.secret, curls.read_text())

    def test_waits_for_secondaries(self):
        """Once, and not when a record is removed."""
        for kind in self.calls:
            with self.subTest(kind), StandIn(A=[CHALLENGE]) as server:
                self.slept.unlink(missing_ok=True)
                self.call(kind, server, "cleanup")
                self.assertFalse(self.slept.exists())
                self.call(kind, server, "present")
                self.assertEqual(self.slept.read_text(), "sleep 6\n")

    def test_reason_is_told(self):
        told = (f"ddnsgate: _acme-challenge.web.{ZONE}: "
                "HTTP 400, nohost, not a host with acme\n")
        for kind in self.calls:
            with self.subTest(kind), StandIn(A=[DENIED]) as server:
                self.assertEqual(
                    self.call(kind, server, "present", status=1), told)
                # dehydrated would give up the certificate.
                self.assertEqual(self.call(
                    kind, server, "cleanup",
                    status=0 if kind == "dehydrated" else 1), told)
                self.assertEqual(server.requests, 2)
        self.assertFalse(self.slept.exists())

    def test_nobody_there(self):
        server = StandIn()
        self.put_program("curl", "#!/bin/sh\necho 'curl: (7) no' >&2; exit 7\n")
        self.assertEqual(
            self.call("certbot", server, "present", status=1),
            f"ddnsgate: _acme-challenge.web.{ZONE}: curl: (7) no\n")

    def test_short_failure_is_not_told(self):
        for kind in self.calls:
            with self.subTest(kind), StandIn(A=[DOWN, CHALLENGE]) as server:
                self.assertEqual(self.call(kind, server, "present"), "")
                self.assertEqual(server.requests, 2)

    def test_no_names_and_values(self):
        for kind in self.calls:
            for domain, value in ((f"web.{ZONE}", 'x","a":"b'), ("a\nb", VALUE),
                                  ('x"\nurl = "http://127.0.0.2', VALUE),
                                  ("a b", VALUE), (f"*.*.{ZONE}", VALUE)):
                with self.subTest(kind, domain=domain), \
                        StandIn(A=[CHALLENGE]) as server:
                    self.assertIn("neither a name nor a value", self.call(
                        kind, server, "present", domain, value, status=1))
                    self.assertEqual(server.requests, 0)

    def test_chain(self):
        """dehydrated's HOOK_CHAIN: all of a certificate's names at once."""
        with StandIn(A=[CHALLENGE]) as server:
            args = ["deploy_challenge"]
            for value in "one", "two", "three":
                args += [f"web.{ZONE}", "token", value]
            self.run_hook("dehydrated", server, args, {})
            self.assertEqual([json.loads(body)["value"]
                              for _, body in server.posts],
                             ["one", "two", "three"])
            self.assertEqual(self.slept.read_text(), "sleep 6\n")

    def test_other_calls(self):
        rows = [
            # kind, arguments, exit status
            ("certbot", [], 2),
            ("certbot", ["deploy"], 2),
            ("dehydrated", ["startup_hook"], 0),
            ("dehydrated", ["deploy_cert", "a", "b", "c", "d", "e", "f"], 0),
            ("dehydrated", ["this_hookscript_is_broken__dehydrated_is_"
                            "working_fine__please_ignore_unknown_hooks"], 0),
            ("uacme", ["begin", "http-01", f"web.{ZONE}", "t", VALUE], 1),
            ("uacme", ["begin", "tls-alpn-01", f"web.{ZONE}", "t", VALUE], 1),
            ("uacme", [], 1),
        ]
        for kind, args, status in rows:
            with self.subTest(kind, args=args), StandIn(
                    A=[CHALLENGE]) as server:
                self.run_hook(kind, server, args, {}, status)
                self.assertEqual(server.requests, 0)


class Scripts(HookCaller):
    """What the scripts of lego and acme.sh call these with."""

    def dns(self):
        return self.enter(NoDns())

    def run_script(self, kind, calls):
        server = StandIn()
        for shell in SHELLS:
            self.sh(shlex.join([*shell, str(self.hook(kind, server))]))
        lines = set(calls.read_text().splitlines())
        calls.unlink()
        self.assertEqual(len(lines), 1)
        line, = lines
        self.assertNotIn(self.secret, line)
        return line, f"http://127.0.0.1:{server.port}"

    def test_lego(self):
        calls = self.put_program("lego", """#!/bin/sh
echo "$HTTPREQ_ENDPOINT $HTTPREQ_USERNAME ${#HTTPREQ_PASSWORD} $*" >>"$0.calls"
""")
        options = (f"web {len(self.secret)} --path {self.home}/.lego "
                   "--accept-tos --email YOU@EXAMPLE.ORG --dns httpreq "
                   f"--domains web.{ZONE}")
        line, url = self.run_script("lego", calls)
        self.assertEqual(line, f"{url} {options} run")
        certificate = self.home / f".lego/certificates/web.{ZONE}.crt"
        certificate.parent.mkdir(parents=True)
        certificate.touch()
        line, url = self.run_script("lego", calls)
        self.assertEqual(line, f"{url} {options} renew --days 30")

    def test_acme_sh(self):
        program = self.home / ".acme.sh/acme.sh"
        program.parent.mkdir()
        program.write_text("""#!/bin/sh
echo "$ACMEPROXY_ENDPOINT $ACMEPROXY_USERNAME ${#ACMEPROXY_PASSWORD} $*" \\
	>>"$0.calls"
""")
        program.chmod(0o755)
        line, url = self.run_script(
            "acme.sh", program.with_name("acme.sh.calls"))
        self.assertEqual(line, f"{url} web {len(self.secret)} --issue "
                         f"--dns dns_acmeproxy -d web.{ZONE}")


class LiveHooks(HookCaller):
    """Against the real thing, with what "ddnsgatectl policy" prints."""

    host = "h1"

    def dns(self):
        self.server = self.enter(AcmeKnot())
        return self.server

    def setUp(self):
        super().setUp()
        self.web = self.enter(Nginx(self.enter(Gate(self.site))))

    def values(self):
        reply = self.server.ask(f"_acme-challenge.h1.{ZONE}", "TXT")
        return sorted(text.decode() for rrset in reply.answer
                      for record in rrset for text in record.strings)

    def test_change(self):
        """The name and its wildcard at once, then one after the other goes."""
        other = "_" * 43
        for kind in self.calls:
            with self.subTest(kind):
                self.assertEqual(self.call(kind, self.web, "present"), "")
                self.assertEqual(self.call(kind, self.web, "present",
                                           f"*.h1.{ZONE}", other), "")
                self.assertEqual(self.values(), sorted([VALUE, other]))
                self.assertEqual(self.call(kind, self.web, "cleanup"), "")
                self.assertEqual(self.values(), [other])
                self.assertEqual(self.call(
                    kind, self.web, "cleanup", value=other), "")
                self.assertEqual(self.values(), [])

    def test_reasons(self):
        for domain, value, told in (
                (f"h2.{ZONE}", VALUE, "404, nohost, not a host of this client"),
                (ZONE, VALUE, "404, nohost, not a host of this client"),
                (f"h1.{ZONE}", VALUE[1:],
                 "400, badrequest, no value of a certificate")):
            for kind in self.calls:
                with self.subTest(kind, domain=domain):
                    self.assertRegex(
                        self.call(kind, self.web, "present", domain, value,
                                  status=1),
                        rf"\Addnsgate: _acme-challenge\.\S+: HTTP {told}.*\n\Z")
        self.secret = "0" * 32
        self.assertIn("unknown path or secret", self.call(
            "uacme", self.web, "present", status=1))


HOME = (f"one.{ZONE}", f"two.{ZONE}")  # the client's hosts
V4 = "192.0.2."
V6 = "2001:db8::"


class Devices(Case):
    """What devices and programs do with a snippet as it was printed.

    Where there is only the form of a device, its placeholders are filled in
    as the device does it.
    """

    @classmethod
    def setUpClass(cls):
        def enter(context):
            return cls.enterClassContext(context)

        cls.dns = enter(Knot())
        cls.site = enter(Site(cls.dns, {
            '// base_path = "/dyn";': 'base_path = "/dyn";'}))
        cls.secret = cls.site.add_client("home", *HOME, allow_private=True)
        cls.web = enter(Nginx(enter(Gate(cls.site))))

    def setUp(self):
        self.folder = self.enter(Room()).folder
        self.done("update", "home", "--offline", conf=self.site.conf)

    def snippet(self, kind):
        return self.done("snippet", kind, "home", "--url",
                         f"http://127.0.0.1:{self.web.port}",
                         conf=self.site.conf).replace("SECRET", self.secret)

    def field(self, name, text, index=0):
        return re.findall(rf"(?m)^\s*{re.escape(name)}[ =]+(.*)$", text)[index]

    def call(self, url, **words):
        """As the device: with the form's user name and password."""
        for word, value in words.items():
            url = url.replace(word, value)
        return lab.curl(url, user=f"home:{self.secret}", globoff=True)

    def assert_published(self, v4=None, v6=None, names=("one", "two")):
        for name in names:
            self.assertEqual(self.dns.addresses(name, "A"), [v4] if v4 else [])
            self.assertEqual(self.dns.addresses(name, "AAAA"),
                             [v6] if v6 else [])

    def test_fritzbox(self):
        text = self.snippet("fritzbox")
        self.assertEqual(self.field("User name", text), "home")
        self.assertEqual(self.field("Password", text), self.secret)
        words = {"<ipaddr>": V4 + "1", "<ip6addr>": V6 + "1",
                 "<domain>": self.field("Domain name", text)}
        reply = self.call(self.field("Update URL", text), **words)
        self.assertEqual(reply.body, f"good {V4}1,{V6}1")
        self.assert_published(V4 + "1", V6 + "1", ["one"])
        self.assert_published(names=["two"])
        # Only one of the families is there.
        words["<ip6addr>"], words["<ipaddr>"] = "", V4 + "2"
        reply = self.call(self.field("Update URL", text), **words)
        self.assertEqual(reply.body, f"good {V4}2")
        self.assert_published(V4 + "2", V6 + "1", ["one"])

    def test_fritzbox_with_hosts_behind_it(self):
        self.done("update", "home", V6 + "5", conf=self.site.conf)
        text = self.snippet("fritzbox")
        reply = self.call(self.field("Update URL", text, 1), **{
            "<ipaddr>": V4 + "1", "<ip6addr>": V6 + "1",
            "<ip6lanprefix>": "2001:db8:0:77::/64"})
        self.assertEqual(reply.status, 200)
        self.assert_published(V4 + "1", "2001:db8:0:77::5")

    def test_fritzbox_with_two_urls(self):
        """Its own addresses for the box, the LAN's prefix for the rest."""
        self.done("update", "home", V6 + "5", conf=self.site.conf)
        text = self.snippet("fritzbox")
        words = {"<ipaddr>": V4 + "1", "<ip6addr>": V6 + "1",
                 "<ip6lanprefix>": "2001:db8:0:77::/64",
                 "<domain>": HOME[0], "NAMES": HOME[1]}
        for url in self.field("Update URL", text, 2).split(" "):
            self.assertEqual(self.call(url, **words).status, 200)
        self.assert_published(V4 + "1", V6 + "1", ["one"])
        self.assert_published(V4 + "1", "2001:db8:0:77::5", ["two"])

    def test_fritzbox_that_does_not_log_in(self):
        text = self.snippet("fritzbox")
        more, = re.findall(r"username=\S+&password=\S+&", text)
        url = self.field("Update URL", text).replace("?", "?" + more)
        for word, value in {
                "<username>": "home", "<pass>": self.secret,
                "<ipaddr>": V4 + "1", "<ip6addr>": "",
                "<domain>": HOME[0]}.items():
            url = url.replace(word, value)
        self.assertEqual(lab.curl(url).body, f"good {V4}1")

    def test_pfsense(self):
        """The whole answer has to be one of the alternatives."""
        text = self.snippet("pfsense")
        urls = re.findall(r"Update URL +(.*)", text)
        matches = re.findall(r"Result Match +(.*)", text)
        kinds = re.findall(r"Service Type +(.*)", text)
        self.assertEqual(len(urls), 4)
        for _ in "changed", "unchanged":
            for url, match, kind in zip(urls, matches, kinds):
                address = (V6 if "v6" in kind else V4) + "1"
                reply = self.call(url, **{"%IP%": address})
                self.assertIn(reply.body,
                              match.replace("%IP%", address).split("|"))
        self.assert_published(V4 + "1", V6 + "1")

    def test_opnsense(self):
        text = self.snippet("opnsense")
        self.assertEqual(self.field("Username", text), "home")
        for address in V4 + "1", V6 + "1":
            reply = self.call(self.field("Server", text), __MYIP__=address,
                              __HOSTNAME__=self.field("Hostname(s)", text))
            self.assertEqual(reply.body, "\n".join(2 * [f"good {address}"]))
        self.assert_published(V4 + "1", V6 + "1")

    def test_unifi(self):
        """inadyn's way of encoding, with small letters."""
        text = self.snippet("unifi")
        hosts = re.findall(r"Hostname +(.*)", text)
        self.assertEqual(tuple(hosts), HOME)
        for host in hosts:
            reply = self.call("http://" + self.field("Server", text), **{
                "%h": host, "%i": (V6 + "1").replace(":", "%3a")})
            self.assertEqual(reply.body, f"good {V6}1")
        self.assert_published(v6=V6 + "1")

    def test_synology(self):
        text = self.snippet("synology")
        self.assertEqual(self.field("Query URL", text),
                         self.field("queryurl", text))
        hosts = re.findall(r"Hostname +(.*)", text)
        self.assertEqual(tuple(hosts), HOME)
        for host in hosts:
            reply = self.call(self.field("Query URL", text),
                              __HOSTNAME__=host, __MYIP__=V4 + "1")
            self.assertEqual(reply.body, f"good {V4}1")
        self.assert_published(V4 + "1")

    def test_mikrotik(self):
        text = self.snippet("mikrotik")
        self.assertIn(f'user="home" password="{self.secret}"', text)
        url, = re.findall(r' url="(.*?)"', text)
        reply = self.call(url, **{"\\3F": "?", "$new": V4 + "1"})
        self.assertEqual(reply.status, 200)
        self.assert_published(V4 + "1")

    def stub(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)

    def test_openwrt(self):
        """ddns-scripts prefers Wget, which waits to be challenged."""
        self.stub("uci", '#!/bin/sh\ncase "$*" in "-m import ddns") '
                  'cat >"$0.ddns";; "commit ddns") ;; *) exit 9;; esac\n')
        self.stub("etc/init.d/ddns", STUB)
        script = lab.substitute(self.snippet("openwrt"), {
            "/usr/share/ddns": self.folder / "usr/share/ddns",
            "/etc/init.d": self.folder / "etc/init.d"})
        lab.run("sh", "-ec", script, env={
            "PATH": f"{self.folder}:/usr/bin:/bin"})
        service = json.loads((self.folder / "usr/share/ddns/custom"
                              / "ddnsgate.json").read_text())
        sections = (self.folder / "uci.ddns").read_text().split("config ")
        self.assertEqual(len(sections), 5)
        for section in sections[1:]:
            options = dict(re.findall(r"option (\w+) '(.*)'", section))
            self.assertEqual(options["use_https"], "0")
            self.assertEqual((options["retry_interval"],
                              options["retry_unit"]), ("5", "minutes"))
            family, address = (
                ("ipv6", "2001:0db8:0000:0000:0000:0000:0000:0001")
                if options["use_ipv6"] == "1" else ("ipv4", V4 + "1"))
            url = service[family]["url"]
            for word, value in {
                    "[USERNAME]": options["username"],
                    "[PASSWORD]": urllib.parse.quote(options["password"]),
                    "[DOMAIN]": options["domain"], "[IP]": address}.items():
                url = url.replace(word, value)
            self.assertRegex(lab.run("wget", "-qO-", "-t", "1", url),
                             f"(?i){service[family]['answer']}")
        self.assert_published(V4 + "1", V6 + "1")

    @unittest.skipUnless(shutil.which("ddclient"), "needs ddclient")
    def test_ddclient(self):
        conf = self.folder / "ddclient.conf"
        conf.write_text(self.snippet("ddclient"))
        conf.chmod(0o600)
        log = lab.run(
            "ddclient", "-daemon=0", "-noquiet", "-file", conf, "-cache",
            self.folder / "cache", "-pid", self.folder / "pid",
            stderr=subprocess.STDOUT)
        for host in HOME:
            self.assertRegex(log, f"SUCCESS: +updating {host}: good")
        self.assert_published("127.0.0.1")

    @unittest.skipUnless(shutil.which("inadyn"), "needs inadyn")
    def test_inadyn(self):
        """It would not take a loopback address for a public one."""
        conf = self.folder / "inadyn.conf"
        conf.write_text("verify-address = false\n" + self.snippet("inadyn"))
        conf.chmod(0o600)
        lab.run("inadyn", "--once", "--foreground", "--config", conf,
                "--cache-dir", self.folder, "--pidfile", self.folder / "pid",
                env={**os.environ, "RES_OPTIONS": "timeout:1 attempts:1"},
                stderr=subprocess.STDOUT)
        self.assert_published("127.0.0.1")


if __name__ == "__main__":
    unittest.main()
