"""`best`: which family to use on a row, from a run's records; bad names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from harness import in_process, one_line, record

from bench.commands import places
from bench.records.store import write_record

HOLDS, FALLS, FAILS = {3: 100, 6: 100, 30: 100, 300: 100}, {3: 100, 6: 0, 30: 0, 300: 0}, dict.fromkeys((3, 6), 0)


def made(folder: Path, *rights: dict[int, int], task: str = "copy", seconds: float = 2.5, **changes: Any) -> None:
    timing = record(HOLDS)["timing"] | {"train_seconds": seconds}
    for seed, right in enumerate(rights):
        write_record(folder / "records", record(right, task=task, seed=seed, timing=timing, **changes))


def models_in(said: str) -> list[str]:
    return [line.split("|")[1].strip() for line in said.splitlines() if line.startswith("| ")][2:]


def test_the_family_whose_seeds_hold_farthest_is_named_with_what_it_beats(tmp_path: Path, capsys: Any) -> None:
    sets = {n: {"a": {"examples": 9, "right": 9 * (n == "3"), "stopped_wrong": 0}} for n in ("3", "6", "30", "300")}
    made(tmp_path, HOLDS, HOLDS, HOLDS, model="sure", seconds=90.0, adversarial=sets)
    made(tmp_path, HOLDS, HOLDS, FALLS, model="often", seconds=1.0)
    made(tmp_path, FALLS, FALLS, FALLS, model="near")
    done = in_process(capsys, "best", "copy", "--out", tmp_path)
    assert (done.code, done.err) == (0, "")
    assert done.out.index("sure") < done.out.index("often") < done.out.index("near")
    assert (
        "copy: use sure: 3/3 seeds hold at 100 times the longest training length, "
        "on the worst adversarial set 0/3 at 100x; beats often by seeds solved at 100 times the longest training "
        "length (3/3 to 2/3), and 1 more\n"
    ) in done.out
    page = in_process(capsys, "best", "copy", "--out", tmp_path, "--markdown").out
    assert models_in(page) == ["sure", "often", "near"]
    assert "| sure | 3/3 | 3/3 | 3/3 | 3/3 | >= 300 (100x) | 0/3 at 100x | 90.0 | 1,234 | 64 |" in page
    assert "| often | 2/3 | 2/3 | 2/3 | 3/3 | 3 (1x) | - | 1.0 |" in page


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({}, "; no other family was run; 2 seeds only"),
        ({"other": 9.0}, "; beats other by training seconds alone (2.5 to 9.0); 2 seeds only"),
        ({"other": 2.5}, "; beats other by order of name alone (alike to alike); 2 seeds only"),
    ],
)
def test_families_that_hold_alike_differ_in_seconds(
    others: dict[str, float], said: str, tmp_path: Path, capsys: Any
) -> None:
    made(tmp_path, HOLDS, HOLDS, model="one")
    for model, seconds in others.items():
        made(tmp_path, HOLDS, HOLDS, model=model, seconds=seconds)
    assert f"longest training length{said}\n" in in_process(capsys, "best", "copy", "--out", tmp_path).out


def test_where_no_seed_has_learnt_nothing_is_recommended(tmp_path: Path, capsys: Any) -> None:
    made(tmp_path, FAILS, FAILS)
    said = in_process(capsys, "best", "copy", "--out", tmp_path).out
    assert "copy: no seed of any family has learnt it" in said
    assert "use gru" not in said


def test_the_reference_run_with_most_families_answers(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "BASELINE", tmp_path)
    made(tmp_path / "one", HOLDS, HOLDS, model="alone")
    made(tmp_path / "two", HOLDS, model="first")
    made(tmp_path / "two", FALLS, model="second")
    made(tmp_path / "two", HOLDS, model="other", spec=record(HOLDS)["spec"] | {"task": "reverse"})
    assert "copy: use first" in in_process(capsys, "best", "copy").out
    one_line(in_process(capsys, "best", "cpoy"), "unknown row 'cpoy'; choose from: copy, reverse")


def test_a_row_of_an_old_record_has_the_name_of_its_content(tmp_path: Path, capsys: Any) -> None:
    from bench.suites.configured import CONFIGURED

    spec = record(HOLDS)["spec"] | {"task_settings": dict(CONFIGURED["copy(1-20)"].settings)}
    made(tmp_path, HOLDS, spec=spec)
    assert "copy(1-20): use gru" in in_process(capsys, "best", "copy(1-20)", "--out", tmp_path).out
    one_line(in_process(capsys, "best", "copy", "--out", tmp_path), "choose from: copy(1-20)")


def test_a_folder_without_records_is_one_line(tmp_path: Path, capsys: Any) -> None:
    done = in_process(capsys, "best", "copy", "--out", tmp_path)
    assert (done.code, done.out) == (1, "")
    assert done.err.count("\n") == 1
    assert "no records" in done.err
