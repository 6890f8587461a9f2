"""Charts of language models, in nats per token."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest
from drawn import drawn, run_of, series
from harness import record
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from text_records import FACTS, text_record

from bench.views.charts.images import COUNTED, READ, mask_panels, parts_of
from bench.views.charts.material import Run
from bench.views.charts.panel import axes_of
from bench.views.charts.scores import cost_panels, curve_panels, length_panels
from bench.views.charts.style import styled
from bench.views.html.inline import inlined

WHOLE = FACTS["judged_symbols"]


def context_chart(run: Run) -> tuple[Axes, dict[str, list[str]]]:
    return drawn(*length_panels(run, "chars"))


def test_chart_by_context_has_nats_on_a_log_axis_and_the_whole_text_apart(tmp_path: Path) -> None:
    nats = {4: 2.0, 8: 1.5, 1024: 1.25, WHOLE: 1.375}
    other = {n: value + 1 for n, value in nats.items()}
    run = run_of(tmp_path, text_record(nats), text_record(other, model="lstm", window=64))
    axes, tips = context_chart(run)
    assert axes.get_xscale() == "log"
    assert series(axes, "family-0.points") == ([4, 8, 1024], [2.0, 1.5, 1.25])
    ((place,), value) = series(axes, "family-0.whole")
    assert 1024 < place < WHOLE
    assert value == [1.375]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["4", "8", "1024", "whole"]
    assert tips["family-1.points"][1] == "lstm at a context of 8: 2.500 nats, 3.607 bits"
    assert tips["family-0.whole"] == ["gru at the whole text: 1.375 nats, 1.984 bits"]
    windows = [patch.get_extents().transformed(axes.transData.inverted()).intervalx for patch in axes.patches]
    assert [left < window < right for (left, right), window in zip(windows, (8, 64), strict=True)] == [True, True]


def test_compressors_are_levels_and_worse_than_guessing_is_cut_off(tmp_path: Path) -> None:
    run = run_of(tmp_path, text_record({8: 1.5, WHOLE: 1.25}), text_record({8: 99.0, WHOLE: 99.0}, model="lost"))
    axes, _ = context_chart(run)
    levels = [
        float(line.get_ydata()[0]) for line in axes.lines if line.get_gid() is None or "family" not in line.get_gid()
    ]
    assert levels == pytest.approx([3.02 * math.log(2), 3.61 * math.log(2)])
    assert {text.get_text() for text in axes.texts} == {"gzip 3.61 bits", "xz 3.02 bits"}
    assert axes.get_ylim()[1] == pytest.approx(1.15 * math.log(88))


def test_noise_does_not_fill_the_chart_and_ticks_do_not_collide(tmp_path: Path) -> None:
    run = run_of(tmp_path, text_record({2: 6.13, 3: 6.12, 4: 6.13, 25: 6.12, 32: 6.13, 100: 6.13, WHOLE: 6.125}))
    axes, _ = context_chart(run)
    low, high = axes.get_ylim()
    assert high - low > 0.199
    assert [text.get_text() for text in axes.get_xticklabels()] == ["2", "4", "32", "100", "whole"]


def test_compressors_far_from_every_family_do_not_stretch_the_axis(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        text_record({4: 5.5, 8: 5.25, WHOLE: 5.0}, facts=FACTS | {"vocabulary": 10_004, "gzip": 14.0, "xz": 0.5}),
    )
    axes, _ = context_chart(run)
    assert {text.get_text() for text in axes.texts} == {
        "\N{UPWARDS ARROW} gzip 14.00 bits",
        "\N{DOWNWARDS ARROW} xz 0.50 bits",
    }
    assert 4.9 < axes.get_ylim()[0] < axes.get_ylim()[1] < 5.6


def test_compressors_near_to_each_other_are_named_above_and_below(tmp_path: Path) -> None:
    run = run_of(tmp_path, text_record({8: 2.5, WHOLE: 1.25}, facts=FACTS | {"gzip": 2.51, "xz": 2.5}))
    names = {text.get_text(): text.get_va() for text in context_chart(run)[0].texts}
    assert names == {"gzip 2.51 bits": "bottom", "xz 2.50 bits": "top"}


def test_a_chart_by_context_of_little_can_be_drawn_and_put_in_a_page(tmp_path: Path) -> None:
    made = {
        "one context": text_record({8: 1.5}),
        "the whole text alone": text_record({WHOLE: 1.5}),
        "no number": text_record({8: None, WHOLE: None}),
        "partly no number": text_record({4: None, 8: 1.5, WHOLE: None}),
        "a tiny text": text_record({4: 1.5, 16: 1.0}, window=16, facts=FACTS | {"judged_symbols": 16}),
        "no facts": {name: part for name, part in text_record({4: 1.5, 8: 1.0}).items() if name != "text"},
    }
    for name, one in made.items():
        run = run_of(tmp_path / name, one)
        (panel,) = length_panels(run, "chars")
        assert "<svg" in inlined("chars", panel, "c1")


def test_description_of_a_text_says_the_window_the_whole_text_and_the_compressors(tmp_path: Path) -> None:
    run = run_of(tmp_path, text_record({8: 1.5, WHOLE: 1.25}))
    said = length_panels(run, "chars")[0].alt_text
    assert (
        said
        == "Nats per token: gru 1.500 at its window of 8 and 1.250 over the whole text; gzip 3.61 bits; xz 3.02 bits."
    )


def test_cost_of_a_text_is_told_in_nats(tmp_path: Path) -> None:
    run = run_of(tmp_path, text_record({8: 1.5, WHOLE: 1.25}), text_record({8: None, WHOLE: None}, model="lost"))
    panels = cost_panels(run, "chars")
    assert [panel.title for panel in panels] == [
        "nats per token against seconds",
        "nats per token against parameters",
    ]
    axes, tips = drawn(panels[1])
    assert series(axes, "family-0.cost") == ([1234], [1.25])
    assert tips == {"family-0.cost": ["gru: 1.250 nats for 1,234 parameters"]}


def test_a_windows_last_symbol_alone_is_counted_and_nothing_is_held_out(tmp_path: Path) -> None:
    last, every = text_record({8: 1.5}, window=3, mode="windows"), text_record({8: 1.5}, window=3)
    assert parts_of(last).tolist() == [[READ, READ, COUNTED]] * 4
    (panel,) = mask_panels(run_of(tmp_path / "last", last), "chars")
    assert "4 counted, 8 read only, 0 held out, 0 padding" in panel.alt_text
    assert parts_of(every).tolist() == [[COUNTED] * 3] * 4
    (panel,) = mask_panels(run_of(tmp_path / "every", every), "chars")
    assert "12 counted, 0 held out, 0 padding" in panel.alt_text


def test_a_text_has_no_eos_errors_though_a_sentence_stops(tmp_path: Path) -> None:
    sample = {"length": WHOLE, "first": 0, "given": [], "truth": ["The", "<stop>"], "written": ["The", "<stop>"]}
    run = run_of(tmp_path, text_record({8: 1.5, WHOLE: 1.25}, samples=[sample]), record({3: 90}))
    assert not run.has_eos("chars")
    assert (run.texts, run.strings) == (["chars"], ["copy"])


def test_loss_of_a_text_is_on_a_plain_axis(tmp_path: Path) -> None:
    (panel,) = curve_panels(run_of(tmp_path, text_record({8: 1.5})), "chars")
    axes, _ = drawn(panel)
    assert axes.get_yscale() == "linear"
    assert "nats" in axes.get_ylabel()


@styled()
def test_marks_of_contexts_do_not_run_into_each_other(tmp_path: Path) -> None:
    nats = {2**power: 2.0 - power / 20 for power in range(1, 11)} | {WHOLE: 1.5}
    (panel,) = length_panels(run_of(tmp_path, text_record(nats)), "chars")
    figure = Figure(figsize=panel.size)
    panel.draw(axes_of(figure, panel))
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in figure.axes[0].get_xticklabels()]
    assert len(boxes) > 8
    assert all(one.x1 < other.x0 for one, other in itertools.pairwise(boxes))
