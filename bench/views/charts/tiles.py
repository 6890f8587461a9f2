"""The cells of a run's heat map: what each says and how it is coloured; its rows in groups, its columns in order."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from bench.analysis.robust import divided
from bench.analysis.summary import twice_length
from bench.spec.catalogue import Catalogue
from bench.views.charts.material import Run
from bench.views.charts.style import UNLEARNT as UNLEARNT  # where the page looks for it
from bench.views.charts.style import reach_colour, right_colour
from bench.views.numbers import percent, times_as_far

HELD = 0.3  # the brightness of a horizon that is the longest training length
MOST = 100  # the multiple of the longest training length from which on colours are the same
FEW = 4  # training lengths of a task that is trained on few
GROUPS: dict[str, tuple[str, ...]] = {  # by the folder of a task's file; of two, the first for few training lengths
    "strings": ("few lengths", "many lengths"),
    "arithmetic": ("sums",),
    "signals": ("signals",),
    "text": ("texts",),
}
OTHERS = "others"
NOTHING, OPEN = "\N{EN DASH}", "\N{GREATER-THAN OR EQUAL TO}"
SCALE = f"linear-gradient(to right, {', '.join(reach_colour(share / 8)[0] for share in range(9))})"
INSIDE = {"inside": "at training lengths"} | {f"{times}x": f"at {times}x" for times in (2, 10, 100)}


class Tile(NamedTuple):
    """A cell of the heat map: what it says, how good that is from 0 to 1, its colour and that of what stands on it.

    mark: how many seeds of all, where they do not agree; words: what it says to those who do not see colours
    """

    text: str = ""
    share: float = math.nan
    colours: tuple[str, str] | None = None
    mark: str = ""
    words: str = ""


def tile(run: Run, task: str, model: str, measure: str) -> Tile:
    """Return the cell of a task and a family, of a measure in sections.toml; one that was not run says nothing."""
    if (task, model) not in run.robust_rows:
        return Tile()
    return TILES[measure](run, task, model)


def plain(text: str, share: float) -> Tile:
    """Return a cell in the colour of a share."""
    return Tile(text, share, None if math.isnan(share) else right_colour(share), words=text)


def robust_tile(run: Run, task: str, model: str) -> Tile:
    """Return the median seed's horizon, and how many seeds hold where they do not agree."""
    row = run.robust_rows[task, model]
    count, where = divided(row)
    mark = f"{count}/{row['seeds']}" if count else ""
    said = f", {count} of {row['seeds']} seeds hold {INSIDE[where]}" if count else ""
    if row["not_learnt"]:
        return Tile(NOTHING, colours=reach_colour(math.nan), mark=mark, words=f"not learnt{said}")
    times, is_open = row["median_ratio"], row["median_horizon"] == row["longest"]
    text = f"{OPEN if is_open else ''}{multiple(times)}"
    share = math.log(max(times, 1)) / math.log(MOST)
    worst = "" if row["worst_ratio"] == times else f", worst seed {multiple(row['worst_ratio'])}x"
    return Tile(text, share, reach_colour(share), mark, f"{text}x{worst}{said}")


def multiple(times: float) -> str:
    """Write a multiple in as few letters as tell it: 0.93, 1.1, 12, 100."""
    return f"{times:.0f}" if times >= 10 else f"{times:.2g}"


def inside_tile(run: Run, task: str, model: str) -> Tile:
    """Return the exact match at training lengths."""
    inside = run.board_rows[task, model]["inside"]
    return plain(percent(inside), inside)


def twice_tile(run: Run, task: str, model: str) -> Tile:
    """Return the exact match at twice the longest training length."""
    rows = run.rows(task, model)
    length = twice_length(list(rows["length"]), run.groups[task, model][0]["inside_lengths"])
    found = float(rows.loc[rows["length"] == length, "exact_match"].mean())
    return plain(percent(found), found)


def reach_tile(run: Run, task: str, model: str) -> Tile:
    """Return the horizon of the mean over seeds at 90 %."""
    row = run.board_rows[task, model]
    times, farthest = row["l90_ratio"], max(run.board_rows[pair]["l90_ratio"] for pair in run.robust_rows)
    text = f"{'>= ' if row['l90'] == row['longest'] else ''}{times_as_far(times)}" if times else "none"
    return plain(text, brightness(times, farthest))


TILES: dict[str, Callable[[Run, str, str], Tile]] = {
    "robust": robust_tile,
    "reach": reach_tile,
    "inside": inside_tile,
    "twice": twice_tile,
}


def brightness(times: float, most: float) -> float:
    """Return how bright a horizon is, 0 to 1: by its logarithm, from the longest training length to the farthest."""
    if not times:
        return 0.0
    if times <= 1:
        return HELD * max(1 + math.log2(times), 1 / 3)
    return HELD + (1 - HELD) * math.log(times) / math.log(most)


def families(run: Run) -> list[str]:
    """Return the families that have a task with exact match, the farthest mean horizon first.

    The mean is that of the logarithm of the median seeds' multiples, over the tasks that a family was run on; of those
    alike the one that has learnt more tasks is first, then the one with more tasks, then by name.
    """
    reached: dict[str, list[float]] = {}
    for row in run.robust_rows.values():
        times = 0 if row["not_learnt"] else math.log(max(row["median_ratio"], 1))
        reached.setdefault(row["model"], []).append(times)
    learnt = Counter(row["model"] for row in run.robust_rows.values() if not row["not_learnt"])
    means = {model: sum(found) / len(found) for model, found in reached.items()}
    return sorted(means, key=lambda model: (-means[model], -learnt[model], -len(reached[model]), model))


def grouped(run: Run) -> dict[str, list[str]]:
    """Return the tasks with exact match by what they are of, each group in the leaderboard's order."""
    found: dict[str, list[str]] = {name: [] for names in (*GROUPS.values(), (OTHERS,)) for name in names}
    for task in run.strings:
        found[group_of(run, task)].append(task)
    return {name: tasks for name, tasks in found.items() if tasks}


def group_of(run: Run, task: str) -> str:
    """Return the group of a task: by the folder that its file is in, of strings also by how many lengths are drawn."""
    record = run.any_record(task)
    entry = catalogue().entries["task"].get(record["spec"]["task"])
    names = GROUPS.get(entry.file.parent.name, (OTHERS,)) if entry else (OTHERS,)
    return names[0] if len(record["inside_lengths"]) <= FEW else names[-1]


@cache
def catalogue() -> Catalogue:
    """Return what exists in this checkout."""
    return Catalogue()


def where(run: Run, task: str, measure: str) -> str:
    """Say at which lengths a measure is taken on a task."""
    inside = run.any_record(task)["inside_lengths"]
    edge = max(inside)
    if measure == "inside":
        return f"{min(inside)} to {edge}" if min(inside) < edge else f"at {edge}"
    if measure == "twice":
        length = twice_length(sorted(set(run.rows(task)["length"])), inside)
        return f"at {length} ({times_as_far(length / edge)})" if length else "no length beyond"
    return f"1x is {edge}"
