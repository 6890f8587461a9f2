"""A corpus task on a text short enough to be cut by hand, and how Python cuts it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tasks.base import BOS
from tasks.text.corpus import CorpusTask
from tasks.text.vocabulary import Vocabulary, at_least

TRAINING = "the cat sat on the mat; a dog did not, and it ran off."
JUDGED = "it ran at a mad cat; then X sat."
FIRST, LAST = "abc abd abe abf " * 20, "abcd bade " * 8  # 80 % and 20 % of a text
Piece = tuple[tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, kw_only=True)
class Tiny(CorpusTask):
    """Characters of one line, judged on another with one that the first has not."""

    name = "tiny"
    joint = ""
    train_lengths: tuple[int, ...] = (4,)
    eval_lengths: tuple[int, ...] = (2, 3, 8, len(JUDGED))
    training: str = TRAINING
    judged: str = JUDGED

    @property
    def vocabulary(self) -> Vocabulary:
        return at_least(self.training, 1, is_open=True)

    def training_text(self) -> Tensor:
        return self.vocabulary.encode(self.training)

    def judged_text(self) -> Tensor:
        return self.vocabulary.encode(self.judged)

    def split(self, text: str) -> list[str]:
        return list(text)


def known(task: CorpusTask) -> tuple[object, ...]:
    """What is known before anything is evaluated."""
    return task.vocabulary, task.training_text().tolist(), task.target


def cut(text: list[int], length: int, step: int) -> list[Piece]:
    """Every whole piece of a text: what is read, BOS first, and what follows each symbol."""
    read = [BOS, *text]
    firsts = range(0, len(text) - length + 1, step)
    return [(tuple(read[first : first + length]), tuple(text[first : first + length])) for first in firsts]


def as_pieces(inputs: Tensor, target: Tensor) -> list[Piece]:
    rows = zip(inputs.tolist(), target.tolist(), strict=True)
    return [(tuple(read), tuple(asked)) for read, asked in rows]


class Bigram(torch.nn.Module):
    """A language model that scores by the last symbol alone, from a table of random logits."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.table = torch.randn(size, size, generator=torch.Generator().manual_seed(5)) * 2

    def begin(self, source: None, source_length: Tensor) -> tuple[()]:
        return ()

    def decoder(self, inputs: Tensor, state: tuple[()]) -> tuple[Tensor, tuple[()]]:
        return self.table[inputs], state
