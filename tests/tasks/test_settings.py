"""Each setting of a task changes what it should, and a bad one is refused in one line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest
import torch
from cases import SHORT_TEXT, tensors, where_here

from bench.spec.spec import Spec
from bench.trial.evaluation_sets import tensors_hash
from bench.trial.protocols import protocol_of
from tasks import TASKS, Task


def trained_on(task: Task) -> str:
    """Hash what the first training step reads."""
    step = next(protocol_of(task).batches(task, Spec(task.name, "", batch=4 if task.data == "text" else 256), 1, "cpu"))
    return tensors_hash([step.inputs, step.weight, *tensors(step.batch)])


def evaluated_on(task: Task) -> str:
    return protocol_of(task).fingerprint(task, 4)


def evaluated(task: Task) -> list[bool]:
    """Judge errors of many sizes."""
    truth = torch.zeros(1, 100, 1)
    return task.correct(torch.linspace(0, 1, 100).view(1, 100, 1), truth)[0].tolist()


Seen = Callable[[Task], object]
STRING_SETTINGS: dict[str, tuple[Any, Seen]] = {
    "train_lengths": ((7,), trained_on),
    "eval_lengths": ((2, 6), evaluated_on),
    "symbols": (5, trained_on),
    "stop": ("padded", trained_on),
}
TEXT_SETTINGS: dict[str, tuple[Any, Seen]] = {
    "train_lengths": ((4,), trained_on),
    "eval_lengths": ((2, 6), evaluated_on),
    "mode": ("chunks", trained_on),
    "stride": (2, trained_on),
}
ABILITY_SETTINGS: dict[str, tuple[Any, Seen]] = {
    "train_lengths": ((7,), trained_on),
    "eval_lengths": ((2, 6), evaluated_on),
}
ABILITIES = ("repeat_symbol", "parity", "sort", "missing_symbol", "selective_copy", "brackets")
CHARACTER_SETTINGS = TEXT_SETTINGS | {
    "borders": ((64, 80), evaluated_on),
    "lower": (True, trained_on),
    "rare": (5000, trained_on),
}
OTHER_VALUES: dict[str, dict[str, tuple[Any, Seen]]] = {
    "copy": STRING_SETTINGS,
    "reverse": STRING_SETTINGS,
    "variable_copy": STRING_SETTINGS,
    "addition": {
        "train_lengths": ((5,), trained_on),
        "eval_lengths": ((2, 6), evaluated_on),
        "shortest": (1, trained_on),
        "operands": ("equal", trained_on),
        "base": (2, trained_on),
        "low_first_operands": (True, trained_on),
        "low_first_sum": (True, trained_on),
        "pad_zeros": (True, trained_on),
        "aligned": (True, trained_on),
        "carry_heavy": (0.5, trained_on),
    },
    "repeat_symbol": ABILITY_SETTINGS | {"symbols": (5, trained_on)},
    "parity": ABILITY_SETTINGS,
    "sort": STRING_SETTINGS,
    "missing_symbol": ABILITY_SETTINGS | {"symbols": (5, trained_on)},
    "selective_copy": ABILITY_SETTINGS | {"symbols": (5, trained_on), "share": (0.2, trained_on)},
    "brackets": ABILITY_SETTINGS | {"kinds": (3, trained_on), "depth": (2, trained_on)},
    "count": ABILITY_SETTINGS | {"asked": ("majority", trained_on)},
    "even_pairs": ABILITY_SETTINGS,
    "cycle_navigation": ABILITY_SETTINGS | {"places": (3, trained_on)},
    "stack_manipulation": ABILITY_SETTINGS,
    "odds_first": STRING_SETTINGS,
    "square_root": ABILITY_SETTINGS,
    "flip_flop": ABILITY_SETTINGS | {"ignored": (0.2, trained_on)},
    "induction": ABILITY_SETTINGS | {"symbols": (5, trained_on)},
    "multiplication": ABILITY_SETTINGS | {"factor": ("same", trained_on)},
    "modular": ABILITY_SETTINGS | {"modulus": (7, trained_on)},
    "nested": ABILITY_SETTINGS
    | {"algebra": ("lists", trained_on), "modulus": (5, trained_on), "measured": ("depth", trained_on)},
    "solve_equation": ABILITY_SETTINGS | {"modulus": (7, trained_on)},
    "permutation": ABILITY_SETTINGS | {"group": ("a5", trained_on), "answer": ("each", trained_on)},
    "recall": ABILITY_SETTINGS
    | {name: (other, trained_on) for name, other in (("letters", 20), ("width", 5), ("values", 5), ("queries", 2))},
    "sine": {
        "train_lengths": ((40,), trained_on),
        "eval_lengths": ((50, 70), evaluated_on),
        "frequencies": ((1.5,), trained_on),
        "weights": ((2.0,), trained_on),
        "noise": (0.1, trained_on),
        "step": (0.2, trained_on),
        "prefix": (30, trained_on),
        "spread": (0.2, trained_on),
        "tolerance": (0.5, evaluated),
        "precision": ("float64", trained_on),
    },
    "human_numbers": {
        "train_lengths": ((90,), trained_on),
        "eval_lengths": ((60, 80), evaluated_on),
        "starts": ((1, 71), evaluated_on),
        "window": (8, trained_on),
        "form": ("successor", trained_on),
        "mode": ("chunks", trained_on),
        "stride": (3, trained_on),
        "missing": ((3, 70), evaluated_on),
    },
    "words_toy": TEXT_SETTINGS,
    "words_brown": TEXT_SETTINGS | {"words": (50, trained_on)},
    **{f"chars_{name}": CHARACTER_SETTINGS for name in ("nietzsche", "sonnets", "tinyshakespeare", "moliere")},
}
BASES: dict[str, dict[str, Any]] = {  # what is set beside, where it is not the defaults
    "human_numbers": SHORT_TEXT | {"window": 12},
    "human_numbers form": {},
    "human_numbers stride": SHORT_TEXT | {"window": 12, "mode": "chunks"},
    "words_toy": {"train_lengths": (3,)},
    **{f"{name} eval_lengths": {"eval_lengths": (2, 40)} for name in ABILITIES},
    **{
        f"{name} stride": {"train_lengths": (3,), "mode": "windows"}
        for name in TASKS
        if name[:6] in ("words_", "chars_")
    },
    "chars_nietzsche lower": {"lower": False},
}
IDLE = {("chars_sonnets", "lower"), ("chars_sonnets", "rare")}  # its 27 symbols are in lower case, and none is rare


def settings_of(name: str) -> set[str]:
    return {field.name for field in fields(TASKS[name])}


def test_every_setting_of_our_tasks_has_another_value_to_try() -> None:
    assert {name: settings_of(name) for name in OTHER_VALUES} == {n: set(each) for n, each in OTHER_VALUES.items()}


CHANGED = [(name, each) for name, settings in OTHER_VALUES.items() for each in settings if (name, each) not in IDLE]


@pytest.mark.parametrize(("name", "setting"), where_here(CHANGED))
def test_changing_a_setting_changes_what_it_should(name: str, setting: str) -> None:
    value, seen = OTHER_VALUES[name][setting]
    base = BASES.get(f"{name} {setting}", BASES.get(name, {}))
    assert seen(TASKS[name](**(base | {setting: value}))) != seen(TASKS[name](**base))


@pytest.mark.parametrize(("name", "setting"), where_here(sorted(IDLE)))
def test_a_setting_that_has_nothing_to_change_changes_nothing(name: str, setting: str) -> None:
    value = {"lower": True, "rare": 2}[setting]
    assert trained_on(TASKS[name](**{setting: value})) == trained_on(TASKS[name]())


def another(value: object) -> object:
    """Return another value of a setting that the table does not know, None where none can be thought of."""
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int) else None


UNLISTED = [
    (name, field.name, another(field.default))
    for name in sorted(set(TASKS) - set(OTHER_VALUES))
    for field in fields(TASKS[name])
    if another(field.default) is not None
]


@pytest.mark.parametrize(("name", "setting", "value"), where_here(UNLISTED))
def test_a_setting_of_a_task_that_is_not_in_the_table_changes_what_is_drawn(
    name: str, setting: str, value: object
) -> None:
    changed, usual = TASKS[name](**{setting: value}), TASKS[name]()
    assert (trained_on(changed), evaluated_on(changed)) != (trained_on(usual), evaluated_on(usual))


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("copy", {"train_lengths": (0,)}, r"train_lengths must be whole numbers of 1 or more; got \(0,\)"),
    ("copy", {"train_lengths": ()}, r"train_lengths .* got \(\)"),
    ("reverse", {"eval_lengths": (3, -1)}, r"eval_lengths .* got \(3, -1\)"),
    ("variable_copy", {"eval_lengths": (2.5,)}, r"eval_lengths .* got \(2.5,\)"),
    ("copy", {"symbols": 0}, "symbols must be 1 or more; got 0"),
    ("copy", {"stop": "twice"}, "unknown stop 'twice'; choose from: none, once, padded"),
    ("variable_copy", {"stop": ""}, "unknown stop ''; choose from"),
    ("addition", {"base": 1}, "base must be 2 or more; got 1"),
    ("addition", {"shortest": 0}, "shortest must be 1 or more; got 0"),
    ("addition", {"operands": "random"}, "unknown operands 'random'; choose from: values, digits, equal"),
    ("addition", {"carry_heavy": 1.5}, "carry_heavy must be from 0 to 1; got 1.5"),
    ("addition", {"operands": "Longest"}, "choose from: values, digits, equal, longest"),
    ("repeat_symbol", {"symbols": 1}, "symbols must be 2 or more; got 1"),
    ("parity", {"train_lengths": (0,)}, r"train_lengths must be whole numbers of 1 or more; got \(0,\)"),
    ("sort", {"stop": "never"}, "unknown stop 'never'; choose from: none, once, padded"),
    ("missing_symbol", {"symbols": 1}, "symbols must be 2 or more; got 1"),
    ("selective_copy", {"symbols": 0}, "symbols must be 1 or more; got 0"),
    ("selective_copy", {"share": -0.1}, "share must be from 0 to 1; got -0.1"),
    ("brackets", {"kinds": 0}, "kinds must be 1 or more; got 0"),
    ("brackets", {"depth": -1}, "depth must be 0 or more; got -1"),
    ("sine", {"frequencies": (1.0, 2.0)}, r"as many; got \(1.0, 2.0\) and \(1.0,\)"),
    ("sine", {"frequencies": (), "weights": ()}, r"as many; got \(\) and \(\)"),
    ("sine", {"noise": -0.1}, "noise must be from 0 to below 1; got -0.1"),
    ("sine", {"spread": 1.0}, "spread must be from 0 to below 1; got 1.0"),
    ("sine", {"step": 0.0}, "step must be above 0; got 0.0"),
    ("sine", {"tolerance": -1.0}, "tolerance must be above 0; got -1.0"),
    ("sine", {"prefix": 0}, "prefix must be 1 or more; got 0"),
    ("human_numbers", {"form": "cardinal"}, "unknown form 'cardinal'; choose from: stream, successor"),
    ("human_numbers", {"window": 0}, "window must be 1 or more; got 0"),
    ("human_numbers", {"train_lengths": (10, 20)}, r"train_lengths must be one number.* got \(10, 20\)"),
    ("human_numbers", {"starts": (1,)}, r"starts must be as many as eval_lengths; got \(1,\)"),
    ("human_numbers", {"eval_lengths": (9,), "starts": (10,)}, r"got 10\.\.9"),
    ("human_numbers", {"eval_lengths": (10**6,), "starts": (1,)}, r"below 999999; got 1\.\.1000000"),
    ("human_numbers", {"mode": "loops"}, "unknown mode 'loops'; choose from: stream, chunks, windows"),
    ("human_numbers", {"stride": -1}, "stride must be 0 or more; got -1"),
    ("human_numbers", {"mode": "chunks", "form": "successor"}, "mode 'chunks' cuts a text; form 'successor' has none"),
    ("human_numbers", {"window": 12, "form": "successor"}, "window 12 cuts a text; form 'successor' has none"),
    ("human_numbers", {"stride": 3, "form": "successor"}, "stride 3 cuts a text; form 'successor' has none"),
    ("human_numbers", {"missing": (3,), "form": "successor"}, r"missing \(3,\) cuts a text; form 'successor' has none"),
    ("human_numbers", {"missing": (8000,)}, "missing must be whole numbers of the texts; got 8000"),
    ("human_numbers", {"missing": (0,)}, "missing must be whole numbers of the texts; got 0"),
    ("human_numbers", {"missing": (2.5,)}, "missing must be whole numbers of the texts; got 2.5"),
    ("human_numbers", SHORT_TEXT | {"missing": tuple(range(61, 91))}, r"missing leaves no number of 61\.\.90"),
    ("words_toy", {"train_lengths": (8, 9)}, r"train_lengths must be one number, the window; got \(8, 9\)"),
    ("words_toy", {"train_lengths": (0,)}, r"train_lengths must be whole numbers of 1 or more; got \(0,\)"),
    ("words_brown", {"words": 0}, "words must be 1 or more; got 0"),
    ("words_brown", {"mode": "Stream"}, "unknown mode 'Stream'; choose from"),
    ("chars_nietzsche", {"rare": 0}, "rare must be 1 or more; got 0"),
    ("chars_sonnets", {"borders": (80,)}, r"borders must be two ascending percentages; got \(80,\)"),
    ("chars_sonnets", {"borders": (80, 80)}, r"two ascending percentages; got \(80, 80\)"),
    ("chars_moliere", {"borders": (0, 100)}, r"two ascending percentages; got \(0, 100\)"),
    ("chars_moliere", {"borders": (80, 101)}, r"two ascending percentages; got \(80, 101\)"),
]


@pytest.mark.parametrize(("name", "settings", "message"), BAD)
def test_a_bad_setting_is_refused_with_its_value(name: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TASKS[name](**settings)
