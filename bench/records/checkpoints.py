"""Trained weights kept beside the records, for those who ask for them: torch imports wait until one is used."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from bench.records.store import record_name, write_atomically
from bench.spec.spec import Spec

if TYPE_CHECKING:
    from models.base import Model


def checkpoint_path(run: Path, spec: Spec, seed: int, cycle: int | None = None) -> Path:
    """Return where a model's weights lie in a run's folder: the last ones, or those at the end of a cycle."""
    name = record_name(spec.row, spec.column, seed).removesuffix(".json")
    return run / "checkpoints" / (f"{name}.pt" if cycle is None else f"{name}-cycle-{cycle}.pt")


def save(path: Path, key: str, model: Model) -> None:
    """Write a model's weights and the key of what made them (`Key.weights`)."""
    import torch

    buffer = io.BytesIO()
    weights = {name: value.cpu() for name, value in model.state_dict().items()}
    torch.save({"key": key, "weights": weights}, buffer)
    write_atomically(path, buffer.getvalue())


def load(path: Path, key: str, spec: Spec, device: str) -> Model | None:
    """Return a trained model, or None where there are no weights of this key.

    A file that is no checkpoint counts as none: only tensors are ever read from it.
    """
    import torch

    from bench.trial.build import build_model, build_task

    try:
        kept: object = torch.load(path, map_location=device, weights_only=True)
    except Exception:  # torch raises many kinds for a damaged file
        return None
    if not isinstance(kept, dict) or kept.get("key") != key:
        return None
    model = build_model(spec.model, build_task(spec.task, spec.task_settings), spec.model_settings).to(device)
    model.load_state_dict(kept["weights"])
    return model.eval()
