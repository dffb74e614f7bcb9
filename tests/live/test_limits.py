#!/usr/bin/python3
"""Limits on clients and sources, over all processes that there are.

With state_dir they hold for all together, whoever is killed in between, from
within the sandbox; without, and when the folder cannot be used, for each
process alone, and every request is served.
"""

import concurrent.futures
import contextlib
import itertools
import json
import os
import pathlib
import re
import signal
import stat
import subprocess
import threading
import unittest

from faults import processes_of
from lab import (AS_ROOT, GROUP, PASSWORD, USER, WRONG, Apache, Gate, HeldDns,
                 Knot, Nginx, Site, curl, give_to_www, program, wait_until,
                 web_setup)

BURST = 12
STATE = '// state_dir = "/var/lib/ddnsgate";'
PROXIED = {'// trusted_proxies = [ "192.0.2.80/32" ];':
           'trusted_proxies = [ "127.0.0.1/32" ];'}
LIMITS = {"change_burst     = 10": f"change_burst = {BURST}",
          "change_interval  = 60": "change_interval = 86400",
          "failure_burst    = 20": f"failure_burst = {BURST}",
          "failure_interval = 60": "failure_interval = 86400"}
# Else it starts one process a second after the first few.
PATIENT_MOD_FCGID = {
    "</VirtualHost>": "</VirtualHost>\nFcgidSpawnScoreUpLimit 10000"}


class LimitedSite(Site):
    """state: what becomes of the folder before anybody uses it."""

    def __init__(self, dns_server, shared, words=None, state=None):
        shared_words = {STATE: 'state_dir = "state";'} if shared else {}
        super().__init__(dns_server,
                         {**LIMITS, **shared_words, **(words or {})})
        self.prepare_state = state or self.make_state

    def prepare(self):
        super().prepare()
        self.prepare_state()
        self.add_client("home", "h1", allow_private=True)

    @property
    def state(self):
        return self.folder / "state"

    def make_state(self):
        self.state.mkdir()
        give_to_www(self.state, 0o700)

    def no_state(self):
        pass

    def locked_state(self):
        self.state.mkdir()
        self.state.chmod(0o500)

    def spoil(self, at, size):
        """All that is counted, as a disk or file system that fails would."""
        for path in self.state.iterdir():
            with path.open("r+b") as spoilt:
                spoilt.seek(at)
                spoilt.write(os.urandom(size))


class TightGate(Gate):
    """Its files cannot become longer than two pages, as by `ulimit -f`.

    ThreadSanitizer starts with a larger file in TMPDIR and reads past its end.
    """

    def command(self):
        return [program("env"), "TMPDIR=/nonexistent",
                program("prlimit"), "--fsize=8192:", *super().command()]


class Caller:
    """Asks with an address of its own each time, one process or another."""

    def __init__(self, web, site):
        self.web = web
        self.site = site
        self.serial = itertools.count(1)

    def change(self, **options):
        address = f"10.1.{next(self.serial) % 250}.1"
        return curl(self.web.url(self.site.secrets["home"], ip=address),
                    **options)

    def fail(self, **options):
        return curl(self.web.url(WRONG), **options)

    def many(self, ask, count, at_once=8):
        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            return list(pool.map(lambda _: ask(), range(count)))


def has_ended(pid):
    """Its sockets are closed, too: its command line is gone earlier, and its
    first thread may end before the others, as under ThreadSanitizer."""
    process = pathlib.Path("/proc", str(pid))
    try:
        status = (process / "stat").read_text()
        threads = os.listdir(process / "task")
    except OSError:
        return True
    return status.rpartition(")")[2].split()[0] in "ZX" and len(threads) == 1


def statuses(replies):
    return sorted(reply.status for reply in replies)


class Limits(unittest.TestCase):
    @contextlib.contextmanager
    def caller(self, setup, shared=True, **options):
        with Knot() as dns, LimitedSite(dns, shared, **options) as site, \
                web_setup(setup, site) as web:
            yield Caller(web, site)

    def expect_limit(self, caller):
        """Both limits hold to the number, whichever process is asked."""
        self.assertEqual(statuses(caller.many(caller.change, BURST + 8)),
                         BURST * [200] + 8 * [503])
        self.assertEqual(statuses(caller.many(caller.fail, BURST + 8)),
                         BURST * [404] + 8 * [503])

    def test_all_processes_together(self):
        for setup in ("nginx", "mod_fcgid", "cgid"):
            with self.subTest(setup), self.caller(setup) as caller:
                self.expect_limit(caller)

    def test_one_process_after_the_other(self):
        with Knot() as dns, LimitedSite(dns, True) as site, \
                Apache("mod_fcgid", site=site,
                       words=PATIENT_MOD_FCGID) as web:
            caller = Caller(web, site)
            for ask in caller.change, caller.fail:
                for _ in range(BURST // 2):
                    self.assertNotEqual(ask().status, 503)
                self.kill_all(web)
                self.assertEqual(
                    statuses(ask() for _ in range(BURST))[BURST // 2:],
                    BURST // 2 * [503])

    def kill_all(self, web):
        child = web.folder / "sbin" / "ddnsgate"
        children = list(processes_of(child))
        self.assertTrue(children)
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: all(map(has_ended, children)), "they have ended")

    def test_each_process_alone(self):
        with self.caller("nginx", shared=False) as caller:
            self.expect_limit(caller)
        with self.caller("cgid", shared=False) as caller:
            replies = caller.many(caller.change, BURST + 8)
            self.assertEqual(statuses(replies), (BURST + 8) * [200])

    def test_several_at_once(self):
        """A process each for requests that wait for DNS, then strangers."""
        with Knot() as dns, HeldDns(dns) as held, \
                LimitedSite(held, True) as site, \
                Apache("mod_fcgid", site=site,
                       words=PATIENT_MOD_FCGID) as web:
            caller = Caller(web, site)
            child = web.folder / "sbin" / "ddnsgate"
            with concurrent.futures.ThreadPoolExecutor() as pool:
                waiting = pool.submit(caller.many, caller.change, 4)
                wait_until(lambda: len(set(processes_of(child))) >= 4,
                           "four processes")
                held.released.set()
                self.assertEqual(statuses(waiting.result()), 4 * [200])
            self.assertGreaterEqual(len(set(processes_of(child))), 3)
            self.assertEqual(
                statuses(caller.many(caller.fail, 5 * BURST)),
                BURST * [404] + 4 * BURST * [503])

    def test_mod_fcgid_alone(self):
        """What a process knew goes with it."""
        with Knot() as dns, LimitedSite(dns, False) as site, \
                Apache("mod_fcgid", site=site) as web:
            caller = Caller(web, site)
            wait_until(lambda: caller.fail().status == 503, "one is full")
            self.kill_all(web)
            wait_until(lambda: caller.fail().status == 404, "a new one asked")

    def test_restart(self):
        with Knot() as dns, LimitedSite(dns, True) as site, \
                Gate(site) as gate, Nginx(gate) as web:
            caller = Caller(web, site)
            for how in (signal.SIGTERM, signal.SIGKILL, signal.SIGKILL):
                caller.many(caller.change, BURST // 3)
                gate.stop(how)
                gate.start()
            self.assertEqual(caller.change().status, 503)

    def test_folder_stays_until_restart(self):
        with Knot() as dns, LimitedSite(dns, True) as site, \
                Gate(site) as gate, Nginx(gate) as web:
            caller = Caller(web, site)
            caller.many(caller.fail, BURST)
            site.edit("ddnsgate.conf", {'"state"': '"other"'})
            wait_until(lambda: "reload: state_dir is that of the start: "
                       "restart ddnsgate" in gate.log_text(), "it is told")
            self.assertEqual(caller.fail().status, 503)

    def test_killed_processes(self):
        """Also while they hold the lock; nothing fails for it but theirs."""
        limits = {key: value.replace(str(BURST), "200")
                  for key, value in LIMITS.items()}
        with Knot() as dns, LimitedSite(dns, True, limits) as site, \
                Apache("mod_fcgid", site=site,
                       words=PATIENT_MOD_FCGID) as web:
            caller = Caller(web, site)
            child = web.folder / "sbin" / "ddnsgate"
            with concurrent.futures.ThreadPoolExecutor(1) as pool:
                asking = pool.submit(caller.many, caller.fail, 300)
                killed = []
                while not asking.done():
                    for pid in processes_of(child):
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(pid, signal.SIGKILL)
                            killed.append(pid)
                        break
                    concurrent.futures.wait([asking], 0.2)
                got = statuses(asking.result())
            self.assertGreater(len(killed), 2)
            self.assertLessEqual(set(got), {404, 500, 503})
            # Who was killed had one request at most.
            self.assertLessEqual(got.count(404), 200)
            self.assertGreaterEqual(got.count(404), 200 - len(killed))
            # Nobody waits for the dead; but the dying may still be asked, and
            # Apache takes a while to know who has died.
            wait_until(lambda: all(map(has_ended, killed)), "they have ended")
            later = [500]
            while later[-1] == 500 and len(later) <= len(killed):
                later.append(caller.fail().status)
            self.assertEqual(later[-1], 503)

    def test_valid_secrets_get_in(self):
        with self.caller("nginx", words=PROXIED) as caller:
            site, web = caller.site, caller.web
            digest = subprocess.run(
                ["openssl", "passwd", "-6", "-stdin"], input=PASSWORD,
                text=True, check=True, capture_output=True).stdout.strip()
            site.write("clients.d/person.conf", f"""
clients = ( {{ name = "person"; secret = "{digest}"; hosts = ( "h2" );
               allow_private = true; }} );
""")
            wait_until(lambda: self.basic(web, "person", PASSWORD).status
                       == 200, "the person is known")
            caller.many(caller.fail, BURST + 3)
            self.assertEqual(caller.fail().status, 503)
            self.assertEqual(caller.change().status, 200)
            self.assertEqual(
                self.basic(web, "home", site.secrets["home"]).status, 200)
            self.assertEqual(self.basic(web, "person", PASSWORD).status, 200)
            self.assertEqual(self.basic(web, "person", "wrong").status, 503)
            for _ in range(BURST):  # the challenge is no failure
                self.assertEqual(
                    curl(web.url("nic/update")).status, 401)
            for address, status in (
                    ("192.0.2.1", 404), ("2001:db8::1", 404),
                    ("127.0.0.1", 503)):
                self.assertEqual(self.fail_from(caller, address), status)

    def test_right_password_among_wrong_ones(self):
        """From one address, right after a start, and known already."""
        digest = subprocess.run(
            ["openssl", "passwd", "-6", "-stdin"], input=PASSWORD,
            text=True, check=True, capture_output=True).stdout.strip()
        with Knot() as dns, LimitedSite(dns, True) as site:
            site.write("clients.d/person.conf", f"""
clients = ( {{ name = "person"; secret = "{digest}"; hosts = ( "h2" );
               allow_private = true; }} );
""")
            for users in (["person"], ["person", "home", "nobody", "x"]):
                with self.subTest(users), Gate(site) as gate, \
                        Nginx(gate) as web, self.guessing(web, users):
                    # The limit is reached, by what is in the folder.
                    wait_until(lambda: self.basic(web, "person", "x").status
                               == 503, "the limit is reached")
                    # A client comes again with the same password.
                    wait_until(lambda: self.basic(
                        web, "person", PASSWORD).status == 200, "it gets in")
                    for _ in range(30):
                        self.assertEqual(self.basic(
                            web, "person", PASSWORD).status, 200)

    @contextlib.contextmanager
    def guessing(self, web, users, at_once=12):
        """Wrong passwords all the time, never one twice."""
        stop = threading.Event()

        def guess(number):
            for serial in itertools.count():
                if stop.is_set():
                    return
                self.assertIn(self.basic(
                    web, users[serial % len(users)],
                    f"guess-{number}-{serial}").status, (401, 503))

        with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
            guesses = [pool.submit(guess, i) for i in range(at_once)]
            try:
                yield
            finally:
                stop.set()
            for done in guesses:
                done.result()

    def basic(self, web, user, secret):
        return curl(web.url("nic/update"), user=f"{user}:{secret}")

    def fail_from(self, caller, address):
        return caller.fail(header=f"X-Forwarded-For: {address}").status

    def test_network_is_one_source(self):
        with self.caller("nginx", words=PROXIED) as caller:
            for number in range(BURST):
                self.assertEqual(
                    self.fail_from(caller, f"2001:db8::{number:x}"), 404)
            self.assertEqual(self.fail_from(caller, "2001:db8::ff:1"), 503)
            self.assertEqual(self.fail_from(caller, "2001:db8:0:1::1"), 404)

    def test_what_is_said(self):
        with self.caller("nginx") as caller:
            caller.many(caller.change, BURST)
            secret = caller.site.secrets["home"]
            plain = caller.change()
            self.assertEqual((plain.status, plain.body), (503, "abuse"))
            wait_s = int(plain.headers["retry-after"][0])
            self.assertLess(86000, wait_s)
            self.assertLessEqual(wait_s, 86400)
            as_json = caller.change(header="Accept: application/json")
            self.assertEqual(json.loads(as_json.body), {
                "error": "abuse", "detail": "too many changes by this client"})
            duck = curl(caller.web.url("update", domains="h1", token=secret,
                                       ip="10.9.9.9"))
            self.assertEqual((duck.status, duck.body), (503, "KO"))

    def test_folder_that_cannot_be_used(self):
        troubles = [LimitedSite.no_state]
        if AS_ROOT:  # whom no mode keeps out
            troubles.append(LimitedSite.locked_state)
        for trouble in troubles:
            with self.subTest(trouble.__name__), Knot() as dns, \
                    LimitedSite(dns, True) as site:
                site.state.rmdir()
                trouble(site)
                self.check_trouble(site, trouble)

    def check_trouble(self, site, trouble):
        with Gate(site) as gate, Nginx(gate) as web:
            self.expect_limit(Caller(web, site))
            told = "limits hold for each process alone"
            wait_until(lambda: told in gate.log_text(), "it is told")
            # Once by the reading of the configuration, where it is missing.
            self.assertLessEqual(gate.log_text().count(told), 2)
        if trouble is LimitedSite.no_state:
            told = subprocess.run(
                [pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl"),
                 "-c", site.conf, "check"], text=True, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT).stdout
            self.assertIn("state cannot be used, limits hold for each process "
                          "alone: No such file or directory", told)

    def test_damaged_file(self):
        """While it serves, and between; it is said once.

        A slow machine may say it of the first of the three, which are records.
        """
        anew = "warning: state_dir: limits was damaged and has been begun anew"

        def told():
            return len(re.findall(
                r"state_dir: (records in )?limits (was|were) damaged",
                gate.log_text()))

        with Knot() as dns, LimitedSite(dns, True) as site, \
                Gate(site) as gate, Nginx(gate) as web:
            caller = Caller(web, site)
            for at, size in (4096, 1 << 24), (0, 4096), (0, 1 << 24):
                caller.many(caller.fail, 3)
                site.spoil(at, size)
                self.assertEqual(
                    statuses(caller.many(caller.fail, BURST // 2)),
                    BURST // 2 * [404])
                self.assertEqual(caller.change().status, 200)
            wait_until(told, "it is told")
            gate.stop()
            self.assertEqual(told(), 1)
            kept = f"{anew}; what it was is in limits.damaged\n"
            for count, how in enumerate((signal.SIGTERM, signal.SIGKILL), 1):
                site.spoil(0, 1 << 24)
                gate.start()
                self.expect_limit(caller)
                wait_until(lambda: gate.log_text().count(kept) == count,
                           "it is told")
                gate.stop(how)
            self.assertEqual(told(), 3)

    def test_limit_on_files(self):
        with Knot() as dns, LimitedSite(dns, True) as site, \
                TightGate(site) as gate, Nginx(gate) as web:
            self.expect_limit(Caller(web, site))
            wait_until(lambda: "warning: state_dir: File too large"
                       in gate.log_text(), "it is told")

    def test_files_tell_nothing(self):
        with self.caller("nginx") as caller:
            caller.many(caller.change, 3)
            caller.many(caller.fail, 3)
            for path in caller.site.state.iterdir():
                mode = path.stat()
                self.assertEqual(stat.S_IMODE(mode.st_mode), 0o600)
                self.assertEqual((mode.st_uid, mode.st_gid),
                                 (USER.pw_uid, GROUP.gr_gid))
                for hidden in ("home", "h1", "10.1.", WRONG,
                               caller.site.secrets["home"]):
                    self.assertNotIn(hidden.encode(), path.read_bytes())


if __name__ == "__main__":
    unittest.main()
