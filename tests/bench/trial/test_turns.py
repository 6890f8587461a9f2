"""Work that pauses: done to its end, or in turns with others."""

from __future__ import annotations

from bench.trial.turns import Turns, in_turns, to_the_end


def work(name: str, pauses: int, done: list[str]) -> Turns[str]:
    for _ in range(pauses):
        done.append(name)
        yield
    done.append(f"{name}!")
    return name


def test_work_is_done_to_its_end() -> None:
    done: list[str] = []
    assert to_the_end(work("a", 2, done)) == "a"
    assert to_the_end(work("b", 0, done)) == "b"
    assert done == ["a", "a", "a!", "b!"]


def test_works_take_turns_and_those_that_end_are_left_out() -> None:
    done: list[str] = []
    in_turns([work("a", 1, done), work("b", 3, done), work("c", 0, done)])
    assert done == ["a", "b", "c!", "a!", "b", "b", "b!"]
