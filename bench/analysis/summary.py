"""Summaries of pairs: one row of the leaderboard each, every estimate with its interval over seeds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

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

Pair = tuple[str, str]
Row = dict[str, Any]
LEVELS = {"l99": 0.99, "l90": 0.90, "l50": 0.50}
SPLITS = {"inside": "train", "beyond": "beyond", "shorter": "shorter"}
SCORES = "right examples stopped_wrong tokens tokens_right chance unseen nrmse next_step_nrmse".split()
LATER = "nats"  # a score's number that the schema's first records have not
LEAST_OF_TENFOLD = 5  # what counts as ten times is at least so many times the longest training length
TEXTS = ("stream", "text")  # kinds whose symbols are foreseen from the true ones before


@dataclass(frozen=True)
class Block:
    """Pairs with the same lengths and number of seeds: they are summarised at once.

    scores: numbers of the records' scores by name, each (pairs, seeds, lengths) at ascending lengths, NaN where none is
    """

    pairs: list[Pair]
    records: list[list[Record]]
    lengths: list[int]
    inside: list[int]
    scores: dict[str, Floats]

    @property
    def right(self) -> Floats:
        """How many strings were right."""
        return self.scores["right"]

    @property
    def examples(self) -> Floats:
        """Of how many."""
        return self.scores["examples"]

    @property
    def stopped_wrong(self) -> Floats:
        """How many only stopped wrong."""
        return self.scores["stopped_wrong"]

    @property
    def accuracy(self) -> Floats:
        """Exact match (pairs, seeds, lengths)."""
        return np.asarray(self.right / self.examples)

    def chosen(self, split: str) -> NDArray[np.bool_]:
        """Which lengths belong to a split, (lengths,)."""
        return np.array([split_of(length, self.inside) == split for length in self.lengths])


def blocks(groups: dict[Pair, list[Record]]) -> list[Block]:
    """Gather pairs that have the same lengths and number of seeds."""
    found: dict[Any, list[Pair]] = defaultdict(list)
    for pair, records in groups.items():
        found[tuple(records[0]["by_length"]), tuple(records[0]["inside_lengths"]), len(records)].append(pair)
    return [block(pairs, [groups[pair] for pair in pairs]) for pairs in found.values()]


def block(pairs: list[Pair], records: list[list[Record]]) -> Block:
    """Put the counts of pairs with the same lengths into arrays."""
    first = records[0][0]
    texts = sorted(first["by_length"], key=int)
    numbers = itemgetter(*SCORES)  # a suite has hundreds of thousands: each is looked up once
    found = [
        [[(*numbers(score), score.get(LATER)) for score in map(seed["by_length"].__getitem__, texts)] for seed in pair]
        for pair in records
    ]
    scores = dict(zip((*SCORES, LATER), np.moveaxis(np.array(found, dtype=float), -1, 0), strict=True))
    return Block(pairs, records, [int(text) for text in texts], first["inside_lengths"], scores)


def summaries(groups: dict[Pair, list[Record]]) -> list[Row]:
    """Return a row for every pair, in no order."""
    return [row for found in blocks(groups) for row in summarise(found)]


def summarise(found: Block) -> list[Row]:
    """Return the rows of one block."""
    columns: dict[str, Sequence[Any] | NDArray[Any]] = {}
    for name, split in SPLITS.items():
        columns |= mean_over(found, name, found.chosen(split))
    columns |= horizons(found) | solved(found) | errors_beyond(found) | costs(found) | foreseen(found)
    per_seed = area_over_log_length(found.accuracy, found.lengths)
    columns |= bounded("area", per_seed.mean(-1), over_seeds(per_seed))
    rows = [described(pair, records) for pair, records in zip(found.pairs, found.records, strict=True)]
    for index, row in enumerate(rows):
        row |= {name: value[index] for name, value in columns.items()}
    return rows


def bounded(name: str, value: Any, bounds: tuple[Any, Any]) -> dict[str, Any]:
    """Name a value and its interval as columns; an interval of resamples that leaves out the value is widened to it."""
    return {name: value, f"{name}_low": np.minimum(bounds[0], value), f"{name}_high": np.maximum(bounds[1], value)}


def mean_over(found: Block, name: str, chosen: NDArray[np.bool_]) -> dict[str, Any]:
    """Mean over the evaluated lengths of one split, each length alike, with its interval and spread over seeds."""
    if not chosen.any():
        nothing = np.full(len(found.pairs), np.nan)
        return bounded(name, nothing, (nothing, nothing)) | {f"{name}_sd": nothing}
    shares = found.accuracy[..., chosen].mean(-1)  # (pairs, seeds)
    examples = found.examples[..., chosen].sum(-1)
    columns = bounded(name, shares.mean(-1), interval(shares * examples, examples))
    return columns | {f"{name}_sd": spread(shares)}


def horizons(found: Block) -> dict[str, Any]:
    """L99, L90, L50 of the mean curve, their intervals over seeds, and as multiples of the longest training length."""
    columns: dict[str, Any] = {}
    for name, level in LEVELS.items():
        reached = horizon(found.accuracy.mean(1), found.lengths, found.inside, level)
        columns |= bounded(
            name, reached.astype(int), horizon_interval(found.accuracy, found.lengths, found.inside, level)
        )
        columns[f"{name}_ratio"] = reached / max(found.inside)
    return columns


def solved(found: Block) -> dict[str, Any]:
    """Share of seeds with 99 % or more inside, and at the lengths nearest to 2 and 10 times the longest trained."""
    inside = found.accuracy[..., found.chosen("train")]
    columns = solve_rate("solve_rate", inside.mean(-1) if inside.size else np.zeros(found.accuracy.shape[:2]))
    for name, chosen in (("solve_rate_2x", twice_length), ("solve_rate_10x", tenfold_length)):
        length = chosen(found.lengths, found.inside)
        if length is None:
            nothing = np.full(len(found.pairs), np.nan)
            columns |= bounded(name, nothing, (nothing, nothing))
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


def errors_beyond(found: Block) -> dict[str, Any]:
    """Shares of strings past training that only stopped wrong, and that are wrong in content; each length alike."""
    chosen = found.chosen("beyond")
    wrong = (found.examples - found.right - found.stopped_wrong)[..., chosen]
    columns: dict[str, Any] = {}
    for name, counts in (("stopped_wrong", found.stopped_wrong[..., chosen]), ("content_wrong", wrong)):
        if not chosen.any():
            nothing = np.full(len(found.pairs), np.nan)
            columns |= bounded(name, nothing, (nothing, nothing))
            continue
        shares, examples = (counts / found.examples[..., chosen]).mean(-1), found.examples[..., chosen].sum(-1)
        columns |= bounded(name, shares.mean(-1), interval(shares * examples, examples))
    return columns


def foreseen(found: Block) -> dict[str, Any]:
    """Of texts, the nats of a symbol at the longest length and at the longest training one, and symbols foreseen."""
    nats, edge = found.scores["nats"], max(found.inside)
    inside = nats[..., found.lengths.index(edge)] if edge in found.lengths else np.full(nats.shape[:2], np.nan)
    columns = measured_mean("nats", nats[..., -1]) | measured_mean("nats_inside", inside)
    columns |= in_other_units(columns["nats"])
    right, tokens = (found.scores[name][..., -1] for name in ("tokens_right", "tokens"))
    share, bounds = (right / tokens).mean(-1), interval(right, tokens)
    texts = np.array([records[0]["kind"] in TEXTS for records in found.records])
    accuracy = bounded("accuracy", share, bounds)
    return columns | {name: np.where(texts, values, np.nan) for name, values in accuracy.items()}


def in_other_units(nats: Floats) -> dict[str, Floats]:
    """Return nats of a symbol as bits and as perplexity; one beyond all numbers is infinite."""
    with np.errstate(over="ignore"):
        return {"bits": nats / np.log(2), "perplexity": np.exp(nats)}


def described(pair: Pair, records: list[Record]) -> Row:
    """Return what a row says that no chance is in, and of which seeds."""
    first = records[0]
    return {
        "task": pair[0],
        "task_version": first["task_version"],
        "model": pair[1],
        "parameters": first["parameters"],
        "seeds": len(records),
        "budget": first["spec"]["steps"],
        "device": ", ".join(sorted({record["device"] for record in records})),
        "state": first["state"],
        "diverged": sum(record["status"] == "diverged" for record in records),
        "evaluation_hash": first["evaluation_hash"],
        "kind": first["kind"],
    }


def costs(found: Block) -> dict[str, Any]:
    """Steps, seconds, speed, and steps and seconds to 99 % of the held-out strings of training lengths."""
    solved_at = [[first_solved(record) for record in pair] for pair in found.records]
    nothing = float("nan")
    measured: dict[str, list[list[float]]] = {
        "steps": [[record["steps"] for record in pair] for pair in found.records],
        "seconds": [[record["timing"]["train_seconds"] for record in pair] for pair in found.records],
        "tokens_per_second": [
            [record["timing"].get("tokens_per_second") or nothing for record in pair] for pair in found.records
        ],
        "steps_to_99": [[nothing if look is None else look[0] for look in pair] for pair in solved_at],
        "seconds_to_99": [[nothing if look is None else look[1] for look in pair] for pair in solved_at],
    }
    columns: dict[str, Any] = {"reached_99": [sum(look is not None for look in pair) for pair in solved_at]}
    for name, values in measured.items():
        columns |= measured_mean(name, np.array(values, dtype=float))
    return columns | {"steps": columns["steps"].round().astype(int)}


def measured_mean(name: str, values: Floats) -> dict[str, Any]:
    """Mean of a measured number over seeds (pairs, seeds), its interval; empty where a seed has none."""
    mean = values.mean(-1)
    low, high = over_seeds(np.nan_to_num(values))
    return bounded(name, mean, (np.where(np.isnan(mean), np.nan, low), np.where(np.isnan(mean), np.nan, high)))


def first_solved(record: Record) -> tuple[int, float] | None:
    """Step and seconds of training at the first look with 99 % or more of the held-out strings right."""
    for look, seconds in zip(record["curve"], record["timing"]["look_seconds"], strict=True):
        if look["exact"] is not None and look["exact"] >= SOLVED:
            return look["step"], seconds
    return None


def split_of(length: int, inside: Sequence[int]) -> str:
    """Say where a length lies: "train", "beyond" the longest trained, or "shorter" than that and never trained."""
    return "train" if length in inside else "beyond" if length > max(inside) else "shorter"
