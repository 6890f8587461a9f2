"""Verdicts in words: the numbers, their difference with its interval, how many seeds, what was left out."""

from __future__ import annotations

import math

from bench.spec.home import PROGRAM
from bench.studies.claims.claim import EVERY_SEED, Claim
from bench.studies.claims.judge import NO_RUNS, ROUNDING, Seeds, Verdict
from bench.studies.claims.measures import NATS, RELATIVE, SECONDS, SHARE, STEPS, Measure
from bench.views.numbers import percent

COMMAND = f"{PROGRAM} run --suite lessons"
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
    between = f"{amount(measure, value, gap=True)}{bracket(measure, low, high, gap=True)}"
    margin = "" if claim.margin is None else f", margin {amount(measure, verdict.bound, gap=True)}"
    name = "ratio" if measure.ratio else "difference"
    return f"{means}, {name} {between}{margin}, {seeds_words(verdict.first, verdict.second, low)}"


def level_words(claim: Claim, verdict: Verdict) -> str:
    """Say how many seeds are as the claim says, and the mean with its interval."""
    measure, bound = claim.measure, amount(claim.measure, verdict.bound)
    where = f"{'below' if measure.higher_is_better else 'above'} {bound}"
    if claim.test == EVERY_SEED:
        where = f"at {bound} or {'more' if measure.higher_is_better else 'less'}"
    mean, low, high = (verdict.bound + end for end in verdict.estimate)
    between = bracket(measure, low, high)
    return f"{verdict.met} of {plural(verdict.first.count)} {where}; mean {amount(measure, mean)}{between}"


def bracket(measure: Measure, low: float, high: float, *, gap: bool = False) -> str:
    """Write an interval, nothing where there is none."""
    ends = (amount(measure, end, gap=gap, bare=True) for end in (low, high))
    return "" if math.isnan(low) else f" [{', '.join(ends)}]"


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


def amount(measure: Measure, value: float, *, gap: bool = False, bare: bool = False) -> str:
    """Write a number of a measure, or the gap between two, with its unit or bare."""
    if math.isnan(value):
        return "unknown" if gap else "no number"
    shown = math.exp(value) if measure.ratio else value
    if measure.unit == SHARE:
        said = f"{100 * shown:.1f}" if gap or shown < 0 else percent(shown)
    else:
        said = format(shown, ".2f" if gap and measure.ratio else FORMATS[measure.unit])
    unit = {SHARE: " points" if gap else " %", RELATIVE: ""}.get(measure.unit, f" {measure.unit}")
    return said if bare or (gap and measure.ratio) else said + unit
