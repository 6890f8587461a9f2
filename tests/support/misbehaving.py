"""Plug-ins of the smallest models, some of which misbehave, and what a run then says."""

from __future__ import annotations

from pathlib import Path

from harness import Outcome

HEAD = """
import os, time
from torch import nn
from models import register
"""


MODEL = """
@register("{name}")
class Mean(nn.Module):
    def __init__(self, source, target):
        super().__init__()
        self.readout = nn.Embedding(target.size, target.size)

    def forward(self, source, source_length, target_in):
        if self.training:
            {deed}
        return {scores}
"""


def small_model(name: str, deed: str = "pass", scores: str = "self.readout(target_in)") -> str:
    """Return the source of a model that scores each next symbol by the true one before it; deed: while it trains."""
    return HEAD + MODEL.format(name=name, deed=deed, scores=scores)


def small_models(*names: str) -> str:
    """Return the source of several such models."""
    return "".join(map(small_model, names))


def plugin(folder: Path, **deeds: str) -> tuple[str, Path, str, str]:
    """Write a plug-in of models that do something while they train; return the options that select them."""
    file = folder / "bad.py"
    file.write_text("".join(small_model(name, deed) for name, deed in deeds.items()))
    return "--plugin", file, "--models", ",".join(deeds)


def said(outcome: Outcome) -> list[str]:
    """Return the lines about what failed."""
    lines = outcome.err.splitlines()
    assert all(line.startswith("failed: ") for line in lines), outcome.err
    return lines
