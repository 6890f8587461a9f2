"""What a run shows while it goes on: every name as it is, a line a pair, a line a job that ends."""

from __future__ import annotations

import io

import pytest
from harness import record
from rich.console import Console

from bench.commands.console import LOG_WIDTH, Terminal
from bench.execution.executor import Failed, Finished, Validated
from bench.execution.job import Job, make_jobs
from bench.execution.progress import Display, in_words
from bench.spec.catalogue import Catalogue
from bench.spec.spec import Spec
from bench.trial.train import ValidationPoint

NAMES = ("x[/y]", "[bold]x", "z[red", "plain")


def jobs() -> list[Job]:
    return make_jobs([Spec("copy", "gru", column=name) for name in NAMES], [0], Catalogue())


@pytest.mark.parametrize("terminal", [True, False])
def test_names_with_brackets_are_shown_as_they_are(terminal: bool) -> None:
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=terminal, width=200, color_system=None)
    with Display(console, jobs(), finished=1) as display:
        for job in jobs():
            display.listen(Validated(job, 0, ValidationPoint(100, 0.5, None, 1.0)))
        display.progress.refresh()
        running = shown.getvalue()
        for job in jobs():
            display.listen(Finished(job, 0, record({3: 80}, model=job.spec.column)))
    lines = shown.getvalue().splitlines()
    for index, name in enumerate(NAMES, 2):
        assert any(f"[{index}/5] copy {name} seed 0: trained, 1000 steps, 2 s" in line for line in lines), name
        assert (f"copy {name}" in running) == terminal
    assert ("all jobs" in running) == terminal
    assert ("loss 0.500" in running) == terminal


def test_the_best_accuracy_so_far_is_shown() -> None:
    shown = io.StringIO()
    (job, *_) = jobs()
    with Display(Console(file=shown, force_terminal=True, width=200, color_system=None), [job], 0) as display:
        for step, exact in ((100, 0.25), (200, 0.75), (300, 0.5)):
            display.listen(Validated(job, 0, ValidationPoint(step, 0.5, exact, 1.0)))
        display.progress.refresh()
        assert "best 75.0 %" in shown.getvalue()
        assert "300/1000 steps" in shown.getvalue()
        display.listen(Failed(job, 0, "ArithmeticError: no [luck]"))
    assert "[1/1] copy x[/y] seed 0: FAILED, ArithmeticError: no [luck]\n" in shown.getvalue()


def test_how_a_training_ended_in_a_few_words() -> None:
    made = record({3: 80, 4: 40}, inside=(3, 4))
    assert in_words(made) == "trained, 1000 steps, 2 s, exact match in distribution 60.0 %"
    made["failed"] = {"9": "too long"}
    assert "1 of 3 lengths not evaluated" in in_words(made)
    made["disagreement"] = "length 3, example 0: decoding leaves the scored pass at output 1"
    assert made["disagreement"] in in_words(made)
    made["by_length"]["4"]["nats"] = 1.25
    assert in_words(made).endswith(", 1.250 nats")


def test_a_log_is_wide_and_has_no_markup(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    assert terminal.width == LOG_WIDTH
    long = "[bold]x[/y]" + 100 * " word"  # rich before 15 drops a blank at the end
    terminal.say(long)
    terminal.notes(["[red]careful"])
    assert capsys.readouterr().out == f"{long}\nnote: [red]careful\n"
