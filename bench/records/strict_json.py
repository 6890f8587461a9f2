"""Reads JSON strictly: regular files only, no word that JSON has not, no key twice, no half of a character."""

from __future__ import annotations

import json
import re
import stat
from pathlib import Path
from typing import Any

LARGEST_FILE = 2**28  # bytes; a record has some ten thousand
HALF_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")  # of a pair that stands for one, or alone: then it is no text


def strict_json(path: Path) -> Any:
    """Read one JSON file; whatever is wrong raises ValueError that says it in a few words."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would block whoever reads it
            raise ValueError("cannot be read: no regular file")
        if status.st_size > LARGEST_FILE:
            raise ValueError(f"cannot be read: larger than {LARGEST_FILE} bytes")
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"cannot be read: {error.strerror}") from error
    try:
        text = content.decode("utf-8")
        value = json.loads(text, parse_constant=refuse, object_pairs_hook=each_once)
        if HALF_CHARACTER.search(text):
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise ValueError("is not whole JSON") from error
    return value


def refuse(word: str) -> None:
    """Raise at NaN and Infinity, which Python would read."""
    raise ValueError(word)


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the dictionary of pairs; a key that comes twice raises."""
    whole = dict(pairs)
    if len(whole) < len(pairs):
        raise ValueError("a key twice")
    return whole
