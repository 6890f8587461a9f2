"""Errors by position: sums over spans of a target."""

from __future__ import annotations

import math

import torch

from bench.trial.metrics import SPANS, ErrorByPosition, finite


def test_a_long_target_has_at_most_so_many_spans_and_padding_alone_has_no_error() -> None:
    errors = ErrorByPosition(100, "cpu")
    assert len(errors.means()) == SPANS
    assert set(errors.means()) == {None}
    errors.add(torch.arange(100) < 50, torch.ones(100))
    assert errors.means() == (1.0,) * 12 + (0.0,) * 12


def test_an_error_that_overflowed_is_none() -> None:
    errors = ErrorByPosition(2, "cpu")
    errors.add(torch.tensor([math.inf, 1.0]), torch.ones(2))
    assert errors.means() == (None, 1.0)
    assert [finite(value) for value in (1.5, math.nan, -math.inf)] == [1.5, None, None]
