"""How it is judged: specs, random streams, training, evaluation, records, statistics, tables, command line.

From Python: run, load and draw, of bench/api.py.
"""

from typing import Any

__all__ = ["draw", "load", "run"]  # found when they are asked for: a command needs none of them


def __getattr__(name: str) -> Any:
    """Return what bench/api.py has under one of these names."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from bench import api

    return getattr(api, name)
