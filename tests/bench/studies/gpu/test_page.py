"""The page on a GPU is made of its folder alone: the committed one is that of results/gpu."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harness import ROOT, record

from bench.commands import places
from bench.records.store import write_record
from bench.studies.gpu.page import agreement, gpu_page, slower, steps_table, together_table
from bench.studies.gpu.session import CORE, GRAPH, PLAIN, Session, Way, read_session

RATES = {
    ("gru", CORE): 200.0,
    ("gru", PLAIN): 100.0,
    ("gru", GRAPH): 2000.0,
    ("gru", Way("graph", 8)): 5000.0,
    ("gru", Way("graph", 4, 2)): 3000.0,
    ("lstm", PLAIN): 9.94,
    ("lstm", GRAPH): 3000.0,
    ("elman", CORE): 50.0,
}


def written(folder: Path) -> Path:
    """Write a session's folder by the names that its script gives."""
    lines = [{"asked": {"family": "gru", "batch": 1024, "way": "cpu", "seeds": 1}, "rate": 1.0}]
    for (family, way), rate in RATES.items():
        asked = {"family": family, "batch": 64, "way": way.name, "seeds": way.seeds}
        asked |= {"processes": way.processes} if way.processes > 1 else {}
        lines += [{"asked": asked}, {"asked": asked, "rate": rate}]
    folder.mkdir()
    (folder / "rates.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / "report.txt").write_text(
        "torch: 2.11\ncores: 16\ncard: A card\ncuda: 13.0\ntests: 3 passed\nrates: done\n"
    )
    return folder


def test_the_committed_page_is_that_of_the_committed_folder() -> None:
    assert gpu_page(places.GPU, places.BASELINE) == (ROOT / "docs" / "gpu.md").read_text(encoding="utf-8")


def test_a_folder_is_read_as_its_script_writes_it(tmp_path: Path) -> None:
    found = read_session(written(tmp_path / "gpu"))
    assert found == Session(tmp_path / "gpu", {"card": "A card", "torch": "2.11", "cuda": "13.0", "cores": "16"}, RATES)
    assert found.families == ["lstm", "gru"]
    assert found.ways == [Way("graph", 8), Way("graph", 4, 2)]


def test_ratios_are_of_what_was_timed(tmp_path: Path) -> None:
    found = read_session(written(tmp_path / "gpu"))
    assert steps_table(found).splitlines()[2:] == [
        "| lstm | - | 9.9 | 3000 | - | 301.8 |",
        "| gru | 200 | 100 | 2000 | 10.0 | 20.0 |",
    ]
    assert together_table(found).splitlines() == [
        "| family | 1 x 8 | 2 x 4 |",
        "| --- | ---: | ---: |",
        "| gru | 2.5 | 1.5 |",
    ]
    assert slower(found) == "1 of 1"


def test_a_run_is_held_beside_the_reference_of_its_suite(tmp_path: Path) -> None:
    run, baseline = tmp_path / "gpu" / "quick", tmp_path / "baseline"
    inside = {"gru": (100, 100), "lstm": (50, 90), "elman": (40, 40)}
    for model, (here, there) in inside.items():
        for seed in range(3):
            write_record(run / "records", record({3: here, 6: 10}, model=model, seed=seed, device="A card"))
            write_record(baseline / "quick" / "records", record({3: there, 6: 5}, model=model, seed=seed))
    write_record(baseline / "quick" / "records", record({3: 1, 6: 1}, model="rnn"))
    found = agreement(run, baseline)
    assert (found.suite, found.seeds, found.pairs, found.cells) == ("quick", 9, 3, 6)
    assert (found.worse, found.better) == (1, 0)
    assert found.differences.startswith("-13.3 ± 57.4 points inside training lengths and +5.0 ± 0.0 points past them")


def test_a_report_without_its_facts_is_no_session(tmp_path: Path) -> None:
    folder = written(tmp_path / "gpu")
    (folder / "report.txt").write_text("tests: 3 passed\n")
    with pytest.raises(KeyError):
        read_session(folder)
