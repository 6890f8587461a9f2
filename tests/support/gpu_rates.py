"""Training steps a second of every family: on the processor, on a GPU plainly, there by graph, of many seeds at once.

    python tests/support/gpu_rates.py FILE --device cuda --seconds 100

A line of JSON each is added to the file at once. What the file has, or has begun, is passed over: after a crash the
same command goes on behind what crashed. Exit code 3 says that the device is of no more use to this process.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
STARTED = time.monotonic()  # before torch is imported, which takes seconds
sys.path.insert(0, str(ROOT))

# E402: a script finds the project only once its root is on the path, and the clock runs before torch is read.
import torch  # noqa: E402

from bench.spec.spec import Spec  # noqa: E402
from bench.trial.build import build_task  # noqa: E402
from bench.trial.graph import SWITCH  # noqa: E402
from bench.trial.lanes import Lane  # noqa: E402
from bench.trial.protocols import protocol_of  # noqa: E402
from bench.trial.step import make_steps  # noqa: E402
from bench.trial.trial import new_model  # noqa: E402
from bench.trial.turns import Turns  # noqa: E402
from models import MODELS  # noqa: E402
from tasks.base import Task  # noqa: E402

FITTED = ("majority", "markov", "neighbour", "ridge")
FIRST = ("gru", "lstm", "transformer", "elman", "location_attention", "stack_rnn", "decoder_only", "selective_ssm")
BATCHES, AT_ONCE = (64, 1024), (4, 16)  # AT_ONCE: seeds, with batches of the first size
SHOWN = 4  # rounds of steps before the clock runs: a graph is recorded at the third
LOST = 3


def families() -> list[str]:
    """Return those that are trained, the most telling first."""
    return [*FIRST, *(name for name in sorted(MODELS) if name not in (*FIRST, *FITTED))]


def asked(device: str) -> Iterator[dict[str, Any]]:
    """Yield what is to be timed: small batches of all families, then of several seeds at once, then large batches."""
    ways = ("cpu", "plain", "graph") if device != "cpu" else ("cpu",)
    small = [(BATCHES[0], 1, ways), *((BATCHES[0], seeds, ways[-1:]) for seeds in AT_ONCE)]
    for batch, seeds, some in [*small, *((batch, 1, ways) for batch in BATCHES[1:])]:
        for family in families():
            for way in some:
                yield {"family": family, "batch": batch, "way": way, "seeds": seeds}


def spec_of(family: str, batch: int) -> Spec:
    """Return strings of three to fourteen symbols; numbers in windows for a family that reads texts alone."""
    if family == "pointer":
        return Spec("human_numbers", family, {"mode": "windows", "window": 15}, batch=batch)
    return Spec("variable_copy", family, {"train_lengths": tuple(range(3, 15)), "eval_lengths": (14,)}, batch=batch)


def training(spec: Spec, task: Task, seed: int, device: str) -> Turns[None]:
    """Train without end, whole steps with their data, with a pause behind each."""
    model = new_model(task, spec, seed, device)
    steps, state = make_steps(model, task, spec, device), None
    model.train()
    for each in protocol_of(task).batches(task, spec, seed, device):
        _, state = steps(each, state, 0.1)
        yield


def timed(
    family: str, batch: int, device: str, seconds: float, seeds: int = 1, ready: Callable[[], None] = lambda: None
) -> dict[str, float]:
    """Train for so many seconds -> steps a second, those of all seeds, milliseconds a step, steps timed.

    ready: called before the clock runs
    """
    spec = spec_of(family, batch)
    task = build_task(spec.task, spec.task_settings)
    trainings = [training(spec, task, seed, device) for seed in range(seeds)]
    if seeds > 1:
        trainings = [Lane(device).through(each) for each in trainings]

    def rounds(count: int) -> None:
        for _ in range(count):
            for each in trainings:
                next(each)
        waited(device)

    rounds(SHOWN if device != "cpu" else 1)
    ready()
    started, done, at_once = time.perf_counter(), 0, 1
    while (spent := time.perf_counter() - started) < seconds:
        rounds(at_once)
        done, at_once = done + seeds * at_once, min(64, 2 * at_once)
    return {"rate": done / spent if done else 0.0, "milliseconds": 1000 * spent / max(1, done), "steps": done}


def waited(device: str) -> None:
    """Wait until a GPU has done all."""
    if device != "cpu":
        torch.cuda.synchronize()


def read_options(seconds: float, each: float) -> argparse.Namespace:
    """Read the command line: a file, a device, how long in all and for each, with these defaults."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--seconds", type=float, default=seconds)
    parser.add_argument("--each", type=float, default=each)
    return parser.parse_args()


def main() -> int:
    """Time what the file lacks, as long as there is time."""
    from bench.execution.device import prepared
    from bench.execution.executor import Resources

    options = read_options(100.0, 0.5)
    until = STARTED + options.seconds
    lines = options.file.read_text().splitlines() if options.file.exists() else []
    begun = [json.loads(line)["asked"] for line in lines]
    with options.file.open("a") as file, prepared(Resources()):

        def told(**values: Any) -> None:
            file.write(json.dumps(values) + "\n")
            file.flush()

        for each in asked(options.device):
            if each in begun:
                continue
            if time.monotonic() > until - options.each:
                break
            told(asked=each)
            os.environ[SWITCH] = "1" if each["way"] == "graph" else "0"
            device = "cpu" if each["way"] == "cpu" else options.device
            try:
                told(asked=each, **timed(each["family"], each["batch"], device, options.each, each["seeds"]))
            except Exception as error:
                told(asked=each, error=f"{type(error).__name__}: {str(error).strip().splitlines()[0]}")
                if "CUDA" in str(error) and not isinstance(error, torch.OutOfMemoryError):
                    return LOST
    return 0


if __name__ == "__main__":
    sys.exit(main())
