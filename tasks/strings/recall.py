"""Recall: keys and their values are given, then some of the keys again; write their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from tasks.base import FIRST_TOKEN, PAD, Batch, Task, Tokens, before, register
from tasks.checks import check_at_least, check_choice
from tasks.strings.draw import draw_places
from tasks.strings.ends import append_eos
from tasks.strings.mixing import different

KINDS = ("first_pairs", "last_pairs", "close_keys", "one_value")


@register("recall")
@dataclass(frozen=True, kw_only=True)
class Recall(Task):
    """Write the values of the keys behind the bar, and stop, for example a b 0 c a 1 | c a -> 1 <stop>.

    Multi-query associative recall after Arora et al. 2024 (arXiv 2312.04927), with keys of several tokens after the
    MQMTAR of Vasylenko et al. 2025 (arXiv 2506.16640): a small alphabet has keys for any length. A length counts pairs.
    Keys are of `width` tokens out of `letters`, all different in a row; values are single tokens out of `values`; each
    of `queries` asks for a pair at random, so that the distance is anything and a pair may be asked for twice. Held
    out: a fixed share of the sources, chosen by hash.
    """

    adversarial_kinds: ClassVar[tuple[str, ...]] = KINDS
    automaton: ClassVar[str] = "context-sensitive: a table that grows with the pairs, looked up by content"
    train_lengths: tuple[int, ...] = tuple(range(1, 65))
    eval_lengths: tuple[int, ...] = (1, 2, 5, 10, 20, 40, 64, 80, 96, 128, 256, 640, 1600, 4096, 10_900)
    letters: int = 16
    width: int = 4
    values: int = 16
    queries: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("width", "values", "queries"):
            check_at_least(name, getattr(self, name), 1)
        check_at_least("letters", self.letters, 2)
        longest = max(*self.train_lengths, *self.eval_lengths)
        if self.letters**self.width < longest:
            kinds = f"{self.letters}**{self.width} = {self.letters**self.width}"
            raise ValueError(f"letters**width must be as many as the pairs, {longest}, which all differ; got {kinds}")

    @property
    def source(self) -> Tokens:
        """Values, then letters, then the bar."""
        return Tokens(self.values + self.letters + 1)

    @property
    def target(self) -> Tokens:
        """Values."""
        return Tokens(self.values)

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw pairs: length (batch,) -> source (batch, (width + 1) max_length + 1 + width queries).

        target (batch, queries + 1)
        """
        keys = different(len(length), max_length, self.letters**self.width, generator)
        return self._asked(keys, self._drawn(keys, generator), self._places(length, generator), length)

    def adversarial(self, kind: str, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw pairs; shapes as in `sample`.

        "first_pairs", "last_pairs": the queries ask for those at one end. "close_keys": keys that follow one another in
        the order of a dictionary, so that most differ from others in one letter. "one_value": all that are not asked
        for have one value.
        """
        check_choice("adversarial kind", kind, KINDS)
        space, rows, device = self.letters**self.width, len(length), generator.device
        keys = different(rows, max_length, space, generator)
        values, places = self._drawn(keys, generator), self._places(length, generator)
        query = torch.arange(self.queries, device=device) % length[:, None]
        if kind == "close_keys":
            start = torch.randint(space, (rows, 1), generator=generator, device=device)
            order = torch.rand(keys.shape, generator=generator, device=device)
            order = order.masked_fill(~before(length, max_length), 2.0).argsort(1)  # a row's own in any order
            keys = (start + order) % space
        elif kind == "one_value":
            usual = torch.randint(self.values, (rows, 1), generator=generator, device=device)
            asked = torch.zeros_like(keys, dtype=torch.bool).scatter(1, places, True)
            values = torch.where(asked, values, usual)
        else:
            places = query if kind == "first_pairs" else length[:, None] - 1 - query
        return self._asked(keys, values, places, length)

    def _drawn(self, keys: Tensor, generator: torch.Generator) -> Tensor:
        return torch.randint(self.values, keys.shape, generator=generator, device=generator.device)

    def _places(self, length: Tensor, generator: torch.Generator) -> Tensor:
        """Draw which pairs are asked for: length (batch,) -> (batch, queries)."""
        return draw_places(length.repeat_interleave(self.queries), generator).view(-1, self.queries)

    def _asked(self, keys: Tensor, values: Tensor, places: Tensor, length: Tensor) -> Batch:
        """Write keys as numbers and values, two of (batch, pairs), the bar, and the keys at places (batch, queries)."""
        pairs = torch.cat([self._spelled(keys), FIRST_TOKEN + values[..., None]], 2).flatten(1)
        end = (self.width + 1) * length
        pairs = pairs.masked_fill(~before(end, pairs.shape[1]), PAD)
        asked = torch.nn.functional.pad(self._spelled(keys.gather(1, places)).flatten(1), (1, 0), value=self._bar)
        place = end[:, None] + torch.arange(asked.shape[1], device=keys.device)
        source = torch.nn.functional.pad(pairs, (0, asked.shape[1]), value=PAD).scatter(1, place, asked)
        answer = torch.full_like(length, self.queries)
        target = append_eos(FIRST_TOKEN + values.gather(1, places), answer)
        return Batch(source, end + asked.shape[1], target, answer + 1)

    @property
    def _bar(self) -> int:
        return FIRST_TOKEN + self.values + self.letters

    def _spelled(self, keys: Tensor) -> Tensor:
        """Write numbers in letters: (batch, keys) -> (batch, keys, width), the highest place first."""
        place = self.letters ** torch.arange(self.width - 1, -1, -1, device=keys.device)
        return FIRST_TOKEN + self.values + keys[..., None] // place % self.letters

    def chance(self, length: int) -> float:
        """Every value guessed, those of one pair alike: of the pairs, as many differ as queries find new ones."""
        known = [1.0] + [0.0] * self.queries  # how probable it is that so many pairs were asked for
        for _ in range(self.queries):
            known = [
                known[pairs] * pairs / length + (known[pairs - 1] * (1 - (pairs - 1) / length) if pairs else 0.0)
                for pairs in range(self.queries + 1)
            ]
        return sum(share / self.values**pairs for pairs, share in enumerate(known))

    def symbol(self, index: int) -> str:
        """A number is a value, a letter is of a key; | stands before the queries."""
        if index < self.values:
            return str(index)
        return "|" if index == self.values + self.letters else super().symbol(index - self.values)
