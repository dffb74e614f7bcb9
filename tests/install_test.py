"""What "cmake --install" leaves where: install_test.py BUILD-FOLDER PREFIX."""

import os
import pathlib
import stat
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
DOC = "share/doc/ddnsgate/"
EXPECTED = {
    "sbin/ddnsgate", "sbin/ddnsgatectl", "sbin/ddnsgate-events",
    "share/man/man5/ddnsgate.conf.5",
    "share/man/man8/ddnsgate.8", "share/man/man8/ddnsgatectl.8",
    "share/man/man8/ddnsgate-events.8",
    "lib/systemd/system/ddnsgate.service",
    "lib/systemd/system/ddnsgate.socket",
    "lib/systemd/system/ddnsgate-events.service",
    "lib/systemd/system/ddnsgate-events.socket",
    "lib/sysusers.d/ddnsgate.conf",
    "share/bash-completion/completions/ddnsgate",
    "share/bash-completion/completions/ddnsgatectl",
    "share/bash-completion/completions/ddnsgate-events",
    DOC + "README.md", DOC + "LICENSE",
}


def files_below(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*")
            if not path.is_dir()}


def install(folder):
    subprocess.run(["cmake", "--install", BUILD], check=True, timeout=600,
                   env={**os.environ, "DESTDIR": folder},
                   stdout=subprocess.DEVNULL)


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        temp = tempfile.TemporaryDirectory()
        cls.addClassCleanup(temp.cleanup)
        install(temp.name)
        cls.dest = pathlib.Path(temp.name)
        cls.prefix = pathlib.Path(temp.name + PREFIX)

    def test_everything_and_nothing_else(self):
        examples = {DOC + "examples/" + name
                    for name in files_below(ROOT / "examples")}
        expected = EXPECTED | examples - {DOC + "examples/demo.sh"}
        self.assertEqual(files_below(self.dest),
                         {PREFIX[1:] + "/" + name for name in expected})

    def test_folders(self):
        for name, mode in ("clients.d", 0o750), ("events.d", 0o755):
            folder = pathlib.Path(f"{self.dest}/etc/ddnsgate/{name}")
            with self.subTest(name=name):
                self.assertTrue(folder.is_dir())
                self.assertEqual(stat.S_IMODE(folder.stat().st_mode), mode)

    def test_folders_keep_their_modes(self):
        """As whoever runs ddnsgate may read one only by that."""
        with tempfile.TemporaryDirectory() as temp:
            folders = [pathlib.Path(f"{temp}/etc/ddnsgate/{name}")
                       for name in ("clients.d", "events.d")]
            for folder in folders:
                folder.mkdir(parents=True)
                folder.chmod(0o770)
            install(temp)
            for folder in folders:
                with self.subTest(folder=folder.name):
                    self.assertEqual(stat.S_IMODE(folder.stat().st_mode),
                                     0o770)

    def test_programs_run(self):
        for name in "ddnsgate", "ddnsgatectl", "ddnsgate-events":
            with self.subTest(name=name):
                shown = subprocess.run(
                    [self.prefix / "sbin" / name, "--help"], check=True,
                    timeout=600, text=True, stdout=subprocess.PIPE).stdout
                self.assertIn("usage: " + name, shown)

    def test_units_name_the_program(self):
        unit = self.prefix / "lib/systemd/system/ddnsgate.service"
        self.assertRegex(unit.read_text(),
                         rf"(?m)^ExecStart={PREFIX}/sbin/ddnsgate\b")


if __name__ == "__main__":
    BUILD, PREFIX = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
