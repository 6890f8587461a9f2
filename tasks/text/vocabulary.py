"""A text's vocabulary, built from its training part alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from tasks.base import EOS, FIRST_TOKEN

UNKNOWN = "<unknown>"


@dataclass(frozen=True)
class Vocabulary:
    """Tokens in the order of their ids; where `is_open`, one more id stands for all that is not among them."""

    symbols: tuple[str, ...]
    is_open: bool

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of each symbol."""
        return {symbol: FIRST_TOKEN + index for index, symbol in enumerate(self.symbols)}

    @property
    def size(self) -> int:
        """How many data symbols there are, the unknown one included."""
        return len(self.symbols) + self.is_open

    @property
    def unknown(self) -> int | None:
        """The id of the unknown symbol."""
        return FIRST_TOKEN + len(self.symbols) if self.is_open else None

    def encode(self, text: Iterable[str]) -> Tensor:
        """Return the ids (time,) of a text; a symbol that a closed vocabulary lacks raises ValueError."""
        known, unknown = self.ids, self.unknown
        if unknown is not None:
            return torch.tensor([known.get(symbol, unknown) for symbol in text])
        try:
            return torch.tensor([known[symbol] for symbol in text])
        except KeyError as error:
            raise ValueError(f"symbol {error.args[0]!r} is not in the vocabulary of {self.size} symbols") from None

    def name(self, index: int) -> str:
        """Return the symbol at a place, counted from 0."""
        return self.symbols[index] if index < len(self.symbols) else UNKNOWN


def at_least(text: Sequence[str], times: int, *, is_open: bool) -> Vocabulary:
    """Return the symbols that a training text has so many times or more, in alphabetical order."""
    counts = Counter(text)
    return Vocabulary(tuple(sorted(symbol for symbol, count in counts.items() if count >= times)), is_open)


def most_frequent(text: Sequence[str], size: int) -> Vocabulary:
    """Return the `size` most frequent symbols of a training text, ties in alphabetical order, and an unknown one."""
    counts = Counter(text)
    ranked = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))
    return Vocabulary(tuple(ranked[:size]), is_open=True)


def with_stops(vocabulary: Vocabulary, sentences: Iterable[Sequence[str]]) -> Tensor:
    """Return sentences as one text (time,), EOS after each."""
    stop = torch.tensor([EOS])
    return torch.cat([part for sentence in sentences for part in (vocabulary.encode(sentence), stop)])
