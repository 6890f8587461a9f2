"""What a table says of each pair, and the recipes it gives: the file is what the table says."""

from __future__ import annotations

import tomllib
from typing import Any

from tries import a_try

from bench.studies.tuning.space import Setting
from bench.studies.tuning.table import Try
from bench.studies.tuning.verdicts import recipes_toml, verdicts


def tries(confirm: tuple[Any, ...], default: tuple[Any, ...], **changes: Any) -> list[Try]:
    """Return a pair's tries with these scores of the winner and of the default recipe."""
    found = [a_try("short", 0.7, **changes), a_try("long", 0.8, **changes)]
    for stage, scores in (("confirm", confirm), ("default", default)):
        found += [a_try(stage, score, seed=101 + index, **changes) for index, score in enumerate(scores)]
    return found


def test_the_winner_is_a_recipe_where_it_beats_the_default_one() -> None:
    (better,) = verdicts(tries((0.9, 1.0), (0.9, 0.9)))
    assert (better.better, better.tuned, better.learnt) == (True, Setting(0.003, 64, 6000), True)
    assert better.said.startswith("copy gru: exact_match 0.9500 with learning_rate=0.003, hidden=64, steps=6000")
    for default in ((0.9, 1.0), (1.0, 1.0)):
        (same,) = verdicts(tries((0.9, 1.0), default))
        assert not same.better
        assert "the default recipe stays" in same.said


def test_the_seed_that_chose_the_winner_does_not_count() -> None:
    found = [*tries((0.5, 0.5), (0.6, 0.6)), a_try("long", 1.0, hidden=9)]
    assert not verdicts(found)[0].better


def test_an_error_is_the_better_the_smaller_it_is() -> None:
    better, worse = verdicts(
        [*tries((0.1, 0.2), (0.3, 0.3), metric="nrmse"), *tries((0.3, 0.3), (0.1, 0.1), metric="nrmse", model="lstm")]
    )
    assert (better.better, worse.better) == (True, False)


def test_one_that_diverged_beats_nothing_and_is_beaten() -> None:
    assert not verdicts(tries((1.0, None), (0.1, 0.1)))[0].better
    assert verdicts(tries((0.1, 0.1), (1.0, None)))[0].better
    assert not verdicts(tries((None, None), (None, None)))[0].better


def test_a_pair_none_of_whose_tries_gets_99_percent_is_not_learnt() -> None:
    (poor,) = verdicts(tries((0.98, 0.98), (0.5, 0.5)))
    assert (poor.better, poor.learnt) == (True, False)
    assert poor.said.endswith("tuned; not learnt: 98.0 % exact at best")


def test_a_search_that_is_not_finished_gives_no_recipe() -> None:
    for confirm in ((), (1.0,)):
        (unfinished,) = verdicts(tries(confirm, (0.1, 0.1)))
        assert (unfinished.tuned, unfinished.better) == (None, False)
        assert unfinished.said == "copy gru: its search is not finished"


def test_the_file_of_recipes_is_what_the_table_says() -> None:
    found = [
        *tries((0.9, 0.9), (0.1, 0.1), row="addition(plain,1-10)"),
        *tries((0.9, 0.9), (0.1, 0.1), learning_rate=1e-05, hidden=128),
        *tries((0.9, 0.9), (0.1, 0.1), model="lstm"),
        *tries((0.1, 0.1), (0.9, 0.9), model="elman"),
    ]
    assert tomllib.loads(recipes_toml(verdicts(found))) == {
        "addition(plain,1-10)": {"gru": {"settings": {"hidden": 64}, "learning_rate": 0.003, "steps": 6000}},
        "copy": {
            "gru": {"settings": {"hidden": 128}, "learning_rate": 1e-05, "steps": 6000},
            "lstm": {"settings": {"hidden": 64}, "learning_rate": 0.003, "steps": 6000},
        },
    }
    assert recipes_toml(verdicts(reversed(found))) == recipes_toml(verdicts(found))
    assert tomllib.loads(recipes_toml([])) == {}
