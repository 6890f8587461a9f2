"""What is known of a text without any model: its size, its vocabulary, what compressors make of it."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable
from functools import cache

import torch

from bench.trial.protocols import protocol_of
from tasks.base import Task

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda text: zlib.compress(text, 9),
    "xz": lambda text: lzma.compress(text, preset=9),
}
Facts = dict[str, int | float | None]


@cache
def text_facts(task: Task) -> Facts | None:
    """Return counts of a task's training text and of the text evaluated at the longest length, and reference figures.

    unknown: share of the evaluated tokens that are out of the vocabulary, None where no token stands for these
    gzip, xz: bits a token of the evaluated text, compressed behind the training text
    None where no text is read.
    """
    language = protocol_of(task).language(task)
    if language is None:
        return None
    training, evaluated = language.training_text(), language.stream(max(task.eval_lengths))
    before, both = (task.text(text.tolist()).encode() for text in (training, torch.cat([training, evaluated])))
    unknown = None if language.unknown is None else float((evaluated == language.unknown).double().mean())
    bits = {
        name: round(8 * (len(compress(both)) - len(compress(before))) / len(evaluated), 4)
        for name, compress in COMPRESSORS.items()
    }
    return {
        "training_symbols": len(training),
        "judged_symbols": len(evaluated),
        "vocabulary": task.target.size,
        "unknown": unknown,
        **bits,
    }
