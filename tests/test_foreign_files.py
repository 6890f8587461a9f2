"""Files in `records/` that are no records, 300 of them: no command stumbles, each is named, none is touched."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from foreign import damaged, odd_names, other_records, special
from harness import Outcome, Pretender, in_process, record_of

from bench.catalogue import Catalogue
from bench.cell import make_cells
from bench.records import read_record, write_record
from bench.suites import SUITES

RUN = ("run", "--suite", "smoke", "--tasks", "copy", "--models", "gru,elman")
COMMANDS: dict[str, tuple[tuple[str, ...], int]] = {
    "tables": (("tables", "--out", "OUT"), 0),
    "a run with nothing to train": ((*RUN, "--out", "OUT"), 0),
    "a run with a cell to train": ((*RUN, "--seeds", "2", "--out", "OUT"), 0),
    "promote": (("promote", "OUT"), 2),
}


def state(folder: Path) -> dict[str, bytes]:
    """Return what every file says, and of what is no file where it leads."""
    found = {}
    for path in sorted(folder.iterdir()):
        link = os.fsencode(path.readlink()) if path.is_symlink() else b""
        small = not link and path.is_file() and path.stat().st_size < 10**9
        found[path.name] = path.read_bytes() if small else link + str(path.lstat().st_mode).encode()
    return found


def is_damaged(path: Path) -> bool:
    try:
        read_record(path)
    except ValueError:
        return True
    return path.name == "again.json"  # whole, but it repeats another's cell


@pytest.fixture
def run_with_foreign_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A finished run, and beside its records 300 files that are none."""
    monkeypatch.setattr("bench.runner.run_cells", Pretender())
    monkeypatch.setattr("bench.commands.BASELINE", tmp_path / "baseline")
    monkeypatch.setattr("bench.promote.commit", lambda: ("0" * 40, False))
    chance, records = random.Random(0), tmp_path / "mine" / "records"
    specs = [spec for spec in SUITES["smoke"].specs if spec.row == "copy"]
    for cell in make_cells(specs, [0], Catalogue()):
        write_record(records, record_of(cell))
    makes = {**special(records), **other_records(chance), **damaged(chance), **odd_names()}
    for name, content in makes.items():
        if isinstance(content, bytes):
            (records / name).write_bytes(content)
        else:
            content(records / name)
    assert len(makes) >= 300
    return records.parent


def named(outcome: Outcome, command: str) -> list[str]:
    """Return the names of the files that a command says are no records."""
    lines = outcome.out.splitlines()
    notes = [line.removeprefix("note: ") for line in lines if line.endswith(": left alone")]
    assert len(notes) == outcome.out.count(": left alone"), command
    return [note for note in notes if note]


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_files_that_are_no_records_are_named_and_left_alone_and_the_others_are_used(
    command: str, run_with_foreign_files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, code = COMMANDS[command]
    out = run_with_foreign_files
    before = state(out / "records")
    bad = [path for path in sorted((out / "records").iterdir()) if is_damaged(path)]
    assert 200 <= len(bad) < len(before)
    outcome = in_process(capsys, *(str(out) if part == "OUT" else part for part in arguments))
    assert outcome.code == code, outcome.err
    assert outcome.err.count("\n") == (code != 0)
    after = state(out / "records")
    assert after.items() >= before.items()
    notes = named(outcome, command)
    if code:
        assert "files that are no records" in outcome.err
        return
    assert len(notes) == len(bad)
    for path in bad:
        shown = path.name if path.name.isprintable() else ascii(path.name)
        assert sum(note.startswith(f"{shown} ") for note in notes) == 1, shown
    board = (out / "leaderboard.csv").read_text(encoding="utf-8")
    assert "copy,1,gru," in board
    assert "copy,1,changed" in board
