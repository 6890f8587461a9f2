"""Tasks and models by name, built from settings; plug-in files are loaded here."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.spec.errors import RequestError
from models import Model, UnsuitableError, build
from tasks import TASKS, Task
from tasks.base import Values


def load_plugin(file: Path) -> None:
    """Import a plug-in file once; what it registers is then known by name."""
    name = f"plugin_{file.resolve().as_posix().replace('/', '_').replace('.', '_')}"
    if name in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise RequestError(f"plug-in {str(file)!r} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise RequestError(f"plug-in {str(file)!r} fails to import: {type(error).__name__}: {error}") from error


def build_task(name: str, settings: Mapping[str, Any]) -> Task:
    """Build a task; lists in the settings (JSON has no tuples) become tuples. A missing corpus is found out here."""
    tuples = {key: tuple(value) if isinstance(value, list) else value for key, value in settings.items()}
    try:
        task = TASKS[name](**tuples)
        _ = task.target.size  # a corpus's vocabulary is in its text
        return task
    except (TypeError, ValueError) as error:
        raise RequestError(f"task {name}: {error}") from error


def build_model(name: str, task: Task, settings: Mapping[str, Any]) -> Model:
    """Build a model for a task's spaces; its weights are drawn from torch's global generator."""
    try:
        model = build(name, task.source, task.target, **settings)
        return model.double() if isinstance(task.target, Values) and task.target.double else model
    except UnsuitableError:
        raise
    except (TypeError, ValueError, RuntimeError, MemoryError) as error:  # the last two: sizes past what torch can hold
        raise RequestError(f"model {name}: {error}") from error
