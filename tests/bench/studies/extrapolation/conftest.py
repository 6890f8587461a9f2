"""A run that extrapolates and its page, made once for all tests of the study."""

from __future__ import annotations

from pathlib import Path

import pytest
from extrapolation_pages import run_of
from extrapolation_records import suite_records

from bench.records.store import write_record
from bench.studies.extrapolation.page import read, write_extrapolation
from bench.views.charts.material import Run


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the records of a whole run, where a checkout has them."""
    root = tmp_path_factory.mktemp("checkout")
    for made in suite_records(3):
        write_record(run_of(root) / "records", made)
    return root


@pytest.fixture(scope="session")
def run(checkout: Path) -> Run:
    return read(run_of(checkout))


@pytest.fixture(scope="session")
def page(checkout: Path) -> str:
    """The page of that run."""
    write_extrapolation(run_of(checkout), None)
    return (run_of(checkout) / "extrapolation.md").read_text(encoding="utf-8")
