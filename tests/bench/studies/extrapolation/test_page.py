"""The page of a run that extrapolates: it says what the records say, and what they lack."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from extrapolation_pages import own_record, page_of, rows_of
from extrapolation_records import SECTIONS, STRINGS, WORDS
from harness import record, score
from text_records import text_record

from bench.analysis.metrics import metrics_of


@pytest.mark.slow
def test_page_says_what_the_records_say(page: str) -> None:
    assert "suite `extrapolate`, seeds 0-2, commit 0000000; trained on cpu" in page
    assert re.findall(r"^## (.*)$", page, re.MULTILINE) == [
        *SECTIONS,
        "Horizon against training length",
        "What the memory does",
    ]
    best = re.findall(r"^\| \[(.+?)\]\(#.*?\) \| (.*?) \| (.*?) \| (.*?) \|", page, re.MULTILINE)
    assert [task for task, *_ in best] == SECTIONS
    named = {task: rest for task, *rest in best}
    assert named["copy(1-20)"] == ["`location_attention`", ">= 2000 (100x)", ">= 2000 (100x)"]
    assert named["human_numbers"][0] == "none (nearest: `pointer`)"
    assert named["sine(one,float64)"] == ["`linear_rnn`", ">= 5000 (100x)", "-"]  # as far as ridge, as many parameters
    first = rows_of(page, "copy(1-20)", 0)
    heads = "family|inductive bias|L99 random|L99 adversarial|solved at 200|**20**|40|100|200|1,000|2,000"
    assert first[""] == heads.split("|")
    assert set(first) == {"", *(f"`{model}`" for model in STRINGS)}
    assert first["`location_attention`"][1:5] == [">= 2000 (100x)", ">= 2000 (100x)", "3/3", "100.0 / 100.0"]
    assert first["`gru`"][0] == "none: a state of fixed size"
    assert first["`decoder_only(positions=coupled)`"][0] == "which tokens belong together"
    assert rows_of(page, "sine(one,float64)", 0)["`gru`"][-1] == "-"  # overflowed
    assert rows_of(page, "sine(one,float64)", 1)[""] == ["family", "parameters", "steps / budget", "seconds"]
    assert set(rows_of(page, "human_numbers", 0)) == {"", *(f"`{model}`" for model in WORDS)}
    (left_out,) = re.findall(r"Left out of the picture: (.*)\.$", page, re.MULTILINE)
    assert sorted(left_out.split(", ")) == ["`gru`", "`lru`", "`lstm`"]
    assert "Automaton class: " in page


LONE = {
    "one record": record({3: 90, 6: 50, 30: 0}),
    "one length": record({3: 90}),
    "nothing right": record({3: 0, 6: 0}),
    "without training lengths": record({4: 100, 6: 50}),
    "a task of a plug-in": own_record("mine(kind=a|b)", "mine(c|d)", {3: 90, 6: 50}),
    "a name with brackets": own_record("mine[/b]", "[bold]mine[/y]", {3: 90, 6: 50}),
    "a text": text_record({8: 2.0, 120_179: 1.5}),
    "values that overflowed": record({3: 0}, kind="values")
    | {"by_length": {"3": score(0, nrmse=None), "30": score(0, nrmse=None)}},
    "values that are exact": record({3: 0}, kind="values") | {"by_length": {"3": score(100, nrmse=0.0)}},
    "lines of a text": record({8: 90, 11: 50}, kind="stream", inside=(8,)),
    "diverged": record({3: 0, 6: 0}, status="diverged", curve=[{"step": 100, "loss": None, "exact": None}],
                       timing=record({3: 1})["timing"] | {"look_seconds": [1.0]}),
    "another kind of task": record({3: 90}) | {"spec": record({3: 1})["spec"] | {"task": "none", "model": "none"}},
    "no commit": record({3: 90}, commit=None, dirty=None),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("lone", LONE)
def test_a_run_of_one_record_has_a_page_that_names_what_it_lacks(
    lone: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page, printed = page_of(capsys, tmp_path, LONE[lone])
    missing = page.split("## What is not here")[1]
    for word in ("no traces", "no task with other training lengths"):
        assert word in missing
        assert word in printed
    metrics = {metric.name for metric in metrics_of(LONE[lone])}
    assert ("no adversarial sets" in missing) == ("stopped_wrong" in metrics)
    assert ("evaluated per token" in missing) == (lone == "a text")
    assert ("no number to draw" in missing) == (lone == "values that overflowed")
