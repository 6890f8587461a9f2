"""What is learned: one file a task. Every module in this folder is imported, so a new task is one new file."""

import importlib
import pkgutil

from tasks.base import TASKS, Batch, Symbols, Task, Values, register

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["TASKS", "Batch", "Symbols", "Task", "Values", "register"]
