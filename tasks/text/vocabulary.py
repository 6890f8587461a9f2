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

    tokens: tuple[str, ...]
    is_open: bool

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of each token."""
        return {token: FIRST_TOKEN + index for index, token in enumerate(self.tokens)}

    @property
    def size(self) -> int:
        """How many data tokens there are, the unknown one included."""
        return len(self.tokens) + self.is_open

    @property
    def unknown(self) -> int | None:
        """The id of the unknown token."""
        return FIRST_TOKEN + len(self.tokens) if self.is_open else None

    def encode(self, text: Iterable[str]) -> Tensor:
        """Return the ids (time,) of a text; a token that a closed vocabulary lacks raises ValueError."""
        known, unknown = self.ids, self.unknown
        if unknown is not None:
            return torch.tensor([known.get(token, unknown) for token in text])
        try:
            return torch.tensor([known[token] for token in text])
        except KeyError as error:
            raise ValueError(f"token {error.args[0]!r} is not in the vocabulary of {self.size} tokens") from None

    def name(self, index: int) -> str:
        """Return the token at a place, counted from 0."""
        return self.tokens[index] if index < len(self.tokens) else UNKNOWN


def at_least(text: Sequence[str], times: int, *, is_open: bool) -> Vocabulary:
    """Return the tokens that a training text has so many times or more, in alphabetical order."""
    counts = Counter(text)
    return Vocabulary(tuple(sorted(token for token, count in counts.items() if count >= times)), is_open)


def most_frequent(text: Sequence[str], size: int) -> Vocabulary:
    """Return the `size` most frequent tokens of a training text, ties in alphabetical order, and an unknown one."""
    counts = Counter(text)
    ranked = sorted(counts, key=lambda token: (-counts[token], token))
    return Vocabulary(tuple(ranked[:size]), is_open=True)


def with_stops(vocabulary: Vocabulary, sentences: Iterable[Sequence[str]]) -> Tensor:
    """Return sentences as one text (time,), EOS after each."""
    stop = torch.tensor([EOS])
    return torch.cat([part for sentence in sentences for part in (vocabulary.encode(sentence), stop)])
