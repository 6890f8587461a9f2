"""What seeds tell of noise: variances of differences and sums, and whether shared seeds may be paired at all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from noisy_runs import alike, run

from bench.analysis.scatter import FEWEST, Sample, pairing_of, pooled_mean, scatter, unchanged_cells

NAN = float("nan")


@given(st.integers(1, 4), st.integers(1, 4), st.booleans())
def test_without_pairing_variance_is_that_within_the_runs(first: int, second: int, named: bool) -> None:
    chance = np.random.default_rng(7)
    values = chance.random((9, first)), chance.random((9, second))
    seen = scatter(tuple(run(one, named=False) for one in values), named)
    squares = sum(((one - one.mean(1, keepdims=True)) ** 2).sum(1) for one in values)
    assert (seen.freedom == np.array([[0], [0], [first + second - 2]])).all()
    assert seen.variance[2] == pytest.approx(squares / max(first + second - 2, 1))
    assert not seen.shared.any()
    mean = np.concatenate(values, axis=1).mean(1)
    assert pooled_mean(tuple(map(run, values))) == pytest.approx(mean)


@pytest.mark.parametrize("correlation", [0.0, 0.6, 0.9])
def test_differences_of_seeds_vary_by_one_less_the_correlation_and_sums_by_one_more(correlation: float) -> None:
    seen = scatter(tuple(alike(correlation, cells=4000, spread=0.05)), True)
    apart, together, alone = seen.variance.mean(1) / 0.05**2
    assert apart == pytest.approx(1 - correlation, abs=0.05)
    assert together == pytest.approx(1 + correlation, abs=0.05)
    assert alone == pytest.approx(0)
    assert (seen.freedom == np.array([[4], [4], [0]])).all()
    assert (seen.shared == 5).all()
    assert np.corrcoef(seen.variance[:2])[0, 1] == pytest.approx(0, abs=0.05)


def test_seeds_that_one_run_lacks_count_by_themselves() -> None:
    base = run([[0.1, 0.3, 0.5, 0.9, 0.7, 0.2]])
    new = run([[0.2, 0.2, 0.6, NAN, NAN, NAN]])
    seen = scatter((base, new), True)
    assert seen.freedom.ravel().tolist() == [2, 2, 3]
    total = base.squares + new.squares
    assert (seen.variance * seen.freedom).sum(0) == pytest.approx(total)
    difference = np.array([0.1, 0.3, 0.5]) - np.array([0.2, 0.2, 0.6])
    assert seen.variance[0, 0] == pytest.approx(difference.var(ddof=1) / 2)
    assert seen.shared.tolist() == [3]


def test_cells_that_nothing_changed_in_count_the_base_once() -> None:
    base, new = run([[0.1, 0.3], [0.1, 0.3]]), run([[0.1, 0.3], [0.1, 0.4]])
    assert unchanged_cells((base, new), np.ones((2, 2), dtype=bool)).tolist() == [True, False]
    seen = scatter((base, new), True)
    assert seen.freedom[:, 0].tolist() == [0, 0, 1]
    assert seen.variance[2, 0] == pytest.approx(0.02)


@pytest.mark.parametrize(("correlation", "used"), [(0.0, False), (0.3, True), (0.6, True), (0.9, True)])
def test_the_correlation_is_estimated_and_seeds_are_paired_where_there_is_one(correlation: float, used: bool) -> None:
    found = pairing_of(*alike(correlation))
    assert found.used == used
    assert found.correlation == pytest.approx(correlation, abs=0.12)
    assert found.cells == 300


def test_seeds_that_are_named_alike_but_drawn_apart_are_hardly_ever_paired() -> None:
    """All lengths of a training rise and fall together here: five of them are one draw, not five."""
    chance, used = np.random.default_rng(0), 0
    for _ in range(400):
        runs = []
        for _ in range(2):
            training = np.repeat(chance.standard_normal((40, 5)), 5, axis=0)
            runs.append(run(0.5 + 0.05 * (training + 0.2 * chance.standard_normal((200, 5))), 1e6, 5))
        used += pairing_of(*runs).used
    assert used <= 6


def test_exchanged_seeds_are_not_paired() -> None:
    base, new = alike(0.9)
    assert new.by_seed is not None
    assert not pairing_of(base, run(np.roll(new.by_seed, 1, axis=1), 1e6, 5)).used


def test_what_cannot_be_paired_says_why() -> None:
    base, new = alike(0.9)
    table = Sample(new.mean, new.deviation, new.seeds, new.examples)
    assert base.by_seed is not None
    assert new.by_seed is not None
    nothing = np.full_like(base.by_seed, NAN)
    first = run(np.concatenate([base.by_seed, nothing], axis=1), 1e6, 5)
    second = run(np.concatenate([nothing, new.by_seed], axis=1), 1e6, 5)
    few = [run(part.by_seed[: FEWEST - 1], 1e6) for part in (base, new) if part.by_seed is not None]
    single = [run(part.by_seed[:, :1], 1e6, 5) for part in (base, new) if part.by_seed is not None]
    reasons = {
        "a table names no seeds": pairing_of(base, table),
        "the runs share one seed a pair": pairing_of(*single),
        "the runs share no seeds": pairing_of(first, second),
        "too few cells changed to learn from": pairing_of(*few),
        "shared seeds do not move together": pairing_of(*alike(0.0)),
    }
    for why, found in reasons.items():
        assert (found.used, found.why) == (False, why)
    assert pairing_of(base, base).why == "too few cells changed to learn from"
