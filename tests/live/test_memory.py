#!/usr/bin/python3
"""A secret is in ddnsgate's memory while it is needed, and nowhere else.

The whole memory of a running daemon is read, as whoever becomes root or gets
hold of the swap space would: of a TSIG key there is only what is locked, and
of clients' secrets nothing at all.
"""

import base64
import contextlib
import re
import signal
import unittest

from lab import AS_ROOT, UNCONFINED, Gate, Knot, Nginx, Site, curl, wait_until

REQUESTS = 5  # so that each worker has had some
PART = 16  # bytes that show that something is left of a secret
CLEAR = "ASecretThatStandsInClearInAFile"
LISTED = "AnotherThatStandsInClientsList"
WRONG = "OneThatNobodyHasButIsAskedWith"
UNLOCKED = "sandbox: memory (mlock): not in force"
# The kernel's own, which no read(2) gives.
UNREADABLE = {"[vvar]", "[vvar_vclock]", "[vsyscall]"}


def mappings(pid):
    """(start, end, name, flags) of all that can be read (proc(5), smaps)."""
    start = end = name = None
    with open(f"/proc/{pid}/smaps") as smaps:
        for line in smaps:
            fields = line.split()
            head = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+) ", line)
            if head:
                start, end = int(head[1], 16), int(head[2], 16)
                name = fields[5] if len(fields) > 5 else ""
                readable = "r" in head[3] and name not in UNREADABLE
            elif fields[0] == "VmFlags:" and readable:
                yield start, end, name, fields[1:]


def find(pid, hidden, flags):
    """Where something of these bytes is left: (what, mapping, has flags)."""
    parts = {secret[at:at + PART]: what for what, secret in hidden.items()
             for at in range(len(secret) - PART + 1)}
    pattern = re.compile(b"|".join(map(re.escape, parts)))
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for start, end, name, has in mappings(pid):
            memory.seek(start)
            for found in pattern.finditer(memory.read(end - start)):
                yield parts[found[0]], name, flags <= set(has)


def basic(user, secret):
    return base64.b64encode(f"{user}:{secret}".encode())


@unittest.skipUnless(AS_ROOT, "only root can read its memory")
class Memory(unittest.TestCase):
    def check(self, gate, hidden, when):
        # In no core dump, and never swapped out, if memory may be locked.
        flags = {"dd"} if UNLOCKED in gate.start_log() else {"dd", "lo"}
        found = []

        def is_clean():
            found[:] = find(gate.process.pid, hidden, flags)
            return all(place[2] for place in found)

        with self.subTest(when):
            # A reply may arrive before the worker has cleaned up.
            with contextlib.suppress(TimeoutError):
                wait_until(is_clean, "nothing is left")
            self.assertEqual([place for place in found if not place[2]], [])
            # Else the test would not find what there is.
            self.assertIn("TSIG key", {what for what, _, _ in found})

    def ask_in_every_way(self, web, secret):
        for _ in range(REQUESTS):
            curl(web.url(secret))
            curl(web.url(f"nic/update?hostname=h1&password={secret}"))
            curl(web.url("nic/update?hostname=h1"), user=f"clear:{secret}")
            curl(web.url("update"), data=f"token={secret}")
            curl(web.url("nic/update"), user=f"clear:{secret}",
                 data="x" * 20000)
            curl(web.url("nic/update"),
                 header=f"Authorization: Bearer {secret}")

    def check_site(self, dns, site):
        key = dns.tsig_secret()
        hidden = {"TSIG key": base64.b64decode(key),
                  "TSIG key as text": key.encode(),
                  "client's secret": site.secrets["home"].encode(),
                  "secret in clear": CLEAR.encode(),
                  "secret in the table": LISTED.encode(),
                  "wrong secret": WRONG.encode(),
                  "Authorization": basic("clear", CLEAR)}
        with Gate(site) as gate, Nginx(gate) as web:
            if UNCONFINED in gate.start_log():
                self.skipTest("sanitizers keep what is freed")
            self.check(gate, hidden, "at the start")
            for secret in site.secrets["home"], CLEAR, WRONG:
                self.ask_in_every_way(web, secret)
            self.assertIn(" client=clear ", gate.log_text())
            self.check(gate, hidden, "after requests")
            gate.process.send_signal(signal.SIGHUP)
            wait_until(lambda: "reload: " in gate.log_text(), "a reload")
            self.check(gate, hidden, "after a reload")

    def write_clear_secrets(self, site):
        site.add_client("home", "h2", allow_private=True)
        site.write("clients.d/clear.conf", f"""
clients = ( {{ name = "clear"; secret = "{CLEAR}"; hosts = ( "h1" );
    allow_private = true; }} );
""")
        table = (site.folder / "clients.list").read_text()
        site.write("clients.list", f"{table}listed {LISTED} h3\n")

    def test_key_in_a_file(self):
        with Knot() as dns, Site(dns) as site:
            self.write_clear_secrets(site)
            self.check_site(dns, site)

    def test_key_in_the_configuration(self):
        with Knot() as dns, Site(dns) as site:
            self.write_clear_secrets(site)
            site.edit("ddnsgate.conf", {
                'file = "tsig.key";': 'algorithm = "hmac-sha256"; '
                f'secret = "{dns.tsig_secret()}";'})
            self.check_site(dns, site)


if __name__ == "__main__":
    unittest.main()
