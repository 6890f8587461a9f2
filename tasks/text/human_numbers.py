"""Human numbers: one . two . three . and so on, in English words."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import torch
from torch import Tensor

from tasks.base import FIRST_TOKEN, PAD, Batch, Tokens, register
from tasks.checks import check_choice
from tasks.strings.ends import append_eos
from tasks.text.language import Excerpts, Language, after_bos, pieces, whole

ONES = (
    "one two three four five six seven eight nine ten "
    "eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
WORDS = (*ONES, *TENS, "hundred", "thousand", ".")
SEPARATOR = len(WORDS) - 1
LARGEST = 999_999
FORMS = ("stream", "successor")


@register("human_numbers")
@dataclass(frozen=True, kw_only=True)
class HumanNumbers(Language):
    """Predict the next word of the numbers in order, for example one . two . three . (a language model).

    After Howard and Gugger, Deep Learning for Coders (2020), chapter 12. Words stand without hyphens or "and"; a
    separator stands between two numbers; a line is a number with it. A length names a text by its largest number;
    `starts` gives, for each evaluated length, the smallest: train on 1..7999, evaluate on that text itself (seen: a
    fit, not a test), on the published validation split 8001..9999 (8000 is missing there) and on three texts further
    out. That split is itself beyond training: "eight thousand" occurs in no training text. `missing` numbers are left
    out. In the modes chunks and windows evaluation too reads pieces of `window` words, and every word counts by itself.
    form "stream": one text in order, state carried. form "successor": read a number drawn from the text, write the
    next one, stop (one thousand two -> one thousand three <stop>); then a share of the numbers is held out by hash,
    and mode, window, stride and missing, which are about a text, stay as they are.
    """

    automaton: ClassVar[str] = (
        "regular, as numbers end below a million: a memory of six digits; "
        "without an end context-sensitive: a queue that repeats the high places"
    )
    train_lengths: tuple[int, ...] = (7999,)
    window: int = 48
    eval_lengths: tuple[int, ...] = (7999, 9999, 10999, 14000, 99999)
    starts: tuple[int, ...] = (1, 8001, 10001, 12001, 99001)
    missing: tuple[int, ...] = ()
    form: str = "stream"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice("form", self.form, FORMS)
        if len(self.train_lengths) != 1:
            raise ValueError(f"train_lengths must be one number, the training text's largest; got {self.train_lengths}")
        if len(self.starts) != len(self.eval_lengths):
            raise ValueError(f"starts must be as many as eval_lengths; got {self.starts} for {self.eval_lengths}")
        for first, last in zip(self.starts, self.eval_lengths, strict=True):
            if not 1 <= first <= last < LARGEST:
                raise ValueError(f"a text must run from 1 or more to below {LARGEST}; got {first}..{last}")
        if self.form == "successor":
            for field in ("mode", "window", "stride", "missing"):
                if getattr(self, field) != getattr(HumanNumbers, field):
                    raise ValueError(f"{field} {getattr(self, field)!r} cuts a text; form 'successor' has none")
        self._check_missing()

    def _check_missing(self) -> None:
        """Raise unless all numbers that are left out are of a text, and every text has another number."""
        lengths = {*self.train_lengths, *self.eval_lengths} if self.missing else set()
        for number in self.missing:
            if not isinstance(number, int) or not any(self.first_number(n) <= number <= n for n in lengths):
                raise ValueError(f"missing must be whole numbers of the texts; got {number!r}")
        for length in lengths:
            if not self.numbers(length):
                raise ValueError(f"missing leaves no number of {self.first_number(length)}..{length}")

    @property
    def data(self) -> str:
        """A text, or strings in the form "successor"."""
        return "text" if self.form == "stream" else "strings"

    @property
    def source(self) -> Tokens | None:  # type: ignore[override]  # the form "successor" has a source
        """Words, or nothing for a stream."""
        return None if self.form == "stream" else Tokens(len(WORDS))

    @property
    def target(self) -> Tokens:
        """Words and the separator."""
        return Tokens(len(WORDS))

    @property
    def separator(self) -> int | None:
        """The token between two numbers."""
        return FIRST_TOKEN + SEPARATOR if self.mode == "stream" else None

    def first_number(self, length: int) -> int:
        """The smallest number of the text whose largest is `length`."""
        starts = dict(zip(self.eval_lengths, self.starts, strict=True))
        return starts.get(length, 1)

    def training_text(self) -> Tensor:
        """Return the text of the training numbers (time,)."""
        return self.stream(max(self.train_lengths))

    def seen(self, length: int) -> bool:
        """Whether a text is the training text."""
        return length in self.train_lengths

    def numbers(self, length: int) -> list[int]:
        """Return the numbers of the text whose largest is `length`, a line each."""
        return [n for n in range(self.first_number(length), length + 1) if n not in self.missing]

    def boundaries(self, length: int) -> dict[str, Tensor]:
        """Return masks (lines,) of the numbers before which the last place rolls over, or the last two, or three.

        "tens": the number before, in the text, ends in 9 but not in 99; "hundreds": in 99 but not in 999;
        "thousands": in 999. {} where evaluation reads no lines.
        """
        if self.mode != "stream" or self.data != "text":
            return {}
        numbers = torch.tensor(self.numbers(length))
        previous = torch.nn.functional.pad(numbers[:-1], (1, 0))  # 0 before the first: it ends in no 9
        nines = torch.stack([previous % base == base - 1 for base in (10, 100, 1000)]).sum(0)
        masks = {name: nines == count for count, name in enumerate(("tens", "hundreds", "thousands"), 1)}
        return {name: mask for name, mask in masks.items() if mask.any()}

    def stream(self, length: int) -> Tensor:
        """Return the text that ends with number `length`, a separator between two numbers: (time,)."""
        words = [word for number in self.numbers(length) for word in (*spell(number), SEPARATOR)]
        return torch.tensor(words[:-1]) + FIRST_TOKEN

    def excerpts(self, length: int) -> Excerpts:
        """Return the whole text in one piece, or windows of it; see tasks/text/language.py."""
        text = self.stream(length)
        if self.mode == "stream":
            return whole(text)
        step = 1 if self.mode == "windows" else self.window
        return Excerpts(*pieces(after_bos(text), self.window, step), self.predicting(self.window))

    def sample(self, length: Tensor, max_length: int, generator: torch.Generator) -> Batch:
        """Draw numbers and their successors: length (batch,) -> source (batch, words), target (batch, words + 1)."""
        device = generator.device
        table, counts = _spelled(max_length + 1, device)
        first = torch.ones_like(length)
        for start, last in zip(self.starts, self.eval_lengths, strict=True):
            first = torch.where(length == last, start, first)
        uniform = torch.rand(len(length), generator=generator, device=device, dtype=torch.float64)
        number = first + (uniform * (length - first + 1)).long()
        answer_length = counts[number + 1]
        return Batch(table[number], counts[number], append_eos(table[number + 1], answer_length), answer_length + 1)

    def chance(self, length: int) -> float:
        """Every word of the shortest number of the text, separator or stop known, guessed; or one word, in pieces."""
        if self.mode != "stream":
            return 1 / len(WORDS)
        numbers = range(self.first_number(length), min(length, self.first_number(length) + 1000) + 1)
        return float(len(WORDS)) ** -min(len(spell(number)) for number in numbers)

    def symbol(self, index: int) -> str:
        """An English word, or the separator."""
        return WORDS[index]


@cache
def spell(number: int) -> tuple[int, ...]:
    """Spell 1..999,999 as indices into WORDS: 21 -> twenty one."""
    if number >= 1000:
        rest = spell(number % 1000) if number % 1000 else ()
        return (*spell(number // 1000), WORDS.index("thousand"), *rest)
    if number >= 100:
        rest = spell(number % 100) if number % 100 else ()
        return (number // 100 - 1, WORDS.index("hundred"), *rest)
    if number >= 20:
        ones = (number % 10 - 1,) if number % 10 else ()
        return (len(ONES) + number // 10 - 2, *ones)
    return (number - 1,)


@cache
def _spelled(most: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Spell 0..most as tokens (most + 1, words), PAD behind, and their lengths (most + 1,); row 0 is empty.

    Both are kept on the device once made.
    """
    spelled = [(), *(spell(number) for number in range(1, most + 1))]
    width = max(map(len, spelled))
    table = [[*(FIRST_TOKEN + word for word in words), *[PAD] * (width - len(words))] for words in spelled]
    return torch.tensor(table, device=device), torch.tensor([len(words) for words in spelled], device=device)
