"""Which sources make a cell, and their hash: what a cell's freshness hangs on."""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from functools import cache
from pathlib import Path

from bench.catalogue import ROOT, imported_names, module_file, parse

TRIAL = ROOT / "bench" / "trial.py"  # training and evaluation begin here


@cache
def fingerprint(*files: Path) -> str:
    """Hash what these files and the project's modules that they import say, comments and docstrings aside."""
    digest = hashlib.blake2b(digest_size=16)
    for file in sorted(closure(*files), key=_shown):
        digest.update(f"{_shown(file)}\n{code_of(file)}\n".encode())
    return digest.hexdigest()


def closure(*files: Path) -> set[Path]:
    """Return these files and, of this project, all that they import at any depth."""
    found: set[Path] = set()
    waiting = list(files)
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += _imports(file)
    return found


@cache
def _imports(file: Path) -> tuple[Path, ...]:
    """Return the project's files that a file imports: `from a.b import c` may mean module a.b or a.b.c."""
    modules = set()
    for meaning in imported_names(parse(file)).values():
        modules |= {meaning, meaning.rpartition(".")[0]}
    return tuple(found for module in modules if module and (found := module_file(module)))


@cache
def code_of(file: Path) -> str:
    """Return a file's text without comments, docstrings and blank lines: the same on every Python version."""
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(parse(file)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            expression = node.body[0]
            for row in range(expression.lineno, (expression.end_lineno or expression.lineno) + 1):
                lines[row - 1] = ""
    return "\n".join(line.rstrip() for line in lines if line.strip())


def _shown(file: Path) -> str:
    """Name a file the same on every machine: from the checkout's root, or a plug-in by its own name."""
    return file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else file.name
