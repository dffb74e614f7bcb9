#!/usr/bin/python3
"""The steps of examples/container/Containerfile, in a throw-away root.

What is not run: podman or docker, and Debian's image.  The root is this
machine's, which has the packages that a step installs; without one of them
that step fails.
"""

import io
import re
import shlex
import subprocess
import types
import unittest

from lab import (AS_ROOT, EXAMPLES, PATIENCE_S, cgi_reply, fastcgi_reply,
                 fastcgi_request, is_sanitized, wait_until)
from package_root import PATH, Root, is_possible

SOURCES = EXAMPLES.parent
# Packages are there already, or are files.
APT_GET = """#!/bin/sh
[ "$1" = install ] || exit 0
shift
for word; do
	case $word in
	-*) ;;
	/*) dpkg -i "$word" || exit ;;
	*) dpkg-query -W -f '${db:Status-Status}' "$word" | grep -qx installed ||
		exit ;;
	esac
done
"""
# A FastCGI request from standard input, and the reply.
ASK = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as peer:
    peer.sendall(sys.stdin.buffer.read())
    while data := peer.recv(4096):
        sys.stdout.buffer.write(data)
"""


def instructions():
    """(word, rest) of each, in order."""
    text = (EXAMPLES / "container/Containerfile").read_text()
    text = re.sub(r"(?m)^#.*\n", "", text).replace("\\\n", " ")
    return [line.split(None, 1) for line in text.splitlines() if line]


@unittest.skipUnless(AS_ROOT and is_possible(),
                     "only root, with overlayfs, can make a throw-away root")
@unittest.skipIf(is_sanitized(), "it compiles by itself, once is enough")
class Container(unittest.TestCase):
    def setUp(self):
        self.root = self.enterContext(Root())
        self.root.run("sh", "-c", "dpkg --purge ddnsgate 2>&1; "
                      "userdel ddnsgate 2>&1; rm -rf /etc/ddnsgate /src "
                      "/build /package")
        self.root.write("/fake/apt-get", APT_GET, "755")

    def copy_sources(self):
        """What git has, and what it would get."""
        files = subprocess.run(
            ["git", "-c", "safe.directory=*", "ls-files", "-co",
             "--exclude-standard", "--deduplicate"], cwd=SOURCES, check=True,
            text=True, stdout=subprocess.PIPE).stdout.splitlines()
        names = "\n".join(f for f in files if (SOURCES / f).exists())
        with subprocess.Popen(["tar", "-c", "-T", "-"], cwd=SOURCES,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as tar:
            unpack = subprocess.Popen(
                self.root.command("sh", "-c", "mkdir /src && tar -xC /src"),
                stdin=tar.stdout)
            tar.stdin.write(names)
            tar.stdin.close()
            self.assertEqual(unpack.wait(PATIENCE_S), 0)

    def step(self, word, rest):
        if word == "RUN":
            self.root.run("sh", "-c", rest, path="/fake:" + PATH,
                          timeout=10 * PATIENCE_S)
        elif word == "COPY" and rest == ". /src":
            self.copy_sources()
        elif word == "COPY":
            option, source, target = rest.split()
            self.assertEqual(option, "--from=build")
            self.assertTrue(source.startswith(target))
        elif word not in ("FROM", "VOLUME"):
            self.fail(f"{word}: what is that?")

    def test_steps(self):
        steps = instructions()
        (user,) = (rest for word, rest in steps if word == "USER")
        (start,) = (rest for word, rest in steps if word == "CMD")
        for word, rest in steps:
            if word not in ("USER", "CMD"):
                self.step(word, rest)
        self.assertEqual(self.root.run("id", "-u", user).strip(), "953")
        self.serve(user, shlex.split(re.sub(r"[][,]", " ", start)))

    def serve(self, user, command):
        gate = subprocess.Popen(
            self.root.command("setpriv", f"--reuid={user}", f"--regid={user}",
                              "--clear-groups", "--bounding-set=-all",
                              "prlimit", "--memlock=8388608", *command),
            text=True, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            reply = wait_until(lambda: self.ask(command[-1]), "it answers")
            self.assertEqual(reply.body, "OK")
        finally:
            gate.terminate()
            log = gate.communicate(timeout=PATIENCE_S)[1]
        self.assertEqual(gate.returncode, 0, log)
        self.assertNotIn("state_dir", log)

    def ask(self, listen):
        done = subprocess.run(
            self.root.command("/usr/bin/python3", "-c", ASK,
                              listen.rsplit(":", 1)[1]),
            input=fastcgi_request("/health"), capture_output=True,
            timeout=PATIENCE_S)
        if done.returncode != 0:
            return None
        received = types.SimpleNamespace(recv=io.BytesIO(done.stdout).read)
        return cgi_reply(fastcgi_reply(received))


if __name__ == "__main__":
    unittest.main()
