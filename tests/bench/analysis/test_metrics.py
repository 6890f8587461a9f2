"""Metrics: what a record has, its primary one first; and that a new one is one entry."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from harness import ROOT, record
from text_records import text_record

from bench.analysis.metrics import ADVERSARIAL, EXACT, METRICS, NATS, NRMSE, by_context, metrics_of, primary
from bench.records.store import write_record
from bench.views import numbers
from bench.views.columns import FORMS

NAMES = {
    "symbols": ["exact_match", "token_accuracy", "stopped_wrong", "content_wrong"],
    "values": ["exact_match", "nrmse", "next_step_nrmse"],
    "stream": ["exact_match", "nats", "bits", "perplexity", "token_accuracy"],
    "text": ["nats", "bits", "perplexity", "token_accuracy"],
}
ENTRY = """HALF_RIGHT = Metric(
    name="half_right",
    heading="half right",
    caption="answers of which half is right",
    kinds=STRINGS,
    reads=("right", "stopped_wrong"),
    numerator=lambda right, stopped: right + stopped / 2,
)
TOLD = (HALF_RIGHT, """


@pytest.mark.parametrize("kind", NAMES)
def test_a_record_has_the_metrics_of_its_data_the_primary_one_first(kind: str) -> None:
    made = record({3: 90, 4: 50}, kind=kind)
    assert [metric.name for metric in metrics_of(made)] == NAMES[kind]
    assert primary(made) is (NATS if kind == "text" else EXACT)
    sets = {"3": {"one": {"examples": 5, "right": 5, "stopped_wrong": 0}}}
    assert metrics_of(made | {"adversarial": sets})[-1] is ADVERSARIAL
    assert [metric.name for metric in metrics_of(made | {"adversarial": {}})] == NAMES[kind]


def test_data_of_an_unknown_kind_have_the_metrics_that_their_scores_have() -> None:
    made = record({3: 90, 4: 50}, kind="graphs")
    assert [metric.name for metric in metrics_of(made)] == ["exact_match", "token_accuracy", *NAMES["symbols"][2:]]
    made["by_length"]["4"]["nrmse"] = 0.5
    assert NRMSE in metrics_of(made)


def test_tables_by_length_show_what_tells_most() -> None:
    shown = {kind: [m.name for m in by_context(record({3: 90}, kind=kind))] for kind in NAMES}
    assert shown == {
        "symbols": ["exact_match"],
        "values": ["nrmse"],
        "stream": ["exact_match", "token_accuracy"],
        "text": ["nats"],
    }
    assert [metric.name for metric in by_context(text_record({8: None}))] == ["nats"]  # though its seed has none


def test_metrics_are_whole() -> None:
    assert len({metric.name for metric in METRICS}) == len({metric.heading for metric in METRICS}) == len(METRICS)
    for metric in METRICS:
        assert metric.heading
        assert metric.caption
        assert metric.format in FORMS
        assert metric.format == "share" or hasattr(numbers, metric.format)
        assert metric.reads or metric.of in {other.name for other in METRICS}


@pytest.mark.slow
def test_a_new_metric_is_one_entry(tmp_path: Path) -> None:
    """In a copy: it reaches both tables, the page and the terminal, with its interval, its heading and its caption."""
    shutil.copytree(ROOT / "bench", tmp_path / "bench")
    file = tmp_path / "bench" / "analysis" / "metrics.py"
    text = file.read_text(encoding="utf-8")
    assert text.count("TOLD = (") == 1
    file.write_text(text.replace("TOLD = (", ENTRY), encoding="utf-8")
    for seed, right in enumerate((90, 80)):
        made = record({3: 90, 6: right}, seed=seed)
        made["by_length"]["6"]["stopped_wrong"] = 10
        write_record(tmp_path / "run" / "records", made)
    command = [sys.executable, "-m", "bench", "tables", "--out", "run"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120)
    rows = list(csv.DictReader((tmp_path / "run" / "by_length.csv").read_text().splitlines()))
    assert list(rows[0])[-3:] == ["half_right", "half_right_low", "half_right_high"]
    assert [row["half_right"] for row in rows] == ["0.9", "0.9"]
    (row,) = csv.DictReader((tmp_path / "run" / "leaderboard.csv").read_text().splitlines())
    assert row["half_right"] == "0.9"
    assert float(row["half_right_low"]) < 0.9 < float(row["half_right_high"])
    page = (tmp_path / "run" / "leaderboard.md").read_text()
    assert "- *half right*: answers of which half is right" in page
    assert "| solved at 2x | half right | EOS error |" in page
    assert "copy" in done.stdout
