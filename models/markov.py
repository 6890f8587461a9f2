"""Markov: what followed the last few tokens before, counted and smoothed. The reference of every language model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_array
from torch import Tensor

from models.base import EOS, Model, Space, State, UnsuitableError
from models.registry import Family, register

SMOOTHINGS = ("kneser_ney", "witten_bell")
UNSEEN = -1  # stands for a context that the fitted text does not hold: the last row of a level
NO_KEY = np.iinfo(np.int64).max
LEAST = np.finfo(np.float64).tiny  # has a finite logarithm, and a softmax makes it zero
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Sparse = Any  # a csr_array: scipy has no types


class Level(NamedTuple):
    """The contexts of one length and what the text holds after each; one row more stands for those that it lacks.

    keys (contexts + 1,): ascending, a context's is row of all but its last token * size + its last token; NO_KEY last
    shares (contexts + 1, size): probability that each token seen after a context gets from it
    rest (contexts + 1,): probability that the context shorter by one token shares out; 1 in the last row
    """

    keys: Ints
    shares: Sparse
    rest: Floats


class NGrams(Model):
    """Exact n-gram probabilities given the last `order` tokens (0 reads none); counted, not trained, on a text alone.

    Under all contexts stands the uniform distribution of all ids that can be a target: PAD and BOS never are, so they
    get none of it (a finite logit that a softmax makes zero). A context that reaches before the text's first token is
    not counted; shorter ones speak there.
    The state (batch, order + 1) int64 holds, for each length, the row of the context of that length that ends here.
    """

    trainable = False

    def __init__(self, size: int, order: int, smoothing: str) -> None:
        super().__init__()
        self.size = size
        self.order = order
        self.smoothing = smoothing
        written = np.arange(size) >= EOS  # the ids below, padding and start, are never a target
        self.uniform: Floats = written / written.sum()
        self.lowest = self.uniform  # what is known without any context: nothing before the fit
        nothing = Level(np.array([NO_KEY]), csr_array((1, size)), np.ones(1))
        self.levels = [nothing] * order  # of contexts of one token, of two and so on

    def fit(self, source: Tensor | None, source_length: Tensor, target: Tensor, mask: Tensor) -> None:
        """Count each real token of target (batch, time) under mask (batch, time) after all its contexts."""
        tokens, real = target.cpu().numpy(), mask.cpu().numpy()
        if not real.any():
            raise ValueError("markov has nothing to count: no token of the text is real")
        keys, rows = np.zeros(1, np.int64), np.where(real, 0, UNSEEN)  # the empty context
        levels = []
        for length in range(self.order + 1):
            longer_keys, longer = contexts_of(rows, tokens, real, self.size)
            seen = rows != UNSEEN
            cells = (rows * self.size + tokens)[seen]
            if self.smoothing == "kneser_ney" and length < self.order:
                wider = np.where(longer != UNSEEN, longer * self.size + tokens, UNSEEN - rows * self.size - tokens)
                cells = cells[np.unique(wider[seen], return_index=True)[1]]  # once for each token, or start, before it
            shares, rest = smoothed(table(cells, len(keys) + 1, self.size), self.smoothing)
            levels.append(Level(np.append(keys, NO_KEY), shares, rest))
            keys, rows = longer_keys, longer
        self.lowest = levels[0].shares.toarray()[0] + levels[0].rest[0] * self.uniform
        self.levels = levels[1:]

    def begin(self, source: Tensor | None, source_length: Tensor) -> Tensor:
        """Return the state where nothing was read: source_length (batch,) -> (batch, order + 1)."""
        state = torch.full((len(source_length), self.order + 1), UNSEEN, device=source_length.device)
        state[:, 0] = 0
        return state

    def decoder(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """Give each next token's log probability: inputs (batch, time), state -> (batch, time, size), state."""
        assert isinstance(state, Tensor)
        rows = self.read(inputs.cpu().numpy(), state.cpu().numpy())
        chances = self.probabilities(rows[:, 1:].reshape(-1, self.order + 1))
        np.log(np.maximum(chances, LEAST, out=chances), out=chances)
        outputs = torch.from_numpy(chances).float().view(*inputs.shape, self.size)
        return outputs.to(inputs.device), torch.from_numpy(rows[:, -1].copy()).to(state.device)

    def read(self, tokens: Ints, state: Ints) -> Ints:
        """Find the contexts that end at each token: (batch, time), (batch, order + 1) -> (batch, 1 + time, order + 1).

        Those of the state come first. A pass a length: a context is the one before it, a token shorter, and a token.
        """
        rows = np.full((len(tokens), 1 + tokens.shape[1], self.order + 1), UNSEEN)
        rows[:, 0], rows[:, :, 0] = state, 0
        for length, level in enumerate(self.levels, 1):
            wanted = rows[:, :-1, length - 1] * self.size + tokens  # negative after one unseen: no such key
            place = np.searchsorted(level.keys, wanted)
            rows[:, 1:, length] = np.where(level.keys[place] == wanted, place, UNSEEN)
        return rows

    def probabilities(self, rows: Ints) -> Floats:
        """Mix what the contexts of all lengths say: rows (positions, order + 1) -> (positions, size)."""
        left, mixed = np.ones(len(rows)), csr_array((len(rows), self.size))
        for level, row in zip(reversed(self.levels), rows.T[:0:-1], strict=True):
            mixed = mixed + scaled(level.shares[row], left)
            left = left * level.rest[row]
        chances: Floats = np.multiply.outer(left, self.lowest)
        entries = mixed.tocoo()
        chances[entries.row, entries.col] += entries.data
        return chances


def contexts_of(rows: Ints, tokens: Ints, real: NDArray[np.bool_], size: int) -> tuple[Ints, Ints]:
    """Number the contexts one token longer than `rows` that stand before real tokens.

    rows, tokens, real (batch, time): rows of the contexts before each token -> keys (contexts,), rows (batch, time)
    """
    keys = np.full_like(rows, UNSEEN)
    known = (rows[:, :-1] != UNSEEN) & real[:, 1:]
    keys[:, 1:] = np.where(known, rows[:, :-1] * size + tokens[:, :-1], UNSEEN)
    found, place = np.unique(keys, return_inverse=True)  # the first is UNSEEN: nothing stands before the first token
    return found[1:], place.reshape(keys.shape) - 1


def table(cells: Ints, rows: int, size: int) -> Sparse:
    """Count how often each cell, row * size + token, is there: (places,) -> (rows, size)."""
    found, counts = np.unique(cells, return_counts=True)
    return csr_array((counts, (found // size, found % size)), shape=(rows, size))


def smoothed(counts: Sparse, smoothing: str) -> tuple[Sparse, Floats]:
    """Return shares (rows, size) of the tokens counted in each row and the rest (rows,): together 1 in each row.

    Kneser-Ney takes a discount off each count for the rest; Witten-Bell adds to the counts one for each token seen.
    """
    total, kinds = counts.sum(1), np.diff(counts.indptr)
    kept, rest = counts.astype(np.float64), kinds.astype(np.float64)
    if smoothing == "kneser_ney":
        discount = discounts(counts.data)[np.minimum(counts.data, 3) - 1]
        kept.data -= discount
        rest = np.bincount(np.repeat(np.arange(len(kinds)), kinds), discount, len(kinds))
    else:
        total = total + kinds
    empty = total == 0
    total[empty], rest[empty] = 1, 1
    return scaled(kept, 1 / total), rest / total


def discounts(counts: Ints) -> Floats:
    """Estimate from counts (cells,) what is taken off a count of 1, of 2, of 3 or more: (3,), each above 0.

    Three (Chen and Goodman 1999) where the counts 1 to 4 all occur and give such; else one for all (Ney et al. 1994);
    a half where the counts 1 or 2 do not occur, as in a text that only repeats itself: no estimate exists there.
    """
    ones, twos, threes, fours = np.bincount(np.minimum(counts, 5), minlength=6)[1:5].astype(float)
    if not (ones and twos):
        return np.full(3, 0.5)
    one = ones / (ones + 2 * twos)
    if threes and fours:
        each = np.array([one, 2 - 3 * one * threes / twos, 3 - 4 * one * fours / threes])
        if each.min() > 0:
            return each
    return np.full(3, one)


def scaled(matrix: Sparse, factor: Floats) -> Sparse:
    """Multiply each row of a sparse matrix (rows, size) by its factor (rows,)."""
    return csr_array(
        (matrix.data * np.repeat(factor, np.diff(matrix.indptr)), matrix.indices, matrix.indptr), matrix.shape
    )


@register("markov")
@dataclass(frozen=True, kw_only=True)
class Markov(Family):
    """Smoothed n-gram language model over the last `order` tokens; counted, not trained.

    smoothing "kneser_ney": interpolated, a discount or three for each length of context from the counts of counts, and
    below the longest contexts a token counts once for each different token before the context (Kneser and Ney 1995, Ney
    et al. 1994). "witten_bell": interpolated, a context with many different successors leaves more to the next shorter
    one.
    """

    paper = "Chen and Goodman 1999 (Kneser-Ney); Witten and Bell 1991"
    inductive_bias = "counts of what followed the last tokens"

    order: int = 5
    smoothing: str = "kneser_ney"

    def __post_init__(self) -> None:
        if self.order < 0:
            raise ValueError(f"order must be 0 or more; got {self.order}")
        self.require_choices(smoothing=SMOOTHINGS)

    def build(self, source: Space | None, target: Space) -> Model:
        """Build it for a text of tokens."""
        if not target.discrete:
            raise UnsuitableError("markov counts tokens; this task writes real values")
        if source is not None:
            raise UnsuitableError("markov reads its own text only: a language model; this task has a source")
        return NGrams(target.size, self.order, self.smoothing)
