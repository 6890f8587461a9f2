"""Trained weights kept in a run's folder: torch imports wait until one is used."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from bench.records.store import write_atomically
from bench.spec.spec import Spec

if TYPE_CHECKING:
    from bench.trial.train import Training
    from models.base import Model


@dataclass(frozen=True)
class Kept:
    """A trained model, and how its training went where the file says so."""

    model: Model
    training: Training | None


def weights_path(folder: Path, record: str, cycle: int | None = None) -> Path:
    """Where the weights of a record lie in a folder: the last ones, or those at the end of a cycle of the schedule."""
    name = record.removesuffix(".json")
    return folder / (f"{name}.pt" if cycle is None else f"{name}-cycle-{cycle}.pt")


def save(path: Path, key: str, model: Model, training: Training | None = None) -> None:
    """Write a model's weights; a fitted trivial baseline has none and is fitted again at once."""
    import torch

    if model.trainable:
        buffer = io.BytesIO()
        weights = {name: value.cpu() for name, value in model.state_dict().items()}
        course = None if training is None else msgspec.to_builtins(training)
        torch.save({"key": key, "weights": weights, "training": course}, buffer)
        write_atomically(path, buffer.getvalue())


def load(path: Path, key: str, spec: Spec, device: str) -> Kept | None:
    """Return a spec's trained model, or None where there are no weights under this key.

    A file that is no checkpoint counts as none: only tensors and plain values are ever read from it.
    """
    import torch

    from bench.trial.build import build_model, build_task
    from bench.trial.train import Training

    try:
        found: Any = torch.load(path, map_location=device, weights_only=True)
    except Exception:  # torch raises many kinds for a damaged file
        return None
    if not isinstance(found, dict) or found.get("key") != key:
        return None
    task = build_task(spec.task, spec.task_settings)
    model = build_model(spec.model, task, spec.model_settings).to(device)
    model.load_state_dict(found["weights"])
    course = found.get("training")
    return Kept(model.eval(), None if course is None else msgspec.convert(course, Training))
