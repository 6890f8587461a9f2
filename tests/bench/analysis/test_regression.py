"""The regression gate's test: its probabilities, Holm's procedure, and what it must and must not flag."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from scipy.stats import binomtest, kstest

from bench.analysis.regression import (
    FEWEST,
    LEVEL,
    SAMPLED,
    TOLERANCE,
    USUAL,
    Prior,
    Priors,
    Sample,
    drop_p_values,
    dropped,
    holm,
    is_settled,
    learn,
    pooled,
)
from bench.analysis.statistics import Floats

P_VALUES = st.lists(
    st.one_of(st.floats(0, 1), st.floats(0, 2 * LEVEL), st.sampled_from([0.0, 0.01, 0.025, 0.05, 1.0])), max_size=30
)
ACCURACIES = st.integers(1, 4).flatmap(
    lambda seeds: st.lists(st.lists(st.floats(0, 1), min_size=seeds, max_size=seeds), min_size=1, max_size=30)
)


def run(accuracies: ArrayLike, examples: float = 256) -> Sample:
    """Return what a run measured: accuracies (cells, seeds)."""
    data = np.asarray(accuracies, dtype=float)
    cells, seeds = data.shape
    deviation = data.std(1, ddof=1) if seeds > 1 else np.zeros(cells)
    return Sample(data.mean(1), deviation, np.full(cells, seeds), np.full(cells, float(examples)))


def among_settled(*cells: list[float], others: int = 300) -> Sample:
    """Return a run of some cells among many where all is right."""
    return run([*cells, *[[1.0] * len(cells[0])] * others])


@given(P_VALUES, st.sampled_from([0.05, 0.5, LEVEL]))
def test_holm_is_its_own_definition(p_values: list[float], level: float) -> None:
    falls = [False] * len(p_values)
    for step, index in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        if p_values[index] > level / (len(p_values) - step):
            break
        falls[index] = True
    assert holm(np.array(p_values), level).tolist() == falls


def test_holm_stops_at_the_first_that_stands() -> None:
    assert holm(np.array([0.04, 0.012, 0.011, 0.03]), 0.05).tolist() == [False, True, True, False]
    assert holm(np.array([0.05]), 0.05).tolist() == [True]


@given(st.lists(ACCURACIES.map(run), min_size=1, max_size=1), st.integers(1, 4))
def test_pooled_is_the_mean_of_all_seeds_and_the_variance_within_runs(runs: list[Sample], seeds: int) -> None:
    cells = len(runs[0].mean)
    values = [
        np.random.default_rng(7).random((cells, int(runs[0].seeds[0]))),
        np.random.default_rng(8).random((cells, seeds)),
    ]
    mean, variance, freedom = pooled(*map(run, values))
    for cell in range(cells):
        ours = [list(map(float, one[cell])) for one in values]
        squares = [sum((x - sum(one) / len(one)) ** 2 for x in one) for one in ours]
        count = sum(map(len, ours))
        assert mean[cell] == pytest.approx(sum(map(sum, ours)) / count)
        assert freedom[cell] == count - 2
        assert variance[cell] == pytest.approx(sum(squares) / max(count - 2, 1))


@pytest.mark.parametrize(
    ("seeds", "mean"), [((3, 3), 0.5), ((5, 5), 0.5), ((5, 3), 0.5), ((1, 1), 0.5), ((3, 3), 0.95)]
)
def test_p_values_are_uniform_where_nothing_changed(seeds: tuple[int, int], mean: float) -> None:
    """Dispersions are drawn from the prior, accuracies from a normal: then the moderated t is exactly a t."""
    chance, cells, prior, examples = np.random.default_rng(0), 6000, Prior(1e-5, 4.0), 1e6
    dispersion = (1 / examples + prior.excess) * prior.freedom / chance.chisquare(prior.freedom, size=(cells, 1))
    deviation = np.sqrt(dispersion * mean * (1 - mean))
    base, new = (run(chance.normal(mean, deviation, size=(cells, count)), examples) for count in seeds)
    assert not (is_settled(np.array([mean]))[0] ^ (mean == 0.95))
    found = drop_p_values(base, new, Priors(prior, prior))
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
        return drop_p_values(
            Sample(middle + change, spread, count, examples), Sample(middle - change, spread, count, examples), USUAL
        )

    small, large = p_values(half), p_values(half + more)
    assert np.isfinite(small).all()
    assert (large <= small + 1e-12).all()
    assert (small <= 0.5 + 1e-12).all()
    assert p_values(-half) == pytest.approx(1 - small)
    assert p_values(np.zeros(len(cells))) == pytest.approx(np.full(len(cells), 0.5))


@pytest.mark.parametrize(("few", "many"), [(1, 2), (2, 3), (3, 5), (5, 10)])
def test_more_seeds_are_surer(few: int, many: int) -> None:
    cells = [
        (Sample(np.array([m]), np.array([0.02]), np.array([n]), np.array([256.0])))
        for n in (few, many)
        for m in (0.9, 0.8)
    ]
    small, large = drop_p_values(cells[0], cells[1], USUAL), drop_p_values(cells[2], cells[3], USUAL)
    assert large < small


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.floats(0, 1))
def test_single_seeds_and_whole_shares_have_probabilities(means: list[float], other: float) -> None:
    base, new = run([[mean] for mean in means]), run([[other]] * len(means))
    found = drop_p_values(base, new, USUAL)
    assert ((found >= 0) & (found <= 1)).all()
    alone = Sample(base.mean, np.full(len(means), 99.0), base.seeds, base.examples)
    assert np.array_equal(found, drop_p_values(alone, new, USUAL))  # a single seed's deviation is no number


def test_a_single_seed_that_lost_all_is_flagged_only_where_cells_are_settled() -> None:
    base, new = among_settled([1.0]), among_settled([0.0])
    sure = Priors(Prior(1e-4, 50), Prior(1e-4, 50))
    assert dropped(base, new, sure).tolist() == [True, *[False] * 300]
    assert not dropped(base, new, USUAL).any()  # other seeds of such cells differ as much


def test_a_sure_drop_within_the_tolerance_is_no_regression() -> None:
    chance = np.random.default_rng(0)
    base = run(chance.normal(0.99, 1e-5, size=(50, 5)), 1e6)
    new = run(chance.normal(0.98, 1e-5, size=(50, 5)), 1e6)
    priors = learn(base, new)
    assert drop_p_values(base, new, priors).max() < 1e-6
    assert not dropped(base, new, priors).any()
    assert dropped(base, new, priors, 0.005).all()
    assert not dropped(new, base, priors, 0.005).any()


@pytest.mark.parametrize(("drop", "flagged"), [(TOLERANCE - 0.001, False), (TOLERANCE + 0.001, True)])
def test_the_tolerance_is_where_it_is_said_to_be(drop: float, flagged: bool) -> None:
    base, new = (run([[mean] * 5] * 3, 1e6) for mean in (0.5, 0.5 - drop))
    assert dropped(base, new, Priors(Prior(1e-6, 100), Prior(1e-6, 100))).tolist() == [flagged] * 3


@given(ACCURACIES, st.sampled_from([0.0, TOLERANCE]))
def test_identical_runs_are_never_flagged(accuracies: list[list[float]], tolerance: float) -> None:
    one = run(accuracies)
    assert not dropped(one, one, learn(one, one), tolerance).any()


@pytest.mark.parametrize("seeds", [3, 5])
def test_total_collapse_is_flagged_and_named(seeds: int) -> None:
    base = among_settled([1.0] * seeds, [1.0] * seeds)
    new = among_settled([1.0] * seeds, [0.0] * seeds)
    assert np.flatnonzero(dropped(base, new, learn(base, new))).tolist() == [1]
    assert not dropped(new, base, learn(base, new)).any()


@pytest.mark.parametrize("after", [[1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.9, 0.3, 0.0]])
def test_seeds_that_now_and_then_fail_are_noise(after: list[float]) -> None:
    base, new = among_settled([1.0, 1.0, 1.0]), among_settled(after)
    assert not dropped(base, new, learn(base, new)).any()


@pytest.mark.parametrize(("examples", "flagged"), [(SAMPLED - 1, False), (SAMPLED, True)])
@pytest.mark.parametrize("side", ["base", "new"])
def test_cells_of_few_examples_are_never_flagged(examples: int, flagged: bool, side: str) -> None:
    base, new = among_settled([1.0] * 5), among_settled([0.0] * 5)
    (base if side == "base" else new).examples[0] = examples
    assert dropped(base, new, USUAL)[0] == flagged
    base.examples[:] = 3
    assert not dropped(base, new, USUAL).any()


def test_cells_that_are_not_tested_cost_the_others_nothing() -> None:
    quiet = Priors(Prior(1e-4, 6.0), Prior(1e-4, 6.0))
    assert LEVEL / 300 < drop_p_values(run([[0.9] * 3]), run([[0.84] * 3]), quiet)[0] <= LEVEL
    for filler, found in ((0.5, False), (0.009, True)):  # what is under the tolerance in both runs cannot drop by it
        base, new = (run([[mean] * 3, *[[filler] * 3] * 300]) for mean in (0.9, 0.84))
        assert dropped(base, new, quiet)[0] == found


def simulated_runs(cells: int, seeds: int, mean: float, prior: Prior) -> list[Sample]:
    """Draw two runs of the same cells, whose dispersions follow a prior."""
    chance = np.random.default_rng(1)
    dispersion = (1 / 256 + prior.excess) * prior.freedom / chance.chisquare(prior.freedom, size=(cells, 1))
    deviation = np.sqrt(dispersion * mean * (1 - mean))
    return [run(chance.normal(mean, deviation, size=(cells, seeds))) for _ in range(2)]


def joined(one: Sample, other: Sample) -> Sample:
    return Sample(
        *(
            np.concatenate([getattr(one, name), getattr(other, name)])
            for name in ("mean", "deviation", "seeds", "examples")
        )
    )


@pytest.mark.parametrize("seeds", [3, 6])
def test_priors_are_recovered_from_simulated_cells(seeds: int) -> None:
    settled, unsettled = Prior(0.002, 6.0), Prior(0.01, 5.0)
    halves = simulated_runs(1500, seeds, 0.97, settled), simulated_runs(1500, seeds, 0.5, unsettled)
    runs = [joined(*pair) for pair in zip(*halves, strict=True)]
    for found in (learn(*runs), learn(runs[0])):
        for one, true in ((found.settled, settled), (found.unsettled, unsettled)):
            assert one.excess + 1 / 256 == pytest.approx(true.excess + 1 / 256, rel=0.2)
            assert one.freedom == pytest.approx(true.freedom, rel=0.25)
        assert found.settled.excess < found.unsettled.excess / 3


def test_drops_between_runs_teach_nothing() -> None:
    base, again = simulated_runs(400, 4, 0.5, Prior(0.01, 4.0))
    lower = Sample(again.mean - 0.15, again.deviation, again.seeds, again.examples)
    same, apart = learn(base, again), learn(base, lower)
    assert apart.unsettled.excess == pytest.approx(same.unsettled.excess, rel=0.15)
    assert apart.unsettled.freedom == pytest.approx(same.unsettled.freedom, rel=0.15)


def test_runs_of_too_few_cells_are_judged_as_usual() -> None:
    few = run(np.random.default_rng(3).random((FEWEST - 1, 3)))
    assert learn(few, few) == USUAL
    assert learn(run([[0.5]] * 100)) == USUAL  # single seeds show no spread
    assert learn(run([[1.0] * 3] * 100)) == USUAL
    enough = run(0.4 + 0.2 * np.random.default_rng(3).random((FEWEST, 3)))
    assert learn(enough, enough).unsettled != USUAL.unsettled
