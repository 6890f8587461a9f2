"""Which sources make a cell, and their hash: what a cell's freshness hangs on."""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from functools import cache
from pathlib import Path

from bench.spec.catalogue import ROOT, imported_names, module_file, parse, source_text

TRIAL = ROOT / "bench" / "trial" / "trial.py"  # training and evaluation begin here
PROTOCOLS = ROOT / "bench" / "trial" / "protocols" / "__init__.py"  # imports every module beside it by a walk


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
    walked = sorted(file.parent.glob("*.py")) if file == PROTOCOLS else []
    return (*walked, *(found for module in modules if module and (found := module_file(module))))


@cache
def code_of(file: Path) -> str:
    """Return a file's text without comments, docstrings and blank lines: the same on every Python version."""
    text, tree = source_text(file), parse(file)
    lines = text.split("\n")
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    kept = _rows_inside_strings(tree)
    for docstring in _docstrings(tree):
        first, last = docstring.lineno, docstring.end_lineno or docstring.lineno
        behind = lines[last - 1].encode()[docstring.end_col_offset or 0 :].decode()
        lines[first - 1] = lines[first - 1].encode()[: docstring.col_offset].decode() + behind
        lines[first:last] = [""] * (last - first)
        kept -= set(range(first, last + 1))
    stripped = (line if row in kept else line.rstrip() for row, line in enumerate(lines, 1))
    return "\n".join(line for row, line in enumerate(stripped, 1) if line or row in kept)


def _docstrings(tree: ast.Module) -> list[ast.stmt]:
    """Return the docstring statements of a module, its classes and functions."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return [node.body[0] for node in ast.walk(tree) if isinstance(node, owners) and ast.get_docstring(node) is not None]


def _rows_inside_strings(tree: ast.Module) -> set[int]:
    """Return the rows whose blanks belong to a string of several lines."""
    rows: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)):
            last = node.end_lineno or node.lineno
            rows |= set(range(node.lineno, last + 1)) if last > node.lineno else set()
    return rows


def _shown(file: Path) -> str:
    """Name a file the same on every machine: from the checkout's root, or a plug-in by its own name."""
    return file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else file.name
