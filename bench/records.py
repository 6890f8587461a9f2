"""Records: one JSON file a trained (task, model, seed), the only shared state."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from bench.errors import WorkError
from bench.spec import Spec

SCHEMA = 2
Record = dict[str, Any]
KINDS = ("symbols", "values", "stream")
OWN_NAME = re.compile(r"--seed\d+\.json$|^cell-.*-[0-9a-f]{16}\.json$")
TIMED = ("train", "evaluation")
FIELDS = frozenset(field.name for field in fields(Spec))


def spec_hash(spec: Spec, seed: int, task_version: int) -> str:
    """Hash what a cell is asked to be."""
    asked = json.dumps([asdict(spec), seed, task_version], sort_keys=True, default=list)
    return hashlib.blake2b(asked.encode(), digest_size=16).hexdigest()


def cell_key(spec: Spec, seed: int, task_version: int, sources: str) -> str:
    """Return the key under which a finished cell is fresh: what it was asked to be and the sources that made it."""
    return hashlib.blake2b(f"{spec_hash(spec, seed, task_version)} {sources}".encode(), digest_size=16).hexdigest()


def record_name(row: str, column: str, seed: int) -> str:
    """Return a cell's file name; characters that a file system may refuse are replaced and a hash keeps names apart."""
    plain = f"{row}--{column}--seed{seed}"
    safe = re.sub(r"[^A-Za-z0-9_.,=()+-]", "_", plain)
    if safe != plain or len(safe) > 120 or safe.count("--") != 2 or safe.startswith("."):
        digest = hashlib.blake2b(json.dumps([row, column, seed]).encode(), digest_size=8).hexdigest()
        safe = f"cell-{safe[:100]}-{digest}"
    return f"{safe}.json"


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader sees the old one or the new one whole, whatever happens meanwhile."""
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            file.write(content if isinstance(content, bytes) else content.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise WorkError(f"cannot write {str(path)!r}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)


def write_record(folder: Path, record: Record) -> Path:
    """Write a record under its cell's name; readable by all, atomic."""
    path = folder / record_name(record["task"], record["model"], record["seed"])
    write_atomically(path, json.dumps(record, indent=1, sort_keys=True, allow_nan=False, default=list) + "\n")
    return path


def read_record(path: Path) -> Record:
    """Read one record; anything that is not a whole record of this schema raises ValueError saying what is wrong."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError("is not whole JSON") from error
    if not isinstance(record, dict) or record.get("schema") != SCHEMA or isinstance(record["schema"], bool):
        raise ValueError(f"is not a record of schema {SCHEMA}")
    check_head(record)
    for length, score in record["by_length"].items():
        if not re.fullmatch(r"[1-9][0-9]*", length):
            raise ValueError(f"has a score at {length!r}, which is no length")
        check_score(score, length)
    return record


def check_head(record: Record) -> None:
    """Raise ValueError unless all but the scores is as this schema says."""
    for name in ("key", "sources", "task", "model", "status", "device", "evaluation_hash", "kind"):
        expect(isinstance(record.get(name), str), name)
    for name in ("task_version", "seed", "parameters", "state", "steps"):
        expect(is_count(record.get(name)), name)
    for name in ("train_lengths", "inside_lengths"):
        lengths = record.get(name)
        expect(isinstance(lengths, list) and bool(lengths) and all(is_count(n, 1) for n in lengths), name)
    expect(record["kind"] in KINDS, "kind")
    expect(isinstance(record.get("spec"), dict) and record["spec"].keys() >= FIELDS, "spec")
    curve, timing = record.get("curve"), record.get("timing")
    expect(isinstance(curve, list) and all(is_look(look) for look in curve), "curve")
    expect(isinstance(timing, dict) and all(is_number(timing.get(f"{n}_seconds")) for n in TIMED), "timing")
    looks = timing["look_seconds"] if isinstance(timing, dict) else None
    expect(isinstance(looks, list) and len(looks) == len(curve or ()) and all(map(is_number, looks)), "timing")
    expect(is_mask(record.get("first_batch")), "first_batch")
    expect(isinstance(record.get("samples"), list) and all(map(is_sample, record["samples"])), "samples")
    expect(isinstance(record.get("by_length"), dict) and bool(record["by_length"]), "by_length")


def check_score(score: Any, length: str) -> None:
    """Raise ValueError unless a score is whole: parts never more than what they are part of."""
    where = f"by_length at {length}"
    expect(isinstance(score, dict), where)
    for part, whole in (("right", "examples"), ("tokens_right", "tokens"), ("stopped_wrong", "examples")):
        expect(is_count(score.get(part)) and is_count(score.get(whole), 1) and score[part] <= score[whole], where)
    expect(isinstance(score.get("unseen"), bool) and is_number(score.get("chance")), where)
    for name in ("nrmse", "next_step_nrmse"):
        expect(name in score and is_number_or_none(score[name]), where)
    places = score.get("errors_at")
    expect(isinstance(places, list) and bool(places) and all(map(is_number_or_none, places)), where)


def expect(holds: bool, name: str) -> None:
    """Raise ValueError that names a part of a record unless it is as it should be."""
    if not holds:
        raise ValueError(f"has no valid {name}")


def is_count(value: Any, least: int = 0) -> bool:
    """Whether a value is a whole number of at least so much (True is none)."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def is_number(value: Any) -> bool:
    """Whether a value is a finite number of 0 or more."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < float("inf")


def is_number_or_none(value: Any) -> bool:
    """Whether a value is a finite number of 0 or more, or absent."""
    return value is None or is_number(value)


def is_look(look: Any) -> bool:
    """Whether a value is a point of a learning curve."""
    return (
        isinstance(look, dict)
        and is_count(look.get("step"), 1)
        and all(name in look and is_number_or_none(look[name]) for name in ("loss", "exact"))
    )


def is_mask(mask: Any) -> bool:
    """Whether a value says what the loss counts in the rows of a batch."""
    if not isinstance(mask, dict) or not is_count(mask.get("width"), 1):
        return False
    lengths, counted = mask.get("lengths"), mask.get("counted")
    if not isinstance(lengths, list) or not isinstance(counted, list) or len(lengths) != len(counted):
        return False
    return all(is_count(number) and number <= mask["width"] for number in lengths + counted)


def is_sample(sample: Any) -> bool:
    """Whether a value is a kept example: lists of symbols' names, or of numbers and None where one overflowed."""
    if not isinstance(sample, dict) or not is_count(sample.get("length"), 1) or not is_count(sample.get("first")):
        return False
    parts = [sample.get(name) for name in ("given", "truth", "written")]
    if not all(isinstance(part, list) for part in parts):
        return False
    items = [item for part in parts for item in part or ()]
    return all(isinstance(item, str) for item in items) or all(
        item is None or (isinstance(item, int | float) and not isinstance(item, bool)) for item in items
    )


def read_records(folder: Path) -> tuple[list[Record], list[str]]:
    """Read a folder -> its records in order of cell, and a line about each file that is none (left where it is).

    Of two files that hold the same cell, the one with the cell's own name counts.
    """
    found: dict[tuple[str, str, int], Record] = {}
    problems = []
    paths = sorted(folder.glob("*.json"))
    for path in sorted(paths, key=lambda path: not OWN_NAME.search(path.name)):
        try:
            record = read_record(path)
            cell = (record["task"], record["model"], record["seed"])
            if cell in found:
                raise ValueError(f"repeats {record_name(*cell)}")
            found[cell] = record
        except ValueError as error:
            problems.append(f"{path.name} {error}: left alone")
    return [found[cell] for cell in sorted(found)], problems
