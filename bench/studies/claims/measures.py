"""What claims measure: a number of one record, its unit, and which direction is better."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from bench.analysis.metrics import EXACT, NRMSE, TOKEN_ACCURACY, TOKEN_ERROR, Metric
from bench.analysis.metrics import NATS as CROSS_ENTROPY
from bench.analysis.summary import Pair
from bench.records.store import Record
from bench.studies.scores import value_of

Groups = Mapping[Pair, Sequence[Record]]  # the seeds of each pair
Value = Callable[[Record], float | None]
SHARE, NATS, STEPS, SECONDS, RELATIVE = "share", "nats", "steps", "seconds", "of the signal's deviation"
ENOUGH = 30  # strings at a length, below which its accuracy tells little
LEARNED = 0.9  # held-out exact match at which a network counts as having learned
BESIDE = tuple(length for length in range(5, 15) if length != 10)  # lengths that copying at 10 alone never sees


@dataclass(frozen=True)
class Measure:
    """A number of a record; `ratio`: it is compared by its logarithm, and differences are told as ratios.

    value: gives None where a record has no such number: training diverged, or an error overflowed
    """

    name: str
    value: Value
    unit: str = SHARE
    higher_is_better: bool = True
    ratio: bool = False


def at(metric: Metric, length: Callable[[Record], int]) -> Value:
    """Measure a metric at a length of the record."""
    return lambda record: value_of(metric, record["by_length"][str(length(record))])


def edge(record: Record) -> int:
    """Return the longest training length."""
    return max(record["inside_lengths"])


def end(record: Record) -> int:
    """Return the last length: of a text, all of it, the state carried."""
    return max(map(int, record["by_length"]))


def window(record: Record) -> int:
    """Return how many tokens a training step reads."""
    return record["train_lengths"][0]


def known(metric: Metric, record: Record, lengths: Iterable[int | str]) -> list[float]:
    """Return a metric at some lengths, those at which it has no number left out."""
    values = (value_of(metric, record["by_length"][str(length)]) for length in lengths)
    return [value for value in values if value is not None]


def best(chosen: Callable[[int, list[int]], bool]) -> Value:
    """Measure the highest exact match at the lengths chosen by what was trained, of those with enough strings."""

    def value(record: Record) -> float | None:
        enough = [length for length, score in record["by_length"].items() if score["examples"] >= ENOUGH]
        lengths = [length for length in enough if chosen(int(length), record["inside_lengths"])]
        return max(known(EXACT, record, lengths), default=None)

    return value


def padded(part: str) -> Value:
    """Measure the share right of what a record's padding counts: tokens asked ("symbols"), or all cells of a batch."""

    def value(record: Record) -> float | None:
        counts: Mapping[str, Any] | None = record.get("padding")
        return counts[f"{part}_right"] / counts[part] if counts else None

    return value


def added(record: Record) -> float | None:
    """Return how much higher accuracy is with padding counted."""
    cells, tokens = padded("cells")(record), padded("symbols")(record)
    return None if cells is None or tokens is None else cells - tokens


def steps_to_learn(record: Record) -> float:
    """Steps to the first validation point with enough strings right; the whole budget where that never came."""
    learned = [point["step"] for point in record["curve"] if point["exact"] is not None and point["exact"] >= LEARNED]
    return float(learned[0] if learned else record["spec"]["steps"])


def seconds_an_epoch(record: Record) -> float | None:
    """Seconds of training for one pass over the text."""
    if not record["steps"]:
        return None
    epoch = record["text"]["training_symbols"] // (record["spec"]["batch"] * window(record))
    return record["timing"]["train_seconds"] * epoch / record["steps"]


def number_of(measure: Measure, record: Record) -> float:
    """Return a record's number, on the scale on which it is compared; NaN where it has none."""
    try:
        value = measure.value(record)
    except KeyError:  # it was evaluated at other lengths than the suite's
        return math.nan
    if value is None or not math.isfinite(value) or (measure.ratio and value <= 0):
        return math.nan
    return math.log(value) if measure.ratio else value


MEASURES = {  # by the names that topics call them
    "signals continued": Measure("signals continued within the tolerance", at(EXACT, edge)),
    "signal error": Measure("free-running NRMSE at the training horizon", at(NRMSE, edge), RELATIVE, False),
    "strings right": Measure("strings right at the longest training length", at(EXACT, edge)),
    "best other length": Measure(
        f"strings right at the best other length (of those with {ENOUGH} strings or more)",
        best(lambda length, trained: length not in trained),
    ),
    "best longer length": Measure(
        "strings right at the best longer length", best(lambda length, trained: length > max(trained))
    ),
    "lengths 5 to 14 without 10": Measure(
        "strings right, mean over lengths 5 to 14 without 10", lambda record: fmean(known(EXACT, record, BESIDE))
    ),
    "weakest training length": Measure(
        "strings right at the weakest training length",
        lambda record: min(known(EXACT, record, record["inside_lengths"])),
    ),
    "content right": Measure(  # wherever the answer stops
        "strings of right content, mean over training lengths",
        lambda record: 1 - fmean(known(TOKEN_ERROR, record, record["inside_lengths"])),
    ),
    "tokens right": Measure("tokens right", padded("symbols")),
    "tokens and padding right": Measure("tokens and padding right", padded("cells")),
    "added by padding": Measure("what counting padding adds to tokens right", added),
    "steps to learn": Measure(
        f"steps until {100 * LEARNED:g} % of held-out strings are right", steps_to_learn, STEPS, False
    ),
    "next tokens right": Measure("next words right in the validation text", at(TOKEN_ACCURACY, end)),
    "loss": Measure("loss a character over the whole evaluated text", at(CROSS_ENTROPY, end), NATS, False),
    "lowest loss": Measure(
        "loss a character at the length that suits it best",
        lambda record: min(known(CROSS_ENTROPY, record, record["by_length"]), default=None),
        NATS,
        False,
    ),
    "loss at windows": Measure("loss a character at windows of 8", at(CROSS_ENTROPY, window), NATS, False),
    "seconds an epoch": Measure("training time of an epoch", seconds_an_epoch, SECONDS, False, ratio=True),
}
