"""What a run has found, in a file, and the tables that are made of it."""

import hashlib
import json


class Figures:
    """rows: by chapter, one dictionary for each row of its table."""

    def __init__(self, path, machine, date):
        self.path = path
        self.machine = machine
        self.date = date
        self.rows = {}

    @classmethod
    def read(cls, path):
        kept = json.loads(path.read_text())
        figures = cls(path, kept["machine"], kept["date"])
        figures.rows = kept["rows"]
        return figures

    def write(self):
        """Whole, by rename: a run that is broken off leaves what it has."""
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(
            {"date": self.date, "machine": self.machine, "rows": self.rows},
            indent=1, ensure_ascii=False) + "\n")
        fresh.rename(self.path)

    def mark(self, chapter):
        """Which figures these are."""
        text = json.dumps([self.date, self.machine, self.rows[chapter]])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def add(self, chapter, row):
        self.rows.setdefault(chapter, []).append(row)
        self.write()


def cell(row, shape):
    """A row may lack what a rival has that was not built."""
    try:
        return shape.format(**row)
    except KeyError:
        return ""


def table(columns, rows):
    """In Markdown; columns are pairs of a title and of a format.  A column that
    is empty in all rows is left out."""
    cells = [[cell(row, shape) for _, shape in columns] for row in rows]
    used = [number for number in range(len(columns))
            if any(line[number] for line in cells)]
    lines = [[title for title, _ in columns], ["---"] * len(columns), *cells]
    return "".join(
        "| " + " | ".join(line[number] for number in used) + " |\n"
        for line in lines)


def ratios(row, *pairs):
    """The row with "changed : dnsperf" and the like, of what it has."""
    return {**row, **{f"{one}_to_{other}": row[one] / row[other]
                      for one, other in pairs if other in row}}
