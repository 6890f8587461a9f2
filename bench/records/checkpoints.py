"""Trained weights kept in a run's folder, and how their training went: torch imports wait until one is used."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from bench.records.store import record_name, write_atomically
from bench.spec.spec import Spec

if TYPE_CHECKING:
    from bench.trial.train import Training
    from models.base import Model


class Kept(NamedTuple):
    """A trained model, and how its training went where the file says so."""

    model: Model
    training: Training | None


def checkpoint_path(folder: Path, spec: Spec, seed: int, cycle: int | None = None) -> Path:
    """Return where a model's weights lie in a folder: the last ones, or those at the end of a cycle."""
    name = record_name(spec.row, spec.column, seed).removesuffix(".json")
    return folder / (f"{name}.pt" if cycle is None else f"{name}-cycle-{cycle}.pt")


def save(path: Path, key: str, model: Model, training: Training | None = None) -> None:
    """Write a model's weights under the key of what made them; a trivial baseline has none and is fitted at once."""
    import torch

    if model.trainable:
        buffer = io.BytesIO()
        weights = {name: value.cpu() for name, value in model.state_dict().items()}
        torch.save({"key": key, "weights": weights, "training": msgspec.to_builtins(training)}, buffer)
        write_atomically(path, buffer.getvalue())


def load(path: Path, key: str, spec: Spec, device: str) -> Kept | None:
    """Return a trained model, or None where there are no weights of this key.

    A file that is no checkpoint counts as none: only tensors and plain values are ever read from it.
    """
    import torch

    from bench.trial.build import build_model, build_task
    from bench.trial.train import Training

    try:
        kept: object = torch.load(path, map_location=device, weights_only=True)
    except Exception:  # torch raises many kinds for a damaged file
        return None
    if not isinstance(kept, dict) or kept.get("key") != key:
        return None
    model = build_model(spec.model, build_task(spec.task, spec.task_settings), spec.model_settings).to(device)
    model.load_state_dict(kept["weights"])
    return Kept(model.eval(), msgspec.convert(kept.get("training"), Training | None))
