"""PD-SSMs against the paper's formula, a step at a time, in numpy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from cases import SMALL_TASKS, assert_close

from models import MODELS, build
from models.base import Seq2Seq
from models.layers.recurrent import RecurrentDecoder
from models.pd_ssm import PDMixer

HIDDEN, HEADS, MATRICES = 6, 2, 3
SIZE = HIDDEN // HEADS


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def sigmoid(each: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-each))


def test_a_layer_is_the_papers_formula() -> None:
    mixer = PDMixer(HIDDEN, HEADS, MATRICES).double()
    with torch.no_grad():
        mixer.input.bias.normal_()  # else every step keeps and turns all but alike
    weights = {name: each.detach().numpy() for name, each in mixer.named_parameters()}
    inputs, state = torch.randn(1, 9, HIDDEN).double(), torch.randn(2, 1, HIDDEN).double()
    shown, after = mixer(inputs, state)
    at = state[0, 0].numpy() + 1j * state[1, 0].numpy()
    for step, read in enumerate(inputs[0].numpy()):
        made = weights["input.weight"] @ read + weights["input.bias"]
        real, imaginary, keep, turn, shares = np.split(made, [HIDDEN, 2 * HIDDEN, 3 * HIDDEN, 4 * HIDDEN])
        transition = np.zeros((HIDDEN, HIDDEN), complex)
        for head in range(HEADS):
            powers = np.exp(shares[head * MATRICES : (head + 1) * MATRICES])
            mixed = np.tensordot(powers / powers.sum(), weights["matrices"][head], 1)  # (columns, rows)
            for column in range(SIZE):
                place = head * SIZE + column
                factor = sigmoid(keep[place]) * np.exp(2j * math.pi * sigmoid(turn[place]))
                transition[head * SIZE + mixed[column].argmax(), place] = factor
        at = transition @ at + real + 1j * imaginary
        both = np.concatenate([at.real, at.imag])
        seen = weights["output.weight"] @ (both / np.sqrt((both**2).mean())) + weights["through"] * read
        bent = np.array([each * (1 + math.erf(each / math.sqrt(2))) / 2 for each in seen])
        left, gate = np.split(weights["mix.weight"] @ bent + weights["mix.bias"], 2)
        np.testing.assert_allclose(shown[0, step].detach().numpy(), left * sigmoid(gate), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(after[:, 0].detach().numpy(), [at.real, at.imag], rtol=1e-9, atol=1e-9)


def test_steps_past_a_rows_end_leave_its_state() -> None:
    mixer = PDMixer(HIDDEN, HEADS, MATRICES)
    inputs, state = torch.randn(3, 9, HIDDEN), torch.randn(2, 3, HIDDEN)
    shown, after = mixer(inputs, state, torch.tensor([9, 4, 1]))
    for row, length in enumerate((9, 4, 1)):
        alone, last = mixer(inputs[row : row + 1, :length], state[:, row : row + 1])
        assert_close(shown[row, :length], alone[0])
        assert_close(after[:, row], last[:, 0])


def test_a_number_is_kept_at_first_and_hardly_turned() -> None:
    mixer = PDMixer(64, HEADS, MATRICES)
    _, keep, turn, _ = mixer.input.bias.sigmoid().split(mixer.sizes)
    assert keep.min().item() == keep.max().item() == pytest.approx(0.982, abs=1e-3)
    assert turn.min().item() == turn.max().item() == pytest.approx(0.018, abs=1e-3)


def test_every_head_starts_in_its_first_place() -> None:
    task = SMALL_TASKS["symbols"]
    model = build("pd_ssm", task.source, task.target, hidden=6, heads=2)
    assert isinstance(model, Seq2Seq)
    assert isinstance(model.decoder, RecurrentDecoder)
    for start in model.decoder.stack.start(2):
        assert start[:, 1].tolist() == [[0] * 6, [1, 0, 0, 1, 0, 0], [0] * 6]


def test_heads_that_do_not_divide_are_one_line() -> None:
    with pytest.raises(ValueError, match=r"^hidden must be a multiple of heads; got 10 and 4$"):
        MODELS["pd_ssm"](hidden=10)
