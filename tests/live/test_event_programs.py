#!/usr/bin/python3
"""ddnsgate-events: which programs it runs, with what, and what it bears."""

import json
import os
import pathlib
import re
import shutil
import socket
import stat
import subprocess
import unittest

import lab
from lab import EXAMPLES, Gate, Knot, Room, Server, Site, wait_until

BIN = pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgate-events")
FIELDS = ["time", "event", "client", "host", "type", "old", "new", "word",
          "reason", "server", "from"]
KINDS = ["changed", "failed", "limited", "refused", "reloaded",
         "server_down", "server_up"]
GROUP_MAX = 10  # EVENT_GROUP_MAX
QUEUE_MAX = 64  # QUEUE_MAX
OUTPUT_MAX = 4096  # RUN_OUTPUT_MAX
STORM = 1000
# Writes what it was given into the folder, a line each; whole, by rename.
RECORD = """#!/bin/sh
{ cat; env; echo "ARGS=$#"; } >"$(dirname "$0")/../fresh.$$"
mv "$(dirname "$0")/../fresh.$$" "$(dirname "$0")/../got.$$"
"""


class Receiver(Server):
    """ddnsgate-events with a socket and programs in its folder."""

    def __init__(self, options=(), programs=None, systemd=False):
        self.options = options
        self.programs = programs or {}
        self.systemd = systemd
        self.seen = set()

    def prepare(self):
        self.path = self.folder / "events"
        self.dir = self.folder / "events.d"
        self.dir.mkdir()
        for name, text in self.programs.items():
            self.add(name, text)

    def add(self, name, text, mode=0o755):
        (self.dir / name).write_text(text)
        (self.dir / name).chmod(mode)

    def command(self):
        plain = [BIN, "-d", self.dir, *self.options]
        if self.systemd:
            return [lab.program("systemd-socket-activate"), "--datagram",
                    "-l", self.path, *plain]
        return [*plain, "-l", f"unix:{self.path}"]

    def answers(self):
        return self.path.exists()

    def send(self, data):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(lab.PATIENCE_S)
            sender.connect(str(self.path))
            sender.send(data if isinstance(data, bytes)
                        else json.dumps(data).encode())

    def next(self):
        """What RECORD was given next: the event, and its variables."""
        def fresh():
            return set(self.folder.glob("got.*")) - self.seen
        wait_until(fresh, "the program is run")
        got = min(fresh(), key=lambda path: path.stat().st_mtime_ns)
        self.seen.add(got)
        first, *lines = got.read_text().splitlines()
        return json.loads(first), dict(line.split("=", 1) for line in lines)

    def wait_for(self, pattern):
        wait_until(lambda: re.search(pattern, self.log_text()), pattern)


def event(kind="changed", **fields):
    return {**dict.fromkeys(FIELDS, ""), "event": kind, **fields}


class Programs(unittest.TestCase):
    def receiver(self, *args, **options):
        return self.enterContext(Receiver(*args, **options))

    def test_input_and_environment(self):
        receiver = self.receiver(programs={"record": RECORD})
        told = {name: f"the {name}" for name in FIELDS}
        told["event"] = "limited"
        receiver.send({**told, "dropped": 4, "count": 7})
        got, variables = receiver.next()
        self.assertEqual(got, {**told, "count": 7, "dropped": 4})
        self.assertEqual(variables.pop("ARGS"), "0")
        for name in "PWD", "OLDPWD", "SHLVL", "_":  # the shell's
            variables.pop(name, None)
        self.assertTrue(variables.pop("PATH"))
        self.assertEqual(variables, {
            **{"DDNS_" + name.upper(): told[name] for name in FIELDS},
            "DDNS_COUNT": "7", "DDNS_DROPPED": "4"})

    def test_hostile_values(self):
        hostile = "$(touch /tmp/x)`id`;\"'\\ | & %s @/etc/passwd"
        receiver = self.receiver(programs={"record": RECORD})
        receiver.send(event("failed", reason=hostile, client="-oi"))
        got, variables = receiver.next()
        self.assertEqual(got["reason"], hostile)
        self.assertEqual(variables["DDNS_REASON"], hostile)
        self.assertEqual(variables["DDNS_CLIENT"], "-oi")
        self.assertNotIn("DDNS_COUNT", variables)

    def test_hostile_datagrams(self):
        receiver = self.receiver(programs={"record": RECORD})
        for data in (b"", b"\0", b"{", b"[]", b"null", b"changed",
                     b'{"event":"changed"', b'{"event":"nothing"}',
                     b'{"event":"changed","host":["a"]}',
                     b'{"event":"changed","host":{"a":1}}',
                     b'{"event":"changed","host":"a\\nDDNS_X=1"}',
                     b'{"event":"changed","host":"a\\u0000"}',
                     b'{"event":"changed","host":"a\0"}',
                     b'{"event":"changed","host":"\xff"}',
                     b'{"event":"changed","host":"' + 400 * b"a" + b'"}',
                     b'{"event":"changed"}' + 10000 * b" ",
                     100000 * b"[", 10000 * b'{"a":', 40 * b'{"a":"b",'):
            receiver.send(data)
        receiver.send(event(client="last"))
        self.assertEqual(receiver.next()[0]["client"], "last")
        self.assertEqual(len(list(receiver.folder.glob("got.*"))), 1)
        log = receiver.log_text()
        self.assertIn("1 datagrams dropped, the last as malformed", log)
        self.assertLessEqual(log.count("datagrams dropped"), 2)

    def test_which_are_run(self):
        """And in which order."""
        note = '#!/bin/sh\necho "$DDNS_CLIENT runs $0" >&2\n'
        receiver = self.receiver(programs={
            name: note for name in ("b-2", "A_1", "c", "dotted.sh", "old~",
                                    ".hidden", "open", "plain", "folder-")})
        (receiver.dir / "open").chmod(0o757)
        (receiver.dir / "plain").chmod(0o644)
        (receiver.dir / "folder-").unlink()
        (receiver.dir / "folder-").mkdir()
        (receiver.dir / "zlink").symlink_to("c")
        receiver.send(event(client="one"))
        receiver.wait_for("one runs .*/zlink")
        log = receiver.log_text()
        self.assertEqual(re.findall(r"one runs \S+/(\S+)", log),
                         ["A_1", "b-2", "c", "zlink"])
        for why in ("open: not run: others can change it",
                    "plain: not run: may not be executed",
                    "folder-: not run: is no regular file"):
            self.assertIn(why, log)
        self.assertNotIn("dotted", log)

    def test_folder_that_others_can_change(self):
        """Also one as /tmp is, where they could not replace the programs."""
        receiver = self.receiver(programs={"record": RECORD})
        for mode in 0o777, 0o1777, 0o757:
            receiver.dir.chmod(mode)
            before = len(receiver.log_text())
            receiver.send(event(client="open"))
            wait_until(lambda: "events.d: others can change it, no program is "
                       "run" in receiver.log_text()[before:], "it is refused")
        receiver.dir.chmod(0o775)
        receiver.send(event(client="closed"))
        self.assertEqual(receiver.next()[0]["client"], "closed")
        self.assertEqual(len(list(receiver.folder.glob("got.*"))), 1)

    def test_one_after_the_other(self):
        receiver = self.receiver(programs={
            "a": '#!/bin/sh\necho "a $DDNS_CLIENT"\n',
            "b": '#!/bin/sh\necho "b $DDNS_CLIENT"\n'})
        for number in range(5):
            receiver.send(event(client=str(number)))
        receiver.wait_for("b 4")
        self.assertEqual(re.findall(r": ([ab] \d)$", receiver.log_text(), re.M),
                         [f"{name} {number}" for number in range(5)
                          for name in "ab"])

    def test_hanging(self):
        """It is killed with what it has started, and the next one runs."""
        receiver = self.receiver(("-t", "1"), {
            "a": '#!/bin/sh\nsleep 7077 & echo "child $!"; '
                 'trap "" TERM; while :; do sleep 7077; done\n',
            "b": RECORD})
        receiver.send(event())
        receiver.next()
        log = receiver.log_text()
        self.assertIn("/a: killed, as it took too long", log)
        child = re.search(r"child (\d+)", log)[1]
        wait_until(lambda: not is_running(child), "the child is gone")

    def test_leftovers(self):
        receiver = self.receiver(programs={
            "a": '#!/bin/sh\nsleep 7077 >/dev/null 2>&1 & echo "child $!"\n'})
        receiver.send(event())
        receiver.wait_for(r"child \d+")
        child = re.search(r"child (\d+)", receiver.log_text())[1]
        wait_until(lambda: not is_running(child), "the child is gone")

    def test_failing_and_flooding(self):
        receiver = self.receiver(programs={
            "a": "#!/bin/sh\nexit 3\n", "b": "#!/bin/sh\nkill -9 $$\n",
            "c": "#!/nowhere\n", "d": "#!/bin/sh\nyes | head -c 1000000\n"
            "printf 'a\\033[2Jb'\n", "e": RECORD})
        receiver.send(event())
        receiver.next()
        log = receiver.log_text()
        for what in ("/a: exit status 3", "/b: ended by signal 9",
                     "/c: No such file or directory", "/c: exit status 127",
                     "/d: what else it prints is not logged"):
            self.assertEqual(log.count(what), 1, what)
        self.assertEqual(log.count("/d: y\n"), OUTPUT_MAX // 2)

    def test_storm(self):
        """Ten, and one for the rest when the minute is over."""
        receiver = self.receiver(programs={"record": RECORD})
        for number in range(STORM):
            receiver.send(event(client=str(number)))
        receiver.send(event("failed", client="other"))
        got = [receiver.next()[0] for _ in range(GROUP_MAX + 1)]
        self.assertEqual(sorted(each["client"] for each in got), sorted(
            [str(number) for number in range(GROUP_MAX)] + ["other"]))
        summary, variables = receiver.next()
        time = summary.pop("time")
        self.assertRegex(time, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertEqual(summary, {
            **{name: "" for name in FIELDS if name != "time"},
            "event": "changed", "count": STORM - GROUP_MAX})
        self.assertEqual(variables["DDNS_COUNT"], str(STORM - GROUP_MAX))
        self.assertEqual(variables["DDNS_EVENT"], "changed")
        self.assertEqual(len(list(receiver.folder.glob("got.*"))),
                         GROUP_MAX + 2)

    def test_stop(self):
        """It kills what runs, and removes its socket."""
        receiver = self.receiver(programs={
            "a": '#!/bin/sh\nsleep 7077 & echo "child $!"; wait\n'})
        receiver.send(event())
        receiver.send(event())
        receiver.wait_for(r"child \d+")
        child = re.search(r"child (\d+)", receiver.log_text())[1]
        self.assertEqual(receiver.stop(), 0)
        wait_until(lambda: not is_running(child), "the program is gone")
        self.assertFalse(receiver.path.exists())
        self.assertIn("stopped before 1 events", receiver.log_text())

    def test_queue_is_bounded(self):
        receiver = self.receiver(programs={"a": "#!/bin/sh\nsleep 7077\n"})
        for kind in KINDS:
            for _ in range(GROUP_MAX):
                receiver.send(event(kind))
        receiver.send(b"the last")
        receiver.wait_for("datagrams dropped")
        self.assertGreater(len(KINDS) * GROUP_MAX - 1, QUEUE_MAX)
        self.assertEqual(receiver.stop(), 0)
        self.assertIn(f"stopped before {QUEUE_MAX} events",
                      receiver.log_text())

    def test_systemd_socket(self):
        receiver = self.receiver(programs={"record": RECORD}, systemd=True)
        receiver.send(event(client="one"))
        self.assertEqual(receiver.next()[0]["client"], "one")

    def test_own_socket(self):
        receiver = self.receiver()
        mode = receiver.path.stat().st_mode
        self.assertEqual(stat.S_IMODE(mode), 0o660)
        second = subprocess.run(receiver.command(), text=True,
                                capture_output=True, timeout=lab.PATIENCE_S)
        self.assertEqual(second.returncode, 1)
        self.assertIn("is in use by another process", second.stderr)
        receiver.process.kill()
        receiver.process.wait()
        receiver.add("record", RECORD)
        receiver.spawn()  # over what the other one has left
        receiver.wait_for("")

        def is_taken():
            try:
                receiver.send(event())
                return True
            except OSError:
                return False
        wait_until(is_taken, "it receives again")
        receiver.next()

    def test_not_a_socket(self):
        receiver = self.receiver()
        receiver.stop()
        receiver.path.write_text("precious")
        for option, why in (
                (f"unix:{receiver.path}", "is there and no socket"),
                (f"unix:{receiver.dir}", "is there and no socket"),
                (f"unix:{receiver.dir}/no/such", "No such file or directory"),
                ("unix:relative", "unix:/PATH of up to 107 bytes"),
                ("127.0.0.1:53", "unix:/PATH of up to 107 bytes"),
                ("unix:/" + 107 * "a", "unix:/PATH of up to 107 bytes")):
            run = subprocess.run([BIN, "-l", option], text=True,
                                 capture_output=True, timeout=lab.PATIENCE_S)
            self.assertEqual(run.returncode, 1)
            self.assertIn(why, run.stderr)
        self.assertEqual(receiver.path.read_text(), "precious")

    def test_usage(self):
        for arguments, status, said in (
                (["-h"], 0, "usage: ddnsgate-events"),
                (["--version"], 0, "ddnsgate-events 0."),
                (["-t", "0"], 2, "1 to 3600 is allowed"),
                (["-t", "3601"], 2, "1 to 3600 is allowed"),
                (["-x"], 2, "usage: "), (["more"], 2, "no arguments"),
                ([], 1, "no socket: give -l unix:/PATH")):
            with self.subTest(arguments):
                run = subprocess.run([BIN, *arguments], text=True,
                                     stdin=subprocess.DEVNULL,
                                     capture_output=True,
                                     timeout=lab.PATIENCE_S)
                self.assertEqual(run.returncode, status)
                self.assertIn(said, run.stdout + run.stderr)

    def test_no_folder(self):
        receiver = self.receiver()
        receiver.dir.rmdir()
        receiver.send(event())
        receiver.wait_for("events.d: No such file or directory")
        receiver.dir.mkdir()
        receiver.add("record", RECORD)
        receiver.send(event(client="two"))
        self.assertEqual(receiver.next()[0]["client"], "two")


def is_running(pid):
    try:
        state = pathlib.Path("/proc", pid, "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state.rsplit(")", 1)[1].split()[0] not in "ZX"


class Whole(unittest.TestCase):
    def test_from_a_change_to_a_program(self):
        with Knot() as dns, Site(dns) as site, \
                Receiver(programs={"record": RECORD}) as receiver:
            lab.give_to_www(receiver.path, 0o660)
            site.edit("ddnsgate.conf", {
                '// events = "unix:/run/ddnsgate/events";':
                    f'events = "unix:{receiver.path}";'})
            with Gate(site) as gate:
                gate.ask(f"/{site.secrets['try']}", myip="192.0.2.7")
                got, variables = receiver.next()
                self.assertEqual(got["event"], "changed")
                self.assertEqual(variables["DDNS_NEW"], "192.0.2.7")
                self.assertEqual(variables["DDNS_HOST"],
                                 "try.dyn.example.org")


# Stands for sendmail and curl: notes its arguments and what it reads.
FAKE = """#!/bin/sh
for argument; do printf 'argument %s\\n' "$argument"; done >OUT
while read -r line; do printf 'input %s\\n' "$line"; done >>OUT
"""


class Examples(unittest.TestCase):
    HOSTILE = "@/etc/passwd $(id) `id` \"' \\n -x"

    def run_example(self, name, tool, **variables):
        room = self.enterContext(Room())
        out = room.folder / "out"
        fake = room.folder / tool
        fake.write_text(FAKE.replace("OUT", str(out)))
        fake.chmod(0o755)
        values = {"DDNS_" + field.upper(): "" for field in FIELDS}
        run = subprocess.run(
            [EXAMPLES / "events.d" / name], input='{"event":"x"}\n', text=True,
            capture_output=True, timeout=lab.PATIENCE_S,
            env={"PATH": f"{room.folder}:/usr/bin:/bin", **values,
                 **variables})
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        return out.read_text() if out.exists() else None

    def test_shellcheck(self):
        if not shutil.which("shellcheck"):
            self.skipTest("needs shellcheck")
        for name in "mail", "webhook", "ntfy":
            lab.run("shellcheck", EXAMPLES / "events.d" / name)

    def test_mail(self):
        got = self.run_example("mail", "sendmail", DDNS_EVENT="failed",
                               DDNS_CLIENT="home", DDNS_REASON=self.HOSTILE)
        self.assertIn("argument -oi\nargument root\n", got)
        self.assertIn("input Subject: ddnsgate: failed home", got)
        self.assertIn(self.HOSTILE, got)
        self.assertNotIn("input server", got)
        got = self.run_example("mail", "sendmail", DDNS_EVENT="changed",
                               DDNS_COUNT="23")
        self.assertIn("input Subject: ddnsgate: 23 times changed", got)

    def test_webhook(self):
        got = self.run_example("webhook", "curl", DDNS_EVENT="changed")
        self.assertIn('input {"event":"x"}\n', got)
        self.assertIn(f"argument {EXAMPLES}/events.d/webhook.curl\n", got)

    def test_ntfy(self):
        got = self.run_example("ntfy", "curl", DDNS_EVENT="failed",
                               DDNS_CLIENT="home", DDNS_REASON=self.HOSTILE)
        self.assertIn("argument Title: ddnsgate: failed\n", got)
        self.assertIn(f"input 1x home  {self.HOSTILE}", got)
        self.assertNotIn("passwd", got.split("input")[0])
        self.assertIsNone(
            self.run_example("ntfy", "curl", DDNS_EVENT="changed"))


if __name__ == "__main__":
    unittest.main()
