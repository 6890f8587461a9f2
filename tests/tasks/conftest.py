"""Texts and folders that stand for the corpora, so that no test needs the real files but those that ask for them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from corpus_server import CACHED, CONTENT, Offer, Server
from tiny import FIRST, LAST

from tasks.text import characters, corpora, words_brown
from tasks.text.corpora import CORPORA


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The texts that stand for every corpus: change them, then call `clear`."""
    texts: dict[str, Any] = {"text": FIRST + LAST, "sentences": ()}
    monkeypatch.setattr(characters, "corpus_text", lambda _: texts["text"])
    monkeypatch.setattr(words_brown, "brown_sentences", lambda: texts["sentences"])

    def clear() -> None:
        characters._parts.cache_clear()
        words_brown._cut.cache_clear()

    texts["clear"] = clear
    clear()
    yield texts
    monkeypatch.undo()
    clear()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.released.set()
        running.shutdown()
        thread.join()


@pytest.fixture
def folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[dict[str, Path]]:
    """Give each test folders of its own, LENGTHWISE_DATA, beside and cache; nothing outlives it."""
    made = {
        "given": tmp_path / "given",
        "beside": tmp_path / "beside",
        "cache": tmp_path / "cache home" / "lengthwise",
    }
    for cached in CACHED:
        cached.cache_clear()
    if "real" not in request.fixturenames:
        for name in ("given", "beside"):
            made[name].mkdir()
        monkeypatch.setenv("LENGTHWISE_DATA", str(made["given"]))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache home"))
        monkeypatch.setenv("no_proxy", "*")
        monkeypatch.setattr(corpora, "BESIDE", made["beside"])
    yield made
    for cached in CACHED:
        cached.cache_clear()


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Offer:
    """Make the content the nietzsche corpus, to be had from an address."""

    def set_address(address: str | None) -> None:
        offered = replace(
            CORPORA["nietzsche"], address=address, size=len(CONTENT), sha256=hashlib.sha256(CONTENT).hexdigest()
        )
        monkeypatch.setitem(CORPORA, "nietzsche", offered)

    set_address(None)
    return set_address


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Skip where a corpus is not on this machine; nothing is downloaded."""

    def need(name: str) -> None:
        file = CORPORA[name].file
        if not any((folder / file).exists() for folder in corpora.corpus_folders()):
            pytest.skip(f"{file} is not on this machine; LENGTHWISE_DATA may name its folder")

    return need
