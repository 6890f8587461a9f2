"""What learns: one file a family. Every module in this folder is imported, so a new family is one new file."""

import importlib
import pkgutil

from models.base import Memory, Model, Seq2Seq, UnsuitableError, adapted
from models.registry import MODELS, Family, build, register

for _module in pkgutil.walk_packages(__path__, f"{__name__}."):
    importlib.import_module(_module.name)

__all__ = ["MODELS", "Family", "Memory", "Model", "Seq2Seq", "UnsuitableError", "adapted", "build", "register"]
