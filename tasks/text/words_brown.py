"""Brown corpus: American English of 1961, word by word."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import torch

from tasks.base import register
from tasks.checks import check_at_least
from tasks.text.corpora import brown_sentences
from tasks.text.corpus import CorpusTask, Parts
from tasks.text.vocabulary import most_frequent, with_stops

PERCENT = 80  # of the sentences are for training, drawn by the stream below
STREAM = "words_brown split"


@register("words_brown")
@dataclass(frozen=True, kw_only=True)
class WordsBrown(CorpusTask):
    """Predict the next word of the Brown corpus (Francis and Kucera 1964), EOS after each sentence.

    Four sentences in five, drawn once and for all, are for training, the others are evaluated; both stay in the
    corpus's order. The vocabulary is the `words` most frequent words of the training sentences, as they are written;
    every other word is one unknown token, which counts like any word.
    """

    train_lengths: tuple[int, ...] = (25,)
    eval_lengths: tuple[int, ...] = (4, 25, 128, 1024, 243_636)
    words: int = 10_000

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least("words", self.words, 1)

    def parts(self) -> Parts:
        """Cut the sentences into those for training and the others."""
        return _cut(self.words)

    def known(self) -> str:
        """Say which words there are."""
        return f"the {self.words:,} most frequent words of its training sentences, as written there"


@cache
def _cut(words: int) -> Parts:
    sentences = brown_sentences()
    seed = int.from_bytes(hashlib.blake2b(STREAM.encode(), digest_size=8).digest(), "big")
    order = torch.randperm(len(sentences), generator=torch.Generator().manual_seed(seed)).tolist()
    chosen = set(order[: len(sentences) * PERCENT // 100])
    training = [sentence for index, sentence in enumerate(sentences) if index in chosen]
    others = [sentence for index, sentence in enumerate(sentences) if index not in chosen]
    vocabulary = most_frequent([word for sentence in training for word in sentence], words)
    return Parts(vocabulary, with_stops(vocabulary, training), with_stops(vocabulary, others))
