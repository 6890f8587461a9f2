"""The chart of lines with bands, and the chart of dots."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from drawn import band_of, drawn, run_of, series
from harness import record

from bench.views.charts.axes import Scale
from bench.views.charts.dots import DotChart, Dots
from bench.views.charts.horizon import Horizons, horizon_panel
from bench.views.charts.line import Curve, LineChart
from bench.views.charts.scores import length_panels
from bench.views.charts.signals import memory_panels
from bench.views.charts.style import style_at
from bench.views.html.inline import inlined

SHARE, LENGTH = Scale("exact match", "share"), Scale("length", "length")
NAN = math.nan


def test_seeds_are_their_mean_from_the_lowest_to_the_highest_and_lengths_without_a_number_are_left_out() -> None:
    curve = Curve.of_seeds("a", style_at(0), [3, 4, 5, 6], [[0.5, NAN, 1, NAN], [1, NAN, 0, 0.25]])
    assert curve.points[0].tolist() == [3, 5, 6]
    assert curve.points[1].tolist() == [0.75, 0.5, 0.25]
    assert np.array([curve.low, curve.high]).tolist() == [[0.5, 0, 0.25], [1, 1, 0.25]]


@pytest.mark.parametrize("values", [[[NAN, NAN]], [[math.inf, NAN], [NAN, NAN]]])
def test_a_chart_without_any_number_can_be_drawn_and_says_so(values: list[list[float]]) -> None:
    for y in (SHARE, Scale("loss", "log"), Scale("loss", top=3.0)):
        panel = LineChart("", [Curve.of_seeds("a", style_at(0), [3, 4], values)], LENGTH, y).panel()
        assert panel.alt_text.endswith("a no number.")
        assert "<svg" in inlined("copy", panel, "c1")


def test_the_first_curve_is_on_top_and_a_gap_is_left_where_there_is_no_number() -> None:
    curves = [Curve(name, style_at(index), [3, 4, 5], [1, None, 0.5]) for index, name in enumerate("ab")]
    axes, _ = drawn(LineChart("", curves, LENGTH, SHARE).panel())
    assert [line.get_gid() for line in axes.lines] == [
        f"family-{index}.points{part}" for index in (1, 0) for part in (".line", "")
    ]
    assert math.isnan(series(axes, "family-0.points.line")[1][1])
    assert series(axes, "family-0.points") == ([3, 5], [1, 0.5])


def test_points_above_the_top_are_cut_off_yet_each_of_those_shown_says_its_own_number() -> None:
    curve = Curve("a", style_at(0), [1, 2, 3], [1.0, 99.0, 2.0], tips=["one", "far", "two"])
    panel = LineChart("", [curve], LENGTH, Scale("nats", top=4.0)).panel()
    axes, _ = drawn(panel)
    assert axes.get_ylim()[1] == 4
    root = ElementTree.fromstring(inlined("text", panel, "c1"))
    points = {
        title.text: float(use.attrib["y"]) for use in root.iter("{http://www.w3.org/2000/svg}use") for title in use
    }
    assert points.keys() == {"one", "two"}
    assert points["one"] > points["two"]  # further down


def test_a_curve_marked_at_its_end_says_where_that_is() -> None:
    curve = Curve("a", style_at(2), [1, 2, 3], [1, 2, None], tips=["a", "b", "c"], part=7, marked="end")
    axes, tips = drawn(LineChart("", [curve], Scale("step"), Scale("loss", "log")).panel())
    assert tips == {"family-2.7": ["b"]}
    assert series(axes, "family-2.7") == ([2], [2])


@pytest.mark.parametrize("inside", [(3,), (3, 5), (2, 60)])
def test_training_lengths_are_shaded_and_nothing_else(inside: tuple[int, ...], tmp_path: Path) -> None:
    lengths = {2: 90, 3: 90, 5: 50, 60: 2}
    (panel,) = length_panels(run_of(tmp_path, record(lengths, inside=inside)), "copy")
    axes, _ = drawn(panel)
    (shaded,) = axes.patches
    left, right = shaded.get_extents().transformed(axes.transData.inverted()).intervalx
    assert left <= min(inside) <= max(inside) <= right
    assert not [length for length in lengths if left <= length <= right and not min(inside) <= length <= max(inside)]


def test_chart_by_length_shows_each_family_with_its_interval_and_says_each_point(tmp_path: Path) -> None:
    made = [record({3: 100, 4: right, 40: 0}, model=model) for model, right in (("b", 40), ("a", 90))]
    run = run_of(tmp_path, *made)
    axes, tips = drawn(*length_panels(run, "copy"))
    assert series(axes, "family-0.points") == ([3, 4, 40], [1, 0.9, 0])
    assert series(axes, "family-1.points") == ([3, 4, 40], [1, 0.4, 0])
    assert tips["family-1.points"][1].startswith("b at 4: 40.0 [")
    rows = run.rows("copy", "a").set_index("length")
    assert {(4, round(rows.loc[4, "low"], 6)), (4, round(rows.loc[4, "high"], 6))} <= band_of(axes, "family-0")


def test_description_says_the_edge_of_training_and_the_end(tmp_path: Path) -> None:
    (panel,) = length_panels(run_of(tmp_path, record({3: 90, 4: 50, 8: 10})), "copy")
    assert panel.alt_text == "exact match by length, trained up to 3: gru 90.0 % at 3 and 10.0 % at 8."


def test_dots_are_seeds_and_a_bar_their_mean() -> None:
    dots = [Dots("a", style_at(0), [0.25, 0.75, NAN]), Dots("none", style_at(1), [NAN]), Dots("c", style_at(2), [1.0])]
    panel = DotChart("", dots, Scale("strings right", "share", least=0.1)).panel()
    axes, _ = drawn(panel)
    seeds, bar, *_ = axes.lines
    assert list(seeds.get_xdata()) == [0.25, 0.75]
    assert list(bar.get_xdata()) == [0.5, 0.5]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a", "none", "c"]
    assert [text.get_text() for text in axes.texts] == ["50.0", "100.0"]
    assert panel.alt_text == "strings right, mean over seeds: a 50.0 %; none no number; c 100.0 %."


def test_a_mean_that_is_not_the_arithmetic_one_and_several_series_on_a_row() -> None:
    dots = [Dots("a", style_at(0), [1.0, 4.0], 2.0, "2.00"), Dots("a", style_at(1), [8.0], name="at 9")]
    panel = DotChart("", dots, Scale("seconds", "log")).panel()
    axes, _ = drawn(panel)
    assert list(axes.lines[1].get_xdata()) == [2, 2]
    heights = [np.mean(line.get_ydata()) for line in axes.lines[::2]]
    assert -0.5 < heights[0] < 0 < heights[1] < 0.5
    assert panel.alt_text == "seconds, mean over seeds: a 2.00; a at 9 8."


def test_horizons_have_crosses_where_there_is_none_and_arrows_where_they_are_censored() -> None:
    one = Horizons("a", style_at(0), [5, 10, 20], [0, 40, 2000], [NAN, 20, NAN], [NAN, 80, NAN], [200, 400, 2000])
    panel = horizon_panel("copy", [one])
    axes, _ = drawn(panel)
    points = [line for line in axes.lines if len(line.get_xdata()) == 1]
    assert [line.get_marker() for line in points] == ["x", style_at(0).marker, style_at(0).marker]
    assert [float(line.get_ydata()[0]) for line in points] == [2.5, 40, 2000]
    assert len([text for text in axes.texts if not text.get_text()]) == 1  # an arrow alone
    assert axes.get_yticklabels()[0].get_text() == "none"
    assert panel.alt_text.endswith("a 0 trained up to 5, 40 trained up to 10, 2000 trained up to 20.")


def test_traces_of_a_memory_are_drawn_by_step_and_weights_by_themselves() -> None:
    trace: dict[str, Any] = {"length": 3, "series": {"place": [1, None, 3], "weight": [0.5, 1, 1]}}
    places, weights = memory_panels([trace, {"length": 6, "series": {"place": [1]}}])[::2]
    assert [places.title, weights.title] == ["length 3", "weight, length 3"]
    assert places.alt_text == "place from 1 to 3, between 1 and 3, in 3 steps."
    assert series(drawn(weights)[0], "family-1.points") == ([1, 2, 3], [0.5, 1, 1])
    assert math.isnan(series(drawn(places)[0], "family-0.points.line")[1][1])
