"""Which pairs are searched where none is named: those that a run shows to be unlearnt inside."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import record

from bench.records.store import write_record
from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError
from bench.spec.spec import Spec
from bench.studies.tuning.unlearnt import unlearnt
from bench.suites.suites import Suite

OWN = Spec("copy", "gru", {}, {"hidden": 9}, column="gru(hidden=9)")
SPECS = (*(Spec("copy", model) for model in ("gru", "lstm", "elman", "rnn", "majority")), OWN)
SUITE = Suite("mine", "", 2, SPECS)


def test_pairs_below_99_percent_inside_over_all_seeds(tmp_path: Path) -> None:
    rights = {"gru": (100, 97), "lstm": (100, 98), "elman": (98, 98), "majority": (0, 0), "gru(hidden=9)": (0, 0)}
    for model, seeds in rights.items():
        for seed, right in enumerate(seeds):
            write_record(tmp_path / "records", record({3: right, 10: 0}, model=model, seed=seed))
    pairs, notes = unlearnt(tmp_path, SUITE, Catalogue())
    assert pairs == [("copy", "gru"), ("copy", "elman")]
    assert notes == [f"left out, without a record in {str(tmp_path)!r}: copy rnn"]


def test_a_run_without_records_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"no records in .*: name rows and families, or a run with --from"):
        unlearnt(tmp_path, SUITE, Catalogue())
