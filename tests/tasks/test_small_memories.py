"""Flip-flop, induction and count beside plain Python: what was written last, what came next, how many there are."""

from __future__ import annotations

from collections import Counter as Tally

import pytest
from draws import adversarial, at_length, is_fair, lengths
from plain_answers import STOP, printed

from bench.trial.streams import stream
from tasks import Task
from tasks.strings.count import Count
from tasks.strings.flip_flop import FlipFlop
from tasks.strings.induction import Induction


def every(task: Task) -> list[tuple[int, list[str], list[str]]]:
    """Return length, question and answer of random strings and of each adversarial kind."""
    drawn = [task.sample(lengths(), int(lengths().max()), stream("cpu", task.name))]
    drawn += [adversarial(task, kind) for kind in task.adversarial_kinds]
    return [(n, *pair) for batch in drawn for n, pair in zip(lengths().tolist(), printed(task, batch), strict=True)]


@pytest.mark.parametrize("ignored", [0.0, 0.5, 0.98, 1.0])
def test_a_flip_flop_holds_what_was_written_last(ignored: float) -> None:
    for length, question, answer in every(FlipFlop(ignored=ignored)):
        assert len(question) == 2 * length + 1
        assert (question[0], question[-1]) == ("w", "r")
        state = ""
        for mark, bit in zip(question[:-1:2], question[1::2], strict=True):
            state = bit if mark == "w" else state
            assert mark in "wi" or bit == state  # what is read is what was written
        assert answer == [state]


def test_instructions_and_bits_have_their_shares() -> None:
    questions = [question for question, _ in printed(FlipFlop(), at_length(FlipFlop(), 2, 6000))]
    marks = Tally(question[2] for question in questions)
    assert is_fair([marks["w"], marks["r"]])
    assert 0.77 < marks["i"] / 6000 < 0.83
    assert is_fair([Tally(question[1] for question in questions)[bit] for bit in "01"])
    assert is_fair([Tally(q[3] for q in questions if q[2] == "i")[bit] for bit in "01"])


def test_kinds_of_flip_flops_are_what_they_say() -> None:
    for question, _ in printed(FlipFlop(), adversarial(FlipFlop(), "all_writes")):
        assert set(question[:-1:2]) == {"w"}
    for kind in ("one_write", "other_bits"):
        for question, answer in printed(FlipFlop(), adversarial(FlipFlop(), kind)):
            assert question[:-1:2].count("w") == 1
            assert kind == "one_write" or set(question[3::2]) <= {"0", "1"} - set(answer)


@pytest.mark.parametrize("symbols", [3, 8])
def test_induction_says_what_came_next_the_last_time(symbols: int) -> None:
    for length, question, answer in every(Induction(symbols=symbols)):
        *string, bar, asked = question
        assert (len(string), bar) == (length + 1, "|")
        place = max(at for at, symbol in enumerate(string[:-1]) if symbol == asked)
        assert string[-1] != asked
        assert answer == [string[place + 1]]


def test_places_and_answers_of_induction_are_drawn_alike() -> None:
    task, places, answers = Induction(), Tally[int](), Tally[str]()
    for (*string, _, asked), (answer,) in printed(task, at_length(task, 4, 6000)):
        places[max(at for at, symbol in enumerate(string) if symbol == asked)] += 1
        answers[answer] += 1
    assert is_fair([places[at] for at in range(4)])
    assert is_fair([answers[symbol] for symbol in "abcdefgh"])


def test_kinds_of_induction_are_what_they_say() -> None:
    task = Induction()
    for kind in task.adversarial_kinds:
        for *string, _, asked in (question for question, _ in printed(task, adversarial(task, kind))):
            place = max(at for at, symbol in enumerate(string) if symbol == asked)
            if kind == "many_before":
                assert set(string[: place + 1]) == {asked}
            else:
                assert place == (0 if kind == "first_place" else len(string) - 2)


@pytest.mark.parametrize("asked", ["number", "majority"])
def test_ones_are_counted(asked: str) -> None:
    for length, question, answer in every(Count(asked=asked)):
        ones = question.count("1")
        assert len(question) == length
        more = "=" if 2 * ones == length else str(int(2 * ones > length))
        assert answer == ([more] if asked == "majority" else [*str(ones)[::-1], STOP])


def test_a_long_string_has_any_number_of_ones() -> None:
    drawn = [question.count("1") for question, _ in printed(Count(), at_length(Count(), 9, 8000))]
    assert is_fair([drawn.count(ones) for ones in range(10)])
    places = [
        Tally(
            question.index("1")
            for question, _ in printed(Count(), at_length(Count(), 4, 8000))
            if question.count("1") == 1
        )[at]
        for at in range(4)
    ]
    assert is_fair(places)
    ((question, answer),) = printed(Count(), at_length(Count(), 2000, 1))
    assert int("".join(answer[:-1][::-1])) == question.count("1")


def test_kinds_of_counts_are_what_they_say() -> None:
    task = Count()
    for kind in task.adversarial_kinds:
        for length, (question, _) in zip(lengths().tolist(), printed(task, adversarial(task, kind)), strict=True):
            ones = question.count("1")
            assert {
                "even_split": abs(ones - length // 2) <= 1,
                "all_alike": ones in (0, length),
                "odd_one": ones in (1, length - 1),
                "sorted": question == sorted(question, reverse=True),
            }[kind]


@pytest.mark.parametrize("length", [1, 2, 7, 8])
def test_chance_of_a_count_is_that_of_the_best_guess(length: int) -> None:
    more = sum(2 * ones > length for ones in range(length + 1)) / (length + 1)
    assert Count(asked="majority").chance(length) == pytest.approx(more)
    assert Count().chance(length) == pytest.approx(1 / (length + 1))


def test_wrong_settings_are_one_line() -> None:
    with pytest.raises(ValueError, match=r"^unknown asked 'both'; choose from: number, majority$"):
        Count(asked="both")
    with pytest.raises(ValueError, match=r"^ignored must be from 0 to 1; got 1.5$"):
        FlipFlop(ignored=1.5)
    with pytest.raises(ValueError, match=r"^symbols must be 3 or more; got 2$"):
        Induction(symbols=2)
