"""Answers beside the truth, what differs marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest

from bench.analysis.parts import tokens_of
from bench.records.store import Record
from bench.views.charts.material import EOS, NATS, primary_metric
from bench.views.charts.style import SeriesStyle

FILLER = "\N{WHITE VERTICAL RECTANGLE}"  # a symbol that is no symbol of a string, such as padding
ABSENT = "\N{MIDDLE DOT}"  # stands where an answer has ended and the truth has not
VISIBLE = {" ": "\N{OPEN BOX}", "\n": "\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}", "\t": "\N{RIGHTWARDS ARROW}"}
UNKNOWN = "\N{REPLACEMENT CHARACTER}"  # in place of a character that is out of the vocabulary
PLACES = {"inside": "in distribution", "edge": "the longest training length", "beyond": "extrapolation"}


@dataclass(frozen=True)
class ShownAnswer:
    """What a family wrote: pieces of text, each with whether it differs from the truth; how many symbols do."""

    model: str
    style: SeriesStyle
    pieces: list[tuple[bool, str]]
    wrong: int


@dataclass(frozen=True)
class Example:
    """A question with its truth and the answers to it; `heading` says which it is."""

    length: int
    heading: str
    given: str
    truth: str
    answers: list[ShownAnswer]


def examples(
    records: Mapping[str, list[Record]], styles: Mapping[str, SeriesStyle]
) -> tuple[list[Example], list[Example]]:
    """Return the strings that a task's records kept, with the answers of each family's first seed.

    The first string of each length, and the others.
    """
    asked: dict[tuple[int, tuple[str, ...], tuple[str, ...]], dict[str, list[str]]] = {}
    for model, (record, *_) in records.items():
        for sample in record["samples"]:
            if not tokens_of(sample["truth"]):
                continue
            parts = (sample["given"], sample["truth"], sample["written"])
            given, truth, written = (shown(tokens_of(part) or [], record) for part in parts)
            asked.setdefault((sample["length"], tuple(given), tuple(truth)), {})[model] = written
    first_record = next(iter(records.values()))[0]
    firsts: dict[int, Example] = {}
    others = []
    for key in sorted(asked, key=lambda key: key[0]):
        one = example(*key, asked[key], styles, heading_of(key[0], first_record))
        if firsts.setdefault(one.length, one) is not one:
            others.append(one)
    return list(firsts.values()), others


def example(
    length: int, given: Sequence[str], truth: Sequence[str], written: Mapping[str, list[str]],
    styles: Mapping[str, SeriesStyle], heading: str,
) -> Example:  # fmt: skip
    """Put the answers to one question under its truth, symbol under symbol."""
    widths = columns([truth, *written.values()])
    answers = [answer(model, styles[model], truth, own, widths) for model, own in written.items()]
    return Example(length, heading, spelled(given, columns([given])), spelled(truth, widths), answers)


def shown(symbols: list[str], record: Record) -> list[str]:
    """Return symbols as a page shows them: those of a text of characters so that each can be seen."""
    if primary_metric(record) != NATS or not all(map(is_narrow, symbols)):
        return symbols
    return [VISIBLE.get(symbol, UNKNOWN if symbol == "<unknown>" else symbol) for symbol in symbols]


def columns(strings: Sequence[Sequence[str]]) -> list[int] | None:
    """Return how wide each symbol is written, a blank after it; None where all are one character and stand close."""
    if all(is_narrow(symbol) for string in strings for symbol in string):
        return None
    return [max(map(len, symbols)) + 1 for symbols in zip_longest(*strings, fillvalue="")]


def is_narrow(symbol: str) -> bool:
    """Whether a symbol is one character, or one that ends a string."""
    return len(symbol) == 1 or symbol.startswith("<")


def spelled(symbols: Sequence[str], widths: list[int] | None, first: int = 0) -> str:
    """Write symbols, each as wide as its place asks; `first` is the place of the first."""
    if widths is None:
        return "".join(symbol if len(symbol) == 1 or symbol == EOS else FILLER for symbol in symbols)
    return "".join(symbol.ljust(widths[first + index]) for index, symbol in enumerate(symbols))


def answer(
    model: str, style: SeriesStyle, truth: Sequence[str], written: list[str], widths: list[int] | None
) -> ShownAnswer:
    """Compare an answer with the truth symbol by symbol; where only one of them goes on, all differs."""
    shown = [*written, *[ABSENT] * (len(truth) - len(written))]
    wrong = [index >= len(truth) or symbol != truth[index] for index, symbol in enumerate(shown)]
    pieces = []
    for differs, run in groupby(range(len(shown)), key=lambda index: wrong[index]):
        places = list(run)
        pieces.append((differs, spelled([shown[place] for place in places], widths, places[0])))
    return ShownAnswer(model, style, pieces, sum(wrong))


def heading_of(length: int, record: Record) -> str:
    """Say which length a string has, and where that lies; of a text that is judged by its symbols, one is shown."""
    if primary_metric(record) == NATS:
        return "The beginning of the evaluated text"
    longest = max(record["inside_lengths"])
    return f"Length {length}, {PLACES['edge' if length == longest else 'beyond' if length > longest else 'inside']}"
