"""A language model's task on a corpus: a training part, an evaluated part, and the context this is read with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from tasks.base import Tokens
from tasks.text.language import Excerpts, Language, after_bos, pieces, whole
from tasks.text.vocabulary import Vocabulary

CONTEXTS = (2, 3, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Parts(NamedTuple):
    """A corpus that is cut: the vocabulary of the training part, that part and the evaluated one, each (time,)."""

    vocabulary: Vocabulary
    training: Tensor
    evaluated: Tensor


@dataclass(frozen=True, kw_only=True)
class CorpusTask(Language):
    """Predict a text that was kept out of training, token by token.

    The one training length is the window. An evaluated length is how many tokens are read from a fresh state: the
    evaluated text is cut into pieces of that length, and the second half of each is scored, so a token has had more
    than half that length as context, and at most all of it. Where the mode is windows, the last token of each piece
    alone is scored, and pieces start every half length. The last evaluated length is the whole evaluated text, read
    once with the state carried and scored throughout.
    """

    train_lengths: tuple[int, ...] = (8,)

    def __post_init__(self) -> None:
        if len(self.train_lengths) != 1:
            raise ValueError(f"train_lengths must be one number, the window; got {self.train_lengths}")
        super().__post_init__()

    @property
    def window(self) -> int:
        """How many tokens a training step reads."""
        return self.train_lengths[0]

    def parts(self) -> Parts:
        """Cut the corpus; or say `vocabulary`, `training_text` and `judged_text` one by one."""
        raise NotImplementedError(f"task {self.name!r} does not say what it reads")

    @property
    def vocabulary(self) -> Vocabulary:
        """The tokens of the training part."""
        return self.parts().vocabulary

    def training_text(self) -> Tensor:
        """Return the tokens (time,) that training reads."""
        return self.parts().training

    def judged_text(self) -> Tensor:
        """Return the tokens (time,) that are kept out of training."""
        return self.parts().evaluated

    @property
    def target(self) -> Tokens:
        """The tokens of the training part, and one for all others."""
        return Tokens(self.vocabulary.size)

    @property
    def unknown(self) -> int | None:
        """The token for all that training has not, or too rarely."""
        return self.vocabulary.unknown

    def stream(self, length: int) -> Tensor:
        """Return the evaluated text (time,), whatever the length."""
        return self.judged_text()

    def excerpts(self, length: int) -> Excerpts:
        """Return the pieces of a length, or the whole evaluated text; see the class."""
        text = self.judged_text()
        if length >= min(len(text), max(self.eval_lengths)):
            return whole(text)
        positions = torch.arange(length)
        if self.mode == "windows":
            cut = pieces(after_bos(text), length, max(1, length // 2))
            return Excerpts(*cut, positions == length - 1)
        return Excerpts(*pieces(after_bos(text), length, length), positions >= length // 2)

    def loss(self, outputs: Tensor, target: Tensor) -> Tensor:
        """Cross-entropy in nats, as in tasks/base.py; laid out for large vocabularies, twice as fast there."""
        return F.cross_entropy(outputs.flatten(0, 1), target.flatten(), reduction="none").view_as(target)

    def chance(self, length: int) -> float:
        """One token guessed."""
        return 1 / self.vocabulary.size

    def symbol(self, index: int) -> str:
        """The token as the text has it."""
        return self.vocabulary.name(index)

    def known(self) -> str:
        """Say which tokens there are, for people."""
        return f"{len(self.vocabulary.tokens):,} tokens: {self.joint.join(self.vocabulary.tokens[:80])}"
