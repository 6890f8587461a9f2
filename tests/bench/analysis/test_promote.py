"""`promote`: a reference run is packed; packed again it keeps its bytes, and what began from it can take its place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Outcome, in_process, one_line, record_of

from bench.execution.job import Job, make_jobs
from bench.records.packs import lines_in
from bench.records.store import read_records, write_record
from bench.spec.catalogue import Catalogue
from bench.suites.suites import SUITES

SAMPLE = {"length": 3, "first": 0, "given": ["a"], "truth": ["a"], "written": ["b"]}


def jobs(*seeds: int) -> list[Job]:
    specs = [spec for spec in SUITES["smoke"].specs if spec.row == "copy"]
    return make_jobs(specs, seeds, Catalogue())


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that this very code made: one task, two families, two seeds."""
    for job in jobs(0, 1):
        write_record(tmp_path / "mine" / "records", record_of(job) | {"samples": [SAMPLE]})
    return tmp_path / "mine"


@pytest.fixture
def promote(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., str]:
    """Promote a run, into a folder of reference runs apart -> what is said."""
    monkeypatch.setattr("bench.analysis.promote.commit", lambda: ("0" * 40, False))
    monkeypatch.setattr("bench.commands.places.BASELINE", tmp_path / "baseline")

    def command(folder: Path) -> str:
        done: Outcome = in_process(capsys, "promote", folder)
        assert (done.code, done.err) == (0, "")
        return done.out

    return command


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_reference_run_is_packed_and_its_run_stays_as_it_is(
    run: Path, promote: Callable[..., str], tmp_path: Path
) -> None:
    before = files(run)
    assert "+ copy gru: new" in promote(run)
    packs = sorted((tmp_path / "baseline" / "mine" / "records").iterdir())
    assert [(path.name, len(lines_in(path))) for path in packs] == [
        ("copy--seed0.jsonl.gz", 2),
        ("copy--seed1.jsonl.gz", 2),
    ]
    assert files(run) == before
    assert [(each["seed"], len(each["samples"])) for each in read_records(packs[0].parent)[0]] == [(0, 1), (1, 0)] * 2


def test_a_reference_run_takes_its_own_place_and_nothing_changes(
    run: Path, promote: Callable[..., str], tmp_path: Path
) -> None:
    promote(run)
    reference = tmp_path / "baseline" / "mine"
    before = files(reference)
    assert "nothing changes" in promote(reference)
    assert files(reference) == before
    assert "nothing changes" in promote(run)
    assert files(reference) == before


def test_loose_records_of_a_reference_run_are_packed_in_place(
    run: Path, promote: Callable[..., str], tmp_path: Path
) -> None:
    promote(run)
    wanted, reference = files(tmp_path / "baseline" / "mine"), tmp_path / "baseline" / "mine"
    shutil.rmtree(reference / "records")
    shutil.copytree(run / "records", reference / "records")
    assert "nothing changes" in promote(reference)
    assert files(reference) == wanted


def test_a_run_that_began_from_a_references_packs_takes_its_place(
    run: Path, promote: Callable[..., str], tmp_path: Path
) -> None:
    promote(run)
    begun, packs = tmp_path / "other" / "mine", tmp_path / "baseline" / "mine" / "records"
    shutil.copytree(packs, begun / "records")
    before = files(packs)
    for job in jobs(1, 2):
        write_record(begun / "records", record_of(job) | {"steps": 9, "samples": [SAMPLE]})
    promote(begun)
    found, problems = read_records(packs)
    assert problems == []
    assert [(each["seed"], each["steps"] == 9, len(each["samples"])) for each in found] == [
        (0, False, 1),
        (1, True, 0),
        (2, True, 0),
    ] * 2
    assert files(packs)["copy--seed0.jsonl.gz"] == before["copy--seed0.jsonl.gz"]
    assert len(files(packs)) == 3


def test_a_pack_that_cannot_be_read_stops_a_promotion_of_the_reference_run_itself(
    run: Path, promote: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    promote(run)
    reference = tmp_path / "baseline" / "mine"
    pack = reference / "records" / "copy--seed1.jsonl.gz"
    pack.write_bytes(pack.read_bytes()[:-1])
    before = files(reference)
    one_line(in_process(capsys, "promote", reference), pack.name, "is no whole gzip file")
    assert files(reference) == before
