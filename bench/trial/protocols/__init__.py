"""How each kind of data is trained on and scored: one file a kind, each imported here and registered by its name."""

import importlib
import pkgutil

from bench.trial.protocols.base import PROTOCOLS, Answer, Protocol, protocol_of, register

for _module in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(_module.name)

__all__ = ["PROTOCOLS", "Answer", "Protocol", "protocol_of", "register"]
