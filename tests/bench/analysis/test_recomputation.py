"""Both tables are, cell by cell, what plain Python makes of the records; every number that chance is in has bounds."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import recomputed
from harness import ROOT, record, score

from bench.records.store import read_records, write_record
from bench.views.columns import BY_LENGTH, LEADERBOARD
from bench.views.tables import write_tables

BASELINES = sorted(folder for folder in (ROOT / "results" / "baseline").glob("*") if (folder / "records").is_dir())
EXACT = {
    "task": "a name",
    "model": "a name",
    "device": "a name",
    "evaluation_hash": "a name",
    "task_version": "says which task",
    "parameters": "follow from the settings",
    "state": "follows from the settings",
    "budget": "was asked for",
    "seeds": "was asked for",
    "diverged": "a count of these very seeds",
    "kind": "says what is predicted",
    "bits": "nats, which has bounds, in other units",
    "perplexity": "nats, which has bounds, in other units",
    "reached_99": "a count of these very seeds",
    "l99_ratio": "l99, which has bounds, in other units",
    "l90_ratio": "l90, which has bounds, in other units",
    "l50_ratio": "l50, which has bounds, in other units",
    "adversarial_l99_ratio": "adversarial_l99, which has bounds, in other units",
    "inside_sd": "is itself the spread over seeds",
    "beyond_sd": "is itself the spread over seeds",
    "shorter_sd": "is itself the spread over seeds",
}
OVER_SEEDS = {"area", "l99", "l90", "l50", "steps", "seconds", "tokens_per_second", "steps_to_99", "seconds_to_99"}
OVER_SEEDS |= {"nats", "nats_inside", "adversarial_l99"}
KINDS = ("carry_chain", "one_symbol", "palindrome")
Rows = list[dict[str, str]]


def pair_of(chance: random.Random, name: str, seeds: int, lengths: tuple[int, ...], inside: tuple[int, ...]) -> Any:
    """Make up the records of a pair: counts, stops, looks and times that differ from seed to seed."""
    kind = chance.choice(["symbols", "symbols", "values", "stream", "text"])
    has_nats = kind == "text" or (kind == "stream" and chance.random() < 0.5)  # the first records of texts have none
    sizes = {length: chance.choice([3, 11, 64, 256]) for length in lengths}
    unseen = {length: chance.random() < 0.8 for length in lengths}
    best = chance.choice([0.2, 0.9, 1.0, 1.0])
    for seed in range(seeds):
        made = record(dict.fromkeys(lengths, 0), task=f"task{lengths} {kind}", model=name, seed=seed, inside=inside)
        for length, size in sizes.items():
            right = sum(chance.random() < best * (1.0 if length <= max(inside) else 0.7) for _ in range(size))
            right = chance.choice([right, right, size, 0])
            made["by_length"][str(length)] = score(
                right,
                size,
                tokens=7 * size,
                tokens_right=chance.randint(right, 7 * size),
                stopped_wrong=chance.randint(0, size - right),
                unseen=unseen[length],
                chance=0.5**length,
                nrmse=chance.choice([None, chance.random()]) if kind == "values" else None,
                next_step_nrmse=chance.random() if kind == "values" else None,
                **({"nats": chance.choice([5 * chance.random()] * 9 + [None, 5000.0])} if has_nats else {}),
            )
        looks = chance.randint(0, 5)
        made["curve"] = [
            {"step": 100 * look + 100, "loss": 1.0, "exact": chance.choice([None, 0.5, 0.989, 0.99, 1.0])}
            for look in range(looks)
        ]
        made["timing"] |= {
            "train_seconds": 100 * chance.random(),
            "look_seconds": [look + chance.random() for look in range(looks)],
            "tokens_per_second": chance.choice([1e4 * chance.random(), 1e6 * chance.random(), None]),
        }
        if chance.random() < 0.5:  # older records lack it
            made["timing"]["train_cpu_seconds"] = 100 * chance.random()
        made["kind"] = kind
        made["steps"] = chance.choice([0, 100, 700, 1000])
        made["status"] = chance.choice(["trained", "trained", "diverged"])
        made["device"] = chance.choice(["cpu", "cpu", "NVIDIA X"])
        yield made


def sets_of(chance: random.Random, lengths: tuple[int, ...]) -> dict[str, dict[str, int]]:
    """Make up which adversarial sets a pair has, maybe none, and of how many examples: by length, by kind."""
    if chance.random() < 0.3:
        return {}
    found = {str(n): {kind: chance.choice([5, 40, 256]) for kind in KINDS if chance.random() < 0.7} for n in lengths}
    return {length: kinds for length, kinds in found.items() if chance.random() < 0.8}


def adversarial(chance: random.Random, sets: dict[str, dict[str, int]]) -> dict[str, Any]:
    """Make up the counts of one seed on such sets."""
    return {
        length: {kind: counts(chance, size, chance.choice([0.4, 0.99, 1.0, 1.0])) for kind, size in kinds.items()}
        for length, kinds in sets.items()
    }


def counts(chance: random.Random, size: int, share: float) -> dict[str, int]:
    right = sum(chance.random() < share for _ in range(size))
    return {"examples": size, "right": right, "stopped_wrong": chance.randint(0, size - right)}


def made_up(folder: Path) -> None:
    """Write the records of pairs of every shape: 1 to 4 seeds, lengths below, between and beyond training, or not."""
    chance, sets_chance = random.Random(5), random.Random(6)
    shapes: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
        ((1, 2, 3, 4, 6, 8, 100), (3, 4)),
        ((2, 3, 5, 7, 9), (3, 7)),
        ((3, 4), (3, 4)),
        ((5,), (5,)),
        ((20, 100, 9), (9, 10)),
        ((4, 8), (3,)),
    ]
    for seeds in (1, 2, 3, 4):
        for number, (lengths, inside) in enumerate(shapes):
            for again in range(3):
                sets = sets_of(sets_chance, lengths)
                for made in pair_of(chance, f"model{seeds}{number}{again}", seeds, lengths, inside):
                    part = {"adversarial": adversarial(sets_chance, sets)} if sets else {}
                    write_record(folder / "records", made | part)


@pytest.fixture(scope="module", params=["made up", *BASELINES], ids=lambda param: getattr(param, "name", param))
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with records and their tables."""
    if isinstance(request.param, Path):
        if read_records(request.param / "records")[1]:
            pytest.skip("of an older schema; test_project.py says so")
        return request.param
    folder: Path = tmp_path_factory.mktemp("made_up")
    made_up(folder)
    assert write_tables(folder, "mine")[2] == []
    return folder


def rows_in(path: Path) -> Rows:
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def wrong_cells(found: dict[str, str], wanted: dict[str, Any]) -> Iterator[str]:
    """Name the cells of a row that are not as recomputed; numbers are written with six digits."""
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        if value is None or isinstance(value, str | bool):
            fine = found[name] == ("" if value is None else str(value))
        else:
            fine = found[name] != "" and float(found[name]) == pytest.approx(value, rel=1e-5, abs=1e-12)
        if not fine:
            yield f"{found['task']} {found['model']} {found.get('length', '')} {name}: {found[name]!r}, not {value!r}"


@pytest.mark.slow
def test_every_cell_by_length_is_recomputed(run: Path) -> None:
    wanted = {
        (row["task"], row["model"], str(row["length"])): row
        for records in recomputed.read(run).values()
        for row in recomputed.length_rows(records)
    }
    found = {(row["task"], row["model"], row["length"]): row for row in rows_in(run / "by_length.csv")}
    assert found.keys() == wanted.keys()
    assert list(next(iter(found.values()))) == BY_LENGTH
    assert [line for cell in found for line in wrong_cells(found[cell], wanted[cell])] == []


@pytest.mark.slow
def test_every_cell_of_the_leaderboard_is_recomputed(run: Path) -> None:
    wanted = {pair: recomputed.board_row(records) for pair, records in recomputed.read(run).items()}
    found = {(row["task"], row["model"]): row for row in rows_in(run / "leaderboard.csv")}
    assert found.keys() == wanted.keys()
    assert list(next(iter(found.values()))) == LEADERBOARD
    assert [line for pair in found for line in wrong_cells(found[pair], wanted[pair])] == []


def estimates() -> list[str]:
    """Return the columns of the leaderboard that are numbers with chance in them."""
    return [name for name in LEADERBOARD if name not in EXACT and not name.endswith(("_low", "_high"))]


def test_every_column_is_exact_or_has_bounds() -> None:
    assert EXACT.keys() <= set(LEADERBOARD)
    assert set(estimates()) >= OVER_SEEDS
    bounds = {f"{name}_{end}" for name in estimates() for end in ("low", "high")}
    assert bounds == {name for name in LEADERBOARD if name.endswith(("_low", "_high"))}


def test_every_estimate_of_the_leaderboard_lies_in_its_bounds(run: Path) -> None:
    for row in rows_in(run / "leaderboard.csv"):
        for name in estimates():
            value, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
            if not value or (row["seeds"] == "1" and name in OVER_SEEDS):
                assert (low, high) == ("", ""), name
            else:
                assert float(low) <= float(value) <= float(high), (row["task"], row["model"], name)


def test_every_accuracy_by_length_lies_in_its_bounds(run: Path) -> None:
    for row in rows_in(run / "by_length.csv"):
        value, low, high = (float(row[name]) for name in ("exact_match", "low", "high"))
        assert 0 <= low <= value <= high <= 1
        assert low < high
        assert float(row["stopped_wrong"]) + float(row["content_wrong"]) == pytest.approx(1 - value, abs=2e-6)
        assert (row["seeds_low"] == "") == (row["seeds"] == "1")
        for name in ("nrmse", "nats"):
            assert (row[f"{name}_low"] == "") == (row[name] == "" or row["seeds"] == "1")
        assert (row["nats"] == "") == (row["bits"] == "") == (row["perplexity"] == "")
        assert (row["adversarial"] == "") == (row["adversarial_low"] == "") == (row["adversarial_worst"] == "")
        if row["adversarial"]:
            worst, mean = float(row["adversarial_worst_match"]), float(row["adversarial"])
            assert worst <= mean + 1e-6
            assert float(row["adversarial_low"]) <= mean <= float(row["adversarial_high"])
        if row["nats_low"]:
            assert float(row["nats_low"]) <= float(row["nats"]) <= float(row["nats_high"])


def test_texts_with_nats_and_without_are_among_what_is_made_up(tmp_path: Path) -> None:
    made_up(tmp_path)
    write_tables(tmp_path, "mine")
    board, lengths = (rows_in(tmp_path / name) for name in ("leaderboard.csv", "by_length.csv"))
    known = {
        kind: {bool(row["nats"]) for row in board if row["kind"] == kind} for kind in ("symbols", "stream", "text")
    }
    assert known == {"symbols": {False}, "stream": {True, False}, "text": {True, False}}
    assert {row["perplexity"] for row in lengths} >= {"", "inf"}
    assert any(row["nats_inside_low"] for row in board)


def test_adversarial_sets_of_many_shapes_and_none_are_among_what_is_made_up(tmp_path: Path) -> None:
    made_up(tmp_path)
    write_tables(tmp_path, "mine")
    board, lengths = (rows_in(tmp_path / name) for name in ("leaderboard.csv", "by_length.csv"))
    assert {row["adversarial_worst"] for row in lengths} == {"", *KINDS}
    shapes = {tuple(row[name] != "" for name in ("adversarial", "adversarial_l99", "solve_rate_10x")) for row in board}
    no, yes = False, True
    assert shapes >= {(no, no, no), (no, no, yes), (no, yes, no), (yes, yes, no), (yes, yes, yes)}
    assert not shapes & {(yes, no, no), (yes, no, yes)}
    assert {row["adversarial_l99"] for row in board} > {"", "0"}
    assert any(row["adversarial_l99_low"] != row["adversarial_l99_high"] for row in board)
