"""Answers that another program wrote: read strictly, each matched with the example that it answers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.exchange.examples import ExampleSet
from bench.records.files import content_of
from bench.spec.errors import RequestError
from tasks.base import EOS

Written = list[int] | list[float]  # token ids without EOS and what is behind it, or the numbers of a signal


@dataclass(frozen=True)
class Answered:
    """A set and what was written for each of its examples, in order."""

    examples: ExampleSet
    written: list[Written]


class Reader:
    """Reads the lines of a file of answers to some sets; what is wrong is one RequestError that names file and line.

    tokens: names of the target's token ids, "" for those that no answer has; [] where answers are numbers
    """

    def __init__(self, file: Path, row: str, sets: Sequence[ExampleSet], tokens: Sequence[str]) -> None:
        self.file, self.row, self.sets = file, row, sets
        self.places = {
            name: (number, place) for number, each in enumerate(sets) for place, name in enumerate(each.ids())
        }
        self.tokens = {name: number for number, name in enumerate(tokens) if name}
        self.seen: dict[str, int] = {}

    def answers(self) -> list[Answered]:
        """Return the sets with an answer for each example."""
        found: dict[str, Written] = {}
        for number, line in self._lines():
            name = self._name(line, number)
            found[name] = self._written(line.get("answer"), number)
        self._check_whole(found)
        return [Answered(each, [found[name] for name in each.ids()]) for each in self.sets]

    def _lines(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield the objects of the file, but for a header and blank lines, with their numbers."""
        try:
            text = content_of(self.file).decode("utf-8")
        except (ValueError, UnicodeDecodeError) as error:
            why = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
            raise RequestError(f"{str(self.file)!r} {why}") from error
        for number, line in enumerate(text.split("\n"), start=1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise self._wrong(number, "is not JSON") from error
            if not isinstance(value, dict):
                raise self._wrong(number, 'is no object with "id" and "answer"')
            if "lengthwise" not in value:
                yield number, value

    def _name(self, line: Mapping[str, Any], number: int) -> str:
        """Return a line's id, which must be that of an example and new."""
        name = line.get("id")
        if not isinstance(name, str):
            raise self._wrong(number, 'has no "id"')
        if name not in self.places:
            raise self._wrong(number, self._why_unknown(name))
        if name in self.seen:
            raise self._wrong(number, f"answers {name!r} again, which line {self.seen[name]} did")
        self.seen[name] = number
        return name

    def _why_unknown(self, name: str) -> str:
        """Say why there is no example of an id: another set's hash, or nothing like it."""
        example, _, digest = name.rpartition("-")
        for each in self.places:
            known, _, own = each.rpartition("-")
            if known == example:
                return (
                    f"has id {name!r}, of another set: its hash is {digest!r}, here {own!r}; export the examples again"
                )
        return f"has id {name!r}, which is no example of {self.row} that is scored here"

    def _written(self, answer: Any, number: int) -> Written:
        """Return an answer's tokens up to EOS, which may be left out, or its numbers."""
        if not isinstance(answer, list):
            raise self._wrong(number, 'has no list "answer"')
        if not self.tokens:
            if any(isinstance(value, bool) or not isinstance(value, int | float) for value in answer):
                raise self._wrong(number, "has an answer that is not all numbers")
            return [float(value) for value in answer]
        found = []
        for item in answer:
            token = self.tokens.get(item) if isinstance(item, str) else item
            if isinstance(token, bool) or not isinstance(token, int) or token not in self.tokens.values():
                raise self._wrong(
                    number, f"has {item!r}, no token of the target; choose from: {', '.join(self.tokens)}"
                )
            found.append(token)
        return found[: found.index(EOS)] if EOS in found else found

    def _check_whole(self, found: Mapping[str, Written]) -> None:
        """Raise unless every example has its answer."""
        for each in self.sets:
            missing = [name for name in each.ids() if name not in found]
            if missing:
                where = f"{len(missing)} of the {len(each.ids())} examples of length {each.length} ({each.kind})"
                raise RequestError(f"{str(self.file)!r} has no answer to {where}, the first is {missing[0]!r}")

    def _wrong(self, number: int, why: str) -> RequestError:
        """Return the error of a line."""
        return RequestError(f"{str(self.file)!r}: line {number} {why}")
