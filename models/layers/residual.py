"""Recurrences in residual layers, as deep scanned models have them, and the settings that such families share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.base import Seq2Seq, Space
from models.layers.linear import Linear
from models.layers.recurrent import RecurrentDecoder, RecurrentEncoder, RecurrentFamily
from models.layers.steps import RecurrentLayer, state_after


class ResidualLayer(RecurrentLayer):
    """x + mixer(norm(x)): the recurrence reads what the layers below wrote and adds to it.

    mixer(hidden) builds the recurrence. The norm is the root mean square (Zhang and Sennrich 2019, arXiv 1910.07467),
    without weights: those of the mixer's first layer do their work.
    """

    def __init__(self, width: int, hidden: int, mixer: Callable[[int], RecurrentLayer]) -> None:
        super().__init__()
        self.input = nn.Identity() if width == hidden else Linear(width, hidden)
        self.mixer = mixer(hidden)
        self.parts = 1 + self.mixer.parts

    def forward(self, inputs: Tensor, state: Tensor, length: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read inputs (batch, time, width); see `RecurrentLayer`."""
        inputs = self.input(inputs)
        mixed, after = self.mixer(F.rms_norm(inputs, inputs.shape[-1:]), state[1:], length)
        outputs = inputs + mixed
        return outputs, torch.cat([state_after(outputs, length), after])


@dataclass(frozen=True, kw_only=True)
class ResidualFamily(RecurrentFamily):
    """Residual layers that read the source and then write the target, as a language model goes on from its prompt."""

    layers: int = 2

    @abstractmethod
    def mixer(self, hidden: int) -> RecurrentLayer:
        """Return a layer's recurrence."""

    def layer(self, width: int, hidden: int) -> RecurrentLayer:
        """Return one residual layer."""
        return ResidualLayer(width, hidden, self.mixer)

    def build(self, source: Space | None, target: Space) -> Seq2Seq:
        """Compose encoder and decoder around the decoder's layers.

        Layers of the encoder's own would leave whatever its last one makes of its state without a use.
        """
        model = super().build(source, target)
        if isinstance(model.encoder, RecurrentEncoder) and isinstance(model.decoder, RecurrentDecoder):
            model.encoder.stack = model.decoder.stack
        return model
