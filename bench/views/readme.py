"""Writes tables and figures into README.md and the pages in docs/, between markers, from committed records.

A block stands between `<!-- NAME FOLDER [WHAT] [columns=a,b] [rows=N] -->` and `<!-- end -->`; docs/records.md also has
the schema's fields, and how the committed runs stand.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from bench.analysis.freshness import freshness
from bench.records.schema import Record
from bench.records.store import write_atomically
from bench.spec.errors import WorkError
from bench.views.charts.material import NATS, Run, read_run
from bench.views.columns import Column, as_markdown, columns, headline
from bench.views.numbers import markdown_table
from bench.views.tables import lengths_table
from bench.views.texts import CALLED, Models, describe, reference_rows

BLOCK = re.compile(r"(<!-- (\w+) ([^\s>]+/[^\s>]+)((?: [^\s>]+)*) -->\n).*?(<!-- end -->)", re.DOTALL)
NAMES = {int: "integer", float: "number", bool: "true or false", str: "text", NoneType: "null"}
LIMIT = re.compile(r"(columns|rows)=(.+)")


@dataclass(frozen=True)
class Asked:
    """What a block shows: of a run, named by its folder, a task or whatever else its maker knows; maybe not all of it.

    names, rows: the columns that it shows, and how many rows at most; read: reads a run, each once
    """

    root: Path
    page: Path
    folder: str
    what: str
    names: list[str] | None
    rows: int | None
    read: Callable[[Path], Run]

    @property
    def run(self) -> Run:
        """The run."""
        return self.read(self.root / self.folder)

    def layout(self, usual: list[Column]) -> list[Column]:
        """Return the columns that are shown."""
        return columns(self.names) if self.names else usual

    def models(self, task: str) -> Models:
        """Return a task's records by model, the best first."""
        if task not in self.run.tasks:
            raise WorkError(f"no task {task!r} in {self.folder!r}")
        return dict(list(self.run.records(task).items())[: self.rows])

    def link(self, path: str) -> str:
        """Return a path of the project as the page names it."""
        return Path(os.path.relpath(self.root / path, self.page.parent)).as_posix()


Maker = Callable[[Asked], str]


def refresh(page: Path, root: Path, blocks: Mapping[str, Maker], read: Callable[[Path], Run] = read_run) -> bool:
    """Rewrite every marked block of a page; return whether anything changed. read: reads a run, each once."""
    text = page.read_text(encoding="utf-8")

    def block(match: re.Match[str]) -> str:
        start, name, folder, rest, end = match.groups()
        if name not in blocks:
            raise WorkError(f"unknown block {name!r}; choose from: {', '.join(sorted(blocks))}")
        limits = {found[1]: found[2] for word in rest.split() if (found := LIMIT.fullmatch(word))}
        what = " ".join(word for word in rest.split() if not LIMIT.fullmatch(word))
        names = limits["columns"].split(",") if "columns" in limits else None
        rows = int(limits["rows"]) if "rows" in limits else None
        return f"{start}{blocks[name](Asked(root, page, folder, what, names, rows, read))}{end}"

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
    from bench.views.charts.figures import drawing_named

    path, drawing = f"{asked.folder}/figures/{asked.what}.png", drawing_named(asked.run, asked.what)
    write_atomically(asked.root / path, *drawing.files("png"))
    return f"![{drawing.alt_text}]({asked.link(path)})\n"


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
    names = [asked.what] if asked.what else asked.run.texts
    parts = []
    for name in names:
        models, layout, board = asked.models(name), asked.layout(headline(NATS)), asked.run.ranked(name)
        rows = board[board["model"].isin(models)].to_dict("records")
        heading = [] if asked.what else [f"### {name}\n"]
        parts += [*heading, describe(models), as_markdown(layout, rows + reference_rows(models, CALLED))]
    if not parts:
        raise WorkError(f"no language model in {asked.folder!r}")
    return "\n".join(parts)


def lengths(asked: Asked) -> str:
    """Return a task's table by length; columns are lengths."""
    chosen = None if asked.names is None else [int(length) for length in asked.names]
    models = asked.models(asked.what)
    return lengths_table(asked.run.rows(asked.what), models, chosen)


BLOCKS: dict[str, Maker] = {"figure": figure, "leaderboard": leaderboard, "texts": texts, "lengths": lengths}


def refresh_records_page(page: Path, baseline: Path) -> None:
    """Rewrite the marked blocks of the page."""
    replace_block(page, "fields", schema_table())
    replace_block(page, "status", standing(baseline))


def standing(baseline: Path) -> str:
    """Return a line for each committed run: when it was made, and whether it is current."""
    runs = sorted(path.parent for path in baseline.glob("*/records"))
    return "".join(f"- {freshness(run).statement()}\n" for run in runs)


def schema_table() -> str:
    """Return a line for each field: its name, after those of the parts that it is in; its type, meaning and unit."""
    return markdown_table(("field", "type", "meaning", "unit"), fields_in(Record, ""), names=4)


def fields_in(hint: Any, path: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield the fields of the parts that a type is made of: by_length.LENGTH.right, curve[].step."""
    kind, *_ = annotated(hint)
    if is_typeddict(kind):
        for name, field in get_type_hints(kind, include_extras=True).items():
            absent = ", or absent" if get_origin(field) is NotRequired else ""
            inner, *said = annotated(get_args(field)[0] if absent else field)
            about = next(each for each in reversed(said) if each.description)
            shown = f"{path}.{name}".strip(".")
            yield f"`{shown}`", in_words(inner) + absent, about.description, about.extra["unit"]
            yield from fields_in(inner, shown)
    elif get_origin(kind) is list:
        yield from fields_in(get_args(kind)[0], f"{path}[]")
    elif get_origin(kind) is dict:
        key, inner = get_args(kind)
        yield from fields_in(inner, f"{path}.{annotated(key)[-1].title if annotated(key)[1:] else 'NAME'}")


def annotated(hint: Any) -> tuple[Any, ...]:
    """Return a type, and what is said about it."""
    return get_args(hint) if get_origin(hint) is Annotated else (hint,)


def in_words(hint: Any) -> str:
    """Return a type as people say it: integer or null, list of texts."""
    kind, inner = annotated(hint)[0], get_args(annotated(hint)[0])
    if get_origin(kind) in (Union, UnionType):
        return " or ".join(dict.fromkeys(map(in_words, inner))).replace("integer or number", "number")
    if get_origin(kind) is list:
        first, *rest = in_words(inner[0]).split(" ")
        return " ".join(["list of", f"{first}s", *rest])
    return NAMES.get(kind, "object")
