"""Trackers: what takes a run's curves beside the records, for those who ask: TensorBoard, W&B, trackio (optional)."""

from __future__ import annotations

import importlib
import importlib.util
import io
import json
import math
import os
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import redirect_stdout, suppress
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from bench.execution.executor import Event, Failed, Finished, NotStarted, Validated
from bench.execution.job import Job
from bench.spec.errors import RequestError, choose_from

PACKAGES = {  # what `pip install` brings each
    "tensorboard": "tensorboardX>=2.6",
    "wandb": "wandb>=0.20",
    "trackio": "trackio>=0.40",
}
LOSS, EXACT, BY_LENGTH = "loss", "held_out_exact_match", "exact_match_by_length"


class Tracker(Protocol):
    """Takes the curve of one training; what it raises ends the tracker, never the work."""

    def log(self, axis: str, place: int, values: Mapping[str, float]) -> None:
        """Have the values at one place of an axis, "step" or "length", on disk."""

    def end(self, failed: bool) -> None:
        """Close the curve."""


class TensorBoard:
    """An event file under DIR/tensorboard, written here and not in a thread of its own: what fails is noticed."""

    def __init__(self, out: Path, run: str, job: Job, seed: int) -> None:
        folder = out / "tensorboard" / run
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("events.out.tfevents.*"):  # of an earlier training of this seed
            old.unlink(missing_ok=True)
        self.event = importlib.import_module("tensorboardX.proto.event_pb2").Event
        self.scalar = importlib.import_module("tensorboardX.summary").scalar
        self.file = importlib.import_module("tensorboardX.event_file_writer").EventsWriter(str(folder / "events"))

    def log(self, axis: str, place: int, values: Mapping[str, float]) -> None:
        """Append the values; event files have steps alone, so that a length takes a step's place."""
        for name, value in values.items():
            self.file.write_event(self.event(wall_time=time.time(), step=place, summary=self.scalar(name, value)))
        self.file.flush()

    def end(self, failed: bool) -> None:
        """Close the file, even where its last bytes cannot be written."""
        try:
            self.file.close()
        finally:
            self.file._py_recordio_writer.close()  # which its own `close` leaves open on a full disk


class LogsSteps:
    """A tracker whose library counts steps of its own: whatever stands at another axis is a value like others."""

    run: Any

    def log(self, axis: str, place: int, values: Mapping[str, float]) -> None:
        """Log the values at a step, or beside their place on another axis."""
        if axis == "step":
            self.run.log(dict(values), step=place)
        else:
            self.run.log({axis: place, **values})


class WandB(LogsSteps):
    """Offline runs under DIR/wandb: no network, no login; `wandb sync` sends them later if one wishes."""

    def __init__(self, out: Path, run: str, job: Job, seed: int) -> None:
        kept = {"WANDB_MODE": "offline", "WANDB_CACHE_DIR": str(out / "wandb"), "WANDB_ERROR_REPORTING": "false"}
        os.environ.update(kept)
        wandb = importlib.import_module("wandb")
        quiet = wandb.Settings(silent=True, console="off", disable_git=True, disable_code=True, x_disable_stats=True)
        self.run = wandb.init(
            project="lengthwise",
            name=run,
            group="/".join(job.pair),
            dir=str(out),
            mode="offline",
            reinit="create_new",  # two trainings may run at once
            config=job.spec.asked | {"seed": seed, "key": job.key(seed)},
            settings=quiet,
        )
        self.run.define_metric(BY_LENGTH, step_metric="length")

    def end(self, failed: bool) -> None:
        """Finish the run."""
        self.run.finish(exit_code=int(failed))


class Trackio(LogsSteps):
    """A SQLite file under DIR/trackio, which `TRACKIO_DIR=DIR/trackio trackio show` draws: no network, no account."""

    def __init__(self, out: Path, run: str, job: Job, seed: int) -> None:
        os.environ["TRACKIO_DIR"] = str(out / "trackio")  # read as trackio is imported
        for elsewhere in ("TRACKIO_SPACE_ID", "TRACKIO_SERVER_URL"):
            os.environ.pop(elsewhere, None)
        trackio, variables = importlib.import_module("trackio"), importlib.import_module("trackio.context_vars")
        with redirect_stdout(io.StringIO()):
            self.run = trackio.init(
                project="lengthwise",
                name=run,
                group="/".join(job.pair),
                config=json.loads(json.dumps(job.spec.asked | {"seed": seed, "key": job.key(seed)}, default=list)),
                embed=False,
                auto_log_gpu=False,
                auto_log_cpu=False,
            )
        variables.current_run.set(None)  # else the next training's beginning would end this one

    def end(self, failed: bool) -> None:
        """Have what was logged on disk."""
        with redirect_stdout(io.StringIO()):
            self.run.finish()


Kind = Callable[[Path, str, Job, int], Tracker]
KINDS: dict[str, Kind] = {"tensorboard": TensorBoard, "wandb": WandB, "trackio": Trackio}


def check_trackers(names: Iterable[str]) -> None:
    """Raise RequestError unless these trackers exist and what they need is installed; nothing is imported yet."""
    for name in names:
        if name not in PACKAGES:
            raise choose_from("tracker", name, list(PACKAGES))
        if importlib.util.find_spec(PACKAGES[name].partition(">")[0]) is None:
            raise RequestError(f'--track {name} needs a package that is not installed: pip install "{PACKAGES[name]}"')


def run_name(job: Job, seed: int) -> str:
    """Name a seed's curve task/model/seed, in characters that every file system takes."""
    return job.file(seed).removesuffix(".json").replace("--", "/")


class Follower:
    """Follows the trainings of a run with one kind of tracker."""

    def __init__(self, kind: Kind, out: Path) -> None:
        self.kind, self.out = kind, out
        self.open: dict[str, Tracker] = {}  # by training that goes on
        self.reached: dict[str, int] = {}  # by training that goes on: the last step that was told
        self.ended: set[str] = set()

    def listen(self, event: Event) -> None:
        """Take one event; a validation point that comes after the record is in the record's curve."""
        run = run_name(event.job, event.seed)
        if run in self.ended or isinstance(event, NotStarted):
            return
        if isinstance(event, Validated):
            self._log(run, event, event.point.step, {LOSS: event.point.loss, EXACT: event.point.exact})
            return
        self.ended.add(run)
        if isinstance(event, Finished):
            for point in event.record["curve"]:
                if point["step"] > self.reached.get(run, 0):
                    self._log(run, event, point["step"], {LOSS: point["loss"], EXACT: point["exact"]})
            for length, score in sorted(event.record["by_length"].items(), key=lambda item: int(item[0])):
                share = {BY_LENGTH: score["right"] / score["examples"]}
                self._tracker(run, event).log("length", int(length), share)
        self._end(run, failed=isinstance(event, Failed))

    def _log(self, run: str, event: Event, step: int, told: Mapping[str, float | None]) -> None:
        if step <= self.reached.get(run, 0):  # its worker died: it is trained anew
            self._end(run, failed=True)
        numbers = {name: value for name, value in told.items() if value is not None and math.isfinite(value)}
        self._tracker(run, event).log("step", step, numbers)
        self.reached[run] = step

    def _tracker(self, run: str, event: Event) -> Tracker:
        if run not in self.open:
            self.open[run] = self.kind(self.out, run, event.job, event.seed)
        return self.open[run]

    def _end(self, run: str, failed: bool) -> None:
        self.reached.pop(run, None)
        if run in self.open:
            self.open.pop(run).end(failed)

    def close(self) -> None:
        """End what goes on."""
        for run in list(self.open):
            self._end(run, failed=True)


class Trackers:
    """Passes what an executor tells on to trackers; one that fails is left out from there on, said in one line."""

    def __init__(self, names: Iterable[str], out: Path, say: Callable[[str], None]) -> None:
        self.say = say
        self.followers = {name: Follower(KINDS[name], out) for name in names}

    def __enter__(self) -> Trackers:
        return self

    def __exit__(self, *_: object) -> None:
        for name, follower in list(self.followers.items()):
            self._attempt(name, follower.close)

    def listen(self, event: Event) -> None:
        """Take one event."""
        for name, follower in list(self.followers.items()):
            self._attempt(name, partial(follower.listen, event))

    def _attempt(self, name: str, deed: Callable[[], None]) -> None:
        try:
            deed()
        except Exception as error:  # whatever a library raises: the work goes on
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            self.say(f"tracker {name} failed and is left out from here on: {reason}")
            with suppress(Exception):
                self.followers.pop(name).close()
