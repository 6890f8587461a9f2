"""Writes the tables of the README, between markers, from the committed baseline."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from bench.analysis.tables import by_length, group, leaderboard
from bench.records.store import Record, read_records, write_atomically
from bench.spec.errors import WorkError
from bench.views.markdown import HEADER, lengths_table, summary_cells
from bench.views.numbers import heading_rows, row_of
from bench.views.texts import KIND, contexts_table, describe, is_text, models_table

BLOCK = re.compile(r"(<!-- (?P<name>\w+) (?P<folder>\S+)(?: (?P<task>\S+))? -->\n).*?(<!-- end -->)", re.DOTALL)


def refresh(page: Path, root: Path) -> bool:
    """Rewrite every marked block of a page; return whether anything changed."""
    text = page.read_text(encoding="utf-8")
    renewed = BLOCK.sub(lambda match: match[1] + block(match, root) + match[5], text)
    if renewed != text:
        write_atomically(page, renewed)
    return renewed != text


def replace_block(page: Path, name: str, text: str) -> None:
    """Put text between the markers `<!-- NAME -->` and `<!-- end -->` of a page; WorkError where it has none."""
    old = page.read_text(encoding="utf-8")
    marked = re.compile(rf"(<!-- {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not marked.search(old):
        raise WorkError(f"{str(page)!r} has no block <!-- {name} --> ... <!-- end -->")
    write_atomically(page, marked.sub(lambda found: found[1] + text + found[2], old))


def block(match: re.Match[str], root: Path) -> str:
    """Return what belongs between the markers `<!-- NAME FOLDER [TASK] -->` and `<!-- end -->`."""
    if match["name"] == "figure":
        return figure_block(root, match["folder"], match["task"])
    if match["name"] == "horizons":
        return horizons_block(root, match["folder"], match["task"])
    records, _ = read_records(root / match["folder"] / "records")
    if not records:
        raise WorkError(f"no records in {match['folder']!r}: promote a run first")
    groups, _ = group(records)
    if match["name"] == "leaderboard":
        return leaderboard_block(leaderboard(groups), groups)
    if match["name"] == "texts":
        return texts_block(leaderboard(groups), groups, match["task"])
    if match["name"] == "lengths":
        lengths, task = by_length(groups), match["task"]
        rows, board = lengths[lengths["task"] == task], leaderboard(groups)
        models = {str(name): groups[task, str(name)] for name in board.loc[board["task"] == task, "model"]}
        if not models:
            raise WorkError(f"no task {task!r} in {match['folder']!r}")
        first = next(iter(models.values()))[0]
        return contexts_table(rows, models) if is_text(first) else lengths_table(rows, first)
    raise WorkError(f"unknown block {match['name']!r}; choose from: figure, horizons, leaderboard, lengths, texts")


def figure_block(root: Path, folder: str, name: str) -> str:
    """Draw a figure of a run into its folder; return the line that shows it, with what is to be seen in words."""
    from bench.views.charts.figures import picture_of
    from bench.views.charts.material import read_run

    picture, seen = picture_of(read_run(root / folder, Path(folder).name), name)
    write_atomically(root / folder / "figures" / f"{name}.png", picture)
    return f"![{seen}]({folder}/figures/{name}.png)\n"


def horizons_block(root: Path, folder: str, page: str) -> str:
    """Return the best family of every task of a run, with links to the tasks' sections on a page."""
    from bench.studies.extrapolation.families import families, own_rows
    from bench.studies.extrapolation.tables import best_table
    from bench.views.charts.figures import file_names
    from bench.views.charts.material import read_run

    run = read_run(root / folder, Path(folder).name)
    found = {task: families(run, task) for task in own_rows(run)}
    return best_table(found, file_names(list(found)), page) + "\n"


def leaderboard_block(board: pd.DataFrame, groups: dict[tuple[str, str], list[Record]]) -> str:
    """Return the leaderboard of every task with exact match as one table."""
    lines = heading_rows(("task", *HEADER), names=2)
    for task, rows in board[board["kind"] != KIND].groupby("task"):
        for index, row in enumerate(rows.to_dict("records")):
            cells = summary_cells(row, groups[row["task"], row["model"]][0])
            lines.append(row_of((str(task) if index == 0 else "", *cells)))
    return "\n".join(lines) + "\n"


def texts_block(board: pd.DataFrame, groups: dict[tuple[str, str], list[Record]], task: str | None) -> str:
    """Return the language models of every text, or of one: how it is judged, then their table."""
    texts = board[(board["kind"] == KIND) & (True if task is None else board["task"] == task)]
    if texts.empty:
        raise WorkError("no text that is judged by its symbols" + (f" is called {task!r}" if task else " is there"))
    parts = []
    for name, rows in texts.groupby("task"):
        models = {str(model): groups[str(name), str(model)] for model in rows["model"]}
        parts += [f"### {name}\n"] if task is None else []
        parts += [describe(models), models_table(rows, models)]
    return "\n".join(parts)
