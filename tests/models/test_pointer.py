"""The pointer against the mixture in numpy, one step at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from cases import SMALL_TASKS, assert_close
from numpy.typing import NDArray
from torch import Tensor, nn

from models import build
from models.base import Model
from tasks import Task

SYMBOLS, VALUES, TEXT = (SMALL_TASKS[kind] for kind in ("symbols", "values", "stream"))


Floats = NDArray[np.float64]


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def built(name: str, task: Task, **settings: Any) -> Model:
    torch.manual_seed(0)
    return build(name, task.source, task.target, **settings)


def numbers(values: Tensor) -> Floats:
    return values.detach().double().numpy()


def softmax(scores: Floats) -> Floats:
    raised = np.exp(scores - scores.max())
    return raised / raised.sum()


def linear(layer: nn.Linear, read: Floats) -> Floats:
    return numbers(layer.weight) @ read + numbers(layer.bias)


def pointed(model: Model, symbols: list[int], span: int) -> Floats:
    """Log probabilities after each symbol of one row, one step at a time: the layers by torch, the rest in numpy."""
    decoder, found, keys = model.decoder, [], []
    embedding, state = numbers(decoder.reader.weight), decoder.stack.start(1)
    for time, symbol in enumerate(symbols):
        keys.append(linear(decoder.key, numbers(state[-1])[0, 0]))
        output, state = decoder.stack(decoder.reader(torch.tensor([[symbol]])), state)
        hidden = numbers(output)[0, 0]
        written = softmax(embedding @ hidden + numbers(decoder.readout.bias))
        remembered = range(max(0, time - span + 1), time + 1)
        query = linear(decoder.query, hidden)
        weights = softmax(np.array([query @ keys[place] / np.sqrt(len(query)) for place in remembered]))
        copied = np.zeros_like(written)
        for place, weight in zip(remembered, weights, strict=True):
            copied[symbols[place]] += weight
        gate = 1 / (1 + np.exp(-linear(decoder.gate, hidden)))
        found.append(np.log((1 - gate) * written + gate * copied + 1e-9))
    return np.stack(found)


@pytest.mark.parametrize(("cell", "layers"), [("gru", 1), ("lstm", 2)])
@pytest.mark.parametrize("span", [1, 4, 50])
def test_the_pointer_mixes_what_it_writes_and_what_it_copies(cell: str, layers: int, span: int) -> None:
    model = built("pointer", TEXT, hidden=8, layers=layers, cell=cell, size=5, span=span).eval()
    for part in (model.decoder.query, model.decoder.key):
        part.weight.data *= 8  # sharp attention, so that a wrong place would be seen
    text = TEXT.training_text()[:36].view(2, 18)
    with torch.no_grad():
        outputs = model(None, torch.zeros(2, dtype=torch.long), text)
    for row in range(2):
        expected = pointed(model, text[row].tolist(), span)
        np.testing.assert_allclose(numbers(outputs)[row], expected, rtol=1e-3, atol=1e-4)
    assert_close(outputs.exp().sum(-1), torch.ones(2, 18))


@pytest.mark.parametrize("pieces", [1, 3, 10])
def test_the_pointer_remembers_its_span_and_no_more(pieces: int) -> None:
    model = built("pointer", TEXT, hidden=8, size=5, span=4).eval()
    text, state = TEXT.training_text()[:20][None], model.begin(None, torch.zeros(1, dtype=torch.long))
    whole, outputs, read = model(None, torch.zeros(1, dtype=torch.long), text), [], 0
    for piece in text.split(pieces, 1):
        found, state = model.decoder(piece, state)
        outputs.append(found)
        read += piece.shape[1]
        assert state.keys.shape[1] == min(read, 4)
        assert state.tokens[0].tolist() == text[0, max(0, read - 4) : read].tolist()
    assert_close(torch.cat(outputs, 1), whole)
