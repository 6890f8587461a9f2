"""Strings: token sequences that answer a source, scored by exact match in one pass given the truth."""

from __future__ import annotations

import math
from functools import reduce
from typing import ClassVar

import torch

from bench.trial.batches import on, pieces, rows_at_once, rows_of
from bench.trial.decode import free_running, lengths_with_stop, shortfall
from bench.trial.evaluation_sets import adversarial_set, evaluation_set, joined, validation_set
from bench.trial.looks import ending
from bench.trial.losses import shift_right
from bench.trial.metrics import Counts, Score, Tally, read
from bench.trial.protocols.base import Answer, Protocol, register
from models.base import Model
from tasks.base import EOS, Batch, Task

FURTHER = 2  # steps that decoding may write past the truth


@register("strings")
class Strings(Protocol):
    """Greedy decoding is right exactly when every argmax given the true tokens before is, so one pass scores it."""

    looks: ClassVar[bool] = True

    def kind(self, task: Task) -> str:
        """Return "symbols"."""
        return "symbols"

    def score(self, model: Model, task: Task, length: int, examples: int, device: str, first: int = 0) -> Score:
        """Score a model on a length's fixed evaluation set, where so many strings are looked at first; 0: all at once.

        What comes of these may say that no more are needed.
        """
        chosen = evaluation_set(task, length, examples)
        batch, rows = chosen.batch, len(chosen.batch.target)
        tally, seen = Tally(int(batch.target_length.max()), device), min(first, rows) or rows
        self.judge(model, task, rows_of(batch, torch.arange(seen)), tally, device)
        rule = ""
        if seen < rows:
            (right,) = read(tally.right.sum())
            rule = ending(int(right), seen)
        if not rule and seen < rows:
            self.judge(model, task, rows_of(batch, torch.arange(seen, rows)), tally, device)
        return tally.score(chosen.unseen, rule)

    def score_batch(self, model: Model, task: Task, batch: Batch, unseen: bool, device: str) -> Score:
        """Count exact matches, right tokens, and answers that only end wrong."""
        tally = Tally(int(batch.target_length.max()), device)
        self.judge(model, task, batch, tally, device)
        return tally.score(unseen)

    def judge(self, model: Model, task: Task, batch: Batch, tally: Tally, device: str) -> None:
        """Add a batch to what is counted."""
        model.eval()
        for part in pieces(batch, device, rows_at_once(model, batch)):
            with torch.no_grad():
                outputs = model(part.source, part.source_length, shift_right(part.target, task.first_input(part)))
            mask = part.target_mask
            forced = ~task.correct(outputs.index_fill(-1, outputs.new_tensor([EOS]).long(), -math.inf), part.target)
            tally.add(~task.correct(outputs, part.target) & mask, mask, (forced & mask & (part.target != EOS)).any(1))

    def adversarial(self, model: Model, task: Task, length: int, examples: int, device: str) -> dict[str, Counts]:
        """Score all kinds of one width together."""
        drawn = {kind: adversarial_set(task, kind, length, examples) for kind in task.adversarial_kinds}
        sets = {kind: batch for kind, batch in drawn.items() if batch is not None}
        found: dict[str, Counts] = {}
        for shape in dict.fromkeys(map(shape_of, sets.values())):
            alike = {kind: batch for kind, batch in sets.items() if shape_of(batch) == shape}
            tally, first = Tally(shape[0], device), 0
            self.judge(model, task, reduce(joined, alike.values()), tally, device)
            for kind, batch in alike.items():
                found[kind] = tally.counts(slice(first, first + len(batch.target)))
                first += len(batch.target)
        return found

    def answers(self, model: Model, task: Task, length: int, count: int, device: str) -> list[Answer]:
        """Decode greedily, up to the first EOS where the truth has one."""
        batch = on(device, evaluation_set(task, length, count).batch)
        model.eval()
        with torch.no_grad():
            written = free_running(model, task, batch, batch.target.shape[1] + FURTHER)
            outputs = model(batch.source, batch.source_length, shift_right(batch.target, task.first_input(batch)))
            missing = shortfall(outputs, written[:, : batch.target.shape[1]], batch.target).cpu()
        written, found = written.cpu(), []
        for row, steps in enumerate(batch.target_length.tolist()):
            truth, own = batch.target[row, :steps].cpu(), written[row, : steps + FURTHER]
            end = int(lengths_with_stop(own[None])) if bool((truth == EOS).any()) else steps
            assert batch.source is not None
            given = batch.source[row, : int(batch.source_length[row])].cpu()
            found.append(Answer(given, truth, own[:end], missing[row, :steps]))
        return found

    def strings(self, task: Task, rows: int, length: int | None = None) -> Batch | None:
        """Return examples of the length's evaluation set, or of the validation set."""
        return validation_set(task, rows) if length is None else evaluation_set(task, length, rows).batch


def shape_of(batch: Batch) -> tuple[int, int]:
    """Return how wide targets and sources are: batches that are alike in it can be joined."""
    return batch.target.shape[1], 0 if batch.source is None else batch.source.shape[1]
