"""Summaries of pairs: one row of the leaderboard each, every estimate with its interval over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.analysis.frame import RANDOM, Block, Groups, blocks, share
from bench.analysis.frame import Pair as Pair  # where others look for it
from bench.analysis.frame import split_of as split_of
from bench.analysis.metrics import EXACT, METRICS, NATS, Metric, metrics_of, primary
from bench.analysis.seconds import training_seconds
from bench.analysis.statistics import (
    SOLVED,
    Floats,
    area_over_log_length,
    horizon,
    horizon_interval,
    interval,
    over_seeds,
    spread,
    wilson,
)
from bench.records.store import Record

Row = dict[str, Any]
LEVELS = {"l99": 0.99, "l90": 0.90, "l50": 0.50}
SPLITS = {"inside": "train", "beyond": "beyond", "shorter": "shorter"}
COPIED = ("task_version", "parameters", "state", "evaluation_hash", "kind")  # what a row has from its records as it is
LEAST_OF_TENFOLD = 5  # what counts as ten times is at least so many times the longest training length


def summaries(groups: Groups) -> list[Row]:
    """Return a row for every pair, in no order."""
    return [row for found in blocks(groups) for row in summarise(found)]


def summarise(found: Block) -> list[Row]:
    """Return the rows of one block."""
    columns: dict[str, Sequence[Any] | NDArray[Any]] = {}
    for name, split in SPLITS.items():
        columns |= mean_over(found, name, EXACT, split)
        columns[f"{name}_sd"] = spread(mean_share(found.counts["exact_match"], found.chosen(split)))
    columns |= horizons(found) | solved(found) | costs(found) | predicted(found)
    for metric in METRICS:
        if metric.summary == "beyond" and not metric.of:
            columns |= mean_over(found, metric.name, metric, "beyond")
    per_seed = area_over_log_length(found.accuracy, found.lengths)
    columns |= measured_mean("area", per_seed)
    rows = [described(pair, records) for pair, records in zip(found.pairs, found.records, strict=True)]
    for index, row in enumerate(rows):
        row |= {name: value[index] for name, value in columns.items()} | {"longest": found.lengths[-1]}
    return rows


def bounded(name: str, value: Any, bounds: tuple[Any, Any]) -> dict[str, Any]:
    """Name a value and its interval as columns; an interval of resamples that leaves out the value is widened to it."""
    return {name: value, f"{name}_low": np.minimum(bounds[0], value), f"{name}_high": np.maximum(bounds[1], value)}


def nothing(name: str, found: Block) -> dict[str, Any]:
    """Return the columns of an estimate that there is none of."""
    empty = np.full(len(found.pairs), np.nan)
    return bounded(name, empty, (empty, empty))


def mean_share(counts: Floats, chosen: NDArray[np.bool_]) -> Floats:
    """Return the mean over some lengths, each alike, (pairs, seeds); NaN for none."""
    return share(counts[..., chosen]).mean(-1) if chosen.any() else np.full(counts.shape[1:3], np.nan)


def mean_over(found: Block, name: str, metric: Metric, split: str) -> dict[str, Any]:
    """Mean of a metric over the evaluated lengths of one split, each length alike, with its interval."""
    chosen, counts = found.chosen(split), found.counts[metric.name]
    if not chosen.any():
        return nothing(name, found)
    shares, wholes = mean_share(counts, chosen), counts[1][..., chosen].sum(-1)
    is_counted = metric.interval == "counts"
    return bounded(name, shares.mean(-1), interval(shares * wholes, wholes) if is_counted else over_seeds(shares))


def horizons(found: Block) -> dict[str, Any]:
    """L99, L90, L50 of the mean curve, their intervals over seeds, and as multiples of the longest training length."""
    columns: dict[str, Any] = {}
    for name, level in LEVELS.items():
        reached = horizon(found.accuracy.mean(1), found.lengths, found.inside, level)
        ends = horizon_interval(found.accuracy, found.lengths, found.inside, level)
        columns |= bounded(name, reached.astype(int), ends) | {f"{name}_ratio": reached / max(found.inside)}
    return columns


def solved(found: Block) -> dict[str, Any]:
    """Share of seeds with 99 % or more inside, and at the lengths nearest to 2 and 10 times the longest trained."""
    inside = np.nan_to_num(mean_share(found.counts["exact_match"], found.chosen("train")))
    columns = solve_rate("solve_rate", inside)
    for name, chosen in (("solve_rate_2x", twice_length), ("solve_rate_10x", tenfold_length)):
        length = chosen(found.lengths, found.inside)
        if length is None:
            columns |= nothing(name, found)
        else:
            columns |= solve_rate(name, found.accuracy[..., found.lengths.index(length)])
    return columns


def solve_rate(name: str, shares: Floats) -> dict[str, Any]:
    """Share of seeds at 99 % or more, with Wilson's interval over the seeds: (pairs, seeds)."""
    count, seeds = (shares >= SOLVED - 1e-9).sum(-1), np.full(len(shares), shares.shape[-1])
    return bounded(name, count / seeds, wilson(count, seeds))


def twice_length(lengths: Sequence[int], inside: Sequence[int]) -> int | None:
    """Return the evaluated length past training that is nearest to twice the longest training length, if any."""
    return nearest_beyond(lengths, inside, 2)


def tenfold_length(lengths: Sequence[int], inside: Sequence[int]) -> int | None:
    """Return the evaluated length nearest to ten times the longest training length; none if it is under five times."""
    length = nearest_beyond(lengths, inside, 10)
    return length if length is not None and length >= LEAST_OF_TENFOLD * max(inside) else None


def nearest_beyond(lengths: Sequence[int], inside: Sequence[int], times: int) -> int | None:
    """Return the evaluated length past training nearest to a multiple of the longest training length, if any."""
    beyond = [length for length in lengths if length > max(inside)]
    return min(beyond, key=lambda length: (abs(length - times * max(inside)), length)) if beyond else None


def predicted(found: Block) -> dict[str, Any]:
    """Of texts, nats at the longest length, in other units too, and at the longest training length; token accuracy."""
    nats, edge = share(found.counts["nats"]), max(found.inside)
    columns = measured_mean("nats", nats[..., -1])
    inside = nats[..., found.lengths.index(edge)] if edge in found.lengths else np.full(nats.shape[:2], np.nan)
    columns |= measured_mean("nats_inside", inside) | other_units(NATS, columns["nats"])
    right, tokens = found.counts["token_accuracy"][..., -1]
    of_texts = np.array([NATS in metrics_of(records[0]) for records in found.records])
    accuracy = bounded("accuracy", (right / tokens).mean(-1), interval(right, tokens))
    return columns | {name: np.where(of_texts, values, np.nan) for name, values in accuracy.items()}


def other_units(metric: Metric, values: Floats) -> dict[str, Floats]:
    """Return a metric's values as those of the metrics that are the same in another unit."""
    return {each.name: each.convert(values) for each in METRICS if each.of == metric.name and each.sets == RANDOM}


def described(pair: Pair, records: list[Record]) -> Row:
    """Return what a row says that no chance is in, and of which seeds.

    primary: the metric that orders rows; edge: the longest training length; window: the same of what was trained by
    steps; mode: how a text was cut
    """
    first = records[0]
    fields: Row = {**first}
    return {name: fields[name] for name in COPIED} | {
        "task": pair[0],
        "model": pair[1],
        "seeds": len(records),
        "budget": first["spec"]["steps"],
        "device": ", ".join(sorted({record["device"] for record in records})),
        "diverged": sum(record["status"] == "diverged" for record in records),
        "primary": primary(first).name,
        "edge": max(first["inside_lengths"]),
        "window": np.nan if first["status"] == "fitted" else max(first["inside_lengths"]),
        "mode": first["spec"]["task_settings"].get("mode", ""),
    }


def costs(found: Block) -> dict[str, Any]:
    """Steps, seconds, speed, and steps and seconds to 99 % of the held-out strings of training lengths."""
    solved_at = [[first_solved(record) for record in pair] for pair in found.records]
    unknown = float("nan")
    measured: dict[str, list[list[float]]] = {
        "steps": [[record["steps"] for record in pair] for pair in found.records],
        "seconds": [[training_seconds(record) for record in pair] for pair in found.records],
        "tokens_per_second": [
            [record["timing"].get("tokens_per_second") or unknown for record in pair] for pair in found.records
        ],
        "steps_to_99": [[unknown if point is None else point[0] for point in pair] for pair in solved_at],
        "seconds_to_99": [[unknown if point is None else point[1] for point in pair] for pair in solved_at],
    }
    columns: dict[str, Any] = {"reached_99": [sum(point is not None for point in pair) for pair in solved_at]}
    for name, values in measured.items():
        columns |= measured_mean(name, np.array(values, dtype=float))
    return columns | {"steps": columns["steps"].round().astype(int)}


def measured_mean(name: str, values: Floats) -> dict[str, Any]:
    """Mean of a measured number over seeds (pairs, seeds), its interval; empty where a seed has none."""
    return bounded(name, values.mean(-1), over_seeds(values))


def first_solved(record: Record) -> tuple[int, float] | None:
    """Step and seconds of training at the first validation point with 99 % or more of the held-out strings right."""
    for point, seconds in zip(record["curve"], record["timing"]["look_seconds"], strict=True):
        if point["exact"] is not None and point["exact"] >= SOLVED:
            return point["step"], seconds
    return None
