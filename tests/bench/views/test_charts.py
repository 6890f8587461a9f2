from __future__ import annotations

import io
import itertools
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from drawn import drawn, run_of, series
from harness import record, score
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from PIL import Image

from bench.views.charts import style
from bench.views.charts.axes import MOST_TICKS, plain, round_numbers
from bench.views.charts.cost import cost_panels
from bench.views.charts.curves import curve_panels, learners
from bench.views.charts.errors import place_panel, stop_panel
from bench.views.charts.figures import file_names
from bench.views.charts.heat import tile, where
from bench.views.charts.history import history_chart
from bench.views.charts.lengths import length_panel
from bench.views.charts.mask import COUNTED, HELD_OUT, PADDING, mask_panel, places_of
from bench.views.charts.material import Run
from bench.views.charts.panel import Panel, png_of, svg_of, together
from bench.views.charts.signals import signal_panels
from bench.views.charts.style import COLOURS, DARK_PAPER, PAPER, contrast, look_at, looks_of, luminance, right_colour
from bench.views.html.answers import examples
from bench.views.html.inline import inlined

HOSTILE = '<script>alert(1)</script> $x_ & "quoted" --> ]]>'


def length_chart(run: Run, task: str = "copy") -> tuple[Axes, dict[str, list[str]]]:
    return drawn(length_panel(run.rows(task), run.any_record(task), run.looks_in(task)))


def test_ninety_families_look_different_and_keep_their_look_whatever_their_order() -> None:
    seen = {(look.colour, look.marker, str(look.dash)) for look in map(look_at, range(90))}
    assert len(seen) == 90
    assert looks_of(["b", "a", "b"]) == looks_of(["a", "b"]) == {"a": look_at(0), "b": look_at(1)}


def test_neighbouring_families_differ_in_marker_and_in_dash_so_that_they_read_without_colour() -> None:
    for one, other in itertools.pairwise(map(look_at, range(len(COLOURS)))):
        assert one.marker != other.marker
        assert one.dash != other.dash


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("paper", [PAPER, DARK_PAPER])
def test_every_line_stands_out_from_light_and_dark_paper(colour: str, paper: str) -> None:
    assert contrast(colour, paper) >= 3  # WCAG 2.1, 1.4.11


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@given(st.floats(0, 1))
def test_numbers_read_on_every_colour_of_the_heat_map(share: float) -> None:
    background, ink = right_colour(share)
    assert contrast(background, ink) >= 4.5  # WCAG 2.1, 1.4.3


def test_the_heat_map_reads_in_black_and_white() -> None:
    lightness = [luminance(right_colour(share)[0]) for share in np.linspace(0, 1, 21)]
    assert lightness == sorted(lightness)
    assert lightness[-1] > 10 * lightness[0]


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (0.1, "0.1"), (20, "20"), (1500, "1.5k"), (99999, "99.999k"), (3e6, "3M"), (2e9, "2G"), (1e-4, "1e-4")],
)
def test_numbers_of_axes_are_short(value: float, shown: str) -> None:
    assert plain(value) == shown


@given(st.floats(1e-6, 1e6), st.floats(1.05, 1e9))
def test_round_numbers_are_within_and_few(low: float, factor: float) -> None:
    found = round_numbers(low, low * factor)
    assert found == sorted(found)
    assert all(low <= number <= low * factor for number in found)
    assert len(found) <= MOST_TICKS + 9  # only where powers of ten alone are as many
    assert not {round(number / 10 ** math.floor(math.log10(number) + 1e-9), 6) for number in found} - {1, 2, 3, 5}


@pytest.mark.parametrize(("longest", "scale"), [(30, "linear"), (31, "log")])
def test_lengths_are_on_a_log_scale_from_more_than_a_factor_of_ten(longest: int, scale: str, tmp_path: Path) -> None:
    axes, _ = length_chart(run_of(tmp_path, record({3: 90, longest: 5})))
    assert axes.get_xscale() == scale


def test_chart_by_length_shows_each_family_with_its_interval_and_says_each_point(tmp_path: Path) -> None:
    made = [record({3: 100, 4: right, 40: 0}, model=model) for model, right in (("b", 40), ("a", 90))]
    run = run_of(tmp_path, *made)
    axes, tips = length_chart(run)
    assert series(axes, "family-0.points") == ([3, 4, 40], [1, 0.9, 0])
    assert series(axes, "family-1.points") == ([3, 4, 40], [1, 0.4, 0])
    assert tips["family-1.points"][1].startswith("b at 4: 40.0 [")
    assert {band.get_gid() for band in axes.collections} == {"family-0.interval", "family-1.interval"}
    rows = run.rows("copy", "a").set_index("length")
    (band,) = [band for band in axes.collections if band.get_gid() == "family-0.interval"]
    corners = {(round(x), round(y, 6)) for x, y in band.get_paths()[0].vertices.tolist()}
    assert {(4, round(rows.loc[4, "low"], 6)), (4, round(rows.loc[4, "high"], 6))} <= corners


@pytest.mark.parametrize("inside", [(3,), (3, 5), (2, 60)])
def test_training_lengths_are_shaded_and_nothing_else(inside: tuple[int, ...], tmp_path: Path) -> None:
    lengths = {2: 90, 3: 90, 5: 50, 60: 2}
    axes, _ = length_chart(run_of(tmp_path, record(lengths, inside=inside)))
    (shaded,) = axes.patches
    left, right = shaded.get_extents().transformed(axes.transData.inverted()).intervalx
    assert left <= min(inside) <= max(inside) <= right
    assert not [length for length in lengths if left <= length <= right and not min(inside) <= length <= max(inside)]


def test_description_says_the_edge_of_training_and_the_end(tmp_path: Path) -> None:
    run = run_of(tmp_path, record({3: 90, 4: 50, 8: 10}))
    said = length_panel(run.rows("copy"), run.any_record("copy"), run.looks).description
    assert "lengths 3 (the longest trained) and 8" in said
    assert "gru 90.0 and 10.0" in said


def test_map_of_places_is_bright_where_right_and_empty_where_there_is_no_number() -> None:
    made = record({3: 90, 4: 50})
    made["by_length"] = {"3": score(90, errors_at=[0.0, 1.0]), "4": score(50, errors_at=[0.25, None, 0.5])}
    other = record({3: 90, 4: 50}, seed=1)
    other["by_length"] = {"3": score(90, errors_at=[0.5, 1.0]), "4": score(50, errors_at=[0.75, 0.0, 0.5])}
    axes, _ = drawn(place_panel("gru", [made, other]))
    shown: Any = axes.images[0].get_array()
    columns = shown.shape[1]
    assert shown[0, 0] == 0.75  # the shortest length is the first row, and below
    assert axes.images[0].origin == "lower"
    assert shown[0, -1] == 0
    assert shown[1, 0] == 0.5
    assert shown.mask[1, columns // 2]
    assert not shown.mask[0].any()


def test_real_errors_above_1_are_as_dark_as_1() -> None:
    made = record({3: 90}, kind="values")
    made["by_length"]["3"] |= {"errors_at": [7.5, 0.25]}
    panel = place_panel("gru", [made])
    shown: Any = drawn(panel)[0].images[0].get_array()
    assert (shown.min(), shown.max()) == (0, 0.75)
    assert "NRMSE 7.5" in panel.description


def test_stop_and_content_errors_fill_what_is_not_right(tmp_path: Path) -> None:
    made = record({3: 60, 4: 50})
    made["by_length"]["3"] |= {"stopped_wrong": 30}
    run = run_of(tmp_path, made)
    panel = stop_panel("gru", run.rows("copy", "gru"), made)
    axes, _ = drawn(panel)
    right, stopped, content = (band.get_paths()[0].get_extents() for band in axes.collections)
    tops = [band.get_paths()[0].vertices[:, 1] for band in axes.collections]
    assert right.ymax == pytest.approx(0.6)
    assert stopped.ymax == pytest.approx(0.9)
    assert (content.ymin, content.ymax) == (pytest.approx(0.5), 1)
    assert all(top.min() >= 0 and top.max() <= 1 for top in tops)
    assert "inside training: right 60.0, stop error 30.0, content error 10.0 %" in panel.description


def test_learning_curves_have_a_line_a_seed_and_a_gap_where_the_loss_overflowed() -> None:
    looks = [{"step": 1, "loss": 2.0, "exact": 0.0}, {"step": 2, "loss": None, "exact": 0.5}]
    looks += [{"step": 3, "loss": 1.0, "exact": 0.25}]
    found = learners(
        {"gru": [record({3: 1}, seed=seed, curve=looks) for seed in (4, 7)], "floor": [record({3: 1}, curve=[])]}
    )
    assert list(found) == ["gru"]
    exact, loss = curve_panels(found, looks_of(["gru"]))
    axes, tips = drawn(loss)
    steps, values = series(axes, "family-0.7")
    assert steps == [1, 2, 3]
    assert values[::2] == [2, 1]
    assert math.isnan(values[1])
    assert tips["family-0.4.end"] == ["gru, seed 4: 1 at step 3"]
    assert axes.get_yscale() == "log"
    assert series(drawn(exact)[0], "family-0.4")[1] == [0, 0.5, 0.25]


def test_what_was_never_measured_has_no_learning_curve() -> None:
    found = {"gru": [record({3: 1}, curve=[{"step": 1, "loss": 2.0, "exact": None}])]}
    assert [panel.title for panel in curve_panels(found, looks_of(found))] == ["training loss"]
    nothing = {"gru": [record({3: 1}, curve=[{"step": 1, "loss": None, "exact": None}])]}
    assert curve_panels(nothing, looks_of(nothing)) == []


def test_cost_charts_place_each_family_by_what_it_took(tmp_path: Path) -> None:
    run = run_of(tmp_path, record({3: 90, 4: 50}), record({3: 10, 4: 0}, model="floor", parameters=0, steps=0))
    panels = {panel.title: panel for panel in cost_panels(run.ranked("copy"), run.looks)}
    assert len(panels) == 6
    axes, tips = drawn(panels["beyond against parameters"])
    assert series(axes, f"family-{run.looks['gru'].index}.cost") == ([1234], [0.5])
    assert series(axes, f"family-{run.looks['floor'].index}.cost") == ([0], [0])
    assert tips[f"family-{run.looks['gru'].index}.cost"] == ["gru: 50.0 % for 1,234 parameters"]
    low, high = axes.get_xlim()
    assert low < 0 < 1234 < high


def test_cost_of_nothing_and_no_length_beyond_can_be_drawn(tmp_path: Path) -> None:
    free = record({3: 90})["timing"] | {"train_seconds": 0.0}
    run = run_of(tmp_path, record({3: 90}, parameters=0, timing=free))
    panels = cost_panels(run.ranked("copy"), run.looks)
    assert not [panel for panel in panels if "beyond" in panel.title]
    for panel in panels:
        drawn(panel)


def test_signals_start_where_the_record_says_and_leave_gaps() -> None:
    sample = {"length": 9, "first": 5, "given": [0.0], "truth": [1.0, -1.0, 1.0], "written": [0.5, None, 1.0]}
    made = record({3: 1}, kind="values", samples=[sample, sample | {"written": [9.0, 9.0, 9.0]}])
    (panel,) = signal_panels("gru", made, look_at(0))
    axes, _ = drawn(panel)
    truth, own = axes.lines
    assert list(truth.get_xdata()) == [5, 6, 7]
    assert math.isnan(own.get_ydata()[1])
    assert "by 0.5, where the truth spans 2; 1 steps overflowed" in panel.description


def test_strings_are_no_signals() -> None:
    assert signal_panels("gru", record({3: 1}), look_at(0)) == []


def test_mask_tells_padding_held_out_rows_and_counted_symbols() -> None:
    made = record({3: 1}, first_batch={"width": 4, "lengths": [3, 4, 2], "counted": [3, 0, 2]})
    counted, held, nothing = COUNTED, HELD_OUT, PADDING
    assert places_of(made).tolist() == [
        [counted, counted, counted, nothing],
        [held] * 4,
        [counted, counted, nothing, nothing],
    ]
    panel = mask_panel(made)
    assert "5 counted, 4 held out, 3 padding" in panel.description
    assert drawn(panel)[0].images[0].get_array().shape == (3, 4)


def one_answer(truth: Sequence[str], written: Sequence[str]) -> Any:
    sample = {"length": 3, "first": 0, "given": ["q"], "truth": list(truth), "written": list(written)}
    firsts, others = examples({"gru": [record({3: 1}, samples=[sample])]}, looks_of(["gru"]))
    assert not others
    return firsts[0]


@pytest.mark.parametrize(
    ("truth", "written", "pieces", "wrong"),
    [
        ("abc", "abc", [(False, "abc")], 0),
        ("abc", "axc", [(False, "a"), (True, "x"), (False, "c")], 1),
        ("abc", "ab", [(False, "ab"), (True, "\N{MIDDLE DOT}")], 1),
        ("ab", "abcd", [(False, "ab"), (True, "cd")], 2),
        (["a", "<stop>"], ["<stop>"], [(True, "<stop>\N{MIDDLE DOT}")], 2),
        (["a", "b"], ["<pad>", "b"], [(True, "\N{WHITE VERTICAL RECTANGLE}"), (False, "b")], 1),
        (["one", "two"], ["one", "thousand"], [(False, "one "), (True, "thousand ")], 1),
        ("ab", "", [(True, "\N{MIDDLE DOT}" * 2)], 2),
    ],
)
def test_answers_are_marked_where_they_differ(
    truth: Sequence[str], written: Sequence[str], pieces: list[tuple[bool, str]], wrong: int
) -> None:
    (answer,) = one_answer(truth, written).answers
    assert (answer.pieces, answer.wrong) == (pieces, wrong)


def test_words_stand_under_words() -> None:
    found = one_answer(["one", "thousand", "two"], ["three", "two", "two"])
    (answer,) = found.answers
    assert "".join(text for _, text in answer.pieces).index("two ") == found.truth.index("thousand")


def test_answers_to_one_question_stand_together_and_second_questions_apart() -> None:
    asked = [{"length": 3, "first": 0, "given": [q], "truth": ["a"], "written": ["a"]} for q in "xy"]
    records = {model: [record({3: 1}, model=model, samples=asked)] for model in ("gru", "lstm")}
    firsts, others = examples(records, looks_of(records))
    assert [(one.given, [answer.model for answer in one.answers]) for one in firsts] == [("x", ["gru", "lstm"])]
    assert [one.given for one in others] == ["y"]


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


def history(*rows: tuple[str, str, str, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["commit", "date", "model", "inside", "beyond"])
    return frame.assign(suite="quick", task="copy", seeds=3)


def test_history_runs_in_order_of_date_and_leaves_a_gap_where_a_pair_is_missing() -> None:
    first, second = ("bbb", "2026-02-01"), ("aaa", "2026-03-01")
    figure = history_chart(history((*second, "gru", 1.0, 0.3), (*first, "gru", 0.9, 0.2), (*first, "lstm", 0.5, 0.1)))
    inside, beyond = figure.axes
    assert series(inside, "family-0.")[1] == [0.9, 1.0]
    assert series(beyond, "family-0.")[1] == [0.2, 0.3]
    assert math.isnan(series(inside, "family-1.")[1][1])
    assert [text.get_text() for text in inside.get_xticklabels()] == ["bbb", "aaa"]
    assert svg_of(figure).startswith(b"<?xml")


def test_history_of_nothing_says_so() -> None:
    with pytest.raises(ValueError, match="no history"):
        history_chart(history())


def example_panels(run: Run) -> list[Panel]:
    records = run.records("copy")
    return [
        length_panel(run.rows("copy"), run.any_record("copy"), run.looks),
        *(place_panel(model, found) for model, found in records.items()),
        *curve_panels(learners(records), run.looks),
    ]


def test_a_figure_is_the_same_bytes_whatever_the_users_own_style(tmp_path: Path) -> None:
    run = run_of(tmp_path, record({3: 90, 4: 50}), record({3: 90, 4: 50}, model="lstm"))

    @style.styled()
    def files() -> tuple[bytes, bytes]:
        figure = together("copy", example_panels(run), 2, run.looks)
        return svg_of(figure), png_of(figure)

    plainly = files()
    with mpl.rc_context({"font.size": 30, "axes.grid": False, "svg.hashsalt": None, "lines.linewidth": 9}):
        assert files() == plainly
        assert mpl.rcParams["font.size"] == 30
    assert not re.search(rb"\d{4}-\d\d-\d\dT", plainly[0])
    size = Image.open(io.BytesIO(plainly[1])).size
    assert min(size) > 300


def test_hostile_names_are_text_in_a_chart(tmp_path: Path) -> None:
    run = run_of(tmp_path, record({3: 90, 4: 50}, model=HOSTILE), record({3: 1, 4: 1}, model="_hidden\x00\n名"))
    for panel in example_panels(run):
        root = ElementTree.fromstring(inlined(HOSTILE, panel, "c1").replace("\x00", ""))
        assert not [part for part in root.iter() if part.tag.rpartition("}")[2] in ("script", "a", "foreignObject")]
        assert HOSTILE in root.attrib["aria-label"]
    figure = together(HOSTILE, example_panels(run), 2, run.looks)
    texts = "".join(ElementTree.fromstring(svg_of(figure)).itertext())
    assert "<script>alert(1)</script> $x_" in texts
    assert "_hidden\N{REPLACEMENT CHARACTER}" in texts
    assert png_of(figure)


def test_charts_in_a_page_share_no_names_and_take_the_pages_colours(tmp_path: Path) -> None:
    run = run_of(tmp_path, record({3: 90, 4: 50, 40: 0}))
    texts = [str(inlined("copy", panel, f"c{index}")) for index, panel in enumerate(example_panels(run))]
    found = [re.findall(r'\bid="([^"]+)"', text) for text in texts]
    names = list(itertools.chain(*found))
    assert names
    assert len(names) == len(set(names))
    for text, own in zip(texts, found, strict=True):
        assert set(re.findall(r'(?:url\(|href=")#([^")]+)', text)) == set(own)
        assert style.INK not in text
        assert "currentColor" in text
        assert "font-family" not in text
        assert 'role="img"' in text


def test_points_of_a_chart_in_a_page_say_what_they_show(tmp_path: Path) -> None:
    run = run_of(tmp_path, record({3: 90, 4: 50}), record({3: 20, 4: 0}, model="lstm"))
    root = ElementTree.fromstring(inlined("copy", example_panels(run)[0], "c1"))
    groups = [part for part in root.iter() if "data-family" in part.attrib]
    assert {part.attrib["data-family"] for part in groups} == {"0", "1"}
    said = [title.text or "" for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert [text.split(":")[0] for text in said] == ["gru at 3", "gru at 4", "lstm at 3", "lstm at 4"]


def test_names_of_files_are_plain_and_never_the_same() -> None:
    names = file_names(["copy", "addition(reversed)", "a/../b", "a b", "A B", "\N{SNOWMAN}", "*"])
    assert names["copy"] == "copy"
    assert names["addition(reversed)"] == "addition-reversed"
    assert len(set(names.values())) == len(names)
    assert all(re.fullmatch(r"[a-z0-9_-]+", name) for name in names.values())
