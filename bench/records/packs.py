"""Packs, as reference runs are committed: the records of a (row, seed) in one gzip file, a line of JSON each."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from bench.records import files

ENDING = ".jsonl.gz"
LOOKED_AT = ("samples", "traces")  # lists that no score and no statistic reads; a page shows a pair's first ones
Cell = tuple[str, str, int]  # row, column and seed


def pack_name(row: str, seed: int) -> str:
    """Return the file name of a pack: one that every file system takes, and keeps apart from all others."""
    return files.safe_name(f"{row}--seed{seed}", row, seed) + ENDING


def packs_of(records: Mapping[Cell, bytes]) -> dict[str, bytes]:
    """Return of records' JSON the text of each pack by its name, columns in order.

    What is only there to be looked at stays with the first seed of each pair that has any.
    """
    lines, shown = dict[str, list[bytes]](), set[tuple[str, str, str]]()
    for row, column, seed in sorted(records):
        value = json.loads(records[row, column, seed])
        for part in filter(value.get, LOOKED_AT):
            if (row, column, part) in shown:
                value[part] = []
            shown.add((row, column, part))
        line = json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ":"))
        lines.setdefault(pack_name(row, seed), []).append(line.encode())
    return {name: text_of(found) for name, found in lines.items()}


def text_of(lines: Iterable[bytes]) -> bytes:
    """Put lines together."""
    return b"".join(line + b"\n" for line in lines)


def packed(text: bytes, earlier: Path) -> bytes:
    """Return a pack of a text: an earlier one's very bytes where it holds the same, as versions of zlib differ."""
    with suppress(ValueError):
        content = files.content_of(earlier)
        if unpacked(content) == text:
            return content
    buffer = io.BytesIO()
    with gzip.GzipFile("", "wb", 9, buffer, mtime=0) as file:
        file.write(text)
    return buffer.getvalue()


def unpacked(content: bytes) -> bytes:
    """Return the text of a pack; ValueError says what is wrong: no whole gzip file, or one that floods memory."""
    if not content:  # which the module gzip takes for a whole file
        raise ValueError("is no whole gzip file")
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            text = file.read(files.LARGEST_FILE + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError("is no whole gzip file") from error
    if len(text) > files.LARGEST_FILE:
        raise ValueError(f"cannot be read: unpacks to more than {files.LARGEST_FILE} bytes")
    return text


def lines_in(pack: Path) -> list[bytes]:
    """Return the lines of a pack; ValueError says why it has none."""
    return unpacked(files.content_of(pack)).removesuffix(b"\n").split(b"\n")
