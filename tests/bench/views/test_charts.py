"""Charts of how answers are wrong, of training, cost, signals and masks, from hand-made records."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawn import drawn, run_of, series
from harness import record, score

from bench.views.charts.images import COUNTED, HELD_OUT, PADDING, eos_panels, mask_panels, parts_of, position_panels
from bench.views.charts.panel import Panel
from bench.views.charts.scores import cost_panels, curve_panels
from bench.views.charts.signals import SignalChart, signal_panels
from bench.views.charts.style import styles_of


def test_map_of_positions_is_bright_where_right_and_empty_where_there_is_no_number(tmp_path: Path) -> None:
    made = record({3: 90, 4: 50})
    made["by_length"] = {"3": score(90, errors_at=[0.0, 1.0]), "4": score(50, errors_at=[0.25, None, 0.5])}
    other = record({3: 90, 4: 50}, seed=1)
    other["by_length"] = {"3": score(90, errors_at=[0.5, 1.0]), "4": score(50, errors_at=[0.75, 0.0, 0.5])}
    (panel,) = position_panels(run_of(tmp_path, made, other), "copy")
    axes, _ = drawn(panel)
    shown: Any = axes.images[0].get_array()
    columns = shown.shape[1]
    assert shown[0, 0] == 0.75  # the shortest length is the first row, and below
    assert axes.images[0].origin == "lower"
    assert shown[0, -1] == 0
    assert shown[1, 0] == 0.5
    assert shown.mask[1, columns // 2]
    assert not shown.mask[0].any()


def test_real_errors_above_1_are_as_dark_as_1(tmp_path: Path) -> None:
    made = record({3: 90}, kind="values")
    made["by_length"]["3"] |= {"errors_at": [7.5, 0.25]}
    (panel,) = position_panels(run_of(tmp_path, made), "copy")
    shown: Any = drawn(panel)[0].images[0].get_array()
    assert (shown.min(), shown.max()) == (0, 0.75)
    assert "NRMSE 7.5" in panel.alt_text


def test_eos_and_token_errors_fill_what_is_not_right(tmp_path: Path) -> None:
    made = record({3: 60, 4: 50})
    made["by_length"]["3"] |= {"stopped_wrong": 30}
    run = run_of(tmp_path, made)
    (panel,) = eos_panels(run, "copy")
    axes, _ = drawn(panel)
    right, stopped, content = (band.get_paths()[0].get_extents() for band in axes.collections)
    tops = [band.get_paths()[0].vertices[:, 1] for band in axes.collections]
    assert right.ymax == pytest.approx(0.6)
    assert stopped.ymax == pytest.approx(0.9)
    assert (content.ymin, content.ymax) == (pytest.approx(0.5), 1)
    assert all(top.min() >= 0 and top.max() <= 1 for top in tops)
    assert "in distribution: right 60.0, EOS error 30.0, token error 10.0 %" in panel.alt_text


def test_learning_curves_have_a_line_a_seed_and_a_gap_where_the_loss_overflowed(tmp_path: Path) -> None:
    points = [{"step": 1, "loss": 2.0, "exact": 0.0}, {"step": 2, "loss": None, "exact": 0.5}]
    points += [{"step": 3, "loss": 1.0, "exact": 0.25}]
    made = [record({3: 1}, seed=seed, curve=points, timing=timing(3)) for seed in (4, 7)]
    run = run_of(tmp_path, *made, record({3: 1}, model="floor", curve=[], timing=timing(0)))
    style = run.styles["gru"].index
    exact, loss = curve_panels(run, "copy")
    axes, tips = drawn(loss)
    steps, values = series(axes, f"family-{style}.7.line")
    assert steps == [1, 2, 3]
    assert values[::2] == [2, 1]
    assert math.isnan(values[1])
    assert tips == {f"family-{style}.{seed}": [f"gru, seed {seed}: 1 at step 3"] for seed in (4, 7)}
    assert axes.get_yscale() == "log"
    assert series(drawn(exact)[0], f"family-{style}.4.line")[1] == [0, 0.5, 0.25]


def timing(points: int) -> dict[str, Any]:
    return record({3: 1})["timing"] | {"look_seconds": [1.0] * points}


def test_what_was_never_measured_has_no_learning_curve(tmp_path: Path) -> None:
    def panels(name: str, loss: float | None) -> list[Panel]:
        made = record({3: 1}, curve=[{"step": 1, "loss": loss, "exact": None}], timing=timing(1))
        return curve_panels(run_of(tmp_path / name, made), "copy")

    assert [panel.title for panel in panels("loss", 2.0)] == ["training loss"]
    assert panels("nothing", None) == []


def test_cost_charts_place_each_family_by_what_it_took(tmp_path: Path) -> None:
    run = run_of(tmp_path, record({3: 90, 4: 50}), record({3: 10, 4: 0}, model="floor", parameters=0, steps=0))
    panels = {panel.title: panel for panel in cost_panels(run, "copy")}
    assert len(panels) == 6
    axes, tips = drawn(panels["extrapolation against parameters"])
    assert series(axes, f"family-{run.styles['gru'].index}.cost") == ([1234], [0.5])
    assert series(axes, f"family-{run.styles['floor'].index}.cost") == ([0], [0])
    assert tips[f"family-{run.styles['gru'].index}.cost"] == ["gru: 50.0 % for 1,234 parameters"]
    low, high = axes.get_xlim()
    assert low < 0 < 1234 < high


def test_cost_of_nothing_and_no_length_beyond_can_be_drawn(tmp_path: Path) -> None:
    free = record({3: 90})["timing"] | {"train_seconds": 0.0}
    panels = cost_panels(run_of(tmp_path, record({3: 90}, parameters=0, timing=free)), "copy")
    assert not [panel for panel in panels if "extrapolation" in panel.title]
    for panel in panels:
        drawn(panel)


SAMPLE: dict[str, Any] = {
    "length": 9,
    "first": 5,
    "given": [0.0],
    "truth": [1.0, -1.0, 1.0],
    "written": [0.5, None, 1.0],
}


def test_signals_start_where_the_record_says_and_leave_gaps(tmp_path: Path) -> None:
    made = record({3: 1}, kind="values", samples=[SAMPLE, SAMPLE | {"written": [9.0, 9.0, 9.0]}])
    (panel,) = signal_panels(run_of(tmp_path, made), "copy")
    axes, _ = drawn(panel)
    truth, own = axes.lines
    assert list(truth.get_xdata()) == [5, 6, 7]
    assert math.isnan(own.get_ydata()[1])
    assert panel.alt_text == "Farthest from the truth, which spans 2: gru by 0.5, 1 steps overflowed."


def test_several_continuations_of_one_signal_start_where_the_observed_part_ends() -> None:
    styles = styles_of("ab")
    chart = SignalChart("", [1.0, 2.0], {"a": [1.5, 2.5], "b": [None, None]}, styles, first=3, given=[0.0, 0.0, 0.5])
    axes, _ = drawn(chart.panel())
    truth, one, other = axes.lines
    assert list(truth.get_xdata()) == [0, 1, 2, 3, 4]
    assert (list(one.get_xdata()), list(one.get_ydata())) == ([2, 3, 4], [0.5, 1.5, 2.5])
    assert np.isnan(other.get_ydata()).tolist() == [False, True, True]
    assert chart.alt_text == "Farthest from the truth, which spans 1: a by 0.5; b has no number."


def test_strings_are_no_signals(tmp_path: Path) -> None:
    assert signal_panels(run_of(tmp_path, record({3: 1})), "copy") == []


def test_mask_tells_padding_held_out_rows_and_counted_symbols(tmp_path: Path) -> None:
    made = record({3: 1}, first_batch={"width": 4, "lengths": [3, 4, 2], "counted": [3, 0, 2]})
    counted, held, nothing = COUNTED, HELD_OUT, PADDING
    assert parts_of(made).tolist() == [
        [counted, counted, counted, nothing],
        [held] * 4,
        [counted, counted, nothing, nothing],
    ]
    (panel,) = mask_panels(run_of(tmp_path, made), "copy")
    assert "5 counted, 4 held out, 3 padding" in panel.alt_text
    assert drawn(panel)[0].images[0].get_array().shape == (3, 4)
