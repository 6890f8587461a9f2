"""`dataset`: held-out sets that others load by their Croissant description, and answers to them that `score` takes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from harness import in_process, one_line

SMALL = ("--suite", "smoke")


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph:DeprecationWarning")  # the library's own
def test_others_load_every_example_by_the_description_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    library = pytest.importorskip("mlcroissant")
    done = in_process(capsys, "dataset", "copy,sine", *SMALL, "--out", tmp_path)
    assert (done.code, done.err) == (0, "")
    loaded = library.Dataset(tmp_path / "croissant.json")
    assert {each.id for each in loaded.metadata.record_sets} == {"copy", "sine"}
    lines = [json.loads(line) for line in (tmp_path / "copy.jsonl").read_text().splitlines()]
    found = list(loaded.records("copy"))
    assert len(found) == len(lines) > 100
    assert f"{len(lines) + len(list(loaded.records('sine'))):,} examples of 2 rows" in done.out
    for mine, theirs in zip(lines[::50], found[::50], strict=True):
        assert theirs["copy/id"].decode() == mine["id"]
        assert theirs["copy/length"] == mine["length"]
        for part in ("source", "target"):
            assert [symbol.decode() for symbol in theirs[f"copy/{part}"]] == mine[part]
    wave, first = next(iter(loaded.records("sine"))), json.loads((tmp_path / "sine.jsonl").read_text().split("\n")[0])
    assert wave["sine/source"] == pytest.approx(first["source"])
    (copy,) = (each for each in loaded.metadata.record_sets if each.id == "copy")
    assert "Trained at lengths" in copy.description


def test_right_answers_to_it_score_everything(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("mlcroissant")
    assert in_process(capsys, "dataset", "copy", *SMALL, "--out", tmp_path).code == 0
    examples = [json.loads(line) for line in (tmp_path / "copy.jsonl").read_text().splitlines()]
    answers = tmp_path / "answers.jsonl"
    answers.write_text("".join(json.dumps({"id": each["id"], "answer": each["target"]}) + "\n" for each in examples))
    done = in_process(capsys, "score", "copy", answers, *SMALL, "--name", "right", "--out", tmp_path / "run")
    assert done.code == 0, done.err
    (kept,) = (tmp_path / "run" / "records").glob("*.json")
    by_length = json.loads(kept.read_text())["by_length"]
    assert all(score["right"] == score["examples"] for score in by_length.values())


def test_texts_of_a_suite_are_left_out_and_said_and_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("mlcroissant")
    done = in_process(capsys, "dataset", "human_numbers", "--suite", "quick", "--out", tmp_path)
    one_line(done, "human_numbers is a text")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "named"),
    [(("nonsense",), "unknown row 'nonsense'"), (("--suite", "nonsense"), "unknown suite 'nonsense'")],
)
def test_an_unknown_name_is_one_line(options: tuple[str, ...], named: str, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("mlcroissant")
    done = in_process(capsys, "dataset", *options)
    one_line(done, named)


def test_a_library_that_is_missing_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "mlcroissant", None)
    done = in_process(capsys, "dataset", "copy", *SMALL)
    one_line(done, "pip install 'lengthwise[croissant]'")
