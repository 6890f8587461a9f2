"""Which evaluated lengths a model refuses, as a table of positions does: known before anything is trained."""

from __future__ import annotations

import torch

from bench.checks.sizes import shaped
from bench.spec.spec import Spec
from bench.trial.batches import on
from bench.trial.build import build_model
from bench.trial.losses import shift_right
from bench.trial.protocols import protocol_of
from bench.trial.streams import stream
from models.base import Model
from tasks.base import Task


def refused_lengths(spec: Spec, task: Task) -> tuple[list[int], str]:
    """Return the evaluated lengths past training that a spec's model refuses, and what it says of the first.

    It passes over one example of each on the meta device, whose tensors hold nothing, so that length costs little; a
    model that cannot, or that has nothing for pairs of positions, is taken to refuse none.
    """
    beyond = [length for length in sorted(task.eval_lengths) if length > max(task.inside_lengths)]
    if not beyond or protocol_of(task).named_lengths(task):
        return [], ""
    model = shaped(lambda: build_model(spec.model, task, spec.model_settings))
    if model is None or not (model.trainable and model.pairwise) or not refusal(model, task, beyond[-1]):
        return [], ""
    said = {length: refusal(model, task, length) for length in beyond}
    refused = [length for length in beyond if said[length]]
    return refused, said[refused[0]]


def refusal(model: Model, task: Task, length: int) -> str:
    """Return why a model on the meta device refuses examples of a length; "" where it does not."""
    batch = task.sample(torch.tensor([length]), length, stream("cpu", "contract", task.name, length))
    batch, first = on("meta", batch), task.first_input(batch).to("meta")
    try:
        with torch.device("meta"), torch.no_grad():
            model.eval()(batch.source, batch.source_length, shift_right(batch.target, first))
    except ValueError as error:
        return str(error).partition("\n")[0] or type(error).__name__
    except Exception:  # what holds nothing cannot be read
        return ""
    return ""
