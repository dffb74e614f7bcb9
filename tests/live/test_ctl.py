"""ddnsgatectl: plain runs without a server, then with Knot DNS and BIND."""

import concurrent.futures
import hashlib
import os
import pathlib
import re
import shutil
import stat
import subprocess
import unittest

import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.tsig
import dns.tsigkeyring
import dns.update

import lab



def stored(secret):
    """How the configuration has it."""
    return "sha256:" + hashlib.sha256(secret.encode()).hexdigest()


SECRET = "0123456789abcdefABCDEF-_"
STORED = stored(SECRET)


def ctl(*args, conf=None, text=None, env=None):
    """Runs the tool; conf goes before the command."""
    program = pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl")
    before = ["-c", conf] if conf else []
    return subprocess.run(
        [program, *before, *args], input=text or "", text=True,
        capture_output=True, timeout=lab.PATIENCE_S,
        env={**os.environ, "LC_ALL": "C", **(env or {})})


VALUE = "yp916vFsRVLp-XcKiBIe2vIoOehw0-fdRwSH07ITW-w"  # of a TXT record
OTHER_VALUE = "_" * 43


class NoDns(lab.Room):
    """A key and a port where nobody listens."""

    def prepare(self):
        self.port = lab.free_port()
        self.key_file = self.folder / "ddnsgate.key"
        self.key_file.write_text(lab.run(
            lab.program("keymgr"), "-t", "ddnsgate", "hmac-sha256"))


class Case(unittest.TestCase):
    maxDiff = None

    def enter(self, context):
        return self.enterContext(context)

    def done(self, *args, **options):
        """Runs the tool, which has to succeed; gives what it printed."""
        run = ctl(*args, **options)
        self.assertEqual((run.returncode, run.stderr), (0, ""), run.stdout)
        return run.stdout

    def failed(self, *args, status=1, **options):
        """Runs the tool, which has to fail; gives what it complained."""
        run = ctl(*args, **options)
        self.assertEqual(run.returncode, status, run.stdout + run.stderr)
        self.assertNotEqual(run.stderr, "")
        return run.stderr


class WithSite(Case):
    """A configuration like the example's, and no server."""

    def setUp(self):
        self.site = self.enter(lab.Site(self.enter(NoDns())))
        self.conf = self.site.conf
        self.clients_dir = self.site.folder / "clients.d"

    def done(self, *args, **options):
        return super().done(*args, conf=self.conf, **options)

    def failed(self, *args, **options):
        return super().failed(*args, conf=self.conf, **options)

    def add(self, *args):
        """Adds a client; gives its secret."""
        return re.search(r"^secret: (\w+)$", self.done("add", *args),
                         re.MULTILINE)[1]

    def add_zone(self, name="second.example"):
        """Behind the first one."""
        self.site.edit("ddnsgate.conf", {"    // read_back = true;\n  }\n": (
            f'  }},\n  {{ name = "{name}"; key = "ddnsgate"; '
            f'servers = [ "127.0.0.1@{self.site.dns.port}" ]; }}\n')})

    def client_file(self, name):
        return self.clients_dir / f"{name}.conf"

    def assert_unchanged(self, before):
        self.assertEqual(self.files(), before)

    def files(self):
        return {path.name: path.read_text()
                for path in self.clients_dir.iterdir()}


class CommandLine(Case):
    wrong = [
        # arguments, what the diagnostic has to name
        ((), "a command is missing"),
        (("frobnicate",), 'no command "frobnicate"'),
        (("-x", "check"), "usage:"),
        (("-c",), "usage:"),
        (("check", "--offline"), "usage: ddnsgatectl [-c FILE] check"),
        (("check", "--bogus"), "usage: ddnsgatectl [-c FILE] check"),
        (("check", "extra"), "too many arguments"),
        (("list", "extra"), "too many arguments"),
        (("show",), "too few arguments"),
        (("add", "lars"), "too few arguments"),
        (("add", "--url"), "lacks its value"),
        (("add", *["--from", "192.0.2.1"] * 65), "an option too often"),
        (("add-host", "lars"), "too few arguments"),
        (("remove-host", "lars"), "too few arguments"),
        (("status", "a", "b"), "too many arguments"),
        (("stale", "a"), "too many arguments"),
        (("restore", "a", "b"), "too many arguments"),
        (("rotate",), "too few arguments"),
        (("remove", "a", "b"), "too many arguments"),
        (("secret", "0123456789abcdef"), "too many arguments"),
        (("update",), "too few arguments"),
        (("policy",), "too few arguments"),
        (("help", "frobnicate"), 'no command "frobnicate"'),
    ]

    def test_wrong_usage(self):
        for args, what in self.wrong:
            with self.subTest(args=args):
                self.assertIn(what, self.failed(*args, status=2))

    def test_help(self):
        text = self.done("--help")
        self.assertEqual(text, self.done("-h"))
        self.assertEqual(text, self.done("help"))
        commands = re.findall(r"^  ([a-z][a-z-]*) +\S", text, re.MULTILINE)
        self.assertEqual(commands, [
            "check", "status", "list", "show", "add", "add-host",
            "remove-host", "rotate", "remove", "secret", "import", "export",
            "update", "stale",
            "restore", "drain", "metrics", "policy", "snippet"])
        for command in commands:
            with self.subTest(command=command):
                about = self.done("help", command)
                self.assertEqual(about, self.done(command, "--help"))
                self.assertTrue(about.startswith(
                    f"usage: ddnsgatectl [-c FILE] {command}"))

    def test_manual_has_all_commands_and_options(self):
        page = (lab.EXAMPLES.parent / "src/ddnsgatectl/ddnsgatectl.8"
                ).read_text()
        for command in re.findall(r"^  ([a-z][a-z-]*) +\S", self.done("help"),
                                  re.MULTILINE):
            self.assertRegex(page, rf"(?m)^\.Ss {command}\b")
            for option in re.findall(r"--([a-z-]+)", self.done(
                    "help", command)):
                self.assertIn("Fl -" + option, page)

    def test_version(self):
        self.assertRegex(self.done("--version"), r"^ddnsgatectl \d+\.\d+\.\d+$")
        self.assertEqual(self.done("--version"), self.done("-V"))

    def test_full_disk_is_a_failure(self):
        program = pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl")
        with open("/dev/full", "w") as full:
            run = subprocess.run([program, "--help"], stdout=full,
                                 stderr=subprocess.PIPE, text=True)
        self.assertEqual(run.returncode, 1)
        self.assertIn("could not be written", run.stderr)


class Secret(Case):
    def test_new(self):
        match = re.fullmatch(
            r"secret: ([A-Za-z0-9]{32})\nstored: (sha256:[0-9a-f]{64})\n",
            self.done("secret"))
        self.assertEqual(match[2], stored(match[1]))
        self.assertNotIn(match[1], self.done("secret"))

    def test_from_stdin(self):
        for text in SECRET + "\n", SECRET, SECRET + "\r\nmore\n":
            with self.subTest(text=text):
                self.assertEqual(
                    self.done("secret", "--stdin", text=text), STORED + "\n")

    def test_bad_ones(self):
        for text in ("", "\n", "short\n", "x" * 65 + "\n", "x" * 500 + "\n",
                     "with blank 0123456789\n", "umlaut\xe40123456789\n"):
            with self.subTest(text=text):
                diagnostic = self.failed("secret", "--stdin", text=text)
                self.assertNotIn(text.strip() or "\0", diagnostic)


class Check(WithSite):
    def test_valid(self):
        self.assertEqual(
            self.done("check").splitlines()[0],
            "1 zone, 1 key, 3 clients, 5 hosts; 0 errors, 0 warnings")

    PARTS = (
        "process (prctl)", "files (landlock)", "TCP ports (landlock)",
        "system calls (seccomp)", "memory (mlock)")

    def sandbox(self):
        """What check says of each part."""
        text = self.done("check").split("\nsandbox\n")[1]
        found = re.findall(r"^  (.*?) {2,}(.*)$", text, re.MULTILINE)
        self.assertEqual(tuple(part for part, _ in found), self.PARTS)
        return dict(found)

    def test_sandbox(self):
        """What is in force is in force for a handler: test_sandbox.py."""
        with lab.Gate(self.site) as gate:
            log = gate.start_log()
        for part, outcome in self.sandbox().items():
            if part != "memory (mlock)":  # root may lock what it likes
                self.assertEqual(outcome == "in force",
                                 f"{part}: not in force" not in log, part)

    def test_sandbox_is_off(self):
        self.site.edit("ddnsgate.conf", {
            "timeout_ms = 7000;": "timeout_ms = 7000; sandbox = false;"})
        for part, outcome in self.sandbox().items():
            self.assertRegex(outcome, "switched off|not in force", part)

    def test_conf_from_environment(self):
        text = Case.done(self, "check", env={"DDNSGATE_CONF": str(self.conf)})
        self.assertIn("1 zone", text)

    def test_option_goes_before_environment(self):
        self.assertIn("1 zone", self.done(
            "check", env={"DDNSGATE_CONF": "/nonexistent"}))

    def test_no_file(self):
        run = ctl("check", conf="/nonexistent/ddnsgate.conf")
        self.assertEqual(run.returncode, 1)
        self.assertIn("/nonexistent/ddnsgate.conf", run.stderr)

    def test_all_errors_at_once(self):
        self.site.edit("ddnsgate.conf", {
            "ttl     = 60;": "ttl = 0;",
            '"try.dyn.example.org"': '"try.elsewhere.example"'})
        run = ctl("check", conf=self.conf)
        self.assertEqual(run.returncode, 1)
        self.assertEqual(run.stdout, "2 errors, 0 warnings\n")
        lines = run.stderr.splitlines()
        self.assertEqual(len(lines), 2, run.stderr)
        for line in lines:
            self.assertRegex(line, rf"^error: {self.conf}:\d+: ")

    def test_warning(self):
        self.site.edit("ddnsgate.conf", {
            'key     = "ddnsgate";': "",
            stored(self.site.secrets["try"]): SECRET})
        run = ctl("check", conf=self.conf)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertIn("0 errors, 2 warnings", run.stdout)
        self.assertEqual(run.stderr.count("warning: "), 2, run.stderr)
        self.assertNotIn(SECRET, run.stderr + run.stdout)

    def test_example_of_the_own_certificate(self):
        """It is valid, and all that its comments say can be done."""
        self.site.write("clients.d/gate.conf", (
            lab.EXAMPLES / "own-certificate.conf").read_text())
        self.assertIn("0 errors, 0 warnings", self.done("check"))
        self.assertIn("name _acme-challenge.gate.dyn.example.org. TXT;",
                      self.done("policy", "bind"))
        self.assertIn("HTTPREQ_ENDPOINT='http://127.0.0.1'", self.done(
            "rotate", "--snippet", "lego", "--url", "http://127.0.0.1",
            "gate"))

    def test_other_commands_say_why_they_cannot(self):
        self.site.edit("ddnsgate.conf", {"ttl     = 60;": "ttl = 0;"})
        for args in (("list",), ("show", "try"), ("add", "a", "b"),
                     ("rotate", "a"), ("remove", "a"), ("policy", "knot"),
                     ("update", "a", "192.0.2.1")):
            with self.subTest(args=args):
                self.assertIn("error: ", self.failed(*args))


class TwoZones(WithSite):
    """A zone is added to a site that has had one."""

    def test_short_names_go_on(self):
        """As 'ddnsgatectl add' once wrote them."""
        self.client_file("bob").write_text(
            'clients = ( { name = "bob"; secret = "%s"; hosts = ( "bob",\n'
            '"cam" ); } );\n' % STORED)
        listed = self.done("list").split("\n\n")[1]
        self.assertIn("cam.dyn.example.org", listed)
        self.add_zone()
        self.assertEqual(self.done("list").split("\n\n")[1], listed)
        run = ctl("check", conf=self.conf)
        self.assertEqual(run.returncode, 0, run.stderr)
        for line, name in (1, "bob"), (2, "cam"):
            self.assertIn(
                f"warning: {self.client_file('bob')}:{line}: hosts: {name} is "
                f"taken for {name}.dyn.example.org, in the first of zones, "
                "better is the full name\n", run.stderr)

    def test_added_clients_go_on(self):
        """What is stored is the full name, which needs no warning."""
        self.add("bob", "bob", "Cam.Dyn.Example.ORG.", "*")
        self.assertRegex(
            self.client_file("bob").read_text(),
            r'"bob\.dyn\.example\.org",\s+"cam\.dyn\.example\.org",\s+'
            r'"\*\.dyn\.example\.org"')
        listed = self.done("list").split("\n\n")[1]
        self.add_zone()
        self.assertEqual(self.done("list").split("\n\n")[1], listed)
        self.assertNotIn("bob.conf", ctl("check", conf=self.conf).stderr)

    def test_add_asks_for_the_full_name(self):
        self.add_zone()
        diagnostic = self.failed("add", "bob", "bob")
        self.assertIn('"bob": give the full name, as there are several '
                      "zones:\n  dyn.example.org\n  second.example\n",
                      diagnostic)
        self.assert_unchanged({})
        self.add("bob", "bob.second.example", "second.example.")
        self.assertRegex(self.done("list"), r"bob +second\.example +second")
        self.assertIn('"bob.second.example"',
                      self.client_file("bob").read_text())


    def test_zone_of_one_label(self):
        """Its own name has no dot; what is stored is a full name still."""
        self.add_zone("lan")
        self.assertIn('"lan": give the full name',
                      self.failed("add", "bob", "lan"))
        self.add("bob", "LAN.", "bob.lan")
        self.assertEqual(
            re.findall(r"^bob +(\S+) +(\S+)$", self.done("list"),
                       re.MULTILINE), [("lan", "lan"), ("bob.lan", "lan")])


class Policy(WithSite):
    def test_own_name(self):
        """The right goes only to the zone whose own name is a host."""
        self.add_zone()
        self.site.add_client("bob", "second.example")
        text = self.done("policy", "knot")
        acl, zones = text.split("\nzone:\n")
        self.assertEqual(re.findall(r"- id: (\S+)", acl.split("\nacl:")[1]),
                         ["ddnsgate", "ddnsgate-own-name"])
        self.assertEqual(
            re.findall(r"- domain: (\S+)\n    acl: (.*)", zones),
            [("dyn.example.org", "ddnsgate"),
             ("second.example", "ddnsgate-own-name")])
        self.assertIn("# second.example itself is a host of client bob.\n"
                      "  - domain: second.example\n", zones)
        self.assertEqual(
            re.findall(r"grant .*", self.done("policy", "bind")),
            ["grant ddnsgate. wildcard *.dyn.example.org. A AAAA;",
             "grant ddnsgate. wildcard *.second.example. A AAAA;",
             "grant ddnsgate. name second.example. A AAAA;"])

    def test_own_name_of_all(self):
        """No item is left that no zone has."""
        self.site.add_client("bob", "dyn.example.org")
        acl = self.done("policy", "knot").split("\nacl:")[1]
        self.assertEqual(re.findall(r"- id: (\S+)", acl),
                         ["ddnsgate-own-name"])

    def test_certificates(self):
        """TXT records by name, each once; of all names when there are many."""
        self.add_zone()
        self.site.write("clients.d/bob.conf", f"""\
clients = ( {{ name = "bob"; secret = "{STORED}"; acme = true;
  hosts = ( "cam", {{ name = "*.cam.dyn.example.org"; acme = true; }},
            "*.door.dyn.example.org", {{ name = "tv"; acme = false; }} ); }} );
""")
        # With the label in front it would be no name any more.
        long = ".".join(letter * 56 for letter in "lmno")
        self.site.add_client("eve", "web", f"{long}.dyn.example.org",
                             acme=True)
        names = [f"_acme-challenge.{host}.dyn.example.org."
                 for host in ("cam", "web")]
        text = self.done("policy", "knot")
        self.assertEqual(
            re.findall(r"(?s)update-type: \[ TXT ]\n    update-owner: name\n"
                       r"    update-owner-match: equal\n"
                       r"    update-owner-name: \[ (.*?) ]\n", text),
            [", ".join(names)])
        self.assertEqual(
            re.findall(r"- domain: (\S+)\n    acl: (.*)", text),
            [("dyn.example.org", "[ ddnsgate, ddnsgate-acme ]"),
             ("second.example", "ddnsgate")])
        self.assertEqual(
            re.findall(r"grant .* TXT.*;", self.done("policy", "bind")),
            [f"grant ddnsgate. name {name} TXT;" for name in names])
        self.site.add_client("many", *(f"h{i}" for i in range(198)), acme=True)
        self.assertEqual(self.done("policy", "bind").count(" TXT;"), 200)
        self.site.add_client("more", "h200", acme=True)
        self.assertEqual(
            re.findall(r"grant .* TXT.*;", self.done("policy", "bind")),
            ["grant ddnsgate. wildcard *.dyn.example.org. TXT;"])
        self.assertIn("update-type: [ TXT ]\n    update-owner: zone\n"
                      "    update-owner-match: sub\n",
                      self.done("policy", "knot"))

    def test_no_certificates(self):
        for server in "knot", "bind":
            self.assertNotIn("TXT", self.done("policy", server))

    def test_unknown_server(self):
        self.assertIn('"nsd" is none of knot, bind, powerdns',
                      self.failed("policy", "nsd", status=2))


class List(WithSite):
    def test_list(self):
        server = f"127.0.0.1@{self.site.dns.port}"
        self.assertEqual(self.done("list"), f"""\
ZONE             KEY       TTL    TRANSPORT  SERVERS
dyn.example.org  ddnsgate  60     udp        {server}

CLIENT  HOST                      ZONE
lars    loc1.dyn.example.org      dyn.example.org
lars    nas.dyn.example.org       dyn.example.org
try     try.dyn.example.org       dyn.example.org
anna    anna.dyn.example.org      dyn.example.org
anna    anna-nas.dyn.example.org  dyn.example.org
""")


class Add(WithSite):
    def test_add(self):
        text = self.done("add", "bob", "bob", "Cam.Dyn.Example.ORG.",
                         f"*.bob.{lab.ZONE}")
        secret = re.search(r"^secret: (\w{32})$", text, re.MULTILINE)[1]
        self.assertIn(f"url: https://YOUR-SERVER/{secret}\n", text)
        self.assertIn(f'url = "https://YOUR-SERVER/{secret}"', text)
        self.assertIn("ddnsgatectl snippet KIND bob", text)
        written = self.client_file("bob").read_text()
        self.assertNotIn(secret, written)
        self.assertIn(stored(secret), written)
        self.assertEqual(list(self.files()), ["bob.conf"])
        self.assertIn("4 clients, 8 hosts; 0 errors, 0 warnings",
                      self.done("check"))
        for host in "bob", "cam", "*.bob":
            self.assertRegex(self.done("list"),
                             rf"bob +{re.escape(host)}\.dyn\.example\.org ")

    def test_mode_and_group(self):
        if lab.AS_ROOT:
            shutil.chown(self.clients_dir, group=lab.GROUP.gr_gid)
        old = os.umask(0o077)
        self.add("bob", "bob")
        os.umask(old)
        about = self.client_file("bob").stat()
        self.assertEqual(stat.S_IMODE(about.st_mode), 0o640)
        self.assertEqual(about.st_gid, self.clients_dir.stat().st_gid)

    def test_access_is_kept(self):
        """Else a handler could not read it, and kept the old secret."""
        self.add("bob", "bob")
        path = self.client_file("bob")
        if lab.AS_ROOT:
            shutil.chown(path, lab.USER.pw_uid, lab.GROUP.gr_gid)
        path.chmod(0o604)
        before = path.stat()
        for command in ("rotate", "bob"), ("rotate", "--drop-old", "bob"):
            text = path.read_text()
            self.done(*command)
            self.assertNotEqual(path.read_text(), text)
            after = path.stat()
            for what in "st_mode", "st_uid", "st_gid":
                self.assertEqual(getattr(after, what), getattr(before, what))

    def test_prepared_file(self):
        """What somebody has put there by its temporary name is not used."""
        name = self.clients_dir / ".bob.new"
        outside = self.site.folder / "outside"
        outside.write_text("outside\n")
        for make in (lambda: os.mkfifo(name), lambda: name.write_text("x"),
                     lambda: name.symlink_to(outside),
                     lambda: os.link(outside, name)):
            make()
            self.add("bob", "bob")
            self.assertEqual(os.listdir(self.clients_dir), ["bob.conf"])
            self.assertEqual(self.client_file("bob").stat().st_nlink, 1)
            self.assertEqual(outside.read_text(), "outside\n")
            self.client_file("bob").unlink()
        name.mkdir()
        self.assertIn(str(name), self.failed("add", "bob", "bob"))

    def test_url(self):
        self.site.edit("ddnsgate.conf", {
            '// base_path = "/dyn";': 'base_path = "/dyn";'})
        text = self.done("add", "bob", "--url", "https://ddns.example.org/",
                         "bob")
        secret = re.search(r"^secret: (\w+)$", text, re.MULTILINE)[1]
        self.assertIn(f"url: https://ddns.example.org/dyn/{secret}\n", text)

    def test_refused(self):
        self.add("bob", "bob")
        before = self.files()
        rows = [
            ("client twice", ("bob", "cam"), "bob"),
            ("client of another file", ("lars", "cam"), "lars"),
            ("host outside all zones", ("cam", "cam.example.com"),
             '"cam.example.com" is in none of the zones:'),
            ("host with a dot alone", ("cam", "cam."),
             '"cam." is in none of the zones:'),
            ("address for a host", ("cam", "192.0.2.7"),
             '"192.0.2.7" is in none of the zones:'),
            ("malformed host", ("cam", "-cam-"), "-cam-"),
            ("host of other letters", ("cam", "k\u00e4m"),
             "write it in ASCII, as xn--..."),
            ("host too long", ("cam", "x" * 63 + "." + "y" * 63 + "." + "z" *
             63 + "." + "a" * 63), "malformed"),
            ("host with a quote", ("cam", 'c"; evil = "'), "evil"),
            ("host twice", ("cam", "cam", "cam"), "cam"),
            ("name with a slash", ("../cam", "cam"), "../cam"),
            ("hidden file", (".cam", "cam"), ".cam"),
            ("empty name", ("", "cam"), '""'),
            ("name with a quote", ('c"am', "cam"), 'c"am'),
            ("name that is too long", ("c" * 250, "cam"), "cccc"),
        ]
        for name, args, what in rows:
            with self.subTest(name):
                self.assertIn(what, self.failed("add", "--", *args))
                self.assert_unchanged(before)

    def test_bad_url(self):
        for url in "ddns.example.org", "ftp://x", 'https://x"', "https://x?a":
            with self.subTest(url):
                self.failed("add", "bob", "bob", "--url", url, status=2)
                self.assert_unchanged({})

    def test_complaints_name_the_file_that_would_be(self):
        diagnostic = self.failed("add", "cam", "cam", "CAM.dyn.example.org")
        self.assertRegex(diagnostic, rf"error: {self.client_file('cam')}:\d+: ")

    def test_foreign_file_is_not_overwritten(self):
        self.client_file("bob").write_text("clients = ();\n")
        before = self.files()
        self.assertIn(str(self.client_file("bob")),
                      self.failed("add", "bob", "bob"))
        self.assert_unchanged(before)

    def test_without_clients_dir(self):
        self.site.edit("ddnsgate.conf", {'clients_dir  = "clients.d";': ""})
        for args in ("add", "bob", "bob"), ("rotate", "lars"), (
                "remove", "lars"):
            with self.subTest(args=args):
                self.assertIn("clients_dir", self.failed(*args))

    @unittest.skipUnless(lab.AS_ROOT, "needs another user")
    def test_folder_that_may_not_be_written(self):
        self.clients_dir.chmod(0o555)
        program = pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl")
        shutil.copy(program, self.site.folder)
        run = subprocess.run(
            [self.site.folder / "ddnsgatectl", "-c", self.conf, "add", "bob",
             "bob"], user=lab.USER.pw_uid, group=lab.USER.pw_gid,
            capture_output=True, text=True)
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn(str(self.clients_dir), run.stderr)
        self.assertIn("Permission denied", run.stderr)


class Rotate(WithSite):
    by_hand = """\
# Bob's, with "quotes" and secret = "in a comment";
clients : (
  {
    hosts = ( "bob", { name = "cam"; ttl = 300; } );  /* secret = "no"; */
    name = "bob",
    secret = "%s"; // the old one
    allow_private = true
  }
)
"""

    def hashes(self, name):
        return re.findall(r"sha256:[0-9a-f]{64}",
                          self.client_file(name).read_text())

    def rotate(self, *args):
        return re.search(r"^secret: (\w+)$", self.done("rotate", *args),
                         re.MULTILINE)[1]

    def test_change_over(self):
        first = self.add("bob", "bob")
        second = self.rotate("bob")
        self.assertNotEqual(first, second)
        self.assertEqual(self.hashes("bob"), [stored(second),
                                              stored(first)])
        third = self.rotate("bob")
        self.assertEqual(len(self.hashes("bob")), 3)
        self.done("check")
        text = self.done("rotate", "--drop-old", "bob")
        self.assertNotIn("secret:", text)
        self.assertEqual(self.hashes("bob"), [stored(third)])
        self.done("check")
        self.assertEqual(list(self.files()), ["bob.conf"])

    def test_only_the_secret_changes(self):
        self.client_file("bob").write_text(self.by_hand % STORED)
        listed = self.done("list")
        self.rotate("bob")
        new, old = self.hashes("bob")
        self.assertEqual(old, STORED)
        self.assertEqual(
            re.sub(r"\s+", " ", self.client_file("bob").read_text()),
            re.sub(r"\s+", " ", (self.by_hand % "@").replace(
                'secret = "@"', f'secrets = [ "{new}", "{old}" ]')))
        self.assertEqual(self.done("list"), listed)
        self.done("rotate", "bob", "--drop-old")
        self.assertEqual(self.client_file("bob").read_text(),
                         self.by_hand % new)

    def test_nothing_to_drop(self):
        self.add("bob", "bob")
        before = self.files()
        self.assertIn("one secret", self.failed("rotate", "--drop-old", "bob"))
        self.assert_unchanged(before)

    many_secrets = """\
clients = ( { name = "bob"; hosts = [ "bob" ]; secrets = [
    "%s", // to be replaced
    # also to be replaced: "no"
    "%s"  // the oldest
  ]; } );
"""

    def test_comments_between_secrets(self):
        self.client_file("bob").write_text(
            self.many_secrets % (stored("x"), stored("y")))
        self.rotate("bob")
        self.assertEqual(self.hashes("bob")[1:], [stored("x"), stored("y")])
        newest = self.hashes("bob")[0]
        self.done("check")
        self.done("rotate", "--drop-old", "bob")
        self.assertEqual(self.hashes("bob"), [newest])
        self.done("check")

    strange = [
        # name, what libconfig reads and this tool does not
        ("joined strings",
         f'name = "bob"; secret = "{STORED[:9]}" "{STORED[9:]}";'),
        ("no semicolons", f'name = "bob" secret = "{STORED}"'),
        ("a missing semicolon",
         f'name = "bob"; secret = "{STORED}" allow_private = true;'),
        ("a joined name", f'name = "b" "ob"; secret = "{STORED}";'),
    ]

    def test_strange_files(self):
        for name, settings in self.strange:
            with self.subTest(name):
                self.client_file("bob").write_text(
                    'clients = ( { hosts = ( "bob" ); %s } );\n' % settings)
                self.done("check")
                before = self.files()
                self.assertIn("by hand", self.failed("rotate", "bob"))
                self.assert_unchanged(before)

    def test_file_of_another_client(self):
        for name, other in ("x", "y"), ("y", "x"):
            self.client_file(name).write_text(
                'clients = ( { name = "%s"; secret = "%s"; hosts = ("%s"); } );'
                % (other, stored(other), other))
        before = self.files()
        for args in ("rotate", "x"), ("remove", "x"):
            with self.subTest(args=args):
                self.assertIn(str(self.client_file("x")), self.failed(*args))
                self.assert_unchanged(before)

    def test_key_with_the_name_of_a_client(self):
        table = self.site.folder / "clients.list"
        with table.open("a") as file:
            file.write(f"ddnsgate {STORED} key\n")
        lines = table.read_text().count("\n")
        self.assertIn(f"{table}:{lines}", self.failed("rotate", "ddnsgate"))

    def test_at_the_same_time(self):
        """None of them undoes what another has done."""
        self.add("bob", "bob")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            made = [stored(secret) for secret in
                    pool.map(self.rotate, ["bob"] * 8)]
        self.assertEqual(sorted(self.hashes("bob")[:8]), sorted(made))

    def test_huge_file(self):
        self.add("bob", "bob")
        with self.client_file("bob").open("a") as file:
            file.write("#" + "x" * 70000 + "\n")
        self.assertIn("by hand", self.failed("rotate", "bob"))

    def test_client_elsewhere(self):
        rows = [("lars", self.conf), ("anna", self.site.folder /
                                      "clients.list")]
        self.client_file("two").write_text(
            'clients = ( { name = "y"; secret = "%s"; hosts = ("y"); } );\n'
            % STORED)
        rows.append(("y", self.client_file("two")))
        before = self.files()
        for name, path in rows:
            for args in ("rotate", name), ("remove", name):
                with self.subTest(args=args):
                    self.assertIn(f"{path}", self.failed(*args))
                    self.assert_unchanged(before)

    def test_file_of_several_clients(self):
        text = ('clients = ( { name = "x"; secret = "%s"; hosts = ("x"); },\n'
                '{ name = "y"; secret = "%s"; hosts = ("y"); } );\n'
                % (stored("x"), stored("y")))
        for name in "x", "y":
            self.client_file(name).write_text(text)
            before = self.files()
            for args in ("rotate", name), ("remove", name):
                with self.subTest(args=args):
                    self.assertIn(str(self.client_file(name)),
                                  self.failed(*args))
                    self.assert_unchanged(before)
            self.client_file(name).unlink()

    def test_unknown_client(self):
        for args in ("rotate", "nobody"), ("remove", "nobody"), (
                "update", "nobody", "192.0.2.1"):
            with self.subTest(args=args):
                self.assertIn('"nobody"', self.failed(*args))


class Remove(WithSite):
    def test_remove(self):
        self.add("bob", "bob")
        self.add("cam", "cam")
        self.assertIn("records stay", self.done("remove", "bob"))
        self.assertEqual(list(self.files()), ["cam.conf"])
        self.assertNotIn("bob", self.done("list"))
        self.failed("remove", "bob")


NEITHER = "is neither an address nor a host of lars"


class Update(WithSite):
    wrong = [
        # arguments, exit status, what the diagnostic has to name
        (("lars",), 2, "give an ADDRESS or --offline"),
        (("lars", "nas"), 2, "give an ADDRESS or --offline"),
        (("lars", "--offline", "192.0.2.7"), 2,
         "--offline removes all addresses"),
        (("lars", "192.0.2.7", "192.0.2.8"), 2, "two addresses"),
        (("lars", "2001:db8::/64", "2001:db8::8"), 2, "two addresses"),
        (("lars", "192.0.2.777"), 1, '"192.0.2.777" ' + NEITHER),
        (("lars", "192.0.2.777", "2001:db8::7"), 1,
         '"192.0.2.777" ' + NEITHER),
        (("lars", "--offline", "192.0.2.300"), 1, '"192.0.2.300" ' + NEITHER),
        (("lars", "nas", "2001:db8::g"), 1, '"2001:db8::g" ' + NEITHER),
        (("lars", "192.0.2.7."), 1, '"192.0.2.7." ' + NEITHER),
        (("lars", "192.0.2.0/24"), 1,
         f'"192.0.2.0/24" {NEITHER}; a prefix is one of IPv6'),
        (("lars", "192.0.2.1/33"), 1, '"192.0.2.1/33" ' + NEITHER),
        (("lars", "n\u00e4s", "192.0.2.7"), 1,
         f'"n\u00e4s" {NEITHER}; write it in ASCII, as xn--...'),
        (("lars", "try", "192.0.2.7"), 1, '"try" ' + NEITHER),
        (("lars", "home.example.com", "192.0.2.7"), 1,
         '"home.example.com" ' + NEITHER),
        (("lars", "", "192.0.2.7"), 1, '"" ' + NEITHER),
        (("LARS", "192.0.2.7"), 1, 'there is no client "LARS"'),
        (("nas", "192.0.2.7"), 1,
         'no client "nas"; nas.dyn.example.org is a host of lars'),
        (("NAS.dyn.example.org.", "192.0.2.7"), 1,
         "nas.dyn.example.org is a host of lars"),
        (("nobody", "192.0.2.300"), 1, 'there is no client "nobody"'),
        (("lars", "10.0.0.1"), 1, "may not be published"),
        (("lars", "10.0.0.1", "2001:db8::1"), 1, "may not be published"),
        (("lars", "ff02::1"), 1, "may not be published"),
        (("--txt", VALUE, "lars", "nas"), 1,
         "nas: this host may have no TXT records"),
        (("--txt", VALUE, "lars"), 1,
         "lars: this host may have no TXT records"),
        (("--txt", VALUE, "lars", "192.0.2.7"), 1, "192.0.2.7: "),
        (("--txt", VALUE, "lars", "try"), 1, "try: not a host of this client"),
        (("--txt", VALUE[1:], "lars", "nas"), 2, "43 letters"),
        (("--txt", VALUE + "a", "lars", "nas"), 2, "43 letters"),
        (("--txt", "v=spf1 +all" + " " * 32, "lars", "nas"), 2, "43 letters"),
        (("--txt", "", "lars", "nas"), 2, "43 letters"),
        (("--txt", ".", "lars", "nas"), 2, "43 letters"),
        (("--txt", VALUE, "lars", "nas", "loc1"), 2, "for one HOST"),
        (("--txt", VALUE, "--offline", "lars", "nas"), 2, "--offline is"),
        (("--remove", "lars", "nas"), 2, "--remove of which"),
    ]

    def test_wrong(self):
        for args, status, what in self.wrong:
            with self.subTest(args=args):
                self.assertIn(what, self.failed(
                    "update", *args, status=status))

    def test_nobody_there(self):
        self.assertIn("cannot be reached",
                      self.failed("update", "lars", "192.0.2.7"))
        self.assertIn("cannot be reached", self.failed("show", "nas"))

    def test_txt_of_several_hosts(self):
        self.site.add_client("bob", "cam", "tv", acme=True)
        self.assertIn("bob has several hosts with acme: give one",
                      self.failed("update", "--txt", VALUE, "bob"))

    def test_ambiguous(self):
        self.add("bob", "cam.a.dyn.example.org", "cam.b.dyn.example.org")
        self.assertIn('"CAM" fits several hosts of bob: give the full name',
                      self.failed("update", "bob", "CAM", "192.0.2.7"))

    def test_more_hosts_than_a_request_may_have(self):
        hosts = [f"h{i}" for i in range(21)]
        self.site.add_client("bob", *hosts)
        self.assertIn("more host names", self.failed(
            "update", "bob", *hosts, "192.0.2.7", status=2))
        self.assertIn("more host names", self.failed(
            "update", "bob", "192.0.2.7"))

    outside = [
        # host, what the diagnostic has to be
        ("www.example.com..", '"www.example.com..": host name malformed'),
        ("n\u00e4s", '"n\u00e4s": host name malformed or missing; write it '
         "in ASCII, as xn--..."),
        ("", '"": host name malformed'),
        ("x" * 63 + ".", "is in none of the zones:\n  dyn.example.org\n"),
        ("home.example.com", '"home.example.com" is in none of the zones:\n'
         "  dyn.example.org\n"),
        ("nas.", '"nas." is in none of the zones:'),
        ("192.0.2.7", '"192.0.2.7" is in none of the zones:'),
        ("a.nas", '"a.nas" is in none of the zones:'),
    ]

    def test_show_outside(self):
        for host, what in self.outside:
            with self.subTest(host):
                self.assertIn(what, self.failed("show", host))

    def test_show_with_two_zones(self):
        self.add_zone()
        self.assertIn(
            '"nas": give the full name, as there are several zones:\n'
            "  dyn.example.org\n  second.example\n",
            self.failed("show", "nas"))
        self.assertIn("nas.second.example A: zone second.example, ",
                      self.failed("show", "NAS.second.example."))


# With DNS servers.

ZONE = lab.ZONE
HOSTS = ("h1", "h2", "www")
OTHER_SECRET = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


class Small(lab.Room):
    """A configuration with one client, bob, for a zone of one server."""

    def __init__(self, dns_server, zone=ZONE, key="ddnsgate", secret=None,
                 port=None, hosts=HOSTS, acme=False):
        self.hosts = hosts
        self.acme = "true" if acme else "false"
        self.dns = dns_server
        self.zone, self.key = zone, key
        self.secret = secret or dns_server.tsig_secret()
        self.port = port or dns_server.port

    def prepare(self):
        self.conf = self.folder / "ddnsgate.conf"
        key = f'key = "{self.key}";' if self.key else ""
        name = self.key or "unused"
        hosts = ", ".join(f'"{name}"' for name in self.hosts)
        self.conf.write_text(f"""\
timeout_ms = {lab.TIMEOUT_MS};
zones = ( {{ name = "{self.zone}"; servers = [ "127.0.0.1@{self.port}" ];
            {key} }} );
keys = ( {{ name = "{name}"; algorithm = "hmac-sha256";
           secret = "{self.secret}"; }} );
clients = ( {{ name = "bob"; secret = "{STORED}";
              addresses = "source"; acme = {self.acme};
              hosts = ( {hosts} ); }} );
""")
        self.conf.chmod(0o600)


class DeafKnot(lab.Knot):
    """Has the key, but no right to update for it."""

    def words(self):
        return {**super().words(), "\n    acl: ddnsgate": ""}


class NarrowKnot(lab.Knot):
    """Lets the key change nothing but TXT records."""

    def words(self):
        return {**super().words(), "[ A, AAAA ]": "[ TXT ]"}


class DeafBind(lab.Bind):
    def words(self):
        return {**super().words(),
                "grant ddnsgate. wildcard *.dyn.example.org. A AAAA;":
                "grant else. self . A;"}


class NarrowBind(lab.Bind):
    def words(self):
        return {**super().words(),
                "wildcard *.dyn.example.org. A AAAA;": "zonesub TXT;"}


class StaticBind(lab.Bind):
    def words(self):
        return {**super().words(), "\tupdate-policy {\n"
                "\t\tgrant ddnsgate. wildcard *.dyn.example.org. A AAAA;\n"
                "\t};\n": ""}


def slow(server, ttl, minimum):
    """One whose zone has these numbers in its SOA record."""
    class Slow(server):
        def prepare(self):
            super().prepare()
            zone = self.folder / "dyn.example.org.zone"
            zone.write_text(lab.substitute(zone.read_text(), {
                "@       IN SOA": f"@ {ttl} IN SOA",
                " 1209600 60 )": f" 1209600 {minimum} )"}))

    return Slow()


class HomelessKnot(lab.Knot):
    """Its database directory is missing, so it cannot store a change."""

    def words(self):
        return {**super().words(), "database:\n    storage: /var/lib/knot":
                f"database:\n    storage: {self.folder}/missing"}


class Live:
    """What holds with each DNS server; subclasses say with which."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.dns = cls.enterClassContext(cls.server())

    def small(self, *args, **options):
        return self.enter(Small(self.dns, *args, **options)).conf

    def live(self, conf):
        """What check --live says of the only server: four answers, and why."""
        run = ctl("check", "--live", conf=conf)
        found = re.findall(r"^  (?:reachable|zone served|key accepted|"
                           r"update allowed) +(yes|none|not known|no)\b(.*"
                           r"(?:\n {18}.*)?)$", run.stdout, re.MULTILINE)
        self.assertEqual(len(found), 4, run.stdout + run.stderr)
        answers = [answer for answer, _ in found]
        self.assertEqual(run.returncode, 1 if "no" in answers else 0)
        return answers, [why for answer, why in found if answer == "no"]

    def test_all_is_well(self):
        self.assertEqual(self.live(self.small()), (["yes"] * 4, []))

    def test_unreachable(self):
        answers, why = self.live(self.small(port=lab.free_port()))
        self.assertEqual(answers, ["no"] + ["not known"] * 3)
        self.assertIn("nothing listens", why[0])

    def test_unknown_key(self):
        answers, why = self.live(self.small(key="stranger"))
        self.assertEqual(answers, ["yes", "yes", "no", "not known"])
        self.assertIn("is there a key of this name", why[0])

    def test_wrong_secret(self):
        answers, why = self.live(self.small(secret=OTHER_SECRET))
        self.assertEqual(answers, ["yes", "yes", "no", "not known"])
        self.assertIn("compare the key files", why[0])

    def test_zone_not_served(self):
        answers, why = self.live(self.small(zone="elsewhere.example"))
        self.assertEqual(answers, ["yes", "no", "not known", "not known"])
        self.assertIn("is the zone configured there", why[0])

    def test_no_key(self):
        answers, why = self.live(self.small(key=None))
        self.assertEqual(answers, ["yes", "yes", "none", "no"])
        self.assertIn("give the zone a key", why[0])

    def test_denied(self):
        """What check says, and that an update is indeed refused."""
        for server, wanted in self.denying:
            with self.subTest(server.__name__), server() as dns_server, Small(
                    dns_server) as small:
                answers, why = self.live(small.conf)
                self.assertEqual(answers, wanted)
                self.assertTrue(all("ddnsgatectl policy" in w for w in why))
                self.assertRegex(
                    self.failed("update", "bob", "h2", "192.0.2.7",
                                conf=small.conf), r"NOTAUTH|REFUSED|BADKEY")

    def test_each_server_is_asked(self):
        dead = lab.free_port()
        conf = self.small()
        conf.write_text(conf.read_text().replace(
            'servers = [ ', f'servers = [ "127.0.0.1@{dead}", '))
        run = ctl("check", "--live", conf=conf)
        self.assertEqual(run.returncode, 1)
        self.assertRegex(
            run.stdout, rf"{ZONE} 127.0.0.1@{dead}\n  reachable +no")
        self.assertRegex(
            run.stdout,
            rf"{ZONE} 127.0.0.1@{self.dns.port}\n  reachable +yes")

    def test_update_in_two_zones(self):
        """One server's no does not keep the other zone from its update."""
        conf = self.small()
        conf.write_text(conf.read_text().replace(
            "zones = (", """zones = (
{ name = "elsewhere.example"; key = "ddnsgate";
  servers = [ "127.0.0.1@%d" ]; },""" % self.dns.port).replace(
                '"h1", "h2", "www"',
                f'"h3.{ZONE}", "h3.elsewhere.example"'))
        run = ctl("update", "bob", "192.0.2.3", conf=conf)
        self.assertEqual(run.returncode, 1)
        self.assertIn("zone elsewhere.example: ", run.stderr)
        self.assertIn(f"h3.{ZONE} A: had none, now 192.0.2.3", run.stdout)
        self.assertEqual(self.dns.addresses("h3", "A"), ["192.0.2.3"])

    def test_check_changes_nothing(self):
        conf = self.small()
        serial = self.serial()
        self.live(conf)
        self.assertEqual(self.serial(), serial)

    def serial(self):
        return self.dns.ask(ZONE, "SOA").answer[0][0].serial

    def test_update_and_show(self):
        conf = self.small()
        self.assertEqual(self.done("show", "h1", conf=conf),
                         f"h1.{ZONE}  no address  zone {ZONE}\n")
        text = self.done("update", "bob", "h1", "192.0.2.7", "2001:db8::7",
                         conf=conf)
        self.assertRegex(text, rf"""zone {ZONE}, key ddnsgate
  query   127.0.0.1@{self.dns.port}  3 messages, \d+ bytes, [\d.]+ ms: answered
  query   127.0.0.1@{self.dns.port}  2 messages, \d+ bytes, [\d.]+ ms: answered
  UPDATE  127.0.0.1@{self.dns.port}  1 message, \d+ bytes, [\d.]+ ms: answered
  query   127.0.0.1@{self.dns.port}  2 messages, \d+ bytes, [\d.]+ ms: answered
  answer  NOERROR, signed with the same key
  h1.{ZONE} A: had none, now 192.0.2.7 with TTL 60
  h1.{ZONE} AAAA: had none, now 2001:db8::7 with TTL 60
""")
        self.assertEqual(self.dns.addresses("h1", "A"), ["192.0.2.7"])
        self.assertEqual(self.done("show", f"H1.{ZONE}.", conf=conf), f"""\
h1.{ZONE}  60  A  192.0.2.7  zone {ZONE}  server 127.0.0.1@{self.dns.port}
h1.{ZONE}  60  AAAA  2001:db8::7  zone {ZONE}  server 127.0.0.1@{self.dns.port}
""")
        text = self.done("update", "bob", "h1", "192.0.2.7", conf=conf)
        self.assertNotIn("UPDATE", text)
        self.assertIn("A: had 192.0.2.7, and keeps 192.0.2.7", text)
        self.assertIn("AAAA: left as it is", text)
        text = self.done("update", "bob", "h1", "2001:db8:1:2::/64", conf=conf)
        self.assertIn("had 2001:db8::7, now 2001:db8:1:2::7", text)
        text = self.done("update", "--offline", "bob", "h1", conf=conf)
        self.assertIn("A: had 192.0.2.7, now none", text)
        self.assertEqual(self.dns.addresses("h1", "A"), [])
        self.assertEqual(self.dns.addresses("h1", "AAAA"), [])

    def txt(self, dns_server, host):
        """What DNS has for its certificates."""
        reply = dns_server.ask(f"_acme-challenge.{host}.{ZONE}", "TXT")
        return sorted(text.decode() for rrset in reply.answer
                      for record in rrset for text in record.strings)

    def test_update_txt_and_show(self):
        name = f"_acme-challenge.h1.{ZONE}"
        with self.acme_server() as dns_server, Small(
                dns_server, acme=True) as small:
            def update(*args):
                return self.done("update", "bob", "h1", *args, conf=small.conf)

            where = f"zone {ZONE}  server 127.0.0.1@{dns_server.port}\n"
            update("192.0.2.7")
            addresses = self.done("show", "h1", conf=small.conf)
            self.assertIn(f"{name}  no TXT record  zone {ZONE}\n", addresses)
            self.assertRegex(update("--txt", VALUE), rf"""zone {ZONE}, key ddnsgate
  query   127.0.0.1@{dns_server.port}  2 messages, \d+ bytes, [\d.]+ ms: answered
  UPDATE  127.0.0.1@{dns_server.port}  1 message, \d+ bytes, [\d.]+ ms: answered
  query   127.0.0.1@{dns_server.port}  2 messages, \d+ bytes, [\d.]+ ms: answered
  answer  NOERROR, signed with the same key
  {name} TXT: had 0 records, now 1
\Z""")
            self.assertEqual(self.txt(dns_server, "h1"), [VALUE])
            again = update("--txt", VALUE)
            # It only asks whether a wildcard has made it.
            self.assertEqual(re.findall(r"UPDATE .* ms: (.*)", again),
                             ["a prerequisite does not hold"])
            self.assertIn("had 1 record, this one is there\n", again)
            self.assertIn("had 1 record, now 2\n",
                          update("--txt", OTHER_VALUE))
            for asked in "h1", f"{name}.":
                shown = self.done("show", asked, conf=small.conf)
                for value in VALUE, OTHER_VALUE:
                    self.assertIn(f"\n{name}  -  TXT  {value}  {where}", shown)
            self.assertIn("now 1\n", update("--txt", VALUE, "--remove"))
            self.assertEqual(self.txt(dns_server, "h1"), [OTHER_VALUE])
            self.assertIn("this one is not there\n",
                          update("--txt", VALUE, "--remove"))
            self.assertIn("now 0\n", update("--txt", ".", "--remove"))
            self.assertIn("none is there\n", update("--txt", ".", "--remove"))
            self.assertEqual(self.done("show", "h1", conf=small.conf),
                             addresses)

    def test_update_txt_is_denied(self):
        with Small(self.dns, acme=True) as small:
            self.assertRegex(
                self.failed("update", "--txt", VALUE, "bob", "h1",
                            conf=small.conf), r"NOTAUTH|REFUSED|BADKEY")

    def test_show_txt_of_others(self):
        """What is no value, and what belongs to no host."""
        with self.many_server() as dns_server, Small(dns_server) as small:
            self.send(dns_server, lambda m: (
                m.add("_acme-challenge.other", 60, "TXT", "evil\x1b[2J"),
                m.add("_acme-challenge.other", 60, "TXT", VALUE)))
            text = self.done("show", "other", conf=small.conf)
            self.assertIn(f".{ZONE}  -  TXT  (another text)  zone ", text)
            self.assertIn(f".{ZONE}  -  TXT  {VALUE}  zone ", text)
            self.assertNotIn("TXT", self.done("show", "h1", conf=small.conf))

    def test_update_txt_and_secondaries(self):
        """Here one is the same server, and nobody is at ::1."""
        rows = [
            ("127.0.0.1", 0, "\n  1 secondary has it, too\n", ""),
            ("::1", 1, "now 1\n", f"_acme-challenge.h1.{ZONE}: the secondary "
             "::1@%d does not have the record after 10 s\n"),
        ]
        with self.acme_server() as dns_server:
            for address, status, out, err in rows:
                small = self.enter(Small(dns_server, acme=True))
                place = f'servers = [ "127.0.0.1@{dns_server.port}" ];'
                small.conf.write_text(lab.substitute(small.conf.read_text(), {
                    place: f'{place} secondaries = [ "{address}@'
                    f'{dns_server.port}" ];'}))
                with self.subTest(address):
                    self.done("update", "--txt", ".", "--remove", "bob", "h1",
                              conf=small.conf)
                    run = ctl("update", "--txt", VALUE, "bob", "h1",
                              conf=small.conf)
                    self.assertEqual(run.returncode, status, run.stderr)
                    self.assertIn(out, run.stdout)
                    self.assertEqual(run.stderr, err and "ddnsgatectl: " + err
                                     % dns_server.port)
                    self.assertEqual(self.txt(dns_server, "h1"), [VALUE])

    def test_cname(self):
        conf = self.small()
        self.assertIn("CNAME", self.done("show", "www", conf=conf))
        self.assertIn("a CNAME is in the way",
                      self.failed("update", "bob", "www", "192.0.2.7",
                                  conf=conf))

    # What the printed policy allows.

    def send(self, dns_server, change):
        """Sends a signed UPDATE; gives whether it was taken."""
        message = dns.update.UpdateMessage(
            ZONE, keyring=dns.tsigkeyring.from_text(
                {"ddnsgate": ("hmac-sha256", dns_server.tsig_secret())}))
        change(message)
        try:
            reply = dns.query.udp(message, "127.0.0.1", port=dns_server.port,
                                  timeout=lab.PATIENCE_S)
        except dns.tsig.PeerBadKey:  # Knot DNS says no like this
            return False
        self.assertIn(reply.rcode(), (dns.rcode.NOERROR, dns.rcode.REFUSED))
        return reply.rcode() == dns.rcode.NOERROR

    policy_rows = [
        # name, change, is it allowed
        ("A", lambda m: m.replace("h1", 60, "A", "192.0.2.1"), True),
        ("AAAA", lambda m: m.replace("h1", 60, "AAAA", "2001:db8::1"), True),
        ("deep", lambda m: m.replace("a.b.h1", 60, "A", "192.0.2.1"), True),
        ("wildcard", lambda m: m.replace("*.h1", 60, "A", "192.0.2.1"), True),
        ("remove A", lambda m: m.delete("h1", "A"), True),
        ("TXT", lambda m: m.add("h1", 60, "TXT", "x"), False),
        ("CNAME", lambda m: m.add("h9", 60, "CNAME", "h1"), False),
        ("NS", lambda m: m.add("h1", 60, "NS", "h1"), False),
        ("A of the apex", lambda m: m.add("@", 60, "A", "192.0.2.1"), False),
        ("remove the apex", lambda m: m.delete("@"), False),
        ("remove a CNAME", lambda m: m.delete("www", "CNAME"), False),
        ("remove a name", lambda m: m.delete("www"), False),
    ]

    def test_policy(self):
        with self.policy_server() as dns_server:
            for name, change, allowed in (*self.policy_rows,
                                          self.policy_row_any):
                with self.subTest(name):
                    self.assertEqual(self.send(dns_server, change), allowed)
            with Small(dns_server) as small:
                self.assertEqual(self.live(small.conf), (["yes"] * 4, []))
                self.done("update", "bob", "h2", "192.0.2.2", conf=small.conf)
            self.assertEqual(dns_server.addresses("h2", "A"), ["192.0.2.2"])

    own_name_rows = [
        ("A", lambda m: m.replace("@", 60, "A", "192.0.2.1"), True),
        ("AAAA", lambda m: m.replace("@", 60, "AAAA", "2001:db8::1"), True),
        ("in one UPDATE", lambda m: (m.replace("@", 60, "A", "192.0.2.2"),
                                     m.replace("h1", 60, "A", "192.0.2.2")),
         True),
        ("remove A", lambda m: m.delete("@", "A"), True),
        ("TXT", lambda m: m.add("@", 60, "TXT", "x"), False),
        ("NS", lambda m: m.add("@", 60, "NS", "h1"), False),
        ("SOA", lambda m: m.add("@", 60, "SOA",
                                ". . 4000000000 1 1 1 1"), False),
        ("remove it", lambda m: m.delete("@"), False),
    ]

    def test_policy_for_the_zones_own_name(self):
        """The same as otherwise, and this name's addresses."""
        below = [row for row in self.policy_rows if "apex" not in row[0]]
        with self.own_name_server() as dns_server:
            for name, change, allowed in (
                    *below, self.policy_row_any, *self.own_name_rows):
                with self.subTest(name):
                    self.assertEqual(self.send(dns_server, change), allowed)
            with Small(dns_server, hosts=dns_server.hosts) as small:
                text = self.done("update", "bob", "h2", ZONE, "192.0.2.3",
                                 conf=small.conf)
            self.assertEqual(text.count("  UPDATE "), 1)
            self.assertEqual(dns_server.addresses("h2", "A"), ["192.0.2.3"])
            reply = dns_server.ask(ZONE, "A")
            self.assertEqual(str(reply.answer[0][0]), "192.0.2.3")

    acme_rows = [
        ("add", lambda m: m.add("_acme-challenge.h1", 60, "TXT", "x"), True),
        ("several", lambda m: (m.add("_acme-challenge.h1", 60, "TXT", "y"),
                               m.add("_acme-challenge.h2", 60, "TXT", "z")),
         True),
        ("remove one", lambda m: m.delete("_acme-challenge.h1", "TXT", "x"),
         True),
        ("remove all", lambda m: m.delete("_acme-challenge.h1", "TXT"), True),
        ("another type", lambda m: m.add("_acme-challenge.h1", 60, "NS", "h1"),
         False),
    ]
    acme_rows_by_name = [
        ("no host", lambda m: m.add("_acme-challenge.h9", 60, "TXT", "x"),
         False),
        ("below", lambda m: m.add("x._acme-challenge.h1", 60, "TXT", "x"),
         False),
        ("the zone's", lambda m: m.add("_acme-challenge", 60, "TXT", "x"),
         False),
    ]

    def test_policy_for_certificates(self):
        """The same as otherwise, and TXT records at these names only."""
        with self.acme_server() as dns_server:
            for name, change, allowed in (
                    *self.policy_rows, self.policy_row_any, *self.acme_rows,
                    *self.acme_rows_by_name):
                with self.subTest(name):
                    self.assertEqual(self.send(dns_server, change), allowed)

    def certificates(self, dns_server, **options):
        """What check --live says of them: the answer and the lines below."""
        with Small(dns_server, acme=True, **options) as small:
            run = ctl("check", "--live", conf=small.conf)
        found = re.findall(r"^  certificates    (yes|no\b.*)\n((?: {18}.*\n)*)",
                           run.stdout, re.MULTILINE)
        self.assertEqual(len(found), 1, run.stdout + run.stderr)
        self.assertEqual(run.returncode, found[0][0] != "yes")
        return found[0]

    def test_right_to_certificates(self):
        """Each name is asked about, and none is changed."""
        answer, why = self.certificates(self.dns)
        self.assertIn("no: ", answer)
        self.assertIn("ddnsgatectl policy", why)
        self.assertIn(f"asked for TXT records of _acme-challenge.h1.{ZONE}",
                      why)
        with self.acme_server() as dns_server:
            before = dns_server.ask(ZONE, "SOA").answer
            self.assertEqual(self.certificates(dns_server), ("yes", ""))
            answer, why = self.certificates(dns_server, hosts=(*HOSTS, "h9"))
            self.assertIn("no: ", answer)
            self.assertIn(f"_acme-challenge.h9.{ZONE}\n", why)
            self.assertEqual(dns_server.ask(ZONE, "SOA").answer, before)

    def test_no_right_to_certificates_is_asked_for(self):
        self.assertNotIn("certificates", self.done(
            "check", "--live", conf=self.small()))

    def test_negative_ttl(self):
        """The smaller one of the SOA record's TTL and last number."""
        for ttl, minimum, warned in ((3600, 300, ""), (3600, 301, "301"),
                                     (300, 3600, ""), (1800, 86400, "1800")):
            with self.subTest(ttl=ttl, minimum=minimum), \
                    slow(self.server, ttl, minimum) as dns_server, \
                    Small(dns_server) as small:
                run = ctl("check", "--live", conf=small.conf)
                self.assertEqual(run.returncode, 0, run.stdout)
                self.assertEqual(
                    re.findall(r"warning: \S+: for (\d+) s others", run.stderr),
                    [warned] if warned else [])

    def test_policy_for_many_certificates(self):
        below = [row for row in self.policy_rows if row[0] != "TXT"]
        with self.many_server() as dns_server:
            for name, change, allowed in (
                    *below, *self.acme_rows,
                    ("any", lambda m: m.add("x.h1", 60, "TXT", "x"), True),
                    ("apex", lambda m: m.add("@", 60, "TXT", "x"), False)):
                with self.subTest(name):
                    self.assertEqual(self.send(dns_server, change), allowed)

    def test_rate_limit(self):
        """How README exempts ddnsgate from one."""
        for exempt in False, True:
            with self.subTest(exempt=exempt), self.server(
                    words=self.rate_limit(exempt)) as dns_server:
                query = dns.message.make_query(f"h1.{ZONE}", "A")
                replies = [dns.query.udp(query, "127.0.0.1",
                                         port=dns_server.port,
                                         timeout=lab.PATIENCE_S)
                           for _ in range(100)]
                self.assertEqual(
                    any(reply.flags & dns.flags.TC for reply in replies),
                    not exempt)

    def test_policy_has_no_secret(self):
        conf = self.small()
        self.assertNotIn(self.dns.tsig_secret(),
                         self.done("policy", self.kind, conf=conf))

    def test_policy_without_key(self):
        run = ctl("policy", self.kind, conf=self.small(key=None))
        self.assertEqual(run.returncode, 1)
        self.assertIn(f"{ZONE} has no key", run.stderr)
        self.assertIn(f"{ZONE}: left out", run.stdout)


def policy_text(dns_server, kind, words):
    with Small(dns_server, hosts=dns_server.hosts,
               acme=dns_server.acme) as small:
        run = ctl("policy", kind, conf=small.conf)
    return lab.substitute(run.stdout, words)


class PolicyKnot(lab.Knot):
    """Runs with what ddnsgatectl prints, and what else it needs."""

    hosts = HOSTS
    acme = False

    def prepare(self):
        super().prepare()
        text = policy_text(self, "knot", {
            "/etc/knot/ddnsgate.key": self.key_file})
        self.conf.write_text(f"""\
server:
    listen: 127.0.0.1@{self.port}
    rundir: {self.folder}
database:
    storage: {self.folder}
template:
  - id: default
    storage: {self.folder}
    file: "%s.zone"
""" + text)
        lab.run(lab.program("knotc"), "-c", self.conf, "conf-check",
                stderr=subprocess.STDOUT)


class PolicyBind(lab.Bind):
    hosts = HOSTS
    acme = False

    def prepare(self):
        super().prepare()
        text = policy_text(self, "bind", {
            "/etc/bind/ddnsgate.key": self.key_file,
            "/var/lib/bind": self.folder})
        self.conf.write_text(f"""\
options {{
	directory "{self.folder}";
	pid-file "named.pid";
	session-keyfile "session.key";
	listen-on port {self.port} {{ 127.0.0.1; }};
	listen-on-v6 {{ none; }};
	recursion no;
	notify no;
}};
controls {{ }};
""" + text)
        lab.run(lab.program("named-checkconf"), "-z", self.conf)


class OwnNameKnot(PolicyKnot):
    """The zone's own name is a host."""

    hosts = (*HOSTS, ZONE)


class OwnNameBind(PolicyBind):
    hosts = (*HOSTS, ZONE)


class AcmeKnot(PolicyKnot):
    """All hosts may have certificates."""

    acme = True


class AcmeBind(PolicyBind):
    acme = True


class ManyKnot(AcmeKnot):
    """More than are named."""

    hosts = (*HOSTS, *(f"m{i}" for i in range(201)))


class ManyBind(AcmeBind):
    hosts = ManyKnot.hosts


class PolicyPowerDns(lab.Dns):
    """Is set up by what ddnsgatectl prints, and has one more key."""

    hosts = HOSTS
    acme = False
    zone_file = "knot/dyn.example.org.zone"
    schema = "/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql"

    def prepare(self):
        self.key_file = self.folder / "ddnsgate.key"
        self.key_file.write_text(f"hmac-sha256:ddnsgate:{OTHER_SECRET}\n")
        lines = policy_text(self, "powerdns", {}).splitlines()
        database = self.folder / "pdns.sqlite3"
        settings = lab.substitute("\n".join(
            line for line in lines if re.match(r"[a-z-]+=", line)),
            self.extra_words)
        (self.folder / "pdns.conf").write_text(settings + f"""
local-address=127.0.0.1
local-port={self.port}
socket-dir={self.folder}
launch=gsqlite3
gsqlite3-database={database}
security-poll-suffix=
""")
        lab.run("sqlite3", database, f".read {self.schema}")
        self.pdnsutil("load-zone", ZONE, lab.EXAMPLES / self.zone_file)
        self.pdnsutil("import-tsig-key", "other", "hmac-sha256", OTHER_SECRET)
        for line in lines:
            if line.startswith("pdnsutil "):
                self.pdnsutil(*line.split()[1:])
        secret = re.search("^ddnsgate. hmac-sha256. (.*)$",
                           self.pdnsutil("list-tsig-keys"), re.M)[1]
        self.key_file.write_text(f"hmac-sha256:ddnsgate:{secret}\n")

    def tsig_secret(self):
        return self.key_file.read_text().split(":")[2].strip()

    def pdnsutil(self, *args):
        return lab.run(lab.program("pdnsutil"), "--config-dir", self.folder,
                       *args, stderr=subprocess.STDOUT)

    def command(self):
        return [lab.program("pdns_server"), f"--config-dir={self.folder}",
                "--guardian=no", "--daemon=no", "--disable-syslog",
                "--write-pid=no"]


class LiveKnot(Live, Case):
    server = lab.Knot
    denying = [
        (DeafKnot, ["yes", "yes", "no", "not known"]),
        (NarrowKnot, ["yes", "yes", "yes", "no"]),
    ]

    @staticmethod
    def rate_limit(exempt):
        """What is above it is answered, but truncated (slip)."""
        return {"    acl: ddnsgate\n":
                "    acl: ddnsgate\n    module: mod-rrl/few\n",
                "zone:\n": "mod-rrl:\n  - id: few\n    rate-limit: 1\n"
                "    slip: 1\n" +
                ("    whitelist: 127.0.0.1\n" if exempt else "") + "zone:\n"}

    policy_server = PolicyKnot
    own_name_server = OwnNameKnot
    acme_server = AcmeKnot
    many_server = ManyKnot
    policy_row_any = ("remove a name that has A only",
                      lambda m: m.delete("a.b.h1"), False)
    kind = "knot"

    def test_no_store(self):
        """No probe can show this without a change; an update does."""
        with HomelessKnot() as dns_server, Small(dns_server) as small:
            self.assertEqual(self.live(small.conf), (["yes"] * 4, []))
            self.assertIn("SERVFAIL", self.failed(
                "update", "bob", "h1", "192.0.2.7", conf=small.conf))


class LiveBind(Live, Case):
    server = lab.Bind
    denying = [
        (StaticBind, ["yes", "yes", "yes", "no"]),
        (DeafBind, ["yes", "yes", "yes", "no"]),
        (NarrowBind, ["yes", "yes", "yes", "no"]),
    ]

    @staticmethod
    def rate_limit(exempt):
        clients = "exempt-clients { 127.0.0.1; }; " if exempt else ""
        return {"recursion no;": "recursion no; rate-limit { "
                "responses-per-second 1; slip 1; %s};" % clients}

    policy_server = PolicyBind
    own_name_server = OwnNameBind
    acme_server = AcmeBind
    many_server = ManyBind
    # The same as removing A and AAAA, hence no right more.
    policy_row_any = ("remove a name that has A only",
                      lambda m: m.delete("a.b.h1"), True)
    kind = "bind"

    def test_underscore(self):
        """What check warns of; README and ddnsgate.conf(5) say so, too."""
        with Small(self.dns, hosts=("my_host",)) as small:
            self.assertIn("my_host.dyn.example.org has an underscore",
                          ctl("check", conf=small.conf).stderr)
            self.assertIn("REFUSED", self.failed(
                "update", "bob", "192.0.2.7", conf=small.conf))
        tolerant = {"\tupdate-policy {": "\tcheck-names ignore;\n"
                    "\tupdate-policy {"}
        with lab.Bind(words=tolerant) as dns_server, Small(
                dns_server, hosts=("my_host",)) as small:
            self.done("update", "bob", "192.0.2.7", conf=small.conf)
            self.assertEqual(dns_server.addresses("my_host", "A"),
                             ["192.0.2.7"])


class LivePowerDns(Case):
    def test_policy(self):
        """What is printed is enough; without the key's line it is not."""
        with PolicyPowerDns() as dns_server, Small(dns_server) as small:
            serial = dns_server.ask(ZONE, "SOA").answer[0][0].serial
            self.assertIn("update allowed  yes", self.done(
                "check", "--live", conf=small.conf))
            self.done("update", "bob", "h1", "h2", "192.0.2.7",
                      conf=small.conf)
            self.assertEqual(dns_server.addresses("h2", "A"), ["192.0.2.7"])
            self.assertEqual(dns_server.ask(ZONE, "SOA").answer[0][0].serial,
                             serial + 1)
            with Small(dns_server, acme=True) as certified:
                self.assertIn("certificates    yes\n", self.done(
                    "check", "--live", conf=certified.conf))
            for options in ({"key": "other", "secret": OTHER_SECRET},
                            {"key": None}):
                with self.subTest(**options), Small(
                        dns_server, **options) as other:
                    self.assertIn("REFUSED", self.failed(
                        "update", "bob", "h1", "192.0.2.8", conf=other.conf))
            self.assertEqual(dns_server.addresses("h1", "A"), ["192.0.2.7"])

    refusals = [
        # settings of Small, a change of pdns.conf, and what is said
        ({"zone": "elsewhere.example"}, {}, "REFUSED"),
        ({}, {"dnsupdate=yes": "dnsupdate=no"}, "REFUSED"),
        ({}, {"127.0.0.0/8,::1": "192.0.2.1"}, "REFUSED"),
        ({"key": "stranger"}, {}, "unsigned NOTAUTH"),
        ({"secret": OTHER_SECRET}, {}, "unsigned NOTAUTH"),
    ]

    def test_refusals(self):
        """What README says of them."""
        for options, words, what in self.refusals:
            with self.subTest(**options, words=words), PolicyPowerDns(
                    words=words) as dns_server, Small(
                        dns_server, **options) as small:
                self.assertIn(what, self.failed(
                    "update", "bob", "h1", "192.0.2.8", conf=small.conf))

    def test_where_from(self):
        """Only from this machine, unless the server is another one."""
        with NoDns() as room, lab.Site(room) as site:
            self.assertIn("\nallow-dnsupdate-from=127.0.0.0/8,::1\n",
                          self.done("policy", "powerdns", conf=site.conf))
            site.edit("ddnsgate.conf", {
                f"127.0.0.1@{room.port}": "192.0.2.53"})
            self.assertIn("\n# allow-dnsupdate-from=",
                          self.done("policy", "powerdns", conf=site.conf))


if __name__ == "__main__":
    unittest.main()
