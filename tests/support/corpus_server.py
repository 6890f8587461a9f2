"""A corpus made up for tests: its file in folders, and a server on loopback that offers it."""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tasks.text import corpora
from tasks.text.corpora import (
    CorpusError,
    corpus_bytes,
)

CONTENT = bytes(range(256)) * 1000  # several parts long
FILE = "nietzsche.txt"
CACHED = corpora.corpus_bytes, corpora.brown_sentences
Offer = Callable[[str | None], None]


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
