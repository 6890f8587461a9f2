from __future__ import annotations

import hashlib
import io
import re
import socket
import subprocess
import sys
import threading
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from harness import ROOT

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

CONTENT = bytes(range(256)) * 1000  # several parts long
FILE = "nietzsche.txt"
CACHED = corpora.corpus_bytes, corpora.brown_sentences
DOWNLOAD_IN_A_PROCESS = """
import sys
from dataclasses import replace
from pathlib import Path
from tasks.text import corpora
name, address, size, sha256, beside = sys.argv[1:]
corpora.BESIDE = Path(beside)
corpora.CORPORA[name] = replace(corpora.CORPORA[name], address=address, size=int(size), sha256=sha256)
print(len(corpora.corpus_bytes(name)))
"""


class Handler(BaseHTTPRequestHandler):
    """Answers by the path asked for, and counts what was asked."""

    def do_GET(self) -> None:
        self.server.asked[self.path] += 1
        if self.path == "/missing":
            self.send_error(404)
            return
        if self.path == "/silent":
            self.server.released.wait(10)
            return
        if self.path == "/garbage":
            self.wfile.write(b"not\nHTTP\nat all\n")
            return
        body = {"/wrong": CONTENT[::-1], "/short": CONTENT[:1000], "/long": CONTENT * 3}.get(self.path, CONTENT)
        self.send_response(200)
        if self.path != "/unmeasured":
            self.send_header("Content-Length", str(len(CONTENT) if self.path == "/truncated" else len(body)))
        self.end_headers()
        self.wfile.write(body[:70_000] if self.path == "/truncated" else body)

    def log_message(self, *_: object) -> None:
        """Write no log."""


class Terminal(io.StringIO):
    """A terminal that keeps what it is sent."""

    def isatty(self) -> bool:
        return True


class Server(ThreadingHTTPServer):
    """A server on loopback."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: Counter[str] = Counter()
        self.released = threading.Event()

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{path}"

    def handle_error(self, *_: object) -> None:
        """A client that hangs up early, as at a body that is too long, is no failure."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.released.set()
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
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


Offer = Callable[[str | None], None]


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


def put(folder: Path, content: bytes = CONTENT) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_bytes(content)
    return folder / FILE


def left_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) if folder.exists() else []


def refused(*named: object) -> str:
    """Ask for the corpus; check for an error of one line that holds what is named, and return it."""
    with pytest.raises(CorpusError) as raised:
        corpus_bytes("nietzsche")
    line = str(raised.value)
    assert len(line.splitlines()) == 1
    for words in (FILE, *named):
        assert str(words) in line
    return line


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


@pytest.mark.parametrize("path", ["right", "unmeasured"])
def test_a_missing_file_is_downloaded_once_and_kept(
    path: str, folders: dict[str, Path], offer: Offer, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    offer(server.address(path))
    for _ in range(2):
        corpus_bytes.cache_clear()
        assert corpus_bytes("nietzsche") == CONTENT
        assert corpus_bytes("nietzsche") is corpus_bytes("nietzsche")
    assert server.asked == {f"/{path}": 1}
    assert left_in(folders["cache"]) == [FILE]
    assert (folders["cache"] / FILE).read_bytes() == CONTENT
    assert left_in(folders["given"]) == left_in(folders["beside"]) == []
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"downloading {FILE}, 256,000 bytes, from {server.address(path)}\n")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("missing", "HTTP Error 404: Not Found"),
        ("wrong", f"found 256,000 with {hashlib.sha256(CONTENT[::-1]).hexdigest()[:16]}"),
        ("short", "found 1,000 with"),
        ("long", r"expected 256,000 bytes with.* found (26|27|3)\d"),
        ("truncated", "70,000|70000"),
        ("silent", "timed out"),
        ("garbage", "BadStatusLine"),
    ],
)
def test_a_failed_download_is_one_line_and_leaves_nothing(
    path: str, reason: str, folders: dict[str, Path], offer: Offer, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    if path == "silent":
        monkeypatch.setattr(corpora, "TIMEOUT", 0.2)
    offer(server.address(path))
    line = refused(server.address(path), "LENGTHWISE_DATA", folders["cache"], CORPORA["nietzsche"].sha256[:16])
    assert re.search(reason, line.split("; put the file")[0])
    assert left_in(folders["cache"]) == []
    offer(server.address("right"))
    assert corpus_bytes("nietzsche") == CONTENT  # a failure is not remembered


def test_a_refused_connection_is_one_line_and_leaves_nothing(folders: dict[str, Path], offer: Offer) -> None:
    with socket.socket() as unheard:  # bound and not listening: nobody else can take the port
        unheard.bind(("127.0.0.1", 0))
        offer(f"http://127.0.0.1:{unheard.getsockname()[1]}/right")
        refused("refused", "LENGTHWISE_DATA", folders["cache"])
    assert left_in(folders["cache"]) == []


def test_without_an_address_the_line_says_where_the_file_belongs(folders: dict[str, Path], offer: Offer) -> None:
    refused("no public address", "put the file", "LENGTHWISE_DATA", folders["cache"])


def test_a_cache_that_cannot_be_written_is_one_line(
    tmp_path: Path, offer: Offer, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    offer(server.address("right"))
    refused(tmp_path / "file" / "lengthwise", "LENGTHWISE_DATA")


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_cut_short_leaves_nothing(
    error: BaseException, folders: dict[str, Path], offer: Offer, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_short(path: Path, content: bytes) -> None:
        with path.open("wb") as file:
            file.write(content[:1000])
        raise error

    monkeypatch.setattr(Path, "write_bytes", cut_short)
    offer(server.address("right"))
    with pytest.raises(CorpusError if isinstance(error, OSError) else KeyboardInterrupt):
        corpus_bytes("nietzsche")
    assert left_in(folders["cache"]) == []


def test_threads_that_download_at_once_all_end_right(folders: dict[str, Path], offer: Offer, server: Server) -> None:
    offer(server.address("right"))
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(corpus_bytes, ["nietzsche"] * 8))
    assert found == [CONTENT] * 8
    assert left_in(folders["cache"]) == [FILE]


@pytest.mark.slow
def test_processes_that_download_at_once_all_end_right(folders: dict[str, Path], offer: Offer, server: Server) -> None:
    sha256 = hashlib.sha256(CONTENT).hexdigest()
    arguments = ["nietzsche", server.address("right"), str(len(CONTENT)), sha256, str(folders["beside"])]
    command = [sys.executable, "-c", DOWNLOAD_IN_A_PROCESS, *arguments]
    started = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)
    ]
    ended = [process.communicate(timeout=60) for process in started]
    assert [(process.returncode, out) for process, (out, _) in zip(started, ended, strict=True)] == [
        (0, f"{len(CONTENT)}\n")
    ] * 2, ended
    assert left_in(folders["cache"]) == [FILE]


def test_on_a_terminal_a_bar_is_shown(offer: Offer, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    offer(server.address("right"))
    assert corpus_bytes("nietzsche") == CONTENT
    shown = terminal.getvalue()
    assert f"downloading {FILE}" in shown
    assert "100%" in shown


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
