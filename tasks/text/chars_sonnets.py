"""Sonnets: Shakespeare's 154, letters and blanks alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from tasks.base import register
from tasks.text.characters import Characters


@register("chars_sonnets")
@dataclass(frozen=True, kw_only=True)
class CharsSonnets(Characters):
    """Predict the next of 27 tokens, letters in lower case and the blank, of Shakespeare's sonnets: f r o -> r o m."""

    corpus: ClassVar[str] = "sonnets"
    is_open: ClassVar[bool] = False
    eval_lengths: tuple[int, ...] = (2, 3, 4, 8, 16, 32, 40, 64, 128, 256, 512, 1024, 18_178)

    def split(self, text: str) -> list[str]:
        """Cut a text into letters in lower case and blanks, one for whatever else stands between letters."""
        return list(re.sub("[^a-z]+", " ", text.lower()))
