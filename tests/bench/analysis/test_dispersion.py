"""What all cells tell of one: how dispersions are spread, and how much of a correlation there is."""

from __future__ import annotations

import numpy as np
import pytest
from noisy_runs import alike, run

from bench.analysis.dispersion import CORRELATIONS, DISPERSIONS, USUAL, Learnt, Prior, learn, usual
from bench.analysis.scatter import FEWEST, Sample


def mean_of(prior: Prior) -> float:
    return float(prior.dispersion @ DISPERSIONS)


def drawn(cells: int, seeds: int, mean: float, dispersion: float, freedom: float) -> list[np.ndarray]:
    """Draw two runs of the same cells, whose dispersions follow a scaled inverse chi-squared distribution."""
    chance = np.random.default_rng(1)
    scale = dispersion * freedom / chance.chisquare(freedom, size=(cells, 1))
    deviation = np.sqrt(scale * mean * (1 - mean))
    return [chance.normal(mean, deviation, size=(cells, seeds)) for _ in range(2)]


@pytest.mark.parametrize("seeds", [3, 6])
def test_dispersions_are_recovered_from_simulated_cells(seeds: int) -> None:
    halves = drawn(1500, seeds, 0.97, 0.003, 8.0), drawn(1500, seeds, 0.5, 0.02, 8.0)
    runs = [run(np.concatenate(parts), 1e6, named=False) for parts in zip(*halves, strict=True)]
    for found in (learn(*runs), learn(runs[0])):
        assert found.settled.dispersion.sum() == pytest.approx(1)
        assert mean_of(found.settled) == pytest.approx(0.003 * 8 / 6, rel=0.25)
        assert mean_of(found.unsettled) == pytest.approx(0.02 * 8 / 6, rel=0.25)
        assert not found.pairing.used


@pytest.mark.parametrize("correlation", [0.4, 0.6, 0.92])
def test_correlations_are_recovered(correlation: float) -> None:
    found = learn(*alike(correlation, cells=1000))
    assert found.correlations is CORRELATIONS
    assert found.unsettled.correlation @ CORRELATIONS == pytest.approx(correlation, abs=0.08)
    assert found.settled.correlation.tolist() == [1.0, *[0.0] * (len(CORRELATIONS) - 1)]  # of no cell, none is assumed


def test_cells_that_did_not_change_say_nothing_of_a_correlation() -> None:
    base, new = alike(0.4, cells=1000)
    assert base.by_seed is not None
    assert new.by_seed is not None
    same = np.concatenate([new.by_seed[:500], base.by_seed[500:]])
    found = learn(base, run(same, 1e6, 5))
    assert found.pairing.cells == 500
    assert found.unsettled.correlation @ CORRELATIONS == pytest.approx(0.4, abs=0.1)


def test_drops_between_runs_teach_nothing() -> None:
    base, again = (run(part, 1e6, named=False) for part in drawn(400, 4, 0.5, 0.01, 4.0))
    lower = Sample(again.mean - 0.15, again.deviation, again.seeds, again.examples)
    assert mean_of(learn(base, lower).unsettled) == pytest.approx(mean_of(learn(base, again).unsettled), rel=0.2)


def test_runs_of_too_few_cells_are_judged_as_usual() -> None:
    def as_usual(found: Learnt) -> bool:
        return all(
            np.array_equal(one.dispersion, other.dispersion)
            for one, other in zip((found.settled, found.unsettled), USUAL, strict=True)
        )

    few = run(np.random.default_rng(3).random((FEWEST - 1, 3)))
    assert as_usual(learn(few, few))
    assert as_usual(learn(run([[0.5]] * 100)))  # single seeds show no spread
    assert as_usual(learn(run([[1.0] * 3] * 100)))
    enough = run(0.4 + 0.2 * np.random.default_rng(3).random((FEWEST, 3)))
    assert not as_usual(learn(enough, enough))


def test_a_usual_prior_has_its_most_near_the_dispersion_that_it_is_for() -> None:
    found = usual(0.01, 4.0)
    assert found.dispersion.sum() == pytest.approx(1)
    assert DISPERSIONS[found.dispersion.argmax()] == pytest.approx(0.01, rel=0.3)
    assert found.correlation.tolist() == [1.0]
