"""Records: one JSON file a trained (task, model, seed), the only shared state."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.records.schema import check_record
from bench.records.strict_json import strict_json
from bench.spec.errors import WorkError
from bench.spec.spec import Spec, renamed

SCHEMA = 2
Record = dict[str, Any]


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
            file.write(content if isinstance(content, bytes) else content.encode("utf-8", "backslashreplace"))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise WorkError(f"cannot write {str(path)!r}: {error.strerror or error}") from error
    finally:
        with suppress(OSError):  # a disk that refused the file may refuse this too
            temporary.unlink(missing_ok=True)


def write_record(folder: Path, record: Record) -> Path:
    """Write a record under its cell's name; readable by all, atomic."""
    path = folder / record_name(record["task"], record["model"], record["seed"])
    write_atomically(path, as_text(record))
    return path


def as_text(record: Record) -> str:
    """Return the JSON of a record, a line for each key and for each key of a part: short to read, easy to compare."""

    def line(value: Any) -> str:
        return json.dumps(value, sort_keys=True, allow_nan=False, default=list)

    def part(value: Any) -> str:
        if not isinstance(value, dict):
            return line(value)
        return "{\n" + ",\n".join(f"  {line(str(key))}: {line(value[key])}" for key in sorted(value)) + "}"

    return "{\n" + ",\n".join(f" {line(key)}: {part(record[key])}" for key in sorted(record)) + "\n}\n"


def read_record(path: Path) -> Record:
    """Read one record; anything that is not a whole record of this schema raises ValueError saying what is wrong."""
    record = strict_json(path)
    if not isinstance(record, dict) or record.get("schema") != SCHEMA or isinstance(record["schema"], bool):
        raise ValueError(f"is not a record of schema {SCHEMA}")
    if isinstance(record.get("spec"), dict):
        record["spec"] = renamed(record["spec"])
    check_record(record)
    return record


def read_records(folder: Path) -> tuple[list[Record], list[str]]:
    """Read a folder -> its records in order of cell, and a line about each file that is none (left where it is).

    Of two files that hold the same cell, the one with the cell's own name counts.
    """
    whole, found, problems = [], dict[tuple[str, str, int], Record](), []
    for path in sorted(folder.glob("*.json")):
        shown = path.name if path.name.isprintable() else ascii(path.name)
        try:
            record = read_record(path)
            cell = (record["task"], record["model"], record["seed"])
            whole.append((path.name != record_name(*cell), shown, cell, record))
        except ValueError as error:
            problems.append(f"{shown} {error}: left alone")
    for _, shown, cell, record in sorted(whole, key=lambda each: each[0]):  # those of their cell's own name come first
        if cell in found:
            problems.append(f"{shown} repeats {record_name(*cell)}: left alone")
        else:
            found[cell] = record
    return [found[cell] for cell in sorted(found)], problems
