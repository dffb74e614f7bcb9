#!/usr/bin/python3
"""/metrics, ddnsgatectl metrics and examples/monitoring."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

import lab
from lab import EXAMPLES, Gate, Knot, Nginx, Site, curl, web_setup

HERE = pathlib.Path(__file__).resolve().parent
STATE = {'// state_dir = "/var/lib/ddnsgate";': 'state_dir = "state";',
         '// metrics_from = [ "192.0.2.90" ];': 'metrics_from = [ "127.0.0.1" ];'}
MONITORING = EXAMPLES / "monitoring"
UNKNOWN = "/nothing"  # a secret URL of nobody

# Of the file: header, gauges, DNS servers, then the stripes.
HEADER_SIZE, GAUGES, SERVERS, SERVER_SIZE = 64, 38, 32, 32


def series(text):
    """What the text says: {NAME{LABELS}: VALUE}."""
    return {name: float(value) for name, value in
            re.findall(r"^(ddnsgate_\S+) (\S+)$", text, re.MULTILINE)}


def requests(dialect, word):
    return f'ddnsgate_requests_total{{dialect="{dialect}",word="{word}"}}'


def ctl(site, *args, **options):
    program = pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl")
    return subprocess.run([program, "-c", site.conf, *args], text=True,
                          capture_output=True, timeout=lab.PATIENCE_S,
                          **options)


def promtool(*args, **options):
    """Its output must not tell of a fault either."""
    run = subprocess.run([lab.program("promtool"), *args], text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         timeout=lab.PATIENCE_S, **options)
    return run.returncode, run.stdout


class WithSite(unittest.TestCase):
    maxDiff = None
    words = STATE

    def setUp(self):
        self.dns = self.enterContext(Knot())
        self.site = self.enterContext(Site(self.dns, self.words))
        self.state = self.site.folder / "state"
        self.state.mkdir()
        lab.give_to_www(self.state, 0o750)
        self.file = self.state / "counters"
        self.secret = self.site.add_client("c", "c1", allow_private=True)

    def counted(self):
        """As ddnsgatectl tells."""
        run = ctl(self.site, "metrics")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        return series(run.stdout)


class Counts(WithSite):
    def test_behind_nginx(self):
        gate = self.enterContext(Gate(self.site))
        web = self.enterContext(Nginx(gate))
        curl(web.url(self.secret, ip="10.0.0.1"))
        curl(web.url(self.secret, ip="10.0.0.1"))
        curl(web.url(self.secret, ip="10.0.0.2"))
        curl(web.url(lab.WRONG))
        curl(web.url("nic/update", hostname=f"c1.{lab.ZONE}"))
        self.dns.stop()
        self.assertEqual(
            curl(web.url(self.secret, ip="10.0.0.3")).status, 503)
        reply = curl(web.url("metrics"))
        self.assertEqual(reply.status, 200)
        self.assertEqual(reply.headers["content-type"],
                         ["text/plain; version=0.0.4"])
        found = series(reply.body)
        for name, value in {
                requests("url", "good"): 2, requests("url", "nochg"): 1,
                requests("url", "badauth"): 1, requests("url", "dnserr"): 1,
                requests("dyndns2", "badauth"): 1,
                "ddnsgate_request_duration_seconds_count": 6,
                'ddnsgate_records_changed_total{type="A",action="set"}': 2,
                "ddnsgate_updates_total": 2,
                "ddnsgate_update_members_total": 2,
                "ddnsgate_auth_failures_total": 1,
                "ddnsgate_zones": 1, "ddnsgate_clients": 4,
                "ddnsgate_config_last_reload_successful": 1}.items():
            with self.subTest(name):
                self.assertEqual(found.get(name), value)
        server = f'server="127.0.0.1@{self.dns.port}"'
        self.assertEqual(found[
            f'ddnsgate_dns_exchanges_total{{{server},kind="update"}}'], 2)
        self.assertGreater(found[
            f'ddnsgate_dns_last_success_timestamp_seconds{{{server}}}'], 0)
        failures = [value for name, value in found.items() if name.startswith(
            f'ddnsgate_dns_exchange_failures_total{{{server},kind="query"')]
        self.assertGreaterEqual(sum(failures), 1)
        head = curl(web.url("metrics"), head=True)
        self.assertEqual(head.status, 200)
        self.assertGreater(int(head.headers["content-length"][0]), 1000)

    def test_reload(self):
        gate = self.enterContext(Gate(self.site))
        self.site.add_client("d", "d1", "d2", "d3")
        self.site.write("clients.d/d.conf", "nonsense;")
        lab.wait_until(lambda: series(gate.ask("/metrics").body)[
            "ddnsgate_config_last_reload_successful"] == 0, "is refused")
        before = series(gate.ask("/metrics").body)
        self.site.add_client("d", "d1", "d2", "d3")
        lab.wait_until(lambda: series(gate.ask("/metrics").body)[
            "ddnsgate_config_last_reload_successful"] == 1, "is read")
        after = series(gate.ask("/metrics").body)
        self.assertEqual(
            after["ddnsgate_clients"] - before["ddnsgate_clients"], 1)
        self.assertEqual(after["ddnsgate_hosts"] - before["ddnsgate_hosts"], 3)

    def test_processes_add_up(self):
        """Two of them, at the same time, each with many threads."""
        def call(gate):
            for _ in range(50):
                gate.ask(f"/{self.secret}", ip="10.0.0.1")

        gates = [self.enterContext(Gate(self.site)) for _ in range(2)]
        gates[0].ask(f"/{self.secret}", ip="10.0.0.1")
        threads = [threading.Thread(target=call, args=[gate])
                   for gate in gates for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for gate in gates:
            found = series(gate.ask("/metrics").body)
            self.assertEqual(found[requests("url", "nochg")], 400)
        self.assertEqual(self.counted()[requests("url", "nochg")], 400)

    def test_killed(self):
        """What was answered was counted."""
        gate = self.enterContext(Gate(self.site))
        for i in range(1, 30):
            gate.ask("/health")
            if i % 10 == 0:
                gate.process.send_signal(signal.SIGKILL)
                gate.process.wait()
                self.assertEqual(self.counted()[requests("health", "ok")], i)
                gate.start()
        self.assertEqual(self.counted()[requests("health", "ok")], 29)
        self.assertNotIn("begun anew", gate.log_text())

    def test_apache_starts_the_processes(self):
        for setup, calls in ("mod_fcgid", 20), ("cgid", 3):
            with self.subTest(setup), web_setup(setup, self.site) as web:
                before = self.file.exists() and self.counted() or {}
                for i in range(calls):
                    curl(web.url(self.secret, ip=f"10.0.1.{i}"))
                for found in (self.counted(),
                              series(curl(web.url("metrics")).body)):
                    for name in (requests("url", "good"),
                                 "ddnsgate_updates_total",
                                 "ddnsgate_dns_exchange_duration_seconds_count"
                                 '{kind="update"}'):
                        self.assertEqual(
                            found[name] - before.get(name, 0), calls, name)
                    self.assertEqual(found["ddnsgate_clients"], 4)

    def test_dropped_events_and_lines(self):
        self.site.edit("ddnsgate.conf", {
            'state_dir = "state";':
            'state_dir = "state"; events = "unix:/nowhere/s";'})
        gate = self.enterContext(Gate(self.site))
        for _ in range(40):
            gate.ask(UNKNOWN)
        found = self.counted()
        self.assertGreater(found["ddnsgate_events_dropped_total"], 0)
        self.assertEqual(found["ddnsgate_log_lines_suppressed_total"], 10)


class Strangers(WithSite):
    words = {**STATE, '// metrics_from = [ "192.0.2.90" ];':
             'metrics_from = [ "192.0.2.90", "2001:db8::/32" ];',
             "failure_burst    = 20": "failure_burst = 2"}

    def test_see_an_unknown_secret(self):
        """The reply to the byte, the log, and the limit on failures."""
        said = {}
        for host, path in enumerate(("/metrics", UNKNOWN)):
            with Gate(self.site) as gate:
                replies = []
                for _ in range(4):
                    with gate.connection() as stream:
                        stream.sendall(lab.fastcgi_request(
                            path, REMOTE_ADDR=f"10.9.0.{host}"))
                        replies.append(lab.fastcgi_reply(stream))
                log = re.sub(r"10\.9\.0\.\d+|ms=\d+", "", gate.log_text())
                # A second may pass before the last one is refused.
                replies = [re.sub("(?<=Retry-After: )59", "60", reply)
                           for reply in replies]
                said[path] = replies, [line for line in log.splitlines()
                                       if "badauth" in line or "abuse" in line]
        self.assertEqual(said["/metrics"], said[UNKNOWN])
        self.assertIn("404", said["/metrics"][0][0])
        self.assertIn("503", said["/metrics"][0][3])

    def test_others_are_shown(self):
        gate = self.enterContext(Gate(self.site))
        for address in "192.0.2.90", "2001:db8::9":
            with gate.connection() as stream:
                stream.sendall(lab.fastcgi_request(
                    "/metrics", REMOTE_ADDR=address))
                self.assertIn("ddnsgate_zones 1\n", lab.fastcgi_reply(stream))


class Files(WithSite):
    def spoil(self):
        def another_version():
            content = bytearray(self.file.read_bytes())
            content[32] ^= 1
            self.file.write_bytes(content)

        return {
            "garbage": (lambda: self.file.write_bytes(os.urandom(9999)), True),
            "cut": (lambda: os.truncate(self.file, 700), True),
            "empty": (lambda: os.truncate(self.file, 0), True),
            "foreign": (lambda: self.file.write_bytes(b"seen" * 99), True),
            "another version": (another_version, False),
        }

    def test_spoilt(self):
        """It is replaced, which is told unless it is another version's."""
        for name, (spoil, told) in self.spoil().items():
            with self.subTest(name), Gate(self.site) as gate:
                gate.ask("/health")
                gate.stop()
                spoil()
                lab.give_to_www(self.file, 0o600)
                run = ctl(self.site, "metrics")
                self.assertEqual((run.returncode, run.stdout), (1, ""))
                self.assertIn("/counters: there is none yet", run.stderr)
                gate.start()
                gate.ask("/health")
                self.assertEqual(gate.log_text().count(
                    "counters was damaged and has been begun anew"), told)
                self.assertEqual(self.counted()[requests("health", "ok")], 1)

    def assert_counts_alone(self, gate, why):
        """It serves, and /metrics tells of this process."""
        gate.ask("/health")
        found = series(gate.ask("/metrics").body)
        self.assertGreaterEqual(found[requests("health", "ok")], 1)
        self.assertEqual(found["ddnsgate_zones"], 1)
        lab.wait_until(lambda: why in gate.log_text(), "it is told")
        self.assertEqual(gate.log_text().count("state_dir: counters:"), 1)

    def test_cut_while_open(self):
        gate = self.enterContext(Gate(self.site))
        gate.ask("/health")
        os.truncate(self.file, 0)
        self.assert_counts_alone(
            gate, "counters: the file was cut short, or its disk failed: "
            "this process counts for itself from now on")
        self.assertEqual(gate.ask(f"/{self.secret}", ip="10.0.0.1").status, 200)

    def test_cannot_be_opened(self):
        for name, make, why in (
                ("a folder", self.file.mkdir, "Is a directory"),
                ("a link", lambda: self.file.symlink_to("/etc/passwd"),
                 "Too many levels of symbolic links"),
                ("another's", lambda: self.file.touch(0o600),
                 "Permission denied")):
            if name == "another's" and not lab.AS_ROOT:
                continue
            with self.subTest(name):
                make()
                with Gate(self.site) as gate:
                    self.assert_counts_alone(
                        gate, f"{why}: each process counts for itself")
                if self.file.is_dir() and not self.file.is_symlink():
                    self.file.rmdir()
                else:
                    self.file.unlink()

    def test_removed_while_open(self):
        gate = self.enterContext(Gate(self.site))
        gate.ask("/health")
        self.file.unlink()
        gate.ask("/health")
        self.assertEqual(series(gate.ask("/metrics").body)[
            requests("health", "ok")], 2)
        self.assertFalse(self.file.exists())

    def fill(self):
        """All that can be said, of many servers."""
        content = bytearray(self.file.read_bytes())
        at = HEADER_SIZE + 8 * GAUGES
        for i in range(SERVERS):
            content[at + 32 * i:at + 32 * (i + 1)] = (
                bytes([i + 1] * 24) + bytes([53, 0, 1, 0, 1, 0, 0, 0]))
        stripes = -(-(at + SERVER_SIZE * SERVERS) // 64) * 64
        stripe = (len(content) - stripes) // 16
        content[stripes:stripes + stripe] = b"\1\0\0\0\0\0\1\0" * (stripe // 8)
        self.file.write_bytes(content)
        lab.give_to_www(self.file, 0o600)

    def test_long_text(self):
        """More than a socket takes at once: it comes whole, and who does not
        read it keeps no thread."""
        with Gate(self.site) as gate:
            gate.ask("/health")
        self.fill()
        gate = self.enterContext(Gate(self.site, threads=2))
        web = self.enterContext(Nginx(gate))
        text = curl(web.url("metrics")).body
        self.assertGreater(len(text), 220_000)
        self.assertGreater(len(series(text)), 1000)
        self.assertEqual(promtool("check", "metrics", input=text), (0, ""))
        with contextlib.ExitStack() as stack:
            for _ in range(2):
                stream = stack.enter_context(gate.connection())
                stream.sendall(lab.fastcgi_request("/metrics"))
            self.assertEqual(gate.ask("/health").status, 200)
            self.assertEqual(gate.stop(), 0)


class NoStateDir(WithSite):
    words = {word: new for word, new in STATE.items() if "metrics" in word}

    def test_each_counts_for_itself(self):
        gate = self.enterContext(Gate(self.site))
        self.assertIn("metrics_from: without state_dir each process counts "
                      "for itself", gate.start_log())
        self.assertEqual(series(gate.ask("/metrics").body)[
            requests("health", "ok")], 1)
        run = ctl(self.site, "metrics")
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn("set state_dir", run.stderr)


class Ctl(WithSite):
    def test_none_yet(self):
        run = ctl(self.site, "metrics")
        self.assertEqual((run.returncode, run.stdout), (1, ""))
        self.assertIn("/counters: there is none yet", run.stderr)
        self.assertFalse(self.file.exists())

    def test_in_force_and_stale(self):
        with Gate(self.site) as gate:
            gate.ask(f"/{self.secret}", ip="10.0.0.1")
            found = self.counted()
            self.assertEqual(found["ddnsgate_in_force"], 1)
            self.assertEqual(found["ddnsgate_hosts_stale"], 0)
            self.assertNotIn("ddnsgate_in_force",
                             series(gate.ask("/metrics").body))
            past = pathlib.Path(os.environ["DDNSGATE_BINDIR"], "write_seen")
            subprocess.run([past, self.state, f"c1.{lab.ZONE}", "1000000000",
                            "0", "-", "-"],
                           check=True)
            self.assertEqual(self.counted()["ddnsgate_hosts_stale"], 1)
            gate.process.send_signal(signal.SIGSTOP)
            self.site.add_client("d", "d1")
            self.assertEqual(self.counted()["ddnsgate_in_force"], 0)
            gate.process.send_signal(signal.SIGCONT)
            lab.wait_until(lambda: self.counted()["ddnsgate_in_force"] == 1,
                           "it is read")
        self.assertEqual(self.counted()["ddnsgate_in_force"], 0)
        (self.state / "seen").unlink()
        self.assertNotIn("ddnsgate_hosts_stale", self.counted())

    def test_prometheus_takes_it(self):
        gate = self.enterContext(Gate(self.site))
        gate.ask(f"/{self.secret}", ip="10.0.0.1")
        for text in (ctl(self.site, "metrics").stdout,
                     gate.ask("/metrics").body):
            self.assertEqual(promtool("check", "metrics", input=text), (0, ""))


class Monitoring(WithSite):
    """The examples."""

    def test_rules(self):
        with tempfile.TemporaryDirectory() as folder:
            for file in (MONITORING / "ddnsgate.rules.yml",
                         MONITORING / "prometheus.yml",
                         HERE / "monitoring_rules.yml"):
                shutil.copy(file, folder)
            for command in (("check", "config", "prometheus.yml"),
                            ("check", "rules", "ddnsgate.rules.yml"),
                            ("test", "rules", "monitoring_rules.yml")):
                status, output = promtool(*command, cwd=folder)
                self.assertEqual(status, 0, output)
        rules = (MONITORING / "ddnsgate.rules.yml").read_text()
        tests = (HERE / "monitoring_rules.yml").read_text()
        alerts = set(re.findall(r"alert: (\w+)", rules))
        self.assertEqual(set(re.findall(r"alertname: (\w+)", tests)), alerts)

    def test_rules_know_the_metrics(self):
        gate = self.enterContext(Gate(self.site))
        gate.ask(f"/{self.secret}", ip="10.0.0.1")
        text = ctl(self.site, "metrics").stdout
        named = set(re.findall(r"^# TYPE (\w+)", text, re.MULTILINE))
        rules = (MONITORING / "ddnsgate.rules.yml").read_text()
        used = set(re.findall(r"\b(ddnsgate_\w+)\b(?!\.)", re.sub(
            r"^ *#.*$", "", rules, flags=re.MULTILINE)))
        self.assertTrue(used)
        self.assertEqual(used - named, set())

    def test_file_for_node_exporter(self):
        """The service's own command; what was there stays if it fails."""
        unit = (MONITORING / "ddnsgate-metrics.service").read_text()
        command = re.search(r"ExecStart=(/bin/sh .*?[^\\])\n", unit,
                            re.DOTALL)[1].replace("\\\n", "")
        script, target = re.fullmatch(
            r"/bin/sh -euc '(.*)'\s+sh (\S+)", command).groups()
        self.assertTrue(target.endswith("/node-exporter/ddnsgate.prom"))
        folder = pathlib.Path(self.enterContext(
            tempfile.TemporaryDirectory()))
        env = {**os.environ, "DDNSGATE_CONF": str(self.site.conf), "PATH":
               os.environ["DDNSGATE_BINDIR"] + ":" + os.environ["PATH"]}
        call = ["/bin/sh", "-euc", script.replace("$$", "$"), "sh",
                folder / "ddnsgate.prom"]
        with Gate(self.site) as gate:
            gate.ask("/health")
            subprocess.run(call, env=env, check=True)
        text = (folder / "ddnsgate.prom").read_text()
        self.assertEqual(series(text)["ddnsgate_in_force"], 1)
        self.file.unlink()
        failed = subprocess.run(call, env=env, stderr=subprocess.PIPE)
        self.assertNotEqual(failed.returncode, 0)
        self.assertEqual((folder / "ddnsgate.prom").read_text(), text)
        for name in "ddnsgate-metrics.service", "ddnsgate-metrics.timer":
            shutil.copy(MONITORING / name, folder)
            with self.subTest(name):
                lab.run(lab.program("systemd-analyze"), "verify", "--man=no",
                        folder / name)

    def test_cron_says_nothing_when_all_is_well(self):
        table = (MONITORING / "ddnsgate.crontab").read_text()
        commands = re.findall(r"^[\d*/]+ [^#]*?  root  (.*)$", table,
                              re.MULTILINE)
        self.assertEqual(len(commands), 3)
        env = {**os.environ, "DDNSGATE_CONF": str(self.site.conf), "PATH":
               os.environ["DDNSGATE_BINDIR"] + ":" + os.environ["PATH"]}

        def printed():
            return [subprocess.run(
                ["/bin/sh", "-c", command], env=env, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                timeout=lab.PATIENCE_S).stdout for command in commands]

        with Gate(self.site) as gate:
            gate.ask("/health")
            self.assertEqual(printed(), ["", "", ""])
        self.dns.stop()
        status, check, _ = printed()
        self.assertIn("no process is running", status)
        self.assertNotEqual(check, "")


if __name__ == "__main__":
    unittest.main()
