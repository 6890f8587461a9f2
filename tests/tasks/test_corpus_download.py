"""Corpora: downloaded once, whole or not at all."""

from __future__ import annotations

import hashlib
import re
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from corpus_server import CONTENT, FILE, Offer, Server, Terminal, left_in, refused
from harness import ROOT

from tasks.text import corpora
from tasks.text.corpora import (
    CORPORA,
    CorpusError,
    corpus_bytes,
)

pytestmark = pytest.mark.usefixtures("folders")


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
