"""What learns: one file a family. Every module in this folder is imported, so a new family is one new file."""

import importlib
import pkgutil

from models.base import MODELS, Memory, Seq2Seq, register

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["MODELS", "Memory", "Seq2Seq", "register"]
