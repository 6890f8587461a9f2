"""Trackers: what takes a run's curves beside the records, for those who ask: TensorBoard and W&B, both optional."""

from __future__ import annotations

import importlib
import importlib.util
import os
import struct
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from bench.execution.cell import Cell
from bench.spec.errors import RequestError, choose_from

PACKAGES = {"tensorboard": "tensorboardX>=2.6", "wandb": "wandb>=0.20"}  # what `pip install` brings each
PROJECT = "lengthwise"
LOSS, EXACT, BY_LENGTH = "loss", "held_out_exact_match", "exact_match_by_length"


class Tracker(Protocol):
    """Takes the numbers of runs, each called task/model/seed; what it raises ends the tracker, never the work."""

    def begin(self, run: str, cell: Cell) -> None:
        """Open a run, in place of an earlier one of that name."""

    def look(self, run: str, step: int, values: Mapping[str, float]) -> None:
        """Take the values at one step."""

    def lengths(self, run: str, exact: Mapping[int, float]) -> None:
        """Take exact match by length."""

    def end(self, run: str, failed: bool) -> None:
        """Close a run."""


def check_trackers(names: Iterable[str]) -> None:
    """Raise RequestError unless these trackers exist and what they need is installed; nothing is imported yet."""
    for name in names:
        if name not in PACKAGES:
            raise choose_from("tracker", name, list(PACKAGES))
        if importlib.util.find_spec(PACKAGES[name].partition(">")[0]) is None:
            raise missing(name)


def missing(name: str) -> RequestError:
    """Return the error for a tracker whose package is not installed."""
    return RequestError(f'--track {name} needs a package that is not installed: pip install "{PACKAGES[name]}"')


def load(name: str, module: str) -> Any:
    """Import a module that a tracker needs."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise missing(name) from error


class TensorBoard:
    """Event files under DIR/tensorboard: each look is appended and on disk at once, so no open file can be lost."""

    def __init__(self, out: Path) -> None:
        self.folder = out / "tensorboard"
        self.event = load("tensorboard", "tensorboardX.proto.event_pb2").Event
        self.scalar = load("tensorboard", "tensorboardX.summary").scalar
        self.checksum = load("tensorboard", "tensorboardX.record_writer").masked_crc32c
        self.files: dict[str, Path] = {}

    def begin(self, run: str, cell: Cell) -> None:
        """Start a new event file; the curve of an earlier training of this cell goes."""
        folder = self.folder / run
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("events.out.tfevents.*"):
            old.unlink(missing_ok=True)
        self.files[run] = folder / f"events.out.tfevents.{int(time.time())}.{os.getpid()}"
        self._append(run, [self.event(wall_time=time.time(), file_version="brain.Event:2")])

    def look(self, run: str, step: int, values: Mapping[str, float]) -> None:
        """Append the values at one step."""
        self._append(run, [self._scalar(name, step, value) for name, value in values.items()])

    def lengths(self, run: str, exact: Mapping[int, float]) -> None:
        """Append exact match by length, where the length takes the step's place."""
        self._append(run, [self._scalar(BY_LENGTH, length, share) for length, share in exact.items()])

    def end(self, run: str, failed: bool) -> None:
        """Nothing is open."""

    def _scalar(self, name: str, step: int, value: float) -> Any:
        return self.event(wall_time=time.time(), step=step, summary=self.scalar(name, value))

    def _append(self, run: str, events: Iterable[Any]) -> None:
        with self.files[run].open("ab") as file:
            file.write(b"".join(self._framed(event.SerializeToString()) for event in events))

    def _framed(self, content: bytes) -> bytes:
        """Frame an event as event files do: its length, the length's checksum, the event, its checksum."""
        length = struct.pack("<Q", len(content))
        checks = [struct.pack("<I", self.checksum(part)) for part in (length, content)]
        return length + checks[0] + content + checks[1]


class WandB:
    """Offline runs under DIR/wandb: no network, no login; `wandb sync` sends them later if one wishes."""

    def __init__(self, out: Path) -> None:
        kept = {"WANDB_MODE": "offline", "WANDB_CACHE_DIR": str(out / "wandb"), "WANDB_ERROR_REPORTING": "false"}
        os.environ.update(kept)
        self.out, self.wandb = out, load("wandb", "wandb")
        self.runs: dict[str, Any] = {}

    def begin(self, run: str, cell: Cell) -> None:
        """Open an offline run that knows the cell's settings."""
        settings = self.wandb.Settings(
            silent=True, console="off", disable_git=True, disable_code=True, x_disable_stats=True
        )
        self.runs[run] = self.wandb.init(
            project=PROJECT,
            name=run,
            group=f"{cell.spec.row}/{cell.spec.column}",
            dir=str(self.out),
            mode="offline",
            reinit="create_new",  # two cells may run at once
            config=asdict(cell.spec) | {"seed": cell.seed, "key": cell.key},
            settings=settings,
        )
        self.runs[run].define_metric(BY_LENGTH, step_metric="length")

    def look(self, run: str, step: int, values: Mapping[str, float]) -> None:
        """Log the values at one step."""
        self.runs[run].log(dict(values), step=step)

    def lengths(self, run: str, exact: Mapping[int, float]) -> None:
        """Log exact match by length."""
        for length, share in exact.items():
            self.runs[run].log({"length": length, BY_LENGTH: share})

    def end(self, run: str, failed: bool) -> None:
        """Finish the run."""
        self.runs.pop(run).finish(exit_code=int(failed))


KINDS: dict[str, Callable[[Path], Tracker]] = {"tensorboard": TensorBoard, "wandb": WandB}
