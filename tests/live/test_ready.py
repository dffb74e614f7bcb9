#!/usr/bin/python3
"""/ready: whether a load balancer is to send requests here."""

import os
import pathlib
import subprocess
import unittest

import lab
from lab import AS_ROOT, Gate, Haproxy, Knot, Nginx, Site, curl, web_setup

STATE = {'// state_dir = "/var/lib/ddnsgate";': 'state_dir = "state";'}


class Ready(unittest.TestCase):
    def setUp(self):
        self.dns = self.enterContext(Knot())
        self.site = self.enterContext(Site(self.dns, STATE))
        self.state = self.site.folder / "state"
        self.state.mkdir()
        lab.give_to_www(self.state, 0o750)

    def drain(self, *args):
        program = pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl")
        run = subprocess.run(
            [program, "-c", self.site.conf, "drain", *args], text=True,
            capture_output=True, timeout=lab.PATIENCE_S)
        return run.returncode, run.stdout

    def assert_ready(self, gate, status, body):
        reply = gate.ask("/ready")
        self.assertEqual((reply.status, reply.body.strip()), (status, body))

    def test_drain(self):
        """In the sandbox; it outlives a restart."""
        gate = self.enterContext(Gate(self.site))
        self.assert_ready(gate, 200, "OK")
        self.assertEqual(self.drain(), (0, "off\n"))
        self.assertEqual(self.drain("on"), (0, ""))
        self.assertEqual(self.drain(), (0, "on\n"))
        self.assert_ready(gate, 503, "draining")
        self.assertEqual(gate.ask("/health").status, 200)
        gate.stop()
        gate.start()
        self.assert_ready(gate, 503, "draining")
        self.assertEqual(self.drain("off"), (0, ""))
        self.assert_ready(gate, 200, "OK")
        self.assertEqual(self.drain("maybe")[0], 2)

    def test_dns_that_is_down(self):
        self.dns.stop()
        gate = self.enterContext(Gate(self.site))
        self.assert_ready(gate, 503, "dnserr")
        self.dns.start()
        lab.wait_until(lambda: gate.ask("/ready").status == 200, "is ready")

    def test_cgi(self):
        with web_setup("cgid", self.site) as web:
            self.assertIn("OK", str(lab.curl(web.url("ready"))))


class Machines(Haproxy):
    """The example, with the names of two servers as those of its machines."""

    example = "cluster/haproxy.cfg"
    patient = {"timeout connect 2s": f"timeout connect {lab.PATIENCE_S}s",
               "timeout server 22s": f"timeout server {lab.PATIENCE_S}s"}

    def __init__(self, one, two):
        super().__init__(one.gate)
        self.servers = {"192.0.2.11:80": f"127.0.0.1:{one.port}",
                        "192.0.2.12:80": f"127.0.0.1:{two.port}"}

    def backend_words(self):
        words = {"inter 2s": "inter 100ms", **self.servers,
                 "\tdefault_backend gates\n":
                 "\tdefault_backend gates\n"
                 "\thttp-response set-header x-machine %s\n"}
        if AS_ROOT:
            words["/var/lib/haproxy\n"] = f"{self.folder}\n"
        return words


class Alone(Haproxy):
    """HAProxy that speaks FastCGI, and asks as the comment there says."""

    def backend_words(self):
        return {**super().backend_words(),
                "\t#\toption httpchk": "\toption httpchk",
                " proto fcgi\n": " proto fcgi check inter 100ms\n"}


class Machine:
    def __init__(self, case):
        self.dns = case.enterContext(Knot())
        self.site = case.enterContext(Site(self.dns, STATE))
        state = self.site.folder / "state"
        state.mkdir()
        lab.give_to_www(state, 0o750)
        self.gate = case.enterContext(Gate(self.site))

    def drain(self, word):
        lab.run(pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgatectl"),
                "-c", self.site.conf, "drain", word)


class HaproxyAsks(unittest.TestCase):
    def wait_for(self, machine):
        """Until it is the one that answers; None: nobody does."""
        def answers():
            reply = curl(self.web.url("health"))
            if machine is None:
                return (reply.status, reply.body) == (503, "911")
            return reply.headers.get("x-machine") == [machine]
        lab.wait_until(answers, f"{machine} answers")

    def test_machines(self):
        both = {name: Machine(self) for name in ("one", "two")}
        webs = [self.enterContext(Nginx(machine.gate))
                for machine in both.values()]
        self.web = self.enterContext(Machines(*webs))
        lab.wait_until(lambda: curl(self.web.url("health")).status == 200,
                       "it answers")
        (mine,) = curl(self.web.url("health")).headers["x-machine"]
        (other,) = set(both) - {mine}
        both[mine].drain("on")
        self.wait_for(other)
        # Whoever asks the machine itself is served.
        self.assertEqual(both[mine].gate.ask("/health").status, 200)
        both[other].drain("on")
        self.wait_for(None)
        both[mine].drain("off")
        self.wait_for(mine)
        both[other].drain("off")
        both[mine].dns.stop()
        self.wait_for(other)
        both[mine].dns.start()
        self.wait_for(mine)
        for _ in range(5):  # it is always the same one
            self.assertEqual(curl(self.web.url("health")).headers["x-machine"],
                             [mine])

    def test_alone(self):
        machine = Machine(self)
        self.web = self.enterContext(Alone(machine.gate))

        def serves():
            return curl(self.web.url("health")).status == 200
        lab.wait_until(serves, "it answers")
        machine.drain("on")
        self.wait_for(None)
        machine.drain("off")
        lab.wait_until(serves, "it answers again")
        machine.dns.stop()
        self.wait_for(None)


if __name__ == "__main__":
    unittest.main()
