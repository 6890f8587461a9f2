"""A toy corpus of two lines, small enough to see everything."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from tasks.base import register
from tasks.text.corpus import CorpusTask
from tasks.text.vocabulary import Vocabulary

TEXT = "<s> Mary had a little lamb . <s> The lamb was white as snow . <s>".split()
VOCABULARY = Vocabulary(tuple(sorted(set(TEXT))), is_open=False)


@register("words_toy")
@dataclass(frozen=True, kw_only=True)
class WordsToy(CorpusTask):
    """Learn two lines by heart, word by word: <s> Mary had a little lamb . <s> The lamb was white as snow . <s>.

    The text that is evaluated is the training text itself: all words right means that greedy decoding writes it out.
    """

    train_lengths: tuple[int, ...] = (len(TEXT),)
    eval_lengths: tuple[int, ...] = (2, 4, 8, len(TEXT))

    @property
    def vocabulary(self) -> Vocabulary:
        """All words of the text."""
        return VOCABULARY

    def training_text(self) -> Tensor:
        """Return the text (time,)."""
        return VOCABULARY.encode(TEXT)

    def judged_text(self) -> Tensor:
        """Return the same text (time,)."""
        return VOCABULARY.encode(TEXT)

    def seen(self, length: int) -> bool:
        """Training reads what is evaluated."""
        return True
