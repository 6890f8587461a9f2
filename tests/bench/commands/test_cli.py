"""The command line as a whole: what there is, what the help costs, old names."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from harness import in_process, python, record

from bench.__main__ import main
from bench.cli import COMMANDS, RENAMED
from bench.records.store import write_record

LOADED = """
import json, sys, time
started = time.perf_counter()
from bench.__main__ import main
try:
    main(["--help"])
except SystemExit:
    pass
heavy = [name for name in ("torch", "pandas", "rich", "numpy") if name in sys.modules]
commands = [name for name in sys.modules if name.startswith("bench.commands.")]
print(json.dumps([time.perf_counter() - started, heavy, sorted(commands)]))
"""


def test_the_help_names_every_command_and_imports_none() -> None:
    *text, last = python(LOADED).splitlines()
    seconds, heavy, commands = json.loads(last)
    assert (heavy, commands) == ([], [])
    assert seconds < 5  # a few hundredths on a machine that does nothing else
    for name, summary in COMMANDS.items():
        assert any(line.split()[:1] == [name] for line in text), name
        assert summary.split()[0] in " ".join(text)


@pytest.mark.parametrize("command", [*COMMANDS, *RENAMED])
def test_every_command_has_a_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    said = capsys.readouterr().out
    assert f"python -m bench {RENAMED.get(command, command)}" in said
    assert "--debug" in said


def test_an_old_name_works_and_says_the_new_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_record(tmp_path / "records", record({3: 80, 4: 40}))
    old, new = (in_process(capsys, name, "--out", tmp_path) for name in ("lessons", "claims"))
    assert (old.code, new.code) == (0, 0)
    assert old.err == "note: `lessons` is now called `claims`\n"
    assert new.err == ""
    assert old.out == new.out


def test_an_unknown_option_names_the_value(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, said in (
        (["run", "--jobs", "0"], "--jobs must be 1 or more; got '0'"),
        (["run", "--jobs", "-2"], "--jobs must be 1 or more; got '-2'"),
        (["run", "--seeds", "x"], "--seeds cannot read seeds 'x'; write a number of seeds or a list such as 0,1,2"),
        (["compare", "new", "--tolerance", "nan"], "--tolerance must be from 0 to 100 points; got 'nan'"),
        (
            ["generate", "a", "b", "--greedy", "--temperature", "1"],
            "argument --temperature: not allowed with argument --greedy",
        ),
    ):
        outcome = in_process(capsys, *arguments)
        assert (outcome.code, outcome.err) == (2, f"error: {said}\n")


def test_an_old_option_works_and_says_the_new_one(capsys: pytest.CaptureFixture[str]) -> None:
    new, old = (in_process(capsys, "generate", "copy", "gru", option, 3) for option in ("--tokens", "--symbols"))
    assert new.code == old.code == 2  # strings are answered and not continued
    assert old.err == f"note: `--symbols` is now called `--tokens`\n{new.err}"
