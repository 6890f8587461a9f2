"""By fact: runs of the same code with different seeds raise no alarm, in any split of the committed seeds."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from bench.analysis.frame import blocks, group
from bench.analysis.regression import Sample, dropped, learn
from bench.records.store import Record, read_records

QUICK = Path(__file__).parents[3] / "results" / "baseline" / "quick" / "records"


def accuracies() -> tuple[np.ndarray, np.ndarray]:
    """Exact match of the committed cells (cells, seeds), and their examples."""
    records: list[Record] = read_records(QUICK)[0]
    found = blocks(group(records)[0])
    accuracy = [block.accuracy.swapaxes(1, 2).reshape(-1, block.accuracy.shape[1]) for block in found]
    return np.concatenate(accuracy), np.concatenate([block.examples[:, 0].reshape(-1) for block in found]).astype(float)


ACCURACY, EXAMPLES = accuracies()
SEEDS = ACCURACY.shape[1]
HALVES = list(itertools.combinations(range(SEEDS), SEEDS // 2))


def run_of(seeds: tuple[int, ...]) -> Sample:
    chosen = ACCURACY[:, seeds]
    return Sample(chosen.mean(1), chosen.std(1, ddof=1), np.full(len(chosen), len(seeds)), EXAMPLES)


@pytest.mark.parametrize("half", HALVES, ids=str)
def test_half_of_the_seeds_against_the_other_half_raises_no_alarm(half: tuple[int, ...]) -> None:
    base, new = run_of(half), run_of(tuple(seed for seed in range(SEEDS) if seed not in half))
    assert not dropped(base, new, learn(base, new)).any()


@pytest.mark.parametrize("half", HALVES, ids=str)
def test_a_cell_that_all_seeds_had_solved_and_now_fail_is_named(half: tuple[int, ...]) -> None:
    base, new = run_of(half), run_of(tuple(seed for seed in range(SEEDS) if seed not in half))
    solved = np.flatnonzero((base.mean > 0.99) & (new.mean > 0.99) & (EXAMPLES >= 200))
    assert len(solved) > 10
    for cell in solved[:: len(solved) // 10]:
        mean = np.where(np.arange(len(new.mean)) == cell, 0.1, new.mean)
        broken = Sample(mean, new.deviation, new.seeds, new.examples)
        assert np.flatnonzero(dropped(base, broken, learn(base, broken))).tolist() == [cell]
