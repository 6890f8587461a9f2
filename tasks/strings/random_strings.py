"""Random strings, adversarial strings and stop symbols, shared by the tasks that rewrite a string."""

from __future__ import annotations

import torch
from torch import Tensor

from tasks.base import EOS, FIRST_TOKEN, PAD, Batch, before

STOPS = ("none", "once", "padded")
STRING_KINDS = ("one_symbol", "palindrome", "period_two", "odd_one")
FAR = (1, 2, 5, 10, 15, 20, 25, 30, 40, 60, 100, 200, 400, 1000, 2000)  # lengths that judge tasks of single abilities


def draw_strings(length: Tensor, max_length: int, symbols: int, generator: torch.Generator) -> Tensor:
    """Draw strings, each symbol uniform: length (batch,) -> (batch, max_length), PAD past each length."""
    shape, device = (len(length), max_length), generator.device
    drawn = torch.randint(FIRST_TOKEN, FIRST_TOKEN + symbols, shape, generator=generator, device=device)
    return drawn.masked_fill(~before(length, max_length), PAD)


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


def draw_places(length: Tensor, generator: torch.Generator) -> Tensor:
    """Draw a place within each row, uniform: length (batch,) -> (batch,), from 0 to below the length."""
    uniform = torch.rand(len(length), generator=generator, device=generator.device, dtype=torch.float64)
    return (uniform * length).long()


def append_stop(target: Tensor, length: Tensor) -> Tensor:
    """Put EOS behind each row: target (batch, time), length (batch,) -> (batch, time + 1)."""
    wider = torch.nn.functional.pad(target, (0, 1), value=PAD)
    return wider.scatter(1, length[:, None], EOS)


def rewritten(source: Tensor, length: Tensor, target: Tensor, stop: str) -> Batch:
    """Pair source and target strings (batch, time) of one length (batch,), ended as `stop` says.

    "none": no stop symbol, the output is as long as the input. "once": one stop symbol, scored. "padded": stop symbols
    fill the width and all are scored, so that scores depend on how wide the batch is (kept to show what that inflates).
    """
    if stop == "none":
        return Batch(source, length, target, length)
    stopped = append_stop(target, length)
    if stop == "once":
        return Batch(source, length, stopped, length + 1)
    filled = stopped.masked_fill(stopped == PAD, EOS)
    return Batch(source, length, filled, torch.full_like(length, filled.shape[1]))


def check_choice(field: str, value: str, choices: tuple[str, ...]) -> None:
    """Raise unless the setting's value is one of the choices."""
    if value not in choices:
        raise ValueError(f"unknown {field} {value!r}; choose from: {', '.join(choices)}")


def check_at_least(field: str, value: int, least: int) -> None:
    """Raise unless the setting is large enough."""
    if value < least:
        raise ValueError(f"{field} must be {least} or more; got {value}")


def check_share(field: str, value: float) -> None:
    """Raise unless the setting is a share."""
    if not 0 <= value <= 1:
        raise ValueError(f"{field} must be from 0 to 1; got {value}")
