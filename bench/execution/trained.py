"""A cell's trained model: by the weights that a run kept, or trained here and now."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench.execution.cell import Cell
from bench.records.checkpoints import load
from bench.spec.errors import WorkError
from bench.trial.build import build_task
from bench.trial.train import train
from bench.trial.trial import data_seed, new_model
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
    """Train a cell's model, or fit it, to the weights that a run gives it, and judge nothing."""
    task = build_task(cell.spec.task, cell.spec.task_settings)
    try:
        model = new_model(task, cell.spec, cell.seed, device)
        train(model, task, cell.spec, data_seed(cell.spec, cell.seed), device, lambda point: None)
    except ValueError as error:  # a text too short for a batch, a sequence too long for a table
        raise WorkError(f"{cell.name}: {error}") from error
    return model.eval()
