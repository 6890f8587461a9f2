"""A corpus that is not on the machine costs one clear line, and nothing that is there."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.error import URLError

import pytest
from harness import TINY, in_process, one_line, record

from bench.records.store import write_record
from tasks.text import characters, corpora, words_brown

KEPT = corpora.corpus_bytes, corpora.brown_sentences, characters._parts, words_brown._cut
FILES = {"chars_nietzsche": "nietzsche.txt", "chars_moliere": "tinymoliere.txt", "words_brown": "brown.zip"}


@pytest.fixture(autouse=True)
def _no_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Folders without a file, no network, nothing remembered."""

    def unreachable(*_: object, **__: object) -> None:
        raise URLError("no network in this test")

    (tmp_path / "data").mkdir()
    monkeypatch.setenv("LENGTHWISE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(corpora, "BESIDE", tmp_path / "beside")
    monkeypatch.setattr(urllib.request, "urlopen", unreachable)
    for remembered in KEPT:
        remembered.cache_clear()
    yield
    for remembered in KEPT:
        remembered.cache_clear()


def without_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, corpus in corpora.CORPORA.items():
        monkeypatch.setitem(corpora.CORPORA, name, replace(corpus, address=None))


@pytest.mark.parametrize("task", FILES)
def test_a_run_without_its_corpus_is_one_line(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without_addresses(monkeypatch)
    done = in_process(capsys, "run", *TINY, "--tasks", task, "--models", "gru", "--out", tmp_path / "run")
    one_line(done, f"task {task}: no {FILES[task]} here", "no public address", "LENGTHWISE_DATA")
    assert not list((tmp_path / "run").rglob("*.json"))


def test_a_download_that_fails_is_said_in_one_line_behind_the_note_of_its_start(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("run", *TINY, "--tasks", "chars_nietzsche", "--models", "gru", "--out", tmp_path / "run")
    done = in_process(capsys, *asked)
    note, error = done.err.splitlines()
    assert (done.code, done.out) == (2, "")
    assert note.startswith("downloading nietzsche.txt, 600,901 bytes, from ")
    assert error.startswith("error: task chars_nietzsche: no nietzsche.txt here, and its download failed: no network")
    assert str(tmp_path / "cache" / "lengthwise") in error


def test_nothing_is_lost_of_a_run_whose_corpus_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without_addresses(monkeypatch)
    for seed, task in enumerate(("chars_nietzsche", "copy")):
        write_record(tmp_path / "run" / "records", record({3: 80}, task=task, seed=seed))
    before = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    done = in_process(
        capsys, "run", *TINY, "--tasks", "chars_nietzsche,copy", "--models", "gru", "--out", tmp_path / "run"
    )
    one_line(done, "nietzsche.txt")
    assert {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()} == before
    assert len(before) == 2


def test_show_without_its_corpus_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without_addresses(monkeypatch)
    one_line(in_process(capsys, "show", "chars_sonnets"), "task chars_sonnets: no shakespeare_sonnets.txt here")


def test_a_folder_of_corpora_that_is_none_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LENGTHWISE_DATA", str(tmp_path / "nowhere"))
    done = in_process(capsys, "run", *TINY, "--tasks", "chars_nietzsche", "--models", "gru", "--out", tmp_path / "run")
    one_line(done, "LENGTHWISE_DATA", "nowhere")


def test_tasks_without_a_corpus_are_listed_and_shown_all_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    listed = in_process(capsys, "list", "tasks")
    assert listed.code == 0
    assert all(task in listed.out for task in FILES)
    assert in_process(capsys, "show", "words_toy").code == 0
