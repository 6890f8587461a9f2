"""Setting records aside, into the folder stale: out of the way of those that other settings or other code make."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from bench.records.files import write_atomically
from bench.records.packs import lines_in, packed, text_of
from bench.records.store import Found, record_name
from bench.spec.errors import WorkError


def set_aside(path: Path) -> bool:
    """Move a record into the folder stale beside it; return False if there is none, or another run has moved it."""
    try:
        aside = place_aside(path, path.stem, path.read_bytes())
        aside.parent.mkdir(exist_ok=True)
        path.replace(aside)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise WorkError(f"cannot set {str(path)!r} aside: {error.strerror}") from error
    return True


def place_aside(path: Path, stem: str, content: bytes) -> Path:
    """Return where a record goes that is set aside: a name of its own for each content."""
    return path.parent / "stale" / f"{stem}-{hashlib.blake2b(content, digest_size=4).hexdigest()}.json"


def set_all_aside(records: Iterable[Found]) -> int:
    """Move records into the folder stale, packed ones out of their packs; return how many were still there."""
    moved = 0
    for path, group in groupby(sorted(records, key=lambda each: each.path), key=lambda each: each.path):
        here = list(group)
        moved += set_lines_aside(path, here) if here[0].is_packed else set_aside(path)
    return moved


def set_lines_aside(pack: Path, records: list[Found]) -> int:
    """Write lines of a pack as files of the folder stale, then the pack without them; return how many."""
    names = {found.content: record_name(*found.cell).removesuffix(".json") for found in records}
    try:
        lines = lines_in(pack)
    except ValueError:  # another run has emptied it
        return 0
    moved = [line for line in lines if line in names]
    for line in moved:
        write_atomically(place_aside(pack, names[line], line), line + b"\n")
    left = text_of(line for line in lines if line not in names)
    if left and moved:
        write_atomically(pack, packed(left, pack))
    elif moved:
        pack.unlink(missing_ok=True)
    return len(moved)
