"""What charts call families, how they draw them, what structure families bring along."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from harness import record

from bench.records.store import Record
from bench.spec.spec import Spec
from bench.studies.extrapolation.charts import chart_styles, short_names
from bench.studies.extrapolation.families import Family
from bench.suites.suites import SUITES
from bench.views.charts.style import LONGEST_NAME, label, styles_of
from models import MODELS


def made(column: str, model: str, variant: dict[str, Any] | None = None, **settings: Any) -> Record:
    spec = asdict(Spec("copy", model, {}, settings, row="copy", column=column))
    return record({3: 1}, model=column) | {"spec": spec} | ({} if variant is None else {"variant": variant})


def test_names_say_what_a_family_chose_and_not_its_sizes_whatever_its_column_is_called() -> None:
    names = short_names(
        [
            made("gru", "gru", hidden=96, start="orthogonal"),
            made("mine(positions=none)", "decoder_only", positions="rotary", layers=4),
            made("tape", "tape_rnn", sharpen=False),
            made("plug-in", "not_of_this_checkout", cell="own", size=3),
        ]
    )
    assert list(names.values()) == ["gru", "decoder_only rotary", "tape_rnn sharpen=false", "not_of_this_checkout own"]


def test_names_follow_the_records_own_word_of_what_sets_a_column_apart() -> None:
    names = short_names(
        [
            made("a", "location_attention", {}, drive="reads", start="before"),
            made("b", "location_attention", {"move": "convolution", "heads": 2}, move="convolution"),
            made("c", "linear_rnn", {"optimizer": "lbfgs"}),
        ]
    )
    assert list(names.values()) == [
        "location_attention",
        "location_attention convolution heads=2",
        "linear_rnn lbfgs",
    ]


def test_no_two_names_are_alike_and_long_ones_fit() -> None:
    alike = short_names([made("gru", "gru"), made("gru(300 steps)", "gru"), made("rnn", "rnn")])
    assert alike == {"gru": "gru", "gru(300 steps)": "gru(300 steps)", "rnn": "rnn"}
    long = made("long", "location_attention", move="convolution", start="delimiters", pointer=True)
    assert len(label(short_names([long])["long"])) <= LONGEST_NAME


def test_a_charts_families_have_colours_of_their_own() -> None:
    every = styles_of([f"family {place:02d}" for place in range(30)])
    chosen = ["family 00", "family 10", "family 20", "family 05"]  # the colours of the first three are the same
    found = chart_styles(chosen, every)
    assert len({style.colour for style in found.values()}) == 4
    assert [style.index for style in found.values()] == [0, 10, 20, 5]
    assert chart_styles(["a", "b"], styles_of("abc")) == {name: styles_of("abc")[name] for name in "ab"}


def test_inductive_bias_is_told_by_settings_where_these_decide() -> None:
    def told(model: str, **settings: Any) -> str:
        return Family(model, [made(model, model, **settings)], {}, {}, {}).inductive_bias

    assert told("stack_rnn", hidden=32) == "a stack"
    assert told("gru") == "none: a state of fixed size"
    assert told("decoder_only", positions="coupled", window=3) == "which tokens belong together"
    assert told("location_attention") != told("location_attention", move="convolution")
    assert told("mine", positions="coupled") == "-"


@pytest.mark.parametrize("name", [name for name, suite in SUITES.items() if name == "extrapolate"])
def test_every_family_of_the_suite_says_its_inductive_bias(name: str) -> None:
    for spec in SUITES[name].specs:
        said = Family(spec.column, [made(spec.column, spec.model, **spec.model_settings)], {}, {}, {}).inductive_bias
        assert len(said) > 3, spec.column
        assert spec.model in MODELS
