"""Records: one JSON file a trained (task, model, seed), the only shared state."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.errors import WorkError
from bench.spec import Spec

SCHEMA = 1
Record = dict[str, Any]
REQUIRED = {
    "schema": int,
    "key": str,
    "task": str,
    "model": str,
    "task_version": int,
    "seed": int,
    "spec": dict,
    "status": str,
    "inside_lengths": list,
    "by_length": dict,
    "parameters": int,
    "steps": int,
    "device": str,
    "timing": dict,
}
SCORED = "examples right tokens tokens_right stopped_wrong unseen chance nrmse next_step_nrmse".split()


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
    if safe != plain or len(safe) > 120:
        safe = f"{safe[:100]}-{hashlib.blake2b(plain.encode(), digest_size=4).hexdigest()}"
    return f"{safe}.json"


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one whole, whatever happens meanwhile."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    except OSError as error:
        raise WorkError(f"cannot write in {str(path.parent)!r}: {error.strerror or error}") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except OSError as error:
        Path(temporary).unlink(missing_ok=True)
        raise WorkError(f"cannot write {str(path)!r}: {error.strerror or error}") from error
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


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
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        raise ValueError(f"is not a record of schema {SCHEMA}")
    for name, kind in REQUIRED.items():
        if not isinstance(record.get(name), kind) or (kind is int and isinstance(record[name], bool)):
            raise ValueError(f"lacks {name!r} of type {kind.__name__}")
    for length, score in record["by_length"].items():
        if not length.isdigit() or not isinstance(score, Mapping) or any(name not in score for name in SCORED):
            raise ValueError(f"has no whole score at length {length!r}")
    if not record["by_length"]:
        raise ValueError("has no scores")
    return record


def read_records(folder: Path) -> tuple[list[Record], list[str]]:
    """Read a folder -> its records in order of name, and a line about each file that is none (left where it is)."""
    records, problems = [], []
    for path in sorted(folder.glob("*.json")):
        try:
            records.append(read_record(path))
        except ValueError as error:
            problems.append(f"{path.name} {error}: left alone")
    return records, problems
