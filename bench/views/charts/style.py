"""How series are drawn: each family keeps its colour, marker and dash on every chart, and reads without colour too."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import rc_params_from_file

INK = "#010203"  # text and axes, in style.mplstyle too: a page replaces it by its own text colour
PAPER, DARK_PAPER = "#ffffff", "#14181d"  # every colour of a line reads on both
# Told apart by people who see few colours, with markers and dashes beside for those who see none.
COLOURS = (
    "#0072b2", "#d55e00", "#009e73", "#c0609a", "#8a7a00", "#2e93bd", "#7a5fc0", "#7d7d7d", "#9a6243", "#c93c4e",
)  # fmt: skip
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (2, 1)), (0, (6, 1.5, 1.5, 1.5)), (0, (8, 1.5, 1, 1.5, 1, 1.5)))
LONGEST_NAME = 36
RIGHT_MAP = mpl.colormaps["cividis"]  # of shares: bright is right, dark is wrong; its lightness alone tells the same
REACH_MAP = mpl.colormaps["viridis"]  # of horizons: lightness alone tells the same, and none of it is grey
UNLEARNT = "#c4c4c4"
DARK = 0.465  # shares below it are so dark that white reads on them, on others black
SETTINGS = rc_params_from_file(Path(__file__).with_suffix(".mplstyle"), use_default_template=False)


@dataclass(frozen=True)
class SeriesStyle:
    """How a family is drawn; `index` is its place among the run's families."""

    index: int
    colour: str
    marker: str
    dash: Any

    @property
    def line(self) -> dict[str, Any]:
        """How its lines are drawn."""
        return {"color": self.colour, "linestyle": self.dash}

    @property
    def point(self) -> dict[str, Any]:
        """How its points are drawn."""
        return {"color": self.colour, "marker": self.marker, "markeredgewidth": 0}


def styles_of(models: Iterable[str]) -> dict[str, SeriesStyle]:
    """Return the style of each family, in order of name; as many differ as there are families, up to 90."""
    return {model: style_at(index) for index, model in enumerate(sorted(set(models)))}


def style_at(index: int) -> SeriesStyle:
    """Return a style by its number: colours, markers and dashes go round at paces of their own."""
    return SeriesStyle(index, COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)], DASHES[index % len(DASHES)])


@contextmanager
def styled() -> Iterator[None]:
    """Draw in this style, whatever a user's own settings are; also a decorator."""
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS)
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # a viewer has other fonts
        yield


def label(name: str) -> str:
    """Return a name as charts write it: on one line, of bounded length, without control characters."""
    plain = printable(name)
    return plain if len(plain) <= LONGEST_NAME else f"{plain[: LONGEST_NAME - 1]}\N{HORIZONTAL ELLIPSIS}"


def printable(text: str) -> str:
    """Return text without control characters, which no XML may hold."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def right_colour(share: float) -> tuple[str, str]:
    """Return the colour of a share that is right, and black or white, whichever reads better on it."""
    return mpl.colors.to_hex(RIGHT_MAP(float(np.clip(share, 0, 1)))), "#ffffff" if share < DARK else "#000000"


def reach_colour(share: float) -> tuple[str, str]:
    """Return the colour of a horizon from 0, the training lengths, to 1, and black or white on it; grey for none."""
    colour = UNLEARNT if np.isnan(share) else mpl.colors.to_hex(REACH_MAP(float(np.clip(share, 0, 1))))
    light = np.array(mpl.colors.to_rgb(colour)) ** 2.2 @ (0.2126, 0.7152, 0.0722)
    return colour, "#000000" if light > 0.18 else "#ffffff"  # the better contrast, as WCAG reckons it
