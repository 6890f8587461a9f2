"""Corpora: found in folders, checked, cleaned."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from corpus_server import CONTENT, FILE, Offer, Server, put, refused

from tasks.text import corpora
from tasks.text.corpora import (
    CORPORA,
    CorpusError,
    brown_sentences,
    corpus_bytes,
    corpus_text,
    moliere_text,
    sonnets_text,
)

pytestmark = pytest.mark.usefixtures("folders")


def test_the_table_is_well_formed() -> None:
    assert sorted(CORPORA) == ["brown", "moliere", "nietzsche", "sonnets", "tinyshakespeare"]
    assert len({corpus.file for corpus in CORPORA.values()}) == len(CORPORA)
    for corpus in CORPORA.values():
        assert re.fullmatch(r"[0-9a-f]{64}", corpus.sha256)
        assert corpus.licence
        assert corpus.address is None or corpus.address.startswith("https://")


def test_an_unknown_corpus_is_refused_with_the_choices() -> None:
    with pytest.raises(CorpusError, match="unknown corpus 'nietsche'; choose from: brown, moliere, nietzsche, sonnets"):
        corpus_bytes("nietsche")


def test_brown_is_not_one_text() -> None:
    with pytest.raises(CorpusError, match=r"brown\.zip.*brown_sentences\(\)"):
        corpus_text("brown")


def test_folders_are_searched_in_order(folders: dict[str, Path], offer: Offer) -> None:
    assert list(corpora.corpus_folders()) == [folders["given"], folders["beside"], folders["cache"]]
    for name in ("cache", "beside", "given"):  # the latest found must be read, so the others are wrong by then
        corpus_bytes.cache_clear()
        put(folders[name])
        assert corpus_bytes("nietzsche") == CONTENT
        put(folders[name], b"wrong")
        corpus_bytes.cache_clear()
        refused(folders[name] / FILE)


def test_the_cache_is_in_the_home_folder_unless_an_absolute_one_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("LENGTHWISE_DATA")
    for value in ("", "relative"):
        monkeypatch.setenv("XDG_CACHE_HOME", value)
        assert list(corpora.corpus_folders())[1:] == [tmp_path / ".cache" / "lengthwise"]


def test_no_home_folder_is_one_line(monkeypatch: pytest.MonkeyPatch, offer: Offer) -> None:
    def none() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", none)
    monkeypatch.delenv("XDG_CACHE_HOME")
    with pytest.raises(CorpusError, match="LENGTHWISE_DATA"):
        corpus_bytes("nietzsche")


@pytest.mark.parametrize("name", ["given", "beside", "cache"])
def test_a_wrong_file_is_named_and_neither_used_nor_replaced(
    name: str, folders: dict[str, Path], offer: Offer, server: Server
) -> None:
    offer(server.address("right"))
    wrong = put(folders[name], b"wrong")
    for other in list(folders)[list(folders).index(name) + 1 :]:
        put(folders[other])  # a right one further on does not help
    expected, found = (hashlib.sha256(content).hexdigest()[:16] for content in (CONTENT, b"wrong"))
    refused(wrong, expected, found, "remove it or put the right file in its place")
    assert wrong.read_bytes() == b"wrong"
    assert not server.asked


@pytest.mark.parametrize("name", ["given", "beside", "cache"])
def test_a_folder_in_a_files_place_is_one_line(name: str, folders: dict[str, Path], offer: Offer) -> None:
    (folders[name] / FILE).mkdir(parents=True)
    refused("cannot read", folders[name] / FILE, "remove it")


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_lengthwise_data_must_be_a_folder(
    kind: str, tmp_path: Path, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch, offer: Offer
) -> None:
    put(folders["beside"])
    given = tmp_path / kind
    if kind == "file":
        given.write_text("no folder")
    monkeypatch.setenv("LENGTHWISE_DATA", str(given))
    refused("LENGTHWISE_DATA", given, "is no folder", "or unset it")


def test_empty_lengthwise_data_is_none(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch, offer: Offer) -> None:
    monkeypatch.setenv("LENGTHWISE_DATA", "")
    put(folders["beside"])
    assert corpus_bytes("nietzsche") == CONTENT


def test_moliere_is_cleaned() -> None:
    assert moliere_text("Ah !  est\u2212il\n   mort ? \n") == "Ah ! est-il\n mort ? \n"


def test_sonnets_are_cleaned() -> None:
    text = "THE SONNETS\nby William\n\n\nI\n\nI, thy self's\n  Die--\n\nXL \n\nI will: 'Now!'"
    assert sonnets_text(text) == "i thy self s die i will now"


def test_brown_is_read_in_the_files_order(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("brown/cr01", "\n\tLast/jj ./.\n")
        archive.writestr("brown/README", "no/words here/rb")
        archive.writestr("brown/ca02", "\tone//cd 1/2/nn\n\n\n\tTwo/cd ./.\n")
    content = packed.getvalue()
    sha256 = hashlib.sha256(content).hexdigest()
    monkeypatch.setitem(CORPORA, "brown", replace(CORPORA["brown"], size=len(content), sha256=sha256))
    (folders["beside"] / "brown.zip").write_bytes(content)
    assert brown_sentences() == (("one/", "1/2"), ("Two", "."), ("Last", "."))


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Skip where a corpus is not on this machine; nothing is downloaded."""

    def need(name: str) -> None:
        file = CORPORA[name].file
        if not any((folder / file).exists() for folder in corpora.corpus_folders()):
            pytest.skip(f"{file} is not on this machine; LENGTHWISE_DATA may name its folder")

    return need


@pytest.mark.parametrize(
    ("name", "characters", "symbols"),
    [
        ("nietzsche", 600_893, 84),
        ("tinyshakespeare", 1_115_394, 65),
        ("sonnets", 90_889, 27),
        ("moliere", 2_318_993, 91),
    ],
)
def test_real_texts_are_those_described(real: Callable[[str], None], name: str, characters: int, symbols: int) -> None:
    real(name)
    content, text = corpus_bytes(name), corpus_text(name)
    assert (len(content), hashlib.sha256(content).hexdigest()) == (CORPORA[name].size, CORPORA[name].sha256)
    assert (len(text), len(set(text))) == (characters, symbols)
    if name == "nietzsche":
        assert len(set(text.lower())) == 57
    if name == "sonnets":
        assert set(text) == set("abcdefghijklmnopqrstuvwxyz ")
        assert text.startswith("from fairest creatures we desire increase that thereby beauty s rose")
        assert text.endswith("love s fire heats water water cools not love")
    if name == "moliere":
        assert "  " not in text
        assert "\u2212" not in text
        assert text.count("\n") == content.count(b"\n")


def test_real_brown_is_as_described(real: Callable[[str], None]) -> None:
    real("brown")
    sentences = brown_sentences()
    words = [word for sentence in sentences for word in sentence]
    assert (len(sentences), len(words), len(set(words))) == (57_340, 1_161_192, 56_057)
    assert sentences[0][:5] == ("The", "Fulton", "County", "Grand", "Jury")
    assert all(sentences)
