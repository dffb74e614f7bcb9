"""Started as root, ddnsgate becomes the user that the configuration names."""

import os
import pathlib
import shutil
import signal
import subprocess
import unittest

import lab
from lab import AS_ROOT, USER, Gate, Knot, Site, wait_until

SETTING = {'log       = "stderr";': f'log = "stderr"; user = "{USER.pw_name}";'}
GROUPS_OF_ROOT = [0, 4, 27]  # as a login of root's may have them


class RootGate(Gate):
    def __init__(self, *args):
        super().__init__(*args)
        self.identity = {"extra_groups": GROUPS_OF_ROOT}


def program(name):
    return pathlib.Path(os.environ["DDNSGATE_BINDIR"], name)


def hide(path, mode=0o600):
    os.chown(path, 0, 0)
    path.chmod(mode)


@unittest.skipUnless(AS_ROOT, "only root can become another user")
class User(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dns = cls.enterClassContext(Knot())

    def make_site(self, words=None):
        return self.enterContext(Site(self.dns, SETTING | (words or {})))

    def status(self, gate):
        text = pathlib.Path("/proc", str(gate.process.pid),
                            "status").read_text()
        return {line.split(":")[0]: line.split()[1:]
                for line in text.splitlines()}

    def start(self, site, *options):
        """A start that should fail; what it printed."""
        socket = site.folder / "never.sock"
        run = subprocess.run(
            [program("ddnsgate"), "-c", site.conf, *options,
             "-l", f"unix:{socket}"], stdin=subprocess.DEVNULL, text=True,
            capture_output=True, timeout=lab.PATIENCE_S)
        self.assertEqual(run.returncode, 1, run.stderr)
        self.assertFalse(socket.exists())
        return run.stderr

    def check(self, site, *options):
        return subprocess.run(
            [program("ddnsgatectl"), "-c", site.conf, "check", *options],
            text=True, capture_output=True, timeout=lab.PATIENCE_S)

    def test_becomes_the_user(self):
        site = self.make_site()
        state = site.folder / "state"
        state.mkdir()
        lab.give_to_www(state, 0o700)
        site.edit("ddnsgate.conf", {'// state_dir = "/var/lib/ddnsgate";':
                                    f'state_dir = "{state}";'})
        with RootGate(site) as gate:
            log = gate.start_log()
            status = self.status(gate)
            socket = gate.socket_path.stat()
            owners = {(path.stat().st_uid, path.stat().st_gid)
                      for path in state.iterdir()}
            reply = gate.ask(f"/{site.secrets['try']}", ip="192.0.2.77")
            site.add_client("bob", "bob")
            wait_until(lambda: "reload: 1 zones" in gate.log_text(), "reload")
        own = [str(USER.pw_uid)] * 4
        self.assertEqual(status["Uid"], own)
        self.assertEqual(status["Gid"], [str(USER.pw_gid)] * 4)
        self.assertEqual(
            {int(group) for group in status["Groups"]},
            set(os.getgrouplist(USER.pw_name, USER.pw_gid)))
        for kind in "CapInh", "CapPrm", "CapEff":
            self.assertEqual(int(status[kind][0], 16), 0, kind)
        self.assertEqual((socket.st_uid, socket.st_gid, socket.st_mode & 0o777),
                         (USER.pw_uid, USER.pw_gid, 0o660))
        self.assertEqual(owners, {(USER.pw_uid, USER.pw_gid)})
        self.assertIn("good", str(reply))
        self.assertNotIn("started as root", log)
        self.assertIn(f" user={USER.pw_name} ", log)
        self.assertRegex(log, r"ddnsgate: info: started: version=\S+ "
                         rf"listen=unix:{gate.socket_path} zones=1 "
                         r"clients=\d+ hosts=\d+ threads=\d+ ")

    def test_key_that_only_root_can_read(self):
        site = self.make_site()
        for name in "tsig.key", "clients.list", "ddnsgate.conf":
            path = site.folder / name
            before = path.stat()
            hide(path)
            with self.subTest(name):
                for options in (), ("-n",):
                    log = self.start(site, *options)
                    self.assertIn(str(path), log)
                    self.assertIn("Permission denied", log)
                told = self.check(site)
                self.assertEqual(told.returncode, 1)
                line = f"{path}: the user {USER.pw_name} cannot read it"
                self.assertIn(line, told.stderr)
                self.assertIn("1 error,", told.stdout)
                os.chown(path, 0, USER.pw_gid)
                path.chmod(0o640)
                told = self.check(site)
                self.assertEqual(told.returncode, 0, told.stderr)
                with RootGate(site) as gate:
                    gate.start_log()
            os.chown(path, before.st_uid, before.st_gid)

    def test_folder_that_only_root_can_read(self):
        site = self.make_site()
        hide(site.folder / "clients.d", 0o700)
        self.assertIn(str(site.folder / "clients.d"), self.start(site))
        self.assertIn("cannot read it", self.check(site).stderr)
        # Whose names can be read, but no file in it
        (site.folder / "clients.d").chmod(0o744)
        for path in (site.folder / "clients.d").iterdir():
            path.unlink()
        self.assertIn(f"{site.folder}/clients.d: the user {USER.pw_name} "
                      "cannot read it", self.check(site).stderr)

    def test_check_for_any_user(self):
        site = self.enterContext(Site(self.dns))
        hide(site.folder / "tsig.key")
        self.assertEqual(self.check(site).returncode, 0)
        told = self.check(site, "--user", USER.pw_name)
        self.assertIn(f"{site.folder}/tsig.key: the user {USER.pw_name} "
                      "cannot read it", told.stderr)
        self.assertEqual(told.returncode, 1)
        self.assertEqual(self.check(site, "--user", "root").returncode, 0)
        told = self.check(site, "--user", "no-such-user")
        self.assertEqual(told.returncode, 1)
        self.assertIn("no-such-user: there is no such user", told.stderr)

    CHANGED = "reload: user is that of the start: restart ddnsgate"

    def reload(self, site, gate, old, new):
        """What the log says of another user in the configuration."""
        before = len(gate.log_text())
        site.edit("ddnsgate.conf", {old: new})
        wait_until(lambda: "reload: 1 zones" in gate.log_text()[before:],
                   "a reload")
        gate.ask("/health")
        # What follows that line is there before the next one at the latest.
        second = len(gate.log_text())
        gate.process.send_signal(signal.SIGHUP)
        wait_until(lambda: "reload: 1 zones" in gate.log_text()[second:],
                   "the next reload")
        return gate.log_text()[before:]

    def test_another_user_at_a_reload(self):
        """Needs a restart, and is told."""
        site = self.make_site()
        other = SETTING["log       = \"stderr\";"].replace(
            USER.pw_name, "daemon")
        own = other.replace("daemon", USER.pw_name)
        with RootGate(site) as gate:
            gate.start_log()
            self.assertIn(self.CHANGED, self.reload(site, gate, own, other))
            self.assertEqual(self.status(gate)["Uid"], [str(USER.pw_uid)] * 4)
            self.assertIn(self.CHANGED, self.reload(
                site, gate, other, 'log = "stderr";'))
            back = self.reload(site, gate, 'log = "stderr";', own)
            self.assertNotIn(self.CHANGED, back.split("\n", 1)[1])

    def test_cgi(self):
        """What root starts, too: its files are the user's, and each process
        can go on with those of the one before."""
        site = self.make_site()
        state = site.folder / "state"
        state.mkdir()
        lab.give_to_www(state, 0o700)
        site.edit("ddnsgate.conf", {'// state_dir = "/var/lib/ddnsgate";':
                                    f'state_dir = "{state}";'})
        for address in "192.0.2.7", "192.0.2.8":
            run = subprocess.run(
                [program("ddnsgate")], stdin=subprocess.DEVNULL, text=True,
                capture_output=True, timeout=lab.PATIENCE_S, cwd="/",
                env={"DDNSGATE_CONF": str(site.conf),
                     "GATEWAY_INTERFACE": "CGI/1.1",
                     "REQUEST_METHOD": "GET", "REMOTE_ADDR": "127.0.0.1",
                     "SCRIPT_NAME": f"/{site.secrets['try']}",
                     "QUERY_STRING": f"ip={address}"})
            self.assertTrue(run.stdout.endswith(f"good {address}"),
                            run.stdout + run.stderr)
            self.assertNotIn("state_dir", run.stderr)
        self.assertEqual(
            {(path.name, path.stat().st_uid, path.stat().st_gid)
             for path in state.iterdir()},
            {(name, USER.pw_uid, USER.pw_gid)
             for name in ("counters", "limits", "seen")})

    def test_check_by_another_user(self):
        """Who is not root can tell it of himself only."""
        site = self.enterContext(Site(self.dns))
        copy = shutil.copy(program("ddnsgatectl"), site.folder)
        for name, status in (USER.pw_name, 0), ("daemon", 1):
            told = subprocess.run(
                [copy, "-c", site.conf, "check", "--user", name], text=True,
                capture_output=True, timeout=lab.PATIENCE_S,
                **lab.www_identity())
            self.assertEqual(told.returncode, status, told.stderr)
            self.assertEqual("user daemon: only root can check" in told.stderr,
                             status == 1)

    def test_users_that_cannot_be(self):
        for name, why in ("no-such-user", "there is no such user"), (
                "root", "cannot become this user for good"):
            with self.subTest(name):
                site = self.enterContext(Site(self.dns, {
                    'log       = "stderr";':
                    f'log = "stderr"; user = "{name}";'}))
                self.assertIn(f"user: {name}: {why}", self.start(site))

    def test_ignored_by_others(self):
        """As under systemd, with User=."""
        site = self.enterContext(Site(self.dns, {
            'log       = "stderr";': 'log = "stderr"; user = "daemon";'}))
        with Gate(site) as gate:
            gate.start_log()
            self.assertEqual(self.status(gate)["Uid"][0], str(USER.pw_uid))
            self.assertNotIn(self.CHANGED, self.reload(
                site, gate, 'user = "daemon"', 'user = "bin"'))


if __name__ == "__main__":
    unittest.main()
