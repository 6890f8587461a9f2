"""Variance over seeds split into weights, data and both together."""

from __future__ import annotations

import numpy as np
import pytest
from harness import record
from hypothesis import given
from hypothesis import strategies as st

from bench.analysis.frame import group
from bench.analysis.statistics import Floats
from bench.analysis.variance import components, grids, split
from bench.records.store import Record

GRIDS = st.tuples(st.integers(2, 5), st.integers(2, 5), st.integers(0, 2**32 - 1)).map(
    lambda size: np.random.default_rng(size[2]).random(size[:2]).round(2)
)


def simulated(chance: np.random.Generator, size: tuple[int, int, int], parts: tuple[float, float, float]) -> Floats:
    """Draw grids (grids, weights, data) whose effects have these variances."""
    many, rows, columns = size
    by_row, by_column, rest = (chance.normal(size=shape) for shape in ((many, rows, 1), (many, 1, columns), size))
    weights, data, together = np.sqrt(parts)
    return np.asarray(0.5 + weights * by_row + data * by_column + together * rest)


@pytest.mark.parametrize("parts", [(4.0, 1.0, 2.0), (1.0, 4.0, 2.0), (2.0, 2.0, 0.5), (0.5, 0.5, 5.0)])
def test_known_variances_are_recovered_on_average(parts: tuple[float, float, float]) -> None:
    found = components(simulated(np.random.default_rng(0), (600, 16, 12), parts))
    assert found.shape == (600, 3)
    assert found.mean(0) == pytest.approx(parts, rel=0.08)


def test_grids_of_many_are_those_of_each() -> None:
    many = simulated(np.random.default_rng(1), (5, 3, 4), (1, 1, 1))
    assert components(many) == pytest.approx(np.stack([components(grid) for grid in many]))


@given(GRIDS)
def test_mean_squares_are_those_of_a_plain_analysis_of_variance(grid: Floats) -> None:
    rows, columns = grid.shape
    overall = sum(map(sum, grid)) / (rows * columns)
    by_row = [sum(row) / columns for row in grid]
    by_column = [sum(column) / rows for column in grid.T]
    rest = sum((grid[i][j] - by_row[i] - by_column[j] + overall) ** 2 for i in range(rows) for j in range(columns)) / (
        (rows - 1) * (columns - 1)
    )
    row_square = columns * sum((mean - overall) ** 2 for mean in by_row) / (rows - 1)
    column_square = rows * sum((mean - overall) ** 2 for mean in by_column) / (columns - 1)
    wanted = [max(0, (row_square - rest) / columns), max(0, (column_square - rest) / rows), rest]
    assert components(grid) == pytest.approx(wanted, abs=1e-12)


@given(GRIDS)
def test_weights_and_data_change_places_with_the_grid(grid: Floats) -> None:
    assert components(grid.T)[[1, 0, 2]] == pytest.approx(components(grid), abs=1e-12)


@pytest.mark.parametrize("effects", [[0.0, 1.0], [0.1, 0.7, 0.2], [0.3, 0.3, 0.9, 0.3]])
def test_what_follows_the_weights_alone_is_theirs_and_likewise_for_the_data(effects: list[float]) -> None:
    rows = np.repeat(np.array(effects)[:, None], 3, axis=1)
    for grid, shares in ((rows, [1, 0, 0]), (rows.T, [0, 1, 0])):
        found = split(grid)
        assert found.shares == pytest.approx(shares, abs=1e-9)
        assert found.deviation == pytest.approx(np.std(effects, ddof=1))
        assert found.grid == grid.shape


def test_what_follows_neither_alone_is_of_both_together() -> None:
    assert split(np.array([[1.0, 0.0], [0.0, 1.0]])).shares == pytest.approx([0, 0, 1])


@pytest.mark.parametrize("value", [0.0, 0.1, 1 / 3, 0.7, 1.0])
@pytest.mark.parametrize("size", [(2, 2), (3, 4), (4, 4)])
def test_a_constant_grid_has_no_variance_to_share(value: float, size: tuple[int, int]) -> None:
    found = split(np.full(size, value))
    assert [*found.shares, *found.low, *found.high] == [0] * 9
    assert found.deviation == pytest.approx(0, abs=1e-9)
    assert found.mean == pytest.approx(value)


@given(GRIDS)
def test_intervals_hold_their_shares_which_are_those_of_a_whole(grid: Floats) -> None:
    found = split(grid)
    assert found.shares.sum() == pytest.approx(1) or not found.shares.any()
    assert (found.low >= 0).all()
    assert (found.low <= found.shares).all()
    assert (found.shares <= found.high).all()
    assert (found.high <= 1 + 1e-12).all()
    again = split(grid)
    assert np.array_equal(found.low, again.low)
    assert np.array_equal(found.high, again.high)


def test_intervals_of_small_grids_are_wide_and_of_large_ones_narrower() -> None:
    chance = np.random.default_rng(2)
    small, large = (split(simulated(chance, (1, size, size), (1, 1, 1))[0]) for size in (3, 30))
    assert ((small.high - small.low) > 0.3).all()
    assert ((large.high - large.low) < (small.high - small.low)).all()


@pytest.mark.slow
def test_intervals_cover_the_true_share_of_the_weights_mostly() -> None:
    chance, times = np.random.default_rng(3), 100
    found = [split(grid) for grid in simulated(chance, (times, 6, 6), (2, 1, 1))]
    assert sum(one.low[0] <= 0.5 <= one.high[0] for one in found) >= 0.85 * times


def crossed(
    model: str, data_seed: int | None, areas: dict[int, float], hidden: int = 64, **changes: object
) -> list[Record]:
    """Return a row's records: one length, so that the share right is the area; by seed of the weights."""
    made = []
    for seed, area in areas.items():
        one = record({3: round(100 * area)}, model=model, seed=seed, **changes)
        own = {
            "data_seed": data_seed,
            "column": model,
            "model": model.split("(")[0],
            "model_settings": {"hidden": hidden},
        }
        one["spec"] |= own
        made.append(one)
    return made


@pytest.mark.parametrize("names", [("gru(data_seed=0)", "gru(data_seed=10)"), ("a gru", "data_seed=3 in name alone")])
def test_rows_of_one_grid_differ_in_the_data_alone_whatever_they_are_called(names: tuple[str, str]) -> None:
    made = [*crossed(names[0], 0, {0: 0.1, 1: 0.2, 2: 0.3}), *crossed(names[1], 10, {0: 0.4, 1: 0.5, 2: 0.6})]
    for one in made:
        one["spec"]["model"] = "gru"
    found = grids(group(made)[0])
    assert list(found) == [("copy", "gru")]
    assert found["copy", "gru"] == pytest.approx(np.array([[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]]))  # (weights, data)


def test_grids_of_one_family_are_named_by_the_settings_in_which_they_differ() -> None:
    made = [
        one
        for data in (0, 10)
        for hidden in (8, 64)
        for one in crossed(f"gru({hidden}, {data})", data, {0: 0.1, 1: 0.2}, hidden=hidden)
    ]
    assert sorted(grids(group(made)[0])) == [("copy", "gru(hidden=64)"), ("copy", "gru(hidden=8)")]


def test_data_seeds_are_in_order_of_number() -> None:
    rows = {2: 0.2, 10: 0.9, 1: 0.1}
    made = [one for data, area in rows.items() for one in crossed(f"gru(data_seed={data})", data, {0: area, 1: area})]
    assert grids(group(made)[0])["copy", "gru"] == pytest.approx(np.array([[0.1, 0.2, 0.9]] * 2))


def test_seeds_that_not_every_row_has_are_left_out() -> None:
    made = [
        *crossed("gru(data_seed=0)", 0, {0: 0.1, 1: 0.2, 5: 0.9}),
        *crossed("gru(data_seed=1)", 1, {1: 0.5, 0: 0.4, 2: 0.9}),
    ]
    assert grids(group(made)[0])["copy", "gru"] == pytest.approx(np.array([[0.1, 0.4], [0.2, 0.5]]))


def test_rows_without_a_data_seed_and_grids_too_small_are_no_grids() -> None:
    made = [
        *crossed("gru", None, {0: 0.1, 1: 0.2}),
        *crossed("lstm(data_seed=0)", 0, {0: 0.1, 1: 0.2}),
        *crossed("elman(data_seed=0)", 0, {0: 0.1, 1: 0.2}),
        *crossed("elman(data_seed=1)", 1, {1: 0.1, 2: 0.2}),
    ]
    assert grids(group(made)[0]) == {}


def test_tasks_are_grids_of_their_own() -> None:
    made = [
        one
        for task in ("copy", "reverse")
        for data in (0, 1)
        for one in crossed(f"gru(data_seed={data})", data, {0: 0.2, 1: 0.6}, task=task)
    ]
    assert sorted(grids(group(made)[0])) == [("copy", "gru"), ("reverse", "gru")]
