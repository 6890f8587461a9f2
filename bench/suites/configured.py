"""Configured tasks: a task with its settings has one name, the same in every suite, table and record.

A task's own name stands for its default settings. A text is one row, whatever window and cut a model's training reads
it by and at how many contexts a suite evaluates it: those settings are `free`, the specs choose them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.spec.settings import label
from bench.spec.spec import Spec

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Configured:
    """A task with its settings under the name that it has as a row; free: settings that its specs choose."""

    name: str
    task: str
    settings: Settings = field(default_factory=dict)
    free: tuple[str, ...] = ()

    def spec(
        self,
        model: str,
        settings: Settings | None = None,
        *,
        shown: Iterable[str] = (),
        variant: str = "",
        column: str = "",
        chosen: Settings | None = None,
        **training: Any,
    ) -> Spec:
        """Return the spec of a model on this task; chosen: values of free settings.

        The column is the family and what sets it apart: `shown` names settings of model or training, `variant` says it
        in words; `column` is a name that the family has where it comes from.
        """
        sizes = dict(settings or {})
        apart = {name: sizes[name] for name in shown if name in sizes}
        others = [(name, training[name]) for name in shown if name not in sizes]
        named = f"{model}({variant})" if variant else label(model, apart, others)
        given = {**self.settings, **(chosen or {})}
        training |= {"row": self.name, "column": column or named, "variant": {**apart, **dict(others)}}
        return Spec(self.task, model, given, sizes, **training)


def read(file: Path) -> dict[str, Any]:
    """Read a TOML file; its lists are tuples, as specs hold them."""
    found: dict[str, Any] = plain(tomllib.loads(file.read_text(encoding="utf-8")))
    return found


def plain(value: Any) -> Any:
    """Return a value with tuples in place of its lists, at any depth."""
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    return tuple(map(plain, value)) if isinstance(value, list | tuple) else value


def configured() -> Iterator[Configured]:
    """Yield the configured tasks of the file beside this one."""
    found = read(Path(__file__).with_suffix(".toml"))
    yield from (Configured(name, name) for name in found["usual"])
    yield from (Configured(name, name, {}, found["texts"]["free"]) for name in found["texts"]["names"])
    for name, row in found["rows"].items():
        task, free, use = (row.pop(key, ()) for key in ("task", "free", "use"))
        shared = {setting: value for each in use for setting, value in found["named"][each].items()}
        yield Configured(name, task, {**shared, **row}, free)


CONFIGURED = {each.name: each for each in configured()}


def content(task: str, settings: Settings) -> Hashable:
    """Return what a task with its settings is, alike for lists and tuples: records are JSON, which has no tuples."""
    return task, tuple(sorted(plain(settings).items()))


NAMES = {content(each.task, each.settings): each.name for each in CONFIGURED.values()}


def name_of(task: str, settings: Settings, label_: str) -> str:
    """Return the name of a task with its settings: the configured one, else the label that a record or request has.

    A label that is the configured name of another content (old records have such) gives way to the task's name with
    its settings.
    """
    if found := NAMES.get(content(task, settings)):
        return found
    named = CONFIGURED.get(label_)
    if named is None:
        return label_
    fixed = {name: value for name, value in settings.items() if name not in named.free}
    if content(task, fixed) == content(named.task, named.settings):
        return label_
    return label(task, {name: value for name, value in settings.items() if name != "eval_lengths"})
