"""States of any nesting, and what an encoder leaves."""

from __future__ import annotations

import torch

from models.base import Memory, detach, map_state, state_size
from models.layers.recurrent import RecurrentState


def test_state_size_counts_real_numbers_in_nested_states() -> None:
    nested = (torch.zeros(2, 3), (torch.zeros(4), torch.zeros(5, dtype=torch.long), None), ())
    assert state_size(nested) == 10


def test_detach_cuts_every_tensor_of_a_state_and_keeps_its_shape() -> None:
    leaf = torch.ones(1, 2, 3, requires_grad=True)
    state = RecurrentState((leaf * 2, leaf * 3), Memory(torch.ones(2), leaf * 4))
    cut = detach(state)
    assert isinstance(cut, RecurrentState)
    assert isinstance(cut.memory, Memory)
    assert not any(part.requires_grad for part in (*cut.layers, cut.memory.states))
    assert torch.equal(cut.layers[1], state.layers[1])
    assert map_state(torch.neg, (None, (torch.ones(1),))) == (None, (-torch.ones(1),))


def test_the_memorys_mask_is_true_where_the_source_is_real() -> None:
    memory = Memory(torch.tensor([1, 3, 2]), torch.zeros(3, 4, 8))
    assert memory.mask.int().tolist() == [[1, 0, 0, 0], [1, 1, 1, 0], [1, 1, 0, 0]]
