"""The table of tries: what is written is read, sorted, a pair's lines replaced together."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from tries import a_try

from bench.spec.errors import WorkError
from bench.studies.tuning.table import read_tries, replace_pair, write_tries

TRIES = [
    a_try("short", hidden=64, row="addition(plain,1-10)"),
    a_try("short", hidden=64, score=None, nats=1.25),
    a_try("short", hidden=128),
    a_try("long", learning_rate=0.0001),
    a_try("confirm", seed=101),
    a_try("confirm", seed=102),
    a_try("default", hidden=8, seed=101),
    a_try("short", model="lstm"),
]


def test_what_is_written_is_read_again_in_its_order(tmp_path: Path) -> None:
    mixed = random.Random(0).sample(TRIES, len(TRIES))
    write_tries(tmp_path / "tuning.csv", mixed)
    assert read_tries(tmp_path / "tuning.csv") == TRIES
    assert read_tries(tmp_path / "none.csv") == []


def test_a_pair_is_replaced_and_others_stay(tmp_path: Path) -> None:
    file = tmp_path / "tuning.csv"
    write_tries(file, TRIES)
    replace_pair(file, ("copy", "gru"), [new := a_try("long", score=0.75)])
    assert read_tries(file) == [TRIES[0], new, TRIES[-1]]
    replace_pair(file, ("copy", "gru"), [])
    assert read_tries(file) == [TRIES[0], TRIES[-1]]


@pytest.mark.parametrize(("old", "new"), [("short", "what"), (",100,", ",99,"), ("0.003", "what"), ("seed", "what")])
def test_a_table_that_is_none_is_one_line(old: str, new: str, tmp_path: Path) -> None:
    file = tmp_path / "tuning.csv"
    write_tries(file, [a_try("short")])
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(WorkError, match="is no table of tries"):
        read_tries(file)
