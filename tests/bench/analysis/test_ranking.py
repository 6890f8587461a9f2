"""Families against each other: ranks, how often one beats the other, and who differs significantly."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from harness import record
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from bench.analysis.frame import group
from bench.analysis.ranking import areas, comparisons, ranks, sign_test
from bench.records.store import Record

Found = dict[str, dict[str, dict[int, float]]]
AREAS = st.sampled_from([0.0, 0.3, 0.1 + 0.2, 0.5, 1.0])


def grid(tasks: int, seeds: int, **by_family: float) -> Found:
    """Return areas that are the same on every task and seed."""
    return {
        family: {f"t{task}": dict.fromkeys(range(seeds), area) for task in range(tasks)}
        for family, area in by_family.items()
    }


def drawn(chance: np.random.Generator, families: int, tasks: int, seeds: int) -> Found:
    """Draw areas of families that do not differ."""
    values = chance.random((families, tasks, seeds))
    return {
        f"f{f}": {f"t{t}": dict(enumerate(map(float, values[f, t]))) for t in range(tasks)} for f in range(families)
    }


@pytest.mark.parametrize(("one", "other", "probability"), [(0.9, 0.2, 1), (0.2, 0.9, 0), (0.3, 0.1 + 0.2, 0.5)])
def test_better_everywhere_is_1_worse_0_and_a_tie_a_half(one: float, other: float, probability: float) -> None:
    (found,) = comparisons(grid(5, 4, a=one, b=other))
    assert (found.one, found.other, found.pairs) == ("a", "b", 20)
    assert found.probability == probability
    assert found.low <= probability <= found.high
    assert found.low < found.high  # where all agree there is an interval still
    assert found.different == (probability != 0.5)


def test_tasks_count_alike_however_many_seeds_they_have() -> None:
    found: Found = {
        "a": {"t": {0: 1.0, 1: 1.0, 2: 1.0, 3: 1.0}, "u": {0: 0.1}, "mine": {0: 1.0}},
        "b": {"t": {0: 0.5, 1: 0.5, 2: 0.5, 3: 0.5}, "u": {0: 0.2}},
    }
    (result,) = comparisons(found)
    assert (result.probability, result.pairs) == (0.5, 5)


def test_only_common_seeds_are_compared_and_families_without_any_are_not() -> None:
    found: Found = {"a": {"t": {0: 1.0, 1: 0.0}}, "b": {"t": {1: 0.5, 2: 0.9}}, "c": {"t": {7: 1.0}, "u": {0: 1.0}}}
    assert [(one.one, one.other, one.pairs, one.probability) for one in comparisons(found)] == [("a", "b", 1, 0)]


def tables_of(families: int) -> st.SearchStrategy[Found]:
    """Areas of families on two tasks, three seeds."""
    seeds = st.fixed_dictionaries(dict.fromkeys(range(3), AREAS))
    tasks = st.fixed_dictionaries({"t": seeds, "u": seeds})
    return st.fixed_dictionaries({f"f{number}": tasks for number in range(families)})


@given(tables_of(3))
def test_probability_is_the_mean_over_tasks_of_the_share_of_seeds(found: Found) -> None:
    for result in comparisons(found):
        shares = []
        for task in ("t", "u"):
            wins = 0.0
            for seed in range(3):
                one, other = found[result.one][task][seed], found[result.other][task][seed]
                wins += 0.5 if abs(one - other) < 1e-9 else float(one > other)
            shares.append(wins / 3)
        assert result.probability == pytest.approx(sum(shares) / 2)
        assert 0 <= result.low <= result.probability <= result.high <= 1
        assert not result.different or result.high < 0.5 or result.low > 0.5


@given(tables_of(2))
def test_the_other_way_round_everything_is_mirrored(found: Found) -> None:
    (one,) = comparisons(found)
    (other,) = comparisons({"f0": found["f1"], "f1": found["f0"]})
    assert one.probability == pytest.approx(1 - other.probability)
    assert (one.low, one.high) == pytest.approx((1 - other.high, 1 - other.low), abs=1e-9)
    assert one.different == other.different


@pytest.mark.slow
@pytest.mark.parametrize(("families", "tasks", "seeds"), [(4, 3, 3), (6, 5, 5), (3, 1, 6)])
def test_equal_families_are_seldom_found_to_differ(families: int, tasks: int, seeds: int) -> None:
    chance, suites = np.random.default_rng(0), 100
    alarms = sum(
        any(one.different for one in comparisons(drawn(chance, families, tasks, seeds))) for _ in range(suites)
    )
    assert alarms <= 0.05 * suites


@pytest.mark.slow
def test_the_interval_of_one_comparison_covers_a_half_about_as_often_as_it_says() -> None:
    chance, times = np.random.default_rng(1), 400
    found = [comparisons(drawn(chance, 2, 4, 5))[0] for _ in range(times)]
    assert 0.92 < sum(one.low <= 0.5 <= one.high for one in found) / times < 1


def test_clearly_different_families_differ_significantly_among_many() -> None:
    chance = np.random.default_rng(2)
    found = drawn(chance, 5, 5, 5)
    found["best"] = {task: {seed: 1 + area for seed, area in seeds.items()} for task, seeds in found["f0"].items()}
    for one in comparisons(found):
        assert one.different == ("best" in (one.one, one.other))


@given(st.integers(1, 40).flatmap(lambda count: st.tuples(st.integers(0, 2 * count), st.just(count))))
def test_sign_test_is_scipys_and_never_bolder_for_a_tie(count: tuple[int, int]) -> None:
    wins, runs = count[0] / 2, count[1]
    neighbours = {math.floor(wins), math.ceil(wins)}
    assert sign_test(wins, runs) == pytest.approx(max(binomtest(whole, runs).pvalue for whole in neighbours))


def test_more_comparisons_ask_for_more() -> None:
    two = grid(1, 7, a=0.9, b=0.1)
    assert comparisons(two)[0].different
    many = two | grid(1, 7, **{f"like_b{number}": 0.1 for number in range(20)})
    assert not any(one.different for one in comparisons(many))


def test_ranks_are_means_over_common_tasks_and_ties_share_theirs() -> None:
    found: Found = {
        "a": {"t": {0: 0.9}, "u": {0: 0.5}, "mine": {0: 1.0}},
        "b": {"t": {0: 0.9}, "u": {0: 0.4}},
        "c": {"t": {0: 0.1}, "u": {0: 0.6}},
    }
    table = ranks(found)
    assert table["model"].tolist() == ["a", "c", "b"]
    assert table["rank"].tolist() == [(1.5 + 2) / 2, 2, (1.5 + 3) / 2]
    assert table["tasks"].tolist() == [2, 2, 2]


@pytest.mark.parametrize("seeds", list(itertools.permutations([0.1, 0.2, 0.3])))
def test_seeds_in_another_order_tie(seeds: tuple[float, ...]) -> None:
    table = ranks({"a": {"t": {0: 0.1, 1: 0.2, 2: 0.3}}, "b": {"t": dict(enumerate(seeds))}})
    assert table["rank"].tolist() == [1.5, 1.5]
    assert table["low"].tolist() == [1, 1]
    assert table["high"].tolist() == [2, 2]


def test_ranks_have_intervals_that_hold_them_and_close_where_seeds_agree() -> None:
    found = drawn(np.random.default_rng(3), 5, 4, 3)
    table = ranks(found)
    assert ((table["low"] <= table["rank"]) & (table["rank"] <= table["high"])).all()
    assert (table["low"] < table["high"]).any()
    sure = ranks(grid(3, 4, a=0.1, b=0.2, c=0.3))
    assert sure[["model", "rank", "low", "high"]].to_numpy().tolist() == [
        ["c", 1, 1, 1],
        ["b", 2, 2, 2],
        ["a", 3, 3, 3],
    ]


def family(name: str, rights: dict[int, int], column: str = "", **changes: object) -> list[Record]:
    """Return three seeds of a family in its own column or another."""
    made = [record(rights, model=column or name, seed=seed, **changes) for seed in range(3)]
    for one in made:
        one["spec"]["model"] = name
    return made


def test_areas_are_gathered_by_family_task_and_seed_without_trivial_baselines() -> None:
    made = [*family("gru", {3: 100, 6: 50}), *family("majority", {3: 10, 6: 10}, status="fitted")]
    made[1] = record({3: 100, 6: 0}, seed=1)
    found = areas(group(made)[0])
    assert {name: list(tasks) for name, tasks in found.items()} == {"gru": ["copy"]}
    assert found["gru"]["copy"] == pytest.approx({0: 0.75, 1: 0.5, 2: 0.75})


def test_only_trained_families_at_their_suites_settings_are_compared_whatever_they_are_called() -> None:
    made = [
        *family("gru", {3: 100, 6: 50}),
        *family("lstm", {3: 10, 6: 10}, column="lstm(hidden=8)"),
        *family("mine(x)", {3: 10, 6: 10}),  # a plug-in may be called so
        *family("elman", {3: 10, 6: 10}, column="plain", variant={}, family="elman"),
        *family("rnn", {3: 10, 6: 10}, variant={"hidden": 8}, family="rnn"),
        *family("irnn", {3: 10, 6: 10}, kind="text"),
    ]
    assert sorted(areas(group(made)[0])) == ["gru", "mine(x)", "plain"]
