"""Parameters in one tensor are moved as torch's optimisers move them one by one."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from bench.spec.spec import Spec
from bench.trial.flat import flattened
from bench.trial.optimisers import Optimiser

SPEC = Spec("copy", "mine", learning_rate=0.05, weight_decay=0.1, grad_clip=0.5)


class Mixed(nn.Module):
    """Weights of two types, some of which are never used, or only every other time."""

    def __init__(self) -> None:
        super().__init__()
        self.matrix = nn.Parameter(torch.randn(4, 3))
        self.turned = nn.Parameter(torch.randn(3, 4).T)
        self.precise = nn.Parameter(torch.randn(5, dtype=torch.float64))
        self.unused = nn.Parameter(torch.randn(2))
        self.later = nn.Parameter(torch.randn(2))
        self.frozen = nn.Parameter(torch.randn(2), requires_grad=False)

    def loss(self, step: int) -> Tensor:
        """A loss whose gradient is above the clip, and which reads `later` from the third step on."""
        found = (self.matrix * self.turned).square().sum() + self.precise.square().sum().float()
        return found + self.later.square().sum() if step > 2 else found


def one_by_one(model: Mixed, spec: Spec, steps: int) -> None:
    """Train with torch's optimiser over the parameters as they are."""
    parameters = [each for each in model.parameters() if each.requires_grad]
    kinds = {
        "adamw": lambda: torch.optim.AdamW(parameters, lr=0.05, weight_decay=0.1),
        "rmsprop": lambda: torch.optim.RMSprop(parameters, lr=0.05, weight_decay=0.1, alpha=0.9),
    }
    optimizer = kinds[spec.optimizer]()
    for step in range(1, steps + 1):
        optimizer.zero_grad()
        model.loss(step).backward()
        nn.utils.clip_grad_norm_(parameters, spec.grad_clip)
        optimizer.step()


@pytest.mark.parametrize("optimizer", ["adamw", "rmsprop"])
def test_weights_move_as_they_do_one_by_one(optimizer: str) -> None:
    spec = replace(SPEC, optimizer=optimizer)
    torch.manual_seed(0)
    flat, plain = Mixed(), Mixed()
    plain.load_state_dict(flat.state_dict())
    moved = Optimiser(flat, spec)
    for step in range(1, 7):
        moved.step(lambda step=step: flat.loss(step), 1.0)
    one_by_one(plain, spec, 6)
    for name, weight in plain.state_dict().items():
        torch.testing.assert_close(flat.state_dict()[name], weight, msg=name)
    assert not torch.equal(flat.matrix, flat.unused.new_zeros(4, 3))


def test_a_weight_without_a_gradient_is_not_even_decayed() -> None:
    torch.manual_seed(0)
    model = Mixed()
    unused, later = model.unused.detach().clone(), model.later.detach().clone()
    moved = Optimiser(model, SPEC)
    for step in (1, 2):
        moved.step(lambda step=step: model.loss(step), 1.0)
    assert torch.equal(model.unused, unused)
    assert torch.equal(model.later, later)
    moved.step(lambda: model.loss(3), 1.0)
    assert not torch.equal(model.later, later)


def test_weights_are_views_of_one_tensor_until_they_are_released() -> None:
    model = nn.Linear(3, 2)
    model(torch.ones(1, 3)).sum().backward()
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    (flat,), others = flattened(model.parameters())
    assert others == []
    flat.whole.data += 1
    for name, weight in model.state_dict().items():
        assert torch.equal(weight, before[name] + 1)
        assert weight.untyped_storage().data_ptr() == flat.whole.untyped_storage().data_ptr()
    flat.release()
    flat.whole.data += 1
    assert torch.equal(model.bias, before["bias"] + 1)


def test_a_gradient_that_is_missing_counts_as_zero() -> None:
    model = nn.Linear(3, 2)
    model(torch.ones(1, 3)).sum().backward()
    (flat,), _ = flattened(model.parameters())
    model.bias.grad = None
    flat.gather()
    assert torch.equal(flat.whole.grad, torch.tensor([1.0] * 6 + [0.0] * 2))
