"""`beside`, and what `run` and `report` show of it: a new family among the reference run's, as table, CSV and page."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from harness import in_process, one_line, record

from bench.records.store import write_record

ROWS = ("copy", "reverse", "sort")


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    """A run with a family of its own, and a reference run without it."""
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    for row in ROWS:
        for seed in range(4):
            for folder, model, right in ((mine, "my_net", 60), (theirs, "gru", 40), (theirs, "lstm", 90)):
                rights = {3: 100, 6: right - seed}
                write_record(folder / "records", record(rights, task=row, model=model, seed=seed, variant={}))
    return mine, theirs


@pytest.mark.parametrize("columns", [60, 80, 140])
def test_a_table_and_a_line_say_where_a_family_stands(
    columns: int, runs: tuple[Path, Path], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setenv("FORCE_COLOR", "1")
    mine, theirs = runs
    done = in_process(capsys, "beside", mine, "--against", theirs)
    assert (done.code, done.err) == (0, "")
    assert done.out.count("2 of 3") == len(ROWS)
    assert "my_net: significantly better than gru; worse than lstm (" in done.out
    assert all(len(line) <= columns + 40 for line in done.out.splitlines() if "│" in line)  # colours included


def test_the_files_have_every_family_and_the_table(runs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    mine, theirs = runs
    assert in_process(capsys, "beside", mine, "--against", theirs).code == 0
    with (mine / "beside.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    copied = [row for row in rows if row["task"] == "copy"]
    places = [("lstm", "False", "1"), ("my_net", "True", "2"), ("gru", "False", "3")]
    assert [(row["model"], row["own"], row["rank"]) for row in copied] == places
    page = in_process(capsys, "beside", mine, "--against", theirs, "--markdown").out
    assert (mine / "beside.md").read_text(encoding="utf-8") == page
    assert page.startswith("| task | family | rank |")
    assert "- my_net: significantly better than gru" in page


def test_a_paper_gets_its_table(runs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    lines = in_process(capsys, "beside", runs[0], "--against", runs[1], "--latex").out.splitlines()
    assert lines[0].startswith(r"\begin{tabular}{ll")
    assert lines[1] == r"\toprule"
    assert sum(r"my\_net" in line for line in lines) == len(ROWS)


def test_a_run_without_a_family_of_its_own_is_one_line(
    runs: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine, theirs = runs
    one_line(in_process(capsys, "beside", theirs, "--against", theirs), "every family with exact match is there too")
    one_line(in_process(capsys, "beside", mine, "--against", tmp_path), "has no folder records: name a run's folder")
    one_line(in_process(capsys, "beside", tmp_path / "none", "--against", theirs), "no records in")
    one_line(in_process(capsys, "beside", mine, "--against", "none"), "nothing to show")
    one_line(in_process(capsys, "beside", mine, "--markdown", "--latex"), "not allowed with argument")


def test_the_report_shows_both_and_says_which_were_read(
    runs: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    mine, theirs = runs
    assert in_process(capsys, "report", "--out", mine, "--against", theirs).code == 0
    page = (mine / "report.html").read_text(encoding="utf-8")
    assert "<strong>my_net</strong>: trained in this run." in page
    assert "reference run theirs" in page
    for model in ("gru", "lstm", "my_net"):
        assert f">{model}</label>" in page
    assert "up to date" in in_process(capsys, "report", "--out", mine, "--against", theirs).out
    assert "up to date" not in in_process(capsys, "report", "--out", mine, "--against", "none").out
    assert "trained in this run" not in (mine / "report.html").read_text(encoding="utf-8")
