"""Files in `records/` that are no records, 300 of them: no command stumbles, each is named, none is touched."""

from __future__ import annotations

import html
import os
import random
import re
from pathlib import Path

import pytest
from foreign import damaged, odd_names, other_records, special
from harness import Outcome, in_process, pretend, record, record_of, without

from bench.execution.job import make_jobs
from bench.records.store import read_record, read_records, record_name, write_record
from bench.spec.catalogue import Catalogue
from bench.suites.suites import SUITES

RUN = ("run", "--suite", "smoke", "--tasks", "copy", "--models", "gru,elman")
COMMANDS: dict[str, tuple[tuple[str, ...], int]] = {
    "tables": (("tables", "--out", "OUT"), 0),
    "a run with nothing to train": ((*RUN, "--seeds", "2", "--out", "OUT"), 0),
    "a run with a cell to train": ((*RUN, "--seeds", "3", "--out", "OUT"), 0),
    "report": (("report", "--out", "OUT"), 0),
    "compare": (("compare", "OUT", "OUT"), 0),
    "promote": (("promote", "OUT"), 2),
    "history": (("history", "OUT", "--file", "OUT/history.csv"), 2),
}


def state(folder: Path) -> dict[str, bytes]:
    """Return what every file says, and of what is no file where it leads."""
    found = {}
    for path in sorted(folder.iterdir()):
        link = os.fsencode(path.readlink()) if path.is_symlink() else b""
        small = not link and path.is_file() and path.stat().st_size < 10**9
        found[path.name] = path.read_bytes() if small else link + str(path.lstat().st_mode).encode()
    return found


def cell_of(path: Path) -> tuple[str, str, int] | None:
    """Return the cell that a file is the record of, if any."""
    try:
        made = read_record(path)
    except ValueError:
        return None
    return made["task"], made["model"], made["seed"]


def is_damaged(path: Path) -> bool:
    """Whether a file holds no record, or one whose cell has another under its own name."""
    cell = cell_of(path)
    own = path.with_name(record_name(*cell)) if cell else path
    return cell is None or (path != own and cell_of(own) == cell)


@pytest.fixture
def finished_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run with a fresh record for each of its cells, made by committed code."""
    pretend(monkeypatch)
    monkeypatch.setattr("bench.commands.places.BASELINE", tmp_path / "baseline")
    monkeypatch.setattr("bench.analysis.promote.commit", lambda: ("0" * 40, False))
    specs = [spec for spec in SUITES["smoke"].specs if spec.row == "copy"]
    for job in make_jobs(specs, [0, 1], Catalogue()):
        write_record(tmp_path / "mine" / "records", record_of(job))
    return tmp_path / "mine"


@pytest.fixture
def run_with_foreign_files(finished_run: Path) -> Path:
    """A finished run, and beside its records 300 files that are none."""
    chance, records = random.Random(0), finished_run / "records"
    makes = {**special(records), **other_records(chance), **damaged(chance), **odd_names()}
    for name, content in makes.items():
        if isinstance(content, bytes):
            (records / name).write_bytes(content)
        else:
            content(records / name)
    assert len(makes) >= 300
    return finished_run


def named(outcome: Outcome, out: Path, command: str) -> list[str]:
    """Return the lines of a command, or of the page that it wrote, on files that are no records."""
    text = outcome.out
    if command == "report":
        page = (out / "report.html").read_text(encoding="utf-8")
        text = html.unescape(re.sub("</?div>", "\n", page))
    notes = [line for line in text.splitlines() if line.endswith(": left alone")]
    assert len(notes) == text.count(": left alone")
    return [note.removeprefix("note: ").removeprefix(f"{out}: ") for note in notes]


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_files_that_are_no_records_are_named_and_left_alone_and_the_others_are_used(
    command: str, run_with_foreign_files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, code = COMMANDS[command]
    out = run_with_foreign_files
    before = state(out / "records")
    outcome = in_process(capsys, *(part.replace("OUT", str(out)) for part in arguments))
    assert outcome.code == code, outcome.err
    assert outcome.err.count("\n") == (code != 0)
    after = state(out / "records")
    assert after.items() >= before.items()
    if code:
        assert "files that are no records" in outcome.err
        return
    times, notes = 2 if command == "compare" else 1, named(outcome, out, command)  # `compare` is given the folder twice
    bad = [path for path in sorted((out / "records").iterdir()) if is_damaged(path)]
    assert 200 <= len(bad) < len(after)
    assert len(notes) == times * len(bad)
    for path in bad:
        shown = path.name if path.name.isprintable() else ascii(path.name)
        assert sum(note.startswith(f"{shown} ") for note in notes) == times, shown
    if (out / "leaderboard.csv").exists():
        board = (out / "leaderboard.csv").read_text(encoding="utf-8")
        assert "copy,1,gru," in board
        assert "copy,1,changed" in board


def test_promote_takes_the_records_alone(
    finished_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = finished_run / "records"
    wanted, _ = read_records(records)
    for folder in (records, tmp_path / "baseline" / "mine" / "records"):
        folder.mkdir(parents=True, exist_ok=True)
        os.mkfifo(folder / "pipe")
        (folder / "loop").symlink_to("loop")
        (folder / "stale").mkdir()
        (folder / "stale" / "old.json").write_text("{}")
        (folder / ".0123.tmp").write_text("{")
    outcome = in_process(capsys, "promote", finished_run)
    assert (outcome.code, outcome.err) == (0, "")
    promoted = tmp_path / "baseline" / "mine" / "records"
    found, problems = read_records(promoted)
    assert problems == []
    assert [without(made, "samples") for made in found] == [without(made, "samples") for made in wanted]
    assert sorted(path.name for path in promoted.iterdir()) == ["copy--seed0.jsonl.gz", "copy--seed1.jsonl.gz"]


def test_a_seed_judged_at_other_lengths_than_most_is_left_out_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed, rights in enumerate(({3: 80, 4: 40}, {3: 80, 4: 40}, {3: 80})):
        write_record(tmp_path / "records", record(rights, seed=seed))
    outcome = in_process(capsys, "tables", "--out", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    assert "note: copy gru: seeds [2] were made by other settings or code: left out" in outcome.out
