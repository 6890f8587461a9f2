"""The regression check's test: its probabilities, and what it must and must not flag."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from noisy_runs import alike, among_settled, run
from scipy.stats import binomtest, kstest

from bench.analysis.dispersion import CORRELATIONS, DISPERSIONS, USUAL, Learnt, Prior, is_settled, learn
from bench.analysis.regression import APART, MANY, PAIRED, TOLERANCE, drop_p_values, dropped, level_of
from bench.analysis.scatter import SAMPLED, Pairing, Sample
from bench.analysis.statistics import Floats

ACCURACIES = st.integers(1, 4).flatmap(
    lambda seeds: st.lists(st.lists(st.floats(0, 1), min_size=seeds, max_size=seeds), min_size=1, max_size=30)
)
NO_PAIRING = Pairing(False, 0.0, 0, "not asked")
AS_USUAL = Learnt(*USUAL, NO_PAIRING)


def sure_of(dispersion: float) -> Learnt:
    """Return what is learnt where every cell has about one dispersion."""
    near = np.exp(-((np.log(DISPERSIONS / dispersion) / 0.2) ** 2))
    prior = Prior(near / near.sum(), np.ones(1))
    return Learnt(prior, prior, NO_PAIRING)


@pytest.mark.parametrize("paired", [False, True])
@pytest.mark.parametrize(
    ("seeds", "mean"), [((3, 3), 0.5), ((5, 5), 0.5), ((5, 3), 0.5), ((6, 5), 0.5), ((1, 1), 0.5), ((3, 3), 0.95)]
)
def test_p_values_are_uniform_where_nothing_changed(seeds: tuple[int, int], mean: float, paired: bool) -> None:
    """Dispersions and correlations are drawn from the prior, accuracies from a normal: then the test is exact."""
    paired &= min(seeds) > 1  # of a single seed nobody knows whether it is paired
    chance, cells = np.random.default_rng(0), 6000
    weight = np.where((DISPERSIONS > 2e-4) & (DISPERSIONS < 5e-3), 1.0, 0.0)
    held = np.ones(len(CORRELATIONS)) / len(CORRELATIONS) if paired else np.ones(1)
    prior = Prior(weight / weight.sum(), held)
    dispersion = chance.choice(DISPERSIONS, size=(cells, 1), p=prior.dispersion)
    correlation = chance.choice(CORRELATIONS[: len(held)], size=(cells, 1), p=held)
    numbers = chance.standard_normal((2, cells, max(seeds)))
    numbers[1] = correlation * numbers[0] + np.sqrt(1 - correlation**2) * numbers[1]
    values = mean + np.sqrt(dispersion * mean * (1 - mean)) * numbers
    values[0, :, seeds[0] :], values[1, :, seeds[1] :] = np.nan, np.nan
    base, new = (run(part, 1e6) for part in values)
    assert not (is_settled(np.array([mean]))[0] ^ (mean == 0.95))
    found = drop_p_values(base, new, Learnt(prior, prior, Pairing(paired, 0.5, cells, "")))
    assert kstest(found, "uniform").pvalue > 0.001
    for level in (0.05, 0.01):
        low, high = binomtest(int((found < level).sum()), cells).proportion_ci(0.999)
        assert low <= level <= high


@given(
    st.lists(st.tuples(st.floats(0.1, 0.9), st.floats(0, 0.1), st.floats(0, 0.1)), min_size=1, max_size=9),
    st.integers(1, 6),
)
def test_p_values_fall_as_the_drop_grows_and_mirror_where_seeds_are_equal(
    cells: list[tuple[float, float, float]], seeds: int
) -> None:
    middle, half, more = (np.array(part) for part in zip(*cells, strict=True))
    count, examples = np.full(len(cells), seeds), np.full(len(cells), 256.0)

    def p_values(change: Floats) -> Floats:
        spread = np.full(len(cells), 0.05)
        one, other = (Sample(middle + sign * change, spread, count, examples) for sign in (1, -1))
        return drop_p_values(one, other, AS_USUAL)

    small, large = p_values(half), p_values(half + more)
    assert np.isfinite(small).all()
    assert (large <= small + 1e-12).all()
    assert (small <= 0.5 + 1e-12).all()
    assert p_values(-half) == pytest.approx(1 - small)
    assert p_values(np.zeros(len(cells))) == pytest.approx(np.full(len(cells), 0.5))


@pytest.mark.parametrize(("few", "many"), [(1, 2), (2, 3), (3, 5), (5, 10)])
def test_more_seeds_are_surer(few: int, many: int) -> None:
    small, large = (
        drop_p_values(
            *(Sample(np.array([m]), np.array([0.02]), np.array([n]), np.array([256.0])) for m in (0.9, 0.8)), AS_USUAL
        )
        for n in (few, many)
    )
    assert large < small


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.floats(0, 1))
def test_single_seeds_and_whole_shares_have_probabilities(means: list[float], other: float) -> None:
    base, new = run([[mean] for mean in means], named=False), run([[other]] * len(means), named=False)
    found = drop_p_values(base, new, AS_USUAL)
    assert ((found >= 0) & (found <= 1)).all()
    alone = Sample(base.mean, np.full(len(means), 99.0), base.seeds, base.examples)
    assert np.array_equal(found, drop_p_values(alone, new, AS_USUAL))  # a single seed's deviation is no number


def test_a_single_seed_that_lost_all_is_flagged_only_where_no_cell_is_unsure() -> None:
    base, new = among_settled([1.0]), among_settled([0.0])
    assert dropped(base, new, sure_of(1e-3)).tolist() == [True, *[False] * 300]
    assert not dropped(base, new, AS_USUAL).any()  # other seeds of such cells differ as much


def test_a_sure_drop_within_the_tolerance_is_no_regression() -> None:
    chance = np.random.default_rng(0)
    base = run(chance.normal(0.99, 1e-5, size=(50, 5)), 1e6)
    new = run(chance.normal(0.98, 1e-5, size=(50, 5)), 1e6)
    learnt = learn(base, new)
    assert drop_p_values(base, new, learnt).max() < 1e-6
    assert not dropped(base, new, learnt).any()
    assert dropped(base, new, learnt, 0.005).all()
    assert not dropped(new, base, learnt, 0.005).any()


@pytest.mark.parametrize(("drop", "flagged"), [(TOLERANCE - 0.001, False), (TOLERANCE + 0.001, True)])
def test_the_tolerance_is_where_it_is_said_to_be(drop: float, flagged: bool) -> None:
    base, new = (run([[mean] * 5] * 3, 1e6) for mean in (0.5, 0.5 - drop))
    assert dropped(base, new, sure_of(1e-4)).tolist() == [flagged] * 3


@given(ACCURACIES, st.sampled_from([0.0, TOLERANCE]), st.booleans())
def test_identical_runs_are_never_flagged(accuracies: list[list[float]], tolerance: float, named: bool) -> None:
    one = run(accuracies, named=named)
    assert not dropped(one, one, learn(one, one), tolerance).any()


@pytest.mark.parametrize("seeds", [3, 5])
def test_total_collapse_is_flagged_and_named(seeds: int) -> None:
    base = among_settled([1.0] * seeds, [1.0] * seeds)
    new = among_settled([1.0] * seeds, [0.0] * seeds)
    assert np.flatnonzero(dropped(base, new, learn(base, new))).tolist() == [1]
    assert not dropped(new, base, learn(base, new)).any()


@pytest.mark.parametrize(
    "after", [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.9, 0.3, 0.0], [1.0, 1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 0.0, 0.0]]
)
def test_seeds_that_now_and_then_fail_are_noise(after: list[float]) -> None:
    base, new = among_settled([1.0] * len(after)), among_settled(after)
    assert not dropped(base, new, learn(base, new)).any()


def with_first_cell(runs: list[Sample], *cells: list[float]) -> list[Sample]:
    """Put a cell of these accuracies before those of two runs, as a pair of its own."""
    made = []
    for one, cell in zip(runs, cells, strict=True):
        assert one.by_seed is not None
        assert one.pair is not None
        whole = run(np.concatenate([[cell], one.by_seed]), 1e6)
        pair = np.concatenate([[0], 1 + one.pair])
        made.append(Sample(whole.mean, whole.deviation, whole.seeds, whole.examples, pair, whole.by_seed))
    return made


def test_paired_seeds_find_what_seeds_apart_do_not() -> None:
    """Every seed lost eight points, which is less than they differ by."""
    before = [0.60, 0.66, 0.72, 0.78, 0.84]
    lost = [0.076, 0.083, 0.08, 0.085, 0.077]
    after = [old - drop for old, drop in zip(before, lost, strict=True)]
    base, new = with_first_cell(alike(0.95), before, after)
    learnt = learn(base, new)
    assert learnt.pairing.used
    assert np.flatnonzero(dropped(base, new, learnt)).tolist() == [0]
    apart = [Sample(each.mean, each.deviation, each.seeds, each.examples, each.pair) for each in (base, new)]
    assert not dropped(*apart, learn(*apart)).any()


def test_one_seed_that_fails_is_noise_though_seeds_are_paired_and_hardly_differ_otherwise() -> None:
    before = [0.90, 0.91, 0.90, 0.92, 0.91]
    for failed in (1, 2):
        after = [0.1] * failed + before[failed:]
        base, new = with_first_cell(alike(0.9), before, after)
        learnt = learn(base, new)
        assert learnt.pairing.used
        assert not dropped(base, new, learnt)[0]


def test_a_pair_whose_seeds_are_all_as_they_were_is_no_hypothesis() -> None:
    base = run([[0.9, 0.91, 0.9, 0.92, 0.91]] * 301)
    assert base.by_seed is not None
    changed = base.by_seed.copy()
    changed[0] -= 0.06
    new = run(changed)
    anew = run(np.concatenate([changed[:1], changed[1:] + np.array([0, 0, 0, 0, 1 / 256])]))
    dear = sure_of(0.009)
    level = PAIRED[True] if dear.pairing.used else APART[True]
    assert level / 301 < drop_p_values(base, new, dear)[0] <= level
    assert np.flatnonzero(dropped(base, new, dear)).tolist() == [0]
    assert not dropped(base, anew, dear).any()


@pytest.mark.parametrize(("examples", "flagged"), [(SAMPLED - 1, False), (SAMPLED, True)])
@pytest.mark.parametrize("side", ["base", "new"])
def test_cells_of_few_examples_are_never_flagged(examples: int, flagged: bool, side: str) -> None:
    base, new = among_settled([1.0] * 5), among_settled([0.0] * 5)
    (base if side == "base" else new).examples[0] = examples
    assert dropped(base, new, AS_USUAL)[0] == flagged
    base.examples[:] = 3
    assert not dropped(base, new, AS_USUAL).any()


def test_cells_that_are_not_tested_cost_the_others_nothing() -> None:
    quiet = sure_of(0.009)
    lost = drop_p_values(run([[0.9] * 5], named=False), run([[0.84] * 5], named=False), quiet)[0]
    assert APART[True] / 300 < lost <= APART[True]
    for filler, found in ((0.5, False), (0.009, True)):  # what is under the tolerance in both runs cannot drop by it
        base, new = (run([[mean] * 5, *[[filler] * 5] * 300], named=False) for mean in (0.9, 0.84))
        assert dropped(base, new, quiet)[0] == found


def test_few_seeds_are_judged_at_a_lower_level_and_so_are_seeds_apart() -> None:
    assert PAIRED[True] > PAIRED[False] > APART[False]
    assert PAIRED[True] > APART[True] > APART[False]
    for seeds in (MANY - 1, MANY):
        for paired, levels in ((True, PAIRED), (False, APART)):
            learnt = Learnt(*USUAL, Pairing(paired, 0.0, 0, ""))
            one, other = run([[0.5] * seeds] * 3), run([[0.5] * (MANY + 2)] * 3)
            assert level_of(one, other, learnt) == levels[seeds == MANY]
