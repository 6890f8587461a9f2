"""What every language model's task shares: a text, how training cuts it, and what evaluation reads."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from tasks.base import BOS, FIRST_TOKEN, Batch, Task
from tasks.checks import check_at_least, check_choice

MODES = ("stream", "chunks", "windows")
SHOWN = 40  # tokens of a text that an example prints at most


class Excerpts(NamedTuple):
    """Pieces of a text, each read from a fresh state.

    inputs, target (pieces, time): each token and the one that follows it; counted (time,): True where it is scored
    """

    inputs: Tensor
    target: Tensor
    counted: Tensor


@dataclass(frozen=True, kw_only=True)
class Language(Task):
    """Predict each token of a text from those before it; there is no source.

    `window` is how many tokens a training step reads. mode says how the training text is cut into windows:
    "stream": each row of the batch is a contiguous piece of the text, read in order with the state carried (stateful
    truncated back-propagation through time; Williams and Peng 1990); "chunks": stateless windows, each by itself from
    a fresh state, every position predicts; "windows": the same with a last-token target: only the last position
    predicts. stride: tokens from the start of one piece to the next in chunks and windows, so that a stride below the
    window makes them overlap; 0 stands for the window.
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
        """How many tokens a training step reads."""

    @property
    def source(self) -> None:
        """A language model reads no source."""
        return None

    @property
    def separator(self) -> int | None:
        """The token that ends a line, where exact match counts lines; None where each token counts by itself."""
        return None

    @property
    def unknown(self) -> int | None:
        """The token that stands for all that is out of the vocabulary, None where nothing is."""
        return None

    @abstractmethod
    def training_text(self) -> Tensor:
        """Return the tokens (time,) that training reads."""

    @abstractmethod
    def stream(self, length: int) -> Tensor:
        """Return the tokens (time,) of the text that is evaluated at a length."""

    @abstractmethod
    def excerpts(self, length: int) -> Excerpts:
        """Return what evaluation reads at a length, and which tokens of it are scored."""

    def boundaries(self, length: int) -> dict[str, Tensor]:
        """Return, by name, masks (lines,) of the lines of a text that are harder than most; {} where no line is."""
        return {}

    def split(self, text: str) -> list[str]:
        """Cut what a person typed into tokens."""
        return text.split()

    def known(self) -> str:
        """Say which tokens there are, for people."""
        names = [self.symbol(index) for index in range(self.target.size - FIRST_TOKEN)]
        return f"{len(names)} tokens: {self.joint.join(names)}"

    def seen(self, length: int) -> bool:
        """Whether training reads the text that is evaluated at a length."""
        return False

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """A text is read in order, not drawn."""
        raise TypeError(f"task {self.name!r} is a text: it is read, not sampled")

    def example(self, length: int) -> str:
        """Print the beginning of the text that is evaluated at a length: so many tokens, or as many as are shown."""
        if self.data != "text":
            return super().example(length)
        return self.text(self.stream(length)[: min(length, SHOWN)].tolist())

    def training_pieces(self) -> Excerpts:
        """Return every window of the training text in chunks or windows, BOS before its first token."""
        text = after_bos(self.training_text())
        inputs, target = pieces(text, self.window, self.stride or self.window)
        return Excerpts(inputs, target, self.predicting(self.window))

    def predicting(self, length: int) -> Tensor:
        """(length,), True at the positions of a piece that predict in this mode: all, or the last."""
        positions = torch.arange(length)
        return positions == length - 1 if self.mode == "windows" else positions >= 0


def after_bos(text: Tensor) -> Tensor:
    """Put BOS before a text (time,) -> (time + 1,)."""
    return torch.cat([torch.tensor([BOS]), text])


after_start = after_bos  # its name of version 0.1, for one version more


def pieces(text: Tensor, length: int, step: int) -> tuple[Tensor, Tensor]:
    """Cut a text (time,) every `step` tokens -> inputs and the tokens that follow, each (pieces, length)."""
    if len(text) <= length:
        raise ValueError(f"a text of {len(text) - 1} tokens has no piece of {length}")
    cut = text.unfold(0, length + 1, step)
    return cut[:, :-1], cut[:, 1:]


def whole(text: Tensor) -> Excerpts:
    """Return a text (time,) as one piece, read from its BOS with carried state and scored throughout."""
    inputs, target = pieces(after_bos(text), len(text), 1)
    return Excerpts(inputs, target, torch.ones(len(text), dtype=torch.bool))
