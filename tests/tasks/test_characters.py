"""The character tasks: what is trained on, what is evaluated, and that nothing evaluated is known before."""

from __future__ import annotations

from typing import Any

import pytest
from tiny import FIRST, LAST, known

from tasks import TASKS
from tasks.base import FIRST_TOKEN
from tasks.text.vocabulary import UNKNOWN

CHARACTERS = ("chars_nietzsche", "chars_sonnets", "chars_tinyshakespeare", "chars_moliere")
OPEN = ("chars_nietzsche", "chars_tinyshakespeare", "chars_moliere")


@pytest.mark.parametrize("name", CHARACTERS)
def test_another_evaluated_part_changes_nothing_that_training_knows(name: str, made_up: dict[str, Any]) -> None:
    before, evaluated = known(TASKS[name]()), TASKS[name]().judged_text().tolist()
    made_up["text"] = FIRST + LAST[::-1]
    made_up["clear"]()
    assert known(TASKS[name]()) == before
    assert TASKS[name]().judged_text().tolist() == evaluated[::-1]


@pytest.mark.parametrize("name", OPEN)
def test_a_character_that_training_has_not_is_unknown_in_the_evaluated_part(name: str, made_up: dict[str, Any]) -> None:
    before = known(TASKS[name]())
    made_up["text"] = FIRST + LAST.replace("d", "q")
    made_up["clear"]()
    task = TASKS[name]()
    assert known(task) == before
    evaluated = task.judged_text().tolist()
    assert [symbol == task.unknown for symbol in evaluated] == [letter == "q" for letter in LAST.replace("d", "q")]
    assert task.symbol(task.unknown - FIRST_TOKEN) == UNKNOWN
    assert task.unknown == task.target.size - 1


def test_the_sonnets_have_no_unknown_symbol_and_say_so(made_up: dict[str, Any]) -> None:
    assert TASKS["chars_sonnets"]().unknown is None
    made_up["text"] = FIRST + LAST.replace("d", "q")
    made_up["clear"]()
    with pytest.raises(ValueError, match="token 'q' is not in the vocabulary of 7 tokens"):
        TASKS["chars_sonnets"]().judged_text()


@pytest.mark.parametrize("name", CHARACTERS)
def test_the_training_part_comes_first_and_the_evaluated_part_behind_it(name: str, made_up: dict[str, Any]) -> None:
    task = TASKS[name]()
    assert task.text(task.training_text().tolist() if name != "chars_nietzsche" else []) in (FIRST, "")
    assert len(task.training_text()) == len(FIRST)
    assert task.text(task.judged_text().tolist()) == LAST


@pytest.mark.parametrize("borders", [(64, 80), (1, 2), (33, 99), (99, 100)])
def test_borders_are_percentages_of_the_text(borders: tuple[int, int], made_up: dict[str, Any]) -> None:
    made_up["text"] = text = "".join(chr(ord("a") + place * place % 26) for place in range(457))
    made_up["clear"]()
    task = TASKS["chars_tinyshakespeare"](borders=borders)
    first, last = (int(457 * border / 100) for border in borders)
    assert task.text(task.training_text().tolist()) == text[:first]
    seen = set(text[:first])
    expected = [letter if letter in seen else UNKNOWN for letter in text[first:last]]
    assert [task.text([symbol]) for symbol in task.judged_text().tolist()] == expected
    assert task.vocabulary.tokens == tuple(sorted(seen))


def test_rare_characters_of_the_training_part_are_unknown_and_letters_can_be_lowered(made_up: dict[str, Any]) -> None:
    made_up["text"] = "aAaBbc" * 2 + "xab"  # 15 characters, 12 for training: c is there twice
    made_up["clear"]()
    task = TASKS["chars_nietzsche"]()
    assert task.vocabulary.tokens == ("a", "b")
    shown = [task.text([symbol]) for symbol in task.training_text().tolist()]
    assert shown == [*"aaabb", UNKNOWN] * 2
    assert [task.text([symbol]) for symbol in task.judged_text().tolist()] == [UNKNOWN, "a", "b"]
    assert TASKS["chars_nietzsche"](lower=False, rare=2).vocabulary.tokens == tuple("ABabc")
