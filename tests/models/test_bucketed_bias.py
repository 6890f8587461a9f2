"""T5's relative bias against its paper's formula and a whole Transformer written out in numpy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from cases import SMALL_TASKS
from pieces import assert_pieces_equal_the_whole
from written_out import Asked, Numbers, assert_equals_written_out, numbers, softmax, stirred

from models import build
from models.base import Model
from models.layers.buckets import BucketedBias

SYMBOLS = SMALL_TASKS["symbols"]
HIDDEN, HEADS = 16, 2


def built(**settings: Any) -> Model:
    torch.manual_seed(0)
    chosen = {"hidden": HIDDEN, "heads": HEADS, "buckets": 4, "furthest": 6} | settings
    return build("bucketed_bias", SYMBOLS.source, SYMBOLS.target, **chosen).eval()


def bucket_of(distance: int, buckets: int, furthest: int) -> int:
    """Place a distance by the formula, which floats may put one lower where the logarithm is a whole number."""
    exact = buckets // 2
    if distance < exact:
        return distance
    share = math.log(distance / exact) / math.log(furthest / exact)
    return min(exact + int(share * (buckets - exact) + 1e-9), buckets - 1)


@pytest.mark.parametrize(("buckets", "furthest"), [(32, 128), (32, 32), (8, 16), (4, 6), (2, 9), (3, 64), (7, 1000)])
def test_every_distance_is_in_the_bucket_of_the_formula(buckets: int, furthest: int) -> None:
    bias = BucketedBias(1, buckets, furthest)
    with torch.no_grad():
        bias.bias.copy_(torch.arange(buckets)[None])
        got = bias(1, 3 * furthest)[0, 0].int().flip(0).tolist()
    assert got == [bucket_of(distance, buckets, furthest) for distance in range(3 * furthest)]


def test_it_equals_causal_attention_with_the_bias_written_out() -> None:
    model = built()
    stirred(model)
    bias = numbers(model.decoder.layers.bias.bias)

    def weigh(asked: Asked) -> Numbers:
        raised = [bias[asked.head, bucket_of(asked.time - key, 4, 6)] for key in range(asked.time + 1)]
        return softmax(asked.keys @ asked.query / math.sqrt(len(asked.query)) + np.array(raised))

    assert_equals_written_out(model, weigh)


def test_reading_in_pieces_equals_reading_at_once() -> None:
    model = built()
    stirred(model)
    assert_pieces_equal_the_whole(model)


@pytest.mark.parametrize(("buckets", "furthest"), [(1, 8), (8, 7)])
def test_a_bad_setting_is_refused_with_its_value(buckets: int, furthest: int) -> None:
    message = f"^buckets must be 2 or more, and furthest no less than they are; got {buckets} and {furthest}$"
    with pytest.raises(ValueError, match=message):
        built(buckets=buckets, furthest=furthest)
