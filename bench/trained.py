"""A cell's trained model: by the weights that a run kept, or trained here and now."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch

from bench.cell import Cell
from bench.checkpoints import load
from bench.errors import WorkError
from bench.registry import build_model, build_task
from bench.streams import number
from bench.train import train
from models.base import Model


def kept_model(cells: Iterable[Cell], runs: Iterable[Path], device: str) -> tuple[Model, Cell, Path] | None:
    """Return the first model whose weights a run kept, its cell and the run's folder; None where no run did."""
    folders = list(runs)
    for cell in cells:
        for run in folders:
            model = load(run, cell, device)
            if model is not None:
                return model, cell, run
    return None


def train_cell(cell: Cell, device: str) -> Model:
    """Train a cell's model, or fit it, to the weights that a run gives it (see bench/trial.py), and judge nothing."""
    spec = cell.spec
    task = build_task(spec.task, spec.task_settings)
    torch.manual_seed(number(cell.seed, "weights"))
    model = build_model(spec.model, task, spec.model_settings).to(device)
    try:
        train(model, task, spec, cell.seed if spec.data_seed is None else spec.data_seed, device, lambda look: None)
    except ValueError as error:  # a text too short for a batch, a sequence too long for a table
        raise WorkError(f"{cell.name}: {error}") from error
    return model.eval()
