"""A task's families: their order, the lengths that are told, which tasks have a section."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from extrapolation_records import SECTIONS
from harness import record

from bench.records.store import Record, write_record
from bench.spec.spec import Spec
from bench.studies.extrapolation.families import FEW, alike_but_for_lengths, families, own_rows, telling_lengths
from bench.studies.extrapolation.page import read
from bench.views.charts.material import Run


def on_task(row: str, model: str = "gru", **settings: Any) -> Record:
    """Return a record of a row whose name says nothing."""
    spec = asdict(Spec("copy", "gru", settings, row=row, column=model))
    return record({3: 90, 6: 50}, task=row, model=model) | {"spec": spec}


def run_with(folder: Path, *records: Record) -> Run:
    for made in records:
        write_record(folder / "records", made)
    return read(folder)


def test_families_stand_in_order_of_horizon_then_adversarial_then_seconds(tmp_path: Path) -> None:
    def made(model: str, rights: dict[int, int], seconds: float, hard: int) -> Record:
        counts = {"examples": 100, "right": hard, "stopped_wrong": 0}
        sets = {str(length): {"a": counts} for length in rights}
        found = record(rights, model=model, adversarial=sets)
        found["timing"]["train_seconds"] = seconds
        return found

    wide, far, lost = {3: 100, 6: 100, 9: 90}, {3: 100, 6: 100, 9: 100}, {3: 90, 6: 50, 9: 10}
    run = run_with(
        tmp_path,
        made("a slow", far, 900, 100),
        made("b quick", far, 100, 100),
        made("c soft", far, 1, 50),
        made("d near", wide, 1, 100),
        made("e lost", lost, 5, 0),
        made("f more lost", {3: 80, 6: 0, 9: 0}, 1, 0),
    )
    order = [family.model for family in families(run, "copy")]
    assert order == ["b quick", "a slow", "c soft", "d near", "e lost", "f more lost"]


@pytest.mark.parametrize(
    ("lengths", "inside", "told"),
    [
        ((1, 5, 20, 25, 40, 60, 100, 200, 1000, 2000), (5, 20), [20, 40, 100, 200, 1000, 2000]),
        ((10, 15, 20, 50, 95, 300), (10,), [10, 20, 50, 95, 300]),
        ((10, 12, 14), (10,), [10, 14]),
        ((3,), (3,), [3]),
        ((5, 30), (10,), [30]),
    ],
)
def test_accuracy_is_told_at_multiples_of_the_longest_training_length(
    lengths: tuple[int, ...], inside: tuple[int, ...], told: list[int], tmp_path: Path
) -> None:
    run = run_with(tmp_path, record(dict.fromkeys(lengths, 1), inside=inside))
    assert telling_lengths(families(run, "copy")) == told


def test_rows_that_differ_in_their_lengths_alone_are_known_by_what_they_are_not_by_their_names(tmp_path: Path) -> None:
    run = run_with(
        tmp_path,
        on_task("copy(train_lengths=1-5)", symbols=3),
        on_task("short", train_lengths=[1, 2], eval_lengths=[3]),
        on_task("long", train_lengths=[1, 9]),
        on_task("long", "lstm", train_lengths=[1, 9]),
    )
    assert alike_but_for_lengths(run) == [["long", "short"], ["copy(train_lengths=1-5)"]]


def test_a_row_of_few_families_that_is_elsewhere_with_other_lengths_has_no_section(tmp_path: Path, run: Run) -> None:
    assert own_rows(run) == SECTIONS
    many = [on_task("many", f"{place}", train_lengths=[9]) for place in range(FEW + 2)]
    some = [on_task("some", f"{place}", train_lengths=[7]) for place in range(FEW + 1)]
    few = [on_task("few", f"{place}", train_lengths=[5]) for place in range(FEW)]
    alone = on_task("alone", symbols=3)
    assert own_rows(run_with(tmp_path, *many, *some, *few, alone)) == ["alone", "many", "some"]
