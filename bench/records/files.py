"""Files of a run's folder: names that every file system takes, whole writes, and reads that cannot hang."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from bench.spec.errors import WorkError

LARGEST_FILE = 2**28  # bytes; a record has some ten thousand


def safe_name(plain: str, *cell: str | int, capitals: bool = False, clear: bool = True) -> str:
    """Return a plain name, or one with a hash of its cell where a file system may refuse it or take it for another.

    capitals: it may have some; clear: it can be read in one way only
    """
    safe = re.sub(r"[^A-Za-z0-9_.,=()+-]", "_", plain)
    same = safe == (plain if capitals else plain.lower())
    if same and clear and len(safe) <= 120 and not safe.startswith("."):
        return safe
    digest = hashlib.blake2b(json.dumps(cell).encode(), digest_size=8).hexdigest()
    return f"cell-{safe[:100]}-{digest}"


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
