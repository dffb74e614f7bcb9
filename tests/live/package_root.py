"""A throw-away root: this machine's, seen through an overlay in a mount
namespace of its own, for what installs packages.  Nothing that is done there
reaches the machine, its service manager or its network."""

import contextlib
import pathlib
import subprocess

from lab import PATIENCE_S, Room, die_with_parent

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Without /run's contents there is no service manager and no bus to ask.
SCRIPT = """
set -e
cd "$1"
mount -t tmpfs none layers
mkdir layers/upper layers/work
mount -t overlay -o lowerdir=/,upperdir=layers/upper,workdir=layers/work \
    none root
mount -t proc none root/proc
mount --bind /dev root/dev
mount -t tmpfs -o mode=755 none root/run
mount -t tmpfs -o mode=1777 none root/tmp
ip link set lo up 2>/dev/null || :
echo ready
exec cat >/dev/null
"""


def is_possible():
    """May this process, on this kernel, make such a root?"""
    with contextlib.suppress(Exception), Root():
        return True
    return False


class Root(Room):
    process = None

    def prepare(self):
        for name in "layers", "root":
            (self.folder / name).mkdir()
        # It ends when its input does, and with it go its mounts.
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--net", "--propagation", "private",
             "sh", "-c", SCRIPT, "sh", self.folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, preexec_fn=die_with_parent)
        if self.process.stdout.readline() != b"ready\n":
            raise RuntimeError(self.process.stderr.read().decode())

    def __exit__(self, *_):
        if self.process is not None:
            process, self.process = self.process, None
            process.communicate()
        super().__exit__()

    def command(self, *args, path=PATH, **environment):
        words = [f"{name}={value}" for name, value in environment.items()]
        return ["nsenter", f"--target={self.process.pid}", "--mount", "--net",
                "chroot", self.folder / "root", "env", "-i", f"PATH={path}",
                "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive", *words, *args]

    def try_run(self, *args, **options):
        """As subprocess.run(), with text captured."""
        given = {key: options.pop(key) for key in ("input", "timeout")
                 if key in options}
        return subprocess.run(
            self.command(*args, **options), text=True, capture_output=True,
            **{"timeout": PATIENCE_S, **given})

    def run(self, *args, **options):
        done = self.try_run(*args, **options)
        if done.returncode != 0:
            raise AssertionError(f"{args}: {done.returncode}\n{done.stdout}"
                                 f"{done.stderr}")
        return done.stdout

    def write(self, path, text, mode="644"):
        self.run("sh", "-c", 'mkdir -p "${1%/*}"; cat >"$1"; chmod "$2" "$1"',
                 "sh", path, mode, input=text)

    def put(self, source, path):
        """A file of the machine."""
        with open(source, "rb") as stream:
            subprocess.run(self.command("sh", "-c", 'cat >"$1"', "sh", path),
                           stdin=stream, check=True, timeout=PATIENCE_S)

    def exists(self, path):
        return self.try_run("test", "-e", path).returncode == 0
