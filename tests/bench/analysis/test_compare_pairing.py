"""`compare` pairs the seeds that both runs have where they move together, and says so; few seeds are said to be few."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from compared_runs import Command, make
from harness import in_process, record

from bench.analysis.compare import compare
from bench.records.store import write_record
from bench.views.tables import write_tables


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Command:
    return lambda *words: in_process(capsys, "compare", *words)


def verdicts(base: Path, new: Path) -> dict[tuple[str, str, str], str]:
    cells = compare(base, new, 0.02, None, None).cells
    return {(row["task"], row["model"], row["length"]): row["verdict"] for row in cells.to_dict("records")}


@pytest.mark.parametrize("seeds", [1, 2])
def test_one_or_two_seeds_are_compared_and_say_that_they_cannot_tell(seeds: int, tmp_path: Path, run: Command) -> None:
    one, other = (make(tmp_path / f"s{first}", seeds=range(first, first + seeds)) for first in (0, 9))
    done = run(one, other)
    assert done.code == 0
    assert set(verdicts(one, other).values()) == {"same"}
    for said in (done.out, run(one, other, "--markdown").out):
        assert "1 pair has one or two seeds, too few to tell a drop from noise" in said
    enough = make(tmp_path / "enough")
    assert "too few to tell" not in run(enough, enough).out


def noisy(folder: Path, lost: int = 0, seeds: Sequence[int] = range(5)) -> Path:
    """Make a run of twelve pairs whose seeds differ by much and always alike; the first pair's all lost a little."""
    chance = np.random.default_rng(0)
    own = np.random.default_rng(lost + 1)
    for number in range(12):
        good = chance.integers(-20, 20, size=(9, 3))
        for seed in seeds:
            drop = lost if number == 0 else 0
            rights = {n: int(60 + good[seed, at] + own.integers(-1, 2) - drop) for at, n in enumerate((3, 4, 6))}
            write_record(folder / "records", record(rights, model=f"m{number}", seed=seed))
    write_tables(folder, "mine")
    return folder


def test_seeds_of_records_are_paired_and_what_found_a_drop_is_said_once(tmp_path: Path, run: Command) -> None:
    base, new = noisy(tmp_path / "base"), noisy(tmp_path / "new", lost=9)
    done = run(base, new)
    assert done.code == 1
    assert {model for (_, model, _), said in verdicts(base, new).items() if said == "worse"} == {"m0"}
    for said in (done.out, run(base, new, "--markdown").out):
        lines = [line for line in said.splitlines() if line.startswith("test: ")]
        assert len(lines) == 1
        assert re.match(r"test: paired seeds \(they move together, correlation (0.9\d|1.00) in 3\d cells\)", lines[0])
    cells = compare(base, new, 0.02, None, None).cells
    assert set(cells.loc[cells["verdict"] == "worse", "reason"]) == {"paired seeds"}


def test_seeds_that_are_not_shared_or_not_named_are_not_paired(tmp_path: Path, run: Command) -> None:
    base, new = noisy(tmp_path / "base"), noisy(tmp_path / "new", lost=9)
    other = noisy(tmp_path / "other", seeds=range(5, 9))
    for one, two, why in (
        (base, new / "by_length.csv", "a table names no seeds"),
        (base / "by_length.csv", new, "a table names no seeds"),
        (base, other, "the runs share no seeds"),
    ):
        done = run(one, two)
        assert done.code == 0
        assert f"test: seeds apart ({why})" in done.out
