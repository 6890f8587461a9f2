"""The page's sections that compare families, and split the spread over seeds."""

from __future__ import annotations

import itertools

import pytest
from harness import record

from bench.analysis.ranking import MOST
from bench.records.store import Record
from bench.views.charts.material import run_of
from bench.views.tables import leaderboard_page


def family(
    name: str, rights: dict[int, int], tasks: tuple[str, ...] = ("copy",), column: str = "", **changes: object
) -> list[Record]:
    """Return three seeds of a family on some tasks, in its own column or another."""
    made = [
        record(rights, task=task, model=column or name, seed=seed, **changes) for task in tasks for seed in range(3)
    ]
    for one in made:
        one["spec"]["model"] = name
    return made


def page_of(*made: list[Record]) -> str:
    return leaderboard_page(run_of("mine", list(itertools.chain(*made)), []))


def test_page_compares_the_trained_families_by_their_plain_names() -> None:
    both = ("copy", "reverse")
    page = page_of(
        family("gru", {3: 100, 6: 80}, both),
        family("lstm", {3: 100, 6: 20}, both),
        family("elman", {3: 100, 6: 80}, both),
        family("gru", {3: 100, 6: 99}, both, column="gru(hidden=8)"),
        family("majority", {3: 5, 6: 5}, both, status="fitted"),
    )
    assert "## Families compared" in page
    compared = page[page.index("## Families compared") :]
    assert "majority" not in compared
    assert "hidden=8" not in compared
    assert "| elman | 2 | 1.50 [1.50, 1.50] | gru, lstm |" in page
    assert (
        "| lstm | 2 | 3.00 [3.00, 3.00] | elman, gru |" in page
    )  # six pairs of runs are too few for three comparisons
    assert "| better than | elman | gru | lstm |" in page
    assert "| elman | - | 50.0 [18.8, 81.2] | 100.0 [61.0, 100.0] |" in page
    assert "| lstm | 0.0 [0.0, 39.0] | 0.0 [0.0, 39.0] | - |" in page


def test_page_names_nobody_where_all_differ() -> None:
    tasks = ("copy", "reverse", "addition", "sine")
    page = page_of(family("gru", {3: 100, 6: 80}, tasks), family("lstm", {3: 100, 6: 20}, tasks))
    assert "| gru | 4 | 1.00 [1.00, 1.00] | - |" in page


@pytest.mark.parametrize(
    "made",
    [
        [],
        [family("gru", {3: 100, 6: 80})],
        [family("gru", {3: 100, 6: 80}), family("gru", {3: 100, 6: 80}, column="gru(hidden=8)")],
        [family("gru", {3: 100, 6: 80}), family("majority", {3: 100, 6: 80}, status="fitted")],
        [family("gru", {3: 100, 6: 80}), family("lstm", {3: 100, 6: 80}, ("reverse",))],
        [family(f"m{number}", {3: 100, 6: number}) for number in range(MOST + 1)],
    ],
    ids=["none", "one", "one and its variant", "one and a floor", "no common task", "too many to read"],
)
def test_page_without_families_to_compare_has_no_such_part(made: list[list[Record]]) -> None:
    assert "Families compared" not in page_of(*made)


def crossed(model: str, data_seed: int | None, areas: dict[int, float], **changes: object) -> list[Record]:
    """Return a row's records: one length, so that the share right is the area; by seed of the weights."""
    made = []
    for seed, area in areas.items():
        one = record({3: round(100 * area)}, model=model, seed=seed, **changes)
        own = {"data_seed": data_seed, "column": model, "model": model.split("(")[0]}
        one["spec"] |= own
        made.append(one)
    return made


def test_page_says_the_shares() -> None:
    made = [
        *crossed("gru(data_seed=0)", 0, {0: 0.2, 1: 0.6}),
        *crossed("gru(data_seed=1)", 1, {0: 0.2, 1: 0.6}),
        *crossed("lstm(data_seed=0)", 0, {0: 0.5, 1: 0.5}),
        *crossed("lstm(data_seed=1)", 1, {0: 0.5, 1: 0.5}),
    ]
    page = page_of(made)
    assert "## Where the spread over seeds comes from" in page
    assert "| task | model | grid | mean area | spread | weights | data | together |" in page
    assert "| copy | gru | 2 x 2 | 40.0 | 28.3 | 100.0 [" in page
    nothing = " | 0.0 [0.0, 0.0]"
    assert f"| copy | lstm | 2 x 2 | 50.0 | 0.0{3 * nothing} |" in page
