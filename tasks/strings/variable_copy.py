"""Variable-length copy: emit the source string again, then stop."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.base import register
from tasks.strings.copy import Copy


@register("variable_copy")
@dataclass(frozen=True, kw_only=True)
class VariableCopy(Copy):
    """Emit the source string again and stop, for example b a c -> b a c <stop>; lengths 3 to 14 train it.

    Source, automaton class and hold-out as in copy; what is added is that the answer's length must be found.
    """

    train_lengths: tuple[int, ...] = tuple(range(3, 15))
    eval_lengths: tuple[int, ...] = (*range(1, 29), 42, 70, 140)
    stop: str = "once"
