"""Records gathered by pair; as a tidy frame, a row a training, length, evaluation set and metric; and as arrays."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.analysis.metrics import COUNTED, metrics_of
from bench.analysis.statistics import Floats, area_over_log_length
from bench.records.store import Record, unevaluated

Pair = tuple[str, str]
Groups = dict[Pair, list[Record]]
RANDOM = "random"
FIELDS = list(dict.fromkeys(chain(*((*metric.reads, metric.denominator) for metric in COUNTED))))
MADE = ("sources", "spec", "task_version", "evaluation_hash", "kind", "inside_lengths")  # what a pair's seeds share


def tidy(records: Sequence[Record]) -> pd.DataFrame:
    """Return every number that was counted: a metric's is numerator / denominator.

    task, model: the names of the row and the column; variant, settings: what sets the column apart from its family, and
    the model's settings, both as JSON; set: "random", or an adversarial kind
    """
    owners = [index for index, each in enumerate(records) for _ in each["by_length"]]
    lengths = [length for each in records for length in each["by_length"]]
    scores: list[Any] = [score for each in records for score in each["by_length"].values()]
    sets = [RANDOM] * len(scores)
    for index, each in enumerate(records):
        for length, kinds in each.get("adversarial", {}).items():
            owners += [index] * len(kinds)
            lengths += [length] * len(kinds)
            scores += kinds.values()
            sets += kinds
    fields = {name: np.array([score.get(name) for score in scores], dtype=float) for name in FIELDS if name}
    fields[""] = np.ones(len(scores))  # what is no share
    parts = [
        (metric.numerator(*(fields[name] for name in metric.reads)), fields[metric.denominator]) for metric in COUNTED
    ]
    known = [np.flatnonzero(~np.isnan(numerator + denominator)) for numerator, denominator in parts]
    cell = np.concatenate(known)
    owner = np.array(owners, dtype=int)[cell]
    return pd.DataFrame(
        {
            "task": categories(each["task"] for each in records).take(owner),
            "variant": categories(as_json(variant_of(each)) for each in records).take(owner),
            "model": categories(each["model"] for each in records).take(owner),
            "settings": categories(as_json(each["spec"]["model_settings"]) for each in records).take(owner),
            "seed": np.array([each["seed"] for each in records], dtype=int)[owner],
            "length": np.array(list(map(int, lengths)), dtype=int)[cell],
            "set": categories(sets).take(cell),
            "metric": categories(metric.name for metric in COUNTED).take(
                np.repeat(np.arange(len(COUNTED)), list(map(len, known)))
            ),
            "numerator": np.concatenate([part[0][rows] for part, rows in zip(parts, known, strict=True)]),
            "denominator": np.concatenate([part[1][rows] for part, rows in zip(parts, known, strict=True)]),
        }
    )


def categories(names: Iterable[str]) -> pd.Categorical:
    """Return names as a column that holds each once."""
    return pd.Categorical(np.array(list(names), dtype=object))


def as_json(settings: dict[str, Any]) -> str:
    """Write settings so that alike ones are equal."""
    return json.dumps(settings, sort_keys=True, default=list)


def variant_of(record: Record) -> dict[str, Any]:
    """Return what sets a record's column apart from its family as the suites have it: nothing for the family itself.

    Records of schema 2 say it by the column's name alone.
    """
    if "variant" in record:
        return dict(record["variant"])
    return {} if record["model"] == record["spec"]["model"] else {"column": record["model"]}


def kinds_by_length(record: Record) -> dict[str, list[str]]:
    """Return the kinds of adversarial sets that a record has at each length, lengths without any left out."""
    return {length: sorted(kinds) for length, kinds in record.get("adversarial", {}).items() if kinds}


def group(records: Sequence[Record]) -> tuple[Groups, list[str]]:
    """Gather the seeds of each (task, model); seeds made by other settings or code than most are left out and named.

    So are pairs that are evaluated by other metrics than most of their task: one table cannot hold both.
    """
    pairs: Groups = defaultdict(list)
    for record in sorted(records, key=lambda record: record["seed"]):
        pairs[record["task"], record["model"]].append(record)
    kept, problems = {}, []
    for pair, found in sorted(pairs.items()):
        most = largest_make(found)
        if len(most) < len(found):
            out = [record["seed"] for record in found if record not in most]
            problems.append(f"{' '.join(pair)}: seeds {out} were made by other settings or code: left out")
        kept[pair] = most
        problems += [line for record in most for line in unevaluated(record)]
    return kept, problems + leave_out_others(kept)


def largest_make(records: list[Record]) -> list[Record]:
    """Return the largest part of a pair's records that were made alike; a length that failed counts as evaluated."""
    makes: dict[str, list[Record]] = defaultdict(list)
    sets = {length: kinds for record in records for length, kinds in kinds_by_length(record).items()}
    for record in records:
        failed = record.get("failed", {})
        kinds = {length: sets[length] for length in failed if length in sets} | kinds_by_length(record)
        fields: dict[str, Any] = {**record}
        made = [fields[name] for name in MADE] + [sorted({*record["by_length"], *failed}), kinds]
        makes[json.dumps(made, sort_keys=True)].append(record)
    return max(makes.values(), key=len)


def leave_out_others(groups: Groups) -> list[str]:
    """Keep of each task the pairs that are evaluated by the metrics that most are, and name the others."""
    metrics = {
        pair: ", ".join(metric.name for metric in metrics_of(found[0]) if metric.sets == RANDOM)
        for pair, found in groups.items()
    }
    by_task: dict[str, Counter[str]] = defaultdict(Counter)
    for (task, _), names in metrics.items():
        by_task[task][names] += 1
    usual = {task: count.most_common(1)[0][0] for task, count in by_task.items()}
    others = [pair for pair in groups if metrics[pair] != usual[pair[0]]]
    for pair in others:
        del groups[pair]
    return [f"{' '.join(pair)}: evaluated by other metrics than most of its task: left out" for pair in others]


@dataclass(frozen=True)
class Block:
    """Pairs with the same lengths and number of seeds: they are summarised at once.

    counts: by metric its numerators and denominators (2, pairs, seeds, lengths) at ascending lengths, NaN where none is
    """

    pairs: list[Pair]
    records: list[list[Record]]
    lengths: list[int]
    inside: list[int]
    counts: dict[str, Floats]

    @property
    def examples(self) -> Floats:
        """How many strings, or of a text tokens, were evaluated (pairs, seeds, lengths)."""
        return self.counts["exact_match"][1]

    @property
    def accuracy(self) -> Floats:
        """Exact match (pairs, seeds, lengths)."""
        return share(self.counts["exact_match"])

    def chosen(self, split: str) -> NDArray[np.bool_]:
        """Which lengths belong to a split, (lengths,)."""
        return np.array([split_of(length, self.inside) == split for length in self.lengths])


def share(counts: Floats) -> Floats:
    """Divide numerators by denominators (2, ...)."""
    return np.asarray(counts[0] / counts[1])


def blocks(groups: Groups) -> list[Block]:
    """Gather pairs that have the same lengths and number of seeds; lengths that not every seed has are left out."""
    found: dict[Any, list[Pair]] = defaultdict(list)
    for pair, records in groups.items():
        lengths = sorted(set.intersection(*(set(record["by_length"]) for record in records)), key=int)
        if lengths:
            found[tuple(map(int, lengths)), tuple(records[0]["inside_lengths"]), len(records)].append(pair)
    return [
        Block(pairs, records, list(lengths), list(inside), counts_of(records, lengths))
        for (lengths, inside, _), pairs in found.items()
        for records in [[groups[pair] for pair in pairs]]
    ]


def areas_by_seed(groups: Groups) -> Iterator[tuple[Pair, dict[int, float]]]:
    """Yield of each pair the area over log length of exact match of every seed."""
    for block in blocks(groups):
        per_seed = area_over_log_length(block.accuracy, block.lengths).tolist()
        for pair, records, values in zip(block.pairs, block.records, per_seed, strict=True):
            yield pair, dict(zip((record["seed"] for record in records), values, strict=True))


def counts_of(pairs: list[list[Record]], lengths: Sequence[int]) -> dict[str, Floats]:
    """Return the tidy frame of pairs with the same number of seeds as arrays: see `Block`."""
    records = [record for seeds in pairs for record in seeds]
    frame = tidy(records)
    frame = frame[(frame["set"] == RANDOM).to_numpy() & np.isin(frame["length"], lengths)]
    trained = pd.MultiIndex.from_tuples([(record["task"], record["model"], record["seed"]) for record in records])
    row = trained.get_indexer(pd.MultiIndex.from_frame(frame[["task", "model", "seed"]]))
    column = np.searchsorted(lengths, frame["length"])
    numbers, found = frame[["numerator", "denominator"]].to_numpy().T, {}
    for metric in COUNTED:
        chosen = np.flatnonzero((frame["metric"] == metric.name).to_numpy())
        counts = np.full((2, len(records), len(lengths)), np.nan)
        counts[:, row[chosen], column[chosen]] = numbers[:, chosen]
        found[metric.name] = counts.reshape(2, len(pairs), -1, len(lengths))
    return found


def split_of(length: int, inside: Sequence[int]) -> str:
    """Say where a length lies: "train", "beyond" the longest trained, or "shorter" than that and never trained."""
    return "train" if length in inside else "beyond" if length > max(inside) else "shorter"
