#!/usr/bin/python3
"""Limits that several machines share in Redis: two daemons, each with a
state_dir of its own, and Debian's redis-server.

While Redis answers there is one limit for both.  While it does not, each counts
for itself, every request is served, and hardly anybody asks Redis.

A machine that is busy with other tests may let Redis be later than ddnsgate
waits, which ddnsgate then says: what is expected of a Redis that answers is
expected of a run in which it always did.
"""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import time
import unittest

from lab import (WRONG, Gate, Knot, Server, accepts, free_port,
                 program, socket, wait_until)
from test_limits import BURST, LimitedSite

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOST = "limits: Redis does not answer: "
BACK = "limits: Redis answers again: they hold for all machines"
QUIET_S = 2
REFUSED_S = 1
TRIES = 30
METRICS = '// metrics_from = [ "192.0.2.90" ];'
LIMITS = '// limits = "redis:unix:/run/redis/redis-server.sock";'


def rights():
    """The access list that the manual gives."""
    manual = (ROOT / "src/ddnsgate/ddnsgate.conf.5").read_text()
    return re.search(r"^user default .*$", manual, re.M).group()


class Redis(Server):
    def prepare(self):
        self.port = free_port()
        self.path = self.folder / "redis.sock"
        (self.folder / "redis.conf").write_text(f"""
bind 127.0.0.1 ::1
port {self.port}
unixsocket {self.path}
unixsocketperm 777
dir {self.folder}
save ""
{rights()}
user tester on >tester ~* &* +@all
""")

    def command(self):
        return [program("redis-server"), self.folder / "redis.conf"]

    def answers(self):
        return accepts(socket.AF_UNIX, str(self.path)) and \
            self.ask("PING") == "PONG"

    def ask(self, *words):
        return subprocess.run(
            [program("redis-cli"), "-s", self.path, "--user", "tester",
             "--pass", "tester", "--no-auth-warning", *words], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.strip()

    def questions(self):
        """How many came, and how many of them with the script."""
        stats = self.ask("INFO", "commandstats")
        return [sum(map(int, re.findall(rf"cmdstat_{name}:calls=(\d+)", stats)))
                for name in ("evalsha", "eval")]

    def places(self):
        return {"socket": f"redis:unix:{self.path}",
                "IPv4": f"redis:127.0.0.1:{self.port}",
                "IPv6": f"redis:[::1]:{self.port}"}


class Machine:
    """A daemon and its own folders."""

    def __init__(self, site, gate):
        self.site = site
        self.gate = gate

    def fail(self):
        return self.gate.ask("/" + WRONG).status

    def change(self, number):
        return self.gate.ask("/" + self.site.secrets["home"],
                             ip=f"10.1.{number}.1").status

    def lost(self):
        return self.gate.log_text().count(LOST)

    def missed(self):
        """How often Redis should have given a token."""
        return int(re.search(r"^ddnsgate_limits_redis_missed_total (\d+)$",
                             self.gate.ask("/metrics").body, re.M)[1])

    def begin_anew(self):
        """A new process logs again what the old one has."""
        self.gate.stop()
        (self.site.state / "limits").unlink(missing_ok=True)
        self.gate.start()

    def end(self):
        """At its end a process says what it has not said yet."""
        self.gate.stop()
        self.gate.start()


class SharedLimits(unittest.TestCase):
    @contextlib.contextmanager
    def machines(self, place, redis):
        words = {LIMITS: f'limits = "{place}";',
                 METRICS: 'metrics_from = [ "127.0.0.1" ];'}
        with contextlib.ExitStack() as stack:
            dns = stack.enter_context(Knot())
            machines = []
            for _ in range(2):
                site = stack.enter_context(LimitedSite(dns, True, words))
                gate = stack.enter_context(Gate(site))
                machines.append(Machine(site, gate))
            yield machines

    def while_it_answers(self, redis, machines, check):
        """Until Redis was never late."""
        for _ in range(TRIES):
            for machine in machines:
                machine.begin_anew()
            redis.ask("FLUSHALL")
            before = [machine.lost() for machine in machines]
            got = check()
            for machine in machines:
                machine.end()
            if before == [machine.lost() for machine in machines]:
                return got
        raise TimeoutError("Redis was late each time")

    def in_turn(self, machines, ask, count):
        return [ask(machines[i % len(machines)]) for i in range(count)]

    def expect_one_limit(self, redis, machines):
        got = self.while_it_answers(
            redis, machines,
            lambda: self.in_turn(machines, Machine.fail, BURST + 6))
        self.assertEqual(got, BURST * [404] + 6 * [503])

    def test_one_limit(self):
        """By each kind of address, from within the sandbox."""
        with Redis() as redis:
            for name, place in redis.places().items():
                with self.subTest(name), \
                        self.machines(place, redis) as machines:
                    self.expect_one_limit(redis, machines)
                    numbers = iter(range(1, 250))
                    got = self.while_it_answers(
                        redis, machines, lambda: self.in_turn(
                            machines, lambda machine: machine.change(
                                next(numbers)), BURST + 2))
                    self.assertEqual(got, BURST * [200] + 2 * [503])
                    for key in redis.ask("KEYS", "*").split():
                        self.assertRegex(key, r"^ddns:[0-9a-f]{34}$")
                        self.assertGreater(int(redis.ask("PTTL", key)), 0)

    def test_script_lost(self):
        """By a restart of Redis, by SCRIPT FLUSH; and all records."""
        with Redis() as redis, self.machines(
                redis.places()["socket"], redis) as machines:
            self.expect_one_limit(redis, machines)
            for how in ("restart", "flush"):
                with self.subTest(how):
                    if how == "restart":
                        redis.stop()
                        redis.start()
                    else:
                        redis.ask("SCRIPT", "FLUSH")
                    before = redis.questions()
                    self.expect_one_limit(redis, machines)
                    asked = [now - then for now, then
                             in zip(redis.questions(), before)]
                    self.assertGreaterEqual(asked[1], 1)
                    self.assertLess(asked[1], asked[0])

    def test_refused_again(self):
        """Who is beyond a limit costs Redis next to nothing."""
        with Redis() as redis, self.machines(
                redis.places()["socket"], redis) as machines:
            def check():
                self.in_turn(machines, Machine.fail, BURST)
                before = redis.questions()[0]
                began = time.monotonic()
                got = self.in_turn(machines, Machine.fail, 200)
                took = time.monotonic() - began
                return got, redis.questions()[0] - before, took

            got, asked, took = self.while_it_answers(redis, machines, check)
            self.assertEqual(got, 200 * [503])
            self.assertLessEqual(
                asked, len(machines) * (1 + took // REFUSED_S))

    def test_connection_lost(self):
        """Redis closes them; the same process opens new ones, and the record
        is still there."""
        with Redis() as redis, self.machines(
                redis.places()["IPv4"], redis) as machines:
            def check():
                first = self.in_turn(machines, Machine.fail, BURST)
                redis.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
                return first + self.in_turn(machines, Machine.fail, 4)

            got = self.while_it_answers(redis, machines, check)
            self.assertEqual(got, BURST * [404] + 4 * [503])

    def expect_own_limits(self, machines):
        """In its state_dir, each for itself."""
        for machine in machines:
            got = [machine.fail() for _ in range(BURST + 4)]
            self.assertEqual(got, BURST * [404] + 4 * [503])

    def test_away_and_back(self):
        with Redis() as redis, self.machines(
                redis.places()["socket"], redis) as machines:
            redis.stop()
            for machine in machines:
                machine.begin_anew()
            before = [machine.missed() for machine in machines]
            self.expect_own_limits(machines)
            for machine, missed in zip(machines, before):
                self.assertGreaterEqual(machine.missed(), missed + BURST)
                wait_until(machine.lost, "it is told")
            redis.start()
            for machine in machines:
                def is_back():
                    machine.fail()
                    return BACK in machine.gate.log_text()
                wait_until(is_back, "it is told that it is back")
            self.expect_one_limit(redis, machines)

    def test_hangs(self):
        """Who asks waits, but hardly anybody asks."""
        with Redis() as redis, self.machines(
                redis.places()["socket"], redis) as machines:
            for machine in machines:
                machine.begin_anew()
            before = redis.questions()[0]
            redis.process.send_signal(signal.SIGSTOP)
            began = time.monotonic()
            try:
                self.expect_own_limits(machines)
                took = time.monotonic() - began
            finally:
                redis.process.send_signal(signal.SIGCONT)
            asked = redis.questions()[0] - before
            self.assertLessEqual(
                asked, len(machines) * (1 + took // QUIET_S))
            for machine in machines:
                machine.end()
                self.assertIn(LOST + "no answer in time",
                              machine.gate.log_text())
            self.expect_one_limit(redis, machines)

    def test_right_that_lacks(self):
        with Redis() as redis, self.machines(
                redis.places()["socket"], redis) as machines:
            redis.ask("ACL", "SETUSER", "default", "-evalsha")
            for machine in machines:
                machine.begin_anew()
            self.expect_own_limits(machines)
            for machine in machines:
                machine.end()
                self.assertIn(
                    LOST + "its access list allows not all of the script",
                    machine.gate.log_text())

    def check_live(self, site):
        done = subprocess.run(
            [pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl"),
             "-c", site.conf, "check", "--live"], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def test_check(self):
        with Redis() as redis:
            for place in redis.places().values():
                with self.machines(place, redis) as machines:
                    site = machines[0].site
                    wait_until(lambda: self.check_live(site)[0] == 0,
                               "it is not too late")
                    self.assertRegex(self.check_live(site)[1],
                                     r"\nlimits redis.*\n  answers +(yes|no: "
                                     r"no answer in time)\n")
                    self.assertEqual(redis.ask("KEYS", "*"), "")
                    if place.startswith("redis:unix"):
                        continue
                    redis.stop()
                    status, said = self.check_live(site)
                    redis.start()
                    self.assertEqual(status, 1)
                    self.assertRegex(
                        said, r"\n  answers +no: Connection refused\n")

    def test_reload(self):
        with Redis() as redis, self.machines(
                redis.places()["socket"], redis) as machines:
            machine = machines[0]
            place = redis.places()
            machine.site.edit("ddnsgate.conf",
                              {place["socket"]: place["IPv4"]})
            wait_until(lambda: "reload: limits is that of the start: restart "
                       "ddnsgate" in machine.gate.log_text(), "it is told")


class Script(unittest.TestCase):
    """The script and bucket.c are one arithmetic: the table of bucket_test.c
    against both, at the times that it says."""

    ROW = re.compile(r'\{ "([^"]+)", \{ (\d+), (\d+) \},\s*\{((?:[^;])*?\} )\} '
                     r'\},')
    STEP = re.compile(r"\{ (-?\d+), '(.)' \}")
    NOW_MS = 1800000000000

    def script(self):
        source = (ROOT / "src/limits/limits_redis.c").read_text()
        text = re.search(r"script\[\] =\n(.*?);\n// clang", source,
                         re.S).group(1)
        script = "".join(line[1:-3] + "\n" for line in text.splitlines())
        # Its clock, and what goes by another one.
        for real, ours in (("redis.call('TIME')", "{ARGV[4], ARGV[5]}"),
                           ("string.format('%.0f', full))", "'3600000')")):
            self.assertIn(real, script)
            script = script.replace(real, ours)
        return script

    def rows(self):
        source = (ROOT / "tests/limits/bucket_test.c").read_text()
        table = source[source.index("} rows[] ="):]
        for name, burst, interval, steps in self.ROW.findall(
                table[:table.index("};")].replace("\n", " ")):
            yield name, burst, interval, self.STEP.findall(steps)

    def test_same_verdicts(self):
        count = 0
        with Redis() as redis:
            for name, burst, interval, steps in self.rows():
                if burst == "0":  # for which nobody asks
                    continue
                redis.ask("FLUSHALL")
                self.assertTrue(steps)
                for at, result in steps:
                    now = self.NOW_MS + int(at)
                    with self.subTest(name, at=at, result=result):
                        def said(verb):
                            return redis.ask(
                                "EVAL", self.script(), "1", "ddns:x", verb,
                                burst, interval, str(now // 1000),
                                str(now % 1000 * 1000))[0]
                        if result == "g":
                            self.assertEqual(said("give"), "g")
                            continue
                        self.assertEqual(said("look"),
                                         "n" if result == "t" else "e")
                        self.assertEqual(said("take"), result)
                        count += 1
        self.assertGreater(count, 30)


if __name__ == "__main__":
    unittest.main()
