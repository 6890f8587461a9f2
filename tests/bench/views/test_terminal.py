"""Tables on terminals of any width: columns drop out, names are whole or told apart, no name is markup."""

from __future__ import annotations

import io
from itertools import pairwise

import pandas as pd
import pytest
from harness import record
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console, RenderableType
from text_records import text_record

from bench.analysis.frame import group
from bench.analysis.tables import leaderboard
from bench.views.columns import Column, named
from bench.views.terminal import CUT, MOST, Fitted, cut, leaderboard_table
from bench.views.verdict import CHANGED, OTHER

WIDTHS = (60, 80, 100, 130, 200)
TASKS = ("copy", "addition(reversed,train_lengths=1-10)", "addition(reversed,train_lengths=1-40)", "selective_copy")
MODELS = (
    "gru",
    "location_attention(heads=2,start=after,delimiter=1)",
    "location_attention(heads=2,start=first,delimiter=1)",
    "location_attention(heads=4,start=after,delimiter=1)",
    "decoder_only(positions=coupled,couple=places_low,ids=absolute,source_sees=all,hidden=128)",
    "decoder_only(positions=coupled,couple=places_low,ids=absolute,source_sees=all,hidden=129)",
    *(f"transducer_with_cells_{number}" for number in range(14)),
)


def printed(table: RenderableType, width: int, encoding: str = "utf-8") -> list[str]:
    """Print as on a terminal of some width."""
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True)
    Console(file=file, width=width, force_terminal=False).print(table)
    file.seek(0)
    return file.read().splitlines()


def board(models: tuple[str, ...] = MODELS, tasks: tuple[str, ...] = TASKS) -> pd.DataFrame:
    made = [record({3: 90, 4: 50}, task=task, model=model) for task in tasks for model in models]
    return leaderboard(group(made)[0])


def cells_of(lines: list[str]) -> list[list[str]]:
    """Return the cells of a table's lines, and of its heading first."""
    found = [line.replace("┃", "│") for line in lines]
    return [[cell.strip() for cell in line.strip("│").split("│")] for line in found if line.startswith("│")]


@pytest.mark.parametrize("width", WIDTHS)
def test_every_row_can_be_told_apart_and_no_line_is_wider_than_the_terminal(width: int) -> None:
    lines = printed(leaderboard_table(board()), width)
    assert max(map(cell_len, lines)) <= width
    head, *rows = cells_of(lines)
    assert head[:2] == ["task", "model"]
    assert len(rows) == len(TASKS) * len(MODELS)
    tasks = [row[0] for row in rows if row[0]]
    assert len(set(tasks)) == len(TASKS)
    assert len({row[1] for row in rows}) == len(MODELS)
    for shown, names in ((tasks, TASKS), ([row[1] for row in rows], MODELS)):
        assert all(name in names or CUT in name for name in shown)
        assert "" not in shown


@pytest.mark.parametrize("width", WIDTHS)
def test_short_names_stay_whole_and_the_most_telling_numbers_stay(width: int) -> None:
    head, *rows = cells_of(printed(leaderboard_table(board(("gru", "lstm_attention(hidden=8)"))), width))
    assert {row[1] for row in rows} == {"gru", "lstm_attention(hidden=8)"} or width == 60
    assert head[2:4] == ["in-dist.", "extrap."]
    assert all("" not in row[1:] for row in rows)


def test_wider_terminals_show_more_columns_and_a_wide_one_all() -> None:
    found = [set(cells_of(printed(leaderboard_table(board(("gru",), ("copy",))), width))[0]) for width in WIDTHS]
    assert all(narrow <= wide for narrow, wide in pairwise(found))
    assert len(found[0]) < len(found[-1])
    assert found[-1] == {"task", "model", "in-dist.", "extrap.", "unseen shorter", "L99", "L50", "solved"} | {
        "steps / budget",
        "seconds",
    }


def test_language_models_have_a_table_of_their_own() -> None:
    made = [text_record({8: 1.5, 120_179: 1.0}, model="lstm(2 layers)"), record({3: 90, 4: 50})]
    for width in WIDTHS:
        of_strings, strings, of_texts, texts = cells_of(printed(leaderboard_table(leaderboard(group(made)[0])), width))
        assert [of_strings[:3], strings[:3]] == [["task", "model", "in-dist."], ["copy", "gru", "90.0"]]
        assert [of_texts[:3], texts[:3]] == [["task", "model", "nats"], ["chars", "lstm(2 layers)", "1.000"]]


@pytest.mark.parametrize("name", ["x[/y]", "[bold]x", "[link=a]b[/link]", ":smile:", "a\\[b]"])
@pytest.mark.parametrize("width", WIDTHS)
def test_names_are_never_markup(name: str, width: int) -> None:
    lines = printed(leaderboard_table(board((name,), (name,))), width)
    assert [row[:2] for row in cells_of(lines)[1:]] == [[name, name]]
    lines = printed(Fitted([named("task")], [[name]], title=name, caption=name), width)
    assert sum(line.count(name) for line in lines) == 3


def test_names_cannot_steer_the_terminal() -> None:
    (line,) = [
        line for line in printed(Fitted([named("task")], [["a\x1b[2Jb\nc"]]), 80) if "a" in line and "task" not in line
    ]
    assert "\\x1b[2Jb\\nc" in line


def test_more_rows_than_a_terminal_shows_are_counted() -> None:
    many = board(tuple(f"m{number}" for number in range(MOST + 7)), ("copy",))
    assert any("7 more rows are in leaderboard.md" in line for line in printed(leaderboard_table(many), 100))


def test_an_ascii_terminal_gets_ascii_alone() -> None:
    lines = printed(Fitted([named("task"), Column("", "spread")], [["copy", "1.0 ± 0.5†"]]), 80, "ascii")
    assert any("1.0 +/- 0.5*" in line for line in lines)
    assert "".join(lines).isascii()


def test_sentences_wrap_and_stay() -> None:
    words = "of all runs that were made none held at the longest length"
    columns = [named("verdict"), Column("", "claim", rank=0, words=True, wraps=True), Column("", "n", rank=2)]
    for width in (40, 60, 200):
        lines = printed(Fitted(columns, [["confirmed", words, "12"]]), width)
        assert max(map(len, lines)) <= width
        assert " ".join(" ".join(row[1] for row in cells_of(lines)[1:]).split()) == words
        assert cells_of(lines)[1][0] == "confirmed"


@pytest.mark.parametrize("width", [1, 10, 20, 30])
def test_absurd_widths_raise_nothing(width: int) -> None:
    assert Fitted([named("task"), Column("", "n", rank=1)], [["a long name of a task", "1"]]).table(width).columns


@given(st.lists(st.text("ab(=1", min_size=1, max_size=40), min_size=1, max_size=30, unique=True), st.integers(8, 40))
def test_names_that_are_cut_fit_and_stay_apart(names: list[str], width: int) -> None:
    short = cut(names, width)
    assert all(cell_len(name) <= width for name in short.values())
    assert len(set(short.values())) == len(names)
    assert all(short[name] == name or len(name) > width or len(names) > 1 for name in names)


def test_wide_letters_count_as_two() -> None:
    short = cut(["変数のコピー" * 4, "変数のコピー" * 5], 14)
    assert all(cell_len(name) <= 14 for name in short.values())
    assert len(set(short.values())) == 2


@pytest.mark.parametrize("columns", [CHANGED, OTHER], ids=["changed", "other"])
@pytest.mark.parametrize("width", WIDTHS)
def test_a_comparison_keeps_its_names_and_what_became_of_them(columns: list[Column], width: int) -> None:
    ends = ["20", "100.0 ± 0.0 (3)", "0.0 ± 0.0 (3)"] if columns is CHANGED else ["length no longer evaluated"]
    cells = [[task, model, "3,4,6-20,30,50,100", *ends] for task in TASKS for model in MODELS]
    lines = printed(Fitted(columns, cells), width)
    assert max(map(cell_len, lines)) <= width
    rows = [row for row in cells_of(lines)[1:] if row[0]]
    assert len({(row[0], row[1]) for row in rows}) == len(cells)
    shown = set(cells_of(lines)[0])
    assert shown >= ({"before", "after"} if columns is CHANGED else {"why"})
