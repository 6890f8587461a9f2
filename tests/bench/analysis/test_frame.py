"""Records gathered by pair, and as a tidy frame."""

from __future__ import annotations

import json
from typing import Any

import pytest
from harness import record, score
from text_records import text_record

from bench.analysis.frame import blocks, group, tidy, variant_of
from bench.analysis.tables import by_length, leaderboard
from bench.records.store import Record

COLUMNS = "task variant model settings seed length set metric numerator denominator".split()
SETS = {
    "4": {
        "one": {"examples": 8, "right": 6, "stopped_wrong": 1},
        "two": {"examples": 5, "right": 0, "stopped_wrong": 0},
    }
}


def made_records() -> list[Record]:
    """Strings with adversarial sets, signals of which one overflowed, a text without nats at one context."""
    signals = record({3: 90, 4: 50}, task="sine", kind="values")
    signals["by_length"]["3"] |= {"nrmse": 0.25, "next_step_nrmse": 0.125}
    signals["by_length"]["4"] |= {"nrmse": None, "next_step_nrmse": 0.5}
    strings = record({3: 90, 4: 50}, model="lstm", seed=3, adversarial=SETS)
    return [strings, signals, text_record({8: 1.5, 120_179: None})]


def one_by_one(records: list[Record]) -> set[tuple[Any, ...]]:
    """Return what the frame must hold, cell by cell."""
    rows = set()
    for made in records:
        sets = [("random", int(n), found) for n, found in made["by_length"].items()]
        sets += [
            (kind, int(n), found) for n, kinds in made.get("adversarial", {}).items() for kind, found in kinds.items()
        ]
        for name, length, found in sets:
            wrong = found["examples"] - found["right"] - found["stopped_wrong"]
            counts = {
                "exact_match": (found["right"], found["examples"]),
                "stopped_wrong": (found["stopped_wrong"], found["examples"]),
                "content_wrong": (wrong, found["examples"]),
                "token_accuracy": (found.get("tokens_right"), found.get("tokens")),
                **{number: (found.get(number), 1) for number in ("nats", "nrmse", "next_step_nrmse")},
            }
            for metric, pair in counts.items():
                if None not in pair:
                    rows.add((made["task"], made["model"], made["seed"], length, name, metric, *pair))
    return rows


def test_the_frame_has_every_number_that_was_counted_and_no_other() -> None:
    records = made_records()
    frame = tidy(records)
    assert list(frame.columns) == COLUMNS
    kept = frame[[name for name in COLUMNS if name not in ("variant", "settings")]]
    found = list(kept.itertuples(index=False, name=None))
    assert len(set(found)) == len(found)
    assert set(found) == one_by_one(records)


def test_settings_and_variants_are_json_that_alike_ones_share() -> None:
    made = record({3: 90}, model="gru(hidden=8)", variant={"hidden": 8})
    made["spec"]["model_settings"] = {"layers": 2, "hidden": 8}
    frame = tidy([made, record({3: 90})])
    assert [json.loads(text) for text in frame["settings"].unique()] == [{"hidden": 8, "layers": 2}, {}]
    assert [json.loads(text) for text in frame["variant"].unique()] == [{"hidden": 8}, {}]


@pytest.mark.parametrize(
    ("changes", "variant"),
    [
        ({"model": "gru"}, {}),
        ({"model": "gru(hidden=8)"}, {"column": "gru(hidden=8)"}),
        ({"model": "gru(hidden=8)", "variant": {}}, {}),
        ({"model": "gru", "variant": {"hidden": 8}}, {"hidden": 8}),
    ],
)
def test_what_sets_a_column_apart_is_said_by_the_record(changes: dict[str, Any], variant: dict[str, Any]) -> None:
    assert variant_of(record({3: 90}, **changes)) == variant


def test_no_records_are_an_empty_frame_and_empty_tables() -> None:
    assert tidy([]).empty
    assert list(tidy([]).columns) == COLUMNS
    assert group([]) == ({}, [])
    assert by_length({}).empty
    assert leaderboard({}).empty


def test_tables_are_those_of_the_frame() -> None:
    made = [record({3: 90 - seed, 4: 50, 9: 10 * seed}, seed=seed, model=model) for model in "ab" for seed in range(3)]
    frame = tidy(made)
    sums = (
        frame[frame["metric"] == "exact_match"]
        .groupby(["model", "length"], observed=True)[["numerator", "denominator"]]
        .sum()
    )
    table = by_length(group(made)[0])
    assert table["exact_match"].tolist() == (sums["numerator"] / sums["denominator"]).tolist()


def test_the_order_of_the_records_and_of_their_lengths_does_not_matter() -> None:
    made = [record({3: 90 - seed, 4: 50, 10: seed}, seed=seed, model=model) for model in "ab" for seed in (0, 2, 11)]
    back = [one | {"by_length": dict(reversed(one["by_length"].items()))} for one in reversed(made)]
    (one,), (other,) = (blocks(group(records)[0]) for records in (made, back))
    assert one.pairs == other.pairs
    assert (one.accuracy == other.accuracy).all()


def test_a_length_that_failed_for_one_seed_is_left_out_for_all_and_named() -> None:
    made = [record({3: 90, 4: 50, 9: 20}, seed=seed) for seed in range(3)]
    made[1] = record({3: 90, 4: 50}, seed=1, failed={"9": "out of memory"})
    groups, problems = group(made)
    assert problems == ["copy gru seed 1: not evaluated at length 9: out of memory"]
    assert by_length(groups)["length"].tolist() == [3, 4]
    (row,) = leaderboard(groups).to_dict("records")
    assert (row["seeds"], row["beyond"]) == (3, 0.5)


def test_adversarial_sets_of_a_length_that_failed_are_no_other_make() -> None:
    made = [record({3: 90, 4: 50}, seed=seed, adversarial=SETS) for seed in range(2)]
    made.append(record({3: 90}, seed=2, failed={"4": "out of memory"}, adversarial={}))
    groups, problems = group(made)
    assert len(groups["copy", "gru"]) == 3
    assert len(problems) == 1


def test_a_pair_of_which_no_length_could_be_evaluated_by_all_is_in_no_table() -> None:
    made = [
        record({3: 90}, seed=0, failed={"4": "x"}),
        record({4: 90}, seed=1, failed={"3": "y"}),
        record({3: 1}, model="b"),
    ]
    made[0]["by_length"] = {"3": score(90)}
    groups, problems = group(made)
    assert leaderboard(groups)["model"].tolist() == ["b"]
    assert len(problems) == 2
