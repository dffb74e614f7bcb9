#!/usr/bin/python3
"""The rules of the house, as tests: headers, rooms, doors, silence, blocking
calls, limits.

Each rule reads the sources and names the file and line that breaks it.
"""

import fnmatch
import json
import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CMAKE = (ROOT / "CMakeLists.txt").read_text()
# Each is a folder of src, include/ddnsgate and tests, in this order.
ROOMS = re.findall(r"^\t(\w+)\s*# .", re.search(
    r"set\(ROOMS\n(.*?)\n\)", CMAKE, re.DOTALL).group(1), re.MULTILINE)
HEADERS = sorted(ROOT.glob("include/ddnsgate/*/*.h"))
LIBRARY = sorted(p for room in ROOMS for p in ROOT.glob(f"src/{room}/*.c"))
PROGRAMS = sorted(p for p in ROOT.glob("src/*/*.[ch]")
                  if p.parent.name not in ROOMS)

ROOMS_MIN, ROOMS_MAX = 8, 13
MODULES_MAX = 12
FILE_LINES = 500
FUNCTION_LINES = 60

SOCKETS = ["src/server/socket.c", "src/limits/redis_link.c",
           "src/ddnsgate/listen.c", "src/ddnsgate/event_socket.c",
           "src/ddnsgate-events/receive.c"]
# What is included (a prefix), and the only files that may.  No header may.
DOORS = [
    ("ldns/",        ["src/dns/message.c"]),
    ("fcgi",         ["src/ddnsgate/fcgi.c"]),
    ("libconfig.h",  ["src/syntax/conf_tree.c"]),
    ("lmdb.h",       ["src/state/lmdb_*.c"]),
    ("openssl/",     ["src/base/secret.c", "src/base/locked_memory.c",
                      "src/dns/tsig_key.c"]),
    ("crypt.h",      ["src/base/secret.c"]),
    ("sys/socket.h", SOCKETS + ["src/sandbox/sandbox_seccomp.c",
                                "src/base/log.c"]),
    ("sys/un.h",     SOCKETS + ["src/base/log.c"]),
    ("netinet/",     SOCKETS + ["src/sandbox/sandbox_seccomp.c"]),
    ("netdb.h",      SOCKETS),
    ("arpa/inet.h",  SOCKETS + ["src/dns/ipaddr.c"]),
    ("hiredis/",     ["src/limits/redis_link.c"]),
    ("sys/prctl.h",  ["src/sandbox/sandbox_process.c"]),
    ("seccomp.h",    ["src/sandbox/sandbox_seccomp.c"]),
    ("linux/landlock.h", ["src/sandbox/sandbox_landlock.c"]),
]

# What the library must not write to, and the only files that may.
VOICES = [
    (r"\blog_line\s*\(",             ["src/handler/handler.c",
                                      "src/handler/log_limit.c",
                                      "src/handler/request_log.c",
                                      "src/base/log.c"]),
    (r"\bv?syslog\s*\(",             ["src/base/log.c"]),
    (r"\b(stderr|STDERR_FILENO)\b",  ["src/base/log.c"]),
    (r"\b(stdout|STDOUT_FILENO)\b",  []),
    (r"\b(v?printf|puts|putchar|perror)\s*\(", []),
]

# Calls that may block for long, as patterns.  A mutex is one of them when a
# thread blocks while it has it: one_writer for the disk, one_at_a_time for
# crypt(3).
BLOCKING = [
    r"p?poll", r"select", r"epoll_p?wait", r"sem_wait", r"sem_\w+wait",
    r"(clock_)?nanosleep", r"u?sleep", r"sigtimedwait", r"sigwait\w*",
    r"pthread_join", r"pthread_timedjoin_np", r"pthread_cond_\w*wait",
    r"clock_sem_wait", r"clock_sleep_ms", r"getaddrinfo", r"crypt_rn?",
    r"flock", r"lockf",
    r"fcntl(?=[^;]*F_(OFD_)?SETLKW)",
    r"pthread_mutex_lock(?=\(&[\w>.-]+(one_writer|one_at_a_time)\))",
    r"FCGX_(Accept_r|Finish_r|Get(Char|Str|Line)|Put(Char|Str|S))",
]
# Functions ("*": all of the file's) that make such a call and hold their run
# slot, if they have one; and why.
KEEP_SLOT = {
    ("src/base/clock.c", "*"): "its callers release",
    ("src/base/log.c", "can_write"): "the first poll does not wait",
    ("src/base/run_slot.c", "*"): "waits for a slot",
    ("src/base/wiped_memory.c", "wiped_memory_call"):
        "no worker reads a configuration",
    ("src/update/group_commit.c", "wait_for_notification"):
        "its sem_wait comes after the notification, whose post is under way",
    ("src/ddnsgate/acceptor.c", "wait_for_event"):
        "waits for the request that the slot is held for",
    ("src/ddnsgate/acceptor.c", "pause_after_failure"):
        "no other thread could accept a connection meanwhile",
    ("src/ddnsgate/connection.c", "has_event"):
        "RUN_SLOT_WAIT_MAX_MS, or its callers release",
    ("src/ddnsgate/cgi.c", "*"): "there are no slots",
    ("src/ddnsgate/fcgi.c", "accept_request"):
        "all variables have come",
    ("src/ddnsgate/fcgi.c", "read_to_end"):
        "all of the body has come",
    ("src/ddnsgate/fcgi.c", "serve_request"):
        "the socket's buffer takes a whole reply",
    ("src/ddnsgate/fcgi.c", "read_body"):
        "all of the body has come",
    ("src/ddnsgate/fcgi.c", "read_late_body"):
        "connection_begin_wait releases it",
    ("src/state/process_file.c", "make_file"): "no worker runs yet",
    ("src/state/counters_file.c", "open_locked"): "no worker runs yet",
    ("src/ddnsgate/serve.c", "*"): "the main thread has no slot",
    ("src/ddnsgate/watch.c", "*"): "its thread has no slot",
}


def module_of(path):
    """ROOM/MODULE of a file of the library."""
    return f"{path.parent.name}/{path.stem}"


def sources_of(module):
    return [path for path in (ROOT / f"include/ddnsgate/{module}.h",
                              ROOT / f"src/{module}.c") if path.exists()]


def name_of(path):
    return str(path.relative_to(ROOT))


TOKENS = re.compile(
    r'"(?:\\.|[^"\\\n])*"|'
    r"'(?:\\.|[^'\\\n])*'|"
    r"/\*.*?\*/|//[^\n]*", re.DOTALL)


def code_of(path, strings):
    """The text without comments, and without strings unless they count."""
    def kept(match):
        text = match.group()
        if strings and text[0] in "\"'":
            return text
        return "\n" * text.count("\n")

    return TOKENS.sub(kept, path.read_text())


def lines_with(path, pattern, strings=False):
    """Where the pattern is found: (FILE:LINE, match)."""
    for number, line in enumerate(code_of(path, strings).split("\n"), 1):
        for match in re.finditer(pattern, line):
            yield f"{name_of(path)}:{number}", match


def includes(path):
    """What the file includes: (FILE:LINE, "<" or '"', NAME)."""
    pattern = r'^\s*#\s*include\s*([<"])([^>"]+)[>"]'
    for place, match in lines_with(path, pattern, strings=True):
        yield place, match.group(1), match.group(2)


def functions(path):
    """The file's functions: (name, line of the body, body)."""
    lines = code_of(path, strings=False).split("\n")
    name, start = "", None
    for number, line in enumerate(lines, 1):
        if start is None and (match := re.match(r"(\w+)\(", line)):
            name = match.group(1)
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            yield name, start, "\n".join(lines[start - 1:number])
            start = None


def is_any(path, patterns):
    return any(fnmatch.fnmatch(name_of(path), p) for p in patterns)


class House(unittest.TestCase):
    maxDiff = None

    def assert_none(self, offences):
        offences = list(offences)
        if offences:
            self.fail("\n" + "\n".join(offences))


class Headers(House):
    def test_each_compiles_alone(self):
        warnings = re.findall(r"\s(-W(?!l,)\S+[a-z])", CMAKE)
        self.assertIn("-Werror", warnings)
        self.assertTrue(HEADERS)
        compiler = os.environ.get("CC", "cc").split()
        for header in HEADERS:
            line = f'#include "ddnsgate/{module_of(header)}.h"\n'
            with self.subTest(name_of(header)):
                done = subprocess.run(
                    compiler + ["-std=c17", "-D_GNU_SOURCE", *warnings,
                                "-I", str(ROOT / "include"),
                                "-fsyntax-only", "-x", "c", "-"],
                    input=line * 2, text=True, capture_output=True)
                self.assertEqual(done.returncode, 0, done.stderr)


class Rooms(House):
    def test_rooms_can_be_taken_in(self):
        self.assertTrue(ROOMS_MIN <= len(ROOMS) <= ROOMS_MAX, ROOMS)
        self.assertEqual(len(ROOMS), len(set(ROOMS)))
        for room in ROOMS:
            with self.subTest(room):
                modules = list(ROOT.glob(f"include/ddnsgate/{room}/*.h"))
                self.assertTrue(1 <= len(modules) <= MODULES_MAX)

    def test_nothing_stands_outside(self):
        allowed = [(ROOT / "include/ddnsgate", "*", ROOMS),
                   (ROOT / "include/ddnsgate", "*/*", None),
                   (ROOT / "src", "*", ROOMS + ["ddnsgate", "ddnsgatectl",
                    "ddnsgate-events"] +
                    ["hardening.cmake", "libfcgi.cmake", "package"])]
        for folder, pattern, names in allowed:
            self.assert_none(
                f"{name_of(path)}: no room of CMakeLists.txt"
                for path in folder.glob(pattern)
                if (path.name not in names if names else path.is_dir()))
        self.assert_none(
            f"{name_of(path)}: tests of modules are in tests/ROOM"
            for path in ROOT.glob("tests/**/*_test.c")
            if path.parent.name not in ROOMS)

    def test_modules_have_both_files(self):
        headers = {module_of(path) for path in HEADERS}
        sources = {module_of(path) for path in LIBRARY}
        self.assertEqual(sorted(headers ^ sources), [])

    def test_headers_have_one_folder(self):
        self.assert_none(
            f"{name_of(path)}: headers of modules are in include/ddnsgate"
            for room in ROOMS for path in ROOT.glob(f"src/{room}/*.h"))

    def climbs(self, path):
        """Includes of what is neither in the file's room nor above it."""
        room = ROOMS.index(path.parent.name)
        allowed = {f"ddnsgate/{module_of(header)}.h" for header in HEADERS
                   if ROOMS.index(header.parent.name) <= room}
        for place, mark, name in includes(path):
            ours = mark == '"' or name.startswith("ddnsgate/")
            if ours and (mark != '"' or name not in allowed):
                yield f"{place}: {name} is not above {path.parent.name}"

    def test_nothing_climbs(self):
        for path in LIBRARY + HEADERS:
            with self.subTest(name_of(path)):
                self.assert_none(self.climbs(path))

    def test_no_module_needs_itself(self):
        needs = {module_of(path): set() for path in HEADERS}
        for module, needed in needs.items():
            for path in sources_of(module):
                needed |= {name[len("ddnsgate/"):-len(".h")]
                           for _, mark, name in includes(path)
                           if mark == '"'}
            needed.discard(module)
        while True:
            free = {m for m, needed in needs.items() if not needed}
            if not free:
                break
            needs = {m: needed - free for m, needed in needs.items()
                     if m not in free}
        self.assertEqual(needs, {}, "in a circle, or below one")

    def test_own_header_comes_first(self):
        for path in LIBRARY:
            first = next(includes(path), ("", "", "nothing"))
            with self.subTest(name_of(path)):
                self.assertEqual(first[2], f"ddnsgate/{module_of(path)}.h")

    def test_programs_include_modules_or_their_own(self):
        public = {f"ddnsgate/{module_of(path)}.h" for path in HEADERS}
        for path in PROGRAMS:
            own = {header.name for header in path.parent.glob("*.h")}
            with self.subTest(name_of(path)):
                self.assert_none(
                    f"{place}: {name} is of neither"
                    for place, mark, name in includes(path)
                    if mark == '"' and name not in public | own)


class Doors(House):
    def test_only_doors_include_foreign_headers(self):
        for path in LIBRARY + PROGRAMS + HEADERS:
            for foreign, doors in DOORS:
                if path.suffix == ".c" and is_any(path, doors):
                    continue
                with self.subTest(file=name_of(path), door=foreign):
                    self.assert_none(
                        f"{place}: <{name}> belongs to {' '.join(doors)}"
                        for place, mark, name in includes(path)
                        if mark == "<" and name.startswith(foreign))


class Silence(House):
    def test_library_is_silent(self):
        for path in LIBRARY:
            for voice, speakers in VOICES:
                if is_any(path, speakers):
                    continue
                with self.subTest(file=name_of(path), voice=voice):
                    self.assert_none(
                        f"{place}: {match.group()}"
                        for place, match in lines_with(path, voice))


class Blocking(House):
    """A function releases its run slot before it blocks (run_slot.h).

    What counts is that a release stands before the call in the same body; it
    may be under a condition, as where the wait is otherwise short.
    """

    CALL = re.compile(rf"\b({'|'.join(BLOCKING)})\s*\(")
    SHORT = re.compile(r"[^;{]*\bRUN_SLOT_WAIT_MAX_MS\b")

    def blocking_calls(self, path):
        """Those with no release before them: (FILE:LINE, function, call)."""
        for name, line, body in functions(path):
            released = body.find("run_slot_release(")
            for match in self.CALL.finditer(body):
                is_late = 0 <= released < match.start()
                if not is_late and not self.SHORT.match(body, match.end()):
                    at = line + body.count("\n", 0, match.start())
                    yield f"{name_of(path)}:{at}", name, match.group(1)

    def test_slot_is_released_first(self):
        sources = LIBRARY + sorted(ROOT.glob("src/ddnsgate/*.c"))
        unused = set(KEEP_SLOT)
        for path in sources:
            file = name_of(path)
            offences = []
            for place, name, call in self.blocking_calls(path):
                keeps = {(file, name), (file, "*")} & set(KEEP_SLOT)
                unused -= keeps
                if not keeps:
                    offences.append(f"{place}: {call} without "
                                    f"run_slot_release() before it")
            with self.subTest(file):
                self.assert_none(offences)
        self.assertEqual(unused, set(), "these keep no slot any more")


class Limits(House):
    def test_files_are_short(self):
        for path in LIBRARY + PROGRAMS:
            with self.subTest(name_of(path)):
                lines = path.read_text().count("\n")
                self.assertLessEqual(lines, FILE_LINES)

    @unittest.skipUnless(shutil.which("ctags"), "needs universal-ctags")
    def test_functions_are_short(self):
        sources = [str(p) for p in LIBRARY + PROGRAMS if p.suffix == ".c"]
        done = subprocess.run(
            ["ctags", "--output-format=json", "--kinds-c=f", "--fields=+ne",
             "-f", "-", *sources], text=True, capture_output=True, check=True)
        functions = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertTrue(functions)
        self.assert_none(
            f"{name_of(Path(f['path']))}:{f['line']}: {f['name']} has "
            f"{f['end'] - f['line'] + 1} lines"
            for f in functions
            if f["end"] - f["line"] + 1 > FUNCTION_LINES)


if __name__ == "__main__":
    unittest.main()
