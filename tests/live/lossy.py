"""A bad network on loopback, between a handler and its DNS server.

It loses, delays and doubles what passes, by the quality that it has.  No copy of
anything is on its way for longer than DELAY_MAX_S.
"""

import asyncio
import collections
import contextlib
import dataclasses
import socket
import struct

from lab import free_port

DELAY_MAX_S = 0.4
FLOW_IDLE_S = 10  # beyond any request's time
CHUNK = 65536
FRAME_HEAD = struct.Struct("!H")  # the length, before a message over TCP
HEAD = struct.Struct("!HHHH")  # ID, flags, zones, prerequisites
UPDATE = 5  # opcode


@dataclasses.dataclass(frozen=True)
class Quality:
    """How likely each is, for a datagram or a TCP connection."""

    lost: float = 0
    late: float = 0
    twice: float = 0
    cut: float = 0  # TCP: the question passes, its answer does not


SOUND = Quality()
LOSSY = Quality(lost=0.03, late=0.1, twice=0.1, cut=0.05)
POOR = Quality(lost=0.3, late=0.3, twice=0.3, cut=0.3)
OUTAGE = Quality(lost=1)


class LossyDns:
    """The way to a DNS server.  open() and close() belong to an event loop."""

    def __init__(self, dns_server, rng):
        self.upstream = ("127.0.0.1", dns_server.port)
        self.key_file = dns_server.key_file
        self.port = free_port()
        self.rng = rng
        self.quality = SOUND
        self.hosts_of_one = 1  # request, at the most
        self.most_hosts = 0  # in an UPDATE
        self.counts = collections.Counter()
        self.sockets = set()
        self.tasks = set()  # the loop itself keeps none of them
        self.flows = {}  # of a caller's address: the one to the server

    async def open(self):
        self.loop = asyncio.get_running_loop()
        self.front = self.socket()
        self.front.bind(("127.0.0.1", self.port))
        self.loop.add_reader(self.front, self.on_question)
        self.tcp = await asyncio.start_server(
            self.on_connection, "127.0.0.1", self.port)

    def close(self):
        self.tcp.close()
        for ours in self.sockets.copy():
            self.forget(ours)

    def socket(self):
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setblocking(False)
        self.sockets.add(made)
        return made

    def forget(self, ours):
        self.sockets.remove(ours)
        self.loop.remove_reader(ours)
        ours.close()

    def happens(self, what):
        """Is this to happen now?  Then it is counted."""
        happens = self.rng.random() < getattr(self.quality, what)
        self.counts[what] += happens
        return happens

    def delay(self):
        return self.rng.uniform(0, DELAY_MAX_S)

    def note(self, message):
        """How many hosts travel in an UPDATE: each has a prerequisite."""
        _, flags, _, prerequisites = HEAD.unpack_from(message)
        if flags >> 11 & 0xf == UPDATE:
            self.counts["UPDATEs"] += 1
            self.most_hosts = max(self.most_hosts, prerequisites)
            self.counts["UPDATEs of several requests"] += (
                prerequisites > self.hosts_of_one)

    # UDP

    def deliver(self, send, *message):
        """Each copy's fate is its own."""
        if self.happens("lost"):
            return
        delays = [self.delay() if self.happens("late") else 0]
        if self.happens("twice"):
            delays.append(self.delay())
        for delay in delays:
            if delay:
                self.loop.call_later(delay, self.send, send, *message)
            else:
                self.send(send, *message)

    def send(self, send, *message):
        with contextlib.suppress(OSError):  # the server is down
            send(*message)

    def on_question(self):
        packet, caller = self.front.recvfrom(CHUNK)
        self.counts["datagrams"] += 1
        self.note(packet)
        if caller not in self.flows:
            self.flows[caller] = self.new_flow(caller)
        self.deliver(self.flows[caller].send, packet)

    def new_flow(self, caller):
        flow = self.socket()
        flow.connect(self.upstream)
        self.loop.add_reader(flow, self.on_answer, flow, caller)
        self.loop.call_later(FLOW_IDLE_S, self.end_flow, flow, caller)
        return flow

    def end_flow(self, flow, caller):
        """A caller that goes on gets a new one, as behind a router."""
        if self.flows.get(caller) is flow:
            del self.flows[caller]
            # What it has been asked lately is still to be answered.
            self.loop.call_later(FLOW_IDLE_S, self.forget, flow)

    def on_answer(self, flow, caller):
        with contextlib.suppress(OSError):  # the server is down
            answer = flow.recv(CHUNK)
            self.counts["datagrams"] += 1
            self.deliver(self.front.sendto, answer, caller)

    # TCP

    async def on_connection(self, reader, writer):
        task = asyncio.current_task()
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        self.counts["connections"] += 1
        with contextlib.suppress(OSError), contextlib.closing(writer):
            if not self.happens("lost"):
                await self.connect(reader, writer)

    async def connect(self, reader, writer):
        delay = self.delay() if self.happens("late") else 0
        cut = self.happens("cut")
        there, back = await asyncio.open_connection(*self.upstream)
        with contextlib.closing(back):
            await asyncio.sleep(delay)
            asking = asyncio.create_task(self.ask(reader, back))
            await self.pump(there, None if cut else writer)
            asking.cancel()

    async def ask(self, reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readexactly(FRAME_HEAD.size)
            message = await reader.readexactly(*FRAME_HEAD.unpack(head))
            self.note(message)
            writer.write(head + message)
            await self.pump(reader, writer)

    @staticmethod
    async def pump(reader, writer):
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK):
                if writer is None:
                    return
                writer.write(chunk)
                await writer.drain()
            if writer is not None:
                writer.write_eof()
