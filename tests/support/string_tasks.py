"""Tasks whose examples are strings that can be compared, and their evaluation sets drawn anew."""

from __future__ import annotations

from bench.trial.evaluation_sets import HeldOutSet, evaluation_set
from tasks import Batch, Task
from tasks.arithmetic.addition import Addition
from tasks.strings.copy import Copy
from tasks.strings.reverse import Reverse
from tasks.strings.variable_copy import VariableCopy
from tasks.text.human_numbers import HumanNumbers

STRINGS: dict[str, Task] = {
    "copy": Copy(),
    "reverse": Reverse(train_lengths=(6,), eval_lengths=(2, 3, 5, 6, 9)),
    "variable_copy": VariableCopy(symbols=3, train_lengths=(1, 2, 3, 4, 5, 6), eval_lengths=tuple(range(1, 10))),
    "addition": Addition(train_lengths=(1, 2, 3), shortest=1, eval_lengths=(1, 2, 3, 4)),
    "aligned": Addition(train_lengths=(2,), shortest=1, aligned=True, eval_lengths=(1, 2, 4)),
    "successor": HumanNumbers(form="successor"),
}
EXAMPLES = 64


def sources(batch: Batch) -> list[tuple[int, ...]]:
    """Return each source as a Python tuple, padding dropped."""
    assert batch.source is not None
    pairs = zip(batch.source.tolist(), batch.source_length.tolist(), strict=True)
    return [tuple(row[:length]) for row, length in pairs]


def drawn_set(task: Task, length: int, examples: int = EXAMPLES) -> HeldOutSet:
    """Draw an evaluation set anew, not from the cache."""
    evaluation_set.cache_clear()
    return evaluation_set(task, length, examples)
