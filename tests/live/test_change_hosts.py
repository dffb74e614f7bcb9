#!/usr/bin/python3
"""ddnsgatectl add with options, add-host, remove-host, remove --offline."""

import re
import shutil
import unittest

import lab
from test_ctl import STORED, Case, WithSite, ctl

ZONE = lab.ZONE
BY_HAND = """\
# Bob's
clients = (
  {
    name = "bob"; allow_private = true;
    hosts : ( "bob", // his own
      { ttl = 300; name : "CAM"; families = [ "A" ]; },  /* hosts = "no"; */
      "x.%s." // the last
    );
    secret = "%s";
    change_burst = 7;
  }
)
""" % (ZONE, STORED)


class WithBob(WithSite):
    def hosts(self, client="bob"):
        """As ddnsgatectl reads them."""
        return re.findall(rf"^{client} +(\S+)\.{ZONE} ",
                          WithSite.done(self, "list"), re.MULTILINE)

    def write(self, text):
        self.site.write("clients.d/bob.conf", text)


class Options(WithBob):
    def test_add(self):
        self.add("bob", "bob", "--from", "192.0.2.0/24", "--private",
                 "--from", "2001:db8::/32", "--family", "AAAA")
        text = self.client_file("bob").read_text()
        self.assertIn('from = [ "192.0.2.0/24", "2001:db8::/32" ];\n', text)
        self.assertIn('families = [ "AAAA" ];\n', text)
        self.assertIn("allow_private = true; }\n", text)
        self.done("check")
        self.done("rotate", "bob")
        self.done("add-host", "bob", "cam")
        for line in text.splitlines()[-4:]:
            self.assertIn(line, self.client_file("bob").read_text())

    def test_acme(self):
        self.add("bob", "bob", "cam", "--acme")
        text = self.client_file("bob").read_text()
        self.assertIn("acme = true; }\n", text)
        self.done("add-host", "bob", "tv")
        policy = self.done("policy", "bind")
        for host in "bob", "cam", "tv":
            self.assertIn(f" name _acme-challenge.{host}.{ZONE}. TXT;", policy)
        # Nor may anybody else have a host below.
        before = self.files()
        self.assertIn("could be certified by acme of",
                      self.failed("add", "eve", "door.bob.dyn.example.org"))
        self.assertIn("could be certified by acme of",
                      self.failed("add", "--acme", "eve", f"x.tv.{ZONE}"))
        self.assert_unchanged(before)

    def test_acme_of_more_than_one_host(self):
        """What --acme does not do for such is said."""
        for hosts, warned in (
                (("cam", f"*.cam.{ZONE}"), []),
                ((f"*.door.{ZONE}",), [f"*.door.{ZONE}"]),
                ((ZONE, "tv"), [ZONE])):
            with self.subTest(hosts):
                run = ctl("add", "--acme", "bob", *hosts, conf=self.conf)
                self.assertEqual(run.returncode, 0, run.stderr)
                self.assertEqual(re.findall(
                    r"warning: (\S+) has no right to certificates",
                    run.stderr), warned)
                self.assertEqual(run.stderr.count("\n"), len(warned))
                self.client_file("bob").unlink()

    def test_both_families(self):
        self.add("bob", "bob", "--family", "A", "--family", "AAAA")
        self.assertIn('families = [ "A", "AAAA" ];',
                      self.client_file("bob").read_text())

    def test_refused(self):
        for args, what in (
                (("--from", "192.0.2.1/24"), '"192.0.2.1/24": allowed is'),
                (("--from", '0.0.0.0/0" ]; evil = [ "'), "allowed is"),
                (("--from", ""), "allowed is"),
                (("--family", "MX"), '"MX": allowed is --family A or AAAA')):
            with self.subTest(args=args):
                self.assertIn(what, self.failed(
                    "add", "bob", "bob", *args, status=2))
                self.assert_unchanged({})

    def test_families_twice(self):
        self.failed("add", "bob", "bob", *["--family", "A"] * 3)
        self.assert_unchanged({})


class Url(WithBob):
    def setUp(self):
        super().setUp()
        self.site.edit("ddnsgate.conf", {
            '// url = "https://ddns.example.org";':
            'url = "https://ddns.example.org/";',
            '// base_path = "/dyn";': 'base_path = "/dyn";'})

    def test_setting(self):
        for args in ("add", "bob", "bob"), ("rotate", "bob"):
            text = self.done(*args)
            secret = re.search(r"^secret: (\w+)$", text, re.MULTILINE)[1]
            self.assertIn(f"\nurl: https://ddns.example.org/dyn/{secret}\n",
                          text)
            self.assertIn(f'url = "https://ddns.example.org/dyn/{secret}"',
                          text)
        self.assertIn('url = "https://ddns.example.org/dyn/SECRET"',
                      self.done("snippet", "curl", "bob"))

    def test_option_goes_before(self):
        self.assertIn("http://[::1]:8080/dyn/SECRET", self.done(
            "snippet", "curl", "lars", "--url", "http://[::1]:8080"))


class AddHost(WithBob):
    def test_add(self):
        self.add("bob", "bob")
        text = self.done("add-host", "bob", "Cam.Dyn.Example.ORG.", "dan")
        self.assertIn(f"\ndan.{ZONE} is now a host of bob\n", text)
        self.assertEqual(self.hosts(), ["bob", "cam", "dan"])
        self.assertIn(f'"dan.{ZONE}" ); }}', self.client_file("bob").read_text())
        self.assertEqual(list(self.files()), ["bob.conf"])

    def test_all_else_stays(self):
        self.write(BY_HAND)
        self.done("add-host", "bob", "dan")
        self.assertEqual(
            re.sub(r"\s+", " ", self.client_file("bob").read_text()),
            re.sub(r"\s+", " ", BY_HAND.replace(
                "// the last", f', // the last\n "dan.{ZONE}"')).replace(
                    f'"x.{ZONE}." ,', f'"x.{ZONE}.",'))
        self.assertEqual(self.hosts(), ["bob", "cam", "x", "dan"])

    def test_access_is_kept(self):
        self.add("bob", "bob", "cam")
        path = self.client_file("bob")
        if lab.AS_ROOT:
            shutil.chown(path, lab.USER.pw_uid, lab.GROUP.gr_gid)
        path.chmod(0o604)
        before = path.stat()
        for args in ("add-host", "bob", "dan"), ("remove-host", "bob", "bob"):
            self.done(*args)
            after = path.stat()
            for what in "st_mode", "st_uid", "st_gid":
                self.assertEqual(getattr(after, what), getattr(before, what))

    forms = [
        # the setting, and whether this tool can change it
        ('( "bob" )', True), ('[ "bob" ]', True), ('( "bob", )', True),
        ('( { name = "bob"; } )', True), ('("bob"/* , */)', True),
        ('( "bob" # )\n )', True), ('( "b" "ob" )', False),
        ('( {ttl = 5; name = "bob"} )', True),
    ]

    def test_forms(self):
        for form, works in self.forms:
            text = ('clients = ( { name = "bob"; hosts = %s; secret = "%s"; '
                    "} );\n" % (form, STORED))
            with self.subTest(form):
                self.write(text)
                if ctl("check", conf=self.conf).returncode != 0:
                    self.skipTest("this libconfig does not read it")
                if works:
                    self.done("add-host", "bob", "cam", "dan")
                    self.assertEqual(self.hosts(), ["bob", "cam", "dan"])
                    self.done("remove-host", "bob", "bob", "dan")
                    self.assertEqual(self.hosts(), ["cam"])
                else:
                    self.assertIn("by hand",
                                  self.failed("add-host", "bob", "cam"))
                    self.assertEqual(self.client_file("bob").read_text(),
                                     text)

    def test_refused(self):
        self.add("bob", "bob")
        before = self.files()
        rows = [
            (("bob", "bob"), f"bob.{ZONE} is a host of bob already"),
            (("bob", "BOB.dyn.example.org."), "is a host of bob already"),
            (("bob", "cam", "cam"), "is given twice"),
            (("bob", "cam.example.com"), "is in none of the zones"),
            (("bob", 'c"; evil = "'), "evil"),
            (("bob", "-cam"), "-cam"),
            (("nobody", "cam"), 'there is no client "nobody"'),
            (("lars", "cam"), str(self.conf)),
            (("anna", "cam"), "clients.list"),
        ]
        for args, what in rows:
            with self.subTest(args=args):
                self.assertIn(what, self.failed("add-host", "--", *args))
                self.assert_unchanged(before)

    def test_too_long(self):
        self.add("bob", "bob")
        before = self.files()
        hosts = [f"{'x' * 60}{i:03}.{'y' * 60}" + f".{ZONE}"
                 for i in range(500)]
        self.assertIn("65535 bytes", self.failed("add-host", "bob", *hosts))
        self.assert_unchanged(before)

    def test_several_zones(self):
        self.add("bob", "bob")
        self.add_zone()
        self.assertIn("give the full name",
                      self.failed("add-host", "bob", "cam"))
        self.done("add-host", "bob", "cam.second.example")
        self.assertIn('"cam.second.example"',
                      self.client_file("bob").read_text())


class RemoveHost(WithBob):
    def test_remove(self):
        self.add("bob", "bob", "cam", "dan", "eve")
        text = self.done("remove-host", "bob", "cam", f"EVE.{ZONE}.", "cam")
        self.assertIn(f"cam.{ZONE} is no host of bob any more; its records "
                      "stay in DNS\n", text)
        self.assertEqual(self.hosts(), ["bob", "dan"])
        self.assertIn(f'hosts = ( "bob.{ZONE}",\n              "dan.{ZONE}" );',
                      self.client_file("bob").read_text())

    def test_all_else_stays(self):
        for host, words in (
                ("bob", {'"bob", // his own\n': "// his own\n"}),
                ("cam", {'{ ttl = 300; name : "CAM"; families = [ "A" ]; },':
                         ""}),
                ("x", {"; },  /*": "; }  /*", f'"x.{ZONE}." //': "//"})):
            with self.subTest(host):
                self.write(BY_HAND)
                self.done("remove-host", "bob", host)
                self.assertEqual(
                    re.sub(r"\s+", " ", self.client_file("bob").read_text()),
                    re.sub(r"\s+", " ", lab.substitute(BY_HAND, words)))
                self.assertEqual(
                    self.hosts(),
                    [name for name in ("bob", "cam", "x") if name != host])

    def test_refused(self):
        self.write_client("bob", "bob", "cam.a", "cam.b")
        before = self.files()
        rows = [
            (("bob", "bob", "cam.a", "cam.b"), "would have no host left: "
             "'ddnsgatectl remove' removes it"),
            (("bob", "dan"), '"dan" is not a host of bob'),
            (("bob", "bob", "dan"), '"dan" is not a host of bob'),
            (("bob", "cam"), '"cam" fits several hosts of bob'),
            (("bob", ""), '"" is not a host of bob'),
            (("lars", "nas"), str(self.conf)),
        ]
        for args, what in rows:
            for option in (), ("--offline",):
                with self.subTest(args=args, option=option):
                    self.assertIn(what, self.failed(
                        "remove-host", *option, *args))
                    self.assert_unchanged(before)

    def write_client(self, client, *hosts):
        self.site.add_client(client, *(f"{host}.{ZONE}" for host in hosts))

    def test_dns_fails(self):
        """Nobody listens there."""
        self.write_client("bob", "bob", "cam")
        before = self.files()
        diagnostic = self.failed("remove-host", "--offline", "bob", "cam")
        self.assertIn("cannot be reached", diagnostic)
        self.assertIn("bob keeps these hosts", diagnostic)
        self.assertIn("bob is not removed",
                      self.failed("remove", "--offline", "bob"))
        self.assert_unchanged(before)


class Live:
    """With a DNS server."""

    def setUp(self):
        self.dns = self.enter(self.server())
        self.site = self.enter(lab.Site(self.dns))
        self.conf = self.site.conf

    def done(self, *args):
        return super().done(*args, conf=self.conf)

    def have(self, *names):
        return {name: self.dns.addresses(name, "A") +
                self.dns.addresses(name, "AAAA") for name in names}

    def test_offline(self):
        hosts = [f"h{i}" for i in range(25)]  # more than one request may have
        self.site.add_client("bob", *(f"{name}.{ZONE}" for name in hosts),
                             allow_offline=False)
        for some in hosts[:20], hosts[20:]:
            self.done("update", "bob", *some, "192.0.2.7", "2001:db8::7")
        text = self.done("remove-host", "--offline", "bob", "h3")
        self.assertIn(f"h3.{ZONE} A: had 192.0.2.7, now none", text)
        self.assertIn(f"h3.{ZONE} is no host of bob any more\n", text)
        self.assertEqual(self.have("h3", "h4"), {
            "h3": [], "h4": ["192.0.2.7", "2001:db8::7"]})
        self.assertIn("bob is removed\n", self.done(
            "remove", "--offline", "bob"))
        self.assertEqual(self.have(*hosts), {name: [] for name in hosts})
        self.assertEqual(list((self.site.folder / "clients.d").iterdir()), [])

    def test_without_it_records_stay(self):
        self.site.add_client("bob", f"h1.{ZONE}")
        self.done("update", "bob", "192.0.2.7")
        self.assertIn("bob is removed; its records stay in DNS\n",
                      self.done("remove", "bob"))
        self.assertEqual(self.have("h1"), {"h1": ["192.0.2.7"]})

    def test_certificates_only(self):
        """There is no address to remove, and that is no failure."""
        for host in f"h1.{ZONE}", f"*.h1.{ZONE}":
            with self.subTest(host):
                self.site.write("clients.d/bob.conf", f"""\
clients = ( {{ name = "bob"; secret = "{STORED}"; families = [ ];
              hosts = ( {{ name = "{host}"; acme = true; }} ); }} );
""")
                self.assertIn("bob is removed\n",
                              self.done("remove", "--offline", "bob"))

    def test_host_of_another_client(self):
        self.site.add_client("bob", f"h1.{ZONE}", f"h2.{ZONE}")
        self.site.add_client("cam", f"h1.{ZONE}")
        self.done("update", "bob", "192.0.2.7")
        self.assertIn(f"h1.{ZONE} keeps its addresses, as it is also a host "
                      "of cam\n", self.done("remove", "--offline", "bob"))
        self.assertEqual(self.have("h1", "h2"),
                         {"h1": ["192.0.2.7"], "h2": []})

    def test_families_that_are_not_the_hosts(self):
        """Rule: a family that was not ours is never touched."""
        self.site.add_client("bob", f"h1.{ZONE}")
        self.done("update", "bob", "192.0.2.7", "2001:db8::7")
        self.site.add_client("bob", f"h1.{ZONE}", families=["A"])
        self.done("remove", "--offline", "bob")
        self.assertEqual(self.have("h1"), {"h1": ["2001:db8::7"]})


class LiveKnot(Live, Case):
    server = lab.Knot


class LiveBind(Live, Case):
    server = lab.Bind




if __name__ == "__main__":
    unittest.main()
