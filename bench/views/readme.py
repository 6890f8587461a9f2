"""Writes tables and figures into README.md and the pages in docs/, between markers, from committed records.

A block stands between `<!-- NAME FOLDER [WHAT] [columns=a,b] [rows=N] -->` and `<!-- end -->`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bench.records.store import write_atomically
from bench.spec.errors import WorkError
from bench.views.columns import Column, as_markdown, columns, headline
from bench.views.lengths import lengths_table
from bench.views.tables import Tables, read_tables
from bench.views.texts import Models, describe, reference_lines

BLOCK = re.compile(r"(<!-- (\w+) ([^\s>]+/[^\s>]+)((?: [^\s>]+)*) -->\n).*?(<!-- end -->)", re.DOTALL)
LIMIT = re.compile(r"(columns|rows)=(.+)")


@dataclass(frozen=True)
class Asked:
    """What a block shows: of a run, named by its folder, a task or whatever else its maker knows; maybe not all of it.

    names, rows: the columns that it shows, and how many rows at most; tables: reads a run's tables, each run once
    """

    root: Path
    page: Path
    folder: str
    what: str
    names: list[str] | None
    rows: int | None
    tables: Callable[[Path], Tables]

    @property
    def run(self) -> Tables:
        """The run's tables."""
        return self.tables(self.root / self.folder)

    def layout(self, usual: list[Column]) -> list[Column]:
        """Return the columns that are shown."""
        return columns(self.names) if self.names else usual

    def models(self, task: str) -> Models:
        """Return a task's records by model, the best first."""
        board = self.run.board
        found = {str(model): self.run.groups[task, str(model)] for model in board.loc[board["task"] == task, "model"]}
        if not found:
            raise WorkError(f"no task {task!r} in {self.folder!r}")
        return dict(list(found.items())[: self.rows])

    def link(self, path: str) -> str:
        """Return a path of the project as the page names it."""
        return Path(os.path.relpath(self.root / path, self.page.parent)).as_posix()


Maker = Callable[[Asked], str]


def refresh(page: Path, root: Path, blocks: Mapping[str, Maker]) -> bool:
    """Rewrite every marked block of a page; return whether anything changed."""
    text, tables = page.read_text(encoding="utf-8"), lru_cache(read_tables)

    def block(match: re.Match[str]) -> str:
        start, name, folder, rest, end = match.groups()
        if name not in blocks:
            raise WorkError(f"unknown block {name!r}; choose from: {', '.join(sorted(blocks))}")
        limits = {found[1]: found[2] for word in rest.split() if (found := LIMIT.fullmatch(word))}
        what = " ".join(word for word in rest.split() if not LIMIT.fullmatch(word))
        names, rows = limits.get("columns", ""), limits.get("rows")
        asked = Asked(
            root, page, folder, what, names.split(",") if names else None, int(rows) if rows else None, tables
        )
        return f"{start}{blocks[name](asked)}{end}"

    renewed = BLOCK.sub(block, text)
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


def figure(asked: Asked) -> str:
    """Draw a figure of a run into its folder; return the line that shows it, with what is to be seen in words."""
    from bench.views.charts.figures import picture_of
    from bench.views.charts.material import read_run

    picture, seen = picture_of(read_run(asked.root / asked.folder, Path(asked.folder).name), asked.what)
    path = f"{asked.folder}/figures/{asked.what}.png"
    write_atomically(asked.root / path, picture)
    return f"![{seen}]({asked.link(path)})\n"


def leaderboard(asked: Asked) -> str:
    """Return the leaderboard of every task with exact match as one table, or of the task that is asked for.

    Of a limited number of rows, each task has as many, its best.
    """
    board = asked.run.board
    board = board[board["task"] == asked.what] if asked.what else board[board["primary"] == "exact_match"]
    if board.empty:
        raise WorkError(f"no task {asked.what or 'with exact match'!r} in {asked.folder!r}")
    if asked.rows is not None:
        each = max(1, asked.rows // board["task"].nunique())
        board = board.groupby("task").head(each).head(asked.rows)
    usual = [*columns("task"), *headline(board["primary"].iloc[0])]
    shown = board.assign(task=board["task"].where(~board["task"].duplicated(), ""))
    return as_markdown(asked.layout(usual), shown.to_dict("records"))


def texts(asked: Asked) -> str:
    """Return the language models of every text, or of one: how it is evaluated, then their table."""
    board = asked.run.board
    names = [asked.what] if asked.what else list(dict.fromkeys(board.loc[board["primary"] == "nats", "task"]))
    parts = []
    for name in names:
        models, layout = asked.models(name), asked.layout(headline("nats"))
        rows = board[(board["task"] == name) & board["model"].isin(models)]
        table = as_markdown(layout, rows.to_dict("records"), reference_lines(models, layout))
        parts += [*([] if asked.what else [f"### {name}\n"]), describe(models), table]
    if not parts:
        raise WorkError(f"no language model in {asked.folder!r}")
    return "\n".join(parts)


def lengths(asked: Asked) -> str:
    """Return a task's table by length; columns are lengths."""
    rows = asked.run.lengths
    chosen = None if asked.names is None else [int(length) for length in asked.names]
    return lengths_table(rows[rows["task"] == asked.what], asked.models(asked.what), chosen)


BLOCKS: dict[str, Maker] = {"figure": figure, "leaderboard": leaderboard, "texts": texts, "lengths": lengths}
