"""The heat map, and the headline of each pair over commits."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from drawn import drawn, run_of, series
from harness import record
from matplotlib.colors import to_rgb
from text_records import FACTS, text_record

from bench.records.store import Record
from bench.views.charts.heat import heat_panel
from bench.views.charts.panel import Drawing, saved
from bench.views.charts.scores import history_drawing
from bench.views.charts.style import UNLEARNT, reach_colour
from bench.views.charts.tiles import NOTHING, OPEN, brightness, families, grouped, multiple, tile, where

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
    assert drawn(panel)[0].images[0].get_array().shape == (1, 1, 4)


def seeds_of(*rights: dict[int, int], **changes: Any) -> list[Record]:
    return [record(right, seed=seed, **changes) for seed, right in enumerate(rights)]


def test_a_cell_says_how_far_the_median_seed_holds_and_how_many_seeds_do(tmp_path: Path) -> None:
    holds, falls, fails = {3: 100, 30: 100, 300: 100}, {3: 100, 30: 0, 300: 0}, {3: 50, 30: 0, 300: 0}
    made = [
        *seeds_of(holds, holds, falls, model="divided"),
        *seeds_of(falls, falls, model="near"),
        *seeds_of(holds, fails, fails, model="lucky"),
        *seeds_of(fails, model="never"),
    ]
    run = run_of(tmp_path, *made, record({3: 100}, task="other", model="alone"))
    found = {model: tile(run, "copy", model, "robust") for model in ("divided", "near", "lucky", "never", "alone")}
    assert [(one.text, one.mark) for one in found.values()] == [
        ("≥100", "2/3"),
        ("1", ""),
        (NOTHING, "1/3"),
        (NOTHING, ""),
        ("", ""),
    ]
    assert found["divided"].words == "≥100x, worst seed 1x, 2 of 3 seeds hold at 100x"
    assert found["lucky"].words == "not learnt, 1 of 3 seeds hold at 100x"
    assert [one.share for one in found.values()][:2] == [pytest.approx(1), 0]
    colours = [one.colours[0] if one.colours else "" for one in found.values()]
    assert colours[2:] == [UNLEARNT, UNLEARNT, ""]
    assert len(set(colours)) == 4
    assert families(run) == ["divided", "alone", "near", "lucky", "never"]


@pytest.mark.parametrize("share", [math.nan, *(step / 20 for step in range(21))])
def test_what_stands_on_a_colour_can_be_read(share: float) -> None:
    light = [np.array(to_rgb(colour)) for colour in reach_colour(share)]
    linear = [np.where(each <= 0.04045, each / 12.92, ((each + 0.055) / 1.055) ** 2.4) for each in light]
    low, high = sorted(float(each @ (0.2126, 0.7152, 0.0722)) for each in linear)
    assert (high + 0.05) / (low + 0.05) > 4.5


def test_multiples_are_short() -> None:
    assert [multiple(times) for times in (0.25, 0.928571, 1, 1.0714, 1.25003, 9.5, 12.5, 200)] == [
        "0.25", "0.93", "1", "1.1", "1.3", "9.5", "12", "200",
    ]  # fmt: skip


def test_rows_stand_in_groups_by_what_they_are_of_and_how_many_lengths_train_them(tmp_path: Path) -> None:
    whole = dict.fromkeys((1, 2, 3, 4, 5, 10), 100)
    spec = record(whole)["spec"]
    run = run_of(
        tmp_path,
        record(whole, task="copy(1-5)", inside=(1, 2, 3, 4, 5)),
        record(whole, inside=(5,)),
        record(whole, task="sums", inside=(1, 2, 3, 4, 5), spec=spec | {"task": "addition"}),
        record(whole, task="mine", spec=spec | {"task": "of a plug-in"}),
    )
    assert grouped(run) == {
        "few lengths": ["copy"],
        "many lengths": ["copy(1-5)"],
        "sums": ["sums"],
        "others": ["mine"],
    }
    (axes, *_) = drawn(heat_panel(run, "robust", "robust horizon"))
    assert {"few\nlengths", "many\nlengths", "sums", "others"} <= {text.get_text() for text in axes.texts}


def test_names_of_many_families_stand_upright_within_the_picture(tmp_path: Path) -> None:
    names = [f"decoder_only(positions=scheme_{index:02})" for index in range(20)]
    run = run_of(tmp_path, *(record({3: 100, 6: 100}, model=name) for name in names))
    drawing = Drawing("heat", "heat", [heat_panel(run, "robust", "robust horizon")])
    figure = drawing.figure()
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].get_xticklabels()]
    assert min(box.y0 for box in boxes) > 0
    assert all(one.x1 <= other.x0 for one, other in itertools.pairwise(boxes))


def test_words_of_many_families_name_those_that_hold_at_twice_and_count_the_others(tmp_path: Path) -> None:
    made = [record({3: 100, 6: right}, model=f"family_{index:02}") for index, right in enumerate([100] * 2 + [0] * 11)]
    run = run_of(tmp_path, *made, record({3: 50, 6: 0}, model="none"))
    twice = f"{OPEN}2x"
    said = heat_panel(run, "robust", "robust horizon").alt_text
    assert said == f"copy: family_00 {twice}, family_01 {twice}, 11 below 2x, 1 not learnt"
    few = run_of(tmp_path / "few", *made[1:3])
    assert heat_panel(few, "robust", "").alt_text == f"copy: family_01 {twice}, family_02 1x"


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
