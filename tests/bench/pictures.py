"""The figures of a run as pictures, by gnuplot; they follow the reader's choice
of light or dark."""

import shutil
import subprocess
import sys

WIDTH, HEIGHT = 960, 460
# Each can be told from the others on either ground.
READ, WRITTEN = "#2f81c7", "#d1641b"
# As gnuplot writes them.
LIGHT = {"ground": "#ffffff", "ink": "black", "grid": "rgb(160, 160, 160)"}
DARK = {"ground": "#0d1117", "ink": "#e6e6e6", "grid": "#606060"}
STYLE = "<style>\n@media (prefers-color-scheme: dark) {\n" + "".join(
    f'[{what}="{LIGHT[name]}"] {{ {what}: {DARK[name]}; }}\n'
    for name in LIGHT for what in ("fill", "stroke", "color")
) + "}\n</style>\n"
HEAD = f"""set terminal svg size {WIDTH},{HEIGHT} font "sans-serif,15" \\
    background "{LIGHT['ground']}"
set logscale y 10
set yrange [{{low}}:{{high}}]
set format y "%.0s%c"
set xtics nomirror
set ytics nomirror
set border 3
set grid xtics ytics linetype 1 linecolor rgb "#a0a0a0" linewidth 0.5
set tmargin at screen 0.91
set bmargin at screen 0.31
set multiplot
"""
PANEL = """set lmargin at screen {left}
set rmargin at screen {right}
set title "{title}"
set ylabel "{unit}"
set xlabel "{axis}"
set xrange [{first}:{last}]
set xtics ({ticks})
set logscale x {base}
{key}
plot {plots}
"""
SIDES = (("0.09", "0.50"), ("0.57", "0.98"))
KEY = "set key at screen 0.5,0.01 center bottom maxrows 2 samplen 4"


class Series:
    """dashed and hollow: of the rival, or of the second DNS server."""

    def __init__(self, title, color, second, points):
        self.title = title
        self.color = color
        self.second = second
        self.points = points  # pairs

    def words(self):
        dash, shape = ("2", 6) if self.second else ("1", 7)
        return (f"'-' using 1:2 with linespoints dashtype {dash} "
                f"linewidth 2 linecolor rgb '{self.color}' "
                f"pointtype {shape} pointsize 0.7 title \"{self.title}\"")

    def data(self):
        return "".join(f"{x} {y}\n" for x, y in self.points) + "e\n"


def short(number):
    """As the other axis has it: 10k."""
    for size, unit in (1_000_000, "M"), (1000, "k"):
        if number % size == 0:
            return f"{number // size}{unit}"
    return str(number)


def panel(side, title, axis, base, some):
    series = [one for one in some if one.points]
    places = sorted({x for one in series for x, _ in one.points})
    left, right = SIDES[side]
    return PANEL.format(
        left=left, right=right, title=title, axis=axis, base=base,
        unit="requests a second" if side == 0 else "",
        first=places[0] / 1.15, last=places[-1] * 1.15,
        ticks=", ".join(f'"{short(x)}" {x}' for x in places),
        key=KEY if side == 0 else "set key off",
        plots=", ".join(one.words() for one in series)
    ) + "".join(one.data() for one in series)


def limits(rows, names):
    """Powers of ten around all."""
    values = [row[name] for row in rows for name in names if name in row]
    low = high = 1
    while 10 * low <= min(values):
        low *= 10
    while high < max(values):
        high *= 10
    return {"low": low, "high": high}


def rates(rows):
    """Each against its rival, by the number of requests at once."""
    rows = [row for row in rows
            if row["web"] == "nginx" and "DNSSEC" not in row["dns"]]
    rival = "naive" if any("naive" in row for row in rows) else "hello"
    kinds = (("unchanged", "ddnsgate, unchanged", READ, False),
             (rival, {"naive": "naive program, unsigned query",
                      "hello": "program that only says hello"}[rival],
              READ, True),
             ("changed", "ddnsgate, changed", WRITTEN, False),
             ("dnsperf", "dnsperf, straight to DNS", WRITTEN, True))
    return HEAD.format(**limits(rows, [kind[0] for kind in kinds])) + "".join(
        panel(side, f"{name}, nginx", "requests at once", 2,
              [Series(title, color, second,
                      [(row["at_once"], row[what]) for row in rows
                       if row["dns"] == name and what in row])
               for what, title, color, second in kinds])
        for side, name in enumerate(("Knot", "BIND")))


def growth(rows):
    """By hosts in one zone, and by zones of as many hosts together."""
    many = [row for row in rows if row["zones"] > 1]
    hosts = many[0]["hosts"] if many else None
    panels = (("One zone", "hosts and clients", "hosts",
               [row for row in rows if row["zones"] == 1]),
              (f"{hosts:,} hosts and clients" if many else "",
               "zones", "zones", [row for row in rows
                                  if row["hosts"] == hosts]))
    return HEAD.format(**limits(rows, ("changed", "unchanged"))) + "".join(
        panel(side, title, axis, 10,
              [Series(f"{name}, {what}", color, second,
                      [(row[by], row[what]) for row in some
                       if row["dns"] == name])
               for what, color in (("unchanged", READ), ("changed", WRITTEN))
               for name, second in (("Knot", False), ("BIND", True))])
        for side, (title, axis, by, some) in enumerate(panels) if some)


PICTURES = {"rates": rates, "growth": growth}


def svg(script, found, name):
    told = subprocess.run(["gnuplot"], input=script, check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    head, _, body = told.partition("<title>Gnuplot</title>")
    _, _, body = body.partition("</desc>")
    return (f"{head}<title>{found.machine}</title>\n"
            f"<desc>{found.date}, figures {found.mark(name)}</desc>\n{STYLE}{body}")


def draw(found, folder):
    if not shutil.which("gnuplot"):
        print("no pictures: there is no gnuplot", file=sys.stderr)
        return
    for name, script in PICTURES.items():
        if found.rows.get(name):
            (folder / f"measured-{name}.svg").write_text(
                svg(script(found.rows[name]), found, name))
