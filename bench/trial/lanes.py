"""Lanes: what each of several trainings that take turns in a process has to itself, so that it goes as if alone.

Of some things torch has one for all. The generators that draw weights, dropout and noise go on, in a lane, from where
the lane's last turn left them; a graph recorded there draws on from there too. On a GPU a lane has a stream: what is
launched in one turn goes on while others have theirs, and graphs that are recorded there share no workspace.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch
from torch import Tensor

from bench.trial.turns import Made, Turns


class Lane:
    """One lane on a device; any number of trainings may go through it, one after the other."""

    def __init__(self, device: str) -> None:
        self.stream: AbstractContextManager[object] = nullcontext()
        self.draws: list[ProcessorDraws | CardDraws] = [ProcessorDraws()]
        if torch.device(device).type == "cuda":
            torch.cuda.init()  # before which there are no generators
            self.stream = torch.cuda.stream(torch.cuda.Stream(device))
            self.draws.append(CardDraws(device))

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Do in this lane what is done meanwhile."""
        self.swap()
        try:
            with self.stream:
                yield
        finally:
            self.swap()

    def swap(self) -> None:
        """Exchange the generators' states with those that are kept."""
        for each in self.draws:
            each.swap()

    def through(self, work: Turns[Made]) -> Turns[Made]:
        """Do some work in this lane, pausing where it does -> what it makes."""
        while True:
            with self.taken():
                try:
                    next(work)
                except StopIteration as end:
                    made: Made = end.value
                    return made
            yield


class ProcessorDraws:
    """A state for the generator of the processor."""

    def __init__(self) -> None:
        self.kept: Tensor = torch.default_generator.get_state()

    def swap(self) -> None:
        """Exchange the generator's state with the one that is kept."""
        now = torch.default_generator.get_state()
        torch.default_generator.set_state(self.kept)
        self.kept = now


class CardDraws:
    """A state for the generator of an NVIDIA GPU, which graphs draw from by reference."""

    def __init__(self, device: str) -> None:
        self.generator = torch.cuda.default_generators[torch.device(device).index or 0]
        self.kept: torch.Generator = self.generator.clone_state()

    def swap(self) -> None:
        """Exchange the generator's state with the one that is kept."""
        now = self.generator.graphsafe_get_state()
        self.generator.graphsafe_set_state(self.kept)
        self.kept = now
