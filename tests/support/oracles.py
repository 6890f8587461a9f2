"""Plain-Python readings of strings, sums and numbers in words, sharing no code with the tasks."""

from __future__ import annotations

from torch import Tensor

from tasks import Batch
from tasks.arithmetic.addition import Addition

SMALL = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen".split()
SMALL += "seventeen eighteen nineteen".split()
ROUND = {2: "twenty", 3: "thirty", 4: "forty", 5: "fifty", 6: "sixty", 7: "seventy", 8: "eighty", 9: "ninety"}
DIGITS = "0123456789abcdef"


def strings(ids: Tensor, length: Tensor) -> list[list[int]]:
    """Return each row up to its length."""
    return [row[:end] for row, end in zip(ids.tolist(), length.tolist(), strict=True)]


def examples(batch: Batch) -> list[tuple[list[int], list[int]]]:
    """Return each source and target up to its length."""
    assert batch.source is not None
    sources, targets = strings(batch.source, batch.source_length), strings(batch.target, batch.target_length)
    return list(zip(sources, targets, strict=True))


def number(symbols: list[int], base: int, low_first: bool) -> tuple[int, int]:
    """Read digits as a number; also give how many there are."""
    text = "".join(DIGITS[symbol - 3] for symbol in symbols)
    return int(text[::-1] if low_first else text, base), len(text)


def question(source: list[int], task: Addition) -> list[tuple[int, int]]:
    """Read both operands and how many digits each has."""
    if not task.aligned:
        plus = source.index(3 + task.base)
        return [number(part, task.base, task.low_first_operands) for part in (source[:plus], source[plus + 1 :])]
    columns = [divmod(symbol - 3, task.base + 1) for symbol in source]
    operands = [[pair[side] + 3 for pair in columns if pair[side] != task.base] for side in (0, 1)]
    assert all(pair[side] == task.base for side in (0, 1) for pair in columns[len(operands[side]) :])
    return [number(operand, task.base, True) for operand in operands]


def below_thousand(value: int) -> str:
    hundreds, rest = value // 100, value % 100
    words = f"{SMALL[hundreds]} hundred" if hundreds else ""
    if 0 < rest < 20:
        words += f" {SMALL[rest]}"
    elif rest:
        words += f" {ROUND[rest // 10]}" + (f" {SMALL[rest % 10]}" if rest % 10 else "")
    return words.strip()


def in_words(value: int) -> str:
    thousands = f"{below_thousand(value // 1000)} thousand " if value >= 1000 else ""
    return f"{thousands}{below_thousand(value % 1000)}".strip()
