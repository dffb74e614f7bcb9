#!/usr/bin/python3
"""The units of examples/systemd are valid, and the services locked up."""

import re
import unittest

from lab import EXAMPLES, Room, ddnsgate, program, run

UNITS = EXAMPLES / "systemd"
# systemd-analyze security: 0 is none, 10 is all.  What setuid programs such as
# sendmail need is not forbidden to those of events.d.
EXPOSURE_MAX = {"ddnsgate.service": 1.5, "ddnsgate-events.service": 6.5}


class Systemd(unittest.TestCase):
    def test_units_are_valid(self):
        """systemd-analyze verify, with our program where there is one."""
        with Room() as room:
            for unit in UNITS.iterdir():
                text = re.sub("ExecStart=/usr/sbin/.*",
                              f"ExecStart={ddnsgate(room.folder)}",
                              unit.read_text())
                (room.folder / unit.name).write_text(text)
            units = sorted(path for path in room.folder.iterdir()
                           if path.suffix in (".service", ".socket"))
            self.assertEqual(len(units), 4)
            for unit in units:
                with self.subTest(unit.name):
                    run(program("systemd-analyze"), "verify", "--man=no", unit)

    def test_exposure(self):
        for unit in sorted(UNITS.glob("*.service")):
            with self.subTest(unit.name):
                table = run(program("systemd-analyze"), "security",
                            "--offline=true", "--no-pager", unit)
                level = re.search(r"exposure level .*: ([0-9.]+)", table)[1]
                self.assertLessEqual(float(level), EXPOSURE_MAX[unit.name])

    def test_sandbox_is_possible(self):
        """The unit does not forbid what a sandbox is made of."""
        text = (UNITS / "ddnsgate.service").read_text()
        groups = re.findall(r"(?m)^SystemCallFilter=(?!~)(.*)$", text)
        allowed = set()
        for word in " ".join(groups).split():
            allowed |= (set(run(program("systemd-analyze"), "syscall-filter",
                                word).split())
                        if word.startswith("@") else {word})
        self.assertLessEqual({"@process", "@memlock", "seccomp",
                              "landlock_create_ruleset", "landlock_add_rule",
                              "landlock_restrict_self"}, allowed)

    def test_user(self):
        """systemd-sysusers, in an empty root, makes the service's user."""
        with Room() as room:
            (room.folder / "etc").mkdir()
            run(program("systemd-sysusers"), f"--root={room.folder}",
                UNITS / "ddnsgate.sysusers")
            users = (room.folder / "etc" / "passwd").read_text()
        for name in "ddnsgate", "ddnsgate-events":
            self.assertRegex(users, rf"(?m)^{name}:.*:/usr/sbin/nologin$")
            service = (UNITS / f"{name}.service").read_text()
            self.assertIn(f"\nUser={name}\n", service)


if __name__ == "__main__":
    unittest.main()
