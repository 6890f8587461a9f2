"""Two tasks beside their published implementations: alphabets, tokens, chance, and the examples that these print.

Modular arithmetic: google-deepmind/neural_networks_chomsky_hierarchy, tasks/regular/modular_arithmetic.py. Recall:
HazyResearch/zoology, zoology/data/associative_recall.py, `multiquery_ar`.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from draws import at_length
from plain_answers import STOP, printed

from bench.trial.streams import stream
from tasks.arithmetic.modular import Modular
from tasks.base import FIRST_TOKEN
from tasks.strings.recall import Recall

MODULAR = {"1+2*3": 2, "1-1-1": 4, "0*1+4*3-2": 0}  # modulo 5, as its docstring prints them
VOCABULARY, KEYS, VALUES, PAIRS = 8192, 4095, 4096, 64  # theirs: ids 1.. are keys, the upper half values; 0 is a filler


@pytest.mark.parametrize(("expression", "value"), MODULAR.items())
def test_published_expressions_have_the_published_values(expression: str, value: int) -> None:
    task, operands = Modular(), len(expression) // 2 + 1
    ids = {task.symbol(index): FIRST_TOKEN + index for index in range(task.source.count)}
    asked, answers = torch.tensor([ids[token] for token in expression]), set[int]()
    for chunk in range(10):  # the longest is one of 253,125
        length = torch.full((200_000,), operands)
        batch = task.sample(length, operands, stream("cpu", "published", chunk))
        answers |= set(batch.target[(batch.source == asked).all(1)].flatten().tolist())
    assert answers == {FIRST_TOKEN + value}


def test_modular_arithmetic_has_the_published_shapes() -> None:
    """Their inputs are odd in length and have a symbol more, a blank, that no expression holds; five outputs."""
    task = Modular()
    assert (task.source.count, task.target.count, task.chance(20)) == (5 + 4 - 1, 5, 1 / 5)
    batch = at_length(task, 20, 4)
    assert batch.source.shape == (4, 2 * 20 - 1)
    assert batch.target.shape == (4, 1)


def test_recall_has_the_published_shapes() -> None:
    """Theirs has two tokens a pair too; its queries stand among fillers, ours behind a bar, each answered in turn."""
    task = Recall(letters=KEYS, width=1, values=VALUES, queries=PAIRS, eval_lengths=(PAIRS,))
    assert (task.source.count, task.target.count) == (VOCABULARY, VALUES)
    batch = at_length(task, PAIRS, 4)
    assert batch.source.shape == (4, 2 * PAIRS + 1 + PAIRS)
    assert batch.target.shape == (4, PAIRS + 1)
    assert replace(task, queries=1).chance(PAIRS) == pytest.approx(1 / VALUES)


def test_a_published_recall_has_the_published_answers() -> None:
    """Keys 2 and 4 with values 8 and 7, then 4 and 2 asked for, of twelve ids: b and d with 2 and 1 here."""
    task = Recall(letters=5, width=1, values=6, queries=2, train_lengths=(2,), eval_lengths=(2,))
    drawn = {" ".join(question): target for question, target in printed(task, at_length(task, 2, 50_000))}
    assert drawn["b 2 d 1 | d b"] == ["1", "2", STOP]
