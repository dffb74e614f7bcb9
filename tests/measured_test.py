"""README's tables and the pictures are those of one run of the benchmark."""

import importlib
import pathlib
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "bench"))

import figures  # noqa: E402
import pictures  # noqa: E402

FOUND = figures.Figures.read(ROOT / "tests" / "bench" / "measured.json")
README = (ROOT / "README.md").read_text()


class Measured(unittest.TestCase):
    def test_tables(self):
        for chapter, rows in FOUND.rows.items():
            with self.subTest(chapter):
                columns = importlib.import_module(chapter).COLUMNS
                self.assertIn("\n\n" + figures.table(columns, rows) + "\n",
                              README)

    def test_pictures(self):
        for chapter in pictures.PICTURES:
            with self.subTest(chapter):
                name = f"examples/measured-{chapter}.svg"
                self.assertIn(f"]({name})", README)
                self.assertIn(f"figures {FOUND.mark(chapter)}<",
                              (ROOT / name).read_text())

    def test_a_column_that_is_empty_is_left_out(self):
        columns = ("a", "{a}"), ("b", "{b:.1f}"), ("c", "{c}")
        self.assertEqual(
            figures.table(columns, [{"a": 1}, {"a": 2, "c": 0}]),
            "| a | c |\n| --- | --- |\n| 1 |  |\n| 2 | 0 |\n")


if __name__ == "__main__":
    unittest.main()
