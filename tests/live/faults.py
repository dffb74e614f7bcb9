"""What goes wrong while the checker's clients update their hosts."""

import contextlib
import heapq
import itertools
import os
import pathlib
import resource
import signal
import time

from lossy import SOUND, OUTAGE, LOSSY, POOR

PAUSE_MAX_S = 1.0


def processes_of(path):
    """Those that run this program."""
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (folder / "cmdline").read_bytes().startswith(
                    str(path).encode() + b"\0"):
                yield int(folder.name)


class Faults:
    """Scripts that yield how long they wait, and leave all well behind.

    One script's faults never overlap, those of two do.
    """

    broken = {"zones = (": "zones = (;"}
    # Another TTL, and TCP alone.
    changed = {"ttl     = 60;": 'ttl     = 61; transport = "tcp";'}

    def __init__(self, fixture, figures, rng):
        self.fixture = fixture
        self.figures = figures
        self.rng = rng

    def run(self, seconds):
        end = time.monotonic() + seconds
        queue = [(0, number, self.repeat(faults, end)) for number, faults in
                 enumerate((self.network, self.server, self.handlers))]
        while queue:
            when, number, script = heapq.heappop(queue)
            time.sleep(max(0, when - time.monotonic()))
            with contextlib.suppress(StopIteration):
                wait_s = next(script)
                heapq.heappush(
                    queue, (time.monotonic() + wait_s, number, script))

    def repeat(self, faults, end):
        """Each of them comes, however short the time."""
        for turn in itertools.count():
            for fault in self.rng.sample(faults, len(faults)):
                if turn > 0 and time.monotonic() > end:
                    return
                self.figures["fault: " + fault.__doc__] += 1
                yield from fault(self)
                yield self.rng.uniform(0.3, 2)

    def bad_network(self, quality, seconds):
        self.fixture.network.quality = quality
        yield seconds
        self.fixture.network.quality = SOUND

    def lossy(self):
        """some packets lost, late, doubled"""
        yield from self.bad_network(LOSSY, self.rng.uniform(3, 9))

    def poor(self):
        """many packets lost, late, doubled"""
        yield from self.bad_network(POOR, self.rng.uniform(1, 4))

    def outage(self):
        """all packets lost"""
        yield from self.bad_network(OUTAGE, self.rng.uniform(0.5, 3))

    network = (lossy, lossy, poor, outage)

    def pause(self):
        """DNS server paused"""
        process = self.fixture.dns.process
        process.send_signal(signal.SIGSTOP)
        yield self.rng.uniform(0.1, PAUSE_MAX_S)
        process.send_signal(signal.SIGCONT)

    def restart(self, how=signal.SIGTERM):
        """DNS server restarted"""
        self.fixture.dns.stop(how)
        yield self.rng.uniform(0, 2)
        self.fixture.dns.start()

    def crash(self):
        """DNS server killed"""
        yield from self.restart(signal.SIGKILL)

    def full(self):
        """DNS server's file system full"""
        if not self.fixture.dns.has_file_system:
            yield from self.limit()
            return
        filler = self.fixture.dns.folder / "filler"
        with contextlib.suppress(OSError), filler.open("wb", 0) as out:
            while True:
                out.write(bytes(4096))
        yield self.rng.uniform(0.5, 2)
        filler.unlink()
        # Who cannot live with that is started again, as systemd would.
        if self.fixture.dns.process.poll() is not None:
            self.figures["DNS server ended by that"] += 1
            self.fixture.dns.stop()
            self.fixture.dns.start()

    def limit(self):
        # As far as one gets without a mount: EFBIG for each write, where a
        # full file system has ENOSPC.
        pid = self.fixture.dns.process.pid
        soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
        yield self.rng.uniform(0.5, 2)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))

    server = (pause, pause, restart, crash, full)

    def kill_daemon(self):
        """daemon killed"""
        self.fixture.mortal.stop(signal.SIGKILL)
        yield self.rng.uniform(0, 1)
        self.fixture.mortal.start()

    def kill_child(self):
        """mod_fcgid's process killed"""
        children = list(processes_of(self.fixture.child))
        if children:
            os.kill(self.rng.choice(children), signal.SIGKILL)
        yield 0

    def reconfigure(self, words):
        self.fixture.site.edit("ddnsgate.conf", words)
        self.hang_up()
        yield self.rng.uniform(1, 4)
        self.fixture.site.edit(
            "ddnsgate.conf", {new: old for old, new in words.items()})
        self.hang_up()

    def hang_up(self):
        """To some: the others see for themselves that a file is new."""
        for gate in self.fixture.steady, self.fixture.mortal:
            if self.rng.random() < 0.5:
                gate.process.send_signal(signal.SIGHUP)

    def change(self):
        """configuration changed"""
        yield from self.reconfigure(self.changed)

    def spoil(self):
        """configuration broken"""
        yield from self.reconfigure(self.broken)

    handlers = (kill_daemon, kill_child, kill_child, change, spoil)
