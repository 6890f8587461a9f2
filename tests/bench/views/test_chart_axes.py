"""How series are drawn, and the axes that charts share."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from contrast import contrast, luminance
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure

from bench.views.charts.axes import MOST_TICKS, Scale, plain, round_numbers
from bench.views.charts.style import (
    COLOURS,
    DARK_PAPER,
    PAPER,
    right_colour,
    style_at,
    styled,
    styles_of,
)


def test_ninety_families_look_different_and_keep_their_style_whatever_their_order() -> None:
    seen = {(style.colour, style.marker, str(style.dash)) for style in map(style_at, range(90))}
    assert len(seen) == 90
    assert styles_of(["b", "a", "b"]) == styles_of(["a", "b"]) == {"a": style_at(0), "b": style_at(1)}


def test_neighbouring_families_differ_in_marker_and_in_dash_so_that_they_read_without_colour() -> None:
    for one, other in itertools.pairwise(map(style_at, range(len(COLOURS)))):
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


@styled()
@pytest.mark.parametrize(("longest", "scale"), [(30, "linear"), (31, "log")])
def test_lengths_are_on_a_log_scale_from_more_than_a_factor_of_ten(longest: int, scale: str) -> None:
    axes = Figure().subplots()
    Scale("length", "length").apply(axes.xaxis, [3, 5, longest])
    assert axes.get_xscale() == scale


@pytest.mark.parametrize(
    ("scale", "values", "limits"),
    [
        (Scale("a"), [], None),
        (Scale("a"), [2.0, 4.0], (1.84, 4.16)),
        (Scale("a", least=1.0), [2.0, 2.0], (1.5, 2.5)),
        (Scale("a", from_zero=True), [2.0], (0.0, 2.16)),
        (Scale("a", "share", least=0.1), [1.0, 1.0], (0.91, 1.01)),
    ],
)
def test_free_limits_show_all_and_never_noise_as_large(
    scale: Scale, values: list[float], limits: tuple[float, float] | None
) -> None:
    assert scale.free_limits(values) == (None if limits is None else pytest.approx(limits))


@pytest.mark.parametrize(
    ("form", "value", "said"),
    [("share", 0.25, "25.0 %"), ("share", -0.25, "-25.0 %"), ("log", 12345.6, "12,346"), ("linear", 0.01234, "0.0123")],
)
def test_values_are_written_for_people(form: str, value: float, said: str) -> None:
    assert Scale("a", form).write(value) == said
    assert Scale("a", form).write(math.nan) == "no number"
