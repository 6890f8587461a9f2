"""A pair's search: which tries it asks for, given those that are there. It is replayed from its start every time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from bench.execution.job import Job
from bench.records.key import Sources, fingerprint, sources_of
from bench.spec.catalogue import ROOT, Catalogue
from bench.spec.errors import RequestError, choose_from
from bench.spec.settings import label
from bench.spec.spec import Spec
from bench.studies.tuning.ranking import best
from bench.studies.tuning.space import HELD_OUT, Setting, Space
from bench.studies.tuning.table import Try
from bench.suites.configured import CONFIGURED
from bench.suites.recipes import recipe

INSIDE = ROOT / "bench" / "trial" / "inside.py"  # what is trained and judged by


@dataclass(frozen=True)
class Asked:
    """A try that a search asks for: a job of one seed."""

    stage: str
    setting: Setting
    job: Job

    @property
    def seed(self) -> int:
        """Its seed."""
        return self.job.seeds[0]

    @property
    def key(self) -> str:
        """The key of its weights, and of how they are judged."""
        return self.job.weights_key(self.seed)


@dataclass(frozen=True)
class Search:
    """The search of a row and a family."""

    row: str
    model: str
    space: Space
    catalogue: Catalogue

    def __post_init__(self) -> None:
        if self.row not in CONFIGURED:
            raise choose_from("row", self.row, list(CONFIGURED))
        if "hidden" not in self.catalogue.find("model", self.model).settings:
            raise choose_from("family with a width to search", self.model, tunable(self.catalogue))

    @property
    def pair(self) -> tuple[str, str]:
        """Its row and its column."""
        return self.row, self.model

    @property
    def tries(self) -> int:
        """How many tries it takes, those of the default recipe included."""
        return self.space.tries

    @cached_property
    def default(self) -> Spec:
        """The pair by its default recipe, on what of its row may be read while tuning."""
        spec = recipe(self.row, self.model, tuned=False)
        return replace(spec, task_settings={**spec.task_settings, **HELD_OUT.get(self.row, {})})

    @cached_property
    def sources(self) -> Sources:
        """What makes its tries: as of records, but that they are judged in another way."""
        found = sources_of(self.default, self.catalogue)
        return replace(found, parts={**found.parts, "trial": fingerprint(INSIDE)})

    @cached_property
    def usual(self) -> Setting:
        """What the default recipe chooses."""
        hidden = self.default.model_settings.get("hidden", self.sources.defaults["model_settings"].get("hidden"))
        if not isinstance(hidden, int):
            raise RequestError(f"the default width of {self.model!r} cannot be read; give {self.row} a recipe for it")
        return Setting(self.default.learning_rate, hidden, self.default.steps)

    def spec(self, setting: Setting) -> Spec:
        """Return the pair with other settings; they show in the column, by which progress is told."""
        shown: dict[str, Any] = {"hidden": setting.hidden}
        training: dict[str, Any] = {"learning_rate": setting.learning_rate, "steps": setting.steps}
        settings = {**self.default.model_settings, **shown}
        return replace(
            self.default, model_settings=settings, column=label(self.model, shown, training.items()), **training
        )

    def asked(self, known: Mapping[str, Try]) -> list[Asked]:
        """Return the tries that the search asks for as far as the tries that are known, by key, lead it."""
        return list(self._asked(known))

    def _asked(self, known: Mapping[str, Try]) -> Iterator[Asked]:
        space, seeds = self.space, self.space.further_seeds
        yield from (self._try("default", self.usual, seed) for seed in seeds)
        short = [self._try("short", setting, space.seed) for setting in space.first_round]
        yield from short
        first = made(short, known)
        if first is None:
            return
        finalists = [replace(settings_of(one), steps=space.steps) for one in best(first, space.kept)]
        long = [self._try("long", setting, space.seed) for setting in finalists]
        yield from long
        second = made(long, known)
        if second is None:
            return
        (winner,) = best([*first, *second], 1)
        yield from (self._try("confirm", settings_of(winner), seed) for seed in seeds)

    def _try(self, stage: str, setting: Setting, seed: int) -> Asked:
        spec = self.spec(setting)
        return Asked(stage, setting, Job(spec, (seed,), self.sources, self.catalogue.plugins))

    def lines(self, known: Mapping[str, Try]) -> list[Try]:
        """Return the pair's lines of the table: the tries that are asked for and known."""
        return [self._line(known[each.key], each.stage) for each in self.asked(known) if each.key in known]

    def _line(self, one: Try, stage: str) -> Try:
        return replace(one, row=self.row, model=self.model, stage=stage)


def made(asked: list[Asked], known: Mapping[str, Try]) -> list[Try] | None:
    """Return the tries of a round, None while one is missing."""
    found = [known[each.key] for each in asked if each.key in known]
    return found if len(found) == len(asked) else None


def settings_of(one: Try) -> Setting:
    """Return what a try chose."""
    return Setting(one.learning_rate, one.hidden, one.steps)


def tunable(catalogue: Catalogue) -> list[str]:
    """Return the families that have a width to search."""
    return [name for name, entry in catalogue.entries["model"].items() if "hidden" in entry.settings]
