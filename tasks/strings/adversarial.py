"""Adversarial strings: such as random ones hardly ever are, on which a short cut fails."""

from __future__ import annotations

import torch
from torch import Tensor

from tasks.base import FIRST_TOKEN, PAD, before
from tasks.checks import check_choice
from tasks.strings.draw import draw_places, draw_strings

STRING_KINDS = ("one_symbol", "palindrome", "period_two", "odd_one")


def draw_adversarial(
    kind: str,
    length: Tensor,
    max_length: int,
    symbols: int,
    generator: torch.Generator,
    odd_place: Tensor | None = None,
) -> Tensor:
    """Draw strings of one of STRING_KINDS: length (batch,) -> (batch, max_length), PAD past each length.

    "one_symbol": a a a a a; "palindrome": a b c b a; "period_two": a b a b a; "odd_one": a a a b a, the other symbol
    at `odd_place` (batch,), by default at random. Which symbols these are is random.
    """
    check_choice("adversarial kind", kind, STRING_KINDS)
    device, rows = generator.device, len(length)
    time = torch.arange(max_length, device=device).expand(rows, max_length)
    inside = before(length, max_length)
    if kind == "palindrome":
        mirror = (length[:, None] - 1 - time).clamp(min=0)
        drawn = draw_strings(length, max_length, symbols, generator).gather(1, torch.minimum(time, mirror))
        return drawn.masked_fill(~inside, PAD)
    one = torch.randint(symbols, (rows, 1), generator=generator, device=device)
    other = (one + torch.randint(1, max(symbols, 2), (rows, 1), generator=generator, device=device)) % symbols
    if kind == "odd_one":
        place = draw_places(length, generator) if odd_place is None else odd_place
        is_other = time == place[:, None]
    else:
        is_other = (time % 2 == 1) & (kind == "period_two")
    return (FIRST_TOKEN + torch.where(is_other, other, one)).masked_fill(~inside, PAD)
