"""A report whose records and code are as they were is not drawn again; any other is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import in_process, record

from bench.records.store import pack_records, write_record
from bench.views import made

NOTE = ", up to date"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "mine"
    write_record(out / "records", record({3: 80}, task="copy", model="gru", seed=0))
    return out


@pytest.fixture
def out(drawn: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A run whose report is drawn."""
    if not (drawn / "report.html").exists():
        assert NOTE not in in_process(capsys, "report", "--out", drawn).out
    return Path(shutil.copytree(drawn, tmp_path / "mine"))


def changed_record(out: Path) -> None:
    write_record(out / "records", record({3: 70}, task="copy", model="gru", seed=0))


def new_record(out: Path) -> None:
    write_record(out / "records", record({3: 70}, task="copy", model="gru", seed=1))


def missing_figure(out: Path) -> None:
    next((out / "figures").glob("*.png")).unlink()


def spoilt_page(out: Path) -> None:
    (out / "report.html").write_text("")


def spoilt_note(out: Path) -> None:
    (out / made.NOTE).write_text("{")


def test_a_report_that_is_current_stays_as_it_is(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}
    assert NOTE in in_process(capsys, "report", "--out", out).out
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()} == files


@pytest.mark.parametrize("change", [changed_record, new_record, missing_figure, spoilt_page, spoilt_note])
def test_a_report_that_lacks_something_is_drawn_again(
    change: Callable[[Path], None], out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    change(out)
    assert NOTE not in in_process(capsys, "report", "--out", out).out
    assert NOTE in in_process(capsys, "report", "--out", out).out
    assert (out / "report.html").stat().st_size > 1000


def test_a_pack_beside_the_records_makes_another_report(out: Path) -> None:
    before = made.ingredients(out, "mine")
    pack_records(out / "records", out / "packed")
    (pack,) = (out / "packed").iterdir()
    pack.rename(out / "records" / pack.name)
    assert made.ingredients(out, "mine") != before


def test_other_code_and_another_name_make_another_report(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = made.ingredients(out, "mine")
    assert made.is_current(out, before)
    assert made.ingredients(out, "other") != before
    for name in made.SOURCES:
        (tmp_path / "bench" / name).mkdir(parents=True)
    monkeypatch.setattr(made, "ROOT", tmp_path)
    assert not made.is_current(out, made.ingredients(out, "mine"))
