"""A pair's search by Optuna: a sampler proposes settings by what tries before came to; workers may share its storage.

It chooses from the same space as the equal search, between its least and most rate and width, at all of its steps, on
its first seed; the best try is confirmed on the further seeds, as there. Optuna is an extra, `lengthwise[optuna]`.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from bench.records.key import hashed
from bench.spec.errors import RequestError, WorkError, choose_from
from bench.studies.tuning.ranking import best, loss
from bench.studies.tuning.search import Asked, Search, settings_of
from bench.studies.tuning.space import Setting
from bench.studies.tuning.table import Try

EXTRA = "optuna"
SAMPLERS = {"tpe": "TPESampler", "gp": "GPSampler", "random": "RandomSampler"}
KEPT = "try"  # where a trial of the study keeps its line of the table
STAGE = "sampled"


@dataclass(frozen=True)
class Sampling:
    """How settings are proposed: a sampler's name, how many tries in all, how many at once, where the study is kept.

    storage: an address that Optuna takes, such as sqlite:///tune.db, which several workers share; None for this process
    """

    sampler: str = "tpe"
    tries: int = 20
    at_once: int = 1
    storage: str | None = None

    def __post_init__(self) -> None:
        if self.sampler not in SAMPLERS:
            raise choose_from("sampler", self.sampler, list(SAMPLERS))


@dataclass(frozen=True)
class SampledSearch(Search):
    """The search of a row and a family whose tries a sampler proposes."""

    sampling: Sampling = Sampling()
    open: list[tuple[Any, Asked]] = field(default_factory=list)  # trials of this process that the study is not told of

    @property
    def tries(self) -> int:
        """How many tries it takes, those of the default recipe included."""
        return self.sampling.tries + 2 * self.space.further

    @cached_property
    def study(self) -> Any:
        """Optuna's study of the pair as its sources stand: other code begins another one."""
        optuna, sampling = library(), self.sampling
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        sampler = getattr(optuna.samplers, SAMPLERS[sampling.sampler])(seed=self.space.seed)
        try:
            return optuna.create_study(
                study_name=f"{self.row} {self.model} {hashed(self.default.asked, self.sources.parts)[:8]}",
                storage=sampling.storage,
                sampler=sampler,
                direction="minimize",
                load_if_exists=True,
            )
        except Exception as error:  # whatever the storage's driver raises
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise RequestError(f"the study cannot be kept in {sampling.storage!r}: {reason}") from error

    def asked(self, known: Mapping[str, Try]) -> list[Asked]:
        """Return what is to be tried: proposals until there are enough, then the best one and the default recipe."""
        self._tell(known)
        seeds = self.space.further_seeds
        asked = [self._try("default", self.usual, seed) for seed in seeds]
        told = self._told()
        if len(told) < self.sampling.tries:
            lacking = self.sampling.tries - len(told) - len(self.open)
            self._propose(min(self.sampling.at_once - len(self.open), lacking))
            return [*asked, *(each for _, each in self.open)]
        (winner,) = best(told, 1)
        return [*asked, *(self._try("confirm", settings_of(winner), seed) for seed in seeds)]

    def lines(self, known: Mapping[str, Try]) -> list[Try]:
        """Return the pair's lines of the table: those that any worker told the study, and the confirming ones."""
        self._tell(known)
        told = self._told()
        if len(told) < self.sampling.tries:
            return [*told, *self._known(known, "default", self.usual)]
        winner = settings_of(best(told, 1)[0])
        return [*told, *self._known(known, "confirm", winner), *self._known(known, "default", self.usual)]

    def _known(self, known: Mapping[str, Try], stage: str, setting: Setting) -> list[Try]:
        asked = [self._try(stage, setting, seed) for seed in self.space.further_seeds]
        return [self._line(known[each.key], stage) for each in asked if each.key in known]

    def _propose(self, count: int) -> None:
        """Ask the study for so many settings more."""
        space = self.space
        for _ in range(count):
            trial = self.study.ask()
            rate = trial.suggest_float("learning_rate", min(space.rates), max(space.rates), log=True)
            hidden = trial.suggest_int("hidden", min(space.widths), max(space.widths), log=True)
            setting = Setting(float(f"{rate:.3g}"), hidden, space.steps)
            self.open.append((trial, self._try(STAGE, setting, space.seed)))

    def _tell(self, known: Mapping[str, Try]) -> None:
        """Tell the study of the tries that have ended since."""
        for trial, each in [(trial, each) for trial, each in self.open if each.key in known]:
            one = self._line(known[each.key], STAGE)
            trial.set_user_attr(KEPT, asdict(one))
            value = math.inf if one.status == "diverged" else loss(one.metric, one.score)
            state = library().trial.TrialState
            failed = math.isinf(value)
            self.study.tell(trial, None if failed else value, state=state.FAIL if failed else state.COMPLETE)
            self.open.remove((trial, each))

    def _told(self) -> list[Try]:
        """Return the tries that the study knows, whichever worker made them."""
        kept = [trial.user_attrs.get(KEPT) for trial in self.study.get_trials(deepcopy=False)]
        try:
            return [Try(**each) for each in kept if each]
        except TypeError as error:
            raise WorkError(f"the study in {self.sampling.storage!r} holds tries of another version") from error


def library() -> Any:
    """Return Optuna, or say what brings it."""
    try:
        return importlib.import_module("optuna")
    except ImportError as error:
        raise RequestError(
            f"--sampler needs optuna, which is not installed: pip install 'lengthwise[{EXTRA}]'"
        ) from error
