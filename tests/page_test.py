"""The page's colours, from its style: text has enough contrast, in the light
and in the dark (WCAG 2.1, 1.4.3 and 1.4.11)."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
STYLE = (ROOT / "src/reply/page/page.css").read_text()

# What stands on what, and how much it has to differ from it.
TEXT, SHAPE = 4.5, 3
PAIRS = [("text", "back", TEXT), ("text", "card", TEXT),
         ("soft", "back", TEXT), ("soft", "card", TEXT),
         ("accent", "back", TEXT), ("accent", "card", TEXT),
         ("on", "accent", TEXT), ("good", "card", TEXT), ("bad", "card", TEXT),
         ("edge", "card", SHAPE), ("edge", "back", SHAPE)]


def colours(style):
    """The values of --NAME: #RRGGBB."""
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", style))


def luminance(colour):
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045
                        else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


class Contrast(unittest.TestCase):
    def test_of_each_pair(self):
        light, dark = STYLE.split("prefers-color-scheme: dark", 1)
        self.assertEqual(colours(light).keys(), colours(dark).keys())
        for name, scheme in ("light", light), ("dark", dark):
            known = colours(scheme)
            for front, behind, least in PAIRS:
                with self.subTest(scheme=name, front=front, behind=behind):
                    self.assertGreaterEqual(
                        contrast(known[front], known[behind]), least)

    def test_no_other_colours(self):
        """All are variables, so that each has its partner in the dark."""
        rest = re.sub(r"--\w+: #[0-9a-f]{6};", "", STYLE)
        self.assertIsNone(re.search(r"#[0-9a-f]{3}|rgb|hsl", rest))


if __name__ == "__main__":
    unittest.main()
