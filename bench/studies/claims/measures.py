"""What claims measure: a number of one record, its unit, and which direction is better."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.analysis.summary import Pair
from bench.records.store import Record

Score = dict[str, Any]
Groups = Mapping[Pair, Sequence[Record]]  # the seeds of each pair
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
    unit: str
    higher_is_better: bool
    value: Callable[[Record], float | None]
    ratio: bool = False


def exact(score: Score) -> float:
    """Share of strings right."""
    return score["right"] / score["examples"]


def token_accuracy(score: Score) -> float:
    """Share of tokens right, given the true ones before."""
    return score["tokens_right"] / score["tokens"]


def nats(score: Score) -> float | None:
    """Mean cross-entropy of a token."""
    return score.get("nats")


def nrmse(score: Score) -> float | None:
    """Free-running error relative to the signal's standard deviation."""
    return score["nrmse"]


def at_training(record: Record) -> Score:
    """Return the score at the longest training length."""
    return record["by_length"][str(max(record["inside_lengths"]))]


def at_end(record: Record) -> Score:
    """Return the score at the last length: of a text, all of it, the state carried."""
    return record["by_length"][max(record["by_length"], key=int)]


def inside(record: Record) -> list[Score]:
    """Return the scores at the training lengths."""
    return [record["by_length"][str(length)] for length in record["inside_lengths"]]


def mean_exact(record: Record, lengths: Sequence[int]) -> float:
    """Return the mean exact match over some lengths."""
    return sum(exact(record["by_length"][str(length)]) for length in lengths) / len(lengths)


def best_elsewhere(record: Record) -> float | None:
    """Return the highest exact match at a length that was never trained."""
    return best_at(record, lambda length: length not in record["inside_lengths"])


def best_longer(record: Record) -> float | None:
    """Return the highest exact match at a length beyond training."""
    return best_at(record, lambda length: length > max(record["inside_lengths"]))


def best_at(record: Record, chosen: Callable[[int], bool]) -> float | None:
    """Return the highest exact match at the chosen lengths, of those with enough strings."""
    scores = [score for length, score in record["by_length"].items() if chosen(int(length))]
    return max((exact(score) for score in scores if score["examples"] >= ENOUGH), default=None)


def content(record: Record) -> float:
    """Mean over training lengths of the share of strings whose content is right, wherever they stop."""
    shares = [(score["right"] + score["stopped_wrong"]) / score["examples"] for score in inside(record)]
    return sum(shares) / len(shares)


def counted(record: Record, part: str) -> float | None:
    """Share right of what a part of the record's padding counts: tokens asked, or all cells of a batch."""
    counts = record.get("padding")
    return counts[f"{part}_right"] / counts[part] if counts else None


def added(record: Record) -> float | None:
    """Return how much higher accuracy is with padding counted."""
    cells, tokens = counted(record, "cells"), counted(record, "symbols")
    return None if cells is None or tokens is None else cells - tokens


def steps_to_learn(record: Record) -> float:
    """Steps to the first validation point with enough strings right; the whole budget where that never came."""
    learned = [point["step"] for point in record["curve"] if point["exact"] is not None and point["exact"] >= LEARNED]
    return float(learned[0] if learned else record["spec"]["steps"])


def seconds_an_epoch(record: Record) -> float | None:
    """Seconds of training for one pass over the text."""
    if not record["steps"]:
        return None
    spec = record["spec"]
    epoch = record["text"]["training_symbols"] // (spec["batch"] * record["train_lengths"][0])
    return record["timing"]["train_seconds"] * epoch / record["steps"]


def lowest_nats(record: Record) -> float | None:
    """Return the loss at the evaluated length that suits a network best."""
    found = [nats(score) for score in record["by_length"].values()]
    return min((value for value in found if value is not None), default=None)


def window_nats(record: Record) -> float | None:
    """Return the loss where as many tokens are read as a training window has."""
    return nats(record["by_length"][str(record["train_lengths"][0])])


def number_of(measure: Measure, record: Record) -> float:
    """Return a record's number, on the scale on which it is compared; NaN where it has none."""
    try:
        value = measure.value(record)
    except KeyError:  # it was evaluated at other lengths than the suite's
        return math.nan
    if value is None or not math.isfinite(value) or (measure.ratio and value <= 0):
        return math.nan
    return math.log(value) if measure.ratio else value


SCORES = {"exact": exact, "nats": nats, "nrmse": nrmse}  # what charts draw by length

MEASURES = {  # by the names that topics call them
    "signals continued": Measure(
        "signals continued within the tolerance", SHARE, True, lambda record: exact(at_training(record))
    ),
    "signal error": Measure(
        "free-running NRMSE at the training horizon", RELATIVE, False, lambda record: nrmse(at_training(record))
    ),
    "strings right": Measure(
        "strings right at the longest training length", SHARE, True, lambda record: exact(at_training(record))
    ),
    "best other length": Measure(
        f"strings right at the best other length (of those with {ENOUGH} strings or more)", SHARE, True, best_elsewhere
    ),
    "best longer length": Measure("strings right at the best longer length", SHARE, True, best_longer),
    "lengths 5 to 14 without 10": Measure(
        "strings right, mean over lengths 5 to 14 without 10", SHARE, True, lambda record: mean_exact(record, BESIDE)
    ),
    "weakest training length": Measure(
        "strings right at the weakest training length", SHARE, True, lambda record: min(map(exact, inside(record)))
    ),
    "content right": Measure("strings of right content, mean over training lengths", SHARE, True, content),
    "tokens right": Measure("tokens right", SHARE, True, lambda record: counted(record, "symbols")),
    "tokens and padding right": Measure(
        "tokens and padding right", SHARE, True, lambda record: counted(record, "cells")
    ),
    "added by padding": Measure("what counting padding adds to tokens right", SHARE, True, added),
    "steps to learn": Measure(
        f"steps until {100 * LEARNED:g} % of held-out strings are right", STEPS, False, steps_to_learn
    ),
    "next tokens right": Measure(
        "next words right in the validation text", SHARE, True, lambda record: token_accuracy(at_end(record))
    ),
    "loss": Measure("loss a character over the whole evaluated text", NATS, False, lambda record: nats(at_end(record))),
    "lowest loss": Measure("loss a character at the length that suits it best", NATS, False, lowest_nats),
    "loss at windows": Measure("loss a character at windows of 8", NATS, False, window_nats),
    "seconds an epoch": Measure("training time of an epoch", SECONDS, False, seconds_an_epoch, ratio=True),
}
