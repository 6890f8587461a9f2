"""`compare` reads tables of other programs: what is damaged, missing or no table is one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from compared_runs import SOURCES, Command, make
from harness import in_process, one_line


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Command:
    return lambda *words: in_process(capsys, "compare", *words)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A run of two pairs, each with cells enough to be quiet."""
    return make(make(tmp_path / "base"), "lstm", {3: 100, 4: 70, 6: 2})


def damage(path: Path, column: str, value: Any) -> Path:
    table = pd.read_csv(path, dtype=str)
    table.loc[0, column] = value
    table.to_csv(path, index=False)
    return path


@pytest.mark.parametrize("source", SOURCES[1:])
@pytest.mark.parametrize("column", ["task_version", "evaluation_hash", "device", "diverged", "seeds", "model"])
def test_a_table_without_a_column_is_one_line(source: str, column: str, base: Path, run: Command) -> None:
    path = base / source
    pd.read_csv(path).drop(columns=column).to_csv(path, index=False)
    one_line(run(path, base), source, column)
    one_line(run(base, path), source, column)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("exact_match", "much"),
        ("exact_match", "1.5"),
        ("exact_match", "-0.1"),
        ("exact_match", None),
        ("seeds_sd", "wide"),
        ("seeds_sd", "-1"),
        ("seeds", "0"),
        ("seeds", "three"),
        ("seeds", None),
        ("examples", "inf"),
        ("examples", "0"),
        ("length", "long"),
        ("length", None),
        ("length", "4"),  # a cell twice
        ("task", None),
        ("task_version", "new"),
        ("diverged", "-1"),
    ],
)
def test_a_damaged_table_is_one_line(column: str, value: Any, base: Path, run: Command) -> None:
    path = damage(base / "by_length.csv", column, value)
    one_line(run(base, path), "by_length.csv")
    one_line(run(path, base), "by_length.csv")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b'"', b"task\n1,2,3\n4,5\n", b"a,b\n1,2\n", b"\0" * 50])
def test_a_file_that_is_no_table_is_one_line(content: bytes, base: Path, run: Command) -> None:
    path = base.parent / "mine.csv"
    path.write_bytes(content)
    one_line(run(base, path), "mine.csv")


def test_what_is_missing_or_empty_is_one_line(base: Path, run: Command) -> None:
    for name in ("nothing", "no_records/records"):
        (base.parent / name).mkdir(parents=True)
    one_line(run(base, base.parent / "nowhere"), "nowhere")
    one_line(run(base.parent / "nowhere", base), "nowhere")
    one_line(run(base, base.parent / "nothing"), "nothing")
    one_line(run(base, base.parent / "no_records"), "no_records", "holds no cell")
    (base.parent / "no_records" / "records" / "mine.json").write_text("[]")
    one_line(run(base, base.parent / "no_records"), "holds no cell", "mine.json")
    table = base / "by_length.csv"
    table.write_text(table.read_text().splitlines()[0] + "\n")
    one_line(run(base, table), "holds no cell")
