"""Tasks and models by name, built from settings; plug-in files are loaded here."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.spec.catalogue import KINDS
from bench.spec.errors import RequestError
from models import Model, UnsuitableError, build
from tasks import TASKS, Task
from tasks.base import Values


def load_plugin(file: Path) -> None:
    """Import a plug-in file once; what it registers is then known by name."""
    name = module_name(file)
    if name in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise RequestError(f"plug-in {str(file)!r} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        with beside(file.resolve().parent):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise RequestError(f"plug-in {str(file)!r} fails to import: {type(error).__name__}: {error}") from error


def module_name(path: Path) -> str:
    """Return a name for a plug-in's module, or for the modules of its folder, that no other path has."""
    return f"plugin_{path.resolve().as_posix().replace('/', '_').replace('.', '_')}"


@contextmanager
def beside(folder: Path) -> Iterator[None]:
    """Let a plug-in import the modules that lie in its folder, at the time when it is imported itself.

    They are kept under a name of the folder's: plug-ins of one folder share them, and two folders may each have a
    module of the same name.
    """
    kept = f"{module_name(folder)}."
    own = {name.removeprefix(kept): module for name, module in sys.modules.items() if name.startswith(kept)}
    present = dict(sys.modules)
    sys.modules.update(own)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        new = [(name, module) for name, module in sys.modules.items() if present.get(name) is not module]
        for name in [name for name, module in new if lies_in(folder, name, module)]:
            sys.modules[kept + name] = sys.modules.pop(name)
        sys.modules.update({name: present[name] for name in own if name in present})


def lies_in(folder: Path, name: str, module: ModuleType) -> bool:
    """Whether a module imported by this name lies in a folder, as a file or in a package; none of this project does."""
    first = name.split(".")[0]
    places = [getattr(module, "__file__", None), *getattr(module, "__path__", ())]  # a folder without a file has a path
    if first in (*KINDS, "bench"):
        return False
    return any(
        Path(place) == folder / f"{first}.py" or Path(place).is_relative_to(folder / first) for place in places if place
    )


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
