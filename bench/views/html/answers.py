"""Answers beside the truth, what differs marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest

from bench.analysis.parts import tokens_of
from bench.records.store import Record
from bench.views.charts.material import EOS, NATS, primary_metric
from bench.views.charts.style import SeriesStyle

FILLER = "\N{WHITE VERTICAL RECTANGLE}"  # a token that is none of a string, such as padding
ABSENT = "\N{MIDDLE DOT}"  # stands where an answer has ended and the truth has not
VISIBLE = {" ": "\N{OPEN BOX}", "\n": "\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}", "\t": "\N{RIGHTWARDS ARROW}"}
UNKNOWN = "\N{REPLACEMENT CHARACTER}"  # in place of a character that is out of the vocabulary
PLACES = {"inside": "in distribution", "edge": "the longest training length", "beyond": "extrapolation"}


@dataclass(frozen=True)
class ShownAnswer:
    """What a family wrote: pieces of text, each with whether it differs from the truth; how many tokens do."""

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
    """Return the strings that a task's records kept, with the answers of each family's first seed, token under token.

    The first string of each length, and the others.
    """
    asked: dict[tuple[int, tuple[str, ...], tuple[str, ...]], dict[str, list[str]]] = {}
    for model, (record, *_) in records.items():
        for sample in record["samples"]:
            if tokens_of(sample["truth"]):
                parts = (sample["given"], sample["truth"], sample["written"])
                given, truth, written = (shown(tokens_of(part) or [], record) for part in parts)
                asked.setdefault((sample["length"], tuple(given), tuple(truth)), {})[model] = written
    first = next(iter(records.values()))[0]
    found: tuple[list[Example], list[Example]] = ([], [])
    for key, answers in sorted(asked.items(), key=lambda item: item[0][0]):
        length, question, right = key
        widths = columns([right, *answers.values()])
        beside = [answer(model, styles[model], right, own, widths) for model, own in answers.items()]
        head = heading_of(length, first)
        one = Example(length, head, spelled(question, columns([question])), spelled(right, widths), beside)
        found[any(other.length == length for other in found[0])].append(one)
    return found


def shown(tokens: list[str], record: Record) -> list[str]:
    """Return tokens as a page shows them: those of a text of characters so that each can be seen."""
    if primary_metric(record) != NATS or not all(map(is_narrow, tokens)):
        return tokens
    return [VISIBLE.get(token, UNKNOWN if token == "<unknown>" else token) for token in tokens]


def columns(strings: Sequence[Sequence[str]]) -> list[int] | None:
    """Return how wide each token is written, a blank after it; None where all are one character and stand close."""
    if all(is_narrow(token) for string in strings for token in string):
        return None
    return [max(map(len, tokens)) + 1 for tokens in zip_longest(*strings, fillvalue="")]


def is_narrow(token: str) -> bool:
    """Whether a token is one character, or one that ends a string."""
    return len(token) == 1 or token.startswith("<")


def spelled(tokens: Sequence[str], widths: list[int] | None, first: int = 0) -> str:
    """Write tokens, each as wide as its place asks; `first` is the place of the first."""
    if widths is None:
        return "".join(token if len(token) == 1 or token == EOS else FILLER for token in tokens)
    return "".join(token.ljust(widths[first + index]) for index, token in enumerate(tokens))


def answer(
    model: str, style: SeriesStyle, truth: Sequence[str], written: list[str], widths: list[int] | None
) -> ShownAnswer:
    """Compare an answer with the truth token by token; where only one of them goes on, all differs."""
    shown = [*written, *[ABSENT] * (len(truth) - len(written))]
    wrong = [index >= len(truth) or token != truth[index] for index, token in enumerate(shown)]
    pieces = []
    for differs, run in groupby(range(len(shown)), key=lambda index: wrong[index]):
        places = list(run)
        pieces.append((differs, spelled([shown[place] for place in places], widths, places[0])))
    return ShownAnswer(model, style, pieces, sum(wrong))


def heading_of(length: int, record: Record) -> str:
    """Say which length a string has, and where that lies; of a language model, one text is shown."""
    if primary_metric(record) == NATS:
        return "The beginning of the evaluated text"
    longest = max(record["inside_lengths"])
    return f"Length {length}, {PLACES['edge' if length == longest else 'beyond' if length > longest else 'inside']}"
