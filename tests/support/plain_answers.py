"""What each task of a single ability asks, answered in plain Python on the symbols as they are printed."""

from __future__ import annotations

from tasks import Batch, Task

STOP = "<stop>"
ANSWERED = (
    *("copy", "variable_copy", "reverse", "sort", "repeat_symbol"),
    *("parity", "missing_symbol", "selective_copy", "brackets"),
)
PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}


def printed(task: Task, batch: Batch) -> list[tuple[list[str], list[str]]]:
    """Return each question and answer as printed symbols, up to their lengths."""
    assert batch.source is not None
    found = []
    for row in range(len(batch.target)):
        ids = (batch.source[row, : batch.source_length[row]], batch.target[row, : batch.target_length[row]])
        source, target = (task.text(each.tolist()).split() for each in ids)
        found.append((source, target))
    return found


def answer(name: str, question: list[str]) -> list[str]:
    """Answer a question of a task."""
    if name in ("copy", "variable_copy", "reverse"):
        return question[::-1] if name == "reverse" else question
    if name == "repeat_symbol":
        return [question[0]] * len(question) + [STOP]
    if name == "parity":
        return [str(question.count("1") % 2)]
    if name == "sort":
        return [*sorted(question), STOP]
    if name == "missing_symbol":
        first, second = question[: question.index("|")], question[question.index("|") + 1 :]
        return [first[second.index("_")]]
    if name == "selective_copy":
        return [symbol for symbol in question if symbol != "_"] + [STOP]
    assert name == "brackets"
    return [*closing(question)[::-1], STOP]


def closing(prefix: list[str]) -> list[str]:
    """Return the closing brackets that a prefix waits for, outermost first; raise where it is no prefix."""
    closes = {opening: bracket for bracket, opening in PAIRS.items()}
    waiting: list[str] = []
    for bracket in prefix:
        if bracket in closes:
            waiting.append(closes[bracket])
        else:
            assert waiting.pop() == bracket
    return waiting


def all_are_answered(task: Task, batch: Batch) -> bool:
    """Whether every row's target is the plain answer, a stop behind it where a copy's setting says so."""
    stops = task.name in ("copy", "variable_copy", "reverse") and getattr(task, "stop", "") == "once"
    return all(target == answer(task.name, question) + [STOP] * stops for question, target in printed(task, batch))
