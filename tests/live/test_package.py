#!/usr/bin/python3
"""The Debian package: what lintian says, and what installing, upgrading,
removing, purging and installing it again leave in a throw-away root."""

import os
import pathlib
import re
import shutil
import subprocess
import unittest

from lab import AS_ROOT, PATIENCE_S, Room, ZONE, is_sanitized, program
from package_root import PATH, Root, is_possible

BUILD = pathlib.Path(os.environ["DDNSGATE_BINDIR"]).resolve().parent
CONF = "/etc/ddnsgate/ddnsgate.conf"
EVENTS = "/etc/ddnsgate/events.d"
EVENTS_WANTED = "/etc/systemd/system/sockets.target.wants/ddnsgate-events.socket"
LACKING = [name for name in ("cpack", "dpkg-deb", "dpkg-shlibdeps", "file")
           if shutil.which(name) is None]
STEPS = "There is no zone yet.  First:"
ZONED = f'''zones = ( {{ name = "{ZONE}"; servers = [ "127.0.0.1@53" ]; }} );
clients_dir = "clients.d";
state_dir = "/var/lib/ddnsgate";
'''
# As bash does it at the tab key, but for options of "complete".
COMPLETE = """
source "/usr/share/bash-completion/completions/$1"
compopt() { :; }
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
set -- "$1" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
read -ra words < <(complete -p "$1")
"${words[2]}" "$@"
printf '%s\\n' "${COMPREPLY[@]}"
"""
# Of other packages: what they remember of all that was ever installed, and
# the user, which Debian keeps (see postrm).
OTHERS = re.compile(r"/(var/(lib/dpkg|log|cache)/|var/lib/systemd/deb-systemd-"
                    r"(helper|user-helper)-(en|mask)|"
                    r"etc/(passwd|group|g?shadow|subuid|subgid)-?$|"
                    r"etc/\.pwd\.lock$)")


def make_package(folder):
    """cpack, as in the README; gives the package's path."""
    subprocess.run([program("cpack"), "-G", "DEB", "-B", folder], cwd=BUILD,
                   check=True, timeout=10 * PATIENCE_S,
                   stdout=subprocess.DEVNULL)
    (package,) = folder.glob("*.deb")
    return package


def make_next(package, folder):
    """The same as a later version, with another line in its conffile."""
    tree = folder / "next"
    subprocess.run(["dpkg-deb", "-R", package, tree], check=True)
    for path, old, new in ((tree / "DEBIAN/control", "Version: ",
                            "Version: 9."),
                           (tree / CONF[1:], "zones = (",
                            "// new\nzones = (")):
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
    made = folder / "next.deb"
    subprocess.run(["dpkg-deb", "-b", tree, made], check=True,
                   stdout=subprocess.DEVNULL)
    return made


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if LACKING:
            raise unittest.SkipTest(f"needs {' '.join(LACKING)}")
        if is_sanitized():
            raise unittest.SkipTest("no package of a build with sanitizers")
        cls.room = cls.enterClassContext(Room())
        cls.package = make_package(cls.room.folder)


class Contents(Package):
    @unittest.skipUnless(shutil.which("lintian"), "needs lintian")
    def test_lintian(self):
        done = subprocess.run(
            ["lintian", "--allow-root", "--fail-on=error,warning",
             self.package], text=True, capture_output=True,
            timeout=PATIENCE_S)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def field(self, name):
        return subprocess.run(["dpkg-deb", "-f", self.package, name],
                              text=True, check=True,
                              stdout=subprocess.PIPE).stdout.strip()

    def test_fields(self):
        version = self.field("Version")
        self.assertEqual(
            self.package.name,
            f"ddnsgate_{version}_{self.field('Architecture')}.deb")
        for library in ("libc6", "libldns3", "libfcgi0ldbl", "libseccomp2",
                        "libhiredis0.14", "liblmdb0"):
            self.assertIn(library, self.field("Depends"))
        tree = self.room.folder / "tree"
        subprocess.run(["dpkg-deb", "-x", self.package, tree], check=True)
        changes = subprocess.run(
            ["gzip", "-dc", tree / "usr/share/doc/ddnsgate/changelog.gz"],
            text=True, check=True, stdout=subprocess.PIPE).stdout
        self.assertTrue(changes.startswith(f"ddnsgate ({version}) "))

    def test_scripts_are_valid(self):
        for name in "postinst", "prerm", "postrm":
            text = subprocess.run(
                ["dpkg-deb", "-I", self.package, name], check=True,
                stdout=subprocess.PIPE).stdout
            with self.subTest(name):
                subprocess.run(["sh", "-n"], input=text, check=True)
                self.assertNotIn(b"@", text)


@unittest.skipUnless(AS_ROOT and is_possible(),
                     "only root, with overlayfs, can make a throw-away root")
class Installed(Package):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.next = make_next(cls.package, cls.room.folder)

    def setUp(self):
        self.root = self.enterContext(Root())
        # One that this machine has.
        self.root.run("sh", "-c", "dpkg --purge ddnsgate 2>&1; "
                      "userdel ddnsgate 2>&1; rm -rf /etc/ddnsgate")
        # A service's start is not tested here.
        self.root.run("rm", "-f", "/usr/sbin/policy-rc.d")
        # Nor are manual pages looked up.
        self.root.run("rm", "-f", "/var/lib/dpkg/info/man-db.postinst",
                      "/var/lib/dpkg/info/man-db.triggers",
                      "/var/lib/dpkg/triggers/File")
        self.root.put(self.package, "/package.deb")
        self.root.put(self.next, "/next.deb")

    def dpkg(self, *args, **options):
        return self.root.run("dpkg", "--force-confdef", "--force-confold",
                             *args, **options)

    def install(self, path="/package.deb", **options):
        return self.dpkg("-i", path, **options)

    def files(self):
        found = self.root.run("find", "/etc", "/usr", "/var", "/run", "/opt",
                              "/home", "/root", "/srv", "-xdev")
        return {path for path in found.splitlines() if not OTHERS.match(path)}

    def stat(self, path):
        return self.root.run("stat", "-c", "%a %U:%G", path).strip()

    def ctl(self, *args, **options):
        return self.root.try_run("ddnsgatectl", *args, **options)

    def add_client(self):
        """After a first zone, as the administrator does; gives its secret."""
        self.root.run("sh", "-c", f"cat >{CONF}", input=ZONED)
        done = self.ctl("add", "lars", "home")
        return re.search(r"^secret: (\w+)$", done.stdout, re.MULTILINE)[1]

    OWNERS = (
        ("/etc/ddnsgate", "750 root:ddnsgate"),
        (CONF, "640 root:ddnsgate"),
        ("/etc/ddnsgate/clients.d", "2750 root:ddnsgate"),
        ("/etc/ddnsgate/events.d", "755 root:root"),
        ("/var/lib/ddnsgate", "700 ddnsgate:ddnsgate"),
        ("/usr/sbin/ddnsgate", "755 root:root"),
        ("/usr/sbin/ddnsgatectl", "755 root:root"),
        ("/lib/systemd/system/ddnsgate.service", "644 root:root"),
        ("/lib/systemd/system/ddnsgate.socket", "644 root:root"),
        ("/usr/sbin/ddnsgate-events", "755 root:root"),
        ("/lib/systemd/system/ddnsgate-events.service", "644 root:root"),
        ("/lib/systemd/system/ddnsgate-events.socket", "644 root:root"),
        ("/usr/lib/sysusers.d/ddnsgate.conf", "644 root:root"),
        ("/usr/share/man/man8/ddnsgatectl.8.gz", "644 root:root"),
        ("/usr/share/bash-completion/completions/ddnsgatectl",
         "644 root:root"),
        ("/usr/share/doc/ddnsgate/copyright", "644 root:root"),
        ("/usr/share/doc/ddnsgate/examples/ddnsgate.conf", "644 root:root"),
    )

    def assert_owners(self):
        for path, wanted in self.OWNERS:
            with self.subTest(path):
                self.assertEqual(self.stat(path), wanted)

    def test_install(self):
        self.install()
        self.assert_owners()
        for user in "ddnsgate", "ddnsgate-events":
            self.assertRegex(self.root.run("getent", "passwd", user),
                             r":/nonexistent:/usr/sbin/nologin$")
        self.assertEqual(self.root.run("ls", "-A", EVENTS), "")

    def test_configuration_is_valid(self):
        """And the service's user can read it."""
        self.install()
        done = self.ctl("check")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(" 0 errors, 1 warning\n", done.stdout)
        self.assertIn(STEPS, done.stdout)
        self.assertRegex(done.stderr, r"^warning: .*zones: is empty.*\n$")
        self.assertIn("valid", self.root.run(
            "setpriv", "--reuid=ddnsgate", "--regid=ddnsgate",
            "--clear-groups", "ddnsgate", "-n"))

    def test_what_ddnsgatectl_makes(self):
        self.install()
        self.add_client()
        self.assertEqual(self.stat("/etc/ddnsgate/clients.d/lars.conf"),
                         "640 root:ddnsgate")

    def test_commented_settings_are_right(self):
        """What is behind // in the configuration is valid, too."""
        self.install()
        text, count = re.subn(r"(?m)^//( \w+ *= .*;|  .*)$", r"\1",
                              self.root.run("cat", CONF))
        self.assertGreater(count, 5)
        self.root.run("sh", "-c", f"cat >{CONF}", input=text)
        self.root.write("/etc/ddnsgate/tsig.key", "key ddnsgate { algorithm "
                        "hmac-sha256; secret \"c2VjcmV0c2VjcmV0\"; };\n",
                        "640")
        self.root.run("chgrp", "ddnsgate", "/etc/ddnsgate/tsig.key")
        done = self.ctl("check")
        self.assertEqual(done.returncode, 0, done.stderr + text)
        self.assertIn("1 zone, 1 key, 0 clients", done.stdout)

    def test_units(self):
        self.install()
        self.root.run("systemd-analyze", "verify", "--man=no",
                      "ddnsgate.socket", "ddnsgate.service",
                      "ddnsgate-events.socket", "ddnsgate-events.service")
        for link in ("sockets.target.wants/ddnsgate.socket",
                     "multi-user.target.wants/ddnsgate.service"):
            self.assertTrue(self.root.exists(f"/etc/systemd/system/{link}"))

        # Without the setting events nobody sends any.
        self.assertFalse(self.root.exists(EVENTS_WANTED))

    def test_events_units(self):
        """Who has enabled them, by the README's command, keeps them through an
        upgrade, and a purge takes them and the programs."""
        before = self.files()
        self.install()
        self.root.run("systemctl", "enable", "ddnsgate-events.socket")
        self.root.write(f"{EVENTS}/mail", "#!/bin/sh\n", "755")
        self.install("/next.deb")
        self.assertTrue(self.root.exists(EVENTS_WANTED))
        self.assertEqual(self.stat(f"{EVENTS}/mail"), "755 root:root")
        self.dpkg("--remove", "ddnsgate")
        self.assertTrue(self.root.exists(f"{EVENTS}/mail"))
        self.dpkg("--purge", "ddnsgate")
        self.assertEqual(sorted(self.files() ^ before), [])

    def test_what_the_programs_see(self):
        """As the unit has it: of /etc/ddnsgate events.d, and no keys."""
        self.install()
        self.root.write("/etc/ddnsgate/tsig.key", "")
        self.root.write(f"{EVENTS}/list",
                        "#!/bin/sh\nls -A /etc/ddnsgate /etc/ddnsgate/*\n",
                        "755")
        unit = self.root.run(
            "cat", "/lib/systemd/system/ddnsgate-events.service")
        over, options = re.search(
            r"(?m)^TemporaryFileSystem=(\S+):(\S+)$", unit).groups()
        kept = re.search(r"(?m)^BindReadOnlyPaths=-(\S+)$", unit)[1]
        # As systemd.exec(5) describes these two; here no systemd runs.
        script = (f"mkdir /kept && mount --bind {kept} /kept && "
                  f"mount -t tmpfs -o mode=0755 none {over} && "
                  f"mkdir {kept} && mount --bind /kept {kept} && "
                  f"mount -o remount,bind,ro {kept} && "
                  f"mount -o remount,{options} {over} && "
                  "exec setpriv --reuid=ddnsgate-events "
                  f"--regid=ddnsgate-events --clear-groups {kept}/list")
        self.assertEqual(
            self.root.run("unshare", "--mount", "sh", "-c", script),
            f"/etc/ddnsgate:\nevents.d\n\n{EVENTS}:\nlist\n")
        done = self.root.try_run(
            "setpriv", "--reuid=ddnsgate-events", "--regid=ddnsgate-events",
            "--clear-groups", f"{EVENTS}/list")
        self.assertIn("Permission denied", done.stderr)

    def test_units_that_were_disabled_stay_so(self):
        self.install()
        self.root.run("systemctl", "disable", "ddnsgate.socket",
                      "ddnsgate.service")
        self.install("/next.deb")
        for link in ("sockets.target.wants/ddnsgate.socket",
                     "multi-user.target.wants/ddnsgate.service"):
            self.assertFalse(self.root.exists(f"/etc/systemd/system/{link}"))

    def test_upgrade(self):
        """A conffile that is as it was is replaced."""
        self.install()
        self.install("/next.deb")
        self.assertIn("// new\n", self.root.run("cat", CONF))
        self.assert_owners()

    def test_upgrade_with_changes(self):
        self.install()
        self.add_client()
        changed = self.root.run("cat", CONF)
        # For Apache's mod_fcgid.
        self.root.run("chgrp", "-R", "www-data", "/etc/ddnsgate")
        self.install("/next.deb")
        self.assertEqual(self.root.run("cat", CONF), changed)
        self.assertIn("// new\n", self.root.run("cat", CONF + ".dpkg-dist"))
        self.assertEqual(self.stat("/etc/ddnsgate"), "750 root:www-data")
        self.assertEqual(self.stat(CONF), "640 root:www-data")
        self.assertIn("lars", self.ctl("list").stdout)

    def test_override_counts(self):
        self.install()
        self.root.run("dpkg-statoverride", "--update", "--add", "root", "root",
                      "0700", "/etc/ddnsgate")
        self.install("/next.deb")
        self.assertEqual(self.stat("/etc/ddnsgate"), "700 root:root")

    def test_remove_and_install_again(self):
        self.install()
        self.add_client()
        self.root.run("touch", "/var/lib/ddnsgate/kept")
        self.dpkg("--remove", "ddnsgate")
        self.assertFalse(self.root.exists("/usr/sbin/ddnsgate"))
        self.assertTrue(self.root.exists("/var/lib/ddnsgate/kept"))
        self.install()
        self.assert_owners()
        self.assertIn("lars", self.ctl("list").stdout)

    def test_purge(self):
        """Nothing is left, not even what was written afterwards."""
        before = self.files()
        self.install()
        self.add_client()
        self.root.write("/etc/ddnsgate/tsig.key", "")
        self.root.write(f"{EVENTS}/webhook.curl", "")
        self.root.write("/var/lib/ddnsgate/limits", "")
        self.dpkg("--purge", "ddnsgate")
        self.assertEqual(sorted(self.files() ^ before), [])
        self.install()
        self.assert_owners()

    def test_purge_after_remove(self):
        before = self.files()
        self.install()
        self.add_client()
        self.dpkg("--remove", "ddnsgate")
        self.dpkg("--purge", "ddnsgate")
        self.assertEqual(sorted(self.files() ^ before), [])

    def complete(self, *words):
        """What the completion of the last word offers, as bash asks it."""
        return set(self.root.run(
            "bash", "-c", COMPLETE, "bash", *words).split())

    def test_completion(self):
        self.install()
        self.add_client()
        commands = re.findall(r"(?m)^  ([a-z][a-z-]*) +\S",
                              self.ctl("help").stdout)
        self.assertEqual(self.complete("ddnsgatectl", ""),
                         {*commands, "help"})
        self.assertEqual(self.complete("ddnsgatectl", "help", "upd"),
                         {"update"})
        self.assertEqual(self.complete("ddnsgatectl", "rotate", "--"),
                         {"--drop-old", "--url", "--snippet", "--help"})
        self.assertEqual(self.complete("ddnsgatectl", "policy", ""),
                         {"knot", "bind", "powerdns"})
        self.assertIn("fritzbox", self.complete(
            "ddnsgatectl", "rotate", "--snippet", "fri"))
        self.assertEqual(self.complete(
            "ddnsgatectl", "rotate", "--snippet", "acme"),
            {"acme.sh", "acme-dns"})
        self.assertEqual(self.complete("ddnsgatectl", "rotate", ""), {"lars"})
        self.assertEqual(self.complete("ddnsgatectl", "-c", CONF, "show", ""),
                         {f"home.{ZONE}"})
        self.assertEqual(self.complete("ddnsgatectl", "-c", CONF[:-2]), {CONF})
        self.assertEqual(self.complete("ddnsgatectl", "add", ""), set())
        self.assertEqual(self.complete("ddnsgatectl", "import", CONF[:-2]),
                         {CONF})
        self.assertEqual(self.complete("ddnsgatectl", "import", "--"),
                         {"--replace", "--help"})
        self.assertEqual(self.complete("ddnsgate", "-"), set(re.findall(
            r"\[(-\w)", self.root.run("ddnsgate", "-h"))) |
            {"--version", "--help"})

    def test_completion_knows_each_option(self):
        """Each command has those that are offered, and there are no others."""
        self.install()
        offered = {}
        for command in self.complete("ddnsgatectl", "") - {"help"}:
            offered[command] = self.complete("ddnsgatectl", command, "--")
        every = set().union(*offered.values())
        self.assertLessEqual({"--live", "--url", "--drop-old"}, every)
        # After it, --help keeps the command from being run.
        script = 'for option; do printf "%s " "$option"; ' \
            'ddnsgatectl "$command" "$option" --help >/dev/null 2>&1; ' \
            'echo $?; done'
        for command, options in offered.items():
            with self.subTest(command):
                said = self.root.run("sh", "-c", script, "sh", *every,
                                     command=command)
                # What wants a value takes --help for it, and runs.
                values = {"--url", "--snippet", "--from", "--family",
                          "--days", "--user", "--txt", "--since"}
                self.assertEqual(
                    {line.split()[0] for line in said.splitlines()
                     if line.split()[1] != "2"} - values, options - values)

    def service_calls(self, *steps, active=True):
        """What the service manager is told, as if there were one."""
        self.root.run("mkdir", "-p", "/run/systemd/system")
        for name in "systemctl", "deb-systemd-invoke":
            self.root.write(f"/fake/{name}",
                            "#!/bin/sh\necho \"$*\" >>/fake/calls\n"
                            "case $* in *is-active*) "
                            f"{str(active).lower()} ;; esac\n", "755")
        for step in steps:
            self.root.write("/fake/calls", "")
            self.dpkg(*step, path="/fake:" + PATH)
        calls = self.root.run("cat", "/fake/calls").splitlines()
        self.assertIn("--system daemon-reload", calls)
        return [line for line in calls
                if not re.search("daemon-reload|preset|is-active", line)]

    def test_service_on_install(self):
        self.assertEqual(self.service_calls(("-i", "/package.deb"),
                                            active=False),
                         ["start ddnsgate.socket", "restart ddnsgate.service"])

    def test_service_on_upgrade(self):
        """The sockets stay open, with those who connect meanwhile; that of
        events is not opened, nor a program for it started, by us."""
        self.assertEqual(self.service_calls(("-i", "/package.deb"),
                                            ("-i", "/next.deb")),
                         ["start ddnsgate.socket", "restart ddnsgate.service",
                          "restart ddnsgate-events.service"])

    def test_service_on_remove(self):
        call, = self.service_calls(("-i", "/package.deb"),
                                     ("--remove", "ddnsgate"))
        self.assertEqual(sorted(call.split()),
                         ["ddnsgate-events.service", "ddnsgate-events.socket",
                          "ddnsgate.service", "ddnsgate.socket", "stop"])


if __name__ == "__main__":
    unittest.main()
