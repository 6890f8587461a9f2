"""The schema of records: what is checked of one before any of its numbers is used."""

from __future__ import annotations

import re
from dataclasses import asdict
from itertools import pairwise
from typing import Any

from bench.records.schema_parts import is_adversarial, is_facts, is_padding, is_sample, is_trace
from bench.records.schema_values import (
    are_numbers_or_none,
    expect,
    is_count,
    is_number,
    is_number_or_none,
    is_seed,
    is_share,
)
from bench.spec.spec import Spec

KINDS = ("symbols", "values", "stream", "text")
TIMED = ("train", "evaluation")
FIELDS = asdict(Spec("", ""))  # and a value of each field's type
# Fields of a spec that the schema's first records have not.
LATER = ("period", "optimizer", "seconds", "curriculum", "same_length_batches", "ema", "adversarial")


def check_record(record: dict[str, Any]) -> None:
    """Raise ValueError that names the first part that is not as the schema says; parts that are more are let be."""
    check_head(record)
    check_origin(record)
    for length, score in record["by_length"].items():
        if not re.fullmatch(r"[1-9][0-9]{0,14}", length):
            raise ValueError(f"has a score at {length[:40]!r}, which is no length")
        check_score(score, length)


def check_head(record: dict[str, Any]) -> None:
    """Raise ValueError unless all but the scores is as this schema says."""
    for name in ("key", "spec_hash", "sources", "task", "model", "status", "device", "evaluation_hash", "kind"):
        expect(isinstance(record.get(name), str), name)
    for name in ("task_version", "parameters", "state", "steps"):
        expect(is_count(record.get(name)), name)
    expect(is_seed(record.get("seed")), "seed")
    for name in ("train_lengths", "inside_lengths"):
        lengths = record.get(name)
        expect(isinstance(lengths, list) and bool(lengths) and all(is_count(n, 1) for n in lengths), name)
    expect(record["kind"] in KINDS, "kind")
    expect(is_spec(record.get("spec")), "spec")
    curve, timing = record.get("curve"), record.get("timing")
    expect(is_curve(curve), "curve")
    expect(isinstance(timing, dict) and all(is_number(timing.get(f"{n}_seconds")) for n in TIMED), "timing")
    looks = timing.get("look_seconds") if isinstance(timing, dict) else None
    expect(isinstance(looks, list) and len(looks) == len(curve or ()) and all(map(is_number, looks)), "timing")
    expect(
        "tokens_per_second" in record["timing"] and is_number_or_none(record["timing"]["tokens_per_second"]), "timing"
    )
    expect(is_mask(record.get("first_batch")), "first_batch")
    expect(isinstance(record.get("samples"), list) and all(map(is_sample, record["samples"])), "samples")
    expect(isinstance(record.get("by_length"), dict) and bool(record["by_length"]), "by_length")
    expect("text" not in record or is_facts(record["text"]), "text")
    expect("padding" not in record or is_padding(record["padding"]), "padding")
    expect(is_adversarial(record.get("adversarial", {}), record["by_length"]), "adversarial")
    traces = record.get("traces", [])
    expect(isinstance(traces, list) and all(map(is_trace, traces)), "traces")


def check_origin(record: dict[str, Any]) -> None:
    """Raise ValueError unless a record says where it comes from."""
    expect("commit" in record and isinstance(record["commit"], str | None), "commit")
    expect("dirty" in record and isinstance(record["dirty"], bool | None), "dirty")
    expect(is_count(record.get("threads"), 1), "threads")
    found = record.get("versions")
    expect(isinstance(found, dict) and all(isinstance(version, str) for version in found.values()), "versions")


def check_score(score: Any, length: str) -> None:
    """Raise ValueError unless a score is whole: parts never more than what they are part of."""
    where = f"by_length at {length}"
    expect(isinstance(score, dict), where)
    for part, whole in (("right", "examples"), ("tokens_right", "tokens"), ("stopped_wrong", "examples")):
        expect(is_count(score.get(part)) and is_count(score.get(whole), 1) and score[part] <= score[whole], where)
    expect(score["right"] + score["stopped_wrong"] <= score["examples"], where)
    expect(isinstance(score.get("unseen"), bool) and is_share(score.get("chance")), where)
    for name in ("nrmse", "next_step_nrmse"):
        expect(name in score and is_number_or_none(score[name]), where)
    expect(is_number_or_none(score.get("nats")), where)
    places = score.get("errors_at")
    expect(isinstance(places, list) and bool(places) and are_numbers_or_none(places), where)


def is_spec(spec: Any) -> bool:
    """Whether a value has every field of a spec, each of its type."""
    return (
        isinstance(spec, dict)
        and spec.keys() | LATER >= FIELDS.keys()
        and all(is_like(spec.get(name, usual), usual) for name, usual in FIELDS.items())
    )


def is_like(value: Any, usual: Any) -> bool:
    """Whether a field of a spec has the type of its usual value; settings are plain values or lists of them."""
    if isinstance(usual, dict):
        lists = (
            [item if isinstance(item, list) else [item] for item in value.values()]
            if isinstance(value, dict)
            else [[{}]]
        )
        return all(item is None or isinstance(item, str | int | float) for items in lists for item in items)
    if isinstance(usual, bool | str):
        return isinstance(value, type(usual))
    if usual is None:
        return value is None or is_seed(value)
    return is_count(value) if isinstance(usual, int) else is_number(value)


def is_curve(curve: Any) -> bool:
    """Whether a value is a learning curve: looks at ascending steps."""
    if not isinstance(curve, list) or not all(map(is_look, curve)):
        return False
    return all(one["step"] < other["step"] for one, other in pairwise(curve))


def is_look(look: Any) -> bool:
    """Whether a value is a point of a learning curve."""
    if not isinstance(look, dict) or not is_count(look.get("step"), 1) or not look.keys() >= {"loss", "exact"}:
        return False
    return is_number_or_none(look["loss"]) and (look["exact"] is None or is_share(look["exact"]))


def is_mask(mask: Any) -> bool:
    """Whether a value says what the loss counts in the rows of a batch."""
    if not isinstance(mask, dict) or not is_count(mask.get("width"), 1):
        return False
    lengths, counted = mask.get("lengths"), mask.get("counted")
    if not isinstance(lengths, list) or not isinstance(counted, list) or len(lengths) != len(counted):
        return False
    return all(is_count(number) and number <= mask["width"] for number in lengths + counted)
