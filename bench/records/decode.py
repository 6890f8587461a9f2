"""Reads a record's bytes: strict JSON, an earlier schema as the one of today, values that agree with each other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any, NotRequired, TypedDict, get_origin, get_type_hints

import msgspec

from bench.records.schema import SCHEMA, CountsPart, Record, Sequence, SpecPart
from bench.spec.spec import Spec, renamed

EARLIER = 2  # records of this schema are read as well
OTHER = f"is not a record of schema {SCHEMA}, or {EARLIER}"
USUAL = {  # of the fields that the first specs lack
    name: getattr(Spec("", ""), name)
    for name, kind in get_type_hints(SpecPart, include_extras=True).items()
    if get_origin(kind) is NotRequired
}
FIELDS = get_type_hints(Record, include_extras=True) | {"spec": dict[str, Any]}  # it may be of the earlier schema
SETTINGS = ("task_settings", "model_settings")
OBJECTS = "spec by_length timing first_batch versions source_parts variant failed text padding adversarial".split()
DECODER = msgspec.json.Decoder(TypedDict("File", FIELDS))  # type: ignore[operator]  # put together as it runs


def decode(content: bytes) -> Record:
    """Return the record that a file's bytes are; ValueError says what is wrong, naming the part.

    Parts that the schema does not know are let be: they are in the file, and not in what is returned.
    """
    try:
        record = DECODER.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        value = strict_json(content)
        known = isinstance(value, dict) and value.get("schema") in (EARLIER, SCHEMA)
        raise ValueError(f"has no valid {place_of(error)}" if known else OTHER) from error
    if record["schema"] not in (EARLIER, SCHEMA):
        raise ValueError(OTHER)
    if keys_in(record) != content.count(b":"):  # else each colon is behind a key of its own
        strict_json(content)
    if record["schema"] == EARLIER:
        record["schema"], record["spec"] = SCHEMA, renamed(record["spec"])
    try:
        record["spec"] = msgspec.convert(USUAL | record["spec"], SpecPart)
    except msgspec.ValidationError as error:
        raise ValueError(f"has no valid {place_of(error, 'spec')}") from error
    return agreeing(record)


def checked(value: Mapping[str, object]) -> Record:
    """Return a value as a record; ValueError names a part that is not as the schema says."""
    try:
        return agreeing(msgspec.convert(value, Record))
    except msgspec.ValidationError as error:
        raise ValueError(f"has no valid {place_of(error)}") from error


def strict_json(content: bytes) -> Any:
    """Return the value of a JSON text; no word that JSON has not, no key twice, no unpaired surrogates."""
    try:
        json.loads(content, object_pairs_hook=each_once)
        return msgspec.json.decode(content)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ValueError("is not whole JSON") from error


def each_once(pairs: list[tuple[str, Any]]) -> None:
    """Raise where a key of an object comes twice."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key twice")


def keys_in(record: dict[str, Any]) -> int:
    """Count the keys of a record and of all its parts."""
    traces, sets = record.get("traces", []), record.get("adversarial", {}).values()
    objects = [record, *(record[name] for name in OBJECTS if name in record)]
    objects += chain(record["by_length"].values(), record["curve"], record["samples"], traces, sets)
    objects += (part for part in map(record["spec"].get, SETTINGS) if isinstance(part, dict))
    objects += chain((trace["series"] for trace in traces), *(kinds.values() for kinds in sets))
    return sum(map(len, objects))


def place_of(error: Exception, part: str = "") -> str:
    """Return what msgspec says, the place first: Expected `int`, got `str` - at `$.by_length[...].right`."""
    reason, _, place = str(error).partition(" - at ")
    missing = re.search(r"missing required field `(\w+)`", reason)
    path = [part, *re.findall(r"`\$\.?(.*?)`", place), *(missing.groups() if missing else [])]
    return f"{'.'.join(filter(None, path)) or 'record'}: {reason}"


def agreeing(record: Record) -> Record:
    """Return a record; ValueError names the first part whose values do not agree with each other or with another's."""
    for part in disagreements(record):
        raise ValueError(f"has no valid {part}: its values do not agree")
    return record


def disagreements(record: Record) -> Iterator[str]:
    """Yield the parts of a record whose values do not agree."""
    scores, curve, mask = record["by_length"], record["curve"], record["first_batch"]
    for length, score in scores.items():
        tokens, right = score["tokens"], score["tokens_right"]
        skipped = {tokens is None, right is None, score.get("rule") == "skipped"}
        if too_many(score) or len(skipped) > 1 or (right or 0) > (tokens or 0):
            yield f"by_length.{length}"
    for length, sets in record.get("adversarial", {}).items():
        if length not in scores or any(map(too_many, sets.values())):
            yield f"adversarial.{length}"
    if record.get("failed", {}).keys() & scores.keys():
        yield "failed"
    steps = [point["step"] for point in curve]
    if steps != sorted(set(steps)):
        yield "curve"
    if len(record["timing"]["look_seconds"]) != len(curve):
        yield "timing.look_seconds"
    rows = [*mask["lengths"], *mask["counted"]]
    if len(rows) != 2 * len(mask["lengths"]) or max(rows, default=0) > mask["width"]:
        yield "first_batch"
    if not all(is_sequence(sample["given"] + sample["truth"] + sample["written"]) for sample in record["samples"]):
        yield "samples"
    for trace in record.get("traces", []):
        if len(set(map(len, trace["series"].values()))) > 1 or not is_sequence(trace["source"] + trace["written"]):
            yield "traces"
    padding = record.get("padding")
    if padding and (padding["symbols_right"] > padding["symbols"] or padding["cells_right"] > padding["cells"]):
        yield "padding"


def too_many(counts: CountsPart) -> bool:
    """Whether more examples are right, or only stopped wrong, than there are."""
    return counts["right"] + counts["stopped_wrong"] > counts["examples"]


def is_sequence(items: Sequence) -> bool:
    """Whether items are tokens by their names, or else numbers and None."""
    kinds = set(map(type, items))
    return str not in kinds or len(kinds) == 1
