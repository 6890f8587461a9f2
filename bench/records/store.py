"""The store: a record for each trained (task, model, seed), written whole or not at all; all that runs share.

A run writes a JSON file for each; a reference run holds them in packs, and a folder may have both.
"""

from __future__ import annotations

import gc
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from bench.records.decode import decode
from bench.records.files import LARGEST_FILE as LARGEST_FILE
from bench.records.files import content_of as content_of
from bench.records.files import safe_name
from bench.records.files import write_atomically as write_atomically
from bench.records.packs import ENDING, Cell, lines_in, pack_name, packed, packs_of
from bench.records.schema import SCHEMA as SCHEMA
from bench.records.schema import Record as Record
from bench.spec.errors import WorkError

OWN, EARLIER, OTHER = range(3)  # how well a file's name fits a record


class Found(NamedTuple):
    """A record where it lies: in a file of its own, or as a line of a pack.

    place: how a line about it calls it; name: how well the file's name fits; content: its JSON as it is there
    """

    path: Path
    place: str
    name: int
    record: Record
    content: bytes

    @property
    def cell(self) -> Cell:
        """Its task, model and seed."""
        return cell_of(self.record)

    @property
    def is_packed(self) -> bool:
        """Whether it is a line of a pack."""
        return self.path.name.endswith(ENDING)


class Contents(NamedTuple):
    """What a folder holds: records in files of their own and packed ones, and a line about all that is none.

    Of several that hold the same (task, model, seed) the one in the file of that name is here, then of the earlier one.
    """

    loose: dict[Cell, Found]
    packed: dict[Cell, Found]
    problems: list[str]

    @property
    def counting(self) -> list[Found]:
        """The records that count, in order of task, model and seed: one with a file of its own before a packed one."""
        found = self.packed | self.loose
        return [found[cell] for cell in sorted(found)]


def cell_of(record: Record) -> Cell:
    """Return a record's task, model and seed."""
    return record["task"], record["model"], record["seed"]


def record_name(row: str, column: str, seed: int, capitals: bool = False) -> str:
    """Return the file name of a record: one that every file system takes, and keeps apart from all others.

    capitals: the name that it had while names might differ in capitals alone
    """
    plain = f"{row}--{column}--seed{seed}"
    return safe_name(plain, row, column, seed, capitals=capitals, clear=plain.count("--") == 2) + ".json"


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


def read_record(path: Path) -> Record:
    """Read one record; anything that is not a whole record of this schema raises ValueError saying what is wrong."""
    return decode(content_of(path))


def read_one(folder: Path, row: str, column: str, seed: int) -> Record:
    """Read a (task, model, seed) from the file of its own, else from its pack; ValueError where neither holds it."""
    try:
        return read_record(record_path(folder, row, column, seed))
    except ValueError:
        for line in lines_in(folder / pack_name(row, seed)):
            with suppress(ValueError):
                record = decode(line)
                if cell_of(record) == (row, column, seed):
                    return record
        raise


def record_files(folder: Path) -> list[Path]:
    """Return what in a folder may hold records, whatever it is, in order of name."""
    return sorted((*folder.glob("*.json"), *folder.glob(f"*{ENDING}")), key=lambda path: path.name)


def read_records(folder: Path) -> tuple[list[Record], list[str]]:
    """Read a folder -> its records in order of task, model and seed, and a line about each file that is none."""
    contents = contents_of(folder)
    return [found.record for found in contents.counting], contents.problems


def contents_of(folder: Path) -> Contents:
    """Read all that a folder holds."""
    found, contents = list[Found](), Contents({}, {}, [])
    with collection_paused():
        for path in record_files(folder):
            shown = path.name if path.name.isprintable() else ascii(path.name)
            try:
                if path.name.endswith(ENDING):
                    found += packed_in(path, shown, contents.problems)
                else:
                    found.append(loose_in(path, shown))
            except ValueError as error:
                contents.problems.append(f"{shown} {error}: left alone")
    for each in sorted(found, key=lambda each: each.name):
        first = (contents.packed if each.is_packed else contents.loose).setdefault(each.cell, each)
        if first is not each:
            named = first.place if each.is_packed else record_name(*each.cell)
            contents.problems.append(f"{each.place} repeats {named}: left alone")
    return contents


def loose_in(path: Path, shown: str) -> Found:
    """Read the record that a file is; ValueError says why it is none."""
    content = content_of(path)
    record = decode(content)
    own, earlier = (record_name(*cell_of(record), capitals=capitals) for capitals in (False, True))
    return Found(path, shown, {earlier: EARLIER, own: OWN}.get(path.name, OTHER), record, content)


def packed_in(path: Path, shown: str, problems: list[str]) -> list[Found]:
    """Read the records that a pack holds, and say in one line which lines are none; ValueError: it is no pack."""
    found, bad = [], []
    for number, line in enumerate(lines_in(path), 1):
        try:
            record = decode(line)
            name = OWN if path.name == pack_name(record["task"], record["seed"]) else OTHER
            found.append(Found(path, f"{shown} line {number}", name, record, line))
        except ValueError as error:
            bad.append(f"{shown} line {number} {error}")
    more = f" (and {len(bad) - 1} more lines)" if len(bad) > 1 else ""
    problems += [f"{line}{more}: left alone" for line in bad[:1]]
    return found


def pack_records(folder: Path, target: Path) -> None:
    """Put a folder's records, packed, and nothing else of it in place of what another holds, or that folder itself."""
    contents = contents_of(folder)
    if contents.problems:  # a pack that cannot be read may hold the only copy
        raise WorkError(f"{str(folder)!r} has files that are no records: {contents.problems[0]}")
    packs = packs_of({found.cell: found.content for found in contents.counting})
    fresh, gone = target.with_name(f".{target.name}"), target.with_name(f".{target.name}.old")
    for each in (fresh, gone):
        shutil.rmtree(each, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name, text in packs.items():
        write_atomically(fresh / name, packed(text, target / name))
    if target.exists():
        target.rename(gone)
    fresh.rename(target)
    shutil.rmtree(gone, ignore_errors=True)


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
