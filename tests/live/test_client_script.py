#!/usr/bin/python3
"""examples/clients/ddnsgate-client.sh: against a stand-in that can misbehave,
then against ddnsgate with Knot DNS and BIND."""

import contextlib
import http.server
import os
import pathlib
import re
import shutil
import subprocess
import threading
import unittest

import lab

SCRIPT = lab.EXAMPLES / "clients/ddnsgate-client.sh"
SETTINGS = "clients/ddnsgate-client.conf"
SECRET = "S3cr3tS3cr3tS3cr3tS3cr3t"
HOSTS = "loc1.dyn.example.org nas.dyn.example.org"
TOOLS = ("dig", "kdig", "drill", "host")
MAIL = """#!/bin/sh
{ printf '%s|' "$@"; cat; } >>"$HOME/mails"
"""


class StandIn:
    """Answers as ddnsgate does, and keeps what the names have."""

    def __init__(self):
        self.address = "192.0.2.1"  # that all calls come from
        self.records = {}
        self.calls = []
        self.replies = {}  # path up to "?": (status, body), instead

    def reply(self, path):
        self.calls.append(path)
        start, _, query = path.partition("?")
        if start in self.replies:
            return self.replies[start]
        if start == "/ip":
            return 200, self.address
        names = start.removeprefix(f"/{SECRET}/").split(",")
        address = query.removeprefix("ip=")
        words = ["nochg" if self.records.get(name) == address else "good"
                 for name in names]
        self.records.update(dict.fromkeys(names, address))
        return 200, "\n".join(f"{word} {address}" for word in words)

    def __enter__(self):
        stand_in = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                status, body, *headers = stand_in.reply(self.path)
                self.send_response(status)
                for header in headers:
                    self.send_header(*header.split(": ", 1))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", lab.free_port()), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever,
                         kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class Machine(lab.Room):
    """A home folder for the script, with programs of its own before others."""

    def prepare(self):
        self.file = self.folder / ".config/ddnsgate-client.conf"
        self.file.parent.mkdir()
        self.state = self.folder / ".local/state/ddnsgate-client"
        self.programs = self.folder / "bin"
        self.programs.mkdir()
        self.tools = ()

    def set(self, **settings):
        """In the example's file, also what it has as a comment."""
        text = lab.example(SETTINGS, {})
        for key, value in settings.items():
            text, count = re.subn(
                rf'(?m)^#?{key}=(".*?"|\S*)', f'{key}="{value}"', text)
            assert count == 1, key
        self.file.write_text(text)
        self.file.chmod(0o600)

    def put_program(self, name, text):
        path = self.programs / name
        path.write_text(text)
        path.chmod(0o755)

    def only_tools(self, *names):
        """Hides all programs that look names up but these."""
        for program in pathlib.Path("/usr/bin").iterdir():
            if program.name not in TOOLS or program.name in names:
                (self.programs / program.name).symlink_to(program)
        self.path = str(self.programs)

    path = None

    def run(self, *arguments, shell=("sh",)):
        return subprocess.run(
            [shutil.which(shell[0]), *shell[1:], SCRIPT, *arguments], text=True,
            capture_output=True, timeout=lab.PATIENCE_S, cwd=self.folder,
            env={"HOME": str(self.folder),
                 "PATH": self.path or f"{self.programs}:{os.environ['PATH']}"})

    def log(self):
        """Without the times."""
        path = self.state / "log"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.split(" ", 1)[1] for line in lines]

    def mails(self):
        path = self.folder / "mails"
        return path.read_text() if path.exists() else ""


class Case(unittest.TestCase):
    def enter(self, context):
        return self.enterContext(context)

    def expect(self, status, out="", arguments=(), **options):
        """Runs the script; gives what it complained."""
        done = self.machine.run(*arguments, **options)
        self.assertEqual((done.returncode, done.stdout), (status, out),
                         done.stderr)
        if status == 0 and not done.stderr.startswith("ddnsgate-client: well"):
            self.assertEqual(done.stderr, "")
        return done.stderr


class WithStandIn(Case):
    def setUp(self):
        self.web = self.enter(StandIn())
        self.machine = self.enter(Machine())
        self.machine.set(url=self.web.url, secret=SECRET, families="4")
        self.answer_dns()

    def answer_dns(self):
        """A dig that says what the stand-in has."""
        self.machine.put_program("dig", "#!/bin/sh\n" + "".join(
            f'case "$*" in *" {name} A") echo {address};; esac\n'
            for name, address in self.web.records.items()))

    def update(self, *names, address):
        return f"/{SECRET}/{','.join(names)}?ip={address}"

    def calls(self):
        calls, self.web.calls = self.web.calls, []
        return calls

    def test_first_unchanged_changed(self):
        names = HOSTS.split()
        self.expect(0)
        self.assertEqual(self.calls(), [
            "/ip", self.update(*names, address="192.0.2.1")])
        self.answer_dns()
        self.expect(0)
        self.assertEqual(self.calls(), ["/ip"])
        self.web.address = "192.0.2.7"
        self.expect(0)
        self.assertEqual(self.calls(), [
            "/ip", self.update(*names, address="192.0.2.7")])
        # DNS says the old address for a TTL more.
        self.expect(0)
        self.assertEqual(len(self.calls()), 2)
        self.assertEqual(self.machine.log(), [
            "IPv4 none -> 192.0.2.1", "IPv4 192.0.2.1 -> 192.0.2.7"])

    def test_only_what_differs(self):
        self.web.records = {"loc1.dyn.example.org": "192.0.2.1",
                            "nas.dyn.example.org": "192.0.2.9"}
        self.answer_dns()
        self.expect(0)
        self.assertEqual(self.calls(), ["/ip", self.update(
            "nas.dyn.example.org", address="192.0.2.1")])

    def test_two_addresses_differ_from_one(self):
        self.machine.put_program(
            "dig", "#!/bin/sh\necho 192.0.2.1\necho 192.0.2.2\n")
        self.expect(0)
        self.assertEqual(len(self.calls()), 2)

    def test_what_dig_says_besides_addresses(self):
        self.machine.put_program("dig", "#!/bin/sh\necho target.example.\n"
                                 "echo '; a comment 192.0.2.9'\n"
                                 "echo 192.0.2.1\nexit 9\n")
        self.expect(0)
        self.assertEqual(self.calls(), ["/ip"])

    def test_failure_is_told_once(self):
        """Down for three runs, well, down again."""
        for time in range(2):
            self.web.replies = {"/ip": (503, "dnserr")}
            self.assertRegex(self.expect(1), r"failure on .*\nIPv4: .*503")
            self.assertEqual(self.expect(1), "")
            self.web.replies = {}
            self.web.address = "192.0.2.7"
            self.web.replies = {f"/{SECRET}/" + HOSTS.replace(" ", ","):
                                (503, "dnserr")}
            self.assertEqual(self.expect(1), "")
            self.web.replies = {}
            self.assertRegex(self.expect(0), r"well again on .*\n"
                             r"It had been failing since 20\S*Z\.\n$")
            self.assertEqual(self.expect(0), "")
            with self.subTest(time=time):
                self.assertEqual(
                    [line.split(" on ")[0] for line in self.machine.log()
                     if line.startswith("ddns")],
                    ["ddnsgate-client: failure",
                     "ddnsgate-client: well again"] * (time + 1))

    def test_mail(self):
        self.machine.put_program("mail", MAIL)
        self.machine.set(url=self.web.url, secret=SECRET, families="4",
                         mail_to="root@example.org")
        self.web.replies = {"/ip": (503, "dnserr")}
        self.assertEqual(self.expect(1), "")
        self.assertRegex(
            self.machine.mails(),
            r"^-s\|ddnsgate-client: failure on \S+\|root@example.org\|IPv4: ")
        self.expect(1)
        self.web.replies = {}
        self.expect(0)
        self.expect(0)
        self.assertEqual(self.machine.mails().count("-s|"), 2)
        self.assertNotIn(SECRET, self.machine.mails())

    def test_mail_that_does_not_go_out(self):
        self.machine.put_program("mail", "#!/bin/sh\nexit 1\n")
        self.machine.set(url=self.web.url, secret=SECRET, families="4",
                         mail_to="root")
        self.web.replies = {"/ip": (503, "dnserr")}
        self.assertIn("failure", self.expect(1))

    def test_refusals(self):
        rows = [
            # status, body, what it says
            (404, "badauth", "404"), (401, "badauth", "401"),
            (400, "badip", "400"), (200, "badauth", "strange answer"),
            (200, "<html>good</html>", "strange answer"),
            (200, "goodbye", "strange answer"),
            (200, "", "strange answer"), (301, "<html>", "strange answer"),
        ]
        path = f"/{SECRET}/" + HOSTS.replace(" ", ",")
        for status, body, what in rows:
            with self.subTest(status=status, body=body):
                self.web.replies = {path: (status, body)}
                diagnostic = self.expect(1)
                self.assertIn(what, diagnostic)
                self.assertNotIn(SECRET, diagnostic)
                self.assertFalse((self.machine.state / "address4").exists())
                shutil.rmtree(self.machine.state)

    def test_reason_is_told(self):
        rows = [
            ((503, "dnserr", "X-DDNS-Reason: it does not answer"),
             "HTTP 503, dnserr, it does not answer"),
            ((400, "badip", "x-ddns-reason: a\x1b[2Jb"),
             "HTTP 400, badip, a[2Jb"),
            ((502, "<html>Bad Gateway</html>\n"),
             "HTTP 502, no answer of ddnsgate"),
            ((404, "badauth", f"Location: https://x/{SECRET}"),
             "HTTP 404, badauth"),
        ]
        for path in "/ip", f"/{SECRET}/" + HOSTS.replace(" ", ","):
            for reply, what in rows:
                with self.subTest(path, reply=reply):
                    self.web.replies = {path: reply}
                    self.assertTrue(
                        self.expect(1).endswith(f": {what}\n"))
                    shutil.rmtree(self.machine.state)

    def test_waits_at_random(self):
        """Less than what is asked for, and not always the same."""
        self.machine.put_program(
            "sleep", '#!/bin/sh\necho "$1" >>"$HOME/sleeps"\n')
        sleeps = self.machine.folder / "sleeps"
        self.expect(0)
        self.assertFalse(sleeps.exists())
        for _ in range(20):
            self.expect(0, arguments=("-w", "60"))
        waits = [int(line) for line in sleeps.read_text().splitlines()]
        self.assertEqual(len(waits), 20)
        self.assertLess(max(waits), 60)
        self.assertGreater(len(set(waits)), 2)

    def test_wait_that_is_none(self):
        self.machine.put_program("sleep", "#!/bin/sh\n")
        for wait in "", "x", "-1", "1.5", "10000", "$(id)":
            with self.subTest(wait):
                self.assertIn("-w", self.expect(2, arguments=("-w", wait)))
        self.expect(2, arguments=("-x",))
        self.assertEqual(self.calls(), [])

    def test_public_address_that_is_none(self):
        for text in ("<html>", "", "192.0.2", "192.0.2.1\nx", "::1", "1.2.3.4$",
                     "1.2.3.4.5", "1..2.3", '192.0.2.1"\nurl = "x'):
            with self.subTest(text):
                self.web.address = text
                self.assertIn("no address", self.expect(1))
                self.assertEqual(self.calls(), ["/ip"])
                shutil.rmtree(self.machine.state)

    def test_one_family_fails_the_other_is_done(self):
        self.machine.set(url=self.web.url, secret=SECRET)
        self.assertRegex(self.expect(1), r"IPv6: no public address: ")
        self.assertEqual(set(self.web.records.values()), {"192.0.2.1"})
        self.assertIn("IPv4 none -> 192.0.2.1", self.machine.log())

    def test_settings(self):
        def with_mode(mode):
            self.machine.file.chmod(mode)

        rows = [
            ("group may read", lambda: with_mode(0o640), "others may read"),
            ("others may read", lambda: with_mode(0o604), "others may read"),
            ("group may write", lambda: with_mode(0o620), "others may change"),
            ("others may write", lambda: with_mode(0o602), "others may change"),
            ("no url", lambda: self.machine.set(url=""), "url is missing"),
            ("no secret", lambda: self.machine.set(secret=""),
             "secret is missing"),
            ("no hosts", lambda: self.machine.set(hosts=""),
             "hosts is missing"),
            ("family", lambda: self.machine.set(
                url=self.web.url, families="5"), '"5"'),
            ("no file", self.machine.file.unlink, "cannot be read"),
        ]
        for name, spoil, what in rows:
            with self.subTest(name):
                self.machine.set(url=self.web.url, secret=SECRET)
                spoil()
                self.assertIn(what, self.expect(2))
                self.assertEqual(self.calls(), [])

    def test_file_as_argument(self):
        self.machine.file.rename(self.machine.folder / "settings")
        self.assertEqual(self.machine.run("settings").returncode, 0)
        self.assertEqual(len(self.calls()), 2)

    def test_secret_is_in_no_argument_and_no_file_of_its_own(self):
        curl = lab.program("curl")
        self.machine.put_program("curl", '#!/bin/sh\necho "$*" >>"$HOME/calls"\n'
                                 f'exec {curl} "$@"\n')
        self.web.replies = {f"/{SECRET}/" + HOSTS.replace(" ", ","):
                            (503, "dnserr")}
        self.expect(1)
        self.assertIn("--config -",
                      (self.machine.folder / "calls").read_text())
        for path in self.machine.folder.rglob("*"):
            if path.is_file() and path != self.machine.file:
                self.assertNotIn(SECRET, path.read_text(), path)
        for path in (self.machine.state / "log", self.machine.state):
            self.assertEqual(path.stat().st_mode & 0o077, 0)

    def test_without_any_tool_it_updates_each_time(self):
        (self.machine.programs / "dig").unlink()
        self.machine.only_tools()
        self.expect(0)
        self.expect(0)
        self.assertEqual(len(self.calls()), 4)
        self.assertEqual(self.machine.log(), ["IPv4 none -> 192.0.2.1"])

    def test_other_shells(self):
        for shell in ["bash"], ["busybox", "sh"]:
            with self.subTest(shell):
                if not shutil.which(shell[0]):
                    self.skipTest(f"needs {shell[0]}")
                shutil.rmtree(self.machine.state, ignore_errors=True)
                self.web.records = {}
                self.expect(0, shell=shell, arguments=("-w", "1"))
                self.assertEqual(len(self.calls()), 2)


class Live(Case):
    """The real servers; the calls come from another loopback address."""

    def come_from(self, address):
        (self.machine.folder / ".curlrc").write_text(
            f"interface = {address}\n")

    @contextlib.contextmanager
    def everything(self, dns_kind):
        with dns_kind() as self.dns, lab.Site(self.dns) as self.site, \
                lab.Gate(self.site) as gate, lab.Nginx(gate) as self.web, \
                Machine() as self.machine:
            self.machine.set(
                url=f"http://localhost:{self.web.port}", families="4",
                secret=self.site.secrets["try"], hosts="try.dyn.example.org",
                nameserver="127.0.0.1", port=self.dns.port)
            self.marks = 0
            yield

    def assert_published(self, address):
        self.assertEqual(self.dns.addresses("try", "A"), [address])

    def requests(self):
        """All that have been answered: nginx may answer before it logs."""
        lab.curl(self.web.url("health"), request="DELETE")
        self.marks += 1
        lab.wait_until(lambda: self.lines(marks=True) == self.marks,
                       "nginx has logged what came before")
        return self.lines(marks=False)

    marks = 0  # requests of our own in the log

    def lines(self, marks):
        lines = self.web.log_text().splitlines()
        return sum((" 405 " in line) == marks for line in lines)

    def test_story(self):
        for kind in lab.DNS_SERVERS:
            with self.subTest(kind.__name__), self.everything(kind):
                self.come_from("127.0.0.2")
                self.expect(0)
                self.assert_published("127.0.0.2")
                before = self.requests()
                self.expect(0)
                self.assertEqual(self.requests() - before, 1)
                self.come_from("127.0.0.3")
                self.expect(0)
                self.assert_published("127.0.0.3")
                # DNS down: neither can it be asked, nor can it be updated.
                self.dns.stop()
                self.come_from("127.0.0.4")
                self.assertRegex(self.expect(1), "not set to 127.0.0.4: .*503")
                self.assertEqual(self.expect(1), "")
                self.dns.start()
                self.assertIn("well again", self.expect(0))
                self.assert_published("127.0.0.4")
                self.assertEqual(
                    [line for line in self.machine.log() if "->" in line],
                    ["IPv4 none -> 127.0.0.2", "IPv4 127.0.0.2 -> 127.0.0.3",
                     "IPv4 127.0.0.3 -> 127.0.0.4"])

    def test_both_families_and_each_tool(self):
        with self.everything(lab.Knot):
            self.machine.set(
                url=f"http://localhost:{self.web.port}/",
                secret=self.site.secrets["try"], hosts="try.dyn.example.org",
                nameserver="127.0.0.1", port=self.dns.port)
            self.expect(0)
            for family, address in lab.LOOPBACK.items():
                self.assertEqual(self.dns.addresses("try", family), [address])
            for tool in filter(shutil.which, TOOLS):
                with self.subTest(tool), Machine() as other:
                    shutil.copy(self.machine.file, other.file)
                    other.only_tools(tool)
                    before = self.requests()
                    done = other.run()
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    self.assertEqual(self.requests() - before, 2)

    def test_wrong_secret(self):
        with self.everything(lab.Knot):
            self.machine.set(
                url=f"http://localhost:{self.web.port}", secret=SECRET,
                hosts="try.dyn.example.org", families="4")
            self.assertIn("404", self.expect(1))


if __name__ == "__main__":
    unittest.main()
