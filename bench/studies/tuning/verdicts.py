"""What a table of tries says of each pair, and the recipes that come of it: bench/suites/tuned.toml."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import fmean

from bench.analysis.statistics import SOLVED
from bench.studies.tuning.ranking import mean_loss
from bench.studies.tuning.search import settings_of
from bench.studies.tuning.space import Setting
from bench.studies.tuning.table import Try

HEADING = """\
# Written by `python -m bench tune --write` from results/tuning.csv: the winner of each search that beats the default
# recipe at the same seeds. By row and family: what stands in place of the default recipe's.
"""


@dataclass(frozen=True)
class Verdict:
    """What came of a pair's search.

    tuned: the winner's settings, None where the search is not finished; better: whether they beat the default recipe's
    learnt: whether any try got 99 % of the held-out strings right; said: all this in a line
    """

    row: str
    model: str
    tuned: Setting | None
    better: bool
    learnt: bool
    said: str


def verdicts(tries: Iterable[Try]) -> list[Verdict]:
    """Return a verdict for each pair of a table."""
    found = sorted(tries, key=lambda one: one.place)
    return [judged(row, model, list(group)) for (row, model), group in groupby(found, key=lambda one: one.pair)]


def judged(row: str, model: str, tries: Sequence[Try]) -> Verdict:
    """Judge a pair by its tries: the winner against the default recipe, at the seeds that both were trained with.

    The seed on which the winner was chosen flatters it, so it does not count.
    """
    confirmed, default = ([one for one in tries if one.stage == stage] for stage in ("confirm", "default"))
    most = max(one.exact_match for one in tries)
    learnt = most >= SOLVED
    known = "" if learnt else f"; not learnt: {100 * most:.1f} % exact at best"
    if not confirmed or {one.seed for one in confirmed} != {one.seed for one in default}:
        return Verdict(row, model, None, False, learnt, f"{row} {model}: its search is not finished")
    winner, better = settings_of(confirmed[0]), mean_loss(confirmed) < mean_loss(default)
    choice = f"learning_rate={winner.learning_rate:g}, hidden={winner.hidden}, steps={winner.steps}"
    ending = "tuned" if better else "the default recipe stays"
    scores = f"{confirmed[0].metric} {shown(confirmed)} with {choice}, {shown(default)} by default"
    return Verdict(row, model, winner, better, learnt, f"{row} {model}: {scores}: {ending}{known}")


def shown(tries: Sequence[Try]) -> str:
    """Return the mean score of some tries as people read it."""
    scores = [one.score for one in tries if one.score is not None]
    return f"{fmean(scores):.4f}" if len(scores) == len(tries) else "nothing"


def recipes_toml(found: Iterable[Verdict]) -> str:
    """Return the file of tuned recipes: of each row its families, with what the search chose for them."""
    lines = [HEADING]
    better = [each for each in found if each.better]
    for row, group in groupby(sorted(better, key=lambda each: (each.row, each.model)), key=lambda each: each.row):
        lines.append(f"[{key(row)}]")
        lines += [f"{key(each.model)} = {table(each.tuned)}" for each in group if each.tuned]
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def table(setting: Setting) -> str:
    """Write settings as recipes have them."""
    training = f"learning_rate = {setting.learning_rate!r}, steps = {setting.steps}"
    return f"{{settings = {{hidden = {setting.hidden}}}, {training}}}"


def key(name: str) -> str:
    """Write a name as a key of TOML."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name)
