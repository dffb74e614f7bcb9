"""Private servers on loopback for the live tests.

Each server is a context manager: it gets a folder of its own and free ports,
is started, awaited, and in the end stopped and removed.  They run the files
of examples/ with only addresses, ports, paths and users substituted, so what
the tests prove holds for the examples:

    with Knot() as dns, Site(dns) as site, Gate(site) as gate, \
            Nginx(gate) as web:
        reply = curl(web.url(site.secrets["try"]))

Run by root, ddnsgate and the web servers' children are www-data, as they are
on Debian; else everything is the caller's.  The programs under test are in
the folder that the environment variable DDNSGATE_BINDIR names.
"""

import atexit
import contextlib
import ctypes
import dataclasses
import grp
import hashlib
import json
import os
import pathlib
import pwd
import random
import re
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
import urllib.parse

import dns.message
import dns.query
import dns.rcode
import dns.rdatatype

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
ZONE = "dyn.example.org"
LOOPBACK = {"A": "127.0.0.1", "AAAA": "::1"}
# For what has to happen, however busy the machine: only what hangs is later.
PATIENCE_S = 120
AS_ROOT = os.geteuid() == 0
USER = pwd.getpwnam("www-data") if AS_ROOT else pwd.getpwuid(os.geteuid())
GROUP = grp.getgrgid(USER.pw_gid)
TIMEOUT_MS = 7000
# Of this process alone, as other tests look for their own everywhere.
WRONG = secrets.token_hex(16)  # a mistyped secret, and nobody's business
PASSWORD = secrets.token_hex(16)  # a person's, kept as a crypt(3) hash


# Waiting, programs, ports, texts.

def wait_until(condition, what, seconds=PATIENCE_S):
    """Gives the first result of condition() that is true."""
    end = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s")
        time.sleep(0.01)
    return result


def program(name):
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
    if path is None:
        raise FileNotFoundError(f"{name} is not installed")
    return path


def run(*command, **options):
    """Runs a program to its end; gives what it printed."""
    return subprocess.run(command, check=True, stdout=subprocess.PIPE,
                          text=True, timeout=PATIENCE_S, **options).stdout


def can_bind(family, kind, address):
    with socket.socket(family, kind) as probe:
        try:
            probe.bind(address)
        except OSError:
            return False
    return True


port_marks = []


def mark_port(port):
    """Tells tests that run beside this one, by an abstract Unix socket."""
    mark = socket.socket(socket.AF_UNIX)
    try:
        mark.bind(f"\0ddnsgate-lab-port-{port}")
    except OSError:
        mark.close()
        return False
    port_marks.append(mark)
    return True


def free_port():
    """Free on both loopbacks, and below the ports of outgoing connections."""
    while True:
        port = random.randrange(10000, 32000)
        if mark_port(port) and all(
                can_bind(family, kind, (address, port))
                for family, address in ((socket.AF_INET, "127.0.0.1"),
                                        (socket.AF_INET6, "::1"))
                for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)):
            return port


def substitute(text, words):
    """Replaces literal words, all at once; each must be there."""
    if not words:
        return text
    for word in words:
        if word not in text:
            raise ValueError(f"{word!r} is not in the text")
    longest_first = sorted(words, key=len, reverse=True)
    pattern = "|".join(map(re.escape, longest_first))
    return re.sub(pattern, lambda found: str(words[found[0]]), text)


def example(name, words):
    return substitute((EXAMPLES / name).read_text(), words)


def give_to_www(path, mode):
    path.chmod(mode)
    if AS_ROOT:
        os.chown(path, USER.pw_uid, USER.pw_gid)


def www_identity():
    """For a program that does not change its user by itself."""
    return {"user": USER.pw_uid, "group": USER.pw_gid,
            "extra_groups": []} if AS_ROOT else {}


# Folders and processes.

FOLDER = "ddnsgate-lab-"
rooms = []  # entered and not yet left


@atexit.register
def leave_all():
    """Also when unittest was interrupted and left its contexts open."""
    for room in reversed(rooms.copy()):
        room.__exit__()


signal.signal(signal.SIGTERM, signal.default_int_handler)


def remove_orphans(top):
    """The folders of tests that were killed."""
    for folder in top.glob(FOLDER + "*"):
        pid = folder.name.removeprefix(FOLDER).split("-")[0]
        if not pathlib.Path("/proc", pid).exists():
            shutil.rmtree(folder, ignore_errors=True)


class Room:
    """A folder while it is entered.  Subclasses fill it in prepare()."""

    folder = None

    def __enter__(self):
        top = pathlib.Path(tempfile.gettempdir())
        remove_orphans(top)
        self.folder = pathlib.Path(tempfile.mkdtemp(
            prefix=f"{FOLDER}{os.getpid()}-{type(self).__name__}-", dir=top))
        self.folder.chmod(0o755)
        rooms.append(self)
        try:
            self.prepare()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self in rooms:
            rooms.remove(self)
            shutil.rmtree(self.folder, ignore_errors=True)

    def prepare(self):
        pass

    def log_text(self):
        """All that was logged here."""
        return "".join(path.read_text(errors="replace")
                       for path in sorted(self.folder.rglob("*.log")))


libc = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1


def die_with_parent():
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Server(Room):
    """A program that runs while it is entered.

    Subclasses give command() and answers(), which says whether it is ready.
    """

    process = None
    patience_s = PATIENCE_S  # for its start and its end
    identity = {}  # whose process it is, for Popen

    def __enter__(self):
        super().__enter__()
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        super().__exit__()

    def start(self):
        self.spawn()
        wait_until(self.is_up, f"{type(self).__name__} answers",
                   self.patience_s)

    def spawn(self):
        with open(self.folder / "output.log", "ab") as output:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, cwd=self.folder, start_new_session=True,
                preexec_fn=die_with_parent, **self.identity)

    def is_up(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.process.args[0]} ended with "
                               f"{self.process.returncode}\n{self.log_text()}")
        return self.answers()

    def stop(self, how=signal.SIGTERM):
        """Gives its exit status."""
        if self.process is None:
            return None
        process, self.process = self.process, None
        process.send_signal(how)
        try:
            return process.wait(self.patience_s)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def accepts(family, address):
    with socket.socket(family) as probe:
        return probe.connect_ex(address) == 0


# DNS servers.

class Dns(Server):
    """A primary for dyn.example.org with the TSIG key `ddnsgate`.

    words are further substitutions in the example.
    """

    algorithm = "hmac-sha256"

    def __init__(self, dnssec=False, words=None):
        self.dnssec = dnssec
        self.extra_words = words or {}
        self.port = free_port()

    def ask(self, name, rdtype, **options):
        query = dns.message.make_query(name, rdtype, **options)
        reply, _ = dns.query.udp_with_fallback(
            query, "127.0.0.1", port=self.port, timeout=PATIENCE_S)
        return reply

    def addresses(self, name, family):
        """What it has of a name below the zone's, in order."""
        reply = self.ask(f"{name}.{ZONE}", family)
        return sorted(str(record) for rrset in reply.answer for record in rrset
                      if rrset.rdtype == dns.rdatatype.from_text(family))

    def answers(self):
        query = dns.message.make_query(ZONE, "SOA")
        try:
            reply = dns.query.tcp(query, "127.0.0.1", port=self.port,
                                  timeout=PATIENCE_S)
        except OSError:
            return False
        return reply.rcode() == dns.rcode.NOERROR and bool(reply.answer)

    def prepare(self):
        self.key_file = self.folder / "ddnsgate.key"
        self.key_file.write_text(self.make_key())
        self.conf = self.folder / "server.conf"
        variant = "-dnssec" if self.dnssec else ""
        self.conf.write_text(example(self.example.format(variant),
                                     {**self.words(), **self.extra_words}))
        shutil.copy(EXAMPLES / self.zone_file, self.folder)

    def tsig_secret(self):
        return re.search(r'[0-9A-Za-z+/]{43}=', self.key_file.read_text())[0]


class Knot(Dns):
    example = "knot/knot{}.conf"
    zone_file = "knot/dyn.example.org.zone"

    def make_key(self):
        return run(program("keymgr"), "-t", "ddnsgate", self.algorithm)

    def words(self):
        user = pwd.getpwuid(os.geteuid()).pw_name
        group = grp.getgrgid(os.getegid()).gr_name
        return {
            "/etc/knot/ddnsgate.key": self.key_file,
            "127.0.0.1@53": f"127.0.0.1@{self.port}",
            "::1@53": f"::1@{self.port}",
            "user: knot:knot": f"user: {user}:{group}",
            "target: syslog": f"target: {self.folder}/knot.log",
            "/run/knot": self.folder,
            "/var/lib/knot": self.folder,
        }

    def command(self):
        return [program("knotd"), "-c", self.conf]


class Bind(Dns):
    example = "bind/named{}.conf"
    zone_file = "bind/dyn.example.org.zone"

    def make_key(self):
        return run(program("tsig-keygen"), "-a", self.algorithm, "ddnsgate")

    def words(self):
        return {
            "/etc/bind/ddnsgate.key": self.key_file,
            "port 53 ": f"port {self.port} ",
            "port 953 ": f"port {free_port()} ",
            "syslog daemon;": f'file "{self.folder}/named.log";',
            "/run/named": self.folder,
            "/var/cache/bind": self.folder,
            "/var/lib/bind": self.folder,
        }

    def command(self):
        return [program("named"), "-f", "-c", self.conf]


class PowerDns(Dns):
    def prepare(self):
        self.key_file = self.folder / "tsig.key"
        for name in "pdns.conf", "zone.sh", "ddnsgate.lua":
            words = self.words()[name]
            extra = {word: new for word, new in self.extra_words.items()
                     if word in example(f"powerdns/{name}", {})}
            (self.folder / name).write_text(
                example(f"powerdns/{name}", {**words, **extra}))
        shutil.copy(EXAMPLES / "powerdns/dyn.example.org.zone", self.folder)
        run("sh", self.folder / "zone.sh", stderr=subprocess.DEVNULL)

    def words(self):
        user = pwd.getpwuid(os.geteuid()).pw_name
        group = grp.getgrgid(os.getegid()).gr_name
        secure = "pdnsutil secure-zone"
        return {
            "pdns.conf": {
                "local-port=53": f"local-port={self.port}",
                "/run/pdns": self.folder,
                "/var/lib/powerdns": self.folder,
                "/etc/powerdns": self.folder,
            },
            "zone.sh": {
                "pdnsutil ": f"pdnsutil --config-dir {self.folder} ",
                "/var/lib/powerdns": self.folder,
                "/etc/ddnsgate": self.folder,
                "chgrp ddnsgate": f"chgrp {group}",
                "pdns:pdns": f"{user}:{group}",
                **({f"# {secure}": f"pdnsutil --config-dir {self.folder}"
                    " secure-zone"} if self.dnssec else {}),
            },
            "ddnsgate.lua": {},
        }

    def command(self):
        return [program("pdns_server"), f"--config-dir={self.folder}",
                "--guardian=no", "--daemon=no", "--disable-syslog",
                "--write-pid=no"]

    def tsig_secret(self):
        return self.key_file.read_text().split(":")[2].strip()


DNS_SERVERS = (Knot, Bind)


class HeldDns:
    """A way to a DNS server that holds all that passes until it is released.

    Over TCP it never answers.
    """

    def __init__(self, dns_server):
        self.upstream = ("127.0.0.1", dns_server.port)
        self.key_file = dns_server.key_file
        self.port = free_port()
        self.arrived = threading.Event()
        self.released = threading.Event()

    def __enter__(self):
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.tcp = socket.create_server(("127.0.0.1", self.port))
        self.thread = threading.Thread(target=self.carry_all, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.udp.sendto(b"", self.udp.getsockname())
        self.thread.join()
        self.udp.close()
        self.tcp.close()

    def hold(self):
        self.arrived.clear()
        self.released.clear()

    def carry_all(self):
        while (passing := self.udp.recvfrom(65535))[0]:
            self.arrived.set()
            self.released.wait()
            self.carry(*passing)

    def carry(self, packet, sender):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as onward:
            onward.settimeout(PATIENCE_S)
            onward.connect(self.upstream)
            onward.send(packet)
            self.udp.sendto(onward.recv(65535), sender)


# ddnsgate.

# What it logs when there is no sandbox at all: it was built with sanitizers.
UNCONFINED = "sandbox: process (prctl): not in force"


def ddnsgate(folder):
    """Installs the program under test in a folder that www-data can reach."""
    target = folder / "ddnsgate"
    if not target.exists():
        shutil.copy(pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgate"),
                    target)
    return target


SANITIZERS = (b"__asan_init", b"__tsan_init")


def program_code():
    return pathlib.Path(os.environ["DDNSGATE_BINDIR"], "ddnsgate").read_bytes()


def is_sanitized():
    """Is the program under test built with sanitizers?"""
    return any(name in program_code() for name in SANITIZERS)


def has_lmdb():
    """Is it built with clients_db?"""
    return b"liblmdb.so" in program_code()


class Site(Room):
    """/etc/ddnsgate for one DNS server, from the examples.

    The example's clients have the secrets in `secrets`; `words` are further
    substitutions in ddnsgate.conf.
    """

    clients = {"lars": "0", "try": "1", "anna": "2"}  # and their hash's digit
    # Else the tests would be too fast for them.
    no_limits = {"change_burst     = 10": "change_burst = 0",
                 "failure_burst    = 20": "failure_burst = 0"}
    # The longest that there is: a busy machine is no dead DNS server.
    patient = {"timeout_ms = 2500;": f"timeout_ms = {TIMEOUT_MS};"}

    def __init__(self, dns_server, words=None):
        self.dns = dns_server
        self.words = words or {}

    def prepare(self):
        self.secrets = {name: secrets.token_hex(16) for name in self.clients}
        self.conf = self.folder / "ddnsgate.conf"
        self.key_file = self.folder / "tsig.key"
        (self.folder / "clients.d").mkdir()
        give_to_www(self.folder / "clients.d", 0o750)
        give_to_www(self.folder, 0o755)
        self.write("tsig.key", self.dns.key_file.read_text())
        self.write("clients.list", example(
            "clients.list", self.hashes("anna")))
        self.write("ddnsgate.conf", example("ddnsgate.conf", {
            **self.hashes("lars", "try"),
            "127.0.0.1@53": f"127.0.0.1@{self.dns.port}",
            **self.patient, **self.no_limits, **self.words}))

    def hash_of(self, name):
        digest = hashlib.sha256(self.secrets[name].encode())
        return "sha256:" + digest.hexdigest()

    def hashes(self, *names):
        return {"sha256:" + 64 * self.clients[name]: self.hash_of(name)
                for name in names}

    def write(self, name, text):
        """Replaces a file as an editor does: whole, by rename."""
        fresh = self.folder / (name + ".new")
        fresh.write_text(text)
        give_to_www(fresh, 0o640)
        fresh.rename(self.folder / name)

    def edit(self, name, words):
        self.write(name, substitute((self.folder / name).read_text(), words))

    def add_client(self, name, *hosts, **settings):
        """As ddnsgatectl add does; gives the secret."""
        self.secrets[name] = secrets.token_hex(16)
        names = ", ".join(f'"{host}"' for host in hosts)
        lines = [f'name = "{name}";', f'secret = "{self.hash_of(name)}";',
                 f"hosts = ( {names} );"]
        lines += [f"{key} = {json.dumps(value)};"
                  for key, value in settings.items()]
        self.write(f"clients.d/{name}.conf",
                   "clients = ( { " + "\n    ".join(lines) + " } );\n")
        return self.secrets[name]


class Gate(Server):
    """ddnsgate as a FastCGI daemon.

    listen: "unix" or "tcp" for a socket of its own, "systemd" for one that
    was made before (systemd-socket-activate waits for a first connection).
    """

    def __init__(self, site, listen="unix", threads=None):
        self.site = site
        self.listen = listen
        self.threads = threads
        self.port = free_port()
        self.identity = www_identity()

    def prepare(self):
        give_to_www(self.folder, 0o755)
        self.socket_path = self.folder / "ddnsgate.sock"
        self.address = (f"127.0.0.1:{self.port}" if self.listen == "tcp"
                        else f"unix:{self.socket_path}")

    def command(self):
        plain = [ddnsgate(self.folder), "-c", self.site.conf]
        if self.threads:
            plain += ["-t", str(self.threads)]
        if self.listen == "systemd":
            return [program("systemd-socket-activate"),
                    "-l", self.socket_path, *plain]
        return [*plain, "-l", self.address]

    def answers(self):
        with self.connection() as probe:
            return probe is not None

    def start_log(self):
        """What it logs before it serves; it listens earlier."""
        self.ask("/health")
        return self.log_text()

    def ask(self, path, **query):
        """Without a web server and its client, and so at little cost."""
        with self.connection() as stream:
            stream.sendall(fastcgi_request(
                path, QUERY_STRING=urllib.parse.urlencode(query)))
            return cgi_reply(fastcgi_reply(stream))

    @contextlib.contextmanager
    def connection(self):
        """A connected socket, or None if nobody listens."""
        family, address = (
            (socket.AF_INET, ("127.0.0.1", self.port))
            if self.listen == "tcp"
            else (socket.AF_UNIX, str(self.socket_path)))
        with socket.socket(family) as stream:
            stream.settimeout(PATIENCE_S)
            failed = stream.connect_ex(address)
            yield None if failed else stream


# FastCGI as a web server speaks it.

BEGIN, PARAMS, STDIN, STDOUT = 1, 4, 5, 6
RESPONDER = struct.pack("!HB5x", 1, 0)
HEADER = struct.Struct("!BBHHBx")


def record(kind, content=b""):
    return HEADER.pack(1, kind, 1, len(content), 0) + content


def pair_length(text):
    size = len(text)
    return bytes([size]) if size < 128 else struct.pack("!I", 1 << 31 | size)


def fastcgi_request(path, body=b"", repeated=(), **variables):
    """repeated are further variables, (NAME, VALUE), after the others."""
    variables = {"REQUEST_METHOD": "GET", "SCRIPT_NAME": path,
                 "QUERY_STRING": "", "REMOTE_ADDR": "127.0.0.1",
                 "GATEWAY_INTERFACE": "CGI/1.1", **variables}
    pairs = b"".join(pair_length(name) + pair_length(value) +
                     (name + value).encode()
                     for name, value in [*variables.items(), *repeated])
    return (record(BEGIN, RESPONDER) + record(PARAMS, pairs) + record(PARAMS) +
            (record(STDIN, body) if body else b"") + record(STDIN))


def fastcgi_reply(stream):
    """The program's output, up to the end of the connection."""
    received = b"".join(iter(lambda: stream.recv(65536), b""))
    output = b""
    while len(received) >= HEADER.size:
        _, kind, _, length, padding = HEADER.unpack_from(received)
        if kind == STDOUT:
            output += received[HEADER.size:HEADER.size + length]
        received = received[HEADER.size + length + padding:]
    return output.decode()


def cgi_reply(output):
    head, body = output.split("\r\n\r\n", 1)
    headers = {}
    for line in head.split("\r\n"):
        name, value = line.split(":", 1)
        headers.setdefault(name.lower(), []).append(value.strip())
    status = headers.pop("status", ["200"])[0]
    return Reply(int(status.split()[0]), headers, body)


# Web servers.

class Web(Server):
    """All of its paths are ddnsgate's.

    words are further substitutions in the example.
    """

    patient = {}  # words, so that a busy machine is no dead ddnsgate

    def __init__(self, gate=None, words=None):
        self.gate = gate
        self.port = free_port()
        self.extra_words = words or {}

    def url(self, secret, *hosts, family="A", **query):
        host = "[::1]" if family == "AAAA" else "127.0.0.1"
        path = secret + ("/" + ",".join(hosts) if hosts else "")
        query = "?" + urllib.parse.urlencode(query) if query else ""
        return f"http://{host}:{self.port}/{path}{query}"

    def answers(self):
        return (accepts(socket.AF_INET, ("127.0.0.1", self.port)) and
                accepts(socket.AF_INET6, ("::1", self.port)))

    def write_site(self, name, words):
        text = example(name, {**words, **self.patient})
        (self.folder / "site.conf").write_text(
            substitute(text, self.extra_words))


class Nginx(Web):
    patient = {
        "fastcgi_connect_timeout 2s": f"fastcgi_connect_timeout {PATIENCE_S}s",
        "fastcgi_read_timeout 20s": f"fastcgi_read_timeout {PATIENCE_S}s",
        "client_body_timeout     5s": f"client_body_timeout {PATIENCE_S}s",
    }
    frame = """
{user}
daemon off;
pid nginx.pid;
events {{ }}
http {{
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    include site.conf;
}}
"""

    def prepare(self):
        user = f"user {USER.pw_name} {GROUP.gr_name};" if AS_ROOT else ""
        (self.folder / "nginx.conf").write_text(self.frame.format(user=user))
        shutil.copy("/etc/nginx/fastcgi_params", self.folder)
        self.write_site("nginx/ddnsgate.conf", {
            "listen 80;": f"listen 127.0.0.1:{self.port};",
            "listen [::]:80;": f"listen [::1]:{self.port};",
            "/var/log/nginx": self.folder,
            "unix:/run/ddnsgate/ddnsgate.sock": self.gate.address,
        })

    def command(self):
        return [program("nginx"), "-p", self.folder, "-e", "error.log",
                "-c", self.folder / "nginx.conf"]


class Apache(Web):
    """mode: the example, "mod_fcgid", "cgid" or "proxy_fcgi"."""

    frame = """
ServerRoot "{folder}"
DefaultRuntimeDir "{folder}"
PidFile apache.pid
ServerName localhost
{user}
Listen 127.0.0.1:{port}
Listen [::1]:{port}
ErrorLog error.log
LogLevel info
{modules}
<IfModule fcgid_module>
    FcgidIPCDir fcgid
    FcgidProcessTableFile fcgid.table
</IfModule>
<IfModule cgid_module>
    ScriptSock cgid.sock
</IfModule>
# As Debian has it.
<Directory "/">
    AllowOverride None
    Require all denied
</Directory>
Include site.conf
"""
    modules = ("mpm_event", "authz_core", "alias", "dir", "env", "headers",
               "reqtimeout")
    mode_modules = {
        "mod_fcgid": ("fcgid",),
        "cgid": ("cgid",),
        "proxy_fcgi": ("proxy", "proxy_fcgi", "buffer"),
    }

    read_patience = {"header=5-10,MinRate=500 body=3,MinRate=500":
                     f"header={PATIENCE_S} body={PATIENCE_S}"}
    mode_patience = {
        "mod_fcgid": {
            "FcgidConnectTimeout 3": f"FcgidConnectTimeout {PATIENCE_S}",
            "FcgidIOTimeout 20": f"FcgidIOTimeout {PATIENCE_S}",
        },
        "cgid": {"CGIDScriptTimeout 20": f"CGIDScriptTimeout {PATIENCE_S}"},
        "proxy_fcgi": {
            "connectiontimeout=2 timeout=20":
            f"connectiontimeout={PATIENCE_S} timeout={PATIENCE_S}"},
    }

    def __init__(self, mode, site=None, gate=None, words=None):
        super().__init__(gate, words)
        self.mode = mode
        self.patient = {**self.mode_patience[mode], **self.read_patience}
        self.site = site

    def prepare(self):
        user = (f"User {USER.pw_name}\nGroup {GROUP.gr_name}"
                if AS_ROOT else "")
        modules = "\n".join(
            f"LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so"
            for name in self.modules + self.mode_modules[self.mode])
        (self.folder / "apache.conf").write_text(self.frame.format(
            folder=self.folder, user=user, port=self.port, modules=modules))
        (self.folder / "sbin").mkdir()
        self.write_site(f"apache/{self.mode}.conf", {
            "*:80>": f"*:{self.port}>",
            "/var/log/apache2": self.folder, **self.mode_words()})

    def mode_words(self):
        if self.mode == "proxy_fcgi":
            return {"/run/ddnsgate/ddnsgate.sock": self.gate.socket_path}
        ddnsgate(self.folder / "sbin")
        return {"/usr/sbin": self.folder / "sbin",
                "/etc/ddnsgate/ddnsgate.conf": self.site.conf}

    def command(self):
        return [program("apache2"), "-DFOREGROUND",
                "-f", self.folder / "apache.conf"]


class Caddy(Web):
    """Also serves https://localhost:https_port."""

    patient = {"dial_timeout 2s": f"dial_timeout {PATIENCE_S}s",
               "read_timeout 20s": f"read_timeout {PATIENCE_S}s",
               "write_timeout 10s": f"write_timeout {PATIENCE_S}s",
               "read_header 10s": f"read_header {PATIENCE_S}s",
               "read_body 5s": f"read_body {PATIENCE_S}s"}

    def __init__(self, gate=None, words=None):
        super().__init__(gate, words)
        self.https_port = free_port()
        self.identity = www_identity()

    def prepare(self):
        give_to_www(self.folder, 0o755)
        certificate = self.folder / "certificate.pem"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
            "-keyout", certificate, "-out", self.folder / "certificate",
            stderr=subprocess.DEVNULL)
        with open(certificate, "a") as both:
            both.write((self.folder / "certificate").read_text())
        give_to_www(certificate, 0o600)
        self.write_site("caddy/Caddyfile", {
            "auto_https disable_redirects":
            "auto_https disable_redirects\n\tadmin off",
            "http:// {": f"http://:{self.port} {{\n\tbind 127.0.0.1 ::1",
            "https://ddns.example.org {":
            f"https://localhost:{self.https_port} {{\n\tbind 127.0.0.1\n"
            f"\ttls {certificate} {certificate}",
            "/var/log/caddy": self.folder,
            "unix//run/ddnsgate/ddnsgate.sock":
            self.gate.address.replace("unix:", "unix/"),
        })

    def command(self):
        return ["env", f"HOME={self.folder}", f"XDG_DATA_HOME={self.folder}",
                f"XDG_CONFIG_HOME={self.folder}", program("caddy"), "run",
                "--adapter", "caddyfile", "--config",
                self.folder / "site.conf"]


class Lighttpd(Web):
    patient = {
        '"connect-timeout" => 2,': f'"connect-timeout" => {PATIENCE_S},',
        '"write-timeout" => 10,': f'"write-timeout" => {PATIENCE_S},',
        '"read-timeout" => 20': f'"read-timeout" => {PATIENCE_S}',
        "server.max-read-idle = 10": f"server.max-read-idle = {PATIENCE_S}",
    }
    frame = """
server.bind = "127.0.0.1"
server.port = {port}
$SERVER["socket"] == "[::1]:{port}" {{ }}
{user}
server.document-root = "{folder}/nothing"
server.upload-dirs = ( "{folder}" )
server.errorlog = "{folder}/error.log"
# As Debian has it.
server.feature-flags += ( "server.h2proto" => "enable",
                          "server.h2c" => "enable" )
server.http-parseopts = (
    "header-strict" => "enable",
    "host-strict" => "enable",
    "host-normalize" => "enable",
    "url-normalize-unreserved" => "enable",
    "url-normalize-required" => "enable",
    "url-ctrls-reject" => "enable",
    "url-path-2f-decode" => "enable",
    "url-path-dotseg-remove" => "enable",
)
mimetype.assign = ( ".html" => "text/html" )
include "site.conf"
"""

    def prepare(self):
        user = (f'server.username = "{USER.pw_name}"\n'
                f'server.groupname = "{GROUP.gr_name}"' if AS_ROOT else "")
        give_to_www(self.folder, 0o755)
        (self.folder / "lighttpd.conf").write_text(self.frame.format(
            folder=self.folder, user=user, port=self.port))
        self.write_site("lighttpd/ddnsgate.conf", {
            "/etc/lighttpd/ddnsgate": self.folder / "pages",
            "/var/log/lighttpd": self.folder,
            "/run/ddnsgate/ddnsgate.sock": self.gate.socket_path,
        })
        commands = re.findall(r"(?m)^#\t((?:mkdir|for|do) .*)$",
                              (self.folder / "site.conf").read_text())
        run("sh", "-euc", "\n".join(commands))

    def command(self):
        return [program("lighttpd"), "-D", "-f",
                self.folder / "lighttpd.conf"]


class Haproxy(Web):
    """Its access log is its output.  Only root has it in a chroot."""

    example = "haproxy/haproxy.cfg"
    patient = {"timeout connect 2s": f"timeout connect {PATIENCE_S}s",
               "timeout server 20s": f"timeout server {PATIENCE_S}s",
               "timeout http-request 5s":
               f"timeout http-request {PATIENCE_S}s"}

    def prepare(self):
        self.write_site(self.example, {
            "log /dev/log local0": "log stdout format raw local0",
            "bind 0.0.0.0:80\n": f"bind 127.0.0.1:{self.port}\n",
            "bind [::]:80 v6only": f"bind [::1]:{self.port} v6only",
            **self.identity_words(), **self.backend_words()})

    def identity_words(self):
        if AS_ROOT:
            return {"user haproxy": f"user {USER.pw_name}",
                    "group haproxy": f"group {GROUP.gr_name}"}
        return {"chroot /var/lib/haproxy": "", "user haproxy": "",
                "group haproxy": ""}

    def backend_words(self):
        if AS_ROOT:
            return {"/var/lib/haproxy\n": f"{self.gate.folder}\n"}
        return {"unix@/ddnsgate.sock": f"unix@{self.gate.socket_path}"}

    def command(self):
        return [program("haproxy"), "-db", "-f", self.folder / "site.conf"]


WEB_SETUPS = ("nginx", "mod_fcgid", "cgid", "proxy_fcgi")
MORE_WEB_SETUPS = ("caddy", "lighttpd", "haproxy")
WEB_CLASSES = {"nginx": Nginx, "caddy": Caddy, "lighttpd": Lighttpd,
               "haproxy": Haproxy}


@contextlib.contextmanager
def web_setup(name, site):
    """A web server with ddnsgate behind it, in one of these ways."""
    with contextlib.ExitStack() as stack:
        if name in ("mod_fcgid", "cgid"):
            web = Apache(name, site=site)
        else:
            gate = stack.enter_context(Gate(site))
            web = (Apache(name, gate=gate) if name == "proxy_fcgi"
                   else WEB_CLASSES[name](gate))
        yield stack.enter_context(web)


# Clients.

@dataclasses.dataclass
class Reply:
    status: int
    headers: dict  # name in lower case: list of values
    body: str


def curl(url, **options):
    """Calls with the real curl, which gets all that is secret by stdin.

    Options are those of its configuration file, with True for a switch, and
    a list for one that is given several times.
    """
    options = {"url": url, "silent": True, "max-time": PATIENCE_S, **options}
    lines = (key.replace("_", "-") +
             ("" if value is True else f" = {json.dumps(value)}")
             for key, values in options.items()
             for value in (values if isinstance(values, list) else [values]))
    done = subprocess.run(
        [program("curl"), "--config", "-", "--write-out",
         "%{stderr}%{http_code} %{header_json}"],
        input="\n".join(lines), text=True, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(f"curl ended with {done.returncode}")
    status, headers = done.stderr.split(" ", 1)
    return Reply(int(status), json.loads(headers), done.stdout)


class Ddclient(Room):
    """The real ddclient, run once for each attempt.

    use: where it has its address from, if not from the attempt.
    """

    conf = """
protocol=dyndns2
server=127.0.0.1:{port}
ssl=no
login={user}
password={password}
use={use}
min-interval=0
min-error-interval=0
{hosts}
"""

    def __init__(self, web, user, use=None):
        self.web = web
        self.user = user
        self.use = use

    def attempt(self, address, password, hosts, force=False):
        """Gives its exit status and what it printed."""
        conf = self.folder / "ddclient.conf"
        conf.write_text(self.conf.format(
            port=self.web.port, user=self.user, password=password,
            use=self.use or f"cmd, cmd='echo {address}'",
            hosts=",".join(hosts)))
        conf.chmod(0o600)
        done = subprocess.run(
            [program("ddclient"), "-daemon=0", "-noquiet", "-file", conf,
             "-cache", self.folder / "cache", "-pid", self.folder / "pid",
             *(["-force"] if force else [])],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            cwd=self.folder, timeout=PATIENCE_S)
        return done.returncode, done.stdout

    def remembered(self):
        """The address of each host that it believes to have set."""
        lines = (self.folder / "cache").read_text().splitlines()
        entries = [dict(re.findall(r"([^=,\s]+)=([^,\s]*)", line))
                   for line in lines if not line.startswith("#")]
        return {entry["host"]: entry["ip"] for entry in entries
                if entry["status"] == "good"}


class Inadyn(Server):
    """The real inadyn with its provider `custom`, as a daemon.

    checkip: where it has its address from, if not from the attempt.
    """

    conf = """
verify-address = false
custom ddnsgate {{
    ssl             = false
    username        = {user}
    password        = {password}
    ddns-server     = "127.0.0.1:{port}"
    ddns-path       = "/nic/update?hostname=%h&myip=%i"
    hostname        = {{ {hosts} }}
    {checkip}
}}
"""

    def __init__(self, web, user, checkip=None):
        self.web = web
        self.user = user
        self.checkip = checkip

    def start(self):
        """Its first attempt starts it."""

    def command(self):
        # Before its first update it looks up what its hosts have now.
        return ["env", "RES_OPTIONS=timeout:1 attempts:1",
                program("inadyn"), "--foreground", "--loglevel", "info",
                "--config", self.folder / "inadyn.conf",
                "--cache-dir", self.folder, "--pidfile", self.folder / "pid"]

    def attempt(self, address, password, hosts, force=False):
        """Gives its exit status, None if it goes on, and what it logged.

        It has another look when it is told to (SIGUSR2), not only after its
        period, which is 600 s after a failure.
        """
        source = self.folder / "address"
        source.write_text(address or "")
        conf = self.folder / "inadyn.conf"
        text = self.conf.format(
            port=self.web.port, user=self.user, password=password,
            hosts=", ".join(f'"{host}"' for host in hosts),
            checkip=self.checkip or f'checkip-command = "cat {source}"')
        changed = not conf.exists() or conf.read_text() != text
        conf.write_text(text)
        seen = len(self.log_text())
        cached = self.cached(hosts[-1])
        if self.process is None:
            self.spawn()
        else:
            self.process.send_signal(
                signal.SIGHUP if changed else
                signal.SIGUSR1 if force else signal.SIGUSR2)

        def is_over():
            log = self.log_text()[seen:]
            # It says so before it does.
            return self.process.poll() is not None or (
                "Will retry again" in log or
                f"Updating cache for {hosts[-1]}" in log and
                self.cached(hosts[-1]) not in (cached, None))
        wait_until(is_over, "inadyn's attempt")
        status = self.process.poll()
        if status is not None:
            self.stop()
        return status, self.log_text()[seen:]

    def cached(self, host):
        """When it last wrote down an address of the host, or None."""
        cache = self.folder / f"{host}.cache"
        status = cache.stat() if cache.exists() else None
        return status.st_mtime_ns if status and status.st_size else None

    def remembered(self):
        """The address of each host that it believes to have set."""
        return {path.stem: path.read_text()
                for path in self.folder.glob("*.cache")}
