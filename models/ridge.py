"""Ridge: linear autoregression in closed form. The trivial baseline of real values, and for sines the ceiling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.base import Model, Space, State, UnsuitableError
from models.registry import Family, register


class Autoregression(Model):
    """x[t] = sum_k c[k] x[t-k] over the last `lags` values (scikit-learn's Ridge, in float64)."""

    trainable = False

    def __init__(self, lags: int, penalty: float) -> None:
        from sklearn.linear_model import Ridge  # takes longer to import than torch: only where it is used

        super().__init__()
        self.lags = lags
        self.regression = Ridge(alpha=penalty, fit_intercept=False)

    def fit(self, source: Tensor | None, source_length: Tensor, target: Tensor, mask: Tensor) -> None:
        """Regress target values (batch, time, 1) on those before them; source (batch, source_time, 1)."""
        whole = torch.cat([self.last(source, source_length, self.lags), target.squeeze(-1).double()], 1)
        windows = whole.unfold(1, self.lags + 1, 1)[mask].cpu().numpy()
        self.regression.fit(windows[:, :-1], windows[:, -1])

    def begin(self, source: Tensor | None, source_length: Tensor) -> Tensor:
        """Return the values before the last observed one, which is the first input: (batch, lags - 1)."""
        return self.last(source, source_length, self.lags)[:, :-1]

    def last(self, source: Tensor | None, source_length: Tensor, count: int) -> Tensor:
        """Return the last real values of source (batch, source_time, 1) -> (batch, count)."""
        assert source is not None
        if source.shape[1] < count:
            raise ValueError(f"ridge with {count} lags needs as long a prefix; got {source.shape[1]}")
        index = source_length[:, None] - count + torch.arange(count, device=source.device)
        return source.squeeze(-1).double().gather(1, index.clamp(min=0))

    def decoder(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """Predict the value after each input: inputs (batch, time, 1), state (batch, lags - 1)."""
        assert isinstance(state, Tensor)
        whole = torch.cat([state, inputs.squeeze(-1).double()], 1)
        coefficients = torch.from_numpy(np.asarray(self.regression.coef_)).to(whole)
        outputs = whole.unfold(1, self.lags, 1) @ coefficients
        return outputs[..., None], whole[:, whole.shape[1] - self.lags + 1 :]


@register("ridge")
@dataclass(frozen=True, kw_only=True)
class RidgeRegression(Family):
    """Linear autoregression over the last `lags` values, fitted in closed form with a tiny penalty.

    A sum of n sines obeys such a recurrence exactly with 2 n lags, so for noiseless sines this is exact.
    """

    paper = "Prony 1795; Hoerl and Kennard 1970, Ridge regression"
    inductive_bias = "a linear recurrence, fitted in closed form"

    lags: int = 8
    penalty: float = 1e-8

    def __post_init__(self) -> None:
        if self.lags < 1:
            raise ValueError(f"lags must be 1 or more; got {self.lags}")

    def build(self, source: Space | None, target: Space) -> Model:
        """Build it for sequences of one real value."""
        if source is None or source.discrete or source.size != 1 or target.size != 1:
            raise UnsuitableError("ridge continues one real value; this task has other data")
        return Autoregression(self.lags, self.penalty)
