"""A cell: one spec, one seed. Here a trial becomes a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.records.sources import TRIAL, fingerprint
from bench.records.store import SCHEMA, Record, cell_key, read_record, record_name, spec_hash, write_record
from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec

if TYPE_CHECKING:
    from bench.trial.train import Training
    from models.base import Model


@dataclass(frozen=True)
class Cell:
    """A spec and a seed, and the key under which its record is fresh; `checkpoint`: its weights are to be kept."""

    spec: Spec
    seed: int
    task_version: int
    sources: str
    plugins: tuple[Path, ...] = ()
    checkpoint: bool = False

    @property
    def key(self) -> str:
        """Hash of what is asked and of the sources that make it."""
        return cell_key(self.spec, self.seed, self.task_version, self.sources)

    @property
    def name(self) -> str:
        """How progress lines call it."""
        return f"{self.spec.row} {self.spec.column} seed {self.seed}"


def make_cells(specs: list[Spec], seeds: list[int], catalogue: Catalogue, checkpoint: bool = False) -> list[Cell]:
    """Return the cells of specs and seeds, seed by seed, so that every pair has a number early."""
    cells = []
    for seed in seeds:
        for spec in specs:
            task, model = catalogue.find("task", spec.task), catalogue.find("model", spec.model)
            sources = fingerprint(TRIAL, task.file, model.file)
            cells.append(Cell(spec, seed, task.version, sources, catalogue.plugins, checkpoint))
    return cells


def is_fresh(cell: Cell, records: Path) -> bool:
    """Whether a whole record of this very cell is there, and its weights if they are to be kept."""
    try:
        record = read_record(records / record_name(cell.spec.row, cell.spec.column, cell.seed))
    except ValueError:
        return False
    from bench.records.checkpoints import checkpoint_path

    needs_weights = cell.checkpoint and record["status"] != "fitted"  # a floor has none
    kept = not needs_weights or checkpoint_path(records.parent, cell).is_file()
    return kept and bool(record["key"] == cell.key)


def run_cell(cell: Cell, records: Path, device: str, watch: Callable[[Any], None]) -> Record:
    """Train, evaluate and write one cell's record, its weights before it if asked; torch is imported here at last."""
    import torch

    from bench.probes.probe import probe
    from bench.records.checkpoints import checkpoint_path, save
    from bench.records.provenance import commit, versions
    from bench.trial.build import load_plugin
    from bench.trial.metrics import finite
    from bench.trial.protocols import protocol_of
    from bench.trial.trial import run_trial

    for plugin in cell.plugins:
        load_plugin(plugin)

    def keep(cycle: int, model: Model) -> None:
        save(checkpoint_path(records.parent, cell, cycle), cell, model)

    def hand_over(model: Model, training: Training) -> None:
        if cell.checkpoint:
            save(checkpoint_path(records.parent, cell), cell, model)

    outcome = run_trial(cell.spec, cell.seed, device, watch, keep if cell.checkpoint else None, hand_over)
    training, task, evaluation = outcome.training, outcome.task, outcome.evaluation
    probes = probe(outcome, cell.spec, device)
    head, dirty = commit()
    by_length = {
        str(length): asdict(score) | {"chance": task.chance(length)} for length, score in evaluation.scores.items()
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
        "kind": protocol_of(task).kind(task),
        "by_length": by_length,
        "curve": [{"step": point.step, "loss": finite(point.loss), "exact": point.exact} for point in training.curve],
        "first_batch": probes.first_batch,
        "samples": [asdict(sample) for sample in probes.samples],
        **({"adversarial": evaluation.adversarial} if evaluation.adversarial else {}),
        **({"failed": evaluation.failed} if evaluation.failed else {}),
        **({"disagreement": probes.disagreement} if probes.disagreement else {}),
        **({"traces": [asdict(trace) for trace in probes.traces]} if probes.traces else {}),
        **({} if probes.facts is None else {"text": probes.facts}),
        **({} if probes.padding is None else {"padding": probes.padding}),
        "parameters": outcome.parameters,
        "state": probes.state,
        "steps": training.steps,
        "evaluation_hash": evaluation.fingerprint,
        "commit": head,
        "dirty": dirty,
        "versions": versions(),
        "device": torch.cuda.get_device_name(device) if on_gpu else "cpu",
        "threads": torch.get_num_threads(),
        "timing": {
            "train_seconds": round(training.seconds, 3),
            "look_seconds": [round(point.seconds, 3) for point in training.curve],
            "evaluation_seconds": round(evaluation.seconds, 3),
            "tokens_per_second": round(training.tokens / training.seconds, 1) if training.steps else None,
        },
    }
    write_record(records, record)
    return record
