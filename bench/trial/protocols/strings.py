"""Strings: token sequences that answer a source, scored by exact match in one pass given the truth."""

from __future__ import annotations

import math

import torch

from bench.trial.batches import on, pieces, rows_at_once
from bench.trial.decode import free_running, lengths_with_stop, shortfall
from bench.trial.evaluation_sets import evaluation_set, validation_set
from bench.trial.losses import shift_right
from bench.trial.metrics import ErrorByPosition, Score, read
from bench.trial.protocols.base import Answer, Protocol, register
from models.base import Model
from tasks.base import EOS, Batch, Task

FURTHER = 2  # steps that decoding may write past the truth


@register("strings")
class Strings(Protocol):
    """Greedy decoding is right exactly when every argmax given the true tokens before is, so one pass scores it."""

    def kind(self, task: Task) -> str:
        """Return "symbols"."""
        return "symbols"

    def score_batch(self, model: Model, task: Task, batch: Batch, unseen: bool, device: str) -> Score:
        """Count exact matches, right tokens, and answers that only end wrong; an empty target is never right."""
        right = tokens_right = stopped_wrong = torch.zeros((), dtype=torch.long, device=device)
        errors = ErrorByPosition(int(batch.target_length.max()), device)
        for part in pieces(batch, device, rows_at_once(model, batch)):
            outputs = model(part.source, part.source_length, shift_right(part.target, task.first_input(part)))
            mask = part.target_mask
            wrong = ~task.correct(outputs, part.target) & mask
            is_wrong = wrong.any(1) | ~mask.any(1)
            forced = ~task.correct(outputs.index_fill(-1, outputs.new_tensor([EOS]).long(), -math.inf), part.target)
            content_wrong = (forced & mask & (part.target != EOS)).any(1)
            right = right + (~is_wrong).sum()
            tokens_right = tokens_right + (mask & ~wrong).sum()
            stopped_wrong = stopped_wrong + (wrong.any(1) & ~content_wrong).sum()
            errors.add(wrong.sum(0), mask.sum(0))
        right, tokens_right, stopped_wrong = read(right, tokens_right, stopped_wrong)
        counts = (len(batch.target), int(right), int(batch.target_length.sum()), int(tokens_right), int(stopped_wrong))
        return Score(*counts, unseen, errors.means())

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
