#!/usr/bin/python3
"""Real update clients: what each of them concludes, and what DNS has.

Every client goes through STEPS before every web server and DNS server.
"""

import contextlib
import re
import subprocess
import unittest

from lab import (DNS_SERVERS, PATIENCE_S, WEB_SETUPS, ZONE, Ddclient, Gate,
                 Inadyn, Knot, Nginx, Room, Site, web_setup)

# What happens, the address that the client has by then, and the outcome.
STEPS = (
    ("first update", "192.0.2.1", "good"),
    ("unchanged", "192.0.2.1", "nochg"),
    ("changed", "192.0.2.2", "good"),
    ("DNS server down", "192.0.2.3", "dnserr"),
    ("DNS server back", "192.0.2.3", "good"),
    ("wrong password", "192.0.2.4", "badauth"),
    ("unknown host", "192.0.2.4", "nohost"),
    ("all is well again", "192.0.2.1", "good"),
)
WRONG_PASSWORD = "WrongPasswordWrongPassword"


class Command(Room):
    """A client that remembers nothing: a command line, run for each attempt.

    Its words are filled in; it has no shell.
    """

    def __init__(self, web, user, line):
        self.web = web
        self.user = user
        self.line = line

    def attempt(self, address, password, hosts, force=False):
        """Gives its exit status and what it printed."""
        words = [word.format(url=f"http://127.0.0.1:{self.web.port}",
                             user=self.user, password=password,
                             hosts=",".join(hosts), address=address)
                 for word in self.line.split()]
        done = subprocess.run(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={"HOME": self.folder, "PATH": "/usr/bin:/bin"},
            timeout=PATIENCE_S)
        return done.returncode, done.stdout

    remembered = None


def command(line, good, nochg, badauth, other, why):
    """A row of CLIENTS: what is printed, and the statuses after a failure."""
    return (lambda web, user: Command(web, user, line), {
        "good": (0, rf"\A{good}\Z"),
        "nochg": (0, rf"\A{nochg}\Z"),
        "dnserr": (other, why.format(503)),
        "badauth": (badauth, why.format(401)),
        "nohost": (other, why.format(404)),
    })


def wget(line):
    """Wget says nothing when it is quiet."""
    return command(line, "good {address}\ngood {address}",
                   "nochg {address}\nnochg {address}", 6, 8, r"\A\Z")


def curl(line, good="good {address}\ngood {address}",
         nochg="nochg {address}\nnochg {address}"):
    return command(line, good, nochg, 22, 22, r"\Acurl: \(22\) .* {}\s*\Z")


# Each client, and for each outcome its exit status (None: it goes on) and
# what it says, of each host if it is asked about it by name.
CLIENTS = {
    # 3.10 has no words for 404 and 503, but it does not forget them either.
    "ddclient": (Ddclient, {
        "good": (0, "SUCCESS: +updating {host}: good: "
                    "IP address set to {address}"),
        "nochg": (0, "WARNING: +updating {host}: nochg: No update required"),
        "dnserr": (0, r"\A\Z"),
        "badauth": (1, "FAILED: .*{host}.*: authorization failed"),
        "nohost": (0, r"\A\Z"),
    }),
    # It bears with 5xx; all else that is no success ends it.
    "inadyn": (Inadyn, {
        "good": (None, "Successful .* {host} => new IP# {address}"),
        "nochg": (None, "Successful .* {host} => new IP# {address}"),
        "dnserr": (None, r"(?s)Temporary error.*\[503 Service Unavailable\] "
                         "dnserr.*Will retry again in 600 sec"),
        "badauth": (50, r"(?s)Fatal.*\[401 Unauthorized\] badauth.*exiting"),
        "nohost": (48, r"(?s)Fatal.*\[404 Not Found\] nohost.*exiting"),
    }),
    # It tells its credentials only when it is challenged.
    "wget": wget(
        "wget -qO- --user={user} --password={password} "
        "{url}/nic/update?hostname={hosts}&myip={address}"),
    "wget-at-once": wget(
        "wget -qO- --auth-no-challenge --user={user} --password={password} "
        "{url}/nic/update?hostname={hosts}&myip={address}"),
    "curl-basic": curl(
        "curl -fsS -u {user}:{password} "
        "{url}/nic/update?hostname={hosts}&myip={address}"),
    "curl-query": curl(
        "curl -fsS {url}/nic/update?username={user}&password={password}"
        "&hostname={hosts}&myip={address}"),
    "curl-form": curl(
        "curl -fsS {url}/update -d username={user} -d password={password} "
        "-d hostname={hosts} -d myip={address}"),
    "curl-bearer": curl(
        "curl -fsS --oauth2-bearer {password} "
        "{url}/v3/update?hostname={hosts}&myip={address}"),
    "curl-duckdns": curl(
        "curl -fsS {url}/update?domains={hosts}&token={password}&ip={address}",
        good="OK", nochg="OK"),
    "curl-function": curl(
        "curl -fsS "
        "{url}/api/UpdateDns?code={password}&host={hosts}&ip={address}"),
}


class Player:
    """A client with two hosts of its own, and what DNS has of them."""

    def __init__(self, name, client, dns, password):
        self.name = name
        self.client = client
        self.dns = dns
        self.password = password
        self.names = [f"{name}-1", f"{name}-2"]
        self.hosts = [f"{own}.{ZONE}" for own in self.names]
        self.has = None

    def attempt(self, address, outcome):
        """Does what has this outcome; gives the hosts, and what it says."""
        hosts = [f"nobody.{ZONE}"] if outcome == "nohost" else self.hosts
        password = WRONG_PASSWORD if outcome == "badauth" else self.password
        said = self.client.attempt(
            address, password, hosts, force=outcome == "nochg")
        if outcome in ("good", "nochg"):
            self.has = address
        return hosts, said


class Clients(unittest.TestCase):
    def check_said(self, player, address, outcome):
        status, words = CLIENTS[player.name][1][outcome]
        hosts, said = player.attempt(address, outcome)
        self.assertEqual(said[0], status, said[1])
        for host in hosts:
            self.assertRegex(said[1], words.format(
                host=re.escape(host), address=re.escape(address)))

    def check_believed(self, player, outcome):
        """It believes in nothing that DNS has not, nor forgets a host."""
        if player.client.remembered is None:
            return
        believed = player.client.remembered()
        self.assertEqual(set(believed.values()) - {player.has}, set())
        if outcome in ("good", "nochg"):
            self.assertEqual(set(believed), set(player.hosts))

    def step(self, player, address, outcome):
        self.check_said(player, address, outcome)
        self.check_believed(player, outcome)
        if outcome != "dnserr":
            for name in player.names:
                self.assertEqual(player.dns.addresses(name, "A"), [player.has])

    def walk(self, dns, players):
        for name, address, outcome in STEPS:
            if outcome == "dnserr":
                dns.stop()
            for player in players:
                with self.subTest(f"{player.name}, {name}"):
                    self.step(player, address, outcome)
            if outcome == "dnserr":
                dns.start()

    def test_all(self):
        for server in DNS_SERVERS:
            for setup in WEB_SETUPS:
                with self.subTest(f"{server.__name__}, {setup}"), \
                        server() as dns, Site(dns) as site, \
                        contextlib.ExitStack() as stack:
                    passwords = {
                        name: site.add_client(name, f"{name}-1", f"{name}-2")
                        for name in CLIENTS}
                    web = stack.enter_context(web_setup(setup, site))
                    self.walk(dns, [
                        Player(name, stack.enter_context(make(web, name)),
                               dns, passwords[name])
                        for name, (make, _) in CLIENTS.items()])


class Details(unittest.TestCase):
    def setUp(self):
        self.dns = self.enterContext(Knot())
        self.site = self.enterContext(Site(self.dns))
        self.password = self.site.add_client(
            "home", "h1", "h2", allow_private=True)
        self.gate = self.enterContext(Gate(self.site))
        self.web = self.enterContext(Nginx(self.gate))

    def requests(self):
        """The log line of each update request."""
        return [line for line in self.gate.log_text().splitlines()
                if "dialect=dyndns2" in line]

    def test_ddclient_marks_each_host_of_a_list(self):
        hosts = [f"h1.{ZONE}", f"h2.{ZONE}"]
        with Ddclient(self.web, "home") as ddclient:
            ddclient.attempt("192.0.2.1", self.password, hosts)
            self.assertEqual(ddclient.remembered(),
                             dict.fromkeys(hosts, "192.0.2.1"))
            request, = self.requests()
            self.assertIn("word=good,good ", request)

    def test_ddclient_does_not_ask_for_what_it_has(self):
        with Ddclient(self.web, "home") as ddclient:
            for _ in range(2):
                self.assertEqual(0, ddclient.attempt(
                    "192.0.2.1", self.password, [f"h1.{ZONE}"])[0])
            self.assertEqual(len(self.requests()), 1)

    def check_caller_is_set(self, make, source, host):
        with make(self.web, "home", source) as client:
            client.attempt(None, self.password, [f"{host}.{ZONE}"])
            self.assertEqual(client.remembered(),
                             {f"{host}.{ZONE}": "127.0.0.1"})
        self.assertEqual(self.dns.addresses(host, "A"), ["127.0.0.1"])

    def test_ddclient_asks_for_its_address(self):
        """It takes the first in the reply, headers included."""
        for path, host in ("ip", "h1"), ("checkip", "h2"):
            with self.subTest(path):
                self.check_caller_is_set(
                    Ddclient, f"web, web=http://127.0.0.1:{self.web.port}"
                    f"/{path}", host)

    def test_inadyn_asks_for_its_address(self):
        for path, host in ("ip", "h1"), ("checkip", "h2"):
            with self.subTest(path):
                self.check_caller_is_set(
                    Inadyn, f"""checkip-ssl = false
                    checkip-server = "127.0.0.1:{self.web.port}"
                    checkip-path = "/{path}" """, host)

    def test_waiting_for_the_challenge_is_no_failure(self):
        make, _ = CLIENTS["wget"]
        with make(self.web, "home") as wget:
            for _ in range(30):
                said = wget.attempt("192.0.2.1", self.password, ["h1"])
                self.assertRegex(said[1], "^(good|nochg) 192.0.2.1$")
        requests = self.requests()
        self.assertEqual(len(requests), 60)
        for line in requests:
            self.assertIn("ddnsgate: info:", line)
            self.assertRegex(line, "reason=(-|.no credentials.) ")

    def test_wrong_credentials_are_a_failure(self):
        make, _ = CLIENTS["curl-basic"]
        with make(self.web, "home") as curl_basic:
            curl_basic.attempt("192.0.2.1", WRONG_PASSWORD, ["h1"])
        request, = self.requests()
        self.assertIn("ddnsgate: warning:", request)


if __name__ == "__main__":
    unittest.main()
