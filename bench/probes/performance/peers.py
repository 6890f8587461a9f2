"""The same work as one would write it in a notebook: one-hot inputs and torch.nn, on the very strings of a step."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence
from torch.utils.data import DataLoader, Dataset

from bench.probes.performance.own import Trained, real_tokens
from bench.trial.batches import Step
from models.base import PAD

LAYERS: dict[str, Callable[[int, int], nn.RNNBase]] = {
    "RNN": lambda width, hidden: nn.RNN(width, hidden, batch_first=True),
    "RNN(relu)": lambda width, hidden: nn.RNN(width, hidden, nonlinearity="relu", batch_first=True),
    "GRU": lambda width, hidden: nn.GRU(width, hidden, batch_first=True),
    "LSTM": lambda width, hidden: nn.LSTM(width, hidden, batch_first=True),
}


class Peer(Protocol):
    """A loop beside ours: a round's training steps, and how many tokens the strings of a step hold."""

    def train(self) -> list[float]:
        """Take a round's steps -> their losses."""

    def tokens(self) -> float:
        """Return how many tokens the strings of a step hold, in the mean."""


class Translator(nn.Module):
    """An encoder whose last state starts a decoder; both read one-hot vectors."""

    def __init__(self, layer: Callable[[int, int], nn.RNNBase], size: int, hidden: int) -> None:
        super().__init__()
        self.encoder, self.decoder = layer(size, hidden), layer(size, hidden)
        self.readout = nn.Linear(hidden, size)

    def forward(self, source: Tensor, inputs: Tensor) -> Tensor:
        """Read source (batch, source_time, size) and inputs (batch, time, size) -> logits (batch, time, size)."""
        _, state = self.encoder(source)
        outputs, _ = self.decoder(inputs, state)
        return self.readout(outputs)


class Plain:
    """A plain torch.nn encoder and decoder, fed the true tokens; batches are drawn as ours are."""

    def __init__(self, own: Trained, layer: str) -> None:
        torch.manual_seed(0)
        self.own, self.size = own, own.task.target.size
        self.model = Translator(LAYERS[layer], self.size, own.hidden)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)

    def train(self) -> list[float]:
        """Take a round's steps -> their losses."""
        losses = []
        for step in self.own.batches():
            assert step.batch.source is not None
            source, inputs = self.one_hot(step.batch.source), self.one_hot(step.inputs)
            losses.append(stepped(self.model, self.optimizer, source, inputs, step.batch.target))
        return losses

    def one_hot(self, ids: Tensor) -> Tensor:
        """(batch, time) -> (batch, time, size)."""
        return F.one_hot(ids, self.size).float()

    def tokens(self) -> float:
        """Return how many tokens the strings of a step hold, in the mean."""
        return sum(map(real_tokens, self.own.batches())) / self.own.steps


class Strings(Dataset[tuple[Tensor, Tensor]]):
    """Strings one by one, sources one-hot."""

    def __init__(self, steps: Iterable[Step], size: int) -> None:
        self.size = size
        self.pairs = [pair for step in steps for pair in pairs_of(step)]

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        source, target = self.pairs[index]
        return F.one_hot(source, self.size).float(), target


class Notebook:
    """A notebook's own loop: torch.nn.RNN, a data loader, and a decoder that reads zeros."""

    def __init__(self, own: Trained) -> None:
        torch.manual_seed(0)
        self.size = own.task.target.size
        self.strings = Strings(own.batches(), self.size)
        self.loader = DataLoader(self.strings, own.spec.batch, collate_fn=padded)
        self.model = Translator(LAYERS["RNN"], self.size, own.hidden)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=1e-3)

    def train(self) -> list[float]:
        """Take a round's steps -> their losses."""
        losses = []
        for source, target in self.loader:
            nothing = torch.zeros(*target.shape, self.size)
            losses.append(stepped(self.model, self.optimizer, source, nothing, target))
        return losses

    def tokens(self) -> float:
        """Return how many tokens the strings of a step hold, in the mean."""
        return sum(len(source) + len(target) for source, target in self.strings.pairs) / len(self.loader)


def stepped(
    model: nn.Module, optimizer: torch.optim.Optimizer, source: Tensor, inputs: Tensor, target: Tensor
) -> float:
    """Take one step -> the loss before it."""
    optimizer.zero_grad()
    loss = F.cross_entropy(model(source, inputs).flatten(0, 1), target.flatten(), ignore_index=PAD)
    loss.backward()
    optimizer.step()
    return loss.item()


def pairs_of(step: Step) -> list[tuple[Tensor, Tensor]]:
    """Return the strings of a step without padding, source and target each."""
    batch = step.batch
    assert batch.source is not None
    sources = zip(batch.source, batch.source_length.tolist(), strict=True)
    targets = zip(batch.target, batch.target_length.tolist(), strict=True)
    return [(s[:time], t[:end]) for (s, time), (t, end) in zip(sources, targets, strict=True)]


def padded(pairs: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Put strings together -> sources (batch, time, size), targets (batch, target_time)."""
    sources, targets = zip(*pairs, strict=True)
    return pad_sequence(list(sources), batch_first=True), pad_sequence(
        list(targets), batch_first=True, padding_value=PAD
    )


def peer_of(name: str, own: Trained) -> Peer:
    """Return the peer of a name: "notebook", or a layer of torch.nn."""
    return Notebook(own) if name == "notebook" else Plain(own, name)
