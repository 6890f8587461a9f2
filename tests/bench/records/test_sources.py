from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from harness import ROOT, in_subprocess, python

from bench.records.sources import TRIAL, closure, code_of, fingerprint

MODULE = '''"""What it is."""

import math  # a comment

RATE = 0.5


@register("mine")
class Mine:
    """Docstring."""

    name = "a # b"

    def forward(self, inputs, scale=2):
        """Docstring of two lines.

        The second.
        """
        # a comment of its own
        return inputs * scale  # and one behind


TEXT = """first
# no comment

last"""
'''
UNSEEN_EDITS = {
    "comment changed": ("# a comment of its own", "# another"),
    "comment removed": ("  # a comment\n", "\n"),
    "comment added": ("RATE = 0.5", "RATE = 0.5  # added"),
    "comment line added": ("RATE = 0.5", "# added\nRATE = 0.5"),
    "docstring of the module": ("What it is.", "What it really is."),
    "docstring of a class removed": ('    """Docstring."""\n\n', ""),
    "docstring of a function": ("The second.", "The second one."),
    "docstring of a function shorter": ("\n\n        The second.\n        ", ""),
    "blank lines": ("\n\n\n@register", "\n\n\n\n\n@register"),
    "blank line removed": ("import math  # a comment\n\nRATE", "import math  # a comment\nRATE"),
    "space behind a line": ("RATE = 0.5", "RATE = 0.5   "),
}
SEEN_EDITS = {
    "number": ("RATE = 0.5", "RATE = 0.6"),
    "operator": ("inputs * scale", "inputs + scale"),
    "string with a number sign": ('"a # b"', '"a # c"'),
    "string behind a number sign removed": ('"a # b"', '"a "'),
    "decorator": ('@register("mine")', '@register("yours")'),
    "decorator removed": ('@register("mine")\n', ""),
    "default": ("scale=2", "scale=3"),
    "import": ("import math", "import cmath"),
    "indentation": ('    name = "a # b"', 'name = "a # b"'),
    "statement commented out": ("RATE = 0.5", "# RATE = 0.5"),
    "text in a string of lines": ("first", "fist"),
    "line in a string that looks like a comment": ("# no comment", "# no remark"),
    "blank line in a string removed": ("# no comment\n\n", "# no comment\n"),
    "space at a line's end in a string": ("first\n", "first \n"),
}


def code(folder: Path, text: str) -> str:
    """Return `code_of` a new file with this text."""
    file = folder / f"module{len(list(folder.iterdir()))}.py"
    file.write_text(text, encoding="utf-8")
    compile(text, str(file), "exec")
    return code_of(file)


@pytest.mark.parametrize("edit", UNSEEN_EDITS)
def test_code_is_blind_to_comments_docstrings_and_blank_lines(edit: str, tmp_path: Path) -> None:
    old, new = UNSEEN_EDITS[edit]
    assert old in MODULE
    assert code(tmp_path, MODULE.replace(old, new)) == code(tmp_path, MODULE)


@pytest.mark.parametrize("edit", SEEN_EDITS)
def test_code_sees_everything_else(edit: str, tmp_path: Path) -> None:
    old, new = SEEN_EDITS[edit]
    assert old in MODULE
    text = MODULE.replace(old, new) if edit != "indentation" else MODULE.replace(f"{old}\n\n    def", f"{new}\n\n\ndef")
    assert text != MODULE
    assert code(tmp_path, text) != code(tmp_path, MODULE)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('def rate(): "Docstring."; return 1\n', 'def rate(): "Docstring."; return 2\n'),
        ('def rate(x=1): "Docstring."\n', 'def rate(x=2): "Docstring."\n'),
        ('class Rate(int): "Docstring."\n', 'class Rate(float): "Docstring."\n'),
        ("x = 1\n\x0c\ny = 3\n# comment\n", "x = 1\n\x0c\ny = 4\n# comment\n"),
        ('x = "\u2028"\ny = 3\n# comment\n', 'x = "\u2028"\ny = 4\n# comment\n'),
        ("x = 'é' + 'a'  # é\n", "x = 'é' + 'b'  # é\n"),
    ],
    ids=["statement behind", "default before", "base before", "form feed", "line separator", "other letters"],
)
def test_code_is_seen_beside_docstrings_and_odd_characters(one: str, other: str, tmp_path: Path) -> None:
    assert code(tmp_path, one) != code(tmp_path, other)


def test_closure_follows_imports_at_any_depth_and_stays_in_the_project() -> None:
    found = {file.relative_to(ROOT).as_posix() for file in closure(ROOT / "tasks" / "reverse.py")}
    assert found - {"tasks/__init__.py"} == {f"tasks/{name}.py" for name in ("base", "strings", "copy", "reverse")}
    trial = {file.relative_to(ROOT).as_posix() for file in closure(TRIAL)}
    assert {
        f"bench/{name}.py" for name in "trial train evaluate feed losses streams holdout heldout_sets".split()
    } <= trial
    assert not {f"bench/{name}.py" for name in "tables markdown statistics runner progress commands".split()} & trial
    assert not {file for file in trial if file.startswith("models/")} - {"models/__init__.py", "models/base.py"}


def test_closure_of_a_plugin_reaches_what_it_imports_here(tmp_path: Path) -> None:
    plugin = tmp_path / "mine.py"
    plugin.write_text("import torch\nfrom models import gru\nfrom models.layers.attention import AdditiveAttention\n")
    found = closure(plugin)
    assert plugin in found
    assert {ROOT / "models" / f"{name}.py" for name in ("gru", "recurrent", "attention", "base")} <= found
    assert all(file == plugin or file.is_relative_to(ROOT) for file in found)


def test_fingerprint_of_a_plugin_does_not_hang_on_its_folder(tmp_path: Path) -> None:
    for folder, text in (("a", MODULE), ("b", MODULE), ("c", MODULE.replace("0.5", "0.6"))):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(text)
    same, moved, edited = (fingerprint(tmp_path / folder / "mine.py") for folder in "abc")
    assert same == moved != edited


STALE_CELLS = """
import sys
from pathlib import Path
from bench.spec.catalogue import Catalogue
from bench.execution.cell import is_fresh, make_cells
from bench.suites.plan import plan
from bench.suites.suites import find_suite
catalogue = Catalogue()
specs = plan(find_suite("smoke"), catalogue, ["copy", "reverse"], ["elman", "gru"], [], 3)
for cell in make_cells(specs, [0], catalogue):
    if not is_fresh(cell, Path(sys.argv[1])):
        print(cell.spec.task, cell.spec.model)
"""
ALL = {("copy", "elman"), ("copy", "gru"), ("reverse", "elman"), ("reverse", "gru")}
REVERSE, GRU = ({cell for cell in ALL if name in cell} for name in ("reverse", "gru"))
EDITS: dict[str, tuple[str, str, str, set[tuple[str, str]]]] = {
    "model": ("models/gru.py", "state.contiguous()", "state.clone()", GRU),
    "model's default": ("models/gru.py", "tied: bool = False", "tied: bool = True", GRU),
    "model's comment": ("models/gru.py", "    tied: bool", "    # another\n    tied: bool", set()),
    "model's docstring": ("models/gru.py", '"""GRU: gated', '"""Other: gated', set()),
    "what models share": ("models/layers/recurrent.py", "DECODERS = (", "OTHERS = DECODERS = (", ALL),
    "another model": ("models/transformer.py", "from __future__", "X = 1\nfrom __future__", set()),
    "task": ("tasks/strings/reverse.py", ".clamp(min=0)", ".clamp(min=1)", REVERSE),
    "task that another inherits from": ("tasks/strings/copy.py", "symbols: int = 3", "symbols: int = 4", ALL),
    "task's version": ("tasks/strings/reverse.py", "    def rewrite", "    version = 2\n\n    def rewrite", REVERSE),
    "another task": ("tasks/signals/sine.py", "BINS = 64", "BINS = 32", set()),
    "what tasks share": ("tasks/strings/ends.py", "STOPS = (", "OTHERS = STOPS = (", ALL),
    "loss": ("bench/trial/losses.py", "clamp(min=1)", "clamp(min=2)", ALL),
    "hold-out": ("bench/trial/holdout.py", "SHARE = 8", "SHARE = 9", ALL),
    "evaluation": ("bench/trial/batches.py", "ROWS = 256", "ROWS = 128", ALL),
    "random streams": ("bench/trial/streams.py", "digest_size=8", "digest_size=7", ALL),
    "tables": ("bench/analysis/summary.py", "0.99", "0.98", set()),
    "page": ("bench/views/numbers.py", "{scaled:.1f}", "{scaled:.2f}", set()),
    "statistics": ("bench/analysis/statistics.py", "LEVEL = 0.95", "LEVEL = 0.9", set()),
    "progress": ("bench/execution/progress.py", "BarColumn(24)", "BarColumn(20)", set()),
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout, four tiny cells trained in it."""
    root = tmp_path_factory.mktemp("checkout")
    for folder in ("tasks", "models", "bench"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    trained(root)
    assert len(contents(root)) == len(ALL)
    return root


def trained(root: Path) -> None:
    """Run the four cells in a checkout."""
    names = ("--tasks", "copy,reverse", "--models", "elman,gru", "--steps", 3)
    outcome = in_subprocess(
        "run", "--suite", "smoke", *names, "--jobs", 1, "--device", "cpu", "--out", "out", root=root
    )
    assert outcome.code == 0, outcome.err


def contents(root: Path) -> dict[tuple[str, str], bytes]:
    """Return each record's bytes."""
    found = {}
    for path in (root / "out" / "records").glob("*.json"):
        spec = json.loads(path.read_text())["spec"]
        found[spec["task"], spec["model"]] = path.read_bytes()
    return found


def edited(root: Path, name: str, old: str, new: str) -> str:
    """Edit a file of the checkout; return its text before."""
    before = (root / name).read_text()
    assert old in before, f"{name} changed: choose another edit"
    (root / name).write_text(before.replace(old, new, 1))
    return before


@pytest.mark.slow
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_makes_stale_exactly_the_cells_that_it_could_change(edit: str, checkout: Path) -> None:
    name, old, new, stale = EDITS[edit]
    before = edited(checkout, name, old, new)
    try:
        lines = python(STALE_CELLS, "out/records", root=checkout).splitlines()
    finally:
        (checkout / name).write_text(before)
    assert {tuple(line.split()) for line in lines} == stale


@pytest.mark.slow
def test_a_run_trains_again_exactly_the_cells_that_an_edit_made_stale(checkout: Path) -> None:
    before = contents(checkout)
    edited(checkout, "bench/analysis/summary.py", "0.99", "0.98")
    edited(checkout, "models/gru.py", "tied: bool = False", "tied: bool = False\n    other = 2")
    trained(checkout)
    after = contents(checkout)
    assert {cell for cell in ALL if after[cell] != before[cell]} == GRU
    assert len(list((checkout / "out" / "records" / "stale").iterdir())) == len(GRU)
