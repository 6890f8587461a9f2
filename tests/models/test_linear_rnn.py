"""Linear layers against a naive loop; those that stay orthogonal."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from cases import SMALL_TASKS, assert_close
from torch import Tensor, nn

from bench.checks.contracts import small_batch
from models import build
from models.base import Model
from models.linear_rnn import LinearLayer
from tasks import Task

BATCH, TIME, WIDTH, HIDDEN, HEADS = 5, 7, 8, 8, 2


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def test_the_linear_layer_equals_a_naive_loop() -> None:
    layer = LinearLayer(WIDTH, HIDDEN)
    inputs, state = torch.randn(BATCH, TIME, WIDTH), torch.randn(1, BATCH, HIDDEN)
    outputs, last = layer(inputs, state)
    for row in range(BATCH):
        hidden = state[0, row]
        for time in range(TIME):
            hidden = layer.recurrent @ hidden + layer.input.weight @ inputs[row, time] + layer.input.bias
            assert_close(outputs[row, time], hidden)
        assert_close(last[0, row], hidden)


SYMBOLS, VALUES, TEXT = (SMALL_TASKS[kind] for kind in ("symbols", "values", "stream"))


def built(name: str, task: Task, **settings: Any) -> Model:
    torch.manual_seed(0)
    return build(name, task.source, task.target, **settings)


def test_a_free_linear_layer_draws_the_numbers_that_it_always_drew() -> None:
    drawn = LinearLayer(5, 7)
    torch.manual_seed(0)
    assert torch.equal(nn.Linear(5, 7).weight, drawn.input.weight)
    assert torch.equal(nn.init.orthogonal_(torch.empty(7, 7)), drawn.recurrent)
    assert [name for name, _ in drawn.named_parameters()] == ["recurrent", "input.weight", "input.bias"]


@pytest.mark.parametrize("hidden", [1, 2, 5, 64])
def test_an_orthogonal_layers_eigenvalues_lie_on_the_unit_circle_before_and_after_training(hidden: int) -> None:
    layer = LinearLayer(3, hidden, "orthogonal").double()
    assert layer.turns.numel() == hidden * (hidden - 1) // 2
    before = layer.matrix().detach()
    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1)
    inputs, state = torch.randn(4, 6, 3, dtype=torch.float64), torch.randn(1, 4, hidden, dtype=torch.float64)
    for _ in range(20):
        optimizer.zero_grad()
        layer(inputs, state)[0].sub(1).square().mean().backward()
        optimizer.step()
    after = layer.matrix().detach()
    assert hidden == 1 or (after - before).abs().max() > 0.1
    for matrix in (before, after):
        torch.testing.assert_close(torch.linalg.eigvals(matrix).abs(), torch.ones(hidden, dtype=torch.float64))
        assert torch.linalg.det(matrix).item() == pytest.approx(1)


def test_an_orthogonal_layer_starts_as_turns_of_pairs_by_angles_of_every_size() -> None:
    matrix = LinearLayer(3, 400, "orthogonal").double().matrix()
    blocks = matrix.unflatten(0, (200, 2)).unflatten(2, (200, 2)).diagonal(dim1=0, dim2=2)  # (2, 2, 200)
    angles = torch.atan2(blocks[1, 0], blocks[0, 0])
    assert_close(blocks[0, 1], -blocks[1, 0])
    assert (matrix**2).sum().item() == pytest.approx((blocks**2).sum().item())
    assert angles.min() >= 0
    assert angles.mean().item() == pytest.approx(math.pi / 2, abs=0.3)
    assert angles.std().item() == pytest.approx(math.pi / math.sqrt(12), abs=0.2)


def test_five_thousand_silent_steps_of_an_orthogonal_layer_keep_the_norm_in_single_precision() -> None:
    layer = LinearLayer(2, 64, "orthogonal")
    with torch.no_grad():
        layer.turns += 0.1 * torch.randn_like(layer.turns)
        layer.input.bias.zero_()
        state = torch.randn(1, 2, 64)
        _, after = layer(torch.zeros(2, 5000, 2), state)
    torch.testing.assert_close(after.norm(dim=-1), state.norm(dim=-1), rtol=2e-3, atol=0)


@pytest.mark.parametrize("recurrent", ["free", "orthogonal"])
def test_a_linear_network_is_fitted_by_lbfgs_in_double_precision_and_its_weights_load(recurrent: str) -> None:
    settings = {"hidden": 8, "recurrent": recurrent, "decoder": "blind"}
    model, batch = built("linear_rnn", VALUES, **settings).double(), small_batch(VALUES, 16)
    assert batch.source is not None
    source, target = batch.source.double(), batch.target.double()
    optimizer = torch.optim.LBFGS(model.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        error = (model(source, batch.source_length, target) - target).square().mean()
        error.backward()
        return error

    first = loss().item()
    for _ in range(4):
        optimizer.step(loss)
    assert loss().item() < first / 1e3
    other = built("linear_rnn", VALUES, **settings).double()
    with torch.no_grad():
        for weight in other.parameters():
            weight.zero_()
    other.load_state_dict(model.state_dict())
    outputs = (each(source, batch.source_length, target) for each in (model, other))
    assert torch.equal(*outputs)
