"""A toy corpus of two lines, small enough to see everything."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.base import register
from tasks.text.corpus import CorpusTask, Parts
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

    def parts(self) -> Parts:
        """Return the text as either part."""
        return Parts(VOCABULARY, VOCABULARY.encode(TEXT), VOCABULARY.encode(TEXT))

    def seen(self, length: int) -> bool:
        """Training reads what is evaluated."""
        return True
