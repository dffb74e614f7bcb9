#!/usr/bin/python3
"""A secret is in ddnsgate's memory while it is needed, and nowhere else.

The whole memory of a running daemon is read, as whoever becomes root or gets
hold of the swap space would: of a TSIG key there is only what is locked, and
of clients' secrets nothing at all.
"""

import base64
import contextlib
import re
import secrets
import signal
import unittest

from lab import AS_ROOT, UNCONFINED, Gate, Knot, Nginx, Site, curl, wait_until

REQUESTS = 5  # so that each worker has had some
PART = 16  # bytes that show that something is left of a secret
CLEAR = "ASecretThatStandsInClearInAFile"
LISTED = "AnotherThatStandsInClientsList"
WRONG = "OneThatNobodyHasButIsAskedWith"
STAYS = "the old configuration stays"
UNLOCKED = "sandbox: memory (mlock): not in force"
# The kernel's own, which no read(2) gives.
UNREADABLE = {"[vvar]", "[vvar_vclock]", "[vsyscall]"}
ZEROS = re.compile(rb"\0{64,}")

# What makes a file of clients_dir unusable, with a secret in it: at the end of a
# token, of a string and of a list, where libconfig stops and leaks memory.
BROKEN = {
    "syntax": 'clients = ( {{ secret = "{0}" listen }} );',
    "unterminated": 'clients = ( {{ name = "x"; secret = "{0} }} );',
    "twice": 'clients = ( {{ secret = "{0}"; secret = "{0}"; }} );',
    "unquoted": "clients = ( {{ secret = {0}; }} );",
    "parts": 'clients = ( {{ secret = "{0}" "{0}" }} }} );',
    "array": 'clients = ( {{ secrets = [ "{0}", 5 ]; }} );',
    "comment": "// secret = {0}\nclients = ;",
    "large": 'clients = ( {{ secret = "{0}"; ttl = 99999999999; }} );',
    "malformed": 'clients = ( {{ name = "x"; secret = "!{0}"; }} );',
    "value": 'clients = ( {{ name = "x"; secret = "{0}"; hosts = ( "?" ); }} );',
    "no include": 'clients = ( {{ secret = "{0}"; }}\n@include "none"\n);',
}


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
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for start, end, name, has in mappings(pid):
            memory.seek(start)
            # Most of it was never written.
            content = ZEROS.sub(bytes(PART), memory.read(end - start))
            for part, what in parts.items():
                if part in content:
                    yield what, name, flags <= set(has)


def basic(user, secret):
    return base64.b64encode(f"{user}:{secret}".encode())


@unittest.skipUnless(AS_ROOT, "only root can read its memory")
class Memory(unittest.TestCase):
    """What is left where in the memory of a process."""

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


class Serving(Memory):
    """In requests of all kinds, and with the key in each of its places."""

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


class Reading(Memory):
    """Wherever a secret or key is read, and whatever comes of the file."""

    def secret(self, what):
        """One that nothing else has; of letters that base64 has as well."""
        self.hidden[what] = (what.replace(" ", "0") + 48 * "x")[:12].encode()
        self.hidden[what] += secrets.token_hex(10).encode()
        return self.hidden[what].decode()

    def client(self, what, host):
        return (f'{{ name = "{what.replace(" ", "-")}"; hosts = ( "{host}" ); '
                f'secret = "{self.secret(what)}"; }}')

    def write_everywhere(self, site, dns):
        key = dns.tsig_secret()
        self.hidden["TSIG key"] = base64.b64decode(key)
        self.hidden["TSIG key as text"] = key.encode()
        site.write("more.conf", self.client("included", "h1") + ",\n")
        site.write("clients.d/one.conf", f"""
clients = ( {self.client("in clients_dir", "h2")} );
""")
        table = (site.folder / "clients.list").read_text()
        site.write("clients.list", f"""{table}
# {self.secret("comment of clients_file")}
listed\t{self.secret("in clients_file")} h3
""")
        old = base64.b64encode(self.secret("key of another name").encode())
        self.hidden["that key as text"] = old
        text = (site.folder / "tsig.key").read_text()
        site.write("other.key", text.replace("ddnsgate", "other"))
        site.write("tsig.key", f"""{text}
# hmac-sha256:old:{old.decode()}
""")
        site.edit("ddnsgate.conf", {
            "clients = (": f"""// {self.secret("comment")}
/* {self.secret("long comment")} */
clients = (
@include "more.conf"
{self.client("in a list", "h4")},""",
            'file = "tsig.key"; }': f"""file = "tsig.key"; }},
    {{ name = "inline"; algorithm = "hmac-sha512";
      secret = "{key}"; }}"""})

    def reload(self, gate, seen):
        """Reloads until the log says what has to be seen once more."""
        before = gate.log_text().count(seen)
        gate.process.send_signal(signal.SIGHUP)
        wait_until(lambda: gate.log_text().count(seen) > before, seen)

    def break_a_client(self, site, gate, name, text):
        path = site.folder / f"clients.d/{name}.conf"
        site.write(f"clients.d/{name}.conf",
                   text.format(self.secret(f"broken {name}")) + "\n")
        self.reload(gate, STAYS)
        self.assertIn(f"/{name}.conf:", gate.log_text())
        path.unlink()

    def break_the_rest(self, site, gate):
        key = base64.b64encode(self.secret("broken key").encode()).decode()
        self.hidden["broken key as text"] = key.encode()
        broken = {
            "ddnsgate.conf": ('algorithm = "hmac-sha512";',
                              f'secret = "{key}"; algorithm = "none";'),
            "tsig.key": ("hmac-sha256", f"none; secret {key}; algorithm"),
            "clients.list": ("listed\t", f"listed {key} ")}
        for name, (good, bad) in broken.items():
            text = (site.folder / name).read_text()
            site.write(name, text.replace(good, bad))
            self.reload(gate, STAYS)
            site.write(name, text)

    def test_every_place(self):
        self.hidden = {}
        with Knot() as dns, Site(dns) as site:
            self.write_everywhere(site, dns)
            with Gate(site) as gate:
                if UNCONFINED in gate.start_log():
                    self.skipTest("sanitizers keep what is freed")
                self.check(gate, self.hidden, "at the start")
                self.reload(gate, "reload: 1 zones")
                self.check(gate, self.hidden, "after a reload")
                for name, text in BROKEN.items():
                    self.break_a_client(site, gate, name, text)
                    self.check(gate, self.hidden, f"after {name}")
                self.break_the_rest(site, gate)
                self.reload(gate, "reload: 1 zones")
                self.check(gate, self.hidden, "after other faults")


if __name__ == "__main__":
    unittest.main()
