"""Nietzsche: Beyond Good and Evil, character by character."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tasks.base import register
from tasks.text.characters import Characters
from tasks.text.corpus import CONTEXTS


@register("chars_nietzsche")
@dataclass(frozen=True, kw_only=True)
class CharsNietzsche(Characters):
    """Predict the next character of Beyond Good and Evil (Nietzsche), in lower case, for example t h e -> h e _.

    After Howard's Deep Learning course (fast.ai 2017, lesson 6): characters seen fewer than three times are unknown.
    """

    corpus: ClassVar[str] = "nietzsche"
    eval_lengths: tuple[int, ...] = (*CONTEXTS, 120_179)
    lower: bool = True
    rare: int = 3
