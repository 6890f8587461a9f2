"""What `show` prints of an answer: wrong tokens are marked, names with brackets are names, an overflow is said."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
import torch
from rich.console import Console
from torch import Tensor, nn

from bench.probes.samples import Sample
from bench.probes.show import check_length, nrmse, show, written
from bench.spec.errors import RequestError
from bench.spec.spec import Spec
from models import adapted
from tasks.signals.sine import Sine
from tasks.strings.copy import Copy
from tasks.text.human_numbers import HumanNumbers
from tasks.text.words_toy import WordsToy

STRINGS = Copy(symbols=3)


class Stops(nn.Module):
    """Writes a stop token and nothing else."""

    def forward(self, source: Tensor, source_length: Tensor, target_in: Tensor) -> Tensor:
        return nn.functional.one_hot(torch.full_like(target_in, 2), 6).float()


@pytest.mark.parametrize(
    ("own", "line"),
    [
        (["a", "b"], "  model: a b "),
        (["a", "c"], "  model: a c^ "),
        (["a"], "  model: a (1 missing)"),
        (["a", "b", "b"], "  model: a b b^ "),
    ],
)
def test_wrong_tokens_of_an_answer_are_marked(own: list[str], line: str) -> None:
    assert written(STRINGS, Sample(2, ["a", "b"], ["a", "b"], own)).plain == line


def test_of_a_text_the_truth_is_marked_where_it_was_not_predicted() -> None:
    assert written(WordsToy(), Sample(2, [], ["Mary", "had"], ["The", "had"])).plain == "  model: Mary^ had "


def test_a_signal_that_overflowed_has_no_error_in_numbers() -> None:
    task = Sine()
    assert nrmse(task, Sample(2, [0.0], [1.0, 0.0], [1.0, None])) == float("inf")
    line = written(task, Sample(2, [0.0], [1.0, 0.0], [1.0, None])).plain
    assert line == "  model: +1.00 overflow ...  NRMSE inf %"


def test_a_row_with_brackets_in_its_name_is_shown_as_it_is() -> None:
    out = io.StringIO()
    spec = replace(Spec("copy", "gru", {"symbols": 3, "stop": "once"}), row="x[/y][bold]z")
    show(Console(file=out, width=200), spec, 4, 1, adapted(Stops()), "cpu")
    heading, example, answer = out.getvalue().splitlines()
    assert heading == "x[/y][bold]z, length 4 (shorter than training)"
    assert example.endswith("<stop>")
    assert answer.split() == ["model:", "<stop>^", "(4", "missing)"]


def test_a_length_that_names_no_text_is_refused() -> None:
    check_length(STRINGS, 17)
    check_length(HumanNumbers(), 9999)
    with pytest.raises(
        RequestError, match=r"^no text is named by length 5; choose from: 7999, 9999, 10999, 14000, 99999$"
    ):
        check_length(HumanNumbers(), 5)
    with pytest.raises(RequestError, match=r"^--length 4 means nothing for task 'words_toy': it has one eval"):
        check_length(WordsToy(), 4)
