"""The word tasks: what is trained on, what is evaluated, and that nothing evaluated is known before."""

from __future__ import annotations

from typing import Any

import pytest
from cases import where_here
from tiny import Tiny, known

from bench.probes.generate import read_prompt
from bench.spec.errors import RequestError
from tasks import TASKS
from tasks.base import EOS, FIRST_TOKEN
from tasks.text import words_brown
from tasks.text.corpora import brown_sentences
from tasks.text.corpus import CorpusTask
from tasks.text.vocabulary import UNKNOWN, Vocabulary, at_least, most_frequent, with_stops

SENTENCES = tuple((f"w{number}", "the", "end") for number in range(50))


def test_four_sentences_in_five_are_for_training_and_no_sentence_is_in_both_parts(made_up: dict[str, Any]) -> None:
    made_up["sentences"] = SENTENCES
    task = TASKS["words_brown"]()
    training = task.text(task.training_text().tolist()).split(" <stop>")
    numbers = [int(sentence.split()[0][1:]) for sentence in training if sentence]
    evaluated = [sentence for number, sentence in enumerate(SENTENCES) if number not in numbers]
    assert len(numbers) == 40
    assert numbers == sorted(set(numbers))
    expected = [word if word in ("the", "end") else UNKNOWN for sentence in evaluated for word in sentence]
    assert task.text(task.judged_text().tolist()).replace(" <stop>", "").split() == expected
    assert (task.judged_text() == EOS).nonzero().flatten().tolist() == list(range(3, 40, 4))
    assert numbers != list(range(40))


def test_other_words_in_the_evaluated_sentences_change_nothing_that_training_knows(made_up: dict[str, Any]) -> None:
    made_up["sentences"] = SENTENCES
    before = known(TASKS["words_brown"]())
    evaluated = TASKS["words_brown"]().judged_text().tolist()
    trained = set(TASKS["words_brown"]().vocabulary.tokens)
    changed = [sentence if sentence[0] in trained else ("new", "words", "end") for sentence in SENTENCES]
    made_up["sentences"] = tuple(changed)
    made_up["clear"]()
    task = TASKS["words_brown"]()
    assert known(task) == before
    the = FIRST_TOKEN + task.vocabulary.tokens.index("the")
    assert task.judged_text().tolist() == [task.unknown if symbol == the else symbol for symbol in evaluated]


def test_browns_vocabulary_is_the_most_frequent_words_of_its_training_sentences(made_up: dict[str, Any]) -> None:
    made_up["sentences"] = SENTENCES
    task = TASKS["words_brown"](words=3)
    first = min(word for sentence in SENTENCES for word in sentence if word in TASKS["words_brown"]().vocabulary.tokens)
    assert task.vocabulary.tokens[:2] == ("end", "the")
    assert task.target.size == FIRST_TOKEN + 4
    assert first == "end"
    assert (task.training_text() == task.unknown).sum() == 39  # all first words but the one that is kept


@pytest.mark.slow
@pytest.mark.parametrize("name", where_here([name for name, task in TASKS.items() if issubclass(task, CorpusTask)]))
def test_the_last_evaluated_length_is_the_judged_texts(name: str) -> None:
    task = TASKS[name]()
    assert max(task.eval_lengths) == task.eval_lengths[-1] == len(task.judged_text())
    assert list(task.eval_lengths) == sorted(set(task.eval_lengths))
    assert task.excerpts(task.eval_lengths[-1]).counted.all()


@pytest.mark.slow
@pytest.mark.parametrize("name", where_here(["words_brown"]))
def test_browns_parts_are_drawn_once_and_for_all(name: str) -> None:
    task, sentences = TASKS[name](), brown_sentences()
    parts = [(text == EOS).sum().item() for text in (task.training_text(), task.judged_text())]
    assert parts == [len(sentences) * 80 // 100, len(sentences) - len(sentences) * 80 // 100]
    assert len(task.training_text()) + len(task.judged_text()) == sum(len(sentence) + 1 for sentence in sentences)
    first = task.training_text()[:2000].tolist(), task.judged_text()[:2000].tolist()
    words_brown._cut.cache_clear()
    again = TASKS[name]()
    assert (again.training_text()[:2000].tolist(), again.judged_text()[:2000].tolist()) == first


def test_the_toy_corpus_is_evaluated_on_what_it_trains_on() -> None:
    task = TASKS["words_toy"]()
    text = "<s> Mary had a little lamb . <s> The lamb was white as snow . <s>"
    assert task.text(task.training_text().tolist()) == task.text(task.judged_text().tolist()) == text
    assert task.vocabulary.tokens == tuple(sorted(set(text.split())))
    assert (task.target.size, task.unknown, task.separator) == (FIRST_TOKEN + 12, None, None)
    assert all(task.seen(length) for length in task.eval_lengths)
    assert task.chance(16) == pytest.approx(1 / 12)


def test_what_a_person_types_is_encoded_and_unknown_symbols_are_named_once_each() -> None:
    task, toy = Tiny(), TASKS["words_toy"]()
    assert task.text(read_prompt(task, "a cat")) == "a cat"
    with pytest.raises(RequestError, match=r"task tiny has no symbol 'Z', 'q'; it knows \d+ tokens: "):
        read_prompt(task, "a ZqZ cat")
    assert read_prompt(toy, "The lamb .") == [
        FIRST_TOKEN + toy.vocabulary.tokens.index(w) for w in ("The", "lamb", ".")
    ]
    with pytest.raises(RequestError, match="'wolf'"):
        read_prompt(toy, "The wolf .")


def test_vocabularies_are_in_a_fixed_order() -> None:
    assert at_least("banana", 2, is_open=False) == Vocabulary(("a", "n"), False)
    assert most_frequent("b a b c c a d".split(), 3) == Vocabulary(("a", "b", "c"), True)
    assert with_stops(Vocabulary(("a",), True), ["ab", "", "a"]).tolist() == [3, 4, EOS, EOS, 3, EOS]
