"""Verdicts in words: the numbers, their difference with its interval, how many seeds, what was left out."""

from __future__ import annotations

import math

from bench.studies.claims.claim import EVERY_SEED, Claim
from bench.studies.claims.judge import NO_RUNS, ROUNDING, Seeds, Verdict
from bench.studies.claims.measures import NATS, RELATIVE, SECONDS, SHARE, STEPS, Measure
from bench.views.numbers import percent

COMMAND = "python -m bench run --suite lessons"
FORMATS = {NATS: ".3f", STEPS: ",.0f", SECONDS: ".2f", RELATIVE: ".3g"}


def evidence(claim: Claim, verdict: Verdict) -> str:
    """Return a claim's numbers as a sentence without its end."""
    if verdict.word == NO_RUNS:
        lacking = ", ".join(" ".join(pair) for pair in verdict.missing)
        return f"no records of {lacking}; `{COMMAND}` makes them"
    said = level_words(claim, verdict) if claim.is_level else contrast_words(claim, verdict)
    return "; ".join([said, *notes(claim, verdict)])


def contrast_words(claim: Claim, verdict: Verdict) -> str:
    """Say how two runs compare."""
    assert verdict.second is not None
    measure, (value, low, high) = claim.measure, verdict.estimate
    means = f"{amount(measure, verdict.first.mean)} against {amount(measure, verdict.second.mean)}"
    between = "" if math.isnan(low) else f" [{short_gap(measure, low)}, {short_gap(measure, high)}]"
    margin = "" if claim.margin is None else f", margin {gap(measure, verdict.bound)}"
    name = "ratio" if measure.ratio else "difference"
    return f"{means}, {name} {gap(measure, value)}{between}{margin}, {seeds_words(verdict.first, verdict.second, low)}"


def level_words(claim: Claim, verdict: Verdict) -> str:
    """Say how many seeds are as the claim says, and the mean with its interval."""
    measure, bound = claim.measure, amount(claim.measure, verdict.bound)
    where = f"{'below' if measure.higher_is_better else 'above'} {bound}"
    if claim.test == EVERY_SEED:
        where = f"at {bound} or {'more' if measure.higher_is_better else 'less'}"
    mean, low, high = (verdict.bound + end for end in verdict.estimate)
    between = "" if math.isnan(low) else f" [{short(measure, low)}, {short(measure, high)}]"
    return f"{verdict.met} of {plural(verdict.first.count)} {where}; mean {amount(measure, mean)}{between}"


def seeds_words(first: Seeds, second: Seeds, low: float) -> str:
    """Say how many seeds have numbers, and where they give no interval."""
    one, other = len(first.by_seed), len(second.by_seed)
    each = f"{plural(one)} each" if one == other else f"{plural(one)} against {other}"
    return f"{each}, no interval{' from one seed' * (min(one, other) == 1)}" if math.isnan(low) else each


def notes(claim: Claim, verdict: Verdict) -> list[str]:
    """Say what a reader must know of the seeds: fitted, diverged, left out, without spread."""
    sides = {claim.first: verdict.first}
    if claim.second is not None and verdict.second is not None:
        sides.setdefault(claim.second, verdict.second)
    found = []
    for (_, name), side in sides.items():
        if side.fitted:
            found.append(f"{name} is fitted, the same for each seed")
        failed = ((side.diverged, "diverged"), (side.lost, "without a number"))
        said = [f"{count} {what}" for count, what in failed if count]
        if said:
            found.append(f"of {plural(side.count)} of {name} {', '.join(said)}")
    if verdict.estimate.high - verdict.estimate.low < ROUNDING:
        found.append("no spread over seeds")
    return found


def plural(count: int) -> str:
    """Write how many seeds."""
    return f"{count} seed{'' if count == 1 else 's'}"


def amount(measure: Measure, value: float) -> str:
    """Write a number with its unit."""
    if math.isnan(value):
        return "no number"
    unit = {SHARE: " %", RELATIVE: ""}.get(measure.unit, f" {measure.unit}")
    return f"{short(measure, value)}{unit}"


def short(measure: Measure, value: float) -> str:
    """Write a number without its unit."""
    shown = math.exp(value) if measure.ratio else value
    if measure.unit == SHARE:
        return percent(shown) if shown >= 0 else f"{100 * shown:.1f}"
    return format(shown, FORMATS[measure.unit])


def gap(measure: Measure, value: float) -> str:
    """Write a difference with its unit."""
    if math.isnan(value):
        return "unknown"
    unit = {SHARE: " points", RELATIVE: ""}.get(measure.unit, f" {measure.unit}")
    return short_gap(measure, value) + ("" if measure.ratio else unit)


def short_gap(measure: Measure, value: float) -> str:
    """Write a difference without its unit."""
    if measure.ratio:
        return f"{math.exp(value):.2f}"
    return f"{100 * value:.1f}" if measure.unit == SHARE else format(value, FORMATS[measure.unit])
