"""The store: a JSON file for each trained (task, model, seed), written whole or not at all; all that runs share."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.records.decode import decode
from bench.records.schema import SCHEMA as SCHEMA
from bench.records.schema import Record as Record
from bench.spec.errors import WorkError

LARGEST_FILE = 2**28  # bytes; a record has some ten thousand


def record_name(row: str, column: str, seed: int, capitals: bool = False) -> str:
    """Return the file name of a record: one that every file system takes, and keeps apart from all others.

    capitals: the name that it had while names might differ in capitals alone
    """
    plain = f"{row}--{column}--seed{seed}"
    safe = re.sub(r"[^A-Za-z0-9_.,=()+-]", "_", plain)
    same = safe == (plain if capitals else plain.lower())
    if not same or len(safe) > 120 or safe.count("--") != 2 or safe.startswith("."):
        digest = hashlib.blake2b(json.dumps([row, column, seed]).encode(), digest_size=8).hexdigest()
        safe = f"cell-{safe[:100]}-{digest}"
    return f"{safe}.json"


def record_path(folder: Path, row: str, column: str, seed: int) -> Path:
    """Return where a record is or would be: under its name, unless it is there under the one that it had earlier."""
    path, earlier = (folder / record_name(row, column, seed, capitals) for capitals in (False, True))
    if path == earlier or path.exists() or not earlier.exists():
        return path
    with suppress(ValueError):
        record = read_record(earlier)
        if (record["task"], record["model"], record["seed"]) == (row, column, seed):
            return earlier
    return path


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
    """Write a record under its own name; readable by all, atomic."""
    path = folder / record_name(record["task"], record["model"], record["seed"])
    write_atomically(path, as_text(record))
    return path


def as_text(record: Record) -> str:
    """Return the JSON of a record, a line for each key and for each key of a part: short to read, easy to compare."""

    def line(value: object) -> str:
        return json.dumps(value, sort_keys=True, allow_nan=False, default=list)

    def part(value: object) -> str:
        if not isinstance(value, dict):
            return line(value)
        return "{\n" + ",\n".join(f"  {line(str(key))}: {line(value[key])}" for key in sorted(value)) + "}"

    return "{\n" + ",\n".join(f" {line(key)}: {part(value)}" for key, value in sorted(record.items())) + "\n}\n"


def set_aside(path: Path) -> bool:
    """Move a record into the folder stale beside it; return False if there is none, or another run has moved it."""
    try:
        digest = hashlib.blake2b(path.read_bytes(), digest_size=4).hexdigest()
        aside = path.parent / "stale" / f"{path.stem}-{digest}.json"
        aside.parent.mkdir(exist_ok=True)
        path.replace(aside)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise WorkError(f"cannot set {str(path)!r} aside: {error.strerror}") from error
    return True


def read_record(path: Path) -> Record:
    """Read one record; anything that is not a whole record of this schema raises ValueError saying what is wrong."""
    return decode(content_of(path))


def content_of(path: Path) -> bytes:
    """Return what a file holds; one that cannot be a record, of whatever kind or size, raises ValueError."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would block whoever reads it
            raise ValueError("cannot be read: no regular file")
        if status.st_size > LARGEST_FILE:
            raise ValueError(f"cannot be read: larger than {LARGEST_FILE} bytes")
        return path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error


def read_records(folder: Path) -> tuple[list[Record], list[str]]:
    """Read a folder -> its records in order of task, model and seed, and a line about each file that is none.

    Of several files that hold the same (task, model, seed), the one of that name counts, then of its earlier name.
    """
    whole, found, problems = [], dict[tuple[str, str, int], Record](), []
    with collection_paused():
        for path in sorted(folder.glob("*.json"), key=lambda path: path.name):
            shown = path.name if path.name.isprintable() else ascii(path.name)
            try:
                record = read_record(path)
                cell = (record["task"], record["model"], record["seed"])
                rank = (
                    0 if path.name == record_name(*cell) else 1 if path.name == record_name(*cell, capitals=True) else 2
                )
                whole.append((rank, shown, cell, record))
            except ValueError as error:
                problems.append(f"{shown} {error}: left alone")
    for _, shown, cell, record in sorted(whole, key=lambda each: each[0]):
        if cell in found:
            problems.append(f"{shown} repeats {record_name(*cell)}: left alone")
        else:
            found[cell] = record
    return [found[cell] for cell in sorted(found)], problems


@contextmanager
def collection_paused() -> Iterator[None]:
    """Collect no garbage meanwhile: records hold no circles, and going through them all takes longer than reading."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def unevaluated(record: Record) -> list[str]:
    """Say in a line which lengths of a record could not be evaluated, and why not the first of them; nothing if all."""
    failed = record.get("failed")
    if not failed:
        return []
    lengths = sorted(failed, key=int)
    name = f"{record['task']} {record['model']} seed {record['seed']}"
    return [f"{name}: not evaluated at length {', '.join(lengths)}: {failed[lengths[0]]}"]
