from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from harness import ROOT, SHORT, TINY, in_process, record, records_in

from bench.records.schema import KINDS
from bench.records.store import SCHEMA, Record, read_record

PAGE = (ROOT / "docs" / "records.md").read_text(encoding="utf-8")
FIELDS = re.findall(r"^\| `([^`]+)` \| ([^|]+) \|", PAGE, re.MULTILINE)
OPEN = {  # their keys are lengths and names
    "by_length": "LENGTH",
    "versions": "PACKAGE",
    "adversarial": "LENGTH",
    "adversarial.LENGTH": "KIND",
    "traces[].series": "NAME",
}
WHOLE = ("spec.task_settings", "spec.model_settings")  # their keys belong to the task and the model
TYPES = {
    "integer": [int],
    "number": [int, float],
    "text": [str],
    "object": [dict],
    "integers": [list],
    "numbers": [list],
    "texts": [list],
    "null": [type(None)],
    "true": [bool],
    "false": [bool],
    "absent": [],
}
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
PARTS: Record = {"text": FACTS, "padding": PADDING, "adversarial": SETS, "traces": [TRACE]}
WITHIN = ("text.", "padding.", "adversarial.", "traces[].")  # the part as a whole may be absent, not what is in it
NAMES = ("versions.PACKAGE", "traces[].series.NAME")  # a package that is not there, a series that a model has not
STANDS_FOR = {"[]": ".0", "LENGTH": "3", "PACKAGE": "python", "KIND": "one_symbol", "NAME": "place"}


def named(part: Any, path: str = "") -> list[tuple[str, Any]]:
    """Return every field of a record by the name that the page gives it, with its value."""
    if isinstance(part, list) and part and isinstance(part[0], dict):
        return [found for item in part for found in named(item, f"{path}[]")]
    if not isinstance(part, dict) or path in WHOLE:
        return [(path, part)]
    found = [(path, part)] if path in ("spec", "by_length") else []
    for key, value in part.items():
        inner = OPEN.get(path, key)
        found += named(value, f"{path}.{inner}" if path else inner)
    return found


def is_of(kinds: str, value: Any) -> bool:
    """Whether a value has one of the types that the page says: "integer or null"."""
    types = tuple(kind for part in re.split(", or | or |, ", kinds.strip()) for kind in TYPES[part])
    return isinstance(value, types) and (not isinstance(value, bool) or bool in types)


@pytest.mark.slow
def test_the_page_names_every_field_of_a_record_with_its_type_and_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    looks = ("--set", "train.eval_every=1")
    for pair in PAIRS:
        task, models, *rest = pair
        asked = ("run", *TINY, *looks, "--tasks", task, "--models", models, *rest, "--out", tmp_path)
        assert in_process(capsys, *asked).code == 0
    records = records_in(tmp_path)
    assert {made["kind"] for made in records.values()} == set(KINDS)
    documented = dict(FIELDS)
    assert len(documented) == len(FIELDS)
    sets = {name: PARTS[name] for name in ("adversarial", "traces")}  # none of the pairs has them
    found = [pair for made in (*records.values(), sets) for pair in named(made)]
    assert {name for name, _ in found} - {"curve"} == set(documented)
    for name, value in found:
        assert name == "curve" or is_of(documented[name], value), (name, value)


def test_the_page_tells_the_schemas_number() -> None:
    assert PAGE.startswith(f"# Records, schema {SCHEMA}\n")
    assert f"| `schema` | integer | version of this schema: {SCHEMA} |" in PAGE


def holder(made: Record, name: str) -> tuple[Any, str]:
    """Return the part of a record that holds a field of the page, and the field's name in it."""
    for sign, value in STANDS_FOR.items():
        name = name.replace(sign, value)
    *parents, last = name.split(".")
    part: Any = made
    for parent in parents:
        part = part[int(parent) if isinstance(part, list) else parent]
    return part, last


@pytest.mark.parametrize("name", [name for name, _ in FIELDS if name != "schema"])
def test_a_field_may_be_absent_only_where_the_page_says_so(name: str, tmp_path: Path) -> None:
    """The names of lengths and packages are the record's own."""
    whole = json.loads(json.dumps(record({3: 80}) | PARTS))
    whole["by_length"]["3"]["nats"] = 1.5
    assert read_record(written(tmp_path, whole)) == whole
    part, last = holder(whole, name)
    del part[last]
    may_be = name in NAMES or ("absent" in dict(FIELDS)[name] and not name.startswith(WITHIN))
    if may_be or name == "text.unknown":
        assert read_record(written(tmp_path, whole)) == whole
    else:
        with pytest.raises(ValueError, match="has no valid"):
            read_record(written(tmp_path, whole))


@pytest.mark.parametrize("name", [name for name, kinds in FIELDS if "absent" in kinds])
@pytest.mark.parametrize("value", ["much", [1], -1])
def test_a_field_that_may_be_absent_is_checked_where_it_is_there(name: str, value: object, tmp_path: Path) -> None:
    whole = json.loads(json.dumps(record({3: 80}) | PARTS))
    part, last = holder(whole, name)
    part[last] = value
    if is_allowed(name, value):
        assert read_record(written(tmp_path, whole)) == whole
    else:
        with pytest.raises(ValueError, match="has no valid"):
            read_record(written(tmp_path, whole))


def is_allowed(name: str, value: object) -> bool:
    """A compressor may save bits on the judged text; a text is read as one."""
    return (name in ("text.gzip", "text.xz") and value == -1) or (name == "spec.optimizer" and value == "much")


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
