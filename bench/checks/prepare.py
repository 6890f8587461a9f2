"""What is checked, with torch, before a run trains anything: device, settings, and every task and model it asks for."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

import torch

from bench.checks.contracts import ContractError, check_model, check_task, small_batch
from bench.checks.reach import lengths_beyond, refused_lengths, widest
from bench.probes.performance.rates import one_thread
from bench.spec.errors import RequestError
from bench.spec.spec import Spec
from bench.trial.build import build_model, build_task, load_plugin
from bench.trial.protocols import protocol_of
from models.base import UnsuitableError


def choose_device(asked: str) -> str:
    """Return the device to use; "auto" is the first GPU where there is one."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if asked == "auto":
        return "cuda:0" if count else "cpu"
    choices = ["auto", "cpu", *(["cuda"] if count else []), *(f"cuda:{index}" for index in range(count))]
    if asked not in choices:
        raise RequestError(f"unknown device {asked!r}; choose from: {', '.join(choices)}")
    return "cuda:0" if asked == "cuda" else asked


@one_thread()  # what is checked is small: several threads would spin while they wait for each other
def check_specs(specs: list[Spec], plugins: tuple[Path, ...], explicit: bool) -> tuple[list[Spec], list[str]]:
    """Build and check every task and model once -> the specs that can run, a line about each pair that cannot in full.

    A wrong setting, a broken contract, and a pair asked for by both names that cannot run are errors.
    """
    for plugin in plugins:
        load_plugin(plugin)
    kept, skipped, passed, known = [], [], set[str](), dict[str, tuple[list[int], str]]()
    for spec in specs:
        try:
            check_spec(spec, passed)
        except UnsuitableError as error:
            if explicit:
                raise RequestError(f"{spec.row} {spec.column}: {error}") from error
            skipped.append(f"{spec.row} {spec.column}: left out, {error}")
        else:
            kept.append(spec)
            skipped += lengths_left_out(spec, known)
    return kept, skipped


def check_tries(specs: Iterable[Spec], plugins: tuple[Path, ...], held_out: Collection[str]) -> None:
    """Build and check every task and model once that is to be trained and judged inside its training lengths.

    held_out: the rows of texts whose settings hold out what they are judged on
    """
    for plugin in plugins:
        load_plugin(plugin)
    passed = set[str]()
    for spec in specs:
        task = build_task(spec.task, spec.task_settings)
        if spec.row not in held_out and protocol_of(task).named_lengths(task):
            choices = ", ".join(sorted(held_out))
            raise RequestError(f"nothing is held out of the text {spec.row!r} to be judged by; choose from: {choices}")
        try:
            check_spec(spec, passed)
        except UnsuitableError as error:
            raise RequestError(f"{spec.row} {spec.column}: {error}") from error


def check_spec(spec: Spec, passed: set[str]) -> None:
    """Check a spec's task and its model, but not what has passed already; raise UnsuitableError or RequestError."""
    try:
        check_pair(spec, passed)
    except (UnsuitableError, RequestError):
        raise
    except ContractError as error:
        raise RequestError(str(error)) from error
    except Exception as error:  # whatever a plug-in does, or a length that a table of positions cannot hold
        reason = str(error).splitlines()[0] if str(error) else ""
        raise RequestError(f"{spec.row} {spec.column} cannot be trained: {type(error).__name__}: {reason}") from error


def lengths_left_out(spec: Spec, known: dict[str, tuple[list[int], str]]) -> list[str]:
    """Say at which lengths a spec's model cannot be evaluated, if there are any.

    known: what was found of models that read and write the same shapes
    """
    task = build_task(spec.task, spec.task_settings)
    asked = repr((spec.model, dict(spec.model_settings), task.source, task.target, lengths_beyond(task), widest(task)))
    if asked not in known:
        known[asked] = refused_lengths(spec, task)
    lengths, reason = known[asked]
    where = ", ".join(map(str, lengths))
    return [f"{spec.row} {spec.column}: cannot be evaluated at length {where}: {reason}"] if lengths else []


def check_pair(spec: Spec, passed: set[str]) -> None:
    """Check a spec's task and its model, but not what has passed already; torch's generator stays as it was."""
    task = build_task(spec.task, spec.task_settings)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = build_model(spec.model, task, spec.model_settings)
        if repr(task) not in passed:
            check_task(task)
        batch = small_batch(task)
        widths = [None if part is None else part.shape for part in (batch.source, batch.target)]
        pair = repr((spec.model, dict(spec.model_settings), task.source, task.target, widths))
        if pair not in passed:
            check_model(model, task, f"model {spec.model!r}")
        passed |= {repr(task), pair}
