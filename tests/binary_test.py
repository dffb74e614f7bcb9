"""How the programs were compiled and linked: binary_test.py BUILD-FOLDER
SOURCE-FOLDER COMPILER FLAGS…, where FLAGS are those of src/hardening.cmake
that the compiler knows.  Read from the programs by readelf(1)."""

import json
import pathlib
import re
import subprocess
import sys
import unittest

PROGRAMS = "ddnsgate", "ddnsgatectl", "ddnsgate-events"
HAS_STACK_PROTECTOR = "__stack_chk_fail"
# Of each of these files the linker takes a part into every program.
START_FILES = "Scrt1.o", "crti.o", "crtbeginS.o", "crtendS.o", "crtn.o"
CONTROL_FLOW = "x86 feature: IBT, SHSTK"


def output(*command):
    return subprocess.run(command, check=True, timeout=600, text=True,
                          stdout=subprocess.PIPE).stdout


def readelf(option, path):
    return output("readelf", "--wide", option, path)


class Programs(unittest.TestCase):
    def each(self, option):
        return [readelf(option, BUILD / "bin" / name) for name in PROGRAMS]

    def test_position_independent(self):
        for text in self.each("--file-header"):
            self.assertRegex(text, r"Type: +DYN")
        for text in self.each("--dynamic"):
            self.assertRegex(text, r"\(FLAGS_1\).*\bPIE\b")

    def test_bound_before_start_and_read_only_then(self):
        for text in self.each("--program-headers"):
            self.assertIn("GNU_RELRO", text)
        for text in self.each("--dynamic"):
            self.assertRegex(text, r"\(FLAGS(_1)?\).*\b(BIND_)?NOW\b")
            self.assertNotIn("(TEXTREL)", text)

    def test_nothing_is_writable_and_executable(self):
        for text in self.each("--program-headers"):
            flags = re.findall(r"(?m)^ +(\w+) +0x.* ([R ][W ][E ]) 0x", text)
            self.assertIn("GNU_STACK", dict(flags))
            for segment, access in flags:
                self.assertNotRegex(access, r"WE", segment)

    def test_loads_no_library_from_a_path_of_its_own(self):
        for text in self.each("--dynamic"):
            self.assertNotRegex(text, r"\((RPATH|RUNPATH)\)")

    def test_stack_protector(self):
        for text in self.each("--dyn-syms"):
            self.assertIn(HAS_STACK_PROTECTOR, text)

    def test_library_calls_are_checked(self):
        if not any("FORTIFY_SOURCE" in flag for flag in FLAGS):
            self.skipTest("built for debugging or with sanitizers")
        for text in self.each("--dyn-syms"):
            self.assertRegex(text, r"__v?snprintf_chk\b")
            self.assertRegex(text, r"__(mem\w+|read|recv|poll|fprintf)_chk\b")

    def test_calls_and_returns(self):
        """The linker keeps the mark only if each part has it, and the C
        library's start files are such parts."""
        if "-fcf-protection=full" not in FLAGS:
            self.skipTest("not of this compiler")
        library = readelf("--notes", BUILD / "libddnsgate_core.a")
        members = len(re.findall(r"(?m)^File: ", library))
        self.assertGreater(members, 50)
        self.assertEqual(library.count(CONTROL_FLOW), members)
        files = [output(COMPILER, f"-print-file-name={name}").strip()
                 for name in START_FILES]
        marked = all(CONTROL_FLOW in readelf("--notes", path)
                     for path in files)
        for text in self.each("--notes"):
            self.assertEqual(CONTROL_FLOW in text, marked)


class Sources(unittest.TestCase):
    def test_each_with_all_flags(self):
        """Those that leave no trace in a program, too."""
        commands = json.loads((BUILD / "compile_commands.json").read_text())
        own = [command for command in commands
               if pathlib.Path(command["file"]).is_relative_to(SOURCE / "src")]
        self.assertGreater(len(own), 50)
        for command in own:
            given = command["command"].split()
            with self.subTest(command["file"]):
                self.assertEqual(set(FLAGS) - set(given), set())

    def test_flags_of_today(self):
        """What the oldest supported system's compilers know."""
        expected = {"-fstack-protector-strong", "-fstack-clash-protection"}
        if "Machine: Advanced Micro Devices X86-64" in re.sub(
                r" +", " ", readelf("--file-header",
                                    BUILD / "bin/ddnsgate")):
            expected.add("-fcf-protection=full")
        self.assertEqual(expected - set(FLAGS), set())


if __name__ == "__main__":
    BUILD, SOURCE = map(pathlib.Path, sys.argv[1:3])
    COMPILER, FLAGS = sys.argv[3], sys.argv[4:]
    del sys.argv[1:]
    unittest.main()
