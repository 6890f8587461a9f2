"""A run's own families beside a reference run's: only where both were judged alike, ranked and compared as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness import record

from bench.analysis.beside import Verdict, beside
from bench.analysis.frame import Groups, group
from bench.records.store import Record

SEEDS, ROWS = range(4), ("copy", "reverse", "sort")
Shares = Mapping[str, tuple[int, int]]  # by family: right of 100 at the training length, and at twice that


def grouped(records: Iterable[Record]) -> Groups:
    """Group records, all of which count."""
    groups, problems = group(list(records))
    assert problems == []
    return groups


def run(shares: Shares, rows: Iterable[str] = ROWS, **changes: Any) -> Groups:
    """Return families with some shares right, alike on all rows; a seed more, a string less beyond."""
    made = []
    for row in rows:
        for model, (inside, beyond) in shares.items():
            for seed in SEEDS:
                rights = {3: inside, 6: max(0, beyond - seed)}
                made.append(record(rights, task=row, model=model, seed=seed, **{"variant": {}} | changes))
    return grouped(made)


REFERENCE: Shares = {"gru": (100, 50), "lstm": (100, 70), "elman": (60, 10)}


def test_a_new_family_has_its_rank_on_every_row_that_both_have() -> None:
    found = beside(run({"mine": (100, 60)}), run(REFERENCE))
    assert found.own == ["mine"]
    rows = found.standings[found.standings["own"]]
    assert list(rows["task"]) == list(ROWS)
    assert set(rows["families"]) == {4}
    assert set(rows["rank"]) == {2}
    assert set(found.standings.groupby("task")["rank"].max()) == {4}
    assert not set(found.notes)


def test_what_the_reference_has_too_is_not_a_familys_own() -> None:
    found = beside(run({"gru": (100, 99), "mine": (100, 60)}), run(REFERENCE))
    assert found.own == ["mine"]
    (theirs,) = found.standings.loc[(found.standings["task"] == "copy") & (found.standings["model"] == "gru"), "seeds"]
    assert theirs == len(SEEDS)
    assert found.groups["copy", "gru"][0]["by_length"]["6"]["right"] == 50  # the reference's own
    assert beside(run({"gru": (100, 99)}), run(REFERENCE)).own == []
    assert beside(run({"mine": (100, 60), "irnn": (100, 60)}), run(REFERENCE), {"irnn"}).own == ["mine"]  # a suite's


def test_rows_that_are_judged_on_other_strings_are_left_out_and_named() -> None:
    mine = run({"mine": (100, 60)}, ["copy"]) | run({"mine": (100, 60)}, ["reverse"], evaluation_hash="other")
    found = beside(mine | run({"mine": (100, 60)}, ["rows of mine"]), run(REFERENCE))
    assert set(found.standings["task"]) == {"copy"}
    assert found.notes == [
        "reverse: judged on other evaluation sets there, so nothing stands beside it",
        "rows of mine: not there, so nothing stands beside it",
    ]
    other_version = run({"mine": (100, 60)}, ["copy"], task_version=2)
    assert beside(other_version, run(REFERENCE)).own == []


def test_seconds_of_another_machine_are_named() -> None:
    (note,) = beside(run({"mine": (100, 60)}, instruction_set="AVX2"), run(REFERENCE)).notes
    assert note.startswith("seconds of the reference run were taken on another machine")


def test_better_worse_and_not_told_apart() -> None:
    reference = run(REFERENCE | {"even": (100, 60)})
    (verdict,) = beside(run({"mine": (100, 60)}), reference).verdicts
    assert verdict == Verdict("mine", ["elman", "gru"], ["lstm"], ["even"], pairs=12)
    fewer = run(REFERENCE, ["copy"])  # of four pairs of seeds nothing follows, were they all won
    (verdict,) = beside(run({"mine": (100, 60)}, ["copy"]), fewer).verdicts
    assert verdict == Verdict("mine", [], [], ["elman", "gru", "lstm"], pairs=4)


def test_a_reference_family_at_other_settings_has_a_rank_and_no_verdict() -> None:
    reference = run(REFERENCE) | run({"gru(hidden=8)": (100, 99)}, variant={"hidden": 8})
    found = beside(run({"mine": (100, 60), "gru(hidden=9)": (100, 99)}), reference)
    assert set(found.standings["families"]) == {6}
    assert [verdict.family for verdict in found.verdicts] == ["gru(hidden=9)", "mine"]
    assert all("gru(hidden=8)" not in str(verdict) for verdict in found.verdicts)


def test_baselines_that_are_fitted_have_a_rank_and_no_verdict() -> None:
    reference = run(REFERENCE) | run({"majority": (0, 0)}, status="fitted")
    found = beside(run({"mine": (100, 60)}), reference)
    assert set(found.standings["families"]) == {5}
    assert "majority" not in str(found.verdicts)
    found = beside(run({"rule": (100, 100)}, status="fitted"), reference)
    assert set(found.standings.loc[found.standings["own"], "rank"]) == {1}
    assert found.verdicts == []


def test_no_reference_family_ranks_higher_for_having_more_seeds() -> None:
    def made(model: str, seeds: int, far: int) -> list[Record]:
        return [record({3: 100, 6: 100, 30: far}, model=model, seed=seed, variant={}) for seed in range(seeds)]

    mine, _ = group(made("mine", 3, 100))
    theirs, _ = group([*made("same", 20, 100), *made("worse", 20, 50)])
    rows = beside(mine, theirs).standings.set_index("model")
    assert rows["seeds"].tolist() == [3, 3, 3]
    assert rows.loc["mine", "solved_10x_low"] == rows.loc["same", "solved_10x_low"]
    assert rows.loc["worse", "rank"] == 3
