"""What is known of a text without any model: its size, its vocabulary, what compressors make of it."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

from tasks.text.language import Language

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda text: zlib.compress(text, 9),
    "xz": lambda text: lzma.compress(text, preset=9),
}


@cache
def text_facts(task: Language) -> dict[str, Any]:
    """Return counts of a task's training text and of the text judged at the longest length, and reference figures.

    unknown: share of the judged symbols that are out of the vocabulary, None where no symbol stands for these
    gzip, xz: bits a symbol of the judged text, compressed behind the training text
    """
    training, judged = task.training_text(), task.stream(max(task.eval_lengths))
    before, both = (task.text(text).encode() for text in (training.tolist(), [*training.tolist(), *judged.tolist()]))
    bits = {
        name: round(8 * (len(compress(both)) - len(compress(before))) / len(judged), 4)
        for name, compress in COMPRESSORS.items()
    }
    unknown = None if task.unknown is None else float((judged == task.unknown).double().mean())
    return {
        "training_symbols": len(training),
        "judged_symbols": len(judged),
        "vocabulary": task.target.size,
        "unknown": unknown,
        **bits,
    }
