"""Configured tasks: a task with its settings has one name, the same in every suite, table and record.

A task's own name stands for its default settings. A text is one row, whatever window and cut a model's training reads
it by and at how many contexts a suite evaluates it: those settings are `free`, the specs choose them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
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
        others = ((name, training[name]) for name in shown if name not in sizes)
        named = f"{model}({variant})" if variant else label(model, apart, others)
        given = {**self.settings, **(chosen or {})}
        return Spec(self.task, model, given, sizes, row=self.name, column=column or named, **training)


FAR = (1, 2, 5, 10, 15, 20, 25, 30, 40, 60, 100, 200, 400, 1000, 2000)
CUT = ("train_lengths", "mode", "stride", "eval_lengths")  # of a corpus: its window, how it is cut, its contexts
LOW_FIRST: Settings = {"low_first_operands": True, "low_first_sum": True}
TEN_DIGITS: Settings = {
    "operands": "longest",
    "shortest": 1,
    "low_first_sum": True,
    "carry_heavy": 0.3,
    "train_lengths": tuple(range(1, 11)),
    "eval_lengths": (1, 2, 5, 10, 12, 15, 20, 30, 50, 100, 200, 500, 1000),
}
FLOAT64: Settings = {"precision": "float64", "eval_lengths": (50, 100, 200, 500, 1000, 2000, 5000, 10_000)}
# Deep Learning for Coders cuts the numbers where a fifth of its sequences is left: the 64 rows of its training batches
# end at 8022, those of its validation run from 8082 to 9949; 8000 is absent. So its training has "eight thousand".
BOOK: Settings = {"missing": (8000,), "train_lengths": (8022,), "eval_lengths": (8022, 9949), "starts": (1, 8082)}
FAR_NUMBERS: Settings = {
    "window": 64,
    "eval_lengths": (7999, 9999, 10_999, 14_000, 99_999),
    "starts": (1, 8001, 10_001, 12_001, 99_001),
}


def up_to(longest: int) -> dict[str, Any]:
    """Return settings of strings of 8 symbols, trained at lengths up to one and evaluated to a hundred times that."""
    lengths = {
        "train_lengths": tuple(range(1, longest + 1)),
        "eval_lengths": tuple(n for n in FAR if n <= 100 * longest),
    }
    return {"symbols": 8, "stop": "once", **lengths}


BY_DEFAULT = (
    *("sine", "copy", "reverse", "variable_copy", "addition", "human_numbers"),
    *("repeat_symbol", "parity", "sort", "missing_symbol", "selective_copy", "brackets"),
)
TEXTS = ("chars_nietzsche", "chars_sonnets", "chars_moliere", "chars_tinyshakespeare", "words_brown", "words_toy")
CONFIGURED = {
    each.name: each
    for each in (
        *(Configured(name, name) for name in BY_DEFAULT),
        *(Configured(name, name, {}, CUT) for name in TEXTS),
        # Four-digit sums come up more often than shorter ones: these teach, but four digits are what is asked.
        Configured("addition(reversed)", "addition", {"train_lengths": (1, 2, 3, 4, 4, 4, 4), **LOW_FIRST}),
        Configured(
            "addition(three digits)",
            "addition",
            {"train_lengths": (1, 2, 3, 3, 3), **LOW_FIRST, "eval_lengths": (1, 2, 3, 4, 6)},
        ),
        Configured("addition(plain,1-10)", "addition", TEN_DIGITS),
        Configured("addition(reversed,1-10)", "addition", {**TEN_DIGITS, "low_first_operands": True}),
        Configured("addition(aligned,1-10)", "addition", {**TEN_DIGITS, "aligned": True}),
        *(Configured(f"{name}(1-{n})", name, up_to(n)) for name in ("copy", "reverse") for n in (5, 10, 20, 40)),
        Configured("sine(two frequencies)", "sine", {"frequencies": (1.0, 3.0), "weights": (1.0, 1.0)}),
        Configured("sine(one,float64)", "sine", FLOAT64),
        Configured(
            "sine(three,float64)", "sine", {**FLOAT64, "frequencies": (1.0, 0.37, 1.71), "weights": (1.0, 1.0, 1.0)}
        ),
        Configured("human_numbers(book)", "human_numbers", BOOK, ("window",)),
        Configured("human_numbers(book,mode=chunks)", "human_numbers", {**BOOK, "mode": "chunks"}, ("window",)),
        Configured("human_numbers(far)", "human_numbers", FAR_NUMBERS),
    )
}


def content(task: str, settings: Settings) -> Hashable:
    """Return what a task with its settings is, alike for lists and tuples: records are JSON, which has no tuples."""
    return task, tuple(sorted((name, _plain(value)) for name, value in settings.items()))


def _plain(value: Any) -> Any:
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


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
