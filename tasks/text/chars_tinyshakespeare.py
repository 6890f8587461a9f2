"""Tiny Shakespeare: forty thousand lines of the plays, character by character."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tasks.base import register
from tasks.text.characters import Characters
from tasks.text.corpus import CONTEXTS


@register("chars_tinyshakespeare")
@dataclass(frozen=True, kw_only=True)
class CharsTinyShakespeare(Characters):
    """Predict the next character of Shakespeare's plays, for example K I N G -> I N G :.

    After Karpathy's char-rnn (2015), whose file this is.
    """

    corpus: ClassVar[str] = "tinyshakespeare"
    eval_lengths: tuple[int, ...] = (*CONTEXTS, 223_079)
