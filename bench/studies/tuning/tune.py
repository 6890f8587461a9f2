"""All searches at once, round by round: what they ask for is trained, and every try is written as soon as it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

from bench.analysis.metrics import sought
from bench.analysis.parts import value_of
from bench.execution.executor import Event, Executor, Listen, Tried
from bench.execution.try_store import TryStore
from bench.studies.tuning.search import Asked, Search
from bench.studies.tuning.table import Try, read_tries, replace_pair

Around = Callable[[Sequence[Asked], Callable[[Listen], list[str]]], list[str]]


class Tuning:
    """Searches and the table that they write; a try whose key is in the table is not trained again."""

    def __init__(self, searches: Sequence[Search], table: Path) -> None:
        self.searches = searches
        self.table = table
        self.known = {one.key: one for one in read_tries(table)}
        self.asked: dict[str, tuple[Search, Asked]] = {}  # whatever was to be trained, by key

    def missing(self) -> list[Asked]:
        """Return the tries that the searches ask for now, each once, but for those that were asked for before."""
        found = {}
        for search in self.searches:
            for each in search.asked(self.known):
                if each.key not in self.known and each.key not in self.asked and each.key not in found:
                    found[each.key] = (search, each)
        self.asked |= found
        return [each for _, each in found.values()]

    def run(self, around: Around, executor: Callable[[int], Executor]) -> list[str]:
        """Train until no search asks for more -> a line about each try that failed, after which its search stands.

        around: shows a round's progress while it is trained; executor: makes what runs so many jobs
        """
        failures: list[str] = []
        while asked := self.missing():
            failures += around(asked, partial(self._trained, asked, executor(len(asked))))
        for search in self.searches:
            replace_pair(self.table, search.pair, search.lines(self.known))
        return failures

    def _trained(self, asked: Sequence[Asked], executor: Executor, listen: Listen) -> list[str]:
        return executor.run([each.job for each in asked], TryStore(), partial(self.heard, listen))

    def heard(self, listen: Listen, event: Event) -> None:
        """Take what the executor tells: a try that has ended is written at once."""
        if isinstance(event, Tried):
            key = event.job.weights_key(event.seed)
            search, asked = self.asked[key]
            self.known[key] = try_of(search, asked, event)
            replace_pair(self.table, search.pair, search.lines(self.known))
        listen(event)


def try_of(search: Search, asked: Asked, event: Tried) -> Try:
    """Return the line of a try that has ended."""
    trial, setting, score = event.trial, asked.setting, event.trial.score
    metric = sought(trial.kind)
    decisive = value_of(metric, asdict(score))
    return Try(
        row=search.row,
        model=search.model,
        stage=asked.stage,
        learning_rate=setting.learning_rate,
        hidden=setting.hidden,
        steps=setting.steps,
        seed=asked.seed,
        metric=metric.name,
        score=decisive if decisive is None else rounded(decisive),
        exact_match=rounded(score.right / score.examples),
        token_accuracy=rounded(score.tokens_right / score.tokens),
        nats=score.nats if score.nats is None else rounded(score.nats),
        status=trial.training.status,
        steps_taken=trial.training.steps,
        seconds=round(trial.training.seconds, 1),
        key=asked.key,
    )


def rounded(value: float) -> float:
    """Round to six digits, as the table has numbers."""
    return float(f"{value:.6g}")
