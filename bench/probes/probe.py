"""All that is kept of a trained model to look at, in one go."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TypeVar

import torch

from bench.probes.samples import COUNT, Sample, Trace, disagreement, kept_traces, sample, telling_lengths
from bench.records.schema import MaskPart
from bench.spec.spec import Spec
from bench.trial.batches import pieces, rows_at_once
from bench.trial.losses import shift_right
from bench.trial.protocols import protocol_of
from bench.trial.trial import Outcome, data_seed
from models.base import Model, state_size
from tasks.base import Task

MASK_ROWS = 32  # of the first training batch, kept to show what the loss counts
PADDED = 256  # strings on which counting padding is shown
COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda text: zlib.compress(text, 9),
    "xz": lambda text: lzma.compress(text, preset=9),
}
Facts = dict[str, int | float | None]
Found = TypeVar("Found")


@dataclass(frozen=True)
class Probes:
    """What is kept beside the scores. state: numbers that a decoder holds for one example.

    facts: of a text; padding: of strings, see `padding_counted`; None elsewhere
    disagreement: where real decoding is not what the scored pass says; "" where no sample shows such
    """

    samples: list[Sample[str] | Sample[float | None]]
    traces: list[Trace]
    first_batch: MaskPart
    facts: Facts | None
    padding: dict[str, int] | None
    state: int
    disagreement: str


def probe(outcome: Outcome, spec: Spec, device: str) -> Probes:
    """Look at a trained model; what fails to be looked at is left out, as no score depends on it."""
    task, model, protocol = outcome.task, outcome.model, protocol_of(outcome.task)
    answers = {
        length: if_possible(partial(protocol.answers, model, task, length, COUNT, device))
        for length in telling_lengths(task)
    }
    return Probes(
        [sample(task, length, one, shortened=True) for length, found in answers.items() for one in found],
        if_possible(partial(kept_traces, model, task, device)),
        mask_of_first_batch(task, spec, data_seed(spec, outcome.seed), MASK_ROWS, fitted=not model.trainable),
        text_facts(task),
        padding_counted(model, task, device),
        decoder_state_size(model, task, device),
        next(filter(None, (disagreement(length, found) for length, found in answers.items())), ""),
    )


def if_possible(look: Callable[[], list[Found]]) -> list[Found]:
    """Return what a look gives; nothing where the model cannot write that far."""
    try:
        return look()
    except (ValueError, RuntimeError):  # a table of positions that ends, memory that does
        return []


def decoder_state_size(model: Model, task: Task, device: str) -> int:
    """Count the real numbers that a decoder holds for one example."""
    return state_size(protocol_of(task).state(model, task, device))


def mask_of_first_batch(task: Task, spec: Spec, seed: int, rows: int, *, fitted: bool = False) -> MaskPart:
    """Say what the loss counts in the first rows of a training on the CPU; a row that counts nothing is held out.

    A text that a trivial baseline is `fitted` on is read at once, as one row, however short it is.
    """
    one_row = fitted and protocol_of(task).language(task) is not None
    step = next(protocol_of(task).batches(task, replace(spec, batch=1) if one_row else spec, seed, "cpu"))
    lengths, counted = step.batch.target_length[:rows].tolist(), step.weight[:rows].sum(1).tolist()
    return {"width": step.weight.shape[1], "lengths": lengths, "counted": counted}


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


def padding_counted(model: Model, task: Task, device: str) -> dict[str, int] | None:
    """Count the tokens that a model gets right on held-out strings of mixed training lengths, padded to one width.

    symbols, symbols_right: those of the targets; cells, cells_right: the same with padding counted, as if it were asked
    """
    batch = protocol_of(task).strings(task, PADDED)
    if batch is None:
        return None
    counts = torch.zeros(4, dtype=torch.long, device=device)
    model.eval()
    with torch.no_grad():
        for part in pieces(batch, device, rows_at_once(model, batch)):
            outputs = model(part.source, part.source_length, shift_right(part.target, task.first_input(part)))
            right, mask = task.correct(outputs, part.target), part.target_mask
            counts += torch.stack([mask.sum(), (right & mask).sum(), torch.ones_like(mask).sum(), right.sum()])
    return dict(zip(("symbols", "symbols_right", "cells", "cells_right"), counts.tolist(), strict=True))
