"""What a suite costs by its records, and the simulation of workers, held to the bounds of list scheduling."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import in_process, one_line, record
from hypothesis import given
from hypothesis import strategies as st

from bench.analysis.cost import cost, makespan, seconds_of
from bench.analysis.frame import group
from bench.records.store import write_record
from bench.spec.spec import Spec
from bench.views.cost import duration


def made(row: str, model: str, cpu: float | None, seed: int = 0) -> dict[str, object]:
    found = record({3: 90}, task=row, model=model, seed=seed)
    found["spec"]["model"] = model.partition("(")[0]
    found["timing"] |= {"train_seconds": 100.0, "evaluation_seconds": 1.0}
    if cpu is not None:
        found["timing"]["train_cpu_seconds"] = cpu
    return found


def test_processor_seconds_count_where_they_are_known() -> None:
    assert seconds_of(made("copy", "gru", 20.0)) == 21
    assert seconds_of(made("copy", "gru", None)) == 101


def test_pairs_without_records_count_as_their_family_does_elsewhere() -> None:
    groups, _ = group([made("copy", "gru", 9.0), made("copy", "gru", 19.0, 1), made("copy", "lstm", 29.0)])
    specs = [Spec("copy", "gru"), Spec("copy", "lstm"), Spec("sort", "lstm"), Spec("sort", "elman")]
    found = cost(specs, 2, groups)
    assert found.seconds == [15, 15, 30, 30, 30, 30, 22.5, 22.5]
    assert (found.guessed, found.total) == (2, 195)
    assert found.longest[1] == 30


def test_without_any_record_nothing_is_said() -> None:
    with pytest.raises(ValueError, match="no record"):
        cost([Spec("copy", "gru")], 1, {})


@pytest.mark.parametrize(("workers", "span"), [(1, 20), (2, 11), (3, 9), (9, 9)])
def test_jobs_go_in_order_to_whoever_is_free_first(workers: int, span: float) -> None:
    assert makespan([2, 9, 1, 4, 4], workers) == {1: 20, 2: 11, 3: 9, 9: 9}[workers] == span


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=40), st.integers(1, 12))
def test_spans_keep_grahams_bounds(seconds: list[float], workers: int) -> None:
    span, total, longest = makespan(seconds, workers), sum(seconds), max(seconds)
    least = max(longest, total / workers)
    assert least <= span * (1 + 1e-9)
    assert span <= total / workers + (1 - 1 / workers) * longest + 1e-6


def test_what_an_engine_takes_besides_counts_for_each_job() -> None:
    assert makespan([1.0] * 1000, 10, overhead=0.5) == pytest.approx(150)


@pytest.mark.parametrize(("seconds", "shown"), [(9720, "2.7 hours"), (100, "1.7 minutes"), (4, "4.0 seconds")])
def test_durations_are_in_the_unit_that_suits(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


@pytest.fixture
def run(tmp_path: Path) -> Path:
    for model in ("gru", "elman"):
        write_record(tmp_path / "smoke" / "records", made("copy", model, 59.0))
    return tmp_path / "smoke"


def test_the_command_says_hours_and_hours_on_workers(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = in_process(capsys, "cost", run, "--seeds", 10, "--workers", "1,1000")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].startswith("suite smoke: ")
    assert lines[1].endswith("60.0 seconds")
    assert lines[2].endswith("count as their family's mean")
    assert [line.split()[0] for line in lines[3:]] == ["cores", "1", "1,000"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--workers", "0"), "--workers"),
        (("--workers", "two"), "--workers"),
        (("--overhead", "-1"), "--overhead"),
        (("--overhead", "nan"), "--overhead"),
        (("--suite", "nonsense"), "unknown suite 'nonsense'"),
    ],
)
def test_what_cannot_be_told_is_one_line(
    options: tuple[str, ...], named: str, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one_line(in_process(capsys, "cost", run, *options), named)


def test_a_folder_that_is_no_run_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one_line(in_process(capsys, "cost", tmp_path), "unknown suite")
