"""Recipes: a tuned one stands in place of the default one, and only where it was found as it is asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench.suites.recipes import TUNED, TUNED_FILE, recipe

FOUND: dict[str, Any] = {
    "copy": {"gru": {"settings": {"hidden": 7}, "learning_rate": 0.5, "steps": 11}},
    "human_numbers": {"gru": {"settings": {"hidden": 9}, "learning_rate": 0.25, "steps": 12}},
}


@pytest.fixture
def tuned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.suites.recipes.TUNED", FOUND)


@pytest.mark.usefixtures("tuned")
def test_a_tuned_recipe_takes_the_place_of_what_was_sought() -> None:
    default, found = recipe("copy", "gru", tuned=False), recipe("copy", "gru")
    assert (found.learning_rate, found.steps, found.model_settings) == (0.5, 11, {"hidden": 7})
    assert default.steps == 1200
    assert replace(found, learning_rate=0.01, steps=1200, model_settings={"hidden": 128}) == default
    numbers = recipe("human_numbers", "gru")
    assert numbers.model_settings == {"hidden": 9, "dropout": 0.2, "tied": True}
    assert numbers.weight_decay == 0.1


@pytest.mark.usefixtures("tuned")
@pytest.mark.parametrize(
    "changes", [{"steps": 5}, {"settings": {"hidden": 3}}, {"learning_rate": 1.0}, {"batch": 2}, {"curriculum": 0.5}]
)
def test_who_changes_the_training_has_the_default_recipe_beneath(changes: dict[str, Any]) -> None:
    assert recipe("copy", "gru", **changes) == recipe("copy", "gru", tuned=False, **changes)


@pytest.mark.usefixtures("tuned")
def test_how_it_is_evaluated_and_its_seeds_are_no_change() -> None:
    assert recipe("copy", "gru", examples=5, adversarial=2, data_seed=3, shown=["data_seed"]).steps == 11


@pytest.mark.usefixtures("tuned")
def test_a_pair_without_an_entry_and_a_row_like_another_keep_their_specs() -> None:
    assert recipe("copy", "lstm") == recipe("copy", "lstm", tuned=False)
    assert recipe("reverse", "gru") == recipe("reverse", "gru", tuned=False)
    assert recipe("copy(1-5)", "gru", like="copy") == recipe("copy(1-5)", "gru", like="copy", tuned=False)


def test_the_file_of_tuned_recipes_gives_specs() -> None:
    assert TUNED_FILE.is_file()
    for row, models in TUNED.items():
        for model, chosen in models.items():
            assert set(chosen) == {"settings", "learning_rate", "steps"}
            assert recipe(row, model).steps == chosen["steps"]
