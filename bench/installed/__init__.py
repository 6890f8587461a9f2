"""Lengthwise where it is installed: the package `lengthwise`, which holds the folders bench, tasks and models.

Their names are too general to stand among other packages. So they lie in this one, and are found once it is imported.
From Python: `from lengthwise import run, load, draw`, as `from bench import ...` in a checkout.
"""

import sys
from pathlib import Path
from typing import Any

_here = Path(__file__).resolve().parent
_root = _here if (_here / "bench").is_dir() else _here.parent.parent  # a checkout that is installed to be edited
if str(_root) not in sys.path:
    sys.path.insert(0, str(_root))


def main() -> int:
    """Run the command line."""
    from bench.__main__ import main

    return main()


def __getattr__(name: str) -> Any:
    """Return what bench has under a name: run, load, draw."""
    import bench

    return getattr(bench, name)
