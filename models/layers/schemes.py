"""Position schemes of the decoder-only Transformer: what each is made of."""

from __future__ import annotations

from torch import Tensor, nn

from models.base import Space, UnsuitableError
from models.layers.couplings import COUPLES, MARKED, READ, SECOND
from models.layers.embedding import embedding_of
from models.layers.placing import Consecutive, Coupled, Placing, Randomised
from models.layers.positions import sinusoids
from models.layers.relative import Plain, RelativeBias, WindowedHeads

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


def check_scheme(positions: str, ids: str, couple: str, *, symbols: bool) -> None:
    """Raise unless these settings are known and suit a source of symbols, or of values."""
    for name, value, choices in (("positions", positions, SCHEMES), ("ids", ids, IDS), ("couple", couple, COUPLES)):
        if value not in choices:
            raise ValueError(f"unknown {name} {value!r}; choose from: {', '.join(choices)}")
    if not symbols and (positions == "abacus" or (positions == "coupled" and couple not in MARKED)):
        raise UnsuitableError(f"positions {positions!r} look for delimiters in the source, which needs symbols")


def placing_of(positions: str, ids: str, couple: str, delimiter: int, offset: int, longest: int) -> Placing:
    """Return the rule that gives tokens their places."""
    if positions == "randomised":
        return Randomised(longest)
    if positions == "coupled":
        return Coupled(couple, delimiter, offset if ids == "absolute" else 0, digits_only=False)
    if positions == "abacus":
        return Coupled("places_low", delimiter, offset, digits_only=True)
    return Consecutive()


def sight_of(
    positions: str, ids: str, couple: str, layers: int, heads: int, windowed: int, clip: int, window: int
) -> nn.Module:
    """Return what makes masks of what is visible."""
    if positions == "windowed":
        return WindowedHeads(layers, heads, windowed)
    if positions == "relative":
        return RelativeBias(layers, heads, 1, clip, 0, markers_shown=False)
    if positions == "coupled" and ids == "relative":
        return RelativeBias(layers, heads, kinds_of(couple), clip, window, markers_shown=couple not in MARKED)
    return Plain(layers)


def kinds_of(couple: str) -> int:
    """Return how many kinds of tokens there are: a later operand only where there are delimiters."""
    return (READ if couple in MARKED else SECOND) + 1


def start_small(embedding: nn.Embedding) -> nn.Embedding:
    """Draw an embedding's weights anew, close to zero."""
    nn.init.normal_(embedding.weight, std=SPREAD)
    return embedding


def small_reader(space: Space, hidden: int) -> nn.Module:
    """Return the layer that reads this space, its embeddings close to zero where it has any."""
    read = embedding_of(space, hidden)
    return start_small(read) if isinstance(read, nn.Embedding) else read


class Placement(nn.Module):
    """Adds to embeddings what the scheme says there of their tokens' places: waves, a learned table, kinds."""

    def __init__(self, hidden: int, positions: str, ids: str, couple: str, longest: int) -> None:
        super().__init__()
        self.waves = positions in WAVES
        coupled = positions == "coupled"
        tabled = positions in TABLES or (coupled and ids == "absolute")
        self.table = start_small(nn.Embedding(longest, hidden)) if tabled else None
        self.kinds = start_small(nn.Embedding(kinds_of(couple), hidden)) if coupled else None

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
