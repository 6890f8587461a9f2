"""A pair's search: the same number of tries for every pair, and halving keeps the best."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tries import SPACE, a_try, setting_of

from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError
from bench.studies.tuning.search import Asked, Search
from bench.studies.tuning.space import Setting
from bench.studies.tuning.table import Try
from bench.suites.recipes import recipe

CATALOGUE = Catalogue()


def search(row: str = "copy", model: str = "gru") -> Search:
    return Search(row, model, SPACE, CATALOGUE)


def scored(asked: list[Asked], score: dict[Setting, float]) -> dict[str, Try]:
    """Return tries with these scores, 0 for any other setting."""
    return {
        each.key: a_try(
            each.stage, score.get(each.setting, 0.0), key=each.key, seed=each.seed, **vars(each.setting), steps_taken=9
        )
        for each in asked
    }


def at(asked: list[Asked], stage: str) -> list[Setting]:
    return [each.setting for each in asked if each.stage == stage]


def test_halving_keeps_the_best_and_the_best_of_all_is_confirmed() -> None:
    pair, known = search(), dict[str, Try]()
    first = pair.asked(known)
    assert at(first, "short") == SPACE.first_round
    assert {each.seed for each in first if each.stage == "short"} == {100}
    assert [(each.setting, each.seed) for each in first if each.stage == "default"] == [
        (Setting(0.01, 128, 1200), 101),
        (Setting(0.01, 128, 1200), 102),
    ]
    scores = {Setting(1e-2, 4, 2): 0.3, Setting(1e-3, 8, 2): 0.4, Setting(1e-3, 4, 2): 0.1}
    known |= scored(first, scores)
    second = pair.asked(known)
    assert at(second, "long") == [Setting(1e-3, 8, 6), Setting(1e-2, 4, 6)]
    scores |= {Setting(1e-3, 8, 6): 0.5, Setting(1e-2, 4, 6): 0.6}
    known |= scored(second, scores)
    third = pair.asked(known)
    assert [(each.setting, each.seed) for each in third if each.stage == "confirm"] == [
        (Setting(1e-2, 4, 6), 101),
        (Setting(1e-2, 4, 6), 102),
    ]
    assert len(third) == SPACE.tries
    assert [each.stage for each in pair.lines(known)] == [each.stage for each in third if each.key in known]


def test_fewer_steps_win_where_they_are_better() -> None:
    pair, scores = search(), {Setting(1e-2, 4, 2): 0.9}
    known = scored(pair.asked({}), scores)
    known |= scored(pair.asked(known), scores)
    assert at(pair.asked(known), "confirm") == [Setting(1e-2, 4, 2)] * 2


def test_a_round_waits_for_all_its_tries() -> None:
    pair = search()
    known = scored(pair.asked({}), {})
    missing = next(key for key, one in known.items() if one.stage == "short")
    assert not at(pair.asked({key: one for key, one in known.items() if key != missing}), "long")
    assert at(pair.asked(known), "long")


@pytest.mark.parametrize(("row", "model"), [("copy", "lstm"), ("sine", "linear_rnn"), ("human_numbers", "rnn")])
def test_every_pair_has_the_same_search(row: str, model: str) -> None:
    pair, known = search(row, model), dict[str, Try]()
    while missing := [each for each in pair.asked(known) if each.key not in known]:
        known |= scored(missing, {})
    assert len(pair.asked(known)) == SPACE.tries
    assert at(pair.asked(known), "short") == SPACE.first_round
    assert {each.seed for each in pair.asked(known)} == {100, 101, 102}


def test_specs_are_the_default_recipe_but_for_what_is_sought() -> None:
    pair = search("addition(reversed)", "transformer")
    usual = recipe("addition(reversed)", "transformer", tuned=False)
    for each in pair.asked({}):
        spec = each.job.spec
        assert setting_of(spec) == each.setting
        undone = replace(spec, learning_rate=usual.learning_rate, steps=usual.steps, column="transformer")
        assert replace(undone, model_settings=usual.model_settings) == usual
    assert len({each.key for each in pair.asked({})}) == len(pair.asked({}))


def test_a_text_is_trained_on_what_is_not_held_out() -> None:
    for each in search("human_numbers").asked({}):
        settings = each.job.spec.task_settings
        assert (settings["train_lengths"], settings["starts"], settings["eval_lengths"]) == ((6999,), (7001,), (7999,))


def test_a_family_that_names_no_width_has_that_of_its_source() -> None:
    assert search("human_numbers", "rnn").usual.hidden == 64


def test_names_that_cannot_be_searched_are_refused() -> None:
    with pytest.raises(RequestError, match="unknown row 'kopy'; choose from: addition"):
        search("kopy")
    with pytest.raises(RequestError, match="unknown model 'gruu'"):
        search(model="gruu")
    with pytest.raises(RequestError, match=r"unknown family with a width to search 'majority'; choose from: .*gru"):
        search(model="majority")
