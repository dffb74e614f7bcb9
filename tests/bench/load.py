"""The load: dnsperf, straight to the DNS server, and wrk, over HTTP."""

import re
import statistics
import subprocess

from stage import TTL, Room, address, program, zone_of

AT_MOST = 4000  # hosts that take turns: so many do not meet themselves
OUTSTANDING = 64  # of dnsperf: BIND drops what is above 100
IDLE = 100_000
TURNS = 20  # of dnsperf over all hosts, so that each UPDATE changes something

# Each thread takes every THREADS-th turn.  A pass, of one thread, asks once for
# each host and then only for /health, until all have been answered, or IDLE
# replies were of that alone, as one may be lost.  It ends wrk, which else
# sleeps until its time has come.
LUA = """
local ffi = require("ffi")
ffi.cdef("int getpid(void); int kill(int pid, int signal);")
local ids, turn, left, idle = 0, 0, HOSTS, 0
function setup(thread)
  thread:set("id", ids)
  ids = ids + 1
end
function init()
  turn = id - THREADS -- wrk tries the first of all requests on itself
end
function request()
  local host = turn % HOSTS * STRIDE
  local salt = SALT + (CHANGING and math.floor(turn / HOSTS) or 0)
  local beyond = turn < 0 or PASS and turn >= HOSTS
  turn = turn + THREADS
  if beyond then return wrk.format("GET", "/health") end
  return wrk.format("GET", string.format("/bench%011d?ip=%d.%d.%d.%d", host,
    20 + math.floor(host / 62500), salt % 250, math.floor(host / 250) % 250,
    host % 250))
end
if PASS then
  function response(status, headers, body)
    if body == "OK" then
      idle = idle + 1
    else
      left, idle = left - 1, 0
    end
    if left == 0 or idle == IDLE then ffi.C.kill(ffi.C.getpid(), 2) end
  end
end
function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %f %f %f %f\\n", summary.requests,
    errors.connect + errors.read + errors.write + errors.status +
    errors.timeout, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3))
end
"""


class Result:
    def __init__(self, requests, errors, seconds, p50, p99, slowest):
        self.requests = requests
        self.errors = int(errors)
        self.seconds = seconds
        self.rate = requests / seconds
        self.p50 = p50  # ms, as the next two
        self.p99 = p99
        self.slowest = slowest


class Load(Room):
    salt = 1  # of the addresses that DNS has

    def prepare(self):
        self.salt = 1

    def wrk(self, web, at_once, seconds, **words):
        threads = 1 if words["PASS"] else min(2, at_once)
        script = self.folder / "load.lua"
        words = {"THREADS": threads, "IDLE": IDLE, **words}
        script.write_text("".join(
            f"{name} = {str(value).lower() if value in (True, False) else value}\n"
            for name, value in words.items()) + LUA)
        told = subprocess.run(
            [program("wrk"), "-t", str(threads), "-c", str(at_once),
             "-d", f"{seconds}s", "--timeout", "10s", "-s", str(script),
             f"http://127.0.0.1:{web.port}/"],
            check=True, text=True, stdout=subprocess.PIPE).stdout
        return Result(*map(float, re.search(r"RESULT (.*)", told)[1].split()))

    def turns(self, dns):
        """Which hosts take turns, spread over all that there are, and over
        all zones: those are even in number."""
        hosts = min(dns.hosts, AT_MOST)
        return {"HOSTS": hosts, "STRIDE": dns.hosts // hosts - 1 | 1}

    def changed(self, web, dns, at_once, seconds):
        """Each request changes an address."""
        result = self.wrk(web, at_once, seconds, SALT=self.salt + 1,
                          CHANGING=True, PASS=False, **self.turns(dns))
        self.salt += 2 + int(result.requests) // self.turns(dns)["HOSTS"]
        return result

    def unchanged(self, web, dns, at_once, seconds):
        return self.wrk(web, at_once, seconds, SALT=self.salt, CHANGING=False,
                        PASS=False, **self.turns(dns))

    def settle(self, web, dns, at_once=64, turns=None):
        """Gives each of the hosts that take turns the same new salt."""
        self.salt += 1
        return self.wrk(web, at_once, 600, SALT=self.salt, CHANGING=False,
                        PASS=True, **(turns or self.turns(dns)))

    def dnsperf(self, dns, at_once, seconds):
        """UPDATEs straight to the server, signed as ours are."""
        hosts = [turn * self.turns(dns)["STRIDE"]
                 for turn in range(self.turns(dns)["HOSTS"])]
        updates = self.folder / "updates"
        with updates.open("w") as lines:
            for turn in range(TURNS):
                self.salt += 1
                lines.writelines(
                    f"{zone_of(host, dns.zones)}\ndelete h{host} A\n"
                    f"add h{host} {TTL} A {address(host, self.salt)}\nsend\n"
                    for host in hosts)
        told = subprocess.run(
            [program("dnsperf"), "-u", "-v", "-s", "127.0.0.1",
             "-p", str(dns.port), "-d", str(updates), "-q", str(at_once),
             "-c", str(min(4, at_once)), "-T", "1", "-l", str(seconds), "-y",
             f"{dns.algorithm}:ddnsgate:{dns.tsig_secret()}"],
            check=True, text=True, stdout=subprocess.PIPE).stdout
        times = [1000 * float(seconds) for seconds in
                 re.findall(r"^> NOERROR .* ([\d.]+)$", told, re.MULTILINE)]
        lost = int(re.search(r"Updates lost: +(\d+)", told)[1])
        rate = float(re.search(r"Updates per second: +([\d.]+)", told)[1])
        p99 = statistics.quantiles(times, n=100)[98]
        return Result(len(times), lost, len(times) / rate,
                      statistics.median(times), p99, max(times))
