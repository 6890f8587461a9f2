"""What claims measure: a number of one record, its unit, and which direction is better."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from bench.analysis.metrics import EXACT, NRMSE, TOKEN_ACCURACY, TOKEN_ERROR, Metric
from bench.analysis.metrics import NATS as CROSS_ENTROPY
from bench.analysis.parts import value_of
from bench.analysis.summary import Pair
from bench.records.store import Record

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


def over(metric: Metric, chosen: Callable[[Record], Iterable[int]], reduce: Callable[[list[float]], float]) -> Value:
    """Measure a metric at the lengths chosen of a record, those at which it has no number left out."""

    def value(record: Record) -> float | None:
        values = [value_of(metric, record["by_length"][str(length)]) for length in chosen(record)]
        known = [value for value in values if value is not None]
        return reduce(known) if known else None

    return value


def edge(record: Record) -> list[int]:
    """Return the longest training length."""
    return [max(record["inside_lengths"])]


def every(record: Record) -> list[int]:
    """Return the evaluated lengths."""
    return list(map(int, record["by_length"]))


def last(record: Record) -> list[int]:
    """Return the last evaluated length: of a text, all of it, the state carried."""
    return [max(every(record))]


def window(record: Record) -> list[int]:
    """Return how many tokens a training step reads."""
    return record["train_lengths"][:1]


def trained(record: Record) -> list[int]:
    """Return the training lengths."""
    return record["inside_lengths"]


def others(record: Record) -> list[int]:
    """Return the lengths with enough strings that training never drew."""
    enough = [int(length) for length, score in record["by_length"].items() if score["examples"] >= ENOUGH]
    return [length for length in enough if length not in record["inside_lengths"]]


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
    epoch = record["text"]["training_symbols"] // (record["spec"]["batch"] * record["train_lengths"][0])
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
    "signals continued": Measure("signals continued within the tolerance", over(EXACT, edge, max)),
    "signal error": Measure("free-running NRMSE at the training horizon", over(NRMSE, edge, max), RELATIVE, False),
    "strings right": Measure("strings right at the longest training length", over(EXACT, edge, max)),
    "best other length": Measure(
        f"strings right at the best other length (of those with {ENOUGH} strings or more)", over(EXACT, others, max)
    ),
    "best longer length": Measure(
        "strings right at the best longer length",
        over(EXACT, lambda record: [length for length in others(record) if length > max(trained(record))], max),
    ),
    "lengths 5 to 14 without 10": Measure(
        "strings right, mean over lengths 5 to 14 without 10", over(EXACT, lambda record: BESIDE, fmean)
    ),
    "weakest training length": Measure("strings right at the weakest training length", over(EXACT, trained, min)),
    "content right": Measure(  # wherever the answer stops
        "strings of right content, mean over training lengths",
        over(TOKEN_ERROR, trained, lambda errors: 1 - fmean(errors)),
    ),
    "tokens right": Measure("tokens right", padded("symbols")),
    "tokens and padding right": Measure("tokens and padding right", padded("cells")),
    "added by padding": Measure("what counting padding adds to tokens right", added),
    "steps to learn": Measure(
        f"steps until {100 * LEARNED:g} % of held-out strings are right", steps_to_learn, STEPS, False
    ),
    "next tokens right": Measure("next words right in the validation text", over(TOKEN_ACCURACY, last, max)),
    "loss": Measure("loss a character over the whole evaluated text", over(CROSS_ENTROPY, last, max), NATS, False),
    "lowest loss": Measure(
        "loss a character at the length that suits it best", over(CROSS_ENTROPY, every, min), NATS, False
    ),
    "loss at windows": Measure("loss a character at windows of 8", over(CROSS_ENTROPY, window, max), NATS, False),
    "seconds an epoch": Measure("training time of an epoch", seconds_an_epoch, SECONDS, False, ratio=True),
}
