"""What is learned: one file a task. Every module in this folder is imported, so a new task is one new file."""

import importlib
import pkgutil

from tasks.base import TASKS, Batch, Symbols, Task, Tokens, Values, register

for _module in pkgutil.walk_packages(__path__, f"{__name__}."):
    importlib.import_module(_module.name)

__all__ = ["TASKS", "Batch", "Symbols", "Task", "Tokens", "Values", "register"]
