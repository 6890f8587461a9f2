"""What may lie among records and is none: cut, binary, of other schemas, of odd names, pipes, loops; from a seed."""

from __future__ import annotations

import gzip
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness import record

from bench.records.store import SCHEMA, Record, record_name

ODD_NUMBERS: list[Any] = [-1, 0, 1, 1.5, -0.0, 1e308, 2**53 + 1, 10**400, float("nan"), float("inf"), [10**400, -1.0]]
ODD_TEXTS: list[Any] = ["", "x", "NaN", "\u00e9\n|", "\ud800", "\x1b[2J", "1" * 400]
ODD: list[Any] = [None, True, False, *ODD_NUMBERS, *ODD_TEXTS, [], {}, [None], [[[]]], {"": {}}]
CHANGED = 120  # whole records with something changed: damaged or not, as it comes


def places(part: Any) -> list[tuple[Any, Any]]:
    """Return every place of a record: what holds it, and its name or number there."""
    names = list(part) if isinstance(part, dict) else list(range(len(part))) if isinstance(part, list) else []
    return [(part, name) for name in names] + [place for name in names for place in places(part[name])]


def changed(whole: Record, chance: random.Random) -> bytes:
    """Change a record in one to three places, into what no record says or into what another might."""
    made = json.loads(json.dumps(whole))
    for _ in range(chance.choice([1, 1, 2, 3])):
        parent, name = chance.choice(places(made))
        deed = chance.choice(["odd", "odd", "gone", "moved", "other", "other", "other", "other"])
        if deed == "gone":
            del parent[name]
        elif deed == "moved" and isinstance(parent, dict):
            parent[chance.choice(["x", "7", "0", "-3", "9" * 400, "\u0661"])] = parent.pop(name)
        elif deed == "other":
            parent[name] = another(parent[name], chance)
        else:
            parent[name] = chance.choice(ODD)
    return json.dumps(made).encode()


def another(value: Any, chance: random.Random) -> Any:
    """Return another value of the same type; a list may end earlier, say all twice, or be empty."""
    if isinstance(value, bool) or value is None:
        return chance.choice([True, False, None])
    if isinstance(value, int | float):
        return chance.choice([0, 1, 3, 100, 0.5, value * 2, value // 2])
    if isinstance(value, str):
        return chance.choice(["copy", "gru", "values", "stream", "symbols", "fitted", "diverged", value * 2])
    return chance.choice([value[:-1], value * 2, []]) if isinstance(value, list) else dict(list(value.items())[1:])


def other_records(chance: random.Random) -> dict[str, bytes]:
    """Return changed records, three seeds of each of many pairs, some of them whole still, under their own names."""
    found = {}
    for number in range(CHANGED):
        model, seed = f"changed{number // 3}", number % 3
        whole = record({3: 80, 4: 40, 9: 7}, inside=(3, 4), model=model, seed=seed)
        found[record_name("copy", model, seed)] = changed(whole, chance)
    return found


def damaged(chance: random.Random) -> dict[str, bytes]:
    """Return contents of files that hold no record, by name."""
    text = json.dumps(record({3: 80, 4: 40}, model="cut"))
    found = {f"cut{end}.json": text[:end].encode() for end in chance.sample(range(len(text)), 60)}
    found |= {f"binary{length}.json": chance.randbytes(length) for length in chance.sample(range(1, 5000), 40)}
    found |= {f"other{number}.json": json.dumps(value).encode() for number, value in enumerate(ODD)}
    for number, value in enumerate(("NaN", "Infinity", "-Infinity", "1e999", "9" * 400, "9" * 5000, '"\\ud800"')):
        found[f"steps{number}.json"] = text.replace('"steps": 1000', f'"steps": {value}').encode()
        found[f"loss{number}.json"] = text.replace('"loss": 0.5', f'"loss": {value}').encode()
        found[f"version{number}.json"] = text.replace('"python": "3"', f'"python": {value}').encode()
    for name in ("seed", "task", "by_length", "loss", "right"):
        found[f"twice-{name}.json"] = text.replace(f'"{name}":', f'"{name}": 1, "{name}":', 1).encode()
    for depth in (100, 990, 5000, 200_000):
        found[f"deep{depth}.json"] = b"[" * depth + b"]" * depth
        found[f"deep-object{depth}.json"] = b'{"":' * depth + b"0" + b"}" * depth
    for number, schema in enumerate((0, 1, SCHEMA + 1, str(SCHEMA), None, [SCHEMA], True)):
        found[f"schema{number}.json"] = json.dumps(record({3: 1}, schema=schema)).encode()
    found |= {"bom.json": b"\xef\xbb\xbf" + text.encode(), "utf16.json": text.encode("utf-16"), "zero.json": bytes(99)}
    return found | {"latin.json": text.replace("cpu", "café").encode("latin-1") + b"\xe9", "empty.json": b""}


def odd_names() -> dict[str, bytes]:
    """Return names that are hard to print: newlines, escapes, emoji, bytes that are no text, blanks, very long."""
    names = ["a\nb.json", "\n.json", "tab\t.json", "\x1b[31mred.json", "🦆.json", " .json", "[bold]x[bold].json"]
    names += [os.fsdecode(b"\xff\xfe.json"), "é" * 100 + ".json", "--seed0.json", "quote'\".json", "$(x).json"]
    return dict.fromkeys(names, b"{}")


def special(records: Path) -> dict[str, Callable[[Path], object]]:
    """Return what is no file: how to make it, by name."""
    whole = next(path for path in records.iterdir() if path.is_file())
    return {
        "folder.json": Path.mkdir,
        "folder.jsonl.gz": Path.mkdir,
        "pipe.json": os.mkfifo,
        "pipe.jsonl.gz": os.mkfifo,
        "cut.jsonl.gz": lambda path: path.write_bytes(gzip.compress(whole.read_bytes())[:-1]),
        "text.jsonl.gz": lambda path: path.write_bytes(whole.read_bytes()),
        "lines.jsonl.gz": lambda path: path.write_bytes(gzip.compress(whole.read_bytes())),
        "loop.json": lambda path: path.symlink_to(path),
        "nowhere.json": lambda path: path.symlink_to("nowhere"),
        "up.json": lambda path: path.symlink_to(".."),
        "endless.json": lambda path: path.symlink_to("/dev/zero"),
        "again.json": lambda path: path.symlink_to(whole),
        "huge.json": lambda path: (path.touch(), os.truncate(path, 2**33)),
    }
