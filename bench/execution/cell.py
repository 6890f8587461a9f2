"""A cell: one spec, one seed. Here a trial becomes a record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.records.decode import checked
from bench.records.key import Sources, key_of, settings_hash, sources_of, weights_key
from bench.records.stale import set_aside
from bench.records.store import SCHEMA, Record, read_record, read_records, record_path, write_record
from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec

if TYPE_CHECKING:
    from models.base import Model
    from tasks.base import Task


@dataclass(frozen=True)
class Cell:
    """A spec and a seed, and the key under which its record is fresh; `checkpoint`: its weights are to be kept."""

    spec: Spec
    seed: int
    sources: Sources
    plugins: tuple[Path, ...] = ()
    checkpoint: bool = False

    @property
    def key(self) -> str:
        """Hash of what is asked and of the sources that make it."""
        return key_of(self.spec, self.seed, self.sources)

    @property
    def weights_key(self) -> str:
        """Hash of what makes its weights, whatever number of examples evaluates them."""
        return weights_key(self.spec, self.seed, self.sources)

    @property
    def name(self) -> str:
        """How progress lines call it."""
        return f"{self.spec.row} {self.spec.column} seed {self.seed}"


def make_cells(specs: list[Spec], seeds: list[int], catalogue: Catalogue, checkpoint: bool = False) -> list[Cell]:
    """Return the cells of specs and seeds, seed by seed, so that every pair has a number early."""
    cells = []
    for seed in seeds:
        for spec in specs:
            cells.append(Cell(spec, seed, sources_of(spec, catalogue), catalogue.plugins, checkpoint))
    return cells


def set_aside_stale(cells: list[Cell], records: Path) -> int:
    """Move records of these pairs that other settings or other code made into records/stale; return how many."""
    keys = {(cell.spec.row, cell.spec.column, cell.seed): cell.key for cell in cells}
    sources = {(cell.spec.row, cell.spec.column): (cell.sources.whole, cell.sources.task_version) for cell in cells}
    moved = 0
    for record in read_records(records)[0]:
        name = (record["task"], record["model"])
        if name not in sources:
            continue
        key = keys.get((*name, record["seed"]))
        fresh = record["key"] == key if key else (record["sources"], record["task_version"]) == sources[name]
        if not fresh:
            moved += set_aside(record_path(records, *name, record["seed"]))
    return moved


def is_fresh(cell: Cell, records: Path) -> bool:
    """Whether a whole record of this very cell is there, and its weights if they are to be kept."""
    try:
        record = read_record(record_path(records, cell.spec.row, cell.spec.column, cell.seed))
    except ValueError:
        return False
    from bench.records.checkpoints import checkpoint_path

    needs_weights = cell.checkpoint and record["status"] != "fitted"  # a floor has none
    kept = not needs_weights or checkpoint_path(records.parent, cell.spec, cell.seed).is_file()
    return kept and bool(record["key"] == cell.key)


def run_cell(cell: Cell, records: Path, device: str, watch: Callable[[Any], None]) -> Record:
    """Train, evaluate and write one cell's record, its weights before it if asked; torch is imported here at last."""
    import torch

    from bench.records.checkpoints import checkpoint_path, save
    from bench.records.provenance import commit, instruction_set, versions
    from bench.trial.build import load_plugin
    from bench.trial.metrics import finite
    from bench.trial.trial import run_trial

    for plugin in cell.plugins:
        load_plugin(plugin)

    def keep(cycle: int, model: Model) -> None:
        save(checkpoint_path(records.parent, cell.spec, cell.seed, cycle), cell.weights_key, model)

    outcome = run_trial(cell.spec, cell.seed, device, watch, keep if cell.checkpoint else None)
    training, task = outcome.training, outcome.task
    head, dirty = commit()
    by_length = {
        str(length): asdict(score) | {"chance": task.chance(length)} for length, score in outcome.scores.items()
    }
    on_gpu = device.startswith("cuda")
    record = checked(
        {
            "schema": SCHEMA,
            "key": cell.key,
            "spec_hash": settings_hash(cell.spec, cell.seed, cell.sources),
            "sources": cell.sources.whole,
            "source_parts": cell.sources.parts,
            "task": cell.spec.row,
            "model": cell.spec.column,
            "task_version": cell.sources.task_version,
            "seed": cell.seed,
            "spec": asdict(cell.spec),
            "status": training.status,
            "train_lengths": list(task.train_lengths),
            "inside_lengths": list(task.inside_lengths),
            "kind": kind_of(task),
            "by_length": by_length,
            "curve": [{"step": look.step, "loss": finite(look.loss), "exact": look.exact} for look in training.curve],
            "first_batch": outcome.first_batch,
            "samples": [asdict(sample) for sample in outcome.samples],
            **(
                {"adversarial": {str(n): sets for n, sets in outcome.adversarial.items()}}
                if outcome.adversarial
                else {}
            ),
            **({"traces": [asdict(trace) for trace in outcome.traces]} if outcome.traces else {}),
            **({} if outcome.facts is None else {"text": outcome.facts}),
            **({} if outcome.padding is None else {"padding": outcome.padding}),
            "parameters": outcome.parameters,
            "state": outcome.state,
            "steps": training.steps,
            "evaluation_hash": outcome.evaluation_hash,
            "commit": head,
            "dirty": dirty,
            "versions": versions(),
            "device": torch.cuda.get_device_name(device) if on_gpu else "cpu",
            "instruction_set": instruction_set(),
            "threads": torch.get_num_threads(),
            "timing": {
                "train_seconds": round(training.seconds, 3),
                "look_seconds": [round(look.seconds, 3) for look in training.curve],
                "evaluation_seconds": round(outcome.evaluation_seconds, 3),
                "tokens_per_second": round(training.symbols / training.seconds, 1) if training.steps else None,
            },
        }
    )
    if cell.checkpoint and training.status != "fitted":  # a trivial baseline has no weights, and is fitted at once
        save(checkpoint_path(records.parent, cell.spec, cell.seed), cell.weights_key, outcome.model)
    write_record(records, record)
    return record


def kind_of(task: Task) -> str:
    """Say how a task is judged: real values, strings, a text of named parts, a corpus by its symbols."""
    from tasks.text.corpus import CorpusTask

    if not task.target.discrete:
        return "values"
    if not task.streams:
        return "symbols"
    return "text" if isinstance(task, CorpusTask) else "stream"
