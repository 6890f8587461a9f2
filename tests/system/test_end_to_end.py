from __future__ import annotations

import csv
import os
import signal
from collections import Counter
from pathlib import Path

import pytest
from harness import Outcome, ended, in_process, in_subprocess, living, records_in, started, wait_until, without

from bench.execution.executor import Resources
from bench.execution.job import make_jobs
from bench.execution.run_store import RunStore
from bench.execution.serial import Serial
from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec
from bench.suites.suites import SUITES

SMOKE = ("run", "--suite", "smoke", "--device", "cpu")
JOBS = len(SUITES["smoke"].specs) * SUITES["smoke"].seeds

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """The smoke suite, run undisturbed."""
    out = tmp_path_factory.mktemp("whole")
    return out, in_subprocess(*SMOKE, "--out", out)


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """The smoke suite, its main process killed in the middle; the folder and the process group."""
    out = tmp_path_factory.mktemp("killed")
    process = started(*SMOKE, "--jobs", 2, "--out", out)
    try:
        wait_until(lambda: len(list((out / "records").glob("*.json"))) >= 3, "three records", 600)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=20)
        wait_until(lambda: not living(process.pid), "the workers of a killed run to end", 20)
    finally:
        ended(process)
    return out, process.pid


def rows(path: Path) -> list[dict[str, str]]:
    """Read a table."""
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_smoke_suite_trains_every_job_and_writes_every_table(whole: tuple[Path, Outcome]) -> None:
    out, outcome = whole
    assert (outcome.code, outcome.err) == (0, "")
    records = records_in(out)
    assert len(records) == JOBS
    pairs = {(spec.row, spec.column) for spec in SUITES["smoke"].specs}
    assert {(made["task"], made["model"]) for made in records.values()} == pairs
    assert {made["status"] for made in records.values()} <= {"trained", "fitted"}
    board = rows(out / "leaderboard.csv")
    assert {(row["task"], row["model"]) for row in board} == pairs
    counted = Counter((row["task"], row["model"]) for row in rows(out / "by_length.csv"))
    for made in records.values():
        assert counted[made["task"], made["model"]] == len(made["by_length"])
    page = (out / "leaderboard.md").read_text()
    assert all(f"## {row}\n" in page for row, _ in pairs)


def test_progress_names_every_job_once(whole: tuple[Path, Outcome]) -> None:
    out, outcome = whole
    for index in range(1, JOBS + 1):
        assert outcome.out.count(f"[{index}/{JOBS}] ") == 1
    for made in records_in(out).values():
        assert outcome.out.count(f" {made['task']} {made['model']} seed {made['seed']}: ") == 1


def test_lengths_inside_and_beyond_are_scored_for_every_task(whole: tuple[Path, Outcome]) -> None:
    for made in records_in(whole[0]).values():
        scored = {int(length) for length in made["by_length"]}
        assert set(made["inside_lengths"]) & scored, made["task"]
        assert scored - set(made["inside_lengths"]), made["task"]
        for length, score in made["by_length"].items():
            assert 0 <= score["right"] <= score["examples"], length
            assert 0 <= score["stopped_wrong"] <= score["examples"] - score["right"]
            tokens = (score["tokens_right"], score["tokens"])
            assert tokens == (None, None) if score.get("rule") == "skipped" else 0 <= tokens[0] <= tokens[1]
            assert 0 <= score["chance"] <= 1
            assert (score["nrmse"] is not None) == (made["kind"] == "values")


@pytest.mark.parametrize("kind", ["values", "symbols", "stream"])
def test_a_record_holds_all_that_is_needed_to_reproduce_it(
    kind: str, whole: tuple[Path, Outcome], tmp_path: Path
) -> None:
    made = next(made for made in records_in(whole[0]).values() if made["kind"] == kind)
    jobs = make_jobs([Spec(**made["spec"])], [made["seed"]], Catalogue())
    assert Serial(Resources()).run(jobs, RunStore(tmp_path), lambda event: None) == []
    (again,) = records_in(tmp_path).values()
    assert without(again, "timing") == without(made, "timing")


def test_tables_command_rewrites_the_same_bytes(
    whole: tuple[Path, Outcome], capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = whole
    tables = [out / name for name in ("by_length.csv", "leaderboard.csv")]
    before = [table.read_bytes() for table in tables]
    for table in tables:
        table.unlink()
    assert in_process(capsys, "tables", "--out", out).code == 0
    assert [table.read_bytes() for table in tables] == before


def test_killed_run_leaves_whole_records_and_no_process(killed: tuple[Path, int]) -> None:
    out, group = killed
    assert not living(group)
    assert 3 <= len(records_in(out)) < JOBS


def test_run_after_a_kill_ends_as_if_nothing_had_happened(
    whole: tuple[Path, Outcome], killed: tuple[Path, int], capsys: pytest.CaptureFixture[str]
) -> None:
    out, _ = killed
    finished = {path: path.stat().st_mtime_ns for path in (out / "records").glob("*.json")}
    wanted = sorted((whole[0] / "records").glob("*.json"))
    missing = next(path for path in wanted if out / "records" / path.name not in finished)
    broken = next(iter(finished))
    del finished[broken]
    for path in (missing, whole[0] / "records" / broken.name):  # two half-written ones, as a full disk leaves them
        text = path.read_bytes()
        (out / "records" / path.name).write_bytes(text[: len(text) // 2])
    again = in_process(capsys, *SMOKE, "--jobs", 1, "--out", out)
    assert (again.code, again.err) == (0, "")
    assert f"{JOBS - len(finished)} jobs in " in again.out
    assert len(records_in(out)) == JOBS
    assert {path: path.stat().st_mtime_ns for path in finished} == finished
    assert (out / "by_length.csv").read_bytes() == (whole[0] / "by_length.csv").read_bytes()
    boards = [rows(folder / "leaderboard.csv") for folder in (out, whole[0])]
    for board in boards:
        for row in board:
            for timed in [name for name in row if name.startswith(("seconds", "tokens_per_second"))]:
                assert float(row.pop(timed) or 0) >= 0
    assert boards[0] == boards[1]
