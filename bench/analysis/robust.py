"""How robustly a family holds: seeds solved inside training lengths and far past them, the median and the worst seed.

A mean over seeds hides that a family often either holds or does not; here every seed counts by itself. A pure function
of records; texts, which have no exact match, are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from bench.analysis.adversarial import adversaries, shares
from bench.analysis.frame import Groups, Pair
from bench.analysis.metrics import EXACT, metrics_of
from bench.analysis.seconds import training_seconds
from bench.analysis.statistics import ROUNDING, SOLVED, Floats, area_over_log_length, horizon, wilson
from bench.analysis.summary import Row
from bench.records.store import Record

MULTIPLES = (2, 10, 100)  # of the longest training length
WHERE = ("inside", *(f"{times}x" for times in MULTIPLES))
SETS = ("", "adversarial_")  # what the columns of the random sets and of the worst adversarial ones begin with
BEST = {  # what orders the families of a row, the best first, and whether less is better
    # of shares of seeds the lower end of the interval: one seed of one shows less than nineteen of twenty
    "solved_100x_low": False,
    "solved_10x_low": False,
    "solved_2x_low": False,
    "solved_inside_low": False,
    "worst_horizon": False,
    "adversarial_worst_horizon": False,
    "area": False,
    "seconds": True,
}
ALIKE = 2  # digits of an area beyond which two are alike


@dataclass(frozen=True)
class Curves:
    """Exact match of every seed of a pair at ascending lengths: accuracy (seeds, lengths)."""

    lengths: list[int]
    accuracy: Floats


def robust(groups: Groups) -> pd.DataFrame:
    """Return one row a (task, model) with exact match, in order of name; the columns are those of robust.csv."""
    rows = [robust_row(pair, found) for pair, found in sorted(groups.items()) if EXACT in metrics_of(found[0])]
    return pd.DataFrame(rows, columns=None if rows else names())


def names() -> list[str]:
    """Return the columns, in order."""
    nothing = columns_of("", None, [1]) | columns_of("adversarial_", None, [1])
    first, last = "task task_version model seeds not_learnt", "area seconds parameters state edge"
    return [*first.split(), *nothing, *last.split()]


def robust_row(pair: Pair, records: Sequence[Record]) -> Row:
    """Return the row of a pair.

    not_learnt: the median seed is below 99 % inside; area: under exact match over log length, the mean over seeds;
    seconds: of training, the median seed's; edge: the longest training length
    """
    first, inside, random = records[0], records[0]["inside_lengths"], random_curves(records)
    learnt = inside_shares(random, inside)
    found = {
        "task": pair[0],
        "task_version": first["task_version"],
        "model": pair[1],
        "seeds": len(records),
        "not_learnt": not solves(median_seed(learnt)),
        **columns_of("", random, inside),
        **columns_of("adversarial_", worst_curves(records), inside),
        "area": float(area_over_log_length(random.accuracy, random.lengths).mean()),
        "seconds": float(np.median([training_seconds(record) for record in records])),
        "parameters": first["parameters"],
        "state": first["state"],
        "edge": max(inside),
    }
    return {name: found[name] for name in names()}


def random_curves(records: Sequence[Record]) -> Curves:
    """Return the exact match on random strings, at the lengths that every seed has; 0 where a rule skipped one."""
    lengths = sorted(set.intersection(*({int(length) for length in record["by_length"]} for record in records)))
    accuracy = [shares([record["by_length"][str(length)] for record in records]) for length in lengths]
    return Curves(lengths, np.reshape(accuracy, (len(lengths), len(records))).T)


def worst_curves(records: Sequence[Record]) -> Curves | None:
    """Return of each seed and length the exact match on its worst kind of adversarial set; None without any."""
    found = adversaries(records)
    if found is None:
        return None
    return Curves(found.lengths, np.stack([np.min(list(kinds.values()), axis=0) for kinds in found.kinds], axis=-1))


def columns_of(prefix: str, curves: Curves | None, inside: Sequence[int]) -> Row:
    """Return what is told of one kind of set, NaN where it was not measured.

    solved_2x: the share of seeds at 99 % or more, with Wilson's interval, at length_2x, the shortest evaluated length
    of twice the longest training length or more; median_horizon, worst_horizon: of the seeds' own horizons, and as
    multiples; longest: the longest evaluated length, at which a horizon is open
    """
    edge = max(inside)
    columns = solved("solved_inside", inside_shares(curves, inside) if curves else None)
    for times in MULTIPLES:
        length = reached(curves.lengths, times * edge) if curves else None
        at = curves.accuracy[:, curves.lengths.index(length)] if curves and length else None
        columns |= solved(f"solved_{times}x", at) | {f"length_{times}x": length or np.nan}
    ends = horizon(curves.accuracy, curves.lengths, inside, SOLVED) if curves else np.array([np.nan])
    for name, end in (("median", median_seed(ends)), ("worst", float(ends.min()))):
        columns |= {f"{name}_horizon": end, f"{name}_ratio": end / edge}
    columns["longest"] = curves.lengths[-1] if curves and curves.lengths else np.nan
    return {f"{prefix}{name}": value for name, value in columns.items()}


def inside_shares(curves: Curves | None, inside: Sequence[int]) -> Floats:
    """Return each seed's mean exact match over the training lengths, each alike (seeds,); NaN for no such length."""
    if curves is None:
        return np.array([np.nan])
    trained = np.isin(curves.lengths, inside)
    return curves.accuracy[:, trained].mean(-1) if trained.any() else np.full(len(curves.accuracy), np.nan)


def solved(name: str, found: Floats | None) -> Row:
    """Return the share of seeds at 99 % or more with Wilson's interval; NaN where no seed was measured."""
    if found is None or np.isnan(found).any():
        return dict.fromkeys((name, f"{name}_low", f"{name}_high"), np.nan)
    count = sum(map(solves, found))
    low, high = wilson(count, len(found))
    return {name: count / len(found), f"{name}_low": float(low), f"{name}_high": float(high)}


def solves(share: float) -> bool:
    """Whether a share is 99 % or more; one that is not known is not."""
    return bool(share >= SOLVED - ROUNDING)


def median_seed(values: Floats) -> float:
    """Return the value of the median seed, of an even number the lower of the two in the middle: a seed that is."""
    return float(np.sort(values)[(len(values) - 1) // 2])


def reached(lengths: Sequence[int], wanted: int) -> int | None:
    """Return the shortest evaluated length of at least so many, if any: to hold there is to hold at the wanted one."""
    return min((length for length in lengths if length >= wanted), default=None)


def divided(row: Mapping[Any, Any]) -> tuple[int, str]:
    """Return how many seeds are solved at the farthest place where some are and others not, and that place; 0: none."""
    for where in reversed(WHERE):
        if 0 < row[f"solved_{where}"] < 1:
            return round(row[f"solved_{where}"] * row["seeds"]), where
    return 0, ""


def best_first(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the families of a row, the best first: by `BEST`; what was not measured stands last."""
    placed = rows.assign(alike=rows["area"].round(ALIKE))
    order = ["alike" if name == "area" else name for name in BEST]
    return placed.sort_values([*order, "model"], ascending=[*BEST.values(), True], ignore_index=True)[rows.columns]
