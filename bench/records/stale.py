"""Stale records: what other settings or other code made is set aside before its pair is trained again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from bench.spec.errors import WorkError


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
