"""Character tasks: a text cut into its first part, for training, and its last, which is judged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from torch import Tensor

from tasks.corpora import corpus_text
from tasks.corpus import CorpusTask
from tasks.strings import check_at_least
from tasks.vocabulary import Vocabulary, at_least

PERCENT = 80  # of a text, its first part, is for training


@dataclass(frozen=True, kw_only=True)
class Characters(CorpusTask):
    """Predict the next character: trained on the first 80 % of a text, judged on the last 20 %.

    lower: letters in lower case. rare: characters that the training part has fewer times are one unknown symbol.
    """

    joint: ClassVar[str] = ""
    corpus: ClassVar[str] = ""
    is_open: ClassVar[bool] = True  # whether a character may turn up that training has not
    lower: bool = False
    rare: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least("rare", self.rare, 1)

    @property
    def vocabulary(self) -> Vocabulary:
        """The training part's characters, and an unknown one where others may turn up."""
        return _cut(self.corpus, self.is_open, self.lower, self.rare)[0]

    def training_text(self) -> Tensor:
        """Return the first part (time,)."""
        return _cut(self.corpus, self.is_open, self.lower, self.rare)[1]

    def judged_text(self) -> Tensor:
        """Return the last part (time,)."""
        return _cut(self.corpus, self.is_open, self.lower, self.rare)[2]

    def split(self, text: str) -> list[str]:
        """Cut a text into characters."""
        return list(text.lower() if self.lower else text)


@cache
def _cut(corpus: str, is_open: bool, lower: bool, rare: int) -> tuple[Vocabulary, Tensor, Tensor]:
    """Return the vocabulary of the training part, that part, and the judged one."""
    text = corpus_text(corpus)
    text = text.lower() if lower else text
    border = len(text) * PERCENT // 100
    vocabulary = at_least(text[:border], rare, is_open=is_open)
    return vocabulary, vocabulary.encode(text[:border]), vocabulary.encode(text[border:])
