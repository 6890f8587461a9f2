"""The suites: which pairs are trained, how many seeds for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bench.spec.errors import choose_from
from bench.spec.settings import label
from bench.spec.spec import Spec
from bench.suites.claims import LESSONS
from bench.suites.extrapolate import CORE, EXTRAPOLATE
from bench.suites.language import LANGUAGE, LARGE
from bench.suites.recipes import ROWS, pairs, recipe


@dataclass(frozen=True)
class Suite:
    """Pairs to train, seeds for each."""

    name: str
    summary: str
    seeds: int
    specs: tuple[Spec, ...]


RECURRENT = ("linear_rnn", "elman", "rnn", "irnn", "gru", "lstm")
STRING_FLOORS = ("majority", "neighbour")
QUICK = ("linear_rnn", "elman", "gru", "lstm", "lstm_attention", "transformer", *STRING_FLOORS)
ALL = (*RECURRENT, "lstm_attention", "transformer", *STRING_FLOORS)
STRING_ROWS = ("copy", "reverse", "variable_copy", "addition", "addition(reversed)")
ONE_UNIT = replace(
    recipe("sine", "linear_rnn"), model_settings={"hidden": 1}, column="linear_rnn(hidden=1)"
)  # the lesson: a sine needs two

NOTEBOOK_ADDERS = (  # the notebook's own: five layers of 100, and one of 200, decoders that read nothing
    replace(
        recipe("addition", "rnn"),
        model_settings={"hidden": 100, "layers": 5, "decoder": "blind"},
        column="rnn(decoder=blind,hidden=100,layers=5)",
    ),
    replace(
        recipe("addition", "lstm"),
        model_settings={"hidden": 200, "decoder": "blind"},
        column="lstm(decoder=blind,hidden=200)",
    ),
)


def sized(specs: Iterable[Spec], examples: int) -> tuple[Spec, ...]:
    """Return the specs with so many strings a length in the final evaluation."""
    return tuple(replace(spec, examples=examples) for spec in specs)


CROSSED = tuple(  # each of four data streams, for every seed of the weights
    replace(spec, data_seed=data, column=label(spec.column, {}, {"data_seed": data}.items()))
    for spec in sized((*pairs(["copy"], ("gru", "lstm_attention")), *pairs(["sine"], ("linear_rnn",))), 256)
    for data in range(4)
)

SUITES = {
    suite.name: suite
    for suite in (
        Suite(
            "smoke",
            "every task with two families, a minute in all",
            1,
            pairs(ROWS, ("elman", "gru"), steps=20, examples=32),
        ),
        Suite(
            "quick",
            "every task, a family of each kind: about fifteen minutes on two cores",
            3,
            sized(
                (
                    ONE_UNIT,
                    *pairs(["sine"], ("linear_rnn", "elman", "gru", "lstm", "ridge")),
                    *pairs(["copy", "reverse"], QUICK),
                    *pairs(["variable_copy"], ("linear_rnn", "elman"), steps=1000),
                    *pairs(["variable_copy"], ("gru", "lstm", "lstm_attention", "transformer", *STRING_FLOORS)),
                    *pairs(
                        ["addition(reversed)"], ("linear_rnn", "elman", "gru", "lstm", "lstm_attention"), steps=1200
                    ),
                    *pairs(["addition(reversed)"], ("transformer", *STRING_FLOORS)),
                    *pairs(["human_numbers"], ("linear_rnn", "elman", "gru", "lstm", "transformer", "majority")),
                ),
                256,
            ),
        ),
        Suite(
            "lessons",
            "what the teaching notebooks conclude, each with the runs that show it: twenty minutes on two cores",
            3,
            LESSONS,
        ),
        Suite(
            "language",
            "language models on text, the notebooks' networks and n-grams: half an hour on two cores",
            3,
            LANGUAGE,
        ),
        Suite(
            "language_large",
            "the larger language models, on Nietzsche, the Brown corpus and Moliere: an hour on two cores",
            1,
            LARGE,
        ),
        Suite(
            "extrapolate",
            "families made to extrapolate beside those that do not, judged to a hundred times the training length",
            3,
            EXTRAPOLATE,
        ),
        Suite(
            "extrapolate_core",
            "the best family of each task of extrapolate: twenty minutes on two cores",
            3,
            CORE,
        ),
        Suite(
            "variance",
            "which part of the spread over seeds is the weights', which the data's: five minutes on two cores",
            4,
            CROSSED,
        ),
        Suite(
            "full",
            "every pair at paper grade, sized for a GPU",
            5,
            sized(
                (
                    ONE_UNIT,
                    *pairs(["sine"], (*RECURRENT, "lstm_attention", "transformer", "ridge")),
                    *pairs(STRING_ROWS, ALL),
                    *NOTEBOOK_ADDERS,
                    *pairs(["human_numbers"], (*RECURRENT, "transformer", "majority")),
                ),
                512,
            ),
        ),
    )
}


def find_suite(name: str) -> Suite:
    """Return a suite by name; an unknown name says which exist."""
    if name not in SUITES:
        raise choose_from("suite", name, list(SUITES))
    return SUITES[name]
