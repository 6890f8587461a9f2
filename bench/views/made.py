"""What a run's report was made of: one whose records and code are as they were is not drawn again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from bench.records.store import content_of, record_files, write_atomically
from bench.spec.catalogue import ROOT

NOTE = Path("figures") / ".made.json"
SOURCES = ("analysis", "records", "spec", "suites", "views")
PACKAGES = ("jinja2", "matplotlib", "numpy", "pandas", "scipy")


def ingredients(out: Path, suite: str, reference: Path | None = None) -> str:
    """Hash what a report is made of: the run's records and those beside them, the suite's name, code, packages."""
    digest = hashlib.blake2b(repr([suite, *((name, metadata.version(name)) for name in PACKAGES)]).encode())
    sources = (
        path for name in SOURCES for path in (ROOT / "bench" / name).rglob("*.*") if "__pycache__" not in path.parts
    )
    records = [path for run in (out, reference) if run for path in record_files(run / "records")]
    for path in (*records, *sorted(sources)):
        content = read(path)
        digest.update(f"{path.name} {len(content)}\n".encode(errors="surrogateescape") + content)
    return digest.hexdigest()


def read(path: Path) -> bytes:
    """Return what a file holds, nothing where it cannot be read: it is no record then, and the report says so."""
    try:
        return content_of(path)
    except ValueError:
        return b""


def is_current(out: Path, made_of: str) -> bool:
    """Whether a run's report and figures were made of just this, and lie there as they were written."""
    try:
        note = json.loads((out / NOTE).read_text(encoding="utf-8"))
        return bool(note["of"] == made_of) and all((out / name).stat().st_size == size for name, size in note["files"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def note_down(out: Path, made_of: str, files: Iterable[Path]) -> None:
    """Write down what a report was made of, and its files."""
    sizes = [(file.relative_to(out).as_posix(), file.stat().st_size) for file in files]
    write_atomically(out / NOTE, json.dumps({"of": made_of, "files": sizes}, indent=1) + "\n")
