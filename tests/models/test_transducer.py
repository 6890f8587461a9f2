"""The transducer: which token it reads at which step."""

from __future__ import annotations

import pytest
import torch

from models import build
from tasks.base import BOS, Symbols


def test_a_transducer_reads_one_symbol_a_step_and_then_the_mark() -> None:
    torch.manual_seed(5)
    space = Symbols(5)
    model = build("transducer", space, space, hidden=6, cell="gru").eval()
    source, length = torch.tensor([[3, 4, 5, 6]]), torch.tensor([4])
    inputs = torch.tensor([[BOS, 3, 4, 5, 6, 7]])
    with torch.no_grad():
        before = model(source, length, inputs)
        for place in range(4):
            other = source.clone()
            other[0, place] = 7
            changed = (model(other, length, inputs) - before).abs().amax(-1)[0] > 1e-7
            assert changed.tolist() == [step >= place for step in range(6)]


def test_a_wrong_cell_of_a_transducer_is_named() -> None:
    with pytest.raises(ValueError, match=r"^unknown cell 'tcn'; choose from: elman, gru, linear, lstm$"):
        build("transducer", Symbols(5), Symbols(5), cell="tcn")
