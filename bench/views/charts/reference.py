"""Reference levels of a chart of lines: dotted, named at the right, without stretching the axis."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes

from bench.views.charts.style import INK

UP, DOWN = "\N{UPWARDS ARROW}", "\N{DOWNWARDS ARROW}"
CLOSE = 0.06  # of the axis: levels that are nearer to each other are named above and below their lines
ROOM = 0.05  # of the families' range, beyond a level
RIGHT = 1.12  # inches right of the axes that their names need


def mark_levels(axes: Axes, levels: Mapping[str, float]) -> None:
    """Draw levels; those that are far from every family are only named, where the axis ends."""
    low, high = axes.get_ylim()
    found = {(value, name) for name, value in levels.items()}
    near = sorted(each for each in found if 2 * low - high <= each[0] <= 2 * high - low)
    for value, _ in near:
        axes.axhline(value, color=INK, alpha=0.55, lw=1, ls=(0, (1, 1.5)))
    room = ROOM * (high - low)
    low, high = min([low, *(value - room for value, _ in near)]), max([high, *(value + room for value, _ in near)])
    axes.set_ylim(low, high)
    close = bool(near) and near[-1][0] - near[0][0] < CLOSE * (high - low)
    for place, (value, name) in enumerate(near):
        aligned = "center" if not close else "bottom" if place else "top"
        beside(axes, name, (value - low) / (high - low), aligned, 0)
    for place, (value, name) in enumerate(sorted(found - set(near), reverse=True)):
        above = value > high
        beside(axes, f"{UP if above else DOWN} {name}", float(above), "center", -10 * place)


def beside(axes: Axes, said: str, height: float, aligned: str, shift: float) -> None:
    """Write to the right of a chart, at a share of its height, shifted by so many points."""
    axes.annotate(
        said, (1, height), xycoords="axes fraction", xytext=(3, shift), textcoords="offset points", size=8,
        va=aligned, annotation_clip=False,
    )  # fmt: skip
