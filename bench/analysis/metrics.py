"""Metrics, each declared once: how a score is counted, averaged, bounded, written and explained. A new one is an entry.

What is here reaches by_length.csv, leaderboard.csv, the pages, the terminal and the tidy frame by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bench.analysis.statistics import Floats
from bench.records.store import Record


@dataclass(frozen=True)
class Metric:
    """What is measured on an evaluation set: here a share of what is counted, pooled over seeds.

    name: of its column in by_length.csv and of its rows in the tidy frame; heading and caption are for people
    kinds: of data (a record's `kind`) that it is meant for
    reads, denominator: fields of a score that the numerator is made of, and the one that it is divided by
    unit: "%" for a share, which people see in percent; format: a function of views/numbers.py
    aggregate: over seeds, counts pooled or the mean of the seeds' values
    interval: "counts" for the wider of Wilson's and the bootstrap over seeds, "seeds" for that bootstrap alone
    bounds: whether by_length.csv has the interval too
    summary: what leaderboard.csv tells: the mean "beyond" training, or "" for what the summary says by itself
    ranks: the leaderboard's column that orders rows where this is the primary metric; by default its own
    seeks: kinds of data whose recipes are sought by it, on held-out examples of training lengths
    of, convert: the metric that this is in another unit, and how; sets: "adversarial" for those evaluation sets alone
    """

    name: str
    heading: str
    caption: str
    kinds: tuple[str, ...]
    reads: tuple[str, ...] = ()
    denominator: str = "examples"
    numerator: Callable[..., Floats] = np.asarray
    unit: str = "%"
    higher_is_better: bool = True
    aggregate: Literal["pooled", "mean"] = "pooled"
    interval: Literal["counts", "seeds", ""] = "counts"
    bounds: bool = True
    summary: Literal["beyond", ""] = "beyond"
    ranks: str = ""
    format: str = "share"
    seeks: tuple[str, ...] = ()
    of: str = ""
    convert: Callable[[Floats], Floats] = np.asarray
    sets: str = "random"


@dataclass(frozen=True)
class Error(Metric):
    """A share of the answers, the fewer the better."""

    higher_is_better: bool = False
    bounds: bool = False


@dataclass(frozen=True)
class Measured(Metric):
    """A measured number, the fewer the better: the mean over seeds, with their bootstrap's interval."""

    denominator: str = ""
    higher_is_better: bool = False
    aggregate: Literal["pooled", "mean"] = "mean"
    interval: Literal["counts", "seeds", ""] = "seeds"
    summary: Literal["beyond", ""] = ""


def perplexity_of(nats: Floats) -> Floats:
    """Return the exponential of nats; one beyond all numbers is infinite."""
    with np.errstate(over="ignore"):
        return np.exp(nats)


STRINGS, SIGNALS, WORDS, TEXTS = ("symbols",), ("values",), ("stream",), ("text",)
EXACT = Metric(
    name="exact_match",
    heading="exact match",
    caption="free-running answers that are right to the last token, EOS included",
    kinds=STRINGS + SIGNALS + WORDS,
    reads=("right",),
    summary="",
    ranks="beyond",
    seeks=STRINGS,
)
NATS = Measured(
    name="nats",
    heading="nats",
    caption="mean cross-entropy of a token, over the whole evaluated text read once with the state carried",
    kinds=WORDS + TEXTS,
    reads=("nats",),
    unit="nats",
    format="measured",
    seeks=TEXTS,
)
BITS = Measured(
    name="bits",
    heading="bits",
    caption="the nats divided by ln 2",
    kinds=WORDS + TEXTS,
    unit="bits",
    format="measured",
    of="nats",
    convert=lambda nats: nats / np.log(2),
)
PERPLEXITY = Measured(
    name="perplexity",
    heading="perplexity",
    caption="the exponential of the nats",
    kinds=WORDS + TEXTS,
    unit="",
    format="perplexity",
    of="nats",
    convert=perplexity_of,
)
TOKEN_ACCURACY = Metric(
    name="token_accuracy",
    heading="token accuracy",
    caption="tokens that were the first choice, given the true ones before",
    kinds=STRINGS + WORDS + TEXTS,
    reads=("tokens_right",),
    denominator="tokens",
    bounds=False,
    summary="",
    seeks=WORDS,
)
EOS_ERROR = Error(
    name="stopped_wrong",
    heading="EOS error",
    caption="answers past training that are right once the true length is forced",
    kinds=STRINGS,
    reads=("stopped_wrong",),
)
TOKEN_ERROR = Error(
    name="content_wrong",
    heading="token error",
    caption="all other answers past training that are wrong",
    kinds=STRINGS,
    reads=("examples", "right", "stopped_wrong"),
    numerator=lambda examples, right, stopped: examples - right - stopped,
)
NRMSE = Measured(
    name="nrmse",
    heading="NRMSE",
    caption="free-running error over the signal's standard deviation",
    kinds=SIGNALS,
    reads=("nrmse",),
    seeks=SIGNALS,
)
NEXT_STEP_NRMSE = Measured(
    name="next_step_nrmse",
    heading="next-step NRMSE",
    caption="the same of one step, given the true values before",
    kinds=SIGNALS,
    reads=("next_step_nrmse",),
    bounds=False,
)
ADVERSARIAL = Metric(
    name="adversarial",
    heading="adversarial",
    caption="exact match on the adversarial sets, each kind and each length past training alike",
    kinds=STRINGS + SIGNALS + WORDS + TEXTS,
    of="exact_match",
    sets="adversarial",
)
TOLD = (EXACT, NATS, BITS, PERPLEXITY, TOKEN_ACCURACY, EOS_ERROR, TOKEN_ERROR, NRMSE, NEXT_STEP_NRMSE, ADVERSARIAL)
METRICS: list[Metric] = list(TOLD)
COUNTED = [metric for metric in METRICS if not metric.of]


def metrics_of(record: Record) -> list[Metric]:
    """Return the metrics of a record, the primary one first: those of its kind of data; of an unknown kind, its own."""
    meant = [metric for metric in METRICS if record["kind"] in metric.kinds]
    found = meant or [metric for metric in COUNTED if has(record, metric)]
    return [metric for metric in found if metric.sets == "random" or record.get(metric.sets)]


def sought(kind: str) -> Metric:
    """Return the metric by which recipes are sought for a kind of data; for an unknown one, exact match."""
    return next((metric for metric in METRICS if kind in metric.seeks), EXACT)


def named(name: str) -> Metric:
    """Return a metric by its name; an unknown one raises KeyError."""
    return {metric.name: metric for metric in METRICS}[name]


def primary(record: Record) -> Metric:
    """Return the metric that orders a record's rows."""
    return metrics_of(record)[0]


def by_context(record: Record) -> list[Metric]:
    """Return what a table by length shows of a record: its primary metric, of signals their error instead."""
    found = metrics_of(record)
    if NRMSE in found:
        return [NRMSE]
    return [EXACT, TOKEN_ACCURACY] if found[0] is EXACT and NATS in found else found[:1]


def has(record: Record, metric: Metric) -> bool:
    """Whether any score of a record has the numbers of a metric."""
    fields = {*metric.reads, metric.denominator} - {""}
    return any(all(score.get(name) is not None for name in fields) for score in record["by_length"].values())
