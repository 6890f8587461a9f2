from __future__ import annotations

import ast
import json
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from harness import ROOT, pretend, python, records_in

from bench.__main__ import main

QUICK = ROOT / "results" / "baseline" / "quick"
FOLDERS = ("tasks", "models", "bench")
ALLOWED = {"tasks": {"tasks"}, "models": {"models"}, "bench": {"bench", "tasks", "models"}}
MODULES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts): file
    for folder in FOLDERS
    for file in (ROOT / folder).rglob("*.py")
    if file.parent != ROOT / "bench" / "installed"  # another package's own part, see tests/system/test_installed.py
}

IMPORT_EACH_ALONE = """
import importlib, sys
for name in sys.argv[1:]:
    for known in [known for known in sys.modules if known.split(".")[0] in ("tasks", "models", "bench")]:
        del sys.modules[known]
    importlib.import_module(name.removesuffix(".__init__"))
    print(name)
"""
COMMANDS_WITHOUT_TORCH = """
import contextlib, io, json, sys
from bench.__main__ import main
for arguments in json.loads(sys.argv[1]):
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            code = main(arguments)
        except SystemExit as exit:
            code = exit.code
    print(json.dumps([arguments, code, sorted({"torch", "sklearn"} & set(sys.modules))]))
"""


def project_imports(file: Path, whole: bool) -> set[str]:
    """Return the modules of this project that a file imports when it is itself imported; `whole`: ever."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    waiting: list[ast.AST] = [tree]
    found: set[str] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file} imports relatively"
            assert node.module
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
        deferred = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or (
            isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        )
        if whole or not deferred:
            waiting += ast.iter_child_nodes(node)
    return {name for name in found if name.split(".")[0] in FOLDERS}


def known_modules(names: set[str]) -> set[str]:
    """Return which of the names are modules (a package itself holds no code that others of its folder need)."""
    return {name for name in names if name in MODULES}


@pytest.mark.parametrize("module", sorted(MODULES))
def test_folders_know_only_what_they_may(module: str) -> None:
    folder = module.split(".")[0]
    known = {name.split(".")[0] for name in project_imports(MODULES[module], whole=True)}
    assert known <= ALLOWED[folder], f"{module} imports from {sorted(known - ALLOWED[folder])}"


def test_only_bench_knows_both_tasks_and_models() -> None:
    both = {
        module.split(".")[0]
        for module, file in MODULES.items()
        if {"tasks", "models"} <= {name.split(".")[0] for name in project_imports(file, whole=True)}
    }
    assert both == {"bench"}


@pytest.mark.parametrize("folders", [("tasks",), ("models",), FOLDERS])
def test_no_module_imports_itself_by_way_of_others(folders: tuple[str, ...]) -> None:
    graph = {
        module: known_modules(project_imports(file, whole=False)) - {module}
        for module, file in MODULES.items()
        if module.split(".")[0] in folders
    }
    order = list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the cycle
    assert set(graph) <= set(order)


@pytest.mark.slow
def test_every_module_imports_alone_in_a_fresh_interpreter() -> None:
    assert python(IMPORT_EACH_ALONE, *sorted(MODULES)).split() == sorted(MODULES)


@pytest.mark.slow
def test_commands_that_train_nothing_import_no_torch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = ["run", "--suite", "smoke", "--tasks", "copy", "--out", str(tmp_path)]
    pretend(monkeypatch)
    assert main(run) == 0
    assert len(records_in(tmp_path)) == 2
    asked = [
        ["--help"],
        ["run", "--help"],
        ["list"],
        *(["list", kind] for kind in ("tasks", "models", "suites")),
        ["list", "--json"],
        ["tables", "--out", str(tmp_path)],
        ["report", "--out", str(tmp_path)],
        ["compare", str(tmp_path), str(tmp_path)],
        ["lessons", "--out", str(tmp_path)],
        ["extrapolation", "--out", str(tmp_path)],
        ["performance", "--measured", "--out", str(ROOT / "results" / "performance.json")],
        ["power", str(QUICK), "--suites", "1"],
        run,
    ]
    for line in python(COMMANDS_WITHOUT_TORCH, json.dumps(asked)).splitlines():
        arguments, code, imported = json.loads(line)
        assert (code, imported) == (0, []), arguments
        asked.remove(arguments)
    assert not asked
