"""DNS servers on loopback that say what a test wants them to.

Each holds addresses of any names, signs with the key `ddnsgate`, and answers
as it should, but for the lies that it is told to tell.
"""

import asyncio
import base64
import collections
import contextlib
import dataclasses
import json
import re
import struct
import threading
import time
import typing

import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TSIG
import dns.rrset
import dns.tsig

from lab import PATIENCE_S, Room, free_port

SECRET = b"the secret of the fake DNS servers"
QUERY, UPDATE = dns.opcode.QUERY, dns.opcode.UPDATE
HEADER_LEN = 12
DATAGRAM_MAX = 65507
FRAME_MAX = 65535
SLOW_S = 10  # beyond any request's time
FLOOD_PAUSE_S = 0.05


@dataclasses.dataclass(frozen=True)
class Lie:
    """An answer; what is not given is as it should be."""

    rcode: str = "NOERROR"
    id: int = 0  # these two: the bits that are the other way round
    flags: int = 0
    # From the name asked for to the one that is answered; "": no question.
    asked: typing.Callable = lambda name: name
    # The TSIG record, and the key that it is made with.
    signed: bool = True
    key: str = "ddnsgate"
    secret: bytes = SECRET
    algorithm: str = "hmac-sha256"
    request_mac: bytes | None = None
    mac_len: int | None = None  # of a MAC that is cut
    seconds: int = 0  # how far its clock is ahead
    fudge: int = 300
    error: int = 0
    other: bytes = b""
    # From what is right in all else, and the request, to what is sent.
    mangle: typing.Callable = lambda answer, request: answer
    # once, never, flood (until there is another lie); over TCP alone: slowly,
    # half, close
    how: str = "once"


TRUTH = Lie()
NOTHING = Lie(how="never")


def sign(wire, request_mac, lie):
    key = dns.tsig.Key(lie.key, lie.secret, lie.algorithm)
    unsigned = dns.rdtypes.ANY.TSIG.TSIG(
        dns.rdataclass.ANY, dns.rdatatype.TSIG, key.algorithm, 0, lie.fudge,
        b"", int.from_bytes(wire[:2], "big"), lie.error, lie.other)
    if lie.request_mac is not None:
        request_mac = lie.request_mac
    tsig, _ = dns.tsig.sign(
        wire, key, unsigned, int(time.time()) + lie.seconds, request_mac)
    rdata = tsig.replace(mac=tsig.mac[:lie.mac_len]).to_wire()
    record = key.name.to_wire() + struct.pack(
        "!HHIH", dns.rdatatype.TSIG, dns.rdataclass.ANY, 0, len(rdata)) + rdata
    arcount = int.from_bytes(wire[10:HEADER_LEN], "big") + 1
    return (wire[:10] + arcount.to_bytes(2, "big") + wire[HEADER_LEN:] +
            record)


class FakeDns:
    """One server.  open() and close() belong to an event loop.

    lies: what it says to queries and to UPDATEs.  A message may come again,
    as the answer was late: such copies count for nothing, and get no second
    answer, which whoever asks next would hear.
    """

    def __init__(self):
        self.port = free_port()
        self.lies = {}
        self.held = {}  # of a name and type: (TTL, address)
        self.seen = collections.defaultdict(dict)  # of an opcode: what, when
        self.ids = collections.defaultdict(set)
        self.lock = threading.Lock()  # of these:
        self.holds = set()  # opcodes
        self.waiting = collections.defaultdict(dict)  # for its release
        self.most_waiting = 0
        self.released = set()
        self.answered = set()

    @property
    def at(self):
        return f"127.0.0.1@{self.port}"

    async def open(self):
        self.loop = asyncio.get_running_loop()
        self.tasks = set()
        self.udp, _ = await self.loop.create_datagram_endpoint(
            lambda: Datagrams(self), ("127.0.0.1", self.port))
        self.tcp = await asyncio.start_server(
            self.on_connection, "127.0.0.1", self.port, backlog=1000)

    async def close(self):
        self.udp.close()
        self.tcp.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def go_on(self, coroutine):
        task = asyncio.get_running_loop().create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    # What it says

    def answer(self, request, lie):
        said = dns.message.Message(id=request.id)
        said.flags = dns.flags.QR | dns.flags.AA
        said.set_opcode(request.opcode())
        said.set_rcode(dns.rcode.from_text(lie.rcode))
        for asked in request.question:
            name = lie.asked(asked.name.to_text(omit_final_dot=True))
            if name:
                said.question.append(dns.rrset.RRset(
                    dns.name.from_text(name), asked.rdclass, asked.rdtype))
        if lie.rcode != "NOERROR":
            pass
        elif request.opcode() == UPDATE:
            if lie is TRUTH:
                self.obey(request)
        else:
            self.fill(said, request.question[0])
        wire = said.to_wire()
        first = int.from_bytes(wire[:2], "big") ^ lie.id
        flags = int.from_bytes(wire[2:4], "big") ^ lie.flags
        wire = struct.pack("!HH", first, flags) + wire[4:]
        return sign(wire, request.mac, lie) if lie.signed else wire

    def obey(self, update):
        for record in update.update:
            name = record.name.to_text(omit_final_dot=True)
            kind = dns.rdatatype.to_text(record.rdtype)
            self.held.pop((name, kind), None)
            for address in record:
                if record.rdclass == dns.rdataclass.IN:
                    self.held[name, kind] = (record.ttl, address.to_text())

    def fill(self, said, asked):
        kind = dns.rdatatype.to_text(asked.rdtype)
        name = asked.name.to_text(omit_final_dot=True)
        if (name, kind) in self.held:
            ttl, address = self.held[name, kind]
            said.answer = [dns.rrset.from_text(
                asked.name, ttl, "IN", kind, address)]

    def address(self, name):
        return self.held.get((name, "A"), (0, None))[1]

    # Holding back what it says; from any thread

    def hold(self, opcode):
        """From now on, answers to these wait until they are released."""
        self.holds.add(opcode)

    def release(self, opcode):
        """All of them, and those that are still to come."""
        self.holds.discard(opcode)
        while self.release_one(opcode):
            pass

    def release_one(self, opcode):
        """The one that has waited the longest; gives whether one has."""
        with self.lock:
            wire = next(iter(self.waiting[opcode]), None)
            if wire is None:
                return False
            self.released.add(wire)
            release = self.waiting[opcode].pop(wire)
        self.loop.call_soon_threadsafe(release.set)
        return True

    async def wait(self, opcode, wire):
        with self.lock:
            if opcode not in self.holds or wire in self.released:
                return
            waiting = self.waiting[opcode]
            release = waiting.setdefault(wire, asyncio.Event())
            self.most_waiting = max(self.most_waiting, len(waiting))
        await release.wait()

    # How it is asked, and says it

    async def converse(self, wire, talk):
        """talk: the way back, of Datagrams' or of Stream's."""
        if (wire, type(talk)) in self.answered:
            return
        request = dns.message.from_wire(wire, keyring={
            dns.name.from_text("ddnsgate"): dns.tsig.Key("ddnsgate", SECRET)})
        opcode = request.opcode()
        self.seen[opcode].setdefault(wire, time.monotonic())
        self.ids[opcode].add(request.id)
        await self.wait(opcode, wire)
        lie = self.lies.get(opcode, TRUTH)
        if (wire, type(talk)) in self.answered:  # meanwhile
            return
        if lie.how != "never":
            self.answered.add((wire, type(talk)))
        said = lie.mangle(self.answer(request, lie), wire)
        await getattr(talk, "once" if lie.how == "flood" else lie.how)(said)
        while lie.how == "flood" and self.lies.get(opcode) is lie:
            await asyncio.sleep(FLOOD_PAUSE_S)
            await talk.once(said)

    async def on_connection(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        talk = Stream(writer, asyncio.Lock())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError), \
                contextlib.closing(writer):
            while True:
                length = await reader.readexactly(2)
                wire = await reader.readexactly(int.from_bytes(length, "big"))
                self.go_on(self.converse(wire, talk))


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server):
        self.server = server

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, wire, caller):
        self.server.go_on(
            self.server.converse(wire, DatagramTo(self.transport, caller)))


@dataclasses.dataclass
class DatagramTo:
    transport: asyncio.DatagramTransport
    caller: tuple

    async def once(self, wire):
        self.transport.sendto(wire[:DATAGRAM_MAX], self.caller)

    async def never(self, wire):
        pass


@dataclasses.dataclass
class Stream:
    writer: asyncio.StreamWriter
    turn: asyncio.Lock  # of the connection's answers, each after the other
    ended: bool = False

    async def send(self, content):
        with contextlib.suppress(OSError):
            if not self.writer.is_closing():
                self.writer.write(content)
                await self.writer.drain()

    async def once(self, wire):
        wire = wire[:FRAME_MAX]
        await self.send(len(wire).to_bytes(2, "big") + wire)

    async def never(self, wire):
        pass

    async def slowly(self, wire):
        """A byte at a time."""
        async with self.turn:
            await self.send(len(wire).to_bytes(2, "big"))
            for byte in wire:
                await asyncio.sleep(SLOW_S / len(wire))
                await self.send(bytes((byte,)))

    async def half(self, wire):
        """Nothing follows it; but to close the connection with another request
        unread would be a reset, which may overtake what was sent."""
        async with self.turn:
            if self.ended:
                return
            self.ended = True
            await self.send(
                len(wire).to_bytes(2, "big") + wire[:len(wire) // 2])
            self.writer.write_eof()

    async def close(self, wire):
        self.writer.close()


class FakeServers(Room):
    """Servers in a thread of their own; the first has the example's zone."""

    def prepare(self):
        self.key_file = self.folder / "ddnsgate.key"
        self.key_file.write_text(
            f"hmac-sha256:ddnsgate:{base64.b64encode(SECRET).decode()}\n")
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(
            target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.servers = []
        self.first = self.add()
        self.first.key_file = self.key_file
        self.port = self.first.port

    def __exit__(self, *_):
        for server in self.servers:
            self.call(server.close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()
        super().__exit__()

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(
            coroutine, self.loop).result(PATIENCE_S)

    def add(self, opened=True):
        server = FakeDns()
        if opened:
            self.open(server)
        return server

    def open(self, server):
        self.call(server.open())
        self.servers.append(server)


def zone_conf(name, *places, **settings):
    """A zone for ddnsgate.conf; a place is ADDRESS@PORT."""
    servers = ", ".join(f'"{place}"' for place in places)
    lines = [f'name = "{name}";', f"servers = [ {servers} ];",
             'key = "ddnsgate";']
    lines += [f"{key} = {json.dumps(value)};"
              for key, value in settings.items()]
    return "{ " + " ".join(lines) + " }"


def with_zones(*zones):
    """Words for Site: these zones before the example's."""
    return {"zones = (": "zones = (" + "".join(
        f"\n  {zone}," for zone in zones)}


LINE = re.compile(r" hosts=(\S+) .* word=(\S+) reason=(-|\"[^\"]*\") "
                  r"server=(\S+) rcode=(\S+) ms=(\d+)$", re.MULTILINE)


def log_lines(gate):
    """(word, reason, server, rcode, ms) of the last request for each host."""
    return {host: (word, reason.strip('"'), server, rcode, int(ms))
            for host, word, reason, server, rcode, ms
            in LINE.findall(gate.log_text())}
