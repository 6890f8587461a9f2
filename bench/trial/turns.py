"""Work that pauses, so that other work may have its turn: a generator that yields nothing, and returns what is made."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import TypeAlias, TypeVar

Made = TypeVar("Made")
Turns: TypeAlias = Generator[None, None, Made]


def to_the_end(work: Turns[Made]) -> Made:
    """Do some work without a pause -> what it makes."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            made: Made = end.value
            return made


def in_turns(works: Iterable[Turns[object]]) -> None:
    """Do several works, each going on to its next pause when its turn comes."""
    left = list(works)
    while left:
        left = [work for work in left if goes_on(work)]


def goes_on(work: Turns[object]) -> bool:
    """Do some work up to its next pause; False where it ended."""
    try:
        next(work)
    except StopIteration:
        return False
    return True
