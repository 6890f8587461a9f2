"""Marks around a source."""

from __future__ import annotations

import torch

from models.layers.marked import with_marks

SIZE = 9


def test_marks_stand_before_each_source_and_behind_its_true_end() -> None:
    source = torch.tensor([[3, 4, 5, 7], [6, 0, 8, 8]])  # what stands in padding must not matter
    symbols, length = with_marks(source, torch.tensor([4, 1]), SIZE)
    assert symbols.tolist() == [[9, 3, 4, 5, 7, 10], [9, 6, 10, 0, 0, 0]]
    assert length.tolist() == [6, 3]
