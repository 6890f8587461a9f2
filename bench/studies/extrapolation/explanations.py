"""What the page says of a task in words: why families hold or fail there, as explanations.md has it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from bench.records.store import Record

FILE = Path(__file__).with_suffix(".md")


@cache
def explanations() -> dict[str, str]:
    """Return each paragraph by the names in its heading, without line breaks."""
    _, *parts = re.split(r"^## (.+)$", FILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    said = zip(parts[::2], parts[1::2], strict=True)
    return {name: " ".join(text.split()) for names, text in said for name in names.split(" and ")}


def why(record: Record) -> str:
    """Return why families hold or fail on a record's row, else on its task; "" where nothing is said."""
    known = explanations()
    return known.get(record["task"]) or known.get(record["spec"]["task"], "")
