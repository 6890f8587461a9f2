"""The command `generate`: whose weights, what is printed where, errors in one line."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from cases import absent
from harness import OWN_MODELS, OWN_TASKS, in_process, one_line

from bench.commands.ready import train_now
from bench.execution.job import make_jobs
from bench.spec.catalogue import Catalogue
from bench.spec.errors import RequestError
from bench.spec.settings import Change
from bench.spec.spec import Spec
from bench.suites.plan import run_command, specs_named
from bench.suites.suites import SUITES, Suite
from bench.trial.trial import run_trial
from tasks.text.words_toy import TEXT

LINES = " ".join(TEXT)
TOY = ("words_toy", "lstm", "--set", "model.hidden=10", "--set", "train.batch=1")
QUICKLY = (*TOY, "--set", "train.learning_rate=0.1", "--set", "train.warmup=0", "--steps", 60)
NUMBERS = ("human_numbers", "gru", "--set", "task.train_lengths=200", "--set", "task.window=4", "--steps", 2)
CONTINUED = "human_numbers, sine, words_brown, words_toy"
SHORT_TABLE = (
    "sine", "transformer", "--set", "model.positions=learned", "--set", "model.longest=120", "--set", "train.batch=2",
)  # fmt: skip


@pytest.fixture(autouse=True)
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No weights are kept anywhere at first, and nothing is written but in the test's own folder."""
    monkeypatch.setattr("bench.commands.places.RUNS", tmp_path / "runs")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs"


def test_two_lines_are_learnt_by_heart_and_written_out(capsys: pytest.CaptureFixture[str]) -> None:
    done = in_process(capsys, "generate", *QUICKLY, "--train", "--greedy", "--tokens", len(TEXT))
    assert (done.code, done.out) == (0, f"{LINES}\n")
    assert re.fullmatch(r"training lstm\(.*\) on words_toy, seed 0: 60 steps at most \.\.\.\n", done.err)
    rest = in_process(
        capsys, "generate", *QUICKLY, "--train", "--greedy", "--tokens", 8, "--prompt", " ".join(TEXT[:6])
    )
    assert rest.out == f"{' '.join(TEXT[:14])}\n"


def test_prompt_and_continuation_are_all_that_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    done = in_process(capsys, "generate", *NUMBERS, "--train", "--tokens", 30, "--prompt", " seven  thousand ")
    assert done.code == 0, done.err
    assert done.out.startswith("seven thousand ")
    assert len(done.out.split()) == 32
    assert done.out.count("\n") == 1
    assert done.err.count("\n") == 1


def test_seed_and_temperature_say_what_is_drawn_and_the_models_seed_who_draws(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def text(*options: object) -> str:
        done = in_process(capsys, "generate", *NUMBERS, "--train", "--tokens", 60, *options)
        assert done.code == 0, done.err
        return done.out

    plain = text()
    assert text("--seed", 0, "--temperature", 0.8, "--model-seed", 0) == plain
    others = [text(*options) for options in (("--seed", 1), ("--temperature", 2), ("--model-seed", 1), ("--greedy",))]
    assert len({plain, *others}) == 5
    assert len(in_process(capsys, "generate", *NUMBERS, "--train").out.split()) == 400
    assert text("--temperature", 1e-12) == text("--greedy") == text("--greedy", "--seed", 5)


def test_weights_that_a_run_kept_are_used(tmp_path: Path, runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fresh = in_process(capsys, "generate", *QUICKLY, "--train", "--temperature", 3)
    missing = in_process(capsys, "generate", *QUICKLY)
    one_line(missing, "no weights of lstm(", "on words_toy, seed 0 in runs;", "or add --train")
    command = re.search(r"`python -m (.*)`", missing.err)[1]
    made = in_process(capsys, *shlex.split(command)[1:], "--jobs", 1, "--out", tmp_path / "runs" / "mine")
    assert made.code == 0, made.err
    kept = in_process(capsys, "generate", *QUICKLY, "--temperature", 3)
    assert kept.code == 0, kept.err
    assert kept.err.startswith("weights of lstm(")
    assert kept.err.endswith("on words_toy, seed 0, 60 steps at most, kept in runs/mine\n")
    assert kept.out == fresh.out
    assert in_process(capsys, "generate", *QUICKLY, "--out", runs / "mine", "--temperature", 3) == kept
    one_line(in_process(capsys, "generate", *QUICKLY, "--out", "elsewhere"), "in elsewhere;", "--out elsewhere")
    one_line(in_process(capsys, "generate", *QUICKLY, "--model-seed", 7), "seed 7 in runs;", "--seeds 7,")


def test_weights_are_those_of_a_run() -> None:
    spec = Spec(
        "copy", "gru", {"train_lengths": (2, 3), "eval_lengths": (2, 3)}, {"hidden": 8, "dropout": 0.5, "layers": 2}
    )
    for asked in (replace(spec, steps=3), replace(spec, steps=3, data_seed=5)):
        (job,) = make_jobs([asked], [4], Catalogue())
        ours = train_now(job, "cpu")
        theirs = run_trial(asked, 4, "cpu", lambda look: None).model
        assert not ours.training
        for name, weight in theirs.state_dict().items():
            assert torch.equal(ours.state_dict()[name], weight)


def test_a_fitted_model_needs_no_weights(capsys: pytest.CaptureFixture[str]) -> None:
    done = in_process(capsys, "generate", "words_toy", "markov", "--prompt", "<s> Mary", "--greedy", "--tokens", 12)
    assert (done.code, done.err) == (0, "fitting markov on words_toy, seed 0 ...\n")
    assert done.out == f"{' '.join(TEXT[:14])}\n"


@pytest.mark.slow
@pytest.mark.skipif(bool(absent("chars_nietzsche")), reason=absent("chars_nietzsche") or "it is here")
def test_characters_stand_close_together(capsys: pytest.CaptureFixture[str]) -> None:
    done = in_process(capsys, "generate", "chars_nietzsche", "markov", "--prompt", "for thos", "--tokens", 100)
    assert done.code == 0, done.err
    assert done.out.startswith("for thos")
    assert len(done.out) == len("for thos") + 100 + 1


@pytest.mark.slow
@pytest.mark.skipif(bool(absent("words_brown")), reason=absent("words_brown") or "it is here")
def test_sentences_end_lines(capsys: pytest.CaptureFixture[str]) -> None:
    chosen = ("--tokens", 150, "--set", "model.order=2", "--set", "task.words=1000")
    done = in_process(capsys, "generate", "words_brown", "markov", "--prompt", "The", *chosen)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert len(lines) > 3
    assert "<stop>" not in done.out
    assert sum(len(line.split()) for line in lines) + len(lines) - 1 in (150, 151, 152)


def test_rows_and_columns_of_a_suite_are_names_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small = Spec("words_toy", "lstm", {}, {"hidden": 4}, steps=2, batch=1, row="toy(mine)", column="small")
    longer = replace(small, steps=4, examples=99)
    for name, specs in {"one": (small,), "two": (longer,), "three": (replace(longer, examples=7),)}.items():
        monkeypatch.setitem(SUITES, name, Suite(name, "", 1, specs))
    found = specs_named(Catalogue(), "toy(mine)", "small", [Change("model", "hidden", "5")])
    assert [(spec.steps, spec.model_settings, spec.column) for spec in found] == [
        (4, {"hidden": 5}, "small(hidden=5)"),
        (2, {"hidden": 5}, "small(hidden=5)"),
    ]
    missing = in_process(capsys, "generate", "toy(mine)", "small")
    one_line(missing, "no weights of small on toy(mine)", "--suite two --tasks 'toy(mine)' --models lstm")
    trained = in_process(capsys, "generate", "toy(mine)", "small", "--train", "--tokens", 5)
    assert trained.err == "training small on toy(mine), seed 0: 4 steps at most ...\n"
    assert len(trained.out.split()) == 5
    one_line(in_process(capsys, "generate", "toy(mine)", "large"), "'large'", "small", *OWN_MODELS)


@pytest.mark.slow
def test_the_command_that_is_named_trains_the_very_spec() -> None:
    catalogue = Catalogue()
    pairs = {(spec.row, spec.column) for suite in SUITES.values() for spec in suite.specs}
    for row, column in sorted(pairs | {("words_toy", "pointer"), ("human_numbers", "pointer")}):
        for spec in specs_named(catalogue, row, column, []):
            assert run_command(catalogue, row, spec, [], None, []), (row, column)


@pytest.mark.parametrize("ending", ["png", "svg"])
def test_a_signal_is_drawn_with_its_continuation(ending: str, capsys: pytest.CaptureFixture[str]) -> None:
    def picture(name: str, *options: object) -> bytes:
        done = in_process(capsys, "generate", "sine", "ridge", "--plot", f"made/{name}.{ending}", *options)
        assert (done.code, done.out) == (0, f"made/{name}.{ending}\n"), done.err
        assert done.err.startswith("fitting ridge on sine")
        return Path("made", f"{name}.{ending}").read_bytes()

    first = picture("one", "--set", "task.spread=0.2")
    assert first == picture("two", "--set", "task.spread=0.2")
    assert first != picture("three", "--set", "task.spread=0.2", "--seed", 1)
    if ending == "svg":
        text = picture("four", "--tokens", 120).decode()
        for said in (
            "sine, ridge: 120 samples by itself, NRMSE 0.00 %",
            "observed part",
            "truth",
            "continued by ridge",
        ):
            assert said in text
        assert "time (samples, one every 0.1 units of time)" in text
        assert "signal (no unit)" in text


def test_a_picture_lies_here_under_the_names_of_the_pair_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    column = "linear_rnn(hidden=1)"
    done = in_process(capsys, "generate", "sine", column, "--train", "--steps", 1, "--set", "train.batch=2")
    assert (done.code, done.out) == (0, f"sine-{column}.png\n"), done.err
    assert Path(f"sine-{column}.png").read_bytes().startswith(b"\x89PNG")


def test_a_signal_that_overflows_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    settings = (
        "--train",
        "--steps",
        2,
        "--set",
        "train.learning_rate=9",
        "--set",
        "train.warmup=0",
        "--set",
        "train.batch=2",
    )
    done = in_process(capsys, "generate", "sine", "linear_rnn", *settings, "--tokens", 900, "--plot", "far.svg")
    assert done.code == 0, done.err
    assert "900 samples by itself, overflow" in Path("far.svg").read_text(encoding="utf-8")


BAD_REQUESTS: dict[str, tuple[tuple[object, ...], tuple[str, ...]]] = {
    "no names": ((), ("TASK", "MODEL")),
    "no model": (("words_toy",), ("MODEL",)),
    "task": (("wrods_toy", "lstm"), ("'wrods_toy'", ", ".join(OWN_TASKS))),
    "model": (("words_toy", "lstn"), ("'lstn'", *OWN_MODELS)),
    "strings": (("copy", "gru"), ("'copy'", "python -m bench show copy --model gru", CONTINUED)),
    "strings of numbers": (("human_numbers", "gru", "--set", "task.form=successor"), ("show human_numbers", CONTINUED)),
    "pair": (("words_toy", "ridge"), ("words_toy ridge", "real value")),
    "pair of values": (("sine", "markov"), ("sine markov", "real values")),
    "symbols": ((*TOY, "--tokens", 0), ("--tokens", "from 1 to 1,000,000", "0")),
    "too many symbols": ((*TOY, "--tokens", 10**20), ("--tokens", "from 1 to 1,000,000")),
    "symbols in words": ((*TOY, "--tokens", "many"), ("--tokens", "'many'")),
    "temperature of zero": ((*TOY, "--temperature", 0), ("--temperature", "above 0", "--greedy")),
    "negative temperature": ((*TOY, "--temperature=-1"), ("--temperature", "above 0", "-1")),
    "temperature that is no number": ((*TOY, "--temperature", "nan"), ("--temperature", "nan")),
    "temperature without end": ((*TOY, "--temperature", "inf"), ("--temperature", "inf")),
    "greedy and temperature": ((*TOY, "--greedy", "--temperature", 0.8), ("--greedy", "--temperature")),
    "negative seed": ((*TOY, "--seed=-1"), ("--seed", "0 or more", "-1")),
    "negative seed of the model": ((*TOY, "--model-seed=-1"), ("--model-seed", "0 or more", "-1")),
    "word": ((*TOY, "--prompt", "Mary had no sheep", "--train"), ("words_toy", "'no', 'sheep'", "lamb")),
    "number": (("human_numbers", "gru", "--prompt", "one 2"), ("human_numbers", "'2'", "nineteen twenty")),
    "picture of a text": ((*TOY, "--plot", "text.png"), ("--plot", "'words_toy'", "a text")),
    "prompt of a signal": (("sine", "ridge", "--prompt", "0.5"), ("--prompt", "'sine'", "a signal")),
    "temperature of a signal": (("sine", "ridge", "--temperature", 1), ("--temperature", "'sine'", "a signal")),
    "greedy signal": (("sine", "ridge", "--greedy"), ("--greedy", "'sine'", "a signal")),
    "picture's ending": (("sine", "ridge", "--plot", "sine.gif"), ("'sine.gif'", ".png, .svg")),
    "picture's folder": (("sine", "ridge", "--plot", __file__ + "/x.png"), ("cannot write in",)),
    "device": ((*TOY, "--device", "gpu"), ("'gpu'", "auto, cpu")),
    "steps": ((*TOY, "--steps", 0), ("steps", "1 or more", "0")),
    "setting": ((*TOY, "--set", "task.symbol=3"), ("'symbol'", "words_toy")),
    "plug-in": ((*TOY, "--plugin", "nowhere.py"), ("'nowhere.py'", "not a file")),
    "no weights of a signal": (("sine", "gru"), ("no weights of gru on sine", "--tasks sine --models gru", "--train")),
}


@pytest.mark.parametrize("name", BAD_REQUESTS)
def test_a_bad_request_is_one_line(name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    arguments, said = BAD_REQUESTS[name]
    one_line(in_process(capsys, "generate", *arguments), *said)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a text too short", "positions that end"])
def test_work_that_cannot_be_done_is_one_line_after_what_was_begun(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, code, said = {
        "a text too short": ((*TOY, "--set", "train.batch=9"), 1, "too short for"),
        "positions that end": ((*SHORT_TABLE, "--steps", 1), 2, "set model.longest above 120"),
    }[name]
    done = in_process(capsys, "generate", *arguments, "--train")
    begun, error = done.err.splitlines()
    assert (done.code, done.out) == (code, "")
    assert begun.startswith("training ")
    assert error.startswith("error: ")
    assert said in error


def test_a_plug_ins_text_can_be_continued(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plugin = Path("mine.py")
    plugin.write_text(
        "from dataclasses import dataclass\n"
        "from tasks import register\n"
        "from tasks.text.words_toy import WordsToy\n"
        "@register('mine')\n"
        "@dataclass(frozen=True, kw_only=True)\n"
        "class Mine(WordsToy):\n"
        "    '''The same lines.'''\n"
    )
    asked = ("generate", "mine", "gru", "--plugin", plugin, "--set", "train.batch=1", "--steps", 1)
    one_line(in_process(capsys, *asked), "no weights of gru(", "on mine", "--plugin mine.py")
    done = in_process(capsys, *asked, "--train", "--tokens", 3)
    assert (done.code, len(done.out.split())) == (0, 3)


def test_an_unknown_row_is_no_spec() -> None:
    with pytest.raises(RequestError, match="unknown task 'nothing'"):
        specs_named(Catalogue(), "nothing", "gru", [])
