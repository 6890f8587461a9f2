"""Text as people type and read it, and as symbols."""

from __future__ import annotations

from collections.abc import Sequence

from bench.spec.errors import RequestError
from tasks.base import FIRST_SYMBOL, STOP
from tasks.text.corpus import CorpusTask
from tasks.text.language import Language


def read_prompt(task: Language, prompt: str) -> list[int]:
    """Return the ids of what a person typed; an error names all symbols that the task does not have."""
    symbols = [task.symbol(index) for index in range(task.target.size - FIRST_SYMBOL)]
    ids = {name: FIRST_SYMBOL + index for index, name in enumerate(symbols)}
    ids = {name: symbol for name, symbol in ids.items() if symbol != task.unknown}
    if isinstance(task, CorpusTask):
        typed, known = task.split(prompt), task.known()
    else:
        typed, known = prompt.split(), f"{len(ids)} symbols: {task.joint.join(ids)}"
    strange = dict.fromkeys(symbol for symbol in typed if symbol not in ids)
    if strange:
        named = ", ".join(map(repr, strange))
        raise RequestError(f"cannot read the prompt: task {task.name} has no symbol {named}; it knows {known}")
    return [ids[symbol] for symbol in typed]


def plain_text(task: Language, ids: Sequence[int]) -> str:
    """Return symbols as the task joins them; a stop symbol is the end of a line."""
    lines: list[list[str]] = [[]]
    for symbol in ids:
        if symbol == STOP:
            lines.append([])
        else:
            lines[-1].append(task.symbol(symbol - FIRST_SYMBOL))
    return "\n".join(task.joint.join(line) for line in lines)
