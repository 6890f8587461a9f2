"""1.5-entmax: shares of a whole as softmax makes them, but most of them exactly zero."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

STEPS = 5  # of Newton's method, and one for every four times as many keys: more change no digit of float32


class Entmax(torch.autograd.Function):
    """p_i = max(0, s_i / 2 - t)^2, with the t by which a row's p sum to 1 (Peters et al. 2019, arXiv 1905.05702)."""

    @staticmethod
    def forward(ctx: Any, scores: Tensor) -> Tensor:
        """Weigh scores (.., keys), minus infinity where a key is not seen -> shares (.., keys); a row must see a key.

        The paper sorts a row to find t. Newton's method finds the same number in a third of the time: from below, where
        t is 1 less than the highest s / 2, no step goes past it, since the sum is convex in t. At first each step takes
        at least half of what is left, at the end the right digits double.
        """
        halves = scores / 2
        halves -= halves.amax(-1, keepdim=True)
        threshold = torch.full_like(halves[..., :1], -1.0)
        for _ in range(STEPS + scores.shape[-1].bit_length() // 2):
            above = (halves - threshold).clamp_(min=0)
            slope = 2 * above.sum(-1, keepdim=True)
            threshold = threshold + (above.square_().sum(-1, keepdim=True) - 1) / slope
        weights = (halves - threshold).clamp_(min=0).square_()
        ctx.save_for_backward(weights)
        return weights

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_weights: Tensor) -> Tensor:
        """Return the gradient of the scores: r (g - sum(r g) / sum(r)), r being the roots of the shares."""
        (weights,) = ctx.saved_tensors
        root = weights.sqrt()
        pull = root * grad_weights
        return pull - root * (pull.sum(-1, keepdim=True) / root.sum(-1, keepdim=True))
