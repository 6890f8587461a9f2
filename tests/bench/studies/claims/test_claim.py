"""Claims as data: the topics that are shipped, one that a teacher writes, and what is wrong in one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.spec.errors import RequestError
from bench.studies.claims.claim import DIFFERENCE, EQUIVALENCE, NO_SEED, PAIRED, read_topic, topics
from bench.studies.claims.measures import MEASURES
from bench.suites.suites import SUITES

OWN = """
title = "A GRU is better"
why = "It has gates.\\nThey help."

[runs]
"RNN" = ["copy", "rnn"]
"GRU" = ["copy", "gru"]

[[claims]]
name = "gru-beats-rnn"
statement = "A GRU copies better than an RNN."
measure = "strings right"
first = "GRU"
test = "difference"
second = "RNN"

[[charts]]
kind = "seeds"
title = "copying"
measure = "strings right"
x = "strings right"
"""


def test_every_claim_reads_runs_of_the_suite_and_all_are_read() -> None:
    read = {pair for topic in topics() for pair in topic.pairs}
    assert read == {(spec.row, spec.column) for spec in SUITES["lessons"].specs}


def test_charts_show_only_runs_of_the_suite() -> None:
    shown = {pair for topic in topics() for chart in topic.charts for pair in chart.runs.values()}
    assert shown <= {(spec.row, spec.column) for spec in SUITES["lessons"].specs}
    assert all(topic.charts for topic in topics())


def test_names_are_used_once_and_statements_are_sentences() -> None:
    names = [claim.name for topic in topics() for claim in topic.claims] + [topic.name for topic in topics()]
    assert len(set(names)) == len(names)
    for topic in topics():
        assert 2 <= topic.why.count(". ") + 1 <= 5, topic.name
        assert all(claim.statement.endswith(".") for claim in topic.claims)


def test_a_topic_is_one_file(tmp_path: Path) -> None:
    file = tmp_path / "07-gates-help.toml"
    file.write_text(OWN, encoding="utf-8")
    topic = read_topic(file)
    (claim,), (chart,) = topic.claims, topic.charts
    assert (topic.name, topic.title, topic.why) == ("gates-help", "A GRU is better", "It has gates. They help.")
    assert (claim.first, claim.second, claim.test) == (("copy", "gru"), ("copy", "rnn"), DIFFERENCE)
    assert claim.measure == MEASURES["strings right"]
    assert list(chart.runs) == ["RNN", "GRU"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('second = "RNN"', 'second = "LSTM"', "unknown second 'LSTM'; choose from: GRU, RNN"),
        ('"strings right"', '"strings"', "unknown measure 'strings'; choose from: added by padding"),
        ('test = "difference"', 'test = "better"', f"unknown test 'better'; choose from: {DIFFERENCE}"),
        ('test = "difference"', f'test = "{EQUIVALENCE}"', "a margin belongs to the test 'equivalence'"),
        ('test = "difference"', 'margin = 2\ntest = "difference"', "a margin belongs to the test 'equivalence'"),
        ('second = "RNN"', "", "'difference' is against second"),
        ('second = "RNN"', "level = 0.5", "'difference' is against second"),
        ('test = "difference"', f'level = 1.0\ntest = "{NO_SEED}"', "is against second or level"),
        ('kind = "seeds"', 'kind = "pie"', "unknown chart 'pie'; choose from: by length, seeds, signal, training"),
        ('title = "copying"', 'title = "copying"\nruns = ["LSTM"]', "unknown runs 'LSTM'; choose from: GRU, RNN"),
    ],
)
def test_what_is_wrong_in_a_topic_is_one_line(old: str, new: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "01-mine.toml"
    file.write_text(OWN.replace(old, new), encoding="utf-8")
    with pytest.raises(RequestError) as caught:
        read_topic(file)
    assert said in str(caught.value)


def test_only_numbers_of_the_same_networks_are_compared_seed_by_seed() -> None:
    for topic in topics():
        for claim in topic.claims:
            assert (claim.test == PAIRED) == (claim.first == claim.second), claim.name
