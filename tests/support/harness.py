"""What the tests of bench share: the command line in and out of process, hand-made records, processes of a group."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.__main__ import main
from bench.execution.executor import Finished, Listen
from bench.execution.job import Job, each_seed
from bench.execution.run_store import RunStore
from bench.records.store import SCHEMA, Record, read_record, write_record
from bench.spec.spec import Spec
from models import MODELS
from tasks import TASKS

ROOT = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = {**os.environ, "COLUMNS": "200"}
TINY = "--suite smoke --steps 3 --set train.examples=8 --set train.batch=4 --device cpu --jobs 1".split()
OWN_TASKS = sorted(name for name, task in TASKS.items() if task.__module__.startswith("tasks."))
OWN_MODELS = sorted(name for name, model in MODELS.items() if model.__module__.startswith("models."))
SHORT = ("--set", "task.eval_lengths=5,10,12")


@dataclass(frozen=True)
class Outcome:
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str


def arguments_of(arguments: Sequence[object]) -> list[str]:
    return [str(argument) for argument in arguments]


def in_process(capsys: Any, *arguments: object) -> Outcome:
    """Run a command in this process; the registries are afterwards as they were."""
    capsys.readouterr()
    with registries_restored():
        code = main(arguments_of(arguments))
    captured = capsys.readouterr()
    return Outcome(code, captured.out, captured.err)


def in_subprocess(*arguments: object, root: Path = ROOT) -> Outcome:
    """Run a command in a process of its own, from a checkout's root."""
    done = subprocess.run(
        [sys.executable, "-m", "bench", *arguments_of(arguments)],
        cwd=root,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def python(code: str, *arguments: object, root: Path = ROOT) -> str:
    """Run Python code in a fresh interpreter from a checkout's root; return what it printed."""
    command = [sys.executable, "-c", code, *arguments_of(arguments)]
    done = subprocess.run(command, cwd=root, env=ENVIRONMENT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


def started(*arguments: object) -> subprocess.Popen[str]:
    """Start a command in a process group of its own, as a terminal does.

    A shell's background jobs ignore Ctrl-C and their children inherit that; a command at a terminal does not.
    """
    return subprocess.Popen(
        [sys.executable, "-m", "bench", *arguments_of(arguments)],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def ended(process: subprocess.Popen[str]) -> None:
    """End a command that `started` started, whatever state it is in."""
    if living(process.pid):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def living(group: int) -> list[int]:
    """Return the processes of a group that still run; one that ended and waits to be collected does not."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, process_group = status.read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue
        if int(process_group) == group and state not in "ZX":
            found.append(int(status.parent.name))
    return found


def wait_until(holds: Callable[[], object], what: str, seconds: float = 120) -> None:
    """Wait until something holds; fail after so many seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for: {what}"
        time.sleep(0.02)


@contextmanager
def registries_restored() -> Iterator[None]:
    """Forget, at the end, what plug-ins registered meanwhile."""
    tasks, models, modules = dict(TASKS), dict(MODELS), set(sys.modules)
    debug = os.environ.get("LENGTHWISE_DEBUG")
    try:
        yield
    finally:
        for registry, before in ((TASKS, tasks), (MODELS, models)):
            registry.clear()
            registry.update(before)
        for name in set(sys.modules) - modules:
            if name.startswith("plugin_"):
                del sys.modules[name]
        if debug is None:
            os.environ.pop("LENGTHWISE_DEBUG", None)


def score(right: int, examples: int = 100, **changes: Any) -> dict[str, Any]:
    """Return the score at one length of a hand-made record."""
    whole = {
        "examples": examples,
        "right": right,
        "tokens": 10 * examples,
        "tokens_right": 9 * right,
        "stopped_wrong": 0,
        "unseen": True,
        "chance": 0.125,
        "nrmse": None,
        "next_step_nrmse": None,
        "errors_at": [0.0, 0.25, None],
    }
    return whole | changes


def record(
    rights: Mapping[int, int],
    *,
    task: str = "copy",
    model: str = "gru",
    seed: int = 0,
    inside: Sequence[int] = (3,),
    **changes: Any,
) -> Record:
    """Return a hand-made record with so many strings of 100 right at each length."""
    spec = Spec("copy", "gru", row=task, column=model)
    whole: Record = {
        "schema": SCHEMA,
        "key": "key",
        "spec_hash": "settings",
        "sources": "sources",
        "task": task,
        "model": model,
        "task_version": 1,
        "seed": seed,
        "spec": spec.asked,
        "status": "trained",
        "train_lengths": list(inside),
        "inside_lengths": list(inside),
        "kind": "symbols",
        "by_length": {str(length): score(right) for length, right in rights.items()},
        "curve": [{"step": 500, "loss": 1.5, "exact": 0.5}, {"step": 1000, "loss": 0.5, "exact": 1.0}],
        "first_batch": {"width": 3, "lengths": [3, 2, 3], "counted": [3, 2, 0]},
        "samples": [
            {"length": 3, "first": 0, "given": ["a", "b", "c"], "truth": ["a", "b", "c"], "written": ["a", "c", "c"]}
        ],
        "parameters": 1234,
        "state": 64,
        "steps": 1000,
        "evaluation_hash": "evaluation",
        "commit": "0" * 40,
        "dirty": False,
        "versions": {"python": "3"},
        "device": "cpu",
        "threads": 1,
        "timing": {
            "train_seconds": 2.5,
            "look_seconds": [1.2, 2.5],
            "evaluation_seconds": 0.5,
            "tokens_per_second": 1000.0,
        },
    }
    return whole | changes


def record_of(job: Job) -> Record:
    """Return a hand-made record that is current for a job's first seed."""
    made = record({3: 50, 4: 40}, task=job.spec.row, model=job.spec.column, seed=job.seeds[0])
    return made | {"key": job.key(job.seeds[0]), "sources": job.sources.whole, "spec": job.spec.asked}


class Pretender:
    """Stands for every executor: keeps what it was asked for and plants a record for each job, training nothing."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def run(self, jobs: Sequence[Job], store: RunStore, listen: Listen) -> list[str]:
        self.jobs += jobs
        for job, seed in each_seed(jobs):
            write_record(store.records, record_of(job))
            listen(Finished(job, seed, record_of(job)))
        return []


def pretend(monkeypatch: pytest.MonkeyPatch, stand_in: Any = None) -> Any:
    """Let a stand-in, or a Pretender, run whatever jobs there are; return it."""
    chosen = stand_in or Pretender()
    monkeypatch.setattr("bench.execution.executor.find_executor", lambda name: lambda resources: chosen)
    return chosen


def one_line(done: Outcome, *named: str) -> None:
    """Check for exit code 2 and one line that names what is wrong."""
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert done.err.count("\n") == 1
    for word in named:
        assert word in done.err


def records_in(out: Path) -> dict[str, Record]:
    """Read every record of a run by its file's name; one that cannot be read raises."""
    return {path.name: read_record(path) for path in sorted((out / "records").glob("*.json"))}


def without(made: Record, *names: str) -> Record:
    """Return a record without some of its keys."""
    return {name: value for name, value in made.items() if name not in names}
