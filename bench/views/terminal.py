"""Tables that fit a terminal of any width: columns drop out, names never do."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.table import Table
from rich.text import Text

from bench.analysis.metrics import METRICS
from bench.views.columns import Column, brief

MOST = 200  # rows of a table that a terminal shows; the files have them all
CUT = ".."  # stands for the middle of a name that is too long
LEAST = 9  # columns of the screen that names get before the last numbers leave
READABLE = 24  # and sentences
PLAIN = str.maketrans({"±": "+/-", "≥": ">=", "†": "*", "…": "..."})
TITLES = {
    "exact_match": "free-running exact match, %",
    "nats": "language models: nats of a token, state carried",
}


@dataclass(frozen=True)
class Fitted:
    """A table that fits itself to where it is printed: lines of cells under columns. No cell is markup.

    Names are whole, or cut in the middle so that no two become alike. Of the numbers those of the highest rank drop out
    first. alike: the first column says what is the same in a run of lines only once
    """

    columns: Sequence[Column]
    lines: Sequence[Sequence[str]]
    title: str = ""
    caption: str = ""
    alike: bool = False

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.table(options.max_width, options.ascii_only)

    def table(self, width: int, ascii_only: bool = False) -> Table:
        """Return it as a table of at most so many columns of the screen, in letters that it can show."""
        plain = PLAIN if ascii_only else {}
        lines = [[printable(cell.translate(plain)) for cell in line] for line in self.lines]
        cells = [[line[index] for line in lines] for index in range(len(self.columns))]
        heads = [Text(text) if text else None for text in (self.title, self.caption)]
        table = Table(title=heads[0], caption=heads[1], title_justify="left")
        shown = []
        for index, room in sorted(fitted(self.columns, cells, width).items()):
            column, found = self.columns[index], cells[index]
            if column.words and not column.wraps:
                whole = cut(list(dict.fromkeys(found)), room)
                found = [whole[name] for name in found]
            table.add_column(
                Text(column.short or column.heading),
                justify="left" if column.words else "right",
                no_wrap=not column.wraps,
                overflow="fold",
                width=room,
            )
            shown.append(found)
        last = None
        for line in zip(*shown, strict=True):
            if self.alike and last is not None and line[0] != last:
                table.add_section()
            table.add_row(*map(Text, ("", *line[1:]) if self.alike and line[0] == last else line))
            last = line[0]
        return table


def fitted(columns: Sequence[Column], cells: Sequence[Sequence[str]], width: int) -> dict[int, int]:
    """Return which columns are shown, and how wide."""
    wanted = [max(map(cell_len, (c.short or c.heading, *found))) for c, found in zip(columns, cells, strict=True)]
    flexible = {i: READABLE if c.wraps else LEAST for i, c in enumerate(columns) if c.words}
    given = [min(want, flexible.get(i, want)) for i, want in enumerate(wanted)]
    order = sorted(range(len(columns)), key=lambda i: columns[i].rank)
    kept = [i for i in order if columns[i].rank <= 1]
    names = [i for i in kept if columns[i].words and not columns[i].wraps]

    def free() -> int:
        return width - 1 - sum(given[i] + 3 for i in kept)  # a border; of each column two blanks and a border

    def grow(chosen: Sequence[int]) -> None:
        while free() > 0 and (narrow := [i for i in chosen if given[i] < wanted[i]]):
            given[min(narrow, key=given.__getitem__)] += 1

    while free() < 0 and columns[kept[-1]].rank:
        kept.pop()
    grow(names)
    for i in [i for i in order if columns[i].rank > 1]:
        if free() < given[i] + 3 or any(given[name] < wanted[name] for name in names):
            break
        kept.append(i)
    grow([i for i in kept if columns[i].wraps])
    return {i: given[i] for i in kept}


def cut(names: Sequence[str], width: int) -> dict[str, str]:
    """Shorten different names that are too long in the middle, where it leaves them apart; else they are numbered."""
    if all(cell_len(name) <= width for name in names):
        return {name: name for name in names}
    room = max(2, width // max(math.ceil(cell_len(name) / len(name)) for name in names if name) - len(CUT))
    for head in sorted(range(room + 1), key=lambda head: abs(2 * head - room)):
        tail = room - head
        cuts = {name: f"{name[:head]}{CUT}{name[len(name) - tail :]}" for name in names}
        short = {name: name if cell_len(name) <= width else cuts[name] for name in names}
        if len(set(short.values())) == len(names):
            return short
    marks = [f"{CUT}{number}" for number in range(1, len(names) + 1)]
    return {name: name[: room + len(CUT) - len(mark)] + mark for name, mark in zip(names, marks, strict=True)}


def printable(text: str) -> str:
    """Escape characters that would move the cursor or change colours."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def leaderboard_table(board: pd.DataFrame) -> Group:
    """Return the leaderboard as tables for people, one for each primary metric."""
    tables = []
    for metric in [metric for metric in METRICS if (board["primary"] == metric.name).any()]:
        rows, layout = board[board["primary"] == metric.name], brief(metric.name)
        shown = rows.head(MOST).to_dict("records")
        lines = [[column.write(row, False) for column in layout] for row in shown]
        rest = f"{len(rows) - MOST:,} more rows are in leaderboard.md" if len(rows) > MOST else ""
        tables.append(Fitted(layout, lines, TITLES.get(metric.name, metric.heading), rest, alike=True))
    return Group(*tables)
