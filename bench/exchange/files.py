"""Examples as files that any program reads: JSON Lines with tokens by name, or NumPy arrays with their ids."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from bench.exchange.examples import ExampleSet, content, parts_of, vocabulary
from bench.spec.spec import Spec
from bench.trial.protocols import protocol_of
from tasks.base import Task

FORMAT = 1  # of the files, raised where a reader of an earlier one would misread it


def about(task: Task, spec: Spec, sets: Sequence[ExampleSet], split: str) -> dict[str, Any]:
    """Return what a reader should know of a file: the row, the task's settings, what is in which set."""
    found: dict[str, Any] = {
        "lengthwise": FORMAT,
        "row": spec.row,
        "task": spec.task,
        "task_settings": dict(spec.task_settings),
        "task_version": task.version,
        "split": split,
        "train_lengths": list(task.train_lengths),
        "sets": [
            {"length": each.length, "set": each.kind, "examples": len(each.batch.target), "hash": each.digest}
            for each in sets
        ],
    }
    if split == "test":
        found["evaluation_hash"] = protocol_of(task).fingerprint(task, spec.examples, spec.adversarial)
    return found


def as_jsonl(task: Task, header: Mapping[str, Any], sets: Sequence[ExampleSet]) -> bytes:
    """Return a line that says what is in the file, then a line an example: id, length, set, source, target.

    Tokens by name, EOS as <stop>; of a signal numbers. length: as the row's lengths, of a training example its source's
    """
    return json_lines([header, *examples_of(task, sets)])


def json_lines(lines: Iterable[Mapping[str, Any]]) -> bytes:
    """Return objects as JSON, one a line."""
    return "".join(json.dumps(line, default=list) + "\n" for line in lines).encode()


def examples_of(task: Task, sets: Sequence[ExampleSet]) -> Iterator[dict[str, Any]]:
    """Yield each example: id, length, set, source, target."""
    for each in sets:
        for name, (row, length) in zip(each.ids(), numbered(each), strict=True):
            source, target = parts_of(each, row)
            shown = {"source": content(task, source), "target": content(task, target)}
            yield {"id": name, "length": length, "set": each.kind, **shown}


def numbered(found: ExampleSet) -> Iterator[tuple[int, int]]:
    """Yield each row of a set and its length."""
    lengths = found.batch.source_length.tolist()
    yield from ((row, found.length or length) for row, length in enumerate(lengths))


def as_npz(task: Task, header: Mapping[str, Any], sets: Sequence[ExampleSet]) -> bytes:
    """Return arrays, padded with 0: id, length, set, source, source_length, target, target_length; about, as JSON.

    source, target (examples, time): token ids, whose names are in `tokens` in order; or numbers of a signal
    """
    rows = [(each, row) for each in sets for row in range(len(each.batch.target))]
    arrays: dict[str, Any] = {
        "id": np.array([name for each in sets for name in each.ids()]),
        "length": np.array([length for each in sets for _, length in numbered(each)]),
        "set": np.array([each.kind for each, _ in rows]),
        "about": np.array(json.dumps(header, default=list)),
        "tokens": np.array(vocabulary(task)),
    }
    for place, name in enumerate(("source", "target")):
        values = [parts_of(each, row)[place].numpy() for each, row in rows]
        padded = np.zeros((len(rows), max(map(len, values)), *values[0].shape[1:]), values[0].dtype)
        for row, value in enumerate(values):
            padded[row, : len(value)] = value
        arrays |= {name: padded, f"{name}_length": np.array([len(value) for value in values])}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


FORMATS: dict[str, Callable[[Task, Mapping[str, Any], Sequence[ExampleSet]], bytes]] = {
    "jsonl": as_jsonl,
    "npz": as_npz,
}
