"""What a corpus task trains on and what it judges: nothing judged is known before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from cases import where_here
from tiny import Tiny

from bench.probes.generate import read_prompt
from bench.spec.errors import RequestError
from tasks import TASKS, Task
from tasks.base import FIRST_SYMBOL, STOP
from tasks.text import characters, words_brown
from tasks.text.corpora import brown_sentences
from tasks.text.human_numbers import HumanNumbers
from tasks.text.vocabulary import UNKNOWN, Vocabulary, at_least, most_frequent, with_stops

CHARACTERS = ("chars_nietzsche", "chars_sonnets", "chars_tinyshakespeare", "chars_moliere")
OPEN = ("chars_nietzsche", "chars_tinyshakespeare", "chars_moliere")
CORPORA = (*CHARACTERS, "words_brown", "words_toy")
FIRST, LAST = "abc abd abe abf " * 20, "abcd bade " * 8  # 80 % and 20 %


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The texts that stand for every corpus: change them, then call `clear`."""
    texts: dict[str, Any] = {"text": FIRST + LAST, "sentences": ()}
    monkeypatch.setattr(characters, "corpus_text", lambda _: texts["text"])
    monkeypatch.setattr(words_brown, "brown_sentences", lambda: texts["sentences"])

    def clear() -> None:
        characters._parts.cache_clear()
        words_brown._cut.cache_clear()

    texts["clear"] = clear
    clear()
    yield texts
    monkeypatch.undo()
    clear()


def known(task: Task) -> tuple[object, ...]:
    """What is known before anything is judged."""
    return task.vocabulary, task.training_text().tolist(), task.target


@pytest.mark.parametrize("name", CHARACTERS)
def test_another_judged_part_changes_nothing_that_training_knows(name: str, made_up: dict[str, Any]) -> None:
    before, judged = known(TASKS[name]()), TASKS[name]().judged_text().tolist()
    made_up["text"] = FIRST + LAST[::-1]
    made_up["clear"]()
    assert known(TASKS[name]()) == before
    assert TASKS[name]().judged_text().tolist() == judged[::-1]


@pytest.mark.parametrize("name", OPEN)
def test_a_character_that_training_has_not_is_unknown_in_the_judged_part(name: str, made_up: dict[str, Any]) -> None:
    before = known(TASKS[name]())
    made_up["text"] = FIRST + LAST.replace("d", "q")
    made_up["clear"]()
    task = TASKS[name]()
    assert known(task) == before
    judged = task.judged_text().tolist()
    assert [symbol == task.unknown for symbol in judged] == [letter == "q" for letter in LAST.replace("d", "q")]
    assert task.symbol(task.unknown - FIRST_SYMBOL) == UNKNOWN
    assert task.unknown == task.target.size - 1


def test_the_sonnets_have_no_unknown_symbol_and_say_so(made_up: dict[str, Any]) -> None:
    assert TASKS["chars_sonnets"]().unknown is None
    made_up["text"] = FIRST + LAST.replace("d", "q")
    made_up["clear"]()
    with pytest.raises(ValueError, match="token 'q' is not in the vocabulary of 7 tokens"):
        TASKS["chars_sonnets"]().judged_text()


@pytest.mark.parametrize("name", CHARACTERS)
def test_the_training_part_comes_first_and_the_judged_part_behind_it(name: str, made_up: dict[str, Any]) -> None:
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


SENTENCES = tuple((f"w{number}", "the", "end") for number in range(50))


def test_four_sentences_in_five_are_for_training_and_no_sentence_is_in_both_parts(made_up: dict[str, Any]) -> None:
    made_up["sentences"] = SENTENCES
    task = TASKS["words_brown"]()
    training = task.text(task.training_text().tolist()).split(" <stop>")
    numbers = [int(sentence.split()[0][1:]) for sentence in training if sentence]
    judged = [sentence for number, sentence in enumerate(SENTENCES) if number not in numbers]
    assert len(numbers) == 40
    assert numbers == sorted(set(numbers))
    expected = [word if word in ("the", "end") else UNKNOWN for sentence in judged for word in sentence]
    assert task.text(task.judged_text().tolist()).replace(" <stop>", "").split() == expected
    assert (task.judged_text() == STOP).nonzero().flatten().tolist() == list(range(3, 40, 4))
    assert numbers != list(range(40))


def test_other_words_in_the_judged_sentences_change_nothing_that_training_knows(made_up: dict[str, Any]) -> None:
    made_up["sentences"] = SENTENCES
    before = known(TASKS["words_brown"]())
    judged = TASKS["words_brown"]().judged_text().tolist()
    trained = set(TASKS["words_brown"]().vocabulary.tokens)
    changed = [sentence if sentence[0] in trained else ("new", "words", "end") for sentence in SENTENCES]
    made_up["sentences"] = tuple(changed)
    made_up["clear"]()
    task = TASKS["words_brown"]()
    assert known(task) == before
    the = FIRST_SYMBOL + task.vocabulary.tokens.index("the")
    assert task.judged_text().tolist() == [task.unknown if symbol == the else symbol for symbol in judged]


def test_browns_vocabulary_is_the_most_frequent_words_of_its_training_sentences(made_up: dict[str, Any]) -> None:
    made_up["sentences"] = SENTENCES
    task = TASKS["words_brown"](words=3)
    first = min(word for sentence in SENTENCES for word in sentence if word in TASKS["words_brown"]().vocabulary.tokens)
    assert task.vocabulary.tokens[:2] == ("end", "the")
    assert task.target.size == FIRST_SYMBOL + 4
    assert first == "end"
    assert (task.training_text() == task.unknown).sum() == 39  # all first words but the one that is kept


@pytest.mark.slow
@pytest.mark.parametrize("name", where_here(CORPORA))
def test_the_last_evaluated_length_is_the_judged_texts(name: str) -> None:
    task = TASKS[name]()
    assert max(task.eval_lengths) == task.eval_lengths[-1] == len(task.judged_text())
    assert list(task.eval_lengths) == sorted(set(task.eval_lengths))
    assert task.excerpts(task.eval_lengths[-1]).counted.all()


@pytest.mark.slow
@pytest.mark.parametrize("name", where_here(["words_brown"]))
def test_browns_parts_are_drawn_once_and_for_all(name: str) -> None:
    task, sentences = TASKS[name](), brown_sentences()
    parts = [(text == STOP).sum().item() for text in (task.training_text(), task.judged_text())]
    assert parts == [len(sentences) * 80 // 100, len(sentences) - len(sentences) * 80 // 100]
    assert len(task.training_text()) + len(task.judged_text()) == sum(len(sentence) + 1 for sentence in sentences)
    first = task.training_text()[:2000].tolist(), task.judged_text()[:2000].tolist()
    words_brown._cut.cache_clear()
    again = TASKS[name]()
    assert (again.training_text()[:2000].tolist(), again.judged_text()[:2000].tolist()) == first


def test_the_toy_corpus_is_judged_on_what_it_trains_on() -> None:
    task = TASKS["words_toy"]()
    text = "<s> Mary had a little lamb . <s> The lamb was white as snow . <s>"
    assert task.text(task.training_text().tolist()) == task.text(task.judged_text().tolist()) == text
    assert task.vocabulary.tokens == tuple(sorted(set(text.split())))
    assert (task.target.size, task.unknown, task.separator) == (FIRST_SYMBOL + 12, None, None)
    assert all(task.seen(length) for length in task.eval_lengths)
    assert task.chance(16) == pytest.approx(1 / 12)


def test_what_a_person_types_is_encoded_and_unknown_symbols_are_named_once_each() -> None:
    task, toy = Tiny(), TASKS["words_toy"]()
    assert task.text(read_prompt(task, "a cat")) == "a cat"
    with pytest.raises(RequestError, match=r"task tiny has no symbol 'Z', 'q'; it knows \d+ tokens: "):
        read_prompt(task, "a ZqZ cat")
    assert read_prompt(toy, "The lamb .") == [
        FIRST_SYMBOL + toy.vocabulary.tokens.index(w) for w in ("The", "lamb", ".")
    ]
    with pytest.raises(RequestError, match="'wolf'"):
        read_prompt(toy, "The wolf .")


def test_vocabularies_are_in_a_fixed_order() -> None:
    assert at_least("banana", 2, is_open=False) == Vocabulary(("a", "n"), False)
    assert most_frequent("b a b c c a d".split(), 3) == Vocabulary(("a", "b", "c"), True)
    assert with_stops(Vocabulary(("a",), True), ["ab", "", "a"]).tolist() == [3, 4, STOP, STOP, 3, STOP]


def test_missing_numbers_are_left_out_of_the_text_and_of_nothing_else() -> None:
    settings: dict[str, Any] = {"train_lengths": (30,), "eval_lengths": (30, 60), "starts": (1, 31)}
    whole, gap = HumanNumbers(**settings), HumanNumbers(**settings, missing=(1, 7, 40, 60))
    for length, left_out in ((30, (1, 7)), (60, (40, 60))):
        lines = whole.text(whole.stream(length).tolist()).split(" . ")
        first = 1 if length == 30 else 31
        kept = [line for number, line in enumerate(lines, first) if number not in left_out]
        assert gap.text(gap.stream(length).tolist()).split(" . ") == kept
        assert len(kept) == 28
    assert gap.separator == whole.separator
    assert HumanNumbers(**settings, mode="chunks").separator is None
