"""The heat map, and the headline of each pair over commits."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest
from drawn import drawn, run_of, series
from harness import record
from text_records import FACTS, text_record

from bench.views.charts.images import brightness, families, heat_panel, tile, where
from bench.views.charts.panel import saved
from bench.views.charts.scores import history_drawing

WHOLE = FACTS["judged_symbols"]


def test_heat_map_takes_the_length_nearest_to_twice_and_marks_open_horizons(tmp_path: Path) -> None:
    rights = {5: 100, 10: 100, 11: 60, 19: 30, 30: 20}
    made = [record(rights, inside=(5, 10)), record(dict.fromkeys(rights, 100), inside=(5, 10), model="sure")]
    run = run_of(tmp_path, *made, record({3: 10}, task="other", model="alone"))
    assert tile(run, "copy", "gru", "twice").text == "30.0"
    assert where(run, "copy", "twice") == "at 19 (1.9x)"
    assert tile(run, "copy", "gru", "reach").text == "1x"
    assert tile(run, "copy", "sure", "reach").text == ">= 3x"
    assert tile(run, "copy", "sure", "reach").share == pytest.approx(1)
    assert tile(run, "other", "alone", "reach").text == "none"
    assert tile(run, "other", "alone", "twice").text == "-"
    assert tile(run, "other", "gru", "inside").text == ""


def test_a_horizon_is_the_brighter_the_farther_and_training_lengths_alone_are_told_from_nothing() -> None:
    shares = [brightness(times, 100) for times in (0, 0.25, 0.5, 1, 1.1, 2, 10, 100)]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[1] > 0.09
    assert shares[3] > 0.29
    assert shares[-1] == pytest.approx(1)
    assert brightness(1, 1) == pytest.approx(shares[3])
    assert brightness(0, 0) == 0


def test_heat_map_leaves_texts_and_their_families_out(tmp_path: Path) -> None:
    run = run_of(tmp_path, record({5: 100, 10: 100}, inside=(5,)), text_record({8: 1.5, WHOLE: 1.25}, model="lstm"))
    assert families(run) == ["gru"]
    panel = heat_panel(run, "reach", "horizon L90")
    assert "chars" not in panel.alt_text
    assert drawn(panel)[0].images[0].get_array().shape == (1, 1)


def history(*rows: tuple[str, str, str, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["commit", "date", "model", "inside", "beyond"])
    return frame.assign(suite="quick", task="copy", seeds=3)


def test_history_runs_in_order_of_date_and_leaves_a_gap_where_a_pair_is_missing() -> None:
    first, second = ("bbb", "2026-02-01"), ("aaa", "2026-03-01")
    figure = history_drawing(
        history((*second, "gru", 1.0, 0.3), (*first, "gru", 0.9, 0.2), (*first, "lstm", 0.5, 0.1))
    ).figure()
    inside, beyond = figure.axes
    assert series(inside, "family-0.points.line")[1] == [0.9, 1.0]
    assert series(beyond, "family-0.points.line")[1] == [0.2, 0.3]
    assert math.isnan(series(inside, "family-1.points.line")[1][1])
    assert [text.get_text() for text in inside.get_xticklabels()] == ["bbb", "aaa"]
    assert saved(figure, "svg").startswith(b"<?xml")


def test_history_of_nothing_says_so() -> None:
    with pytest.raises(ValueError, match="no history"):
        history_drawing(history())
