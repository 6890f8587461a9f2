"""What is checked, with torch, before a run trains anything: device, settings, plug-ins."""

from __future__ import annotations

from pathlib import Path

import torch

from bench.checks.contracts import ContractError, check_model, check_task
from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError
from bench.spec.spec import Spec
from bench.trial.build import build_model, build_task, load_plugin
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


def check_specs(specs: list[Spec], plugins: tuple[Path, ...], explicit: bool) -> tuple[list[Spec], list[str]]:
    """Build every task and model once -> the specs that can run, a line about each pair that cannot.

    A wrong setting, a broken contract of a plug-in, and a pair asked for by both names that cannot run are errors.
    """
    for plugin in plugins:
        load_plugin(plugin)
    names = plugin_names(plugins)
    kept, skipped = [], []
    for spec in specs:
        task = build_task(spec.task, spec.task_settings)
        try:
            model = build_model(spec.model, task, spec.model_settings)
            if spec.task in names or spec.model in names:
                check_task(task)
                check_model(model, task, f"model {spec.model!r}")
        except UnsuitableError as error:
            if explicit:
                raise RequestError(f"{spec.row} {spec.column}: {error}") from error
            skipped.append(f"{spec.row} {spec.column}: left out, {error}")
        except ContractError as error:
            raise RequestError(str(error)) from error
        except Exception as error:
            if spec.task not in names and spec.model not in names:
                raise
            reason = str(error).splitlines()[0] if str(error) else ""
            raise RequestError(f"plug-in {spec.row} {spec.column} fails: {type(error).__name__}: {reason}") from error
        else:
            kept.append(spec)
    return kept, skipped


def plugin_names(plugins: tuple[Path, ...]) -> set[str]:
    """Return the names of the tasks and models that plug-ins bring."""
    catalogue = Catalogue(plugins)
    entries = (entry for kind in catalogue.entries.values() for entry in kind.values())
    return {entry.name for entry in entries if entry.file in plugins}
