"""Character tasks: a text cut into its first part, for training, and its last, which is evaluated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from tasks.checks import check_at_least
from tasks.text.corpora import corpus_text
from tasks.text.corpus import CorpusTask, Parts
from tasks.text.vocabulary import at_least


@dataclass(frozen=True, kw_only=True)
class Characters(CorpusTask):
    """Predict the next character: trained on the first part of a text, evaluated on what comes next.

    borders: where the two parts end, in percent of the text; recipes are sought with 64,80, so that the last 20 % are
    read by finished ones alone. lower: letters in lower case. rare: characters that the training part has fewer times
    are one unknown token.
    """

    joint: ClassVar[str] = ""
    corpus: ClassVar[str] = ""
    is_open: ClassVar[bool] = True  # whether a character may turn up that training has not
    borders: tuple[int, ...] = (80, 100)
    lower: bool = False
    rare: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least("rare", self.rare, 1)
        if len(self.borders) != 2 or not 0 < self.borders[0] < self.borders[1] <= 100:
            raise ValueError(f"borders must be two ascending percentages; got {self.borders}")

    def parts(self) -> Parts:
        """Cut the text at its borders."""
        return _parts(self.corpus, self.is_open, self.borders, self.lower, self.rare)

    def split(self, text: str) -> list[str]:
        """Cut a text into characters."""
        return list(text.lower() if self.lower else text)


@cache
def _parts(corpus: str, is_open: bool, borders: tuple[int, ...], lower: bool, rare: int) -> Parts:
    text = corpus_text(corpus)
    text = text.lower() if lower else text
    first, last = (len(text) * percent // 100 for percent in borders)
    vocabulary = at_least(text[:first], rare, is_open=is_open)
    return Parts(vocabulary, vocabulary.encode(text[:first]), vocabulary.encode(text[first:last]))
