"""Where the project lies, a checkout or a package that is installed; where it writes, and what it is called by."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
IS_CHECKOUT = (ROOT / "pyproject.toml").is_file()
HOME = ROOT if IS_CHECKOUT else Path.cwd()  # where runs are written
PROGRAM = "python -m bench" if IS_CHECKOUT else "lengthwise"


def no_records(folder: Path, run: str = "run") -> str:
    """Say that a run's folder has no records; run: the command that would make some."""
    return f"no records in {str(folder / 'records')!r}: run `{PROGRAM} {run}` first"
