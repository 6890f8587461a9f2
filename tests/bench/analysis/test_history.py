"""`history`: a run's headline numbers kept under a commit, once, in order, and only where this very code made them."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Outcome, in_process, one_line, record_of

from bench.analysis.promote import COLUMNS, read_history
from bench.execution.job import Job, make_jobs
from bench.records.store import read_record, write_record
from bench.spec.catalogue import Catalogue
from bench.suites.suites import SUITES
from bench.views.tables import write_tables

ONE, OTHER = "1" * 40, "2" * 40
DATES = {ONE: "2026-01-01T00:00:00+00:00", OTHER: "2026-02-01T00:00:00+00:00"}
Command = Callable[..., Outcome]


def jobs() -> list[Job]:
    specs = [spec for spec in SUITES["smoke"].specs if spec.row in ("copy", "reverse")]
    return make_jobs(specs, [0, 1], Catalogue())


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that this very code made: two tasks, two families, two seeds."""
    for job in jobs():
        write_record(tmp_path / "mine" / "records", record_of(job))
    return tmp_path / "mine"


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Say at which commit the checkout is."""
    monkeypatch.setattr("bench.analysis.promote.commit_date", DATES.__getitem__)
    return lambda commit, dirty=False: monkeypatch.setattr("bench.analysis.promote.commit", lambda: (commit, dirty))


@pytest.fixture
def keep(capsys: pytest.CaptureFixture[str], tmp_path: Path, at: Callable[..., None]) -> Command:
    at(ONE)
    return lambda run: in_process(capsys, "history", run, "--file", tmp_path / "history.csv")


def rows_of(file: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))


def changed(run: Path, **changes: object) -> None:
    """Change one record of a run."""
    path = sorted((run / "records").iterdir())[0]
    write_record(run / "records", read_record(path) | changes)


def test_a_runs_pairs_are_kept_under_the_commit(run: Path, keep: Command, tmp_path: Path) -> None:
    done = keep(run)
    assert (done.code, done.err) == (0, "")
    assert f"4 pairs at {ONE[:7]} kept in " in done.out
    rows = rows_of(tmp_path / "history.csv")
    assert list(rows[0]) == COLUMNS
    assert [(row["task"], row["model"]) for row in rows] == [
        (task, model) for task in ("copy", "reverse") for model in ("elman", "gru")
    ]
    write_tables(run, "mine")
    board = {(row["task"], row["model"]): row for row in rows_of(run / "leaderboard.csv")}
    for row in rows:
        assert (row["commit"], row["date"], row["suite"]) == (ONE, DATES[ONE], "mine")
        known = board[row["task"], row["model"]]
        assert {name: known[name] for name in COLUMNS if name in known} == {n: row[n] for n in COLUMNS if n in known}


def test_the_same_commit_again_replaces_its_pairs(run: Path, keep: Command, tmp_path: Path) -> None:
    keep(run)
    before = (tmp_path / "history.csv").read_bytes()
    keep(run)
    assert (tmp_path / "history.csv").read_bytes() == before
    for path in (run / "records").iterdir():
        made = read_record(path)
        made["by_length"]["3"]["right"] = 99
        write_record(run / "records", made)
    keep(run)
    rows = rows_of(tmp_path / "history.csv")
    assert [row["inside"] for row in rows] == ["0.99"] * 4


def test_another_commit_keeps_both_in_order_of_date(
    run: Path, keep: Command, at: Callable[..., None], tmp_path: Path
) -> None:
    at(OTHER)
    keep(run)
    at(ONE)
    keep(run)
    file = tmp_path / "history.csv"
    assert [row["commit"] for row in rows_of(file)] == [ONE] * 4 + [OTHER] * 4
    back = file.read_bytes()
    file.unlink()
    keep(run)
    at(OTHER)
    keep(run)
    assert file.read_bytes() == back


def test_suites_are_kept_apart_and_a_pair_that_is_gone_stays(run: Path, keep: Command, tmp_path: Path) -> None:
    keep(run)
    (run / "records").rename(tmp_path / "kept")
    for job in jobs()[:2]:
        write_record(run / "records", record_of(job))
    keep(run)
    assert len(rows_of(tmp_path / "history.csv")) == 4
    run.rename(tmp_path / "another")
    done = keep(tmp_path / "another")
    assert done.out.startswith("2 pairs at ")
    assert [row["suite"] for row in rows_of(tmp_path / "history.csv")] == [*["another"] * 2, *["mine"] * 4]


def test_what_is_kept_is_read_back_and_written_the_same(run: Path, keep: Command, tmp_path: Path) -> None:
    keep(run)
    file = tmp_path / "history.csv"
    frame = read_history(file)
    assert frame.to_csv(index=False, float_format="%.6g").encode() == file.read_bytes()
    assert frame["inside"].tolist() == [0.5] * 4
    assert read_history(tmp_path / "none.csv").empty


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"dirty": True}, "not committed"),
        ({"commit": None}, "not committed"),
        ({"sources": "others"}, "other code"),
    ],
)
def test_a_record_of_other_code_is_refused_and_nothing_is_written(
    changes: dict[str, object], named: str, run: Path, keep: Command, tmp_path: Path
) -> None:
    changed(run, **changes)
    one_line(keep(run), named, "run it again")
    assert not (tmp_path / "history.csv").exists()


@pytest.mark.parametrize(("commit", "dirty"), [(ONE, True), (None, None)])
def test_a_checkout_that_is_not_committed_is_refused(
    commit: str | None, dirty: bool | None, run: Path, keep: Command, at: Callable[..., None], tmp_path: Path
) -> None:
    at(commit, dirty)
    one_line(keep(run), "not committed")
    assert not (tmp_path / "history.csv").exists()


def test_a_run_without_records_or_with_others_files_is_refused(run: Path, keep: Command, tmp_path: Path) -> None:
    one_line(keep(tmp_path / "nowhere"), "nowhere", "no records")
    (run / "records" / "mine.json").write_text("{")
    one_line(keep(run), "mine.json")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a,b\n1,2\n", b'"', b"\0" * 9], ids=repr)
def test_a_damaged_history_is_one_line_and_left_as_it_is(
    content: bytes, run: Path, keep: Command, tmp_path: Path
) -> None:
    file = tmp_path / "history.csv"
    file.write_bytes(content)
    one_line(keep(run), "history.csv", "move it away")
    assert file.read_bytes() == content


def test_a_history_with_numbers_for_dates_and_names_is_read_as_text(run: Path, keep: Command, tmp_path: Path) -> None:
    file = tmp_path / "history.csv"
    line = "0000001,2026,001,null,1,NA,cpu,3,0.5,0.1,0.25,0.1,0.75"
    file.write_text(",".join(COLUMNS) + f"\n{line}\n")
    assert keep(run).code == 0
    assert line in file.read_text().splitlines()
    assert len(rows_of(file)) == 5
