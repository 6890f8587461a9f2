"""Verdicts in words: the numbers, their difference with its interval, how many seeds, what was left out."""

from __future__ import annotations

import math

from bench.analysis.summary import Pair
from bench.studies.claims.amounts import amount, gap, short, short_gap
from bench.studies.claims.claims import Alike, Claim, Level
from bench.studies.claims.judge import NO_RUNS, ROUNDING, Seeds, Verdict
from bench.studies.claims.measures import Measure

COMMAND = "python -m bench run --suite lessons"


def evidence(claim: Claim, verdict: Verdict) -> str:
    """Return a claim's numbers as a sentence without its end."""
    if verdict.word == NO_RUNS:
        lacking = ", ".join(" ".join(pair) for pair in verdict.missing)
        return f"no records of {lacking}; `{COMMAND}` makes them"
    said = level_words(claim, verdict) if isinstance(claim.test, Level) else contrast_words(claim, verdict)
    return "; ".join([said, *notes(claim, verdict)])


def contrast_words(claim: Claim, verdict: Verdict) -> str:
    """Say how two runs compare."""
    assert verdict.second is not None
    measure = claim.measure
    means = f"{amount(measure, verdict.first.mean)} against {amount(measure, verdict.second.mean)}"
    margin = f", margin {gap(measure, verdict.bound)}" if isinstance(claim.test, Alike) else ""
    name = "ratio" if measure.ratio else "difference"
    return (
        f"{means}, {name} {gap(measure, verdict.estimate.value)}{bracket(measure, verdict)}{margin}, {seeds(verdict)}"
    )


def level_words(claim: Claim, verdict: Verdict) -> str:
    """Say how many seeds are as the claim says, and the mean with its interval."""
    assert isinstance(claim.test, Level)
    measure, count = claim.measure, len(verdict.first.by_seed) + verdict.first.lost
    bound, upwards = amount(measure, verdict.bound), measure.higher_is_better
    where = f"at {bound} or {'more' if upwards else 'less'}" if claim.test.reached else side(bound, upwards)
    mean = verdict.bound + verdict.estimate.value
    low, high = (verdict.bound + end for end in verdict.estimate[1:])
    between = "" if math.isnan(low) else f" [{short(measure, low)}, {short(measure, high)}]"
    return f"{verdict.met} of {plural(count)} {where}; mean {amount(measure, mean)}{between}"


def side(bound: str, upwards: bool) -> str:
    """Say on which side of a bound numbers lie that do not reach it."""
    return f"{'below' if upwards else 'above'} {bound}"


def seeds(verdict: Verdict) -> str:
    """Say how many seeds have numbers, and where they do not differ."""
    assert verdict.second is not None
    first, second = len(verdict.first.by_seed), len(verdict.second.by_seed)
    each = f"{plural(first)} each" if first == second else f"{plural(first)} against {second}"
    if not math.isnan(verdict.estimate.low):
        return each
    return f"{each}, no interval{' from one seed' if min(first, second) == 1 else ''}"


def notes(claim: Claim, verdict: Verdict) -> list[str]:
    """Say what a reader must know of the seeds: fitted, diverged, left out, without spread."""
    sides: list[tuple[Pair, Seeds]] = [(claim.first, verdict.first)]
    if claim.second not in (None, claim.first) and verdict.second is not None:
        sides.append((claim.second, verdict.second))
    found = []
    for (_, name), side in sides:
        total = plural(len(side.by_seed) + side.lost)
        if side.fitted:
            found.append(f"{name} is fitted, the same for each seed")
        failed = ((side.diverged, "diverged"), (side.lost, "without a number"))
        said = [f"{count} {what}" for count, what in failed if count]
        if said:
            found.append(f"of {total} of {name} {', '.join(said)}")
    if verdict.estimate.high - verdict.estimate.low < ROUNDING:
        found.append("no spread over seeds")
    return found


def bracket(measure: Measure, verdict: Verdict) -> str:
    """Write the interval of a difference, nothing where there is none."""
    _, low, high = verdict.estimate
    return "" if math.isnan(low) else f" [{short_gap(measure, low)}, {short_gap(measure, high)}]"


def plural(count: int) -> str:
    """Write how many seeds."""
    return f"{count} seed{'' if count == 1 else 's'}"
