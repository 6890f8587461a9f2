"""What every task shares: spaces, the batch, and the contract that the harness relies on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

PAD, BOS, EOS, FIRST_TOKEN = 0, 1, 2, 3  # data begin at FIRST_TOKEN, so a reserved id never collides
START, STOP, FIRST_SYMBOL = BOS, EOS, FIRST_TOKEN  # their names of version 0.1, for one version more


@dataclass(frozen=True)
class Tokens:
    """Sequences of integer ids: three reserved ones (PAD, BOS, EOS), then `count` of data."""

    count: int
    discrete: ClassVar[bool] = True

    @property
    def size(self) -> int:
        """How many ids there are, the reserved ones included."""
        return FIRST_TOKEN + self.count


Symbols = Tokens  # its name of version 0.1, for one version more


@dataclass(frozen=True)
class Values:
    """Sequences of real vectors with `size` numbers each; `double`: in float64, in which models then compute."""

    size: int
    double: bool = False
    discrete: ClassVar[bool] = False


@dataclass(frozen=True)
class Batch:
    """Some examples, padded to one width.

    source (batch, source_time[, values]), None for a language model; source_length (batch,), zeros where no source is
    target (batch, target_time[, values]); target_length (batch,), EOS counted where there is one, never 0
    identity (batch,) int64: examples that must be held out together; None means that the source string is the example
    """

    source: Tensor | None
    source_length: Tensor
    target: Tensor
    target_length: Tensor
    identity: Tensor | None = None

    @property
    def target_mask(self) -> Tensor:
        """(batch, target_time), True where the target is real."""
        return before(self.target_length, self.target.shape[1])


@dataclass(frozen=True, kw_only=True)
class Task(ABC):
    """A task's settings are its fields; what it draws depends on nothing else but the generator.

    train_lengths: the lengths that the harness draws for training
    eval_lengths: the lengths that are evaluated, in distribution and beyond
    """

    name: ClassVar[str] = ""
    version: ClassVar[int] = 1  # raised whenever the data changes: older results are then not compared
    joint: ClassVar[str] = " "  # what stands between two printed tokens
    automaton: ClassVar[str] = ""  # the least class of automata that does it at any length; "": not stated
    adversarial_kinds: ClassVar[tuple[str, ...]] = ()  # sets of examples that random ones hardly ever are
    train_lengths: tuple[int, ...]
    eval_lengths: tuple[int, ...]

    def __post_init__(self) -> None:
        for field in ("train_lengths", "eval_lengths"):
            lengths = getattr(self, field)
            if not lengths or any(not isinstance(n, int) or n < 1 for n in lengths):
                raise ValueError(f"{field} must be whole numbers of 1 or more; got {lengths!r}")

    @property
    def data(self) -> str:
        """What the data are, and so how the harness trains and scores: "strings", "signals" or "text"."""
        return "signals" if isinstance(self.target, Values) else "strings"

    @property
    def streams(self) -> bool:
        """Whether it is a text, as asked before there was `data`."""
        return self.data == "text"

    @property
    @abstractmethod
    def source(self) -> Tokens | Values | None:
        """The space of the source, None for a language model."""

    @property
    def target(self) -> Tokens | Values:
        """The space of the target; the source's where a task says nothing else."""
        if self.source is None:
            raise TypeError(f"task {self.name!r} has no source, so it must say what its target is")
        return self.source

    @property
    def inside_lengths(self) -> tuple[int, ...]:
        """Lengths that count as in distribution."""
        return tuple(sorted(set(self.train_lengths)))

    @abstractmethod
    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw one example for each length, on the generator's device.

        length (batch,), each 1 to max_length -> Batch whose widths depend on max_length alone
        """

    def training_sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw what training reads where evaluation reads something else; as `sample` unless a task says otherwise."""
        return self.sample(length, max_length, generator)

    def adversarial(self, kind: str, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw one example of an adversarial kind for each length; shapes and device as in `sample`."""
        raise ValueError(f"task {self.name!r} has no adversarial kind {kind!r}")

    @abstractmethod
    def chance(self, length: int) -> float:
        """Probability of an exact match for guesses that know the length and nothing else."""

    def first_input(self, batch: Batch) -> Tensor:
        """What the decoder reads before its first output: BOS (batch,)."""
        return torch.full_like(batch.target[:, 0], BOS)

    def loss(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Cross-entropy in nats, elementwise: outputs (batch, time, size), target (batch, time) -> (batch, time)."""
        return F.cross_entropy(outputs.transpose(1, 2), target, reduction="none")

    def correct(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Whether the most likely token is the target's: (batch, time, size), (batch, time) -> (batch, time)."""
        return outputs.argmax(-1) == target

    def symbol(self, index: int) -> str:
        """How one token of the data is printed, counted from 0."""
        return "abcdefghijklmnopqrstuvwxyz"[index] if index < 26 else f"<{index}>"

    def text(self, ids: Sequence[int]) -> str:
        """Print ids for people: padding is dropped, EOS is shown. Records keep these marks, so they are to stay."""
        names = {BOS: "<start>", EOS: "<stop>"}
        return self.joint.join(names.get(i) or self.symbol(i - FIRST_TOKEN) for i in ids if i != PAD)

    def show(self, batch: Batch, row: int) -> str:
        """Print one example, source -> target."""
        target = self.text(batch.target[row].tolist())
        return target if batch.source is None else f"{self.text(batch.source[row].tolist())} -> {target}"

    def example(self, length: int) -> str:
        """Print an example of a length, the same whenever it is asked for."""
        generator = torch.Generator().manual_seed(length)
        return self.show(self.sample(torch.tensor([length]), length, generator), 0)


TASKS: dict[str, type[Task]] = {}
TaskClass = TypeVar("TaskClass", bound=type[Task])


def register(name: str) -> Callable[[TaskClass], TaskClass]:
    """Add the decorated task under this name; a name that is taken raises ValueError."""

    def add(task: TaskClass) -> TaskClass:
        if name in TASKS:
            raise ValueError(f"a task {name!r} exists already; give yours another name")
        task.name = name
        TASKS[name] = task
        return task

    return add


def before(length: Tensor, time: int) -> Tensor:
    """(batch, time), True before each row's length."""
    return torch.arange(time, device=length.device) < length[:, None]
