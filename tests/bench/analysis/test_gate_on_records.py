"""By fact: runs of the same code raise no alarm, with other seeds in any split of the committed ones, or the same."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from bench.analysis.dispersion import learn
from bench.analysis.frame import blocks, group
from bench.analysis.regression import dropped
from bench.analysis.scatter import Sample, pairing_of
from bench.records.store import Record, read_records

QUICK = Path(__file__).parents[3] / "results" / "baseline" / "quick" / "records"


def accuracies() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Exact match of the committed cells (cells, seeds), their examples, and the pair of each."""
    records: list[Record] = read_records(QUICK)[0]
    found = blocks(group(records)[0])
    accuracy = [block.accuracy.swapaxes(1, 2).reshape(-1, block.accuracy.shape[1]) for block in found]
    examples = np.concatenate([block.examples[:, 0].reshape(-1) for block in found]).astype(float)
    names = [pair for block in found for pair in block.pairs for _ in block.lengths]
    return np.concatenate(accuracy), examples, np.unique(names, axis=0, return_inverse=True)[1].reshape(-1)


ACCURACY, EXAMPLES, PAIR = accuracies()
SEEDS = ACCURACY.shape[1]
HALVES = list(itertools.combinations(range(SEEDS), SEEDS // 2))


def run_of(seeds: tuple[int, ...]) -> Sample:
    chosen = ACCURACY[:, seeds]
    by_seed = np.full(ACCURACY.shape, np.nan)
    by_seed[:, seeds] = chosen
    return Sample(chosen.mean(1), chosen.std(1, ddof=1), np.full(len(chosen), len(seeds)), EXAMPLES, PAIR, by_seed)


def renamed(run: Sample, seeds: tuple[int, ...]) -> Sample:
    """Return a run as if its seeds had these names."""
    assert run.by_seed is not None
    by_seed = np.full(ACCURACY.shape, np.nan)
    by_seed[:, seeds] = run.by_seed[:, ~np.isnan(run.by_seed).all(0)]
    return Sample(run.mean, run.deviation, run.seeds, run.examples, run.pair, by_seed)


@pytest.mark.parametrize("half", HALVES, ids=str)
def test_half_of_the_seeds_against_the_other_half_raises_no_alarm(half: tuple[int, ...]) -> None:
    base, new = run_of(half), run_of(tuple(seed for seed in range(SEEDS) if seed not in half))
    assert not dropped(base, new, learn(base, new)).any()


@pytest.mark.parametrize("half", HALVES, ids=str)
def test_seeds_that_only_bear_the_same_names_are_not_paired_and_raise_no_alarm(half: tuple[int, ...]) -> None:
    base, new = run_of(half), renamed(run_of(tuple(seed for seed in range(SEEDS) if seed not in half)), half)
    learnt = learn(base, new)
    assert (learnt.pairing.used, learnt.pairing.why) == (False, "shared seeds do not move together")
    assert abs(learnt.pairing.correlation) < 0.35
    assert not dropped(base, new, learnt).any()


def test_the_same_records_are_no_news() -> None:
    whole = run_of(tuple(range(SEEDS)))
    assert pairing_of(whole, whole).cells == 0
    assert not dropped(whole, whole, learn(whole, whole)).any()


@pytest.mark.parametrize("half", HALVES, ids=str)
def test_a_cell_that_all_seeds_had_solved_and_now_fail_is_named(half: tuple[int, ...]) -> None:
    base, new = run_of(half), run_of(tuple(seed for seed in range(SEEDS) if seed not in half))
    solved = np.flatnonzero((base.mean > 0.99) & (new.mean > 0.99) & (EXAMPLES >= 200))
    assert len(solved) > 10
    for cell in solved[:: len(solved) // 10]:
        mean = np.where(np.arange(len(new.mean)) == cell, 0.1, new.mean)
        broken = Sample(mean, new.deviation, new.seeds, new.examples, PAIR)
        assert np.flatnonzero(dropped(base, broken, learn(base, broken))).tolist() == [cell]
