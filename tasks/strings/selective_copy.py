"""Selective copy: emit the source's symbols without the blanks between them, then stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from tasks.base import FIRST_TOKEN, PAD, Batch, Task, Tokens, before, register
from tasks.checks import check_at_least, check_choice, check_share
from tasks.hashing import string_hash
from tasks.strings.adversarial import STRING_KINDS, draw_adversarial
from tasks.strings.draw import FAR, draw_places, draw_strings
from tasks.strings.ends import append_eos

DENSITIES = ("dense", "sparse")
SALT = 3  # with it some answers of one symbol are held out and not all, which a test sees to


@register("selective_copy")
@dataclass(frozen=True, kw_only=True)
class SelectiveCopy(Task):
    """Emit the symbols that stand between blanks, in order, and stop, for example _ b _ _ a b _ -> b a b <stop>.

    After Jing et al. 2019 and Gu and Dao 2023 (arXiv 2312.00752): what is to be kept is told by content, not by place.
    Context-sensitive: a copy, once the blanks are gone. A length counts the blanks. Each position holds data with
    probability `share`; where none does, a random one is made to. Held out: a fixed share of the answers, chosen by
    hash, as the same data between other blanks have the same answer.
    """

    version: ClassVar[int] = 2  # 1 held sources out, and trained on the same data between other blanks
    adversarial_kinds: ClassVar[tuple[str, ...]] = (*STRING_KINDS, *DENSITIES)
    automaton: ClassVar[str] = "context-sensitive: a queue that blanks do not enter"
    train_lengths: tuple[int, ...] = tuple(range(1, 21))
    eval_lengths: tuple[int, ...] = FAR
    symbols: int = 8
    share: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        check_at_least("symbols", self.symbols, 1)
        check_share("share", self.share)

    @property
    def source(self) -> Tokens:
        """The alphabet and the blank."""
        return Tokens(self.symbols + 1)

    @property
    def target(self) -> Tokens:
        """The alphabet."""
        return Tokens(self.symbols)

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw data between blanks: length (batch,) -> source (batch, max_length), target (batch, max_length + 1)."""
        holds_data = self._draw_holders(self.share, length, max_length, generator)
        data = draw_strings(holds_data.sum(1), max_length, self.symbols, generator)
        return self._paired(data, holds_data, length)

    def adversarial(self, kind: str, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw sources with data of a kind, "dense": without blanks, or "sparse": with one symbol; as in `sample`."""
        check_choice("adversarial kind", kind, self.adversarial_kinds)
        share = {"dense": 1.0, "sparse": 0.0}.get(kind, self.share)
        holds_data = self._draw_holders(share, length, max_length, generator)
        count = holds_data.sum(1)
        if kind in DENSITIES:
            data = draw_strings(count, max_length, self.symbols, generator)
        else:
            data = draw_adversarial(kind, count, max_length, self.symbols, generator)
        return self._paired(data, holds_data, length)

    def _draw_holders(self, share: float, length: Tensor, max_length: int, generator: torch.Generator) -> Tensor:
        """Draw which positions hold data, at least one a row: length (batch,) -> (batch, max_length) bool."""
        shape, device = (len(length), max_length), generator.device
        drawn = torch.rand(shape, generator=generator, device=device) < share
        drawn = drawn & before(length, max_length)
        made_to = torch.arange(max_length, device=device) == draw_places(length, generator)[:, None]
        return drawn | (made_to & ~drawn.any(1, keepdim=True))

    def _paired(self, data: Tensor, holds_data: Tensor, length: Tensor) -> Batch:
        """Put data (batch, time), PAD behind, where they are held (batch, time), blanks elsewhere within the length."""
        blank = FIRST_TOKEN + self.symbols
        spread = data.gather(1, (holds_data.cumsum(1) - 1).clamp(min=0))
        source = torch.where(holds_data, spread, blank).masked_fill(~before(length, data.shape[1]), PAD)
        count = holds_data.sum(1)
        return Batch(source, length, append_eos(data, count), count + 1, SALT + string_hash(data, count))

    def chance(self, length: int) -> float:
        """Every symbol guessed, their number known; the mean over how many there are."""
        none = (1 - self.share) ** length
        return min(1.0, (1 - self.share + self.share / self.symbols) ** length - none + none / self.symbols)

    def symbol(self, index: int) -> str:
        """A symbol of the alphabet, _ for the blank."""
        return super().symbol(index) if index < self.symbols else "_"
