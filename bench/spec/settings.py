"""Settings written as text: task.symbols=8, model.hidden=128, train.learning_rate=0.01."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from bench.spec.catalogue import Entry, Setting
from bench.spec.errors import RequestError, choose_from
from bench.spec.spec import RENAMED, Spec

PARTS = ("task", "model", "train")
TRAIN = {
    field.name: Setting(str(field.type), "")
    for field in fields(Spec)
    if field.name not in ("task", "model", "task_settings", "model_settings", "row", "column", "variant")
}


@dataclass(frozen=True)
class Change:
    """One `--set`: which part, which setting, its value still as text."""

    part: str
    name: str
    text: str

    def value(self, entry: Entry | None) -> Any:
        """Read the value as the type that the task's or model's setting has; `entry` None for training."""
        known = TRAIN if entry is None else entry.settings
        if self.name not in known:
            where = "training" if entry is None else f"{entry.kind} {entry.name}"
            raise choose_from(f"setting of {where}", self.name, list(known) or ["none"])
        return read(self.text, known[self.name].type, f"{self.part}.{self.name}")


def parse_change(text: str) -> Change:
    """Split task.field=value; a field of training may have its old name, which is said on standard error."""
    match = re.fullmatch(r"(\w+)\.(\w+)=(.*)", text)
    if not match or match[1] not in PARTS:
        raise RequestError(
            f"cannot read --set {text!r}; write task.FIELD=VALUE, model.FIELD=VALUE or train.FIELD=VALUE"
        )
    part, name, value = match.groups()
    if part == "train" and name in RENAMED:
        print(f"note: train.{name} is now called train.{RENAMED[name]}", file=sys.stderr)
        name = RENAMED[name]
    return Change(part, name, value)


def read(text: str, kind: str, name: str) -> Any:
    """Read a value of a type given as source text; lists are written 1,2,5-9."""
    try:
        if kind == "bool":
            return {"true": True, "false": False}[text.lower()]
        if kind in ("int", "int | None"):
            return int(text)
        if kind == "float":
            return float(text)
        if kind.startswith("tuple[int"):
            return integers(text)
        if kind.startswith("tuple[float"):
            return tuple(float(part) for part in text.split(","))
    except (KeyError, ValueError) as error:
        raise RequestError(f"{name}: cannot read {text!r} as {kind}") from error
    return text


def integers(text: str) -> tuple[int, ...]:
    """Read whole numbers and ranges: 1,2,5-9; nothing is an empty list."""
    found: list[int] = []
    for part in text.split(",") if text else ():
        first, dash, last = part.strip().partition("-")
        found += range(int(first), int(last) + 1) if dash else [int(first)]
    return tuple(found)


def split_names(text: str, known: Iterable[str] = ()) -> list[str]:
    """Split a list of names at its commas; those in brackets, in quotes or in a known name belong to the name."""
    whole = "|".join(re.escape(name) for name in sorted(known, key=len, reverse=True) if "," in name) or "(?!)"
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[1] or found[2] or found[3])
        return f"\0{len(kept) - 1}\0"

    held = re.sub(rf"(?<![^,])\s*(?:\"([^\"]+)\"|'([^']+)'|({whole}))\s*(?![^,])", keep, text)
    parts = (part.strip() for part in re.split(r",(?![^(]*\))", held))
    return [kept[int(part.strip("\0"))] if part.startswith("\0") else part for part in parts if part]


def written(value: Any) -> str:
    """Write a value as `read` reads it, runs of whole numbers as ranges."""
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, tuple | list):
        return str(value)
    runs: list[list[Any]] = []
    for item in value:
        if runs and isinstance(item, int) and item == runs[-1][-1] + 1:
            runs[-1].append(item)
        else:
            runs.append([item])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ",".join(map(str, run)) for run in runs)


def label(name: str, settings: Mapping[str, Any], changes: Iterable[tuple[str, Any]] = ()) -> str:
    """Name a row by what sets it apart: addition(shortest=1,train_lengths=1-4)."""
    shown = dict(sorted(settings.items())) | dict(changes)
    return f"{name}({','.join(f'{key}={written(value)}' for key, value in shown.items())})" if shown else name
