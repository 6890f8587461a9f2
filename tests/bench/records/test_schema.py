"""The schema: what records hold, and the page that says so."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from harness import ROOT, SHORT, TINY, in_process, record, records_in

from bench.records.decode import USUAL
from bench.records.provenance import CHOOSERS
from bench.records.schema import SCHEMA
from bench.records.store import Record, read_record
from bench.spec.spec import Spec
from bench.views.readme import schema_table

PAGE = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
FIELDS = dict(re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", schema_table(), re.MULTILINE))
FACTS = {"training_symbols": 90, "judged_symbols": 10, "vocabulary": 5, "unknown": 0.1, "gzip": 2.5, "xz": 3}
PAIRS = (
    ("copy", "gru,majority", *SHORT),
    ("sine", "elman"),
    ("human_numbers", "elman"),
    ("words_toy", "markov", "--set", "train.batch=1"),
)
PADDING = {"symbols": 9, "symbols_right": 4, "cells": 12, "cells_right": 4}
SETS = {"3": {"one_symbol": {"examples": 9, "right": 4, "stopped_wrong": 2}}}
TRACE = {"length": 3, "source": ["a", "b"], "written": ["b"], "series": {"place": [0.5, None], "depth": [1, -2]}}
PARTS: dict[str, Any] = {
    "disagreement": "length 3, example 0: decoding leaves the scored pass at output 1",
    "text": FACTS,
    "padding": PADDING,
    "adversarial": SETS,
    "traces": [TRACE],
    "source_parts": {"task": "a", "model": "b", "trial": "c"},
    "failed": {"4": "out of memory"},
    "family": "gru",
    "precision": "float32, tf32 off",
    "kernels": "torch",
    "seeds_at_once": 3,
    "variant": {"hidden": 64},
    "instruction_set": "AVX2",
}
STANDS_FOR = {"[]": ".0", "LENGTH": "3", "KIND": "one_symbol"}


def test_the_page_shows_the_schema_as_it_is() -> None:
    shown = PAGE.partition("<!-- fields -->\n")[2].partition("<!-- end -->")[0]
    assert shown == schema_table(), "renew it by `python -m bench readme`"
    assert PAGE.startswith(f"# Records, schema {SCHEMA}\n")


def test_the_page_says_what_two_runs_must_share_to_be_the_same_to_the_byte() -> None:
    said = PAGE.partition("\n## What two runs share\n")[2].partition("\n## ")[0]
    assert [name for name in ("timing", "versions", "instruction_set", *CHOOSERS) if name not in said] == []


def test_the_schema_has_every_field_of_a_spec() -> None:
    names = {name.removeprefix("spec.") for name in FIELDS if name.startswith("spec.")}
    assert names == set(Spec("", "").asked)
    assert {name: getattr(Spec("", ""), name) for name in USUAL} == USUAL


@pytest.mark.slow
def test_runs_write_what_the_schema_has_and_no_more(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for pair in PAIRS:
        task, models, *rest = pair
        asked = ("run", *TINY, "--set", "train.eval_every=1", "--tasks", task, "--models", models, *rest)
        assert in_process(capsys, *asked, "--out", tmp_path).code == 0
    records = records_in(tmp_path)
    assert {made["kind"] for made in records.values()} == {"symbols", "values", "stream", "text"}
    for name, made in records.items():
        assert made == json.loads((tmp_path / "records" / name).read_bytes())
        assert made["instruction_set"]
        assert set(made["source_parts"]) == {"task", "model", "trial"}


def holder(made: Record, name: str) -> tuple[Any, str]:
    """Return the part of a record that holds a field of the page, and the field's name in it."""
    for sign, value in STANDS_FOR.items():
        name = name.replace(sign, value)
    *parents, last = name.split(".")
    part: Any = made
    for parent in parents:
        part = part[int(parent) if isinstance(part, list) else parent]
    return part, last


@pytest.mark.parametrize("name", [name for name in FIELDS if name != "schema"])
def test_a_field_may_be_absent_only_where_the_page_says_so(name: str, tmp_path: Path) -> None:
    whole = json.loads(json.dumps(record({3: 80}) | PARTS))
    whole["by_length"]["3"] |= {"nats": 1.5, "rule": "lost"}
    whole["timing"] |= {"train_cpu_seconds": 2.25}
    assert read_record(written(tmp_path, whole)) == whole
    part, last = holder(whole, name)
    del part[last]
    if "absent" in FIELDS[name]:
        assert read_record(written(tmp_path, whole)) == whole | {"spec": USUAL | whole["spec"]}
    else:
        with pytest.raises(ValueError, match=f"has no valid .*{last}"):
            read_record(written(tmp_path, whole))


@pytest.mark.parametrize("name", [name for name, kinds in FIELDS.items() if "absent" in kinds])
@pytest.mark.parametrize("value", ["much", [1], -1])
def test_a_field_that_may_be_absent_is_checked_where_it_is_there(name: str, value: object, tmp_path: Path) -> None:
    whole = json.loads(json.dumps(record({3: 80}) | PARTS))
    part, last = holder(whole, name)
    part[last] = value
    if isinstance(value, str) and FIELDS[name].startswith("text"):
        assert read_record(written(tmp_path, whole)) == whole
    else:
        with pytest.raises(ValueError, match=f"has no valid .*{last}"):
            read_record(written(tmp_path, whole))


@pytest.mark.parametrize("part", PARTS)
def test_what_only_some_records_have_may_be_absent_as_a_whole(part: str, tmp_path: Path) -> None:
    whole = json.loads(json.dumps(record({3: 80}) | PARTS))
    del whole[part]
    assert read_record(written(tmp_path, whole)) == whole


def test_no_more_symbols_are_right_than_there_are_with_padding_or_without(tmp_path: Path) -> None:
    for name in ("symbols", "cells"):
        with pytest.raises(ValueError, match="has no valid padding"):
            read_record(written(tmp_path, record({3: 80}, padding=PADDING | {f"{name}_right": 13})))


@pytest.mark.parametrize(
    "sets",
    [
        {"4": SETS["3"]},  # not evaluated there
        {"3": {"one_symbol": {"examples": 0, "right": 0, "stopped_wrong": 0}}},
        {"3": {"one_symbol": {"examples": 9, "right": 8, "stopped_wrong": 2}}},
        {"3": {"one_symbol": {"examples": 9, "right": 4}}},
        {"3": {"": SETS["3"]["one_symbol"]}},
        {"3": []},
        [],
        None,
    ],
)
def test_adversarial_sets_that_cannot_be_are_refused(sets: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no valid adversarial"):
        read_record(written(tmp_path, record({3: 80}, adversarial=sets)))


@pytest.mark.parametrize("sets", [{}, {"3": {}}])
def test_a_length_without_adversarial_sets_is_let_be(sets: Any, tmp_path: Path) -> None:
    assert read_record(written(tmp_path, record({3: 80}, adversarial=sets)))["adversarial"] == sets


@pytest.mark.parametrize(
    "change",
    [
        {"length": 0},
        {"source": ["a", 1]},
        {"written": None},
        {"series": []},
        {"series": {"place": [1, 2], "depth": [1]}},
        {"series": {"place": [1, "2"]}},
        {"series": {"place": [True]}},
    ],
)
def test_traces_that_cannot_be_are_refused(change: Record, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no valid traces"):
        read_record(written(tmp_path, record({3: 80}, traces=[TRACE | change])))


def written(folder: Path, made: Record) -> Path:
    """Write a record as it is."""
    path = folder / "made.json"
    path.write_text(json.dumps(made))
    return path
