"""What every language model's task shares: a text, how training cuts it, and what evaluation reads."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from tasks.base import BOS, Batch, Task
from tasks.strings.random_strings import check_at_least, check_choice

MODES = ("stream", "chunks", "windows")


class Excerpts(NamedTuple):
    """Pieces of a text, each read from a fresh state.

    inputs, target (pieces, time): each symbol and the one that follows it; counted (time,): True where it is scored
    """

    inputs: Tensor
    target: Tensor
    counted: Tensor


@dataclass(frozen=True, kw_only=True)
class Language(Task):
    """Predict each symbol of a text from those before it; there is no source.

    `window` is how many symbols a training step reads. mode says how the training text is cut into windows:
    "stream": batch lanes, each a contiguous piece of the text, read in order with the state carried (truncated
    back-propagation; Williams and Peng 1990); "chunks": each window by itself from a fresh state, every position
    predicts; "windows": the same, but only the last position predicts. stride: symbols from the start of one piece to
    the next in chunks and windows, so that a stride below the window makes them overlap; 0 stands for the window.
    """

    mode: str = "stream"
    stride: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("mode", self.mode, MODES)
        check_at_least("stride", self.stride, 0)
        check_at_least("window", self.window, 1)

    @property
    def data(self) -> str:
        """A text."""
        return "text"

    @property
    @abstractmethod
    def window(self) -> int:
        """How many symbols a training step reads."""

    @property
    def source(self) -> None:
        """A language model reads no source."""
        return None

    @property
    def separator(self) -> int | None:
        """The symbol that ends a line, where exact match counts lines; None where each symbol counts by itself."""
        return None

    @property
    def unknown(self) -> int | None:
        """The symbol that stands for all that is out of the vocabulary, None where nothing is."""
        return None

    @abstractmethod
    def training_text(self) -> Tensor:
        """Return the symbols (time,) that training reads."""

    @abstractmethod
    def stream(self, length: int) -> Tensor:
        """Return the symbols (time,) of the text that is judged at a length."""

    @abstractmethod
    def excerpts(self, length: int) -> Excerpts:
        """Return what evaluation reads at a length, and which symbols of it are scored."""

    def boundaries(self, length: int) -> dict[str, Tensor]:
        """Return, by name, masks (lines,) of the lines of a text that are harder than most; {} where no line is."""
        return {}

    def seen(self, length: int) -> bool:
        """Whether training reads the text that is judged at a length."""
        return False

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """A text is read in order, not drawn."""
        raise TypeError(f"task {self.name!r} is a text: it is read, not sampled")

    def training_pieces(self) -> Excerpts:
        """Return every window of the training text in chunks or windows, BOS before its first symbol."""
        text = after_start(self.training_text())
        inputs, target = pieces(text, self.window, self.stride or self.window)
        return Excerpts(inputs, target, self.predicting(self.window))

    def predicting(self, length: int) -> Tensor:
        """(length,), True at the positions of a piece that predict in this mode: all, or the last."""
        positions = torch.arange(length)
        return positions == length - 1 if self.mode == "windows" else positions >= 0


def after_start(text: Tensor) -> Tensor:
    """Put BOS before a text (time,) -> (time + 1,)."""
    return torch.cat([torch.tensor([BOS]), text])


def pieces(text: Tensor, length: int, step: int) -> tuple[Tensor, Tensor]:
    """Cut a text (time,) every `step` symbols -> inputs and the symbols that follow, each (pieces, length)."""
    if len(text) <= length:
        raise ValueError(f"a text of {len(text) - 1} symbols has no piece of {length}")
    cut = text.unfold(0, length + 1, step)
    return cut[:, :-1], cut[:, 1:]


def whole(text: Tensor) -> Excerpts:
    """Return a text (time,) as one piece, read from its BOS with carried state and scored throughout."""
    inputs, target = pieces(after_start(text), len(text), 1)
    return Excerpts(inputs, target, torch.ones(len(text), dtype=torch.bool))
