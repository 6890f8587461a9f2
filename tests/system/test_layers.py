"""The house's order: which layer may import which, how long a file and a function may be, where kinds are asked for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import ROOT

LAYERS = (  # from the bottom: each may import those before it
    "spec",
    "trial",
    "records",
    "probes",
    "checks",
    "suites",
    "execution",
    "exchange",
    "analysis",
    "views",
    "studies",
    "commands",
)
TOP = ("__init__", "__main__", "cli", "api")
OUTSIDE = {"installed"}  # no part of bench: the package that holds it where it is installed
WITHOUT_TORCH = ("spec", "suites", "analysis", "views", "studies")
LONGEST_FILE, LONGEST_TEST_FILE, LONGEST_FUNCTION = 250, 300, 40
KIND_OF_DATA = re.compile(
    r"""(?<!trial)\.streams\b|isinstance\([^)]*(?:CorpusTask|Language|Sine)\b|\[["']kind["']\]\s*(?:[!=]=|in\b)"""
    r"""|\btask\.data\b|\b(?:source|target)\.discrete\b"""
)
WHERE_KINDS_ARE_DECLARED = ("bench/trial/protocols/", "bench/analysis/metrics.py")
MODEL_SNIFFED = re.compile(r"\b(?:has|get)attr\(\s*(?:\w+\.)*(?:model|decoder|encoder)\b")
SOURCES = sorted(path for folder in ("bench", "models", "tasks") for path in (ROOT / folder).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(path: Path) -> Iterator[str]:
    """Yield every module that a file imports anywhere: inside functions and under TYPE_CHECKING too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(module: str) -> str | None:
    """Return the layer of a module of bench, None for any other module."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "bench" and parts[1] in (*LAYERS, *TOP) else None


def test_bench_has_these_layers_and_no_other_room() -> None:
    rooms = {path.name for path in (ROOT / "bench").iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert rooms == {*LAYERS, *OUTSIDE}
    assert {path.stem for path in (ROOT / "bench").glob("*.py")} == set(TOP)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_imports_only_those_below_it(name: str) -> None:
    allowed = LAYERS[: LAYERS.index(name) + 1]
    upward = [
        f"{shown(path)} imports {module}"
        for path in sorted((ROOT / "bench" / name).rglob("*.py"))
        for module in imported(path)
        if layer(module) not in (None, *allowed)
    ]
    assert upward == []


@pytest.mark.parametrize("name", WITHOUT_TORCH)
def test_layers_that_only_read_records_name_no_torch(name: str) -> None:
    needing = [
        shown(path)
        for path in sorted((ROOT / "bench" / name).rglob("*.py"))
        if any(module.split(".")[0] in ("torch", "sklearn", "models", "tasks") for module in imported(path))
    ]
    assert needing == []


def test_no_file_is_long() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in (*SOURCES, *TESTS)}
    limits = {path: LONGEST_TEST_FILE if path in TESTS else LONGEST_FILE for path in lengths}
    assert {shown(path): length for path, length in lengths.items() if length > limits[path]} == {}


def test_no_function_is_long() -> None:
    long = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long[f"{shown(path)}:{node.name}"] = length
    assert long == {}


def code_lines(path: Path) -> Iterator[tuple[int, str]]:
    yield from enumerate(path.read_text(encoding="utf-8").splitlines(), 1)


def test_only_protocols_ask_what_kind_of_data_a_task_has() -> None:
    asked = [
        f"{shown(path)}:{number}: {line.strip()}"
        for path in SOURCES
        if shown(path).startswith("bench/") and not shown(path).startswith(WHERE_KINDS_ARE_DECLARED)
        for number, line in code_lines(path)
        if KIND_OF_DATA.search(line)
    ]
    assert asked == []


def test_nothing_sniffs_at_models() -> None:
    sniffed = [
        f"{shown(path)}:{number}: {line.strip()}"
        for path in SOURCES
        for number, line in code_lines(path)
        if MODEL_SNIFFED.search(line)
    ]
    assert sniffed == []


def test_model_state_and_record_have_types() -> None:
    untyped = [
        f"{shown(path)}:{number}: {line.strip()}"
        for path in SOURCES
        for number, line in code_lines(path)
        if re.match(r"\s*(?:Model|State|Record|Store)\s*(?::\s*\w+\s*)?=\s*(?:Any\b|dict\[str, Any\])", line)
    ]
    assert untyped == []
