"""Examples that leave the project: the sets that a row is judged on, each example with an id, or training examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce

import torch
from torch import Tensor

from bench.probes.samples import names
from bench.spec.errors import RequestError
from bench.spec.spec import Spec
from bench.trial.batches import draw, rows_of
from bench.trial.evaluation_sets import adversarial_set, evaluation_set, joined, tensors_hash
from bench.trial.holdout import SHARE, held_out
from bench.trial.protocols import protocol_of
from bench.trial.streams import stream
from tasks.base import EOS, Batch, Task

RANDOM, TRAIN = "random", "train"
DIGITS = 8  # of a set's hash, as ids have it


@dataclass(frozen=True)
class ExampleSet:
    """Examples of one length: a random evaluation set, an adversarial one by its kind, or training examples.

    length: None where lengths are mixed; unseen: whether training never reads them
    """

    kind: str
    length: int | None
    batch: Batch
    unseen: bool

    @property
    def digest(self) -> str:
        """A hash of sources and targets, the same on every machine."""
        b = self.batch
        return tensors_hash((b.source, b.source_length, b.target, b.target_length))[:DIGITS]

    def ids(self) -> list[str]:
        """Name each example: length, kind, number, hash of the set."""
        digest, first = self.digest, f"{self.length or 0}-{self.kind}"
        return [f"{first}-{row}-{digest}" for row in range(len(self.batch.target))]


def is_read(task: Task) -> bool:
    """Whether a task is a text, which is read, and has no examples that are answered one by one."""
    return bool(protocol_of(task).named_lengths(task))


def check_answers(task: Task, row: str) -> None:
    """Raise unless a task's examples are answered one by one."""
    if is_read(task):
        raise RequestError(f"{row} is a text, which is predicted token by token: it cannot be exported as examples")


def judged_sets(task: Task, spec: Spec, lengths: Iterable[int] | None = None) -> list[ExampleSet]:
    """Return the sets on which a spec is judged, those of some lengths alone where these are given.

    RequestError names a length that is not evaluated.
    """
    wanted = list(task.eval_lengths if lengths is None else lengths)
    for length in wanted:
        if length not in task.eval_lengths:
            known = ", ".join(map(str, task.eval_lengths))
            raise RequestError(f"length {length} is not evaluated on {spec.row}; choose from: {known}")
    return [each for length in sorted(set(wanted)) for each in sets_at(task, spec, length)]


def sets_at(task: Task, spec: Spec, length: int) -> Iterator[ExampleSet]:
    """Yield the sets of one length, the random one first."""
    random = evaluation_set(task, length, spec.examples)
    yield ExampleSet(RANDOM, length, random.batch, random.unseen)
    for kind in task.adversarial_kinds if spec.adversarial else ():
        found = adversarial_set(task, kind, length, spec.adversarial)
        if found is not None:
            yield ExampleSet(kind, length, found, True)


def training_set(task: Task, count: int, seed: int) -> ExampleSet:
    """Draw so many training examples, none of them held out, from the stream that a training with this seed reads."""
    generator, parts, have = stream("cpu", seed, "train"), list[Batch](), 0
    while have < count:
        batch = draw(task, min(2 * SHARE * count, 4096), generator, training=True)
        held = held_out(batch)
        kept = batch if held is None else rows_of(batch, ~held)
        parts.append(rows_of(kept, torch.arange(min(len(kept.target), count - have))))
        have += len(parts[-1].target)
    return ExampleSet(TRAIN, None, reduce(joined, parts), False)


def parts_of(found: ExampleSet, row: int) -> tuple[Tensor, Tensor]:
    """Return the source and the target of an example without padding."""
    batch = found.batch
    assert batch.source is not None
    return batch.source[row, : int(batch.source_length[row])], batch.target[row, : int(batch.target_length[row])]


def content(task: Task, values: Tensor) -> list[str] | list[float]:
    """Return tokens (time,) by their names, or the numbers of a signal (time, 1)."""
    return [float(value) for value in values[:, 0]] if values.is_floating_point() else names(task, values)


def vocabulary(task: Task) -> list[str]:
    """Return the name of each token id of the target, "" for those that no answer has; [] for real values."""
    if protocol_of(task).strings(task, 1) is None:
        return []
    return ["", "", *names(task, torch.arange(EOS, task.target.size))]
