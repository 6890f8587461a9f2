"""The text corpora of the language-model tasks: found on this machine or downloaded once, and checked in every case."""

from __future__ import annotations

import hashlib
import io
import os
import re
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"  # beside the checkout, never in it
TIMEOUT = 30.0  # seconds that a server may stay silent
PART = 1 << 16  # bytes between two updates of the progress display


class CorpusError(ValueError):
    """A corpus is missing, wrong or unknown: one line that names the file and says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.splitlines()))  # a server's reason may hold line ends


@dataclass(frozen=True)
class Corpus:
    """A file, its size in bytes, its sha256, its public address (None: none is known) and its licence as stated."""

    file: str
    size: int
    sha256: str
    address: str | None
    licence: str

    def problem(self, content: bytes) -> str:
        """Say how the content differs from the file's, nothing where it does not."""
        found = hashlib.sha256(content).hexdigest()
        sizes = f"expected {self.size:,} bytes with sha256 {self.sha256[:16]}, found {len(content):,} with {found[:16]}"
        return "" if found == self.sha256 else sizes


GITHUB = "https://raw.githubusercontent.com"
OPEN_SHAKESPEARE = f"{GITHUB}/rufuspollock-okfn/shakespeare-material/a6f8381f0e1b9ce5bfc670b23f6a6885131b7853"
TINY_TRANSFORMER = f"{GITHUB}/grll/tiny-transformer/f8d9f6999745adf12e0981d646bf05b880700cde"
CORPORA: dict[str, Corpus] = {
    "nietzsche": Corpus(  # Beyond Good and Evil, in the copy of the char-RNN tutorials
        *("nietzsche.txt", 600_901, "23cf69874ab69d3d256099ab530ea4be24d47d9675b673bcc67cbcd6298ec647"),
        address="https://s3.amazonaws.com/text-datasets/nietzsche.txt",
        licence="text in the public domain",
    ),
    "sonnets": Corpus(
        *("shakespeare_sonnets.txt", 95_728, "edb826e5a801c955ab21026b3660306838fbf29ec29ea01886b2854c6d639b55"),
        address=f"{OPEN_SHAKESPEARE}/shksprdata/texts/sonnets_gut.txt",
        licence="text in the public domain; this edition CC-BY 2.5 (Open Knowledge Foundation)",
    ),
    "tinyshakespeare": Corpus(  # Karpathy, The Unreasonable Effectiveness of Recurrent Neural Networks (2015)
        *("tinyshakespeare.txt", 1_115_394, "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"),
        address=f"{GITHUB}/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        licence="MIT; text in the public domain",
    ),
    "moliere": Corpus(  # its French twin; other versions of the file are other texts, so the address names a commit
        *("tinymoliere.txt", 2_387_600, "e49379af6cc98869693aed4a567b39cc48bbfa489cfe36333a124c00acd99129"),
        address=f"{TINY_TRANSFORMER}/data/tinymoliere.txt",
        licence="MIT; text in the public domain",
    ),
    "brown": Corpus(  # Francis and Kučera, A Standard Corpus of Present-Day Edited American English, as NLTK has it
        *("brown.zip", 3_314_357, "9b275f9b3b95d7bd66ccfb7cd259f445a13bbe5d1f4107aba09fd3e8364bafa6"),
        address=f"{GITHUB}/nltk/nltk_data/gh-pages/packages/corpora/brown.zip",
        licence="non-commercial use; statements differ, so never ship it",
    ),
}


@cache
def corpus_bytes(name: str) -> bytes:
    """Return a corpus's file, from the first of `corpus_folders` that has it, else downloaded into the last.

    A file with another hash is a CorpusError, wherever it lies: it is neither used nor passed over nor replaced.
    """
    if name not in CORPORA:
        raise CorpusError(f"unknown corpus {name!r}; choose from: {', '.join(sorted(CORPORA))}")
    corpus = CORPORA[name]
    for folder in corpus_folders():
        path = folder / corpus.file
        try:
            content = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise CorpusError(f"cannot read {path}: {error.strerror}; remove it or make it readable") from error
        if problem := corpus.problem(content):
            raise CorpusError(f"{path} is not the right file: {problem}; remove it or put the right file in its place")
        return content
    return _download(corpus, path)  # the last folder's


def corpus_folders() -> Iterator[Path]:
    """Yield the folders where files are looked for, in order; the last, the user's cache, is where downloads go."""
    if given := os.environ.get("LENGTHWISE_DATA"):
        try:
            next(Path(given).iterdir(), None)
        except OSError as error:
            choices = "name a folder that holds nietzsche.txt and the like, or unset it"
            raise CorpusError(f"LENGTHWISE_DATA={given!r} is no folder: {error.strerror}; {choices}") from error
        yield Path(given)
    yield BESIDE
    cache_home = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not cache_home.is_absolute():  # unset, or to be ignored by the standard that defines it
        try:
            cache_home = Path.home() / ".cache"
        except RuntimeError as error:
            raise CorpusError("no home folder to keep corpora in; set LENGTHWISE_DATA to a folder of them") from error
    yield cache_home / "lengthwise"


def corpus_text(name: str) -> str:
    """Return a corpus as one text: nietzsche and tinyshakespeare as they are, sonnets and moliere cleaned."""
    if name == "brown":
        raise CorpusError("corpus 'brown' (brown.zip) is sentences, not one text; read it with brown_sentences()")
    text = corpus_bytes(name).decode("utf-8")
    return {"sonnets": sonnets_text, "moliere": moliere_text}.get(name, str)(text)


def moliere_text(text: str) -> str:
    """Return the text with U+2212, which stands for every hyphen, as "-" and each run of blanks as one blank.

    Doubled blanks follow ! ? ; and : inside a line. The one blank that ends 9,790 lines stays, as do all line ends.
    """
    return re.sub(" +", " ", text.replace("\u2212", "-"))


def sonnets_text(text: str) -> str:
    """Return the verse alone, in 27 tokens: a to z, and one blank for each run of anything else.

    The title above the first sonnet and the Roman numeral above each are dropped. An apostrophe is a blank as well:
    beauty's becomes beauty s.
    """
    poems = re.split(r"^[IVXLC]+ *$", text, flags=re.MULTILINE)[1:]  # no line of verse is a numeral alone
    return " ".join(re.findall("[a-z]+", " ".join(poems).lower()))


@cache
def brown_sentences() -> tuple[tuple[str, ...], ...]:
    """Return the words of the Brown corpus, case and punctuation kept, sentence by sentence in the files' order."""
    word = cache(lambda token: token.rsplit("/", 1)[0])  # token: word/tag, where a word may hold a slash itself
    with zipfile.ZipFile(io.BytesIO(corpus_bytes("brown"))) as archive:
        names = sorted(name for name in archive.namelist() if re.fullmatch(r"brown/c[a-r]\d\d", name))
        lines = (line.split() for name in names for line in archive.read(name).decode("ascii").splitlines())
        return tuple(tuple(map(word, line)) for line in lines if line)


def _download(corpus: Corpus, path: Path) -> bytes:
    """Download, check and keep a corpus, whole or not at all, also where others do so at the same time."""
    try:
        content = _fetch(corpus)
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".", dir=path.parent) as folder:
            temporary = Path(folder) / corpus.file
            temporary.write_bytes(content)
            temporary.replace(path)
    except (OSError, HTTPException) as error:
        if isinstance(error, HTTPError):
            error.close()  # it holds the connection
        reason = str(error).removeprefix("<urlopen error ").removesuffix(">")
        if isinstance(error, HTTPException):
            reason = repr(error)  # its text alone may be what a server sent
        wanted = f"put the file ({corpus.address or 'from your own copy'}, sha256 {corpus.sha256[:16]}...)"
        folders = f"into the folder that LENGTHWISE_DATA names or into {path.parent}"
        raise CorpusError(f"no {corpus.file} here, and its download failed: {reason}; {wanted} {folders}") from error
    return content


def _fetch(corpus: Corpus) -> bytes:
    """Return what the address sends, shown on standard error; OSError or HTTPException where it is not the corpus."""
    from rich.console import Console  # here: most runs download nothing
    from rich.progress import Progress

    if corpus.address is None:
        raise OSError("no public address of it is known")
    seen = sys.stderr.isatty()
    if not seen:
        print(f"downloading {corpus.file}, {corpus.size:,} bytes, from {corpus.address}", file=sys.stderr)
    bar = Progress(console=Console(stderr=True, quiet=not seen), transient=True, disable=not seen)
    content = b""
    with urllib.request.urlopen(corpus.address, timeout=TIMEOUT) as response, bar:
        line = bar.add_task(f"downloading {corpus.file}", total=corpus.size)
        while len(content) <= corpus.size and (part := response.read(PART)):  # more than its size will do to refuse it
            content += part
            bar.advance(line, len(part))
    if problem := corpus.problem(content):
        raise OSError(problem)
    return content
