"""The manual, and the fuzzer's dictionary, know what the code does:
man_test.py FACTS.

FACTS is the program that prints the code's tables (facts.c).
"""

import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = sorted(ROOT.glob("src/*/*.[1-9]"))
SETTINGS_PAGE = ROOT / "src/ddnsgate/ddnsgate.conf.5"
HANDLER_PAGE = ROOT / "src/ddnsgate/ddnsgate.8"
README = ROOT / "README.md"

# Where a section of ddnsgate.conf(5) says that its settings belong.
SECTIONS = {"GLOBAL SETTINGS": "", "ZONES": "zone", "KEYS": "key",
            "CLIENTS": "client", "HOSTS": "host"}
# Outcomes of no request: between modules, or of the configuration.
INTERNAL = {"RANGE", "ABSENT", "AGAIN", "UNCHANGED", "DISABLED",
            "UNSUPPORTED", "CONFIG", "DUPLICATE",
            "DNS_YXDOMAIN"}


def facts(kind):
    """The rows of one kind, without it."""
    lines = subprocess.run([FACTS], check=True, text=True, timeout=600,
                           stdout=subprocess.PIPE).stdout.splitlines()
    return [tuple(line.split("\t")[1:]) for line in lines
            if line.startswith(kind + "\t")]


def documented_settings():
    """(where, name) for each ".It Ic name No = type", in order."""
    where, found = None, []
    for line in SETTINGS_PAGE.read_text().splitlines():
        if line.startswith(".Sh "):
            where = SECTIONS.get(line[4:])
        item = re.match(r"\.It Ic (\w+) No = Ar ", line)
        if item:
            found.append((where, item.group(1)))
    return found


def documented_replies():
    """(status, word) for each row of the table in ddnsgate(8)."""
    return re.findall(r"^\.It (\d{3}) Ta Li (\w+) Ta ",
                      HANDLER_PAGE.read_text(), re.MULTILINE)


def documented_metrics():
    """The names in ddnsgate(8), METRICS, in order, of items ".It Li NAME"."""
    section = HANDLER_PAGE.read_text().split(".Sh METRICS")[1].split(".Sh ")[0]
    return [name for item in re.findall(r"^\.It Li (.*)$", section, re.MULTILINE)
            for name in re.findall(r"\b([a-z_]+)\b", re.sub(
                r"No \{.*?No }|\bLi\b", "", item))]


def documented_reasons():
    """What stands in the first column of the README's table of reasons."""
    table = README.read_text().split("| reason |")[1].split("\n\n")[0]
    return [reason for row in table.splitlines()[2:]
            for reason in re.findall(r"`([^`]+)`", row.split("|")[1])]


class Pages(unittest.TestCase):
    def test_all_are_there(self):
        self.assertEqual([page.name for page in PAGES],
                         ["ddnsgate.8", "ddnsgate.conf.5", "ddnsgate-events.8",
                          "ddnsgatectl.8"])

    def test_lint(self):
        for page in PAGES:
            with self.subTest(page=page.name):
                lint = subprocess.run(
                    ["mandoc", "-T", "lint", "-W", "warning", page],
                    text=True, timeout=600, stdout=subprocess.PIPE)
                self.assertEqual((lint.stdout, lint.returncode), ("", 0))


class Settings(unittest.TestCase):
    maxDiff = None

    def test_page_has_those_of_the_code(self):
        self.assertEqual(sorted(documented_settings()),
                         sorted(facts("setting")))

    def test_fuzzer_knows_each(self):
        words = (ROOT / "tests/fuzz/conf.dict").read_text()
        self.assertEqual([name for _, name in facts("setting")
                          if f'"{name} = "\n' not in words], [])

    def test_examples_use_known_ones(self):
        known = {name for _, name in facts("setting")}
        for name in "examples/ddnsgate.conf", "src/package/ddnsgate.conf":
            text = (ROOT / name).read_text()
            used = set(re.findall(r"(?:^|[{;])[ \t/#]*(\w+)[ \t]*=", text,
                                  re.MULTILINE))
            with self.subTest(name):
                self.assertTrue(used)
                self.assertEqual(used - known, set())


class Replies(unittest.TestCase):
    maxDiff = None

    def test_page_has_those_of_the_code(self):
        replies = {(status, word) for status, word, name, _ in
                   facts("outcome") if name not in {"OK"}}
        self.assertEqual(sorted(documented_replies()), sorted(replies))

    def test_readme_helps_with_every_reason(self):
        reasons = {text for _, _, name, text in facts("outcome")
                   if name not in {"OK"} | INTERNAL}
        self.assertEqual(sorted(documented_reasons()), sorted(reasons))


class Metrics(unittest.TestCase):
    maxDiff = None

    def test_page_has_those_of_the_code(self):
        names = [re.fullmatch(r"# TYPE ddnsgate_(\w+) \w+", line).group(1)
                 for line, in facts("metric")]
        self.assertTrue(names)
        self.assertEqual(sorted(documented_metrics()), sorted(names))

    def test_page_has_every_reason(self):
        section = HANDLER_PAGE.read_text().split(".Sh METRICS")[1]
        for _, _, name, _ in facts("outcome"):
            # What ends a request, and is no failure of the server
            if not name.startswith("DNS_") or name in {
                    "DNS_CNAME", "DNS_YXDOMAIN", "DNS_NOT_KEPT"}:
                continue
            with self.subTest(name):
                self.assertRegex(section, rf"\b{name[4:].lower()}\b")


if __name__ == "__main__":
    FACTS = sys.argv.pop(1)
    unittest.main()
