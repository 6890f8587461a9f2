"""The page's tables, recomputed from the records."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from extrapolation_pages import page_of, rows_of
from harness import record

from bench.views.charts.material import Run


@pytest.mark.slow
def test_cells_of_the_tables_are_recomputed_from_the_records(page: str, run: Run) -> None:
    records = run.groups["copy(1-20)", "stack_rnn"]
    wanted = []
    for length in (20, 40, 100, 200, 1000, 2000):
        random = np.mean([made["by_length"][str(length)]["right"] / 256 for made in records])
        kinds = [
            np.mean([kind["right"] / kind["examples"] for kind in made["adversarial"][str(length)].values()])
            for made in records
        ]
        wanted += [100 * random, 100 * np.mean(kinds)]
    cells = rows_of(page, "copy(1-20)", 0)["`stack_rnn`"][4:]
    found = [float(part.replace(">", "")) for cell in cells for part in cell.split(" / ")]
    assert found == pytest.approx(wanted, abs=0.06)
    solved = sum(made["by_length"]["200"]["right"] >= 0.99 * 256 for made in records)
    assert rows_of(page, "copy(1-20)", 0)["`stack_rnn`"][3] == f"{solved}/3"
    by_kind = {
        kind: np.mean([made["adversarial"]["200"][kind]["right"] for made in records])
        for kind in ("one_symbol", "palindrome")
    }
    assert rows_of(page, "copy(1-20)", 1)["`stack_rnn`"][2].split()[0] == min(by_kind, key=lambda kind: by_kind[kind])


@pytest.mark.slow
def test_families_without_sets_stand_beside_those_with(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sets = {"3": {"a": {"examples": 10, "right": 10, "stopped_wrong": 0}}}
    page, _ = page_of(
        capsys, tmp_path, record({3: 100, 6: 90}, adversarial=sets), record({3: 100, 6: 100}, model="plain")
    )
    assert rows_of(page, "copy", 0)["`gru`"][1:] == ["3 (1x)", ">= 3 (1x)", "0/1", "100.0 / 100.0", "90.0 / -"]
    assert rows_of(page, "copy", 0)["`plain`"][2] == "-"
    assert "copy: no adversarial sets of plain" in " ".join(page.split())
