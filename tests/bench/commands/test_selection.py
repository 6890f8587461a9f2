"""Which jobs the names on the command line select: each once, names with commas and brackets whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import Pretender, in_process, pretend, record
from misbehaving import small_models

from bench.commands.arguments import names
from bench.records.store import write_record

RUN = ("run", "--suite", "smoke", "--steps", 3)
STRANGE = ("one,two", "x[/y]", "[bold]x", "z[red")


@pytest.fixture
def pretender(monkeypatch: pytest.MonkeyPatch) -> Pretender:
    stand_in: Pretender = pretend(monkeypatch)
    return stand_in


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    """A plug-in whose models have names that a list, or a terminal, might misread."""
    file = tmp_path / "strange.py"
    file.write_text(small_models(*STRANGE))
    return file


@pytest.mark.parametrize(
    ("options", "pairs"),
    [
        (("--tasks", "copy", "--models", "irnn,irnn"), [("copy", "irnn")]),
        (("--tasks", "copy,copy", "--models", "gru,irnn,gru"), [("copy", "gru"), ("copy", "irnn")]),
        (
            ("--tasks", "addition,addition(reversed)", "--models", "gru"),
            [("addition", "gru"), ("addition(reversed)", "gru")],
        ),
        (("--suite", "quick", "--tasks", "sine", "--models", "linear_rnn,linear_rnn(hidden=1)", "--seeds", "1"),
         [("sine", "linear_rnn(hidden=1)"), ("sine", "linear_rnn")]),
    ],
)  # fmt: skip
def test_a_pair_that_is_named_twice_is_one_job(
    options: tuple[str, ...],
    pairs: list[tuple[str, str]],
    pretender: Pretender,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcome = in_process(capsys, "run", "--suite", "smoke", *options, "--out", tmp_path)
    assert outcome.code == 0, outcome.err
    assert sorted(job.pair for job in pretender.jobs) == sorted(pairs)


def test_a_plug_in_that_is_named_twice_is_one(
    plugin: Path, pretender: Pretender, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twice = ("--plugin", plugin, "--plugin", plugin.parent / "." / plugin.name)
    outcome = in_process(capsys, *RUN, "--tasks", "copy", "--models", ",".join(STRANGE), *twice, "--out", tmp_path)
    assert outcome.code == 0, outcome.err
    assert len(pretender.jobs) == len(STRANGE)


def test_names_are_split_at_commas_outside_brackets_and_outside_known_names() -> None:
    assert names("a(b,c), d ,,d,a(b,c)", "--models") == ["a(b,c)", "d"]
    known = {"one,two", "one,two,three", "four"}
    assert names("one,two", "--models", known) == ["one,two"]
    assert names("four,one,two,three,one,two,one", "--models", known) == ["four", "one,two,three", "one,two", "one"]
    assert names(None, "--models") is None


@pytest.mark.slow
def test_a_name_with_a_comma_or_brackets_is_selected_trained_and_shown_as_it_is(
    plugin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--tasks", "copy", "--plugin", plugin, "--device", "cpu", "--jobs", 1, "--set", "task.eval_lengths=10")
    asked = (*RUN, *options, "--models", ",".join(STRANGE), "--out", tmp_path / "run")
    outcome = in_process(capsys, *asked)
    assert (outcome.code, outcome.err) == (0, "")
    for index, name in enumerate(STRANGE, 1):
        assert f"[{index}/4] copy(eval_lengths=10) {name}(steps=3) seed 0: trained, 3 steps" in outcome.out
        assert f" {name}(steps=3) " in outcome.out.partition("4 jobs in ")[2]
    assert "4 jobs have current records" in in_process(capsys, *asked).out


def test_compare_selects_a_name_with_a_comma(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder, right in (("base", 90), ("new", 5)):
        for seed in range(3):
            for model in ("one,two", "one"):
                made = record({3: 90 if model == "one" else right}, model=model, seed=seed)
                write_record(tmp_path / folder / "records", made)
    compared = ("compare", tmp_path / "base", tmp_path / "new", "--models")
    assert in_process(capsys, *compared, "one,two").code == 1
    assert in_process(capsys, *compared, "one").code == 0
    assert in_process(capsys, *compared, "one,two,one").code == 1


def test_jobs_that_took_longest_in_the_reference_run_start_first_but_where_a_time_is_set(
    pretender: Pretender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bench.commands.places.BASELINE", tmp_path / "baseline")
    seconds = {"irnn": 20.0, "gru": 2.0, "linear_rnn": 200.0}
    asked = ("run", "--suite", "smoke", "--tasks", "copy", "--models", ",".join(seconds))

    def started(name: str, *options: object) -> list[str]:
        pretender.jobs.clear()
        assert in_process(capsys, *asked, *options, "--out", tmp_path / name).code == 0
        return [job.spec.model for job in pretender.jobs]

    planned = started("planned")
    for model, each in seconds.items():
        made = record({3: 90}, model=model)
        made["timing"] |= {"train_seconds": each, "train_cpu_seconds": each}
        write_record(tmp_path / "baseline" / "smoke" / "records", made)
    assert started("first") == ["linear_rnn", "irnn", "gru"] != planned
    assert started("in time", "--minutes", 5) == planned
