"""Files of answers are read strictly: whatever is wrong is one line that names the file and the place."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness import in_process, one_line, records_in

Lines = list[dict[str, Any]]
ROW = ("copy", "--suite", "quick", "--length", "2,4")


@pytest.fixture
def lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Lines:
    """Right answers to the exported examples of two lengths."""
    assert in_process(capsys, "export", *ROW, "--out", tmp_path / "examples.jsonl").code == 0
    with (tmp_path / "examples.jsonl").open(encoding="utf-8") as file:
        _, *examples = map(json.loads, file)
    return [{"id": each["id"], "answer": each["target"]} for each in examples]


def score(capsys: pytest.CaptureFixture[str], folder: Path, content: bytes, name: str = "theirs") -> Any:
    """Score a file of answers."""
    file = folder / "answers.jsonl"
    file.write_bytes(content)
    return in_process(capsys, "score", ROW[0], file, *ROW[1:], "--name", name, "--out", folder / "quick")


def text(lines: Lines) -> bytes:
    """Return lines of JSON."""
    return "".join(json.dumps(line) + "\n" for line in lines).encode()


def test_a_program_stands_in_the_table_and_beside_the_reference(
    lines: Lines, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header = {"lengthwise": 1, "row": "copy"}
    done = score(capsys, tmp_path, text([header, *reversed(lines)]) + b"\n\n")
    assert (done.code, done.err) == (0, "")
    (made,) = records_in(tmp_path / "quick").values()
    assert (made["status"], made["model"]) == ("scored", "theirs")
    assert made["by_length"]["4"]["right"] == made["by_length"]["4"]["examples"]
    board = (tmp_path / "quick" / "leaderboard.md").read_text(encoding="utf-8")
    (row,) = [line for line in board.splitlines() if line.startswith("| theirs |") and "scored" in line]
    assert "scored" in row
    assert " of 10" in done.out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: lines[:-2], r"has no answer to 2 of the 9 examples of length 4 \(random\), the first is '4-"),
        (lambda lines: [*lines, lines[1]], r"line 13 answers '2-random-1-\w+' again, which line 2 did"),
        (
            lambda lines: [*lines, {"id": "9-random-0-abc", "answer": []}],
            "line 13 has id '9-random-0-abc', which is no",
        ),
        (lambda lines: [{"id": "2-random-0-12345678", "answer": []}], "of another set: its hash is '12345678', here '"),
        (lambda lines: [{"answer": []}], 'line 1 has no "id"'),
        (lambda lines: [{"id": 3, "answer": []}], 'line 1 has no "id"'),
        (lambda lines: [lines[0] | {"answer": "ab"}], 'line 1 has no list "answer"'),
        (
            lambda lines: [lines[0] | {"answer": ["z"]}],
            "line 1 has 'z', no token of the target; choose from: <stop>, a",
        ),
        (lambda lines: [lines[0] | {"answer": [True]}], "line 1 has True, no token of the target"),
        (lambda lines: [lines[0] | {"answer": [0]}], "line 1 has 0, no token of the target"),
    ],
)
def test_wrong_answers_are_named(
    change: Callable[[Lines], Lines], said: str, lines: Lines, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = score(capsys, tmp_path, text(change(lines)))
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert re.search(said.replace("|", r"\|"), done.err), done.err
    assert not (tmp_path / "quick").exists()


def test_several_trainings_of_a_program_are_its_seeds(
    lines: Lines, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_bytes(text(lines))
    for seed in (0, 1):
        asked = ("--name", "theirs", "--seed", seed, "--out", tmp_path / "quick")
        assert in_process(capsys, "score", ROW[0], file, *ROW[1:], *asked).code == 0
    assert [made["seed"] for made in records_in(tmp_path / "quick").values()] == [0, 1]
    assert "| theirs |" in (tmp_path / "quick" / "leaderboard.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe", "is not UTF-8"),
        (b"[1, 2]\n", 'line 1 is no object with "id" and "answer"'),
        (b'{"id": \n', "line 1 is not JSON"),
        (b"", "has no answer to 3 of the 3 examples of length 2"),
    ],
)
def test_files_that_are_no_answers_are_named(
    content: bytes, said: str, lines: Lines, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one_line(score(capsys, tmp_path, content), said)


def test_names_and_files_that_cannot_be(lines: Lines, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one_line(score(capsys, tmp_path, text(lines), name="gru"), "--name 'gru' is a family here: choose another")
    one_line(score(capsys, tmp_path, text(lines), name=" "), "--name ' ' says nothing")
    one_line(in_process(capsys, "score", *ROW[:1], tmp_path / "none", "--name", "theirs"), "No such file or directory")
    one_line(in_process(capsys, "score", *ROW[:1], tmp_path, "--name", "theirs"), "no regular file")


def test_a_program_of_their_own_is_not_made_a_reference(
    lines: Lines, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert score(capsys, tmp_path, text(lines)).code == 0
    done = in_process(capsys, "promote", tmp_path / "quick")
    assert done.code == 2
    assert "was scored, not trained" in done.err or "not committed" in done.err
