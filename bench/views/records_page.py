"""What docs/records.md takes from elsewhere: the schema's fields, and how the committed runs stand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from bench.analysis.freshness import freshness
from bench.records.schema import Record
from bench.views.readme import replace_block

NAMES = {int: "integer", float: "number", bool: "true or false", str: "text", NoneType: "null"}


def refresh_records_page(page: Path, baseline: Path) -> None:
    """Rewrite the marked blocks of the page."""
    replace_block(page, "fields", schema_table())
    replace_block(page, "status", standing(baseline))


def standing(baseline: Path) -> str:
    """Return a line for each committed run: when it was made, and whether it is current."""
    runs = sorted(path.parent for path in baseline.glob("*/records"))
    return "".join(f"- {freshness(run).statement()}\n" for run in runs)


def schema_table() -> str:
    """Return a line for each field: its name, after those of the parts that it is in; its type, meaning and unit."""
    lines = [("field", "type", "meaning", "unit"), ("---",) * 4, *fields_in(Record, "")]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def fields_in(hint: Any, path: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield the fields of the parts that a type is made of: by_length.LENGTH.right, curve[].step."""
    kind, *_ = annotated(hint)
    if is_typeddict(kind):
        for name, field in get_type_hints(kind, include_extras=True).items():
            absent = ", or absent" if get_origin(field) is NotRequired else ""
            inner, *said = annotated(get_args(field)[0] if absent else field)
            about = next(each for each in reversed(said) if each.description)
            shown = f"{path}.{name}".strip(".")
            yield f"`{shown}`", in_words(inner) + absent, about.description, about.extra["unit"]
            yield from fields_in(inner, shown)
    elif get_origin(kind) is list:
        yield from fields_in(get_args(kind)[0], f"{path}[]")
    elif get_origin(kind) is dict:
        key, inner = get_args(kind)
        yield from fields_in(inner, f"{path}.{annotated(key)[-1].title if annotated(key)[1:] else 'NAME'}")


def annotated(hint: Any) -> tuple[Any, ...]:
    """Return a type, and what is said about it."""
    return get_args(hint) if get_origin(hint) is Annotated else (hint,)


def in_words(hint: Any) -> str:
    """Return a type as people say it: integer or null, list of texts."""
    kind, inner = annotated(hint)[0], get_args(annotated(hint)[0])
    if get_origin(kind) in (Union, UnionType):
        return " or ".join(dict.fromkeys(map(in_words, inner))).replace("integer or number", "number")
    if get_origin(kind) is list:
        first, *rest = in_words(inner[0]).split(" ")
        return " ".join(["list of", f"{first}s", *rest])
    return NAMES.get(kind, "object")
