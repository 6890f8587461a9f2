"""Columns of the tables about adversarial sets, each kind of set alike; records without them give none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from bench.analysis.frame import Groups, Pair, kinds_by_length
from bench.analysis.statistics import SOLVED, Floats, horizon, horizon_interval, interval
from bench.analysis.summary import Row, bounded
from bench.records.schema import CountsPart
from bench.records.store import Record

ESTIMATES = [f"{name}{end}" for name in ("adversarial", "adversarial_l99") for end in ("", "_low", "_high")]
NO_SETS: Row = dict.fromkeys((*ESTIMATES, "adversarial_l99_ratio", "adversarial_longest"), np.nan)


@dataclass(frozen=True)
class Adversaries:
    """What a pair's seeds did on the adversarial sets.

    lengths: those where every seed has any, ascending; accuracy: the mean over kinds (seeds, lengths); examples: over
    all kinds (seeds, lengths); kinds: by length, of each kind the accuracies (seeds,)
    """

    lengths: list[int]
    accuracy: Floats
    examples: Floats
    kinds: list[dict[str, Floats]]

    @cached_property
    def worst(self) -> list[tuple[str, float]]:
        """Of each length the kind with the lowest mean accuracy, the first by name of those alike, and that mean."""
        means = [{kind: float(shares.mean()) for kind, shares in found.items()} for found in self.kinds]
        return [min(found.items(), key=lambda item: (item[1], item[0])) for found in means]


def adversaries(records: Sequence[Record]) -> Adversaries | None:
    """Gather what the seeds of a pair did on the adversarial sets that they share; None where they share none."""
    shared = [
        {(length, kind) for length, kinds in kinds_by_length(record).items() for kind in kinds} for record in records
    ]
    cells = set.intersection(*shared)
    texts = sorted({length for length, _ in cells}, key=int)
    if not texts:
        return None
    kinds, examples = [], []
    for text in texts:
        named = sorted(kind for length, kind in cells if length == text)
        counts = [[record["adversarial"][text][kind] for record in records] for kind in named]
        kinds.append({kind: shares(found) for kind, found in zip(named, counts, strict=True)})
        examples.append([sum(one["examples"] for one in seed) for seed in zip(*counts, strict=True)])
    accuracy = np.stack([np.mean(list(found.values()), axis=0) for found in kinds], axis=-1)
    return Adversaries([int(text) for text in texts], accuracy, np.array(examples, dtype=float).T, kinds)


def shares(counts: Sequence[CountsPart]) -> Floats:
    """Return the shares of examples that are right, one for each seed's counts."""
    return np.array([count["right"] / count["examples"] for count in counts])


def adversarial_by_length(groups: Groups) -> dict[tuple[str, str, int], Row]:
    """Return the columns of by_length.csv by (task, model, length), of those that have any."""
    rows: dict[tuple[str, str, int], Row] = {}
    for pair, records in groups.items():
        found = adversaries(records)
        if found is None:
            continue
        accuracy, examples = found.accuracy.T, found.examples.T  # (lengths, seeds)
        columns = bounded("adversarial", accuracy.mean(-1), interval(accuracy * examples, examples))
        for index, length in enumerate(found.lengths):
            kind, match = found.worst[index]
            rows[*pair, length] = {name: values[index] for name, values in columns.items()} | {
                "adversarial_examples": int(found.examples[0, index]),
                "adversarial_worst": kind,
                "adversarial_worst_match": match,
            }
    return rows


def adversarial_summaries(groups: Groups) -> dict[Pair, Row]:
    """Return the columns of leaderboard.csv by pair, of those that have any."""
    found = {pair: (adversaries(records), records[0]["inside_lengths"]) for pair, records in groups.items()}
    return {pair: summary(sets, inside) for pair, (sets, inside) in found.items() if sets is not None}


def summary(found: Adversaries, inside: Sequence[int]) -> Row:
    """Return the mean beyond training, each length alike, and the horizon, with their intervals over seeds."""
    columns = dict(NO_SETS)
    beyond = np.array(found.lengths) > max(inside)
    if beyond.any():
        by_seed, examples = found.accuracy[:, beyond].mean(-1), found.examples[:, beyond].sum(-1)
        columns |= bounded("adversarial", by_seed.mean(), interval(by_seed * examples, examples))
    reached = horizon(found.accuracy.mean(0), found.lengths, inside, SOLVED)
    ends = horizon_interval(found.accuracy, found.lengths, inside, SOLVED)
    columns |= bounded("adversarial_l99", float(reached), ends)
    return columns | {"adversarial_l99_ratio": float(reached) / max(inside), "adversarial_longest": found.lengths[-1]}
