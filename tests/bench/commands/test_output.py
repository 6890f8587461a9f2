"""Whatever standard output is, no command ends in a traceback: other encodings, closed, a pipe that nobody reads."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import ENVIRONMENT, ROOT, SHORT, TINY, in_process, pretend, record, registries_restored
from misbehaving import small_model

from bench.__main__ import CLOSED_PIPE, main
from bench.records.store import write_record

LONG = "a_family_whose_name_is_much_longer_than_any_column_is_wide_" + "x" * 200
STRANGE = "s\u00e9quence \u2026 \u2211 \U0001f600"
TEXT = """
from tasks import register
from tasks.text.corpus import Parts
from tasks.text.vocabulary import Vocabulary
from tasks.text.words_toy import WordsToy


@register("{name}")
class Strange(WordsToy):
    def parts(self):
        words = Vocabulary(("…", "∑", "😀"), is_open=False)
        text = words.encode(5 * ["…", "∑", "😀", "∑"])
        return Parts(words, text, text)
"""
PLUGINS = {"PLUGIN": small_model(STRANGE), "TEXT": TEXT.format(name=STRANGE)}
TRAIN = ("run", *TINY, "--tasks", "copy", *SHORT)
STEP = ("--steps", "1", "--set", "train.batch=1")
COMMANDS: dict[str, tuple[str, ...]] = {
    "list": ("list",),
    "list as data": ("list", "--json"),
    "help": ("run", "--help"),
    "tables": ("tables", "--out", "RUN"),
    "report": ("report", "--out", "RUN"),
    "best": ("best", "copy", "--out", "RUN"),
    "compare": ("compare", "RUN", "RUN"),
    "compare for pasting": ("compare", "--markdown", "RUN", "RUN"),
    "claims": ("claims", "--out", "RUN"),
    "extrapolation": ("extrapolation", "--out", "RUN"),
    "run": (*TRAIN, "--models", STRANGE, "--plugin", "PLUGIN", "--out", "OUT"),
    "show": ("show", STRANGE, "--plugin", "TEXT", "--model", "gru", *STEP),
    "generate": ("generate", STRANGE, "gru", "--plugin", "TEXT", "--train", *STEP),
    "error": ("run", "--models", STRANGE),
}


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """Name the arguments of a command on a run, or on plug-ins, whose names are long and strange."""
    meant = {"RUN": str(tmp_path / "run"), "OUT": str(tmp_path / "out")}
    for name, text in PLUGINS.items():
        file = tmp_path / f"{name.lower()}.py"
        file.write_text(text, encoding="utf-8")
        meant[name] = str(file)
    for seed in (0, 1):
        for model in (LONG, STRANGE):
            write_record(tmp_path / "run" / "records", record({3: 80, 4: 40}, model=model, seed=seed))
    monkeypatch.setattr("bench.commands.places.RUNS", tmp_path / "runs")
    return lambda name: [meant.get(part, part) for part in COMMANDS[name]]


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
@pytest.mark.parametrize("name", COMMANDS)
def test_an_encoding_that_lacks_characters_fails_no_command(
    name: str, encoding: str, asked: Callable[[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    if encoding == "latin-1" and name in ("run", "show", "generate", "report"):
        pytest.skip("one encoding is enough where it takes long")
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding) for _ in range(2))
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    try:
        with registries_restored():
            code = main(asked(name))
    except SystemExit as ended:  # of the help
        code = int(ended.code or 0)
    said = [stream.buffer.getvalue().decode(encoding) for stream in (out, err) if stream.flush() is None]
    assert code == (2 if name == "error" else 0), said
    if name == "error":
        assert said[1].startswith("error: unknown model ")
        assert "\\u2211" in said[1]
    elif name in ("tables", "extrapolation"):
        assert "+---" in said[0]  # boxes as ASCII draws them
    assert "\\u2026" not in said[0].replace(STRANGE, "")  # what is cut ends in a character of one column


def bench(
    *arguments: str, stdout: int | None = None, environment: dict[str, str] | None = None, shut: bool = False
) -> tuple[int, str]:
    """Run a command in a process of its own -> exit code, standard error."""
    done = subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        env=ENVIRONMENT | (environment or {}),
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=300,
        preexec_fn=(lambda: os.close(1)) if shut else None,
    )
    return done.returncode, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", ["list", "tables"])
def test_an_encoding_of_the_environment_fails_no_command(name: str, asked: Callable[[str], list[str]]) -> None:
    assert bench(*asked(name), stdout=subprocess.DEVNULL, environment={"PYTHONIOENCODING": "ascii"}) == (0, "")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "buffered"), [("list", ""), ("list", "1"), ("help", ""), ("tables", ""), ("tables", "1"), ("report", "1")]
)
def test_a_pipe_that_nobody_reads_any_more_is_no_error(
    name: str, buffered: str, asked: Callable[[str], list[str]]
) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        code, err = bench(*asked(name), stdout=write, environment={"PYTHONUNBUFFERED": buffered})
    finally:
        os.close(write)
    assert err == ""
    assert code in (0, CLOSED_PIPE)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["list", "run"])
def test_standard_output_that_is_closed_is_one_line(
    name: str, asked: Callable[[str], list[str]], tmp_path: Path
) -> None:
    assert bench(*asked(name), shut=True) == (1, "error: standard output is closed\n")
    assert not (tmp_path / "out").exists()


def test_a_run_whose_output_is_read_no_more_stops_and_keeps_its_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(32, "Broken pipe")

        def fileno(self) -> int:
            raise OSError("there is none")

    pretend(monkeypatch)
    monkeypatch.setattr(sys, "stdout", Gone())
    assert (
        main(["run", "--suite", "smoke", "--tasks", "copy", "--models", "gru", "--out", str(tmp_path)]) == CLOSED_PIPE
    )
    assert len(list((tmp_path / "records").iterdir())) == 1
    assert capsys.readouterr().err == ""


def test_tables_are_titled_by_the_folder_wherever_one_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_record(tmp_path / "mine" / "records", record({3: 80, 4: 40}))
    monkeypatch.chdir(tmp_path / "mine")
    assert in_process(capsys, "tables", "--out", ".").code == 0
    assert "suite `mine`" in (tmp_path / "mine" / "leaderboard.md").read_text()
    for command in (("report", "--out", "."), ("claims", "--out", "."), ("extrapolation", "--out", ".")):
        assert in_process(capsys, *command).code == 0
    for page in (tmp_path / "mine").glob("*.[mh]*"):
        assert "suite ``" not in page.read_text(), page.name
        assert "<title></title>" not in page.read_text(), page.name
