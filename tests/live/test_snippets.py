#!/usr/bin/python3
"""ddnsgatectl snippet: what it prints, what examples/clients has, and that
what can be run here works as it is."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest
import urllib.parse

import lab
from lab import EXAMPLES, PATIENCE_S, ZONE, Gate, Knot, Nginx, Room, Site
from test_ctl import Case, WithSite, ctl, stored

KINDS = ["curl", "cron", "systemd", "ddclient", "inadyn", "openwrt",
         "fritzbox", "pfsense", "opnsense", "mikrotik", "unifi", "synology",
         "edgerouter"]
URL = "https://ddns.example.org"
CLIENTS = EXAMPLES / "clients"
SCRIPT = "ddnsgate-client"  # that is no kind


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
        self.assertEqual([row.split()[0] for row in rows], KINDS)
        for row in rows:
            self.assertRegex(row, r"^[a-z]+  +\S.*\S$")

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
        names = {path.name.split(".")[0]: path for path in CLIENTS.iterdir()}
        self.assertEqual(sorted(names.keys() - {SCRIPT}), sorted(KINDS))
        for kind in KINDS:
            with self.subTest(kind):
                self.assertEqual(
                    names[kind].read_text(), self.snippet(kind),
                    f"print it again: ddnsgatectl snippet {kind} lars "
                    f"--url {URL} >{names[kind]}")

    def test_says_what_the_placeholder_is(self):
        for kind in set(KINDS) - {"cron"}:
            with self.subTest(kind):
                self.assertRegex(
                    self.snippet(kind), r"SECRET stands for the client's "
                    r"secret|put the client's secret in place of SECRET")

    def test_url_is_unknown(self):
        self.assertIn("https://YOUR-SERVER/nic/update?",
                      self.done("snippet", "opnsense", "lars"))

    def test_names_are_filled_in(self):
        self.site.add_client("o@x.y", "one", "two.dyn.example.org")
        for kind in set(KINDS) - {"curl", "cron", "systemd"}:
            with self.subTest(kind):
                text = self.snippet(kind, "o@x.y")
                self.assert_filled_in(text)
                self.assertIn("o@x.y", text)
                self.assertIn("one.dyn.example.org", text)

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
    ]

    def test_url(self):
        self.site.edit("ddnsgate.conf", {
            '// base_path = "/dyn";': 'base_path = "/dyn";'})
        for kind, what in self.urls:
            with self.subTest(kind, what=what):
                text = self.snippet(kind, url="http://[::1]:8080/a//")
                self.assert_filled_in(text)
                self.assertIn(what, text)

    def test_without_path_no_script_for_edgerouter(self):
        self.assertNotIn("options", self.snippet("edgerouter"))

    def test_families(self):
        """What a family is there for is left out where no host has it."""
        rows = [
            # kind, what IPv4 and what IPv6 shows as
            ("curl", "curl -4", "curl -6"),
            ("cron", "curl -4", "curl -6"),
            ("systemd", "curl -4", "curl -6"),
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

    @unittest.skipUnless(shutil.which("shellcheck"), "needs shellcheck")
    def test_scripts_are_clean(self):
        for path in CLIENTS.glob("*.sh"):
            with self.subTest(path.name):
                lab.run("shellcheck", path)

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
        for number, kind in enumerate(KINDS):
            with self.subTest(kind):
                text = self.done("add", f"c{number}", f"h{number}",
                                 "--snippet", kind, "--url", URL)
                secret = re.search(r"(?m)^secret: (\w+)$", text)[1]
                plain = re.sub(r"(?m)^.*client's secret.*\n", "", self.done(
                    "snippet", kind, f"c{number}", "--url", URL))
                self.assertEqual(plain.count("SECRET") > 0, kind != "cron")
                self.assertIn(plain.replace("SECRET", secret), text)
                self.assertIn(f"ddnsgatectl snippet KIND c{number}", text)

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


class Live(Case):
    """curl, cron and systemd against the real thing."""

    def setUp(self):
        self.dns = self.enter(Knot())
        self.site = self.enter(Site(self.dns))
        self.home = self.enter(Room()).folder
        self.web = self.enter(Nginx(self.enter(Gate(self.site))))

    def snippet(self, kind):
        # curl gives "localhost" both loopback addresses.
        text = self.done("snippet", kind, "try", "--url",
                         f"http://localhost:{self.web.port}",
                         conf=self.site.conf)
        return text.replace("SECRET", self.site.secrets["try"])

    def sh(self, text, status=0, **env):
        done = subprocess.run(
            ["sh", "-c", text], capture_output=True, text=True,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.home), **env},
            timeout=PATIENCE_S)
        self.assertEqual(done.returncode, status, done.stderr)
        return done

    def assert_published(self):
        for family, address in lab.LOOPBACK.items():
            self.assertEqual(self.dns.addresses("try", family), [address])

    def take_away(self):
        self.done("update", "try", "--offline", conf=self.site.conf)
        self.assertEqual(self.dns.addresses("try", "A"), [])

    def test_curl_then_cron(self):
        self.assertEqual(self.sh(self.snippet("curl")).stdout,
                         "IPv4: done\nIPv6: done\n")
        self.assert_published()
        options = self.home / ".config/ddnsgate-try.curl"
        self.assertEqual(options.stat().st_mode & 0o777, 0o600)
        self.take_away()
        lines = [line.split(maxsplit=5)[5] for line in
                 self.snippet("cron").splitlines() if line[0] != "#"]
        self.assertEqual(len(lines), 2)
        for line in lines:
            done = self.sh(line)
            self.assertEqual(done.stdout + done.stderr, "")
        self.assert_published()
        options.write_text(options.read_text().replace(
            self.site.secrets["try"], "0" * 32))
        self.assertIn("404", self.sh(lines[0], status=22).stderr)

    def test_systemd(self):
        script = self.snippet("systemd").replace("/etc/", f"{self.home}/")
        (self.home / "systemd/system").mkdir(parents=True)
        stub = self.home / "systemctl"
        stub.write_text(STUB)
        stub.chmod(0o755)
        self.sh(script, PATH=f"{self.home}:/usr/bin:/bin")
        self.assertEqual(
            (self.home / "systemctl.calls").read_text().splitlines(),
            ["systemctl daemon-reload",
             "systemctl start ddnsgate-update.service",
             "systemctl enable --now ddnsgate-update.timer"])
        options = self.home / "ddnsgate-update.curl"
        self.assertEqual(options.stat().st_mode & 0o777, 0o600)
        unit = self.home / "systemd/system/ddnsgate-update.service"
        commands = re.findall(r"(?m)^ExecStart=(.*)$", unit.read_text())
        self.assertEqual(len(commands), 2)
        for command in commands:
            self.sh(command.replace("%d/curl", str(options)))
        self.assert_published()


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
