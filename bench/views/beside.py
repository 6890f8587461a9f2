"""A run's own families among a reference run's: where each stands on each row, what it beats, what it costs."""

from __future__ import annotations

import pandas as pd

from bench.analysis.beside import Beside, Verdict
from bench.views import best
from bench.views.columns import Column, Row, named
from bench.views.numbers import markdown_table
from bench.views.terminal import Fitted

FEW = 6  # families of a list that are named; of more the rest are counted
SHOWN = {"model", "solved_100x", "solved_10x", "solved_2x", "solved_inside", "worst_horizon", "seconds", "parameters"}


def layout(rows: pd.DataFrame) -> list[Column]:
    """Return the columns of a table of own families; the farthest multiple only where any row has it."""
    kept = [column for column in best.COLUMNS if column.name in SHOWN]
    kept = [column for column in kept if column.name not in rows or rows[column.name].notna().any()]
    family, *others = kept
    rank = Column("rank", "rank", "place among all families of the row, 1 is best", write=place, rank=0)
    return [
        named("task"),
        family,
        rank,
        *others,
        Column("best", "best there", short="best", write=winner, rank=3, words=True),
    ]


def place(row: Row, bounds: bool) -> str:
    """Write a rank and among how many."""
    return f"{row['rank']} of {row['families']}"


def winner(row: Row, bounds: bool) -> str:
    """Name the best family of a row."""
    return str(row["winner"])


def own_rows(found: Beside) -> pd.DataFrame:
    """Return the standings of own families, with the winner of each row."""
    first = found.standings[found.standings["rank"] == 1].set_index("task")["model"]
    rows = found.standings[found.standings["own"]]
    return rows.assign(winner=rows["task"].map(first))


def table(found: Beside, name: str) -> Fitted:
    """Return the table for a terminal; name: the reference run's."""
    header, lines = cells(found)
    title = f"beside {name}, whose records are read: seeds solved, by multiple of the longest training length"
    return Fitted(header, lines, title)


def cells(found: Beside) -> tuple[list[Column], list[list[str]]]:
    """Return the columns and the lines of the table."""
    rows = own_rows(found)
    shown = layout(rows)
    return shown, [[column.write(row, False) for column in shown] for row in rows.to_dict("records")]


def sentences(found: Beside) -> list[str]:
    """Say of each own family what it beats and what beats it, and how that was told."""
    return [sentence(verdict) for verdict in found.verdicts]


def sentence(verdict: Verdict) -> str:
    """Say it of one family."""
    parts = {
        "significantly better than": verdict.better_than,
        "worse than": verdict.worse_than,
        "not told apart from": verdict.not_apart,
    }
    said = "; ".join(f"{how} {listed(names)}" for how, names in parts.items() if names)
    level = f"area over log length, {verdict.pairs} rows and seeds at most, 95 % corrected for all comparisons"
    return f"{verdict.family}: {said or 'nothing to compare with'} ({level})"


def listed(names: list[str]) -> str:
    """Name some families, the first of many."""
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return f"{', '.join(names[:FEW])}{more}"


def as_markdown(found: Beside) -> str:
    """Return the table and the sentences for a pull request."""
    shown, lines = cells(found)
    said = "".join(f"\n- {line}" for line in sentences(found))
    return f"{markdown_table([column.heading for column in shown], lines, names=2)}{said}\n"


def as_latex(found: Beside) -> str:
    """Return the table for a paper: an environment `tabular` with the rules of booktabs."""
    shown, lines = cells(found)
    frame = pd.DataFrame(lines, columns=[column.heading for column in shown])
    sides = "".join("l" if column.words else "r" for column in shown)
    return str(frame.to_latex(index=False, escape=True, column_format=sides))


def as_csv(found: Beside) -> str:
    """Return all families of the rows, the best first, own ones marked."""
    first = ["task", "model", "own", "rank", "families"]
    others = [name for name in found.standings.columns if name not in first]
    return found.standings.to_csv(columns=[*first, *others], index=False, float_format="%.6g")
