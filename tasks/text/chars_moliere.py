"""Moliere: plays in French verse and prose, character by character."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from tasks.base import register
from tasks.text.characters import Characters


@register("chars_moliere")
@dataclass(frozen=True, kw_only=True)
class CharsMoliere(Characters):
    """Predict the next character of Moliere's plays, cleaned as tasks/text/corpora.py says: A c t e -> c t e _."""

    corpus: ClassVar[str] = "moliere"
    eval_lengths: tuple[int, ...] = (2, 8, 32, 128, 1024, 463_799)
