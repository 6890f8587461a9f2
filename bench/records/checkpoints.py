"""Trained weights kept beside the records, for those who ask for them: torch imports wait until one is used."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.execution.cell import Cell
from bench.records.store import cell_key, record_name, write_atomically

if TYPE_CHECKING:
    from models.base import Model


def checkpoint_path(run: Path, cell: Cell, cycle: int | None = None) -> Path:
    """Where a cell's weights lie in a run's folder: the last ones, or those at the end of a cycle of the schedule."""
    name = record_name(cell.spec.row, cell.spec.column, cell.seed)[:-5]
    return run / "checkpoints" / (f"{name}.pt" if cycle is None else f"{name}-cycle-{cycle}.pt")


def weights_key(cell: Cell) -> str:
    """Hash what makes a cell's weights: its key, but for how many examples judge it afterwards."""
    return cell_key(replace(cell.spec, examples=1), cell.seed, cell.task_version, cell.sources)


def save(path: Path, cell: Cell, model: Model) -> None:
    """Write a model's weights; a fitted floor has none and is fitted again at once."""
    import torch

    if model.trainable:
        buffer = io.BytesIO()
        weights = {name: value.cpu() for name, value in model.state_dict().items()}
        torch.save({"key": weights_key(cell), "weights": weights}, buffer)
        write_atomically(path, buffer.getvalue())


def load(run: Path, cell: Cell, device: str) -> Model | None:
    """Return the trained model of a cell, or None where there are no weights made by these settings and this code.

    A file that is no checkpoint counts as none: only tensors are ever read from it.
    """
    import torch

    from bench.trial.build import build_model, build_task

    try:
        kept: Any = torch.load(checkpoint_path(run, cell), map_location=device, weights_only=True)
    except Exception:  # torch raises many kinds for a damaged file
        return None
    if not isinstance(kept, dict) or kept.get("key") != weights_key(cell):
        return None
    task = build_task(cell.spec.task, cell.spec.task_settings)
    model = build_model(cell.spec.model, task, cell.spec.model_settings).to(device)
    model.load_state_dict(kept["weights"])
    return model.eval()
