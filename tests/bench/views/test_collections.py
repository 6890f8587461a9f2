"""`publish`: a run's numbers in the files of collections of results, which their own programs read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from harness import in_process, one_line, record
from text_records import text_record

from bench.records.schema import SCORED
from bench.records.store import write_record

CONVERTED = ("copy", "sort")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of three families on two rows; one of them answered elsewhere."""
    for row in CONVERTED:
        for seed in range(4):
            for model, right in (("gru", 40), ("lstm", 90), ("theirs", 100)):
                made = record({3: 100, 6: right - seed}, task=row, model=model, seed=seed)
                made["train_lengths"] = [1, 2, 3, 3]
                if model == "theirs":
                    made |= {"status": SCORED}
                write_record(tmp_path / "quick" / "records", made)
    return tmp_path / "quick"


def published(run: Path, out: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Path]:
    """Return the files by the model's folder."""
    done = in_process(capsys, "publish", run, "--out", out, *options)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("3 files for ")
    assert "nothing was sent anywhere" in done.out
    return {path.relative_to(out).parts[-2 if path.suffix == ".json" else 0]: path for path in files_in(out)}


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def number(evaluation: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = (each for each in evaluation["evaluation_results"] if each["evaluation_name"] == name)
    return dict(found)


def test_every_number_of_a_family_is_in_its_file_with_its_interval(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = published(run, tmp_path / "out", capsys, "--to", "every-eval-ever")
    assert set(files) == {"gru", "lstm", "theirs"}
    gru = json.loads(files["gru"].read_text())
    assert gru["source_metadata"]["evaluator_relationship"] == "first_party"
    beyond = number(gru, "copy: exact_match_extrapolation")
    assert beyond["score_details"]["score"] == pytest.approx(0.385)
    told = beyond["score_details"]["uncertainty"]
    assert told["confidence_interval"]["lower"] < 0.385 < told["confidence_interval"]["upper"]
    assert told["num_samples"] == 4
    assert (beyond["metric_config"]["min_score"], beyond["metric_config"]["max_score"]) == (0, 1)
    details = beyond["score_details"]["details"]
    assert (details["seeds"], details["train_lengths"]) == ("4", "1-3")
    horizon = number(gru, "copy: robust_horizon")
    assert (horizon["score_details"]["score"], horizon["metric_config"]["max_score"]) == (1, 2)
    assert json.loads(files["theirs"].read_text())["source_metadata"]["evaluator_relationship"] == "third_party"


def test_files_have_the_names_that_the_collection_asks_for_and_the_same_ones_again(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = published(run, tmp_path / "one", capsys, "--to", "every-eval-ever")
    again = published(run, tmp_path / "two", capsys, "--to", "every-eval-ever")
    assert [path.read_bytes() for path in first.values()] == [path.read_bytes() for path in again.values()]
    for model, path in first.items():
        assert path.relative_to(tmp_path / "one").parts[:-1] == ("data", "lengthwise_quick", "lengthwise", model)
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", path.stem)
        assert again[model].name == path.name


def test_the_collections_own_program_accepts_them(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its package needs Python 3.12: `pip install every-eval-ever` puts the command where this test finds it."""
    program = shutil.which("every_eval_ever")
    if program is None:
        pytest.skip("every-eval-ever is not installed")
    files = published(run, tmp_path / "out", capsys, "--to", "every-eval-ever", "--dataset", "someone/lengths")
    done = subprocess.run([program, "validate", *files.values()], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "3 passed, 0 warning-only, 0 failed" in done.stdout


def test_the_hub_has_an_entry_a_row_which_its_own_library_reads(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub, yaml = pytest.importorskip("huggingface_hub"), pytest.importorskip("yaml")
    files = published(run, tmp_path / "out", capsys, "--to", "hub", "--dataset", "me/lengths")
    assert set(files) == {"gru", "lstm", "theirs"}
    assert files["gru"].relative_to(tmp_path / "out").as_posix() == "gru/.eval_results/lengthwise_quick.yaml"
    entries = hub.parse_eval_result_entries(yaml.safe_load(files["gru"].read_text()))
    assert [(entry.dataset_id, entry.task_id, entry.value) for entry in entries] == [
        ("me/lengths", "copy", 38.5),
        ("me/lengths", "sort", 38.5),
    ]
    assert entries[0].notes == "exact match past the training lengths in percent, mean of 4 seeds; trained at 1-3"


def test_texts_are_told_in_nats_which_have_no_largest_value(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_record(tmp_path / "language" / "records", text_record({8: 1.5, 64: 1.25}))
    monkeypatch.chdir(tmp_path)
    done = in_process(capsys, "publish", tmp_path / "language", "--to", "every-eval-ever")
    assert (done.code, done.err) == (0, "")
    (file,) = (tmp_path / "lengthwise-language-every-eval-ever").rglob("*.json")
    (nats,) = (
        each for each in json.loads(file.read_text())["evaluation_results"] if "cross" in each["evaluation_name"]
    )
    assert nats["metric_config"]["lower_is_better"] is True
    assert not {"score_type", "max_score"} & set(nats["metric_config"])


@pytest.mark.parametrize("dataset", [(), ("--dataset", "lengths"), ("--dataset", "/lengths")])
def test_a_leaderboard_that_is_not_named_is_one_line(
    dataset: tuple[str, ...], run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = in_process(capsys, "publish", run, "--to", "hub", "--out", tmp_path / "out", *dataset)
    one_line(done, "--dataset OWNER/NAME")
    assert not (tmp_path / "out").exists()


def test_a_library_that_is_missing_is_one_line(
    run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    done = in_process(capsys, "publish", run, "--to", "hub", "--dataset", "me/lengths")
    one_line(done, "pip install 'lengthwise[hub]'")


def test_a_folder_that_is_no_run_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = in_process(capsys, "publish", tmp_path, "--to", "every-eval-ever")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: no records in")
