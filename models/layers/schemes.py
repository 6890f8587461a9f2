"""Position schemes of the decoder-only Transformer: what each is made of."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from models.base import Space, UnsuitableError, embedding_of
from models.layers.attention import AttentionFamily
from models.layers.couplings import COUPLES, MARKED, READ, SECOND
from models.layers.placing import Consecutive, Coupled, Placing, Randomised
from models.layers.positions import sinusoids
from models.layers.relative import RelativeBias, WindowedHeads

SCHEMES = (
    "sinusoidal",
    "learned",
    "none",
    "rotary",
    "alibi",
    "randomised",
    "windowed",
    "relative",
    "coupled",
    "abacus",
)
IDS = ("relative", "absolute")
WAVES = ("sinusoidal", "randomised")
TABLES = ("learned", "abacus")
SPREAD = 0.02  # of embeddings at the start, as in GPT: from torch's 1, coupled ids learnt what held less far


@dataclass(frozen=True, kw_only=True)
class SchemeFamily(AttentionFamily):
    """Settings of a Transformer over one sequence, a source and the target behind it, by position scheme.

    positions: those of `transformer`; randomised (sinusoids, out of `longest`); windowed (the first `windowed` heads
        see 1, 2, .. tokens); relative (a learned bias, clipped at `clip`); coupled; abacus (a table of digits' places
        in numbers written lowest digit first, moved by up to `offset` in training)
    couple: which ids coupled tokens share: order (copy), mirror (reverse), places or places_low (addition; `delimiter`
        is the index of "+"). The model is then told which tokens belong together.
    ids: "absolute" looks coupled ids up in a table as the paper does, "relative" scores their differences and sees no
        further than `window` (0: everything)
    """

    longest: int = 2048
    windowed: int = 3
    clip: int = 8
    couple: str = "order"
    ids: str = "relative"
    window: int = 3
    delimiter: int = 10
    offset: int = 100

    def __post_init__(self) -> None:
        super().__post_init__()
        self.require_choices(positions=SCHEMES, ids=IDS, couple=COUPLES)

    @property
    def coupled(self) -> bool:
        """Whether tokens of source and target share ids."""
        return self.positions == "coupled"

    @property
    def kinds(self) -> int:
        """How many kinds of tokens there are: a later operand only where there are delimiters."""
        return (READ if self.couple in MARKED else SECOND) + 1

    def require_tokens(self, source: Space) -> None:
        """Raise UnsuitableError where the scheme looks for delimiters in a source of values."""
        by_place = self.coupled and self.couple not in MARKED
        if not source.discrete and (by_place or self.positions == "abacus"):
            raise UnsuitableError(f"positions {self.positions!r} look for delimiters in the source, which needs tokens")

    def placing(self) -> Placing:
        """Return the rule that gives tokens their places."""
        if self.positions == "randomised":
            return Randomised(self.longest)
        if self.coupled:
            offset = self.offset if self.ids == "absolute" else 0
            return Coupled(self.couple, self.delimiter, offset, digits_only=False)
        if self.positions == "abacus":
            return Coupled("places_low", self.delimiter, self.offset, digits_only=True)
        return Consecutive()

    def sight(self) -> nn.Module | None:
        """Return what makes masks of what is visible; None where every layer and head sees just that."""
        layers, heads = self.layers, self.heads
        if self.positions == "windowed":
            return WindowedHeads(layers, heads, self.windowed)
        if self.positions == "relative":
            return RelativeBias(layers, heads, 1, self.clip, 0, markers_shown=False)
        if self.coupled and self.ids == "relative":
            shown = self.couple not in MARKED
            return RelativeBias(layers, heads, self.kinds, self.clip, self.window, markers_shown=shown)
        return None


def start_small(embedding: nn.Embedding) -> nn.Embedding:
    """Draw an embedding's weights anew, close to zero."""
    nn.init.normal_(embedding.weight, std=SPREAD)
    return embedding


def small_embedding_of(space: Space, hidden: int) -> nn.Module:
    """Return the layer that embeds this space, its embeddings close to zero where it has any."""
    read = embedding_of(space, hidden)
    return start_small(read) if isinstance(read, nn.Embedding) else read


class Placement(nn.Module):
    """Adds to embeddings what the scheme says there of their tokens' places: waves, a learned table, kinds."""

    def __init__(self, settings: SchemeFamily) -> None:
        super().__init__()
        hidden, coupled = settings.hidden, settings.coupled
        self.waves = settings.positions in WAVES
        tabled = settings.positions in TABLES or (coupled and settings.ids == "absolute")
        self.table = start_small(nn.Embedding(settings.longest, hidden)) if tabled else None
        self.kinds = start_small(nn.Embedding(settings.kinds, hidden)) if coupled else None

    def forward(self, states: Tensor, ids: Tensor, kinds: Tensor, most: int) -> Tensor:
        """Add to states (batch, time, hidden) at ids, kinds (batch, time), no id being `most` or above."""
        if self.waves:
            states = states + sinusoids(ids.flatten(), states.shape[-1]).view_as(states)
        if self.table is not None:
            if most > self.table.num_embeddings:
                raise ValueError(
                    f"position {most} is past the learned table; set model.longest above {self.table.num_embeddings}"
                )
            states = states + self.table(ids)
        return states if self.kinds is None else states + self.kinds(kinds)
