"""Made-up runs of the suite smoke, of records that are current for what the suite asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness import record

from bench.records.key import key_of, sources_of
from bench.records.store import write_record
from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec
from bench.suites.suites import SUITES

SUITE = SUITES["smoke"]
SPEC = next(spec for spec in SUITE.specs if (spec.row, spec.model) == ("copy", "gru"))


def current(spec: Spec, seed: int = 0, catalogue: Catalogue | None = None) -> dict[str, Any]:
    """Return a hand-made record that is current for a spec."""
    sources = sources_of(spec, catalogue or Catalogue())
    made = record({3: 80}, task=spec.row, model=spec.column, seed=seed, spec=spec.asked)
    made |= {"key": key_of(spec, seed, sources), "source_parts": sources.parts, "task_version": sources.task_version}
    return made


def run_of(folder: Path, *records: dict[str, Any]) -> Path:
    """Write records as a run of the suite."""
    for made in records:
        write_record(folder / "smoke" / "records", made)
    return folder / "smoke"
