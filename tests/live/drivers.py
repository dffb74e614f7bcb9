"""The clients of the checker, and what they know of their hosts."""

import asyncio
import collections
import itertools
import re
import threading
import time

import dns.asyncquery
import dns.exception
import dns.message
import dns.rcode
import dns.rdatatype

from faults import PAUSE_MAX_S
from lab import LOOPBACK, PATIENCE_S, ZONE
from lossy import DELAY_MAX_S

# Knot may keep an UPDATE for its next second; then there is the machine.
SETTLE_S = DELAY_MAX_S + PAUSE_MAX_S + 1.0 + 0.6
LOOK_S = 2
BURST_S = 2

ACKNOWLEDGED = re.compile(r"(good|nochg) (\S+)")
NOT_NOW = {("dnserr", 503), ("911", 503), ("911", 500), ("911", 502),
           ("911", 504)}


class Figures(collections.Counter):
    """What is counted, and what must not be."""

    def __init__(self):
        super().__init__()
        self.violations = []
        self.slowest_s = 0

    def violation(self, text):
        self.violations.append(text)
        print("VIOLATION:", text, flush=True)


class Connection:
    """HTTP as a client with keep-alive speaks it."""

    def __init__(self, port):
        self.port = port
        self.stream = None

    async def get(self, path):
        """Gives status and body; an OSError is a closed connection."""
        if self.stream is None:
            self.stream = await asyncio.open_connection(
                LOOPBACK["A"], self.port)
        reader, writer = self.stream
        whole = False
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
            body = await reader.readexactly(int(length[1]))
            whole = b"\nconnection: close" not in head.lower()
        except asyncio.IncompleteReadError as error:
            raise ConnectionError("closed") from error
        finally:
            if not whole:
                self.close()
        return int(head.split(None, 2)[1]), body.decode()

    def close(self):
        if self.stream is not None:
            self.stream[1].close()
            self.stream = None


class Host:
    """What may stand in DNS at its name: one of the values, by family."""

    def __init__(self, name, dns_port, figures):
        self.name = name
        self.dns_port = dns_port
        self.figures = figures
        self.possible = {"A": [None], "AAAA": [None]}

    def attempt(self, addresses):
        for family, address in addresses.items():
            self.possible[family].append(address)

    def acknowledge(self, addresses):
        for family, address in addresses.items():
            self.possible[family] = [address]

    async def look(self, settled=True):
        """Asks DNS.  What is there after the pause is there for good."""
        for family, possible in self.possible.items():
            try:
                seen = await self.ask(family)
            except (OSError, dns.exception.DNSException):
                self.figures["looks without an answer"] += 1
                return
            self.figures["looks"] += 1
            if len(seen) > 1:
                self.figures.violation(f"{self.name} has {seen}")
            elif (found := seen[0] if seen else None) not in possible:
                self.figures.violation(f"{self.name} has {found}, "
                                       f"not one of {possible}")
            if settled:
                self.possible[family] = [seen[0] if seen else None]

    async def ask(self, family):
        query = dns.message.make_query(f"{self.name}.{ZONE}", family)
        reply = await dns.asyncquery.udp(query, LOOPBACK["A"], LOOK_S,
                                         self.dns_port)
        # SERVFAIL: it has started and not yet loaded the zone.
        if reply.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
            raise OSError(dns.rcode.to_text(reply.rcode()))
        wanted = dns.rdatatype.from_text(family)
        return [str(record) for rrset in reply.answer for record in rrset
                if rrset.rdtype == wanted]


class Client:
    """Updates its hosts, all in one request; nobody else does."""

    serial = itertools.count(1)

    def __init__(self, secret, hosts, web, figures, rng):
        names = ",".join(host.name for host in hosts)
        self.path = f"/{secret}/{names}?ip="
        self.hosts = hosts
        self.connection = Connection(web.port)
        self.kind = type(web).__name__
        self.figures = figures
        self.rng = rng
        self.addresses = None  # of the last attempt, if it failed

    async def live(self, over):
        await asyncio.sleep(self.rng.uniform(0, SETTLE_S))
        while not over.is_set():
            await self.turn()
            await asyncio.sleep(SETTLE_S + self.rng.expovariate(2))
            # Many at once, as after a power cut; they then travel together.
            if self.rng.random() < 0.7:
                await asyncio.sleep(-time.monotonic() % BURST_S)
            await self.look()
        self.connection.close()

    async def calm(self):
        """All is well: the next update has to come through."""
        await asyncio.sleep(self.rng.uniform(0, SETTLE_S))
        if not await self.comes_through():
            self.figures.violation(f"{self.hosts[0].name}: no update comes "
                                   "through when all is well")
        self.connection.close()

    async def comes_through(self):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            self.addresses = None
            if await self.turn():
                return True
            await asyncio.sleep(SETTLE_S)
            await self.look()
        return False

    async def look(self, settled=True):
        for host in self.hosts:
            await host.look(settled)

    def new_addresses(self):
        serial = next(self.serial)
        addresses = {
            "A": f"10.{serial >> 16}.{serial >> 8 & 255}.{serial & 255}",
            "AAAA": f"2001:db8::{serial:x}"}
        if (only := self.rng.choice(("A", "AAAA", None))):
            return {only: addresses[only]}
        return addresses

    async def turn(self):
        """One request; gives whether it was acknowledged."""
        # A client whose update failed tries the same or has moved on.
        if self.addresses is None or self.rng.random() < 0.5:
            self.addresses = self.new_addresses()
        for host in self.hosts:
            host.attempt(self.addresses)
        reply = await self.request(
            self.path + ",".join(self.addresses.values()))
        if reply is None or not self.is_acknowledged(*reply):
            return False
        for host in self.hosts:
            host.acknowledge(self.addresses)
        self.addresses = None
        await self.look(settled=False)
        return True

    async def request(self, path):
        self.figures[f"requests to {self.kind}"] += 1
        start = time.monotonic()
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self.connection.get(path)
        except TimeoutError:
            self.figures.violation(f"{self.kind}: no reply to "
                                   f"{self.hosts[0].name}'s request within "
                                   f"{PATIENCE_S} s")
        except OSError:
            self.figures["closed connections"] += 1
        finally:
            self.figures.slowest_s = max(self.figures.slowest_s,
                                         time.monotonic() - start)
        return None

    def is_acknowledged(self, status, body):
        if (body, status) in NOT_NOW:
            self.figures[f"replies {status} {body}"] += 1
            return False
        words = [ACKNOWLEDGED.fullmatch(line) for line in body.split("\n")]
        told = ",".join(self.addresses.values())
        if (status != 200 or len(words) != len(self.hosts) or
                not all(word and word[2] == told for word in words)):
            self.figures.violation(f"{self.kind} says {status} {body!r} to "
                                   f"{len(self.hosts)} x {told}")
            return False
        self.figures.update(f"replies {word[1]}" for word in words)
        self.figures[f"acknowledged by {self.kind}"] += 1
        return True


class Poison(Client):
    """Wants what the DNS server allows nobody: the zone's own name.

    So whoever travels with it has to try again.
    """

    async def turn(self):
        address = self.new_addresses().popitem()[1]
        reply = await self.request(self.path + address)
        if reply is None or reply in {(status, word) for word, status
                                      in NOT_NOW}:
            self.figures["poison refused"] += reply is not None
        else:
            self.figures.violation(f"{self.kind} says {reply} to poison")

    async def look(self, settled=True):
        pass

    async def calm(self):
        await self.turn()
        self.connection.close()


class Traffic:
    """Network and clients, in a thread with an event loop of its own."""

    clients = ()

    def __init__(self, network):
        self.network = network
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)

    def __enter__(self):
        self.thread.start()
        self.do(self.network.open())
        return self

    def __exit__(self, *_):
        self.do(self.end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()

    async def end(self):
        self.network.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def do(self, task):
        return asyncio.run_coroutine_threadsafe(task, self.loop).result()

    def start(self):
        self.over = asyncio.Event()
        self.lives = asyncio.run_coroutine_threadsafe(
            self.all(client.live(self.over) for client in self.clients),
            self.loop)

    def stop(self):
        self.loop.call_soon_threadsafe(self.over.set)
        self.lives.result()

    def each(self, deed):
        """Every client does it, all at a time."""
        self.do(self.all(deed(client) for client in self.clients))

    @staticmethod
    async def all(tasks):
        await asyncio.gather(*tasks)
