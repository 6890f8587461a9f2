"""A cell: one spec, one seed. Here a trial becomes a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.catalogue import Catalogue
from bench.records import SCHEMA, Record, cell_key, read_record, record_name, spec_hash, write_record
from bench.sources import TRIAL, fingerprint
from bench.spec import Spec


@dataclass(frozen=True)
class Cell:
    """A spec and a seed, and the key under which its record is fresh."""

    spec: Spec
    seed: int
    task_version: int
    sources: str
    plugins: tuple[Path, ...] = ()

    @property
    def key(self) -> str:
        """Hash of what is asked and of the sources that make it."""
        return cell_key(self.spec, self.seed, self.task_version, self.sources)

    @property
    def name(self) -> str:
        """How progress lines call it."""
        return f"{self.spec.row} {self.spec.column} seed {self.seed}"


def make_cells(specs: list[Spec], seeds: list[int], catalogue: Catalogue) -> list[Cell]:
    """Return the cells of specs and seeds, seed by seed, so that every pair has a number early."""
    cells = []
    for seed in seeds:
        for spec in specs:
            task, model = catalogue.find("task", spec.task), catalogue.find("model", spec.model)
            sources = fingerprint(TRIAL, task.file, model.file)
            cells.append(Cell(spec, seed, task.version, sources, catalogue.plugins))
    return cells


def is_fresh(cell: Cell, records: Path) -> bool:
    """Whether a whole record of this very cell is there."""
    try:
        record = read_record(records / record_name(cell.spec.row, cell.spec.column, cell.seed))
    except ValueError:
        return False
    return bool(record["key"] == cell.key)


def run_cell(cell: Cell, records: Path, device: str, watch: Callable[[Any], None]) -> Record:
    """Train, evaluate and write one cell's record; torch is imported here and not before."""
    import torch

    from bench.provenance import commit, versions
    from bench.registry import load_plugin
    from bench.trial import run_trial

    for plugin in cell.plugins:
        load_plugin(plugin)
    outcome = run_trial(cell.spec, cell.seed, device, watch)
    training, task = outcome.training, outcome.task
    head, dirty = commit()
    by_length = {
        str(length): asdict(score) | {"chance": task.chance(length)} for length, score in outcome.scores.items()
    }
    on_gpu = device.startswith("cuda")
    record: Record = {
        "schema": SCHEMA,
        "key": cell.key,
        "spec_hash": spec_hash(cell.spec, cell.seed, cell.task_version),
        "sources": cell.sources,
        "task": cell.spec.row,
        "model": cell.spec.column,
        "task_version": cell.task_version,
        "seed": cell.seed,
        "spec": asdict(cell.spec),
        "status": training.status,
        "train_lengths": list(task.train_lengths),
        "inside_lengths": list(task.inside_lengths),
        "kind": "values" if not task.target.discrete else "stream" if task.streams else "symbols",
        "by_length": by_length,
        "curve": [asdict(look) for look in finite_curve(training.curve)],
        "parameters": outcome.parameters,
        "state": outcome.state,
        "steps": training.steps,
        "evaluation_hash": outcome.evaluation_hash,
        "commit": head,
        "dirty": dirty,
        "versions": versions(),
        "device": torch.cuda.get_device_name(device) if on_gpu else "cpu",
        "threads": torch.get_num_threads(),
        "timing": {
            "train_seconds": round(training.seconds, 3),
            "evaluation_seconds": round(outcome.evaluation_seconds, 3),
            "tokens_per_second": round(training.symbols / training.seconds, 1) if training.steps else None,
        },
    }
    write_record(records, record)
    return record


def finite_curve(curve: list[Any]) -> list[Any]:
    """Return the looks with a loss that JSON cannot hold (a diverged run's last) written as None."""
    from dataclasses import replace
    from math import isfinite

    return [look if isfinite(look.loss) else replace(look, loss=None) for look in curve]
